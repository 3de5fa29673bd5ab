"""Two devices figure by figure, with the ratio of each, its source and how sure it is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from datasets.cell_confidence import cell_confidence
from devices.catalogue import Tables, rows_named

# Columns of the table `devices`, as they are printed, with their units.
_FIGURES = {
    "memory_gb": ("Memory", "GB"),
    "memory_bandwidth_gb_per_s": ("Memory bandwidth", "GB/s"),
    "sram_mb": ("On-chip memory", "MB"),
    "sram_bandwidth_tb_per_s": ("On-chip bandwidth", "TB/s"),
    "tdp_w": ("Peak power", "W"),
    "sustained_w": ("Sustained power", "W"),
    "idle_w": ("Idle power", "W"),
    "battery_wh": ("Battery", "Wh"),
    "interconnect_gb_per_s_per_direction": ("Link, one direction", "GB/s"),
    "price_usd": ("Price", "US$"),
}
COLUMNS = ["figure", "unit", "first", "second", "ratio", "certainty", "sources"]


def side_by_side(tables: Tables, first: str, second: str) -> pd.DataFrame:
    """Figures that either device states; dense and 2:4-sparse peaks apart for each arithmetic.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        `devices` and `device_peaks`.
    first, second : str
        Identifiers of the devices.

    Returns
    -------
    pandas.DataFrame
        Columns figure, unit, first, second (NaN where not stated), ratio (second over first), certainty and
        sources: pairs of confidence and of source_id, None where a figure is not stated; the confidence of a
        cell that the table marks as estimated is ``estimated``.

    Raises
    ------
    UnknownName
        If a device is not in the catalogue.
    """
    rows = rows_named(tables["devices"], "device", [first, second])
    listed = [_figure(name, unit, column, rows) for column, (name, unit) in _FIGURES.items()]
    listed += _peaks(tables["device_peaks"], first, second)
    frame = pd.DataFrame(listed, columns=[name for name in COLUMNS if name != "ratio"])
    frame = frame[frame[["first", "second"]].notna().any(axis=1)]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = frame["second"].astype(float) / frame["first"].astype(float).replace(0.0, np.nan)
    return frame.assign(ratio=ratio)[COLUMNS].reset_index(drop=True)


def _figure(name: str, unit: str, column: str, rows: pd.DataFrame) -> tuple[object, ...]:
    values = rows[column].to_numpy(dtype=float, na_value=np.nan)
    stated = ~np.isnan(values)
    certainty, sources = cell_confidence(rows, column), rows["source_id"]
    return (
        *(name, unit, *values),
        *(tuple(texts.where(stated, None)) for texts in (certainty, sources.astype(object))),
    )


def _peaks(peaks: pd.DataFrame, first: str, second: str) -> list[tuple[object, ...]]:
    by_device = [peaks[peaks["device_id"] == name].set_index("precision") for name in (first, second)]
    precisions = list(dict.fromkeys([*by_device[0].index, *by_device[1].index]))
    listed: list[tuple[object, ...]] = []
    for precision in precisions:
        for column, kind in (("dense_tops", "dense"), ("sparse_tops", "2:4 sparse")):
            rows = [frame.loc[precision] if precision in frame.index else None for frame in by_device]
            values = [np.nan if row is None or pd.isna(row[column]) else float(row[column]) for row in rows]
            stated = [row if not np.isnan(value) else None for row, value in zip(rows, values, strict=True)]
            certainty = tuple(None if row is None else str(row["confidence"]) for row in stated)
            sources = tuple(None if row is None else str(row["source_id"]) for row in stated)
            listed.append((f"{precision}, {kind}", "TOPS", *values, certainty, sources))
    return listed

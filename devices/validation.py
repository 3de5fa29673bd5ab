"""Predicted against measured: every published measurement beside what the core makes of its conditions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devices.calibration import QUANTILE_80
from devices.catalogue import Tables
from devices.efficiency import Shares, phase_factors, reachable_shares
from devices.kind_fits import kind_fits
from devices.left_out import Progress, left_out_values
from devices.measured import Measured, measured_columns
from devices.measured_conditions import completed_conditions
from devices.power import power_draw
from devices.predicted_values import is_rate, measured_phase, predicted_values
from devices.units import Floats

COLUMNS = (
    *("measurement_id", "device_id", "model_id", "weight_precision", "batch", "input_tokens"),
    *("output_tokens", "class", "metric", "measured", "predicted", "low", "high", "error_pct"),
    *("source", "quality"),
)


def validation(
    tables: Tables,
    rows: pd.DataFrame | None = None,
    *,
    left_out: bool = True,
    devices: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Measured beside predicted, with the bounds of the prediction's 80 % interval.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        The database's tables.
    rows : pandas.DataFrame, optional
        Rows with the columns of `measurements`, predicted with the stored efficiencies; conditions that they
        leave out are those that `completed_conditions` fills in. Without them, the table's own.
    left_out : bool
        Predict the table's own rows by a fit that has not seen their device: one fit for each device.
    devices : sequence of str, optional
        Devices to leave out, in place of all; the rows of the others then have no prediction.
    progress : callable, optional
        Told after each device left out how many of how many are done.

    Returns
    -------
    pandas.DataFrame
        A row a measurement, in its order and in the unit of its metric; `error_pct` is that of the metric. A
        row whose device or model the catalogue does not hold (`unplaced_rows`), or whose figures it does not
        know, has no prediction.

    Raises
    ------
    InvalidValue
        If a row names a metric that the core does not predict, or an arithmetic that no device has.
    """
    every = (tables["measurements"] if rows is None else rows).reset_index(drop=True)
    placed = np.flatnonzero(_known_names(tables, every))
    bounds = np.full((3, len(every)), np.nan)
    if len(placed):
        if rows is not None:
            complete = completed_conditions(tables, every.iloc[placed])
            every = pd.concat([complete, every.drop(index=complete.index)]).sort_index()
        measured = measured_columns(tables, every.iloc[placed])
        if rows is None and left_out:
            value = left_out_values(measured, kind_fits(measured), devices, progress)
        else:
            value = _stored_values(tables, measured)
        factor = np.exp(QUANTILE_80 * _spreads(tables, measured))
        bounds[:, placed] = value, value / factor, value * factor
    predicted, low, high = bounds
    frame = every.rename(columns={"value": "measured", "source_title": "source"})
    frame = frame.assign(predicted=predicted, low=low, high=high)
    frame["error_pct"] = 100.0 * (frame["predicted"] / frame["measured"] - 1.0)
    return frame.reindex(columns=[*COLUMNS])


def unplaced_rows(tables: Tables, rows: pd.DataFrame) -> list[str]:
    """A sentence for each row whose device or model is not in the catalogue."""
    devices, models = set(tables["devices"]["device_id"]), set(tables["models"]["model_id"])
    names = zip(rows["measurement_id"], rows["device_id"], rows["model_id"], strict=True)
    sentences = []
    for measurement, device, model in names:
        lacking = [f"device '{device}'"] * (device not in devices) + [f"model '{model}'"] * (
            model not in models
        )
        if lacking:
            sentences.append(
                f"Measurement '{measurement}' has no prediction: the catalogue holds no "
                f"{' and no '.join(lacking)}; add it, or name one that it holds."
            )
    return sentences


def _known_names(tables: Tables, rows: pd.DataFrame) -> NDArray[np.bool_]:
    devices = rows["device_id"].isin(tables["devices"]["device_id"])
    return (devices & rows["model_id"].isin(tables["models"]["model_id"])).to_numpy(dtype=bool)


def _stored_values(tables: Tables, measured: Measured) -> Floats:
    return predicted_values(measured, _shares(tables, measured), power_draw(tables["efficiencies"]))


def _shares(tables: Tables, measured: Measured) -> Shares:
    efficiencies = tables["efficiencies"]
    return reachable_shares(efficiencies, measured.software, measured.weight_class, measured.networks.kind)


def _spreads(tables: Tables, measured: Measured) -> Floats:
    """Standard deviation of ln(measured / predicted) that the stored table expects of each measurement."""
    draw, phases = power_draw(tables["efficiencies"]), measured_phase(measured)
    factors = phase_factors(tables["efficiencies"])
    of_time = _shares(tables, measured).spread * [factors.get(phase, 1.0) for phase in phases]
    return np.select([phases == "power", phases == "energy"], [draw.spread, draw.energy_spread], of_time)


def time_errors_pct(frame: pd.DataFrame) -> pd.Series:
    """Error of each prediction in %: of the time also where a rate was published, of a power its own."""
    ratio = frame["predicted"] / frame["measured"]
    return 100.0 * (ratio.where(~is_rate(frame["metric"]), 1.0 / ratio) - 1.0)


# Median and 80th percentile of the absolute error in %, aimed at for devices that the fit has not seen.
TARGETS = {
    "A_decode_b1": (7.0, 18.0),
    "B_prefill": (12.0, 30.0),
    "C_static_batch": (12.0, 25.0),
    "D_vision_b1": (25.0, 50.0),
    "D_vision_batch": (25.0, 50.0),
    "E_gpu_power": (12.0, 25.0),
}
TARGET_COVERAGE_PCT = (75.0, 85.0)
QUANTITIES = {"power_w": "power", "energy_per_token_j": "energy"}


def judged_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """The clean rows that have a prediction, with how far it misses.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of `validation`.

    Returns
    -------
    pandas.DataFrame
        The frame's columns, and miss (absolute error in %, that of the time also where a rate was
        published), quantity (time, power, energy) and inside (whether the 80 % interval holds the value).
    """
    known = frame[(frame["quality"] == "clean") & frame["predicted"].notna() & frame["measured"].notna()]
    return known.assign(
        miss=time_errors_pct(known).abs(),
        quantity=known["metric"].map(QUANTITIES).fillna("time"),
        inside=known["measured"].between(known["low"], known["high"]),
    )


def validation_summary(frame: pd.DataFrame) -> pd.DataFrame:
    """How far predictions of clean rows miss, by class, beside the targets.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of `validation`.

    Returns
    -------
    pandas.DataFrame
        A row a class and quantity (time, power, energy): rows with a prediction, median and 80th percentile
        of the absolute error in %, that of the time also where a rate was published, and the share of
        measurements inside the 80 % interval.
    """
    judged = judged_rows(frame)
    groups = judged.groupby(["class", "quantity"], dropna=False)
    rows = [_summary_row(str(name), str(kind), group) for (name, kind), group in groups]
    return pd.DataFrame(rows, columns=[*SUMMARY_COLUMNS])


SUMMARY_COLUMNS = (
    *("class", "quantity", "rows", "median_pct", "p80_pct", "coverage_pct"),
    *("target_median_pct", "target_p80_pct", "target_coverage_low_pct", "target_coverage_high_pct"),
)


def _summary_row(name: str, quantity: str, group: pd.DataFrame) -> tuple[object, ...]:
    target = TARGETS.get(name, (np.nan, np.nan)) if quantity != "energy" else (np.nan, np.nan)
    errors = group["miss"].median(), group["miss"].quantile(0.8)
    return (
        name,
        quantity,
        len(group),
        *errors,
        100.0 * group["inside"].mean(),
        *target,
        *TARGET_COVERAGE_PCT,
    )

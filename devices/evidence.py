"""Predictions for devices that the fit has not seen, as stored: rows, errors by group, the worst rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from devices.backends import measured_software
from devices.calibration import CONFIDENCE, SIGNIFICANT_DIGITS, SOURCE_ID
from devices.catalogue import Tables
from devices.columns import words
from devices.efficiency import software_family
from devices.left_out import Progress
from devices.validation import time_errors_pct, validation

# Below so many measurements of its software on other devices, a row is predicted by wider groups.
FEW_ROWS = 6
COLUMNS = (
    *("measurement_id", "device_id", "device_name", "device_class", "model_id", "class", "software_family"),
    *("backend", "software", "weight_precision", "weight_bits", "n_devices", "batch", "input_tokens"),
    *("output_tokens", "metric", "quality", "measured", "predicted", "low", "high", "miss_pct", "inside"),
    *("routed_experts", "group_rows", "source", "source_ref", "note"),
)


@dataclass(frozen=True)
class Peer:
    """Published error of another tool, for the scale."""

    name: str
    quantity: str
    mean_pct: float
    median_pct: float
    basis: str
    url: str


PEERS = (
    Peer(
        name="aiconfigurator (NVIDIA)",
        quantity="time a token",
        mean_pct=30.0,
        median_pct=21.0,
        basis="its own anchors, with measured kernels",
        url="https://github.com/ai-dynamo/aiconfigurator",
    ),
)


def left_out_predictions(
    tables: Tables, device_ids: Sequence[str] | None = None, progress: Progress | None = None
) -> pd.DataFrame:
    """Rows of the table `left_out_predictions`: each measurement by a fit that has not seen its device.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        The database's tables.
    device_ids : sequence of str, optional
        Devices to leave out in turn; all when None.
    progress : callable, optional
        Told after each device how many of how many are done.
    """
    built_in = tables["measurements"]["origin"] == "builtin"
    frame = validation(
        {**tables, "measurements": tables["measurements"][built_in]}, devices=device_ids, progress=progress
    )
    figures = ["predicted", "low", "high"]
    rows = frame.loc[frame["predicted"].notna(), ["measurement_id", *figures]].reset_index(drop=True)
    rows[figures] = rows[figures].map(lambda value: float(f"{value:.{SIGNIFICANT_DIGITS}g}"))
    return rows.assign(source_id=SOURCE_ID, confidence=CONFIDENCE)


def evidence(tables: Tables) -> pd.DataFrame:
    """Measurements beside the stored predictions of a fit that has not seen their device.

    Returns
    -------
    pandas.DataFrame
        A row a built-in measurement with a prediction, columns `COLUMNS`. `miss_pct` is the signed error of
        the time in %, of power and energy where the metric states those; `inside` whether the 80 % interval
        holds the measurement; `device_class` the device's segment; `group_rows` how many clean measurements
        of the same class, software and weight width stand on other devices.
    """
    rows = tables["measurements"].merge(
        tables["left_out_predictions"][["measurement_id", "predicted", "low", "high"]], on="measurement_id"
    )
    rows = rows.rename(columns={"value": "measured", "source_title": "source"})
    devices = tables["devices"].set_index("device_id")
    segment = words(devices.loc[rows["device_id"]], "segment")
    named = measured_software(words(rows, "backend"), words(rows, "software"), segment)
    rows = rows.assign(
        device_name=devices.loc[rows["device_id"], "name"].to_numpy(),
        device_class=segment,
        software_family=[software_family(name) for name in named],
        routed_experts=rows["model_id"].map(tables["models"].set_index("model_id")["experts"]).notna(),
        miss_pct=time_errors_pct(rows),
        inside=rows["measured"].between(rows["low"], rows["high"]),
    )
    return rows.assign(group_rows=_rows_elsewhere(rows))[[*COLUMNS]]


def _rows_elsewhere(rows: pd.DataFrame) -> pd.Series:
    clean = (rows["quality"] == "clean").astype(int)
    group = ["class", "backend", "software", "weight_bits"]
    everywhere = clean.groupby([rows[name] for name in group], dropna=False).transform("sum")
    here = clean.groupby([rows[name] for name in [*group, "device_id"]], dropna=False).transform("sum")
    return everywhere - here


def errors_by(frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Error of the clean rows of `evidence`, grouped: rows, devices, median, 80th percentile, bias, coverage.

    Parameters
    ----------
    frame : pandas.DataFrame
        Of `evidence`.
    *columns : str
        Columns to group by, such as ``"class", "device_class"``.
    """
    clean = frame[frame["quality"] == "clean"]
    size = clean.assign(size=clean["miss_pct"].abs())
    grouped = size.groupby([*columns], dropna=False)
    found = pd.DataFrame(
        {
            "rows": grouped.size(),
            "devices": grouped["device_id"].nunique(),
            "median_pct": grouped["size"].median(),
            "p80_pct": grouped["size"].quantile(0.8),
            "bias_pct": grouped["miss_pct"].median(),
            "coverage_pct": 100.0 * grouped["inside"].mean(),
        }
    )
    return found.reset_index()


def worst_rows(frame: pd.DataFrame, count: int = 20) -> pd.DataFrame:
    """Clean rows that were missed most, by the ratio of predicted and measured, with `likely_cause`."""
    clean = frame[frame["quality"] == "clean"]
    ratio = np.abs(np.log(clean["predicted"] / clean["measured"]))
    worst = clean.loc[ratio.sort_values(ascending=False, kind="stable").index[:count]]
    return worst.assign(likely_cause=[likely_cause(row) for _, row in worst.iterrows()])


def likely_cause(row: pd.Series) -> str:
    """What most probably parts a prediction from its measurement, in words, from the row's own conditions."""
    found = [sentence(row) for holds, sentence in CAUSES if holds(row)]
    return "; ".join(found[:2]) if found else "none of the known causes: the source's conditions may differ"


def _told(sentence: str) -> Callable[[pd.Series], str]:
    return lambda row: sentence


def _few(row: pd.Series) -> str:
    count = int(row["group_rows"])
    rows = "no measurement" if not count else f"only {count} measurement{'s' * (count > 1)}"
    return f"{rows} of {row['software']} at this weight width on other devices to learn from"


# In the order of their usual size.
CAUSES: tuple[tuple[Callable[[pd.Series], bool], Callable[[pd.Series], str]], ...] = (
    (
        lambda row: row["device_class"] == "edge_module",
        _told("the module's power mode is not stated, and sets its clocks"),
    ),
    (lambda row: int(row["group_rows"]) < FEW_ROWS, _few),
    (
        lambda row: bool(row["routed_experts"]),
        _told("which experts a prompt touches is not stated: fewer than uniform routing expects"),
    ),
    (
        lambda row: row["backend"] == "npu",
        _told("a neural unit: what its compiler leaves to the processor is not published"),
    ),
    (lambda row: row["backend"] == "cpu", _told("how many cores of the processor took part is not stated")),
    (
        lambda row: row["weight_bits"] < 6.0,
        _told("4-bit weights are unpacked before the arithmetic, in kernels of very different quality"),
    ),
    (lambda row: row["n_devices"] > 1, _told("exchanges between devices weigh more or less than assumed")),
    (
        lambda row: row["class"] == "B_prefill" and row["input_tokens"] < 256.0,
        _told("a short prompt fills the machine only in part"),
    ),
    (
        lambda row: row["batch"] >= 64.0,
        _told("a large batch: scheduling, sampling and cache reads differ by version"),
    ),
    (lambda row: row["class"].startswith("D_"), _told("small layers of the network reach other shares")),
)

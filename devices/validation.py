"""Predicted against measured: every measurement of a time or a power beside what the core says of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devices.calibration import kind_fits, left_out_s
from devices.catalogue import Tables
from devices.efficiency import Shares, reachable_shares
from devices.measured import Measured, measured_columns
from devices.power import power_draw
from devices.power_calibration import power_rows, predicted_w
from devices.predicted import predicted_s
from devices.units import MILLISECOND_S, Floats

# Standard normal quantile of 90 %: the bounds of an 80 % interval on a logarithmic scale.
INTERVAL_80 = 1.2815515655446004
TARGETS: dict[str, tuple[float, float]] = {
    "batch-1 decode": (7.0, 18.0),
    "prefill": (12.0, 30.0),
    "static batch": (12.0, 25.0),
    "vision": (25.0, 50.0),
    "power": (12.0, 25.0),
}
_KINDS = {"A": "batch-1 decode", "B": "prefill", "C": "static batch", "D": "vision", "E": "power"}


def validate(
    tables: Tables, measurements: pd.DataFrame | None = None, *, left_out: bool = True
) -> pd.DataFrame:
    """Each measurement beside the prediction for the same conditions.

    A built-in measurement that the fit has seen is predicted by a fit without its device, so that the error is the
    one to expect on a device never measured. Other rows, and all rows of a file, are predicted with the stored
    efficiencies.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        The catalogue with `efficiencies` and `measurements`.
    measurements : pandas.DataFrame, optional
        Rows with the columns of `measurements`, of devices and models in the catalogue; the table's own when None.
    left_out : bool
        Whether to leave each device out; False scores the fit on what it has seen.

    Returns
    -------
    pandas.DataFrame
        measurement_id, device_id, model_id, weight_precision, batch, input_tokens, output_tokens, class, metric,
        measured, predicted, low, high (80 %), error_pct, source, then quality, kind and inside (whether the
        measured value lies in the interval). `error_pct` is that of the time for times and rates, of the value
        for powers; NaN where the core cannot predict.

    Raises
    ------
    UnknownName, InvalidValue
        If a row names a device, model, metric or arithmetic that does not exist; the message names the row's value.
    """
    rows = tables["measurements"] if measurements is None else measurements
    measured = measured_columns(tables, rows)
    shares = _shares(tables, measured)
    predicted, spread = predicted_s(measured, shares), shares.spread
    if left_out and measurements is None:
        unseen = left_out_s(measured, kind_fits(measured))
        predicted = np.where(np.isnan(unseen), predicted, unseen)
    draw = power_draw(tables["efficiencies"])
    watts = np.where(power_rows(measured), predicted_w(measured, shares, draw), np.nan)
    return _frame(rows, measured, predicted, spread, watts, draw.spread)


def error_summary(validated: pd.DataFrame) -> pd.DataFrame:
    """Absolute errors of the clean rows by kind: count, median, 80th percentile, target, and interval coverage.

    Parameters
    ----------
    validated : pandas.DataFrame
        What `validate` returned.
    """
    known = validated[(validated["quality"] == "clean") & validated["error_pct"].notna()]
    rows = []
    for kind, (median, percentile) in TARGETS.items():
        error = known.loc[known["kind"] == kind, "error_pct"].abs()
        inside = known.loc[known["kind"] == kind, "inside"].astype(float)
        if len(error):
            rows.append(
                (kind, len(error), error.median(), error.quantile(0.8), median, percentile, inside.mean())
            )
    columns = ["kind", "count", "median_pct", "p80_pct", "target_median_pct", "target_p80_pct", "coverage"]
    return pd.DataFrame(rows, columns=columns)


def _shares(tables: Tables, measured: Measured) -> Shares:
    return reachable_shares(
        tables["efficiencies"], measured.software, measured.weight_class, measured.networks.kind
    )


def _frame(
    rows: pd.DataFrame,
    measured: Measured,
    predicted: Floats,
    spread: Floats,
    watts: Floats,
    power_spread: float,
) -> pd.DataFrame:
    ratio = np.where(np.isnan(watts), predicted / measured.measured_s, watts / measured.value)
    width = np.exp(INTERVAL_80 * np.where(np.isnan(watts), spread, power_spread))
    value = np.where(np.isnan(watts), _stated(measured, predicted), watts)
    named = ["measurement_id", "device_id", "model_id", "weight_precision"]
    told = ["batch", "input_tokens", "output_tokens", "class", "metric"]
    frame = rows[[*named, *told]].reset_index(drop=True)
    return frame.assign(
        measured=measured.value,
        predicted=value,
        low=value / width,
        high=value * width,
        error_pct=100.0 * (ratio - 1.0),
        source=_source(rows),
        quality=measured.quality,
        kind=[_KINDS.get(group[:1], "") for group in measured.group],
        inside=_inside(ratio, width),
    )


def _stated(measured: Measured, predicted_time_s: Floats) -> Floats:
    """A predicted time in the unit of the metric: rates fall as times grow."""
    in_milliseconds = np.isin(measured.metric, ["first_token_ms", "per_token_ms", "latency_ms"])
    rate = measured.value * measured.measured_s / predicted_time_s
    return np.where(in_milliseconds, predicted_time_s / MILLISECOND_S, rate)


def _inside(ratio: Floats, width: Floats) -> NDArray[np.bool_]:
    return np.asarray((ratio <= width) & (ratio >= 1.0 / width))


def _source(rows: pd.DataFrame) -> np.ndarray:
    for column in ("source_title", "source_id", "source"):
        if column in rows.columns:
            return rows[column].to_numpy(dtype=object)
    return np.full(len(rows), "", dtype=object)

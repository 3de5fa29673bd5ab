"""Predicted against measured: every published measurement beside what the core makes of its conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devices.calibration import QUANTILE_80, KindFit, kind_fits, share_rows
from devices.catalogue import Tables
from devices.efficiency import Shares, reachable_shares
from devices.measured import Measured, measured_columns
from devices.pooling import fitted_deviations
from devices.power import PowerDraw, power_draw, power_limits, throttled
from devices.power_calibration import fitted_draw, power_rows, predicted_w
from devices.predicted import decode_step, measured_machine, predicted_s
from devices.units import Floats

COLUMNS = (
    *("measurement_id", "device_id", "model_id", "weight_precision", "batch", "input_tokens"),
    *("output_tokens", "class", "metric", "measured", "predicted", "low", "high", "error_pct"),
    *("source", "quality"),
)

# Power at the wall of a whole server.
WHOLE_SYSTEM_CLASS = "E_system_power"


def validation(
    tables: Tables,
    rows: pd.DataFrame | None = None,
    *,
    left_out: bool = True,
    devices: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Measured beside predicted, with the bounds of the prediction's 80 % interval.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        The database's tables.
    rows : pandas.DataFrame, optional
        Rows with the columns of `measurements`, predicted with the stored efficiencies. Without them, the
        table's own.
    left_out : bool
        Predict the table's own rows by a fit that has not seen their device: one fit for each device.
    devices : sequence of str, optional
        Devices to leave out, in place of all; the rows of the others then have no prediction.

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
        measured = measured_columns(tables, every.iloc[placed])
        if rows is None and left_out:
            value, spread = _left_out_values(tables, measured, devices)
        else:
            value, spread = _stored_values(tables, measured)
        factor = np.exp(QUANTILE_80 * spread)
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


def _stored_values(tables: Tables, measured: Measured) -> tuple[Floats, Floats]:
    efficiencies = tables["efficiencies"]
    shares = _shares(efficiencies, measured)
    draw = power_draw(efficiencies)
    return predicted_values(measured, shares, draw), _spreads(measured, shares, draw)


def _left_out_values(
    tables: Tables, measured: Measured, devices: Sequence[str] | None
) -> tuple[Floats, Floats]:
    stored = _shares(tables["efficiencies"], measured)
    fits = kind_fits(measured)
    values = np.full(len(measured), np.nan)
    for device in sorted(set(measured.hardware.device_id if devices is None else devices)):
        own = measured.hardware.device_id == device
        rows = np.flatnonzero(own)
        shares = _shares(share_rows([_without(fit, device) for fit in fits]), measured.take(rows))
        draw = _draw_without(tables, measured, stored, own)
        values[rows] = predicted_values(measured.take(rows), shares, draw)
    return values, _spreads(measured, stored, power_draw(tables["efficiencies"]))


def _draw_without(tables: Tables, measured: Measured, shares: Shares, own: NDArray[np.bool_]) -> PowerDraw:
    seen = power_rows(measured)
    if not (seen & own).any() or not (seen & ~own).any():
        return power_draw(tables["efficiencies"])
    others = np.flatnonzero(~own)
    return fitted_draw(measured.take(others), shares.take(others))


def _without(fit: KindFit, device: str) -> KindFit:
    others = fit.measured.hardware.device_id != device
    if others.all():
        return fit
    return replace(fit, deviations=fitted_deviations(fit.measured, fit.groups, others, fit.deviations))


def _shares(efficiencies: pd.DataFrame, measured: Measured) -> Shares:
    frame = efficiencies if "residual_spread" in efficiencies else efficiencies.assign(residual_spread=np.nan)
    return reachable_shares(frame, measured.software, measured.weight_class, measured.networks.kind)


def predicted_values(measured: Measured, shares: Shares, draw: PowerDraw) -> Floats:
    """Prediction of each measurement in the unit of its metric, NaN where it cannot be known.

    The energy of a token is that of a decode step. The power of a server with its processors and fans is none
    that the core predicts.

    Parameters
    ----------
    measured : Measured
        Measurements, shape (n,).
    shares : Shares
        Reachable shares of each.
    draw : PowerDraw
        Shares of the dynamic power.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        slower = predicted_s(measured, shares) / measured.measured_s
        of_times = measured.value * np.where(_is_rate(measured.metric), 1.0 / slower, slower)
        power_w = predicted_w(measured, shares, draw)
        step = decode_step(measured, measured_machine(measured, shares))
        token_s = throttled(step, power_limits(measured.hardware), draw).time_s / measured.batch
    kinds = [
        measured.is_time,
        measured.group == WHOLE_SYSTEM_CLASS,
        measured.metric == "power_w",
        measured.networks.is_decoder,
    ]
    return np.select(kinds, [of_times, np.full(len(measured), np.nan), power_w, power_w * token_s], np.nan)


def _spreads(measured: Measured, shares: Shares, draw: PowerDraw) -> Floats:
    # An energy misses by its power and by its time, taken as independent.
    energy = np.hypot(shares.spread, draw.spread)
    return np.select([measured.is_time, measured.metric == "power_w"], [shares.spread, draw.spread], energy)


def _is_rate(metrics: pd.Series | NDArray[np.object_]) -> NDArray[np.bool_]:
    return np.array([str(metric).endswith("_per_s") for metric in metrics], dtype=bool)


def time_errors_pct(frame: pd.DataFrame) -> pd.Series:
    """Error of each prediction in %: of the time also where a rate was published, of a power its own."""
    ratio = frame["predicted"] / frame["measured"]
    return 100.0 * (ratio.where(~_is_rate(frame["metric"]), 1.0 / ratio) - 1.0)


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

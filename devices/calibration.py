"""The table of efficiencies, fitted to built-in measurements: shares, overheads, and how far they miss."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devices.catalogue import Tables
from devices.efficiency import ANY, EXPERTS_KIND, POWER_KIND, Shares
from devices.measured import Measured, measured_columns
from devices.pooling import (
    EXPERT_SHARE,
    START,
    Groups,
    fitted_deviations,
    fitted_parameters,
    group_parameters,
    nested_groups,
    shares_from,
)
from devices.power import PowerDraw
from devices.power_calibration import fitted_draw, power_rows
from devices.predicted import predicted_s
from devices.units import MICROSECOND_S, Floats

SOURCE_ID = "fit_measurements"
CONFIDENCE = "derived"
SIGNIFICANT_DIGITS = 4
# Measurements that the spread of a wider group counts for in the spread of a narrower one.
SPREAD_WEIGHT = 6.0
# Where 80 % of absolute normal errors lie, in standard deviations.
QUANTILE_80 = 1.2815515655446004


def fit_efficiencies(tables: Tables) -> pd.DataFrame:
    """Rows of the table `efficiencies`, fitted to the built-in measurements of clean quality.

    Spreads come from predictions with the measured device left out of the fit, so that they hold for a device
    that was never measured. The result depends on the tables alone.

    Returns
    -------
    pandas.DataFrame
        Columns of the table `efficiencies`; numbers with four significant digits.
    """
    measured = measured_columns(tables)
    groups = nested_groups(measured)
    rows = usable_rows(measured)
    values = fitted_parameters(measured, groups, rows)
    error = np.abs(np.log(left_out_s(measured, groups, rows) / measured.measured_s))
    frame = _share_rows(groups, values, rows, error)
    shares = shares_from(values[groups.chain[:, -1]])
    draw = fitted_draw(measured, shares)
    further = [_experts_row(measured, rows), _power_row(draw, int(power_rows(measured).sum()))]
    return _rounded(pd.concat([frame, pd.DataFrame(further)], ignore_index=True))


def usable_rows(measured: Measured) -> NDArray[np.bool_]:
    """Measurements that the fit uses: built in, clean, of a time, with known figures of device and model."""
    trial = predicted_s(measured, shares_from(np.tile(START, (len(measured), 1))))
    known = np.isfinite(trial) & np.isfinite(measured.measured_s)
    return known & (measured.quality == "clean") & (measured.origin == "builtin")


def left_out_s(measured: Measured, groups: Groups, rows: NDArray[np.bool_]) -> Floats:
    """Time predicted for each usable measurement by a fit that has not seen its device, NaN elsewhere."""
    predicted = np.full(len(measured), np.nan)
    start = fitted_deviations(measured, groups, rows)
    for device in sorted(set(measured.hardware.device_id[rows])):
        own = rows & (measured.hardware.device_id == device)
        values = group_parameters(groups, fitted_deviations(measured, groups, rows & ~own, start))
        chosen = np.flatnonzero(own)
        predicted[chosen] = predicted_s(measured.take(chosen), shares_from(values[groups.chain[chosen, -1]]))
    return predicted


def _share_rows(groups: Groups, values: Floats, rows: NDArray[np.bool_], error: Floats) -> pd.DataFrame:
    members = [rows & (groups.chain == key).any(axis=1) for key in range(len(groups.keys))]
    counts = np.array([int(member.sum()) for member in members])
    spreads = _pooled_spreads(groups, members, error)
    shares: Shares = shares_from(values)
    frame = pd.DataFrame(groups.keys, columns=["backend", "weight_class", "kind"])
    frame = frame.assign(
        compute_efficiency=shares.compute,
        bandwidth_efficiency=shares.bandwidth,
        overhead_us_per_layer=shares.overhead_s / MICROSECOND_S,
        residual_spread=spreads,
        measurements=counts,
    )
    decoders = frame[(frame["backend"] == ANY) & (frame["kind"] == "decoder")].assign(kind=ANY)
    return pd.concat([frame[counts > 0], decoders], ignore_index=True)


def _pooled_spreads(groups: Groups, members: list[NDArray[np.bool_]], error: Floats) -> Floats:
    """Spread of each group, drawn to that of the wider group where few measurements stand behind it."""
    spreads = np.full(len(groups.keys), np.nan)
    everything = np.quantile(error[np.isfinite(error)], 0.8) / QUANTILE_80
    for key in np.argsort([_level(groups, key) for key in range(len(groups.keys))], kind="stable"):
        row, level = np.argwhere(groups.chain == key)[0]
        around = everything if level == 0 else spreads[groups.chain[row, level - 1]]
        own = error[members[key]]
        spread = np.quantile(own, 0.8) / QUANTILE_80 if len(own) else 0.0
        weight = len(own) / (len(own) + SPREAD_WEIGHT)
        spreads[key] = np.sqrt(weight * spread**2 + (1.0 - weight) * around**2)
    return spreads


def _level(groups: Groups, key: int) -> int:
    return int(np.argwhere(groups.chain == key)[0][1])


def _experts_row(measured: Measured, rows: NDArray[np.bool_]) -> dict[str, object]:
    behind = int((rows & (measured.networks.expert_params > 0.0)).sum())
    return _row(EXPERTS_KIND, EXPERT_SHARE, 1.0, 0.0, behind) | {
        "note": "rate of arithmetic in routed experts over the rate elsewhere, in compute_efficiency"
    }


def _power_row(draw: PowerDraw, behind: int) -> dict[str, object]:
    return _row(POWER_KIND, draw.compute, draw.memory, draw.spread, behind) | {
        "note": "shares of the dynamic power that busy arithmetic and busy memory draw"
    }


def _row(kind: str, compute: float, bandwidth: float, spread: float, behind: int) -> dict[str, object]:
    return {
        "backend": ANY,
        "weight_class": ANY,
        "kind": kind,
        "compute_efficiency": compute,
        "bandwidth_efficiency": bandwidth,
        "overhead_us_per_layer": 0.0,
        "residual_spread": spread,
        "measurements": behind,
    }


def _rounded(frame: pd.DataFrame) -> pd.DataFrame:
    named = ["backend", "weight_class", "kind"]
    digits = frame.select_dtypes("float").columns
    frame[digits] = frame[digits].map(lambda value: float(f"{value:.{SIGNIFICANT_DIGITS}g}"))
    identifiers = frame[named].agg("_".join, axis=1).str.replace(r"[^0-9a-z]+", "_", regex=True)
    frame.insert(0, "efficiency_id", identifiers)
    return frame.assign(source_id=SOURCE_ID, confidence=CONFIDENCE).sort_values(
        "efficiency_id", ignore_index=True
    )

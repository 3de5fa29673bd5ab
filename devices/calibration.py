"""The table of efficiencies, fitted to built-in measurements: shares, overheads, and how far they miss."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from devices.catalogue import Tables
from devices.efficiency import ANY, EXPERTS_KIND, PHASE_BASE, POWER_KIND, RUNNING_KIND, software_family
from devices.kind_fits import KEY_COLUMNS, KindFit, kind_fits, members, share_rows, table_keys
from devices.left_out import Progress, left_out_values, shares_of_fits
from devices.measured import Measured, measured_columns
from devices.pooling import DECODER, Key
from devices.power_calibration import fitted_draw, power_rows
from devices.predicted_values import measured_phase
from devices.units import Floats

SOURCE_ID = "fit_measurements"
CONFIDENCE = "derived"
SIGNIFICANT_DIGITS = 4
# Measurements that the spread of a wider group counts for in the spread of a narrower one.
SPREAD_WEIGHT = 6.0
# Where 80 % of absolute normal errors lie, in standard deviations.
QUANTILE_80 = 1.2815515655446004


def fit_efficiencies(tables: Tables, progress: Progress | None = None) -> pd.DataFrame:
    """Rows of the table `efficiencies`, fitted to the built-in measurements of clean quality.

    Spreads come from predictions with the measured device left out of the fit, so that they hold for a device
    that was never measured: of each group of software, leaning on wider groups, times a factor for each phase
    such that four fifths of its left-out measurements lie inside. The result depends on the tables alone.

    Parameters
    ----------
    progress : callable, optional
        Told after each device how many of how many are done.

    Returns
    -------
    pandas.DataFrame
        Columns of the table `efficiencies`; numbers with four significant digits.
    """
    rows = tables["measurements"]
    measured = measured_columns(tables, rows[rows["origin"] == "builtin"])
    fits = kind_fits(measured)
    error = np.abs(np.log(left_out_values(measured, fits, progress=progress) / measured.value))
    error[(measured.quality != "clean") | ~np.isfinite(error)] = np.nan
    spreads = _pooled_spreads(fits, error)
    frame = share_rows(fits).assign(residual_spread=lambda rows: [spreads[key] for key in _row_keys(rows)])
    further = [_phase_rows(measured, fits, error, spreads), _power_rows(measured, fits, error)]
    columns = [*frame.columns]
    return _named(pd.concat([frame, *(rows[columns] for rows in further)], ignore_index=True))


def _row_keys(rows: pd.DataFrame) -> Iterator[Key]:
    return zip(*(rows[name] for name in KEY_COLUMNS), strict=True)


def _pooled_spreads(fits: list[KindFit], error: Floats) -> dict[Key, float]:
    """Spread of each key, drawn to that of the wider key where few measurements stand behind it."""
    spreads: dict[Key, float] = {}
    for fit in fits:
        missed = error[fit.rows]
        for key in table_keys(fit):
            own = missed[members(fit, key)]
            wider = spreads.get(_wider(key), _spread(missed))
            weight = len(own) / (len(own) + SPREAD_WEIGHT)
            spreads[key] = float(np.sqrt(weight * _spread(own) ** 2 + (1.0 - weight) * wider**2))
            if fit.kind == DECODER:
                spreads[(*key[:2], ANY)] = spreads[key]
                spreads[(*key[:2], EXPERTS_KIND)] = 0.0
    return spreads


def _wider(key: Key) -> Key:
    software, width, kind = key
    if width != ANY:
        return software, ANY, kind
    family = software_family(software)
    return (family, ANY, kind) if software != family else (ANY, ANY, kind)


def _spread(error: Floats) -> float:
    return float(np.nanquantile(error, 0.8) / QUANTILE_80)


def _phase_rows(
    measured: Measured, fits: list[KindFit], error: Floats, spreads: dict[Key, float]
) -> pd.DataFrame:
    """A row a phase, with the spread that its factor makes of that of all measurements of its base."""
    expected = np.full(len(measured), np.nan)
    for fit in fits:
        expected[fit.rows] = [spreads[key] for key in fit.groups.own]
    phases, rows = measured_phase(measured), []
    for phase, base in PHASE_BASE.items():
        own = (phases == phase) & np.isfinite(error / expected)
        spread = _spread(error[own] / expected[own]) * spreads[ANY, ANY, base]
        rows.append((ANY, ANY, phase, 1.0, 1.0, 0.0, int(own.sum()), spread))
    return pd.DataFrame(rows, columns=[*ROW_COLUMNS])


ROW_COLUMNS = (
    *KEY_COLUMNS,
    *("compute_efficiency", "bandwidth_efficiency", "overhead_us_per_layer", "measurements"),
    "residual_spread",
)


def _power_rows(measured: Measured, fits: list[KindFit], error: Floats) -> pd.DataFrame:
    draw = fitted_draw(measured, shares_of_fits(fits, measured))
    phases, count = measured_phase(measured), int(power_rows(measured).sum())
    power, energy = (_spread(error[phases == name]) for name in ("power", "energy"))
    rows = [
        (ANY, ANY, POWER_KIND, draw.compute, draw.memory, 0.0, count, power),
        (ANY, ANY, RUNNING_KIND, draw.running, 1.0, 0.0, count, energy),
    ]
    return pd.DataFrame(rows, columns=[*ROW_COLUMNS])


NOTES = {
    EXPERTS_KIND: "compute_efficiency: rate of arithmetic in routed experts over the rate elsewhere",
    POWER_KIND: "shares of the dynamic power that busy arithmetic and busy memory draw",
    RUNNING_KIND: "compute_efficiency: share of the dynamic power that running draws; spread of energies",
    **{
        phase: f"residual_spread: over that of any {base}, the factor on spreads in this phase"
        for phase, base in PHASE_BASE.items()
    },
}


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    digits = frame.select_dtypes("float").columns
    frame[digits] = frame[digits].map(lambda value: float(f"{value:.{SIGNIFICANT_DIGITS}g}"))
    identifiers = frame[list(KEY_COLUMNS)].agg("_".join, axis=1).str.replace(r"[^0-9a-z]+", "_", regex=True)
    frame.insert(0, "efficiency_id", identifiers)
    frame = frame.assign(note=frame["kind"].map(NOTES), source_id=SOURCE_ID, confidence=CONFIDENCE)
    return frame.sort_values("efficiency_id", ignore_index=True)

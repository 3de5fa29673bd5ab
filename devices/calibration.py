"""The table of efficiencies, fitted to built-in measurements: shares, overheads, and how far they miss."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devices.catalogue import Tables
from devices.efficiency import ANY, EXPERTS_KIND, FITTED_KIND, POWER_KIND, reachable_shares, software_family
from devices.measured import Measured, measured_columns
from devices.pooling import (
    START,
    Groups,
    Key,
    deviations_sum,
    fitted_deviations,
    nested_groups,
    own_shares,
    shares_from,
)
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


@dataclass(frozen=True)
class KindFit:
    """The fit of one kind of network.

    Attributes
    ----------
    rows : numpy.ndarray
        Positions of its measurements among all.
    measured, groups
        Those measurements, and their groups.
    deviations : numpy.ndarray
        Fitted effects, shape (effects, 4).
    """

    kind: str
    rows: NDArray[np.intp]
    measured: Measured
    groups: Groups
    deviations: Floats


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
    fits = kind_fits(measured)
    spreads = _pooled_spreads(fits, left_out_s(measured, fits))
    frame = share_rows(fits).assign(residual_spread=lambda rows: [spreads[key] for key in _row_keys(rows)])
    return _named(pd.concat([frame, _power_rows(measured, frame)], ignore_index=True))


def kind_fits(measured: Measured) -> list[KindFit]:
    """One fit for each kind of network: nothing that is shared between kinds is fitted."""
    usable = usable_rows(measured)
    kinds = np.array([FITTED_KIND.get(kind, kind) for kind in measured.networks.kind], dtype=object)
    fits = []
    for kind in sorted(set(kinds[usable])):
        rows = np.flatnonzero(usable & (kinds == kind))
        own = measured.take(rows)
        groups = nested_groups(own)
        everything = np.ones(len(rows), dtype=bool)
        fits.append(KindFit(str(kind), rows, own, groups, fitted_deviations(own, groups, everything)))
    return fits


def usable_rows(measured: Measured) -> NDArray[np.bool_]:
    """Measurements that the fit uses: built in, clean, of a time, with known figures of device and model."""
    trial = predicted_s(measured, shares_from(np.tile(START, (len(measured), 1))))
    known = np.isfinite(trial) & np.isfinite(measured.measured_s)
    return known & (measured.quality == "clean") & (measured.origin == "builtin")


def left_out_s(measured: Measured, fits: list[KindFit], every: int = 1) -> Floats:
    """Time predicted for each usable measurement by a fit that has not seen its device, NaN elsewhere.

    With `every` = n only each n-th device is left out, in the order of their names; the others stay NaN.
    """
    predicted = np.full(len(measured), np.nan)
    for fit in fits:
        devices = fit.measured.hardware.device_id
        for device in sorted(set(devices))[::every]:
            own = devices == device
            deviations = fitted_deviations(fit.measured, fit.groups, ~own, fit.deviations)
            rows = np.flatnonzero(own)
            shares = own_shares(fit.groups, deviations, rows)
            predicted[fit.rows[rows]] = predicted_s(fit.measured.take(rows), shares)
    return predicted


def share_rows(fits: list[KindFit]) -> pd.DataFrame:
    """Shares of every group that a device may ask for, without their spread."""
    rows = []
    for fit in fits:
        for key in _table_keys(fit):
            values = deviations_sum(fit.groups, fit.deviations, key)
            shares = shares_from(values[None, :])
            kinds = (fit.kind, ANY) if fit.kind == "decoder" and key[0] == ANY else (fit.kind,)
            for kind in kinds:
                row = (*key[:2], kind, shares.compute[0], shares.bandwidth[0], shares.overhead_s[0])
                rows.append((*row, _count(fit, key)))
            if key == (ANY, ANY, "decoder"):
                rows.append((*key[:2], EXPERTS_KIND, shares.experts[0], 1.0, 0.0, _expert_count(fit, key)))
    frame = pd.DataFrame(rows, columns=[*KEY_COLUMNS, *SHARE_COLUMNS, "overhead_s", "measurements"])
    frame.insert(5, "overhead_us_per_layer", frame.pop("overhead_s") / MICROSECOND_S)
    return frame


KEY_COLUMNS = ("backend", "weight_class", "kind")
SHARE_COLUMNS = ("compute_efficiency", "bandwidth_efficiency")


def _table_keys(fit: KindFit) -> list[Key]:
    keys: dict[Key, None] = {(ANY, ANY, fit.kind): None}
    for software, width, kind in fit.groups.own:
        for name in (software_family(software), software):
            keys |= {(name, ANY, kind): None, (name, width, kind): None}
    return list(keys)


def _members(fit: KindFit, key: Key) -> NDArray[np.bool_]:
    named, width, _ = key
    software = fit.measured.software
    families = np.array([software_family(name) for name in software], dtype=object)
    within = (named == ANY) | (families == named) | (software == named)
    return np.asarray(within & ((width == ANY) | (fit.measured.weight_class == width)))


def _count(fit: KindFit, key: Key) -> int:
    return int(_members(fit, key).sum())


def _expert_count(fit: KindFit, key: Key) -> int:
    return int((_members(fit, key) & (fit.measured.networks.expert_params > 0.0)).sum())


def _row_keys(rows: pd.DataFrame) -> Iterator[Key]:
    return zip(*(rows[name] for name in KEY_COLUMNS), strict=True)


def _pooled_spreads(fits: list[KindFit], left_out: Floats) -> dict[Key, float]:
    """Spread of each key, drawn to that of the wider key where few measurements stand behind it."""
    spreads: dict[Key, float] = {}
    for fit in fits:
        error = np.abs(np.log(left_out[fit.rows] / fit.measured.measured_s))
        for key in _table_keys(fit):
            own = error[_members(fit, key)]
            wider = spreads.get(_wider(key), _spread(error))
            weight = len(own) / (len(own) + SPREAD_WEIGHT)
            spreads[key] = float(np.sqrt(weight * _spread(own) ** 2 + (1.0 - weight) * wider**2))
            if fit.kind == "decoder":
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
    return float(np.quantile(error, 0.8) / QUANTILE_80)


def _power_rows(measured: Measured, frame: pd.DataFrame) -> pd.DataFrame:
    shares = reachable_shares(frame, measured.software, measured.weight_class, measured.networks.kind)
    draw = fitted_draw(measured, shares)
    row = (ANY, ANY, POWER_KIND, draw.compute, draw.memory, 0.0, int(power_rows(measured).sum()), draw.spread)
    return pd.DataFrame([row], columns=[*frame.columns])


NOTES = {
    EXPERTS_KIND: "compute_efficiency: rate of arithmetic in routed experts over the rate elsewhere",
    POWER_KIND: "shares of the dynamic power that busy arithmetic and busy memory draw",
}


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    digits = frame.select_dtypes("float").columns
    frame[digits] = frame[digits].map(lambda value: float(f"{value:.{SIGNIFICANT_DIGITS}g}"))
    identifiers = frame[list(KEY_COLUMNS)].agg("_".join, axis=1).str.replace(r"[^0-9a-z]+", "_", regex=True)
    frame.insert(0, "efficiency_id", identifiers)
    frame = frame.assign(note=frame["kind"].map(NOTES), source_id=SOURCE_ID, confidence=CONFIDENCE)
    return frame.sort_values("efficiency_id", ignore_index=True)

"""How fast devices grow: bandwidth, dense and sparse operations, operations a watt, by year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.errors import InvalidValue, UnknownName
from devices.catalogue import hardware_named
from devices.hardware import ARITHMETIC, Hardware
from devices.memory import is_on_chip
from devices.units import Labels
from forecasting.scenarios import Tables
from forecasting.trend_curves import TrendFit
from forecasting.trends import exponential_fit

Array = NDArray[np.float64]
_SEEN = ("cited", "derived", "recalled")
# 8-bit formats, of which a device's fastest counts.
_EIGHT_BIT = ("int8", "fp8")
QUANTITIES = {
    "bandwidth": "B/s",
    "dense": "OP/s",
    "sparse": "OP/s",
    "dense_per_watt": "OP/s/W",
}
# Why a device does not bear the fit.
UNSHIPPED, ON_CHIP, RACK = "planned or estimated", "memory on the chip alone", "a rack of many"
# Standard normal quantile of 90 %: the bounds of an 80 % interval.
_Z90 = 1.2815515655446004
_STEPS_A_YEAR = 4


@dataclass(frozen=True)
class DeviceGrowth:
    """Devices over their year of introduction, and the straight line through them, in log space.

    Attributes
    ----------
    points : pandas.DataFrame
        Columns device_id, name, segment, status, source_id, confidence, year (decimal), value (SI), left_out
        (why it does not bear the fit, empty where it does) and fitted.
    curve : pandas.DataFrame
        Columns year, value, low, high (80 % of new devices lie between); empty where too few devices shipped.
    growth_per_year : float
        Factor a year, NaN without a fit.
    growth_low, growth_high : float
        Its 80 % interval.
    """

    points: pd.DataFrame
    curve: pd.DataFrame
    growth_per_year: float
    growth_low: float
    growth_high: float


def device_growth(tables: Tables, quantity: str, device_ids: Sequence[str] | None = None) -> DeviceGrowth:
    """Growth of a quantity over the years in which devices were introduced.

    The fit rests on devices that shipped and are no estimates. A rack is no device; memory on the chip alone
    is another level than what the bandwidth of others stands for. Both are points beside the fit.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        `devices` and `device_peaks`.
    quantity : {'bandwidth', 'dense', 'sparse', 'dense_per_watt'}
        Memory bandwidth; the dense or the 2:4-sparse peak of the fastest 8-bit format; the dense one over
        peak power, where that is printed.
    device_ids : sequence of str, optional
        Only these; all when left out.

    Raises
    ------
    UnknownName
        Unknown quantity.
    """
    if quantity not in QUANTITIES:
        raise UnknownName("quantity", quantity, QUANTITIES)
    points = _points(tables, quantity, device_ids)
    shipped = points[points["fitted"]]
    try:
        fit = exponential_fit(shipped["year"], np.log10(shipped["value"].to_numpy()))
    except InvalidValue:
        nothing = pd.DataFrame(columns=["year", "value", "low", "high"], dtype=float)
        return DeviceGrowth(points, nothing, np.nan, np.nan, np.nan)
    slope, spread = float(fit.parameters[1]), float(np.sqrt(fit.covariance[1, 1]))
    low, central, high = 10.0 ** (slope + _Z90 * spread * np.array([-1.0, 0.0, 1.0]))
    return DeviceGrowth(points, _curve(fit, shipped["year"]), float(central), float(low), float(high))


def decimal_year(introduced: pd.Series) -> pd.Series:
    """Year of a date such as ``2024``, ``2024-09`` or ``2024-09-12``; the middle of what it leaves open."""
    parts = introduced.astype("string").str.extract(r"^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
    year, month, day = (pd.to_numeric(parts[column]).astype(float) for column in parts)
    within = (month - 1.0 + (day - 1.0).fillna(15.0) / 30.4).fillna(6.0) / 12.0
    return year + within


def _points(tables: Tables, quantity: str, device_ids: Sequence[str] | None) -> pd.DataFrame:
    devices = tables["devices"]
    hardware = hardware_named(tables)
    points = devices[["device_id", "name", "segment", "status", "source_id", "confidence"]].assign(
        year=decimal_year(devices["introduced"]),
        value=_values(hardware, quantity),
        left_out=_left_out(devices, hardware, quantity),
    )
    drawn = points["year"].notna() & (points["value"] > 0)
    if device_ids is not None:
        drawn &= points["device_id"].isin(list(device_ids))
    points["fitted"] = points["left_out"] == ""
    return points[drawn].sort_values("year").reset_index(drop=True)


def _left_out(devices: pd.DataFrame, hardware: Hardware, quantity: str) -> Labels:
    shipped = (devices["status"] == "shipping") & devices["confidence"].isin(_SEEN)
    on_chip = is_on_chip(hardware.memory_type) & (quantity == "bandwidth")
    racks = (hardware.accelerators > 1.0) & (quantity != "dense_per_watt")
    cases = [~shipped.to_numpy(), on_chip, racks]
    return np.select(cases, [UNSHIPPED, ON_CHIP, RACK], default="").astype(object)


def _values(hardware: Hardware, quantity: str) -> Array:
    if quantity == "bandwidth":
        return hardware.memory_bytes_per_s
    columns = [_column(hardware, name, sparse=quantity == "sparse") for name in _EIGHT_BIT]
    peak = np.fmax(*columns)
    return peak / np.fmax(hardware.peak_w, hardware.sustained_w) if quantity == "dense_per_watt" else peak


def _column(hardware: Hardware, name: str, *, sparse: bool) -> Array:
    peaks = hardware.sparse_ops_per_s if sparse else hardware.peak_ops_per_s
    return peaks[:, ARITHMETIC.index(name)]


def _curve(fit: TrendFit, years: pd.Series) -> pd.DataFrame:
    first, last = float(years.min()), float(years.max())
    count = max(2, int(_STEPS_A_YEAR * (last - first)) + 1)
    at = np.linspace(first, last, count)
    level, spread = fit.level(at), _Z90 * fit.spread(at)
    return pd.DataFrame(
        {"year": at, "value": 10**level, "low": 10 ** (level - spread), "high": 10 ** (level + spread)}
    )

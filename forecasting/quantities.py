"""Units in which a projection can be read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from datasets.errors import UnknownName
from forecasting.draws import Projection
from forecasting.energy import (
    carbon_mt_per_year,
    data_centre_cost_usd_per_year,
    electricity_cost_usd_per_year,
    energy_twh_per_year,
)

Array = NDArray[np.float64]
QUANTITIES = {
    "ops": "OP/s",
    "h100e": "H100e (1,978.9 dense 8-bit TOP/s)",
    "tokens": "token/day",
    "gw": "GW",
    "twh": "TWh/yr",
    "usd": "US$/yr",
    "mtco2": "MtCO2/yr",
}


def quantity_draws(projection: Projection, quantity: str, series: str, sense: str) -> dict[str, Array]:
    """Draws of one series and sense in a unit, by segment.

    Parameters
    ----------
    projection : Projection
    quantity : {'ops', 'h100e', 'tokens', 'gw', 'twh', 'usd', 'mtco2'}
        ``tokens`` exists for demand alone, and not for training; its dict is empty elsewhere.
    series, sense : str

    Returns
    -------
    dict of segment to (draws, years) array

    Raises
    ------
    UnknownName
        If the quantity does not exist.
    """
    if quantity not in QUANTITIES:
        raise UnknownName("quantity", quantity, QUANTITIES)
    if quantity == "tokens":
        return dict(projection.tokens_per_day.get(series, {})) if sense == "demand" else {}
    if quantity == "usd":
        return _cost(projection, series, sense)
    if quantity == "ops":
        return dict(projection.operations[series, sense])
    if quantity == "h100e":
        return {s: ops / projection.h100_ops_per_s for s, ops in projection.operations[series, sense].items()}
    if quantity == "mtco2":
        power = projection.power_w[series, sense]
        return {s: carbon_mt_per_year(w, projection.values) for s, w in power.items()}
    reading: Callable[[Array], Array] = energy_twh_per_year if quantity == "twh" else _gigawatts
    return {s: reading(w) for s, w in projection.power_w[series, sense].items()}


def _gigawatts(power_w: Array) -> Array:
    return power_w / 1e9


def _cost(projection: Projection, series: str, sense: str) -> dict[str, Array]:
    """Yearly cost: data centres with their capital; devices, bought for other ends, with electricity."""
    power, values = projection.power_w[series, sense], projection.values
    if series == "edge_inference":
        return {s: electricity_cost_usd_per_year(w, values) for s, w in power.items()}
    over_mean = values["mean_over_peak_power"][:, None] if sense == "demand" else 1.0
    return {s: data_centre_cost_usd_per_year(w, w / over_mean, values) for s, w in power.items()}

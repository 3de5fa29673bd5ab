"""Limits of supply: accelerators made, capital, grid power, and machines sold."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from forecasting.arithmetic import like
from forecasting.fleets import STOCK_YEARS
from forecasting.years import LAST_HISTORY_YEAR, LAST_YEAR, YEARS

Array = NDArray[np.float64]
Values = Mapping[str, Array]
# Levers on the number of machines sold: segment to (first vintage, last vintage or none, assumption).
SUPPLY: dict[str, tuple[tuple[int, int | None, str], ...]] = {
    "smartphone": ((2026, 2026, "phone_supply_2026"), (2027, None, "phone_supply_2027")),
    "humanoid": ((2027, None, "humanoid_supply_2027"),),
    "robotaxi": ((2027, None, "robotaxi_supply_2027"),),
    "adas_car": ((2027, None, "adas_car_supply_2027"),),
}


def shipment_factor(values: Values, segment: str, vintages: NDArray[np.int64]) -> Array | None:
    """Factor on a segment's shipments, (vintages, draws); None where no lever moves them."""
    levers = SUPPLY.get(segment, ())
    if not levers:
        return None
    first_lever = values[levers[0][2]]
    factor = np.ones((len(vintages), len(first_lever)), first_lever.dtype)
    for first, last, lever in levers:
        factor[(vintages >= first) & (vintages <= (last or LAST_YEAR))] = values[lever]
    return factor


def gliding_limit(values: Values, stem: str) -> Array:
    """A limit in each projected year: an exponential from its value of 2026 to that of 2030.

    Returns
    -------
    (projected years, draws) array
    """
    years = np.arange(LAST_HISTORY_YEAR + 1, LAST_YEAR + 1)
    first, last = (np.log(values[f"{stem}_{year}"]) for year in (years[0], years[-1]))
    weight = like((years - years[0]) / (years[-1] - years[0]), first)[:, None]
    return np.exp(first * (1 - weight) + last * weight)


def power_limit_w(values: Values) -> Array:
    """Nameplate power that grids allow AI facilities, W (draws, years); none in history."""
    projected = gliding_limit(values, "power_limit_gw") * 1e9
    limit = np.full((len(YEARS), projected.shape[1]), np.inf, projected.dtype)
    limit[YEARS > LAST_HISTORY_YEAR] = projected
    return limit.T


def supplied_stock_h100e(wanted: Array, it_w_per_h100e: Array, values: Values) -> Array:
    """The accelerator stock that makers and capital allow.

    ``stock(y) = min(wanted(y), stock(y - 1) + made, (IT_power(y - 1) + capital / price) / w(y))``, made the
    accelerators of the year, price the capital a watt, w the watts an H100e, all net of what is retired: the
    limits are on growth.

    Parameters
    ----------
    wanted : (draws, stock years) array
        Stock without a limit, at year ends, H100e.
    it_w_per_h100e : (draws, stock years) array
        IT power an H100e of the stock.
    values : mapping
        Drawn assumptions.

    Returns
    -------
    (draws, stock years) array, H100e
    """
    made = gliding_limit(values, "accelerator_limit") * 1e6
    funded_w = gliding_limit(values, "capital_limit_usd") / values["capex_usd_per_gw_it"] * 1e9
    stock, watts = wanted.T.copy(), it_w_per_h100e.T
    for i, year in enumerate(STOCK_YEARS):
        if year > LAST_HISTORY_YEAR:
            at = year - LAST_HISTORY_YEAR - 1
            by_makers = stock[i - 1] + made[at]
            by_capital = (stock[i - 1] * watts[i - 1] + funded_w[at]) / watts[i]
            stock[i] = np.minimum(stock[i], np.minimum(by_makers, by_capital))
    return stock.T

"""Data centres: the accelerators shared between training and serving, and what serving demands of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.accelerators import AcceleratorHistory, chip_w_per_h100e, stock_h100e
from forecasting.arithmetic import like, ratio, total
from forecasting.energy import nameplate_w
from forecasting.fleets import STOCK_YEARS, year_means
from forecasting.supply import power_limit_w, supplied_stock_h100e
from forecasting.years import LAST_HISTORY_YEAR, LAST_YEAR, YEARS

Array = NDArray[np.float64]
Values = Mapping[str, Array]
UNLISTED = "unlisted"
BASE = int(np.searchsorted(YEARS, LAST_HISTORY_YEAR))


def training_share(values: Values, years: NDArray[np.int64]) -> Array:
    """Share of the accelerator stock on training and experiments.

    Generative share times the share of generative compute for research and development, which moves along a
    line from 2025 to 2030 and stays before.

    Returns
    -------
    (draws, years) array
    """
    passed = np.clip((years - LAST_HISTORY_YEAR) / (LAST_YEAR - LAST_HISTORY_YEAR), 0, 1)
    first, last = values["rnd_share_2025"], values["rnd_share_2030"]
    return (values["generative_share"] * (first + (last - first) * like(passed, first)[:, None])).T


@dataclass(frozen=True)
class DataCentres:
    """The accelerator stock, split between training and cloud inference; arrays (draws, years).

    Attributes
    ----------
    h100e, wanted_h100e : array
        Deployed at the end of the year, H100e, with the limits of makers and capital and without.
    powered : array
        Share of it that the power limit lets run.
    available_share : array
        Share that is powered, healthy and schedulable.
    peak, mean_peak, usable_peak : dict of series to array
        Dense 8-bit peak at the end of the year, over the year, and the available part of the smaller, OP/s.
    wanted_peak : dict of series to array
        Dense 8-bit peak over the year of the stock without limits.
    full_load_w, mean_load_w : dict of series to array
        Facility power at full load at the end of the year and over it, W.
    """

    h100e: Array
    wanted_h100e: Array
    powered: Array
    available_share: Array
    peak: dict[str, Array]
    mean_peak: dict[str, Array]
    usable_peak: dict[str, Array]
    wanted_peak: dict[str, Array]
    full_load_w: dict[str, Array]
    mean_load_w: dict[str, Array]

    def mean_power_w(self, series: str, values: Values) -> Array:
        """Electrical power over the year, W: full load * powered share * mean over peak."""
        return self.mean_load_w[series] * self.powered * values["mean_over_peak_power"][:, None]


def data_centres(history: AcceleratorHistory, h100_ops_per_s: float, values: Values) -> DataCentres:
    """Stock, peak and power of the data centres.

    Parameters
    ----------
    history : AcceleratorHistory
    h100_ops_per_s : float
        Dense 8-bit peak of one H100.
    values : mapping
        Drawn assumptions.

    Returns
    -------
    DataCentres
    """
    wanted, chip_w = stock_h100e(history, values), chip_w_per_h100e(history, values)
    h100e = supplied_stock_h100e(wanted, chip_w * values["it_over_chip"][:, None], values)
    share = training_share(values, STOCK_YEARS)
    load = nameplate_w(h100e, chip_w, values)
    split = {"training": share, "cloud_inference": 1 - share}
    peak = {s: h100e * h100_ops_per_s * part for s, part in split.items()}
    powered = np.minimum(power_limit_w(values) / load[:, 1:], 1.0)
    available_share = values["cluster_availability"][:, None] * powered
    return DataCentres(
        h100e=h100e[:, 1:],
        wanted_h100e=wanted[:, 1:],
        powered=powered,
        available_share=available_share,
        peak={s: p[:, 1:] for s, p in peak.items()},
        mean_peak={s: year_means(p) for s, p in peak.items()},
        # Where a series' part of the stock shrinks within a year, its end binds and not its mean.
        usable_peak={s: np.minimum(year_means(p), p[:, 1:]) * available_share for s, p in peak.items()},
        wanted_peak={s: year_means(wanted * h100_ops_per_s * part) for s, part in split.items()},
        full_load_w={s: (load * part)[:, 1:] for s, part in split.items()},
        mean_load_w={s: year_means(load * part) for s, part in split.items()},
    )


@dataclass(frozen=True)
class ServingDemand:
    """Cloud inference really executed, by family, and what could not be served; arrays (draws, years).

    Attributes
    ----------
    operations : dict of family to array
        Operations a second served, families of the listed workloads and `UNLISTED`.
    ration : array
        Share of what is wanted that is served.
    shortfall : array
        Operations a second wanted beyond the highest utilisation of the serving stock.
    bottom_up, stock_route : arrays
        The two routes, OP/s: the listed workloads' sum, and serving stock times utilisation.
    """

    operations: dict[str, Array]
    ration: Array
    shortfall: Array
    bottom_up: Array
    stock_route: Array


def serving_demand(
    wanted_by_family: Mapping[str, Array], serving_peak: Array, available_peak: Array, values: Values
) -> ServingDemand:
    """Cloud inference: the listed workloads, and what the stock is seen to run beside them.

    The stock route (serving stock times utilisation) says how much runs in all; the listed workloads account
    for a part of it. The rest, `UNLISTED`, is the gap of the last year of history and from there keeps its
    share of the serving stock. What exceeds the highest utilisation of the available stock is rationed in
    proportion.

    Parameters
    ----------
    wanted_by_family : mapping of family to (draws, years) array
        Items a second times operations an item, summed over the listed workloads of the family.
    serving_peak, available_peak : (draws, years) arrays
        Dense 8-bit peak of the serving stock that is wanted, mean over the year, OP/s; and what of it is
        there and available.
    values : mapping
        Drawn assumptions.

    Returns
    -------
    ServingDemand
    """
    bottom_up = total(wanted_by_family.values())
    stock_route = serving_peak * values["serving_utilisation"][:, None]
    gap = np.maximum(stock_route - bottom_up, 0.0)
    kept_share = (gap[:, BASE] / serving_peak[:, BASE])[:, None]
    unlisted = np.where(YEARS <= LAST_HISTORY_YEAR, gap, serving_peak * kept_share)
    wanted = bottom_up + unlisted
    ceiling = np.maximum(values["serving_utilisation_ceiling"], values["serving_utilisation"])[:, None]
    served = np.minimum(wanted, available_peak * ceiling)
    ration = np.where(wanted > 0, ratio(served, wanted), 1.0)
    operations = {family: ops * ration for family, ops in wanted_by_family.items()}
    return ServingDemand(
        operations=operations | {UNLISTED: unlisted * ration},
        ration=ration,
        shortfall=wanted - served,
        bottom_up=bottom_up,
        stock_route=stock_route,
    )

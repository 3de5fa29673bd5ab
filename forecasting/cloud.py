"""Data centres: the accelerators shared between training and serving, and what serving demands of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
    weight = np.clip((years - LAST_HISTORY_YEAR) / (LAST_YEAR - LAST_HISTORY_YEAR), 0, 1)
    first, last = values["rnd_share_2025"][:, None], values["rnd_share_2030"][:, None]
    return values["generative_share"][:, None] * (first + (last - first) * weight)


@dataclass(frozen=True)
class ServingDemand:
    """Cloud inference really executed, by workload, and what could not be served.

    Attributes
    ----------
    operations : dict of workload_id to (draws, years) array
        Operations a second served, listed workloads and `UNLISTED`.
    shortfall : (draws, years) array
        Operations a second wanted beyond the highest utilisation of the serving stock.
    bottom_up, stock_route : (draws, years) arrays
        The two routes, OP/s: the listed workloads' sum, and serving stock times utilisation.
    """

    operations: dict[str, Array]
    shortfall: Array
    bottom_up: Array
    stock_route: Array


def serving_demand(
    operations_by_workload: Mapping[str, Array], serving_peak: Array, available_peak: Array, values: Values
) -> ServingDemand:
    """Cloud inference: the listed workloads, and what the stock is seen to run beside them.

    The stock route (serving stock times utilisation) says how much runs in all; the listed workloads account
    for a part of it. The rest, `UNLISTED`, is the gap of the last year of history and from there keeps its
    share of the serving stock. What exceeds the highest utilisation of the available stock is rationed in
    proportion.

    Parameters
    ----------
    operations_by_workload : mapping of workload_id to (draws, years) array
        Items a second times operations an item.
    serving_peak, available_peak : (draws, years) arrays
        Dense 8-bit peak of the serving stock, mean over the year, OP/s; and the part of it that is available.
    values : mapping
        Drawn assumptions.

    Returns
    -------
    ServingDemand
    """
    bottom_up = np.sum(list(operations_by_workload.values()), axis=0)
    stock_route = serving_peak * values["serving_utilisation"][:, None]
    gap = np.maximum(stock_route - bottom_up, 0.0)
    kept_share = (gap[:, BASE] / serving_peak[:, BASE])[:, None]
    unlisted = np.where(YEARS <= LAST_HISTORY_YEAR, gap, serving_peak * kept_share)
    wanted = bottom_up + unlisted
    ceiling = np.maximum(values["serving_utilisation_ceiling"], values["serving_utilisation"])[:, None]
    served = np.minimum(wanted, available_peak * ceiling)
    ration = np.divide(served, wanted, out=np.ones_like(served), where=wanted > 0)
    operations = {w: ops * ration for w, ops in operations_by_workload.items()}
    return ServingDemand(
        operations=operations | {UNLISTED: unlisted * ration},
        shortfall=wanted - served,
        bottom_up=bottom_up,
        stock_route=stock_route,
    )

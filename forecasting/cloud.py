"""Data centres: the accelerators shared between training and serving, and what serving demands of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.years import LAST_HISTORY_YEAR, LAST_YEAR, YEARS

Array = NDArray[np.float64]
Values = Mapping[str, Array]
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
        Operations a second served.
    shortfall : (draws, years) array
        Operations a second wanted beyond the highest utilisation of the serving stock.
    bottom_up : (draws, years) array
        Sum over the workloads of items times operations, before calibration.
    calibration : (draws,) array
        Stock route over bottom-up in the last year of history: what the listed workloads leave out.
    """

    operations: dict[str, Array]
    shortfall: Array
    bottom_up: Array
    calibration: Array


def serving_demand(
    operations_by_workload: Mapping[str, Array], serving_peak: Array, available_peak: Array, values: Values
) -> ServingDemand:
    """Cloud inference by two routes that meet in the last year of history.

    History: serving stock times utilisation, split by the workloads' own sums. Projection: the workloads'
    growth from there. What exceeds the highest utilisation of the available stock is rationed in proportion.

    Parameters
    ----------
    operations_by_workload : mapping of workload_id to (draws, years) array
        Items a second times operations an item, uncalibrated.
    serving_peak, available_peak : (draws, years) arrays
        Dense 8-bit peak of the serving stock, mean over the year, OP/s; and the part of it that is available.
    values : mapping
        Drawn assumptions.

    Returns
    -------
    ServingDemand
    """
    bottom_up = np.sum(list(operations_by_workload.values()), axis=0)
    anchor = serving_peak * values["serving_utilisation"][:, None]
    calibration = anchor[:, BASE] / bottom_up[:, BASE]
    wanted = np.where(YEARS <= LAST_HISTORY_YEAR, anchor, bottom_up * calibration[:, None])
    ceiling = np.maximum(values["serving_utilisation_ceiling"], values["serving_utilisation"])[:, None]
    served = np.minimum(wanted, available_peak * ceiling)
    scale = np.divide(served, bottom_up, out=np.zeros_like(served), where=bottom_up > 0)
    return ServingDemand(
        operations={w: ops * scale for w, ops in operations_by_workload.items()},
        shortfall=wanted - served,
        bottom_up=bottom_up,
        calibration=calibration,
    )

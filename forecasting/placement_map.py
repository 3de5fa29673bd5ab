"""Who runs where: each workload's share at the edge by year, with ability and preference apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.arithmetic import ratio
from forecasting.bands import BAND_COLUMNS, band_quantiles
from forecasting.edge import WorkloadSplit
from forecasting.evaluation import scenario_model
from forecasting.plan import Plan
from forecasting.scenarios import Tables
from forecasting.years import SECONDS_PER_DAY, YEARS

Array = NDArray[np.float64]
DEFAULT_DRAWS = 1000
MEASURES = {
    "able_share": "share of the devices on which it arises that the core finds able",
    "preference": "share of what arises on able devices that is served there",
    "edge_share": "share served on devices",
    "cloud_share": "share served in data centres",
    "unserved_share": "share served nowhere: no device is able, and no data centre stands in",
    "items_per_day": "requests, frames or windows that arise a day",
}
COLUMNS = [
    "scenario_id", "workload_id", "family", "must_run", "year", "measure", "unit", *BAND_COLUMNS
]  # fmt: skip


def workload_placement(
    tables: Tables,
    scenario_id: str = "central",
    *,
    draws: int = DEFAULT_DRAWS,
    seed: int = 0,
    overrides: Mapping[str, float] | None = None,
    plan: Plan | None = None,
) -> pd.DataFrame:
    """Where each workload of the forecast is served in each year, and why.

    Of what arises on a device that is able, the preferred share is served there; the rest goes to a data
    centre, or nowhere if the workload has none. Rationing for want of stock or power comes after and is not
    in these shares.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    scenario_id : str
    draws, seed, overrides, plan
        As in `projection.projection`.

    Returns
    -------
    DataFrame
        Columns scenario_id, workload_id, family, must_run (``anywhere``, ``edge``, ``cloud``), year, measure
        (one of MEASURES), unit, p5, p25, p50, p75, p95. A workload without a device to run on has an able
        share and a preference of 0; for devices built for one workload the able share is the share of its
        full rate that they reach.

    Raises
    ------
    UnknownName, InvalidValue
        As in `projection.projection`.
    """
    model = scenario_model(tables, scenario_id, overrides=overrides, plan=plan)
    scores = model.scores(draws, seed)
    frames = []
    for workload_id, split in model.splits(scores).items():
        demand = model.plan.demands[workload_id]
        for measure, drawn in _measures(split, demand.elsewhere is not None).items():
            bands = pd.DataFrame(band_quantiles(drawn), columns=BAND_COLUMNS)
            frames.append(
                bands.assign(
                    workload_id=workload_id,
                    family=demand.family,
                    must_run=demand.must_run,
                    year=YEARS,
                    measure=measure,
                    unit="1/day" if measure == "items_per_day" else "share",
                )
            )
    return pd.concat(frames, ignore_index=True).assign(scenario_id=scenario_id)[COLUMNS]


def _measures(split: WorkloadSplit, has_cloud: bool) -> dict[str, Array]:
    at_edge = np.minimum(ratio(split.served, split.arising), 1.0)
    elsewhere = np.where(split.arising > 0, 1 - at_edge, 0.0)
    return {
        "able_share": ratio(split.able, split.units),
        "preference": np.where(split.units > 0, split.chosen, 0.0),
        "edge_share": at_edge,
        "cloud_share": elsewhere if has_cloud else np.zeros_like(elsewhere),
        "unserved_share": np.zeros_like(elsewhere) if has_cloud else elsewhere,
        "items_per_day": split.arising * SECONDS_PER_DAY,
    }

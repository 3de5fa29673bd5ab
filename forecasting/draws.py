"""Raw draws of a scenario: every series, sense and segment, from assumptions and scores."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from forecasting.edge import edge_use
from forecasting.placement import gain_lookup
from forecasting.plan import Plan
from forecasting.series import data_centre_series, edge_series

Array = NDArray[np.float64]
SENSES = ("demand", "available", "capacity")
CHUNK_DRAWS = 500


@dataclass(frozen=True)
class Projection:
    """Raw draws of one scenario.

    Attributes
    ----------
    operations : dict of (series, sense) to dict of segment to (draws, years) array
        OP/s. Demand is the mean over the year; available and capacity stand at its end. Data-centre capacity
        is shown by the segment that uses it.
    power_w : same shape
        Electrical power: demand the mean over the year, the others at full load at its end.
    tokens_per_day : dict of series to dict of segment to (draws, years) array
        Tokens really processed; only series and segments that process tokens.
    units_in_use : dict of segment to (draws, years) array
        Devices in use at the end of each year.
    values : dict of str to (draws,) array
        The drawn assumptions.
    checks : dict of str to array
        Cross-checks: ``stock_h100e`` (draws, years, year ends), ``largest_run_flop``, ``cloud_shortfall``,
        ``cloud_bottom_up``, ``cloud_stock_route`` and ``edge_shortfall`` (draws, years; OP/s),
        ``cloud_h100e_needed`` by the core for the listed workloads, and ``serving_h100e`` beside it.
    """

    scenario_id: str
    operations: dict[tuple[str, str], dict[str, Array]]
    power_w: dict[tuple[str, str], dict[str, Array]]
    tokens_per_day: dict[str, dict[str, Array]]
    units_in_use: dict[str, Array]
    values: Mapping[str, Array]
    checks: dict[str, Array]
    h100_ops_per_s: float


def projected_draws(
    scenario_id: str, plan: Plan, values: Mapping[str, Array], scores: Mapping[str, Array]
) -> Projection:
    """Project the draws a chunk at a time on two threads: their vintages then fit into the cache.

    Parameters
    ----------
    scenario_id : str
    plan : Plan
    values : mapping of str to (draws,) array
        Drawn assumptions.
    scores : mapping of str to (draws,) array
        Standard-normal scores of the plan's drivers and fleets.

    Returns
    -------
    Projection
    """
    draws = len(next(iter(values.values())))
    if draws <= CHUNK_DRAWS:
        return _projected_chunk(scenario_id, plan, values, scores)
    chunks = [slice(start, start + CHUNK_DRAWS) for start in range(0, draws, CHUNK_DRAWS)]

    def projected(chunk: slice) -> Projection:
        drawn, scored = ({name: a[chunk] for name, a in part.items()} for part in (values, scores))
        return _projected_chunk(scenario_id, plan, drawn, scored)

    # BLAS threads below ours would only wait for one another.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(max_workers=2) as pool:
        parts = list(pool.map(projected, chunks))
    return Projection(
        scenario_id=scenario_id,
        operations=_joined([p.operations for p in parts]),
        power_w=_joined([p.power_w for p in parts]),
        tokens_per_day=_joined([p.tokens_per_day for p in parts]),
        units_in_use=_joined([p.units_in_use for p in parts]),
        values=values,
        checks=_joined([p.checks for p in parts]),
        h100_ops_per_s=plan.h100_ops_per_s,
    )


def _joined(parts: list[Any]) -> Any:
    """Concatenate the arrays of equally nested dicts along the draws."""
    first = parts[0]
    if isinstance(first, dict):
        return {key: _joined([part[key] for part in parts]) for key in first}
    return np.concatenate(parts)


def stock_by_segment(
    plan: Plan, values: Mapping[str, Array], scores: Mapping[str, Array]
) -> dict[str, Array]:
    """Units in use of every segment, (draws, stock years, vintages) each."""
    supply = {"smartphone": values["phone_supply_2027"]}
    return {s: fleet.units_in_use(scores, supply.get(s)) for s, fleet in plan.fleets.items()}


def _projected_chunk(
    scenario_id: str, plan: Plan, values: Mapping[str, Array], scores: Mapping[str, Array]
) -> Projection:
    stock = stock_by_segment(plan, values, scores)
    use = edge_use(
        plan.demands,
        plan.hosts,
        stock,
        gain_lookup(values["edge_software_gain"]),
        values,
        scores,
        plan.edge_operations_per_item,
    )
    edge = edge_series(plan, stock, use)
    centre = data_centre_series(plan, use, values)
    return Projection(
        scenario_id=scenario_id,
        operations=centre.operations | edge.operations,
        power_w=centre.power_w | edge.power_w,
        tokens_per_day={"cloud_inference": centre.tokens, "edge_inference": edge.tokens},
        units_in_use={segment: units[:, 1:].sum(axis=2) for segment, units in stock.items()},
        values=values,
        checks=centre.checks | edge.checks,
        h100_ops_per_s=plan.h100_ops_per_s,
    )

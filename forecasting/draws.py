"""Raw draws of a scenario: every series, sense and segment, from assumptions and scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from forecasting.edge import WorkloadSplit, assistant_shares, edge_use, workload_splits
from forecasting.fleet_sums import Ability, FleetSums, dedicated_abilities, fleet_sums
from forecasting.gathered_draws import GatheredDraws
from forecasting.placement import Host, gain_lookup
from forecasting.plan import Plan
from forecasting.progress import tracked
from forecasting.series import data_centre_series, edge_series
from forecasting.supply import shipment_factor

Array = NDArray[np.float64]
Draws = Mapping[str, Array]
Precision = type[Any]
SENSES = ("demand", "available", "capacity")
# Bytes of one year's draws of a chunk: few enough to bound the memory, enough to outweigh the calls.
_CHUNK_BYTES = 10_000
# From so many draws on in single precision, which halves time and memory: it moves a quantile by some
# millionths, chance by a hundredth.
SINGLE_PRECISION_DRAWS = 10_000
_THREADS = 2
_LARGE_BLOCK_BYTES = 31 * 2**20


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
        Cross-checks, (draws, years): ``stock_h100e`` and ``wanted_stock_h100e`` at year ends,
        ``powered_share``, ``largest_run_flop``, ``training_shortfall``, ``cloud_shortfall`` and
        ``edge_shortfall``, ``cloud_bottom_up`` and ``cloud_stock_route`` (OP/s),
        ``assistant_tokens_on_device`` and ``assistant_requests_on_device`` (shares) with
        ``assistant_requests_per_s``,
        ``cloud_metered_tokens`` a day, cached prompts counted; ``cloud_h100e_needed`` by the core for the
        listed workloads, and ``serving_h100e`` beside it.
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
    scenario_id: str,
    plan: Plan,
    values: Draws,
    scores: Draws,
    *,
    chunk_draws: int | None = None,
    precision: Precision = np.float64,
) -> Projection:
    """Project the draws and keep all of it.

    Parameters
    ----------
    scenario_id : str
    plan : Plan
    values : mapping of str to (draws,) array
        Drawn assumptions.
    scores : mapping of str to (draws,) array
        Standard-normal scores of the plan's drivers and fleets.
    chunk_draws, precision
        As in `kept_draws`.

    Returns
    -------
    Projection
    """
    parts = ("operations", "power_w", "tokens_per_day", "units_in_use", "checks")
    kept = kept_draws(
        scenario_id,
        plan,
        values,
        scores,
        lambda drawn: {part: getattr(drawn, part) for part in parts},
        chunk_draws=chunk_draws,
        precision=precision,
    )
    drawn = {name: column.astype(precision, copy=False) for name, column in values.items()}
    return Projection(scenario_id=scenario_id, values=drawn, h100_ops_per_s=plan.h100_ops_per_s, **kept)


def draws_precision(draws: int) -> Precision:
    """Precision for figures that are told by quantiles: single for many draws, double for few."""
    return np.float32 if draws >= SINGLE_PRECISION_DRAWS else np.float64


def kept_draws(
    scenario_id: str,
    plan: Plan,
    values: Draws,
    scores: Draws,
    keep: Callable[[Projection], Any],
    *,
    chunk_draws: int | None = None,
    in_order: bool = True,
    precision: Precision = np.float64,
) -> Any:
    """What `keep` takes out of each chunk's projection, put together for all draws.

    Draws are projected on two threads, in chunks of like gains by software (which makes the sums over
    vintages cheap), and each is put into its own place.

    Parameters
    ----------
    scenario_id, plan, values, scores
        As in `projected_draws`.
    keep : callable
        Projection of a chunk to a dict, nested at will, of arrays whose first axis are the draws.
    chunk_draws : int, optional
        Draws of a chunk at most; it bounds the memory and changes no figure beyond its last bits.
    in_order : bool
        Leave each draw in its place; without, draws come in order of the gain, which is cheaper and all that
        a quantile needs.
    precision : type
        Of all arithmetic on draws: double, or single as `draws_precision` advises.

    Returns
    -------
    dict of the shape that `keep` gives
    """
    _hold_freed_memory()
    draws = len(next(iter(values.values())))
    if draws == 1:
        return keep(_projected_chunk(scenario_id, plan, values, scores))
    gathered = GatheredDraws(draws)
    largest = _CHUNK_BYTES // np.dtype(precision).itemsize
    chunk = min(largest, -(-draws // _THREADS)) if chunk_draws is None else chunk_draws
    order = np.argsort(values["edge_software_gain"], kind="stable")

    def project(start: int) -> None:
        rows = slice(start, start + chunk)
        drawn, scored = ({name: column[rows] for name, column in part.items()} for part in ranked)
        place = order[rows] if in_order else rows
        gathered.put(keep(_projected_chunk(scenario_id, plan, drawn, scored)), place)

    # BLAS threads below ours would only wait for one another.
    with _blas().limit(limits=1, user_api="blas"), ThreadPoolExecutor(max_workers=_THREADS) as pool:

        def in_rank(names: Iterable[str], columns: Draws) -> dict[str, Array]:
            names = list(names)
            return dict(
                zip(names, pool.map(lambda n: columns[n].astype(precision)[order], names), strict=True)
            )

        ranked = in_rank(values, values), in_rank(plan.driver_inputs, scores)
        for done in tracked([pool.submit(project, start) for start in range(0, draws, chunk)], "parts drawn"):
            done.result()
    return gathered.whole


@cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


@cache
def _hold_freed_memory() -> None:
    # Until it has seen a large block come and go, the C library hands freed memory back to the system at
    # once, and each chunk would fetch it page by page again: a third of the time.
    np.empty(_LARGE_BLOCK_BYTES, dtype=np.uint8)


def fleets_and_abilities(
    plan: Plan, values: Draws, scores: Draws
) -> tuple[dict[str, FleetSums], dict[Host, Ability]]:
    """Every segment summed over its vintages, and what each host of a workload is able to."""
    lookup = gain_lookup(values["edge_software_gain"])
    fleets: dict[str, FleetSums] = {}
    dedicated = [host for group in plan.hosts.values() for host in group if host.dedicated]
    abilities = dedicated_abilities(dedicated, lookup)
    for name, segment in plan.segments.items():
        supply = shipment_factor(values, name, segment.fleet.vintages)
        fleets[name], able = fleet_sums(segment, lookup, scores, supply)
        abilities |= able
    return fleets, abilities


def splits_by_workload(plan: Plan, values: Draws, scores: Draws) -> dict[str, WorkloadSplit]:
    """Where each workload is served, before supply is checked."""
    _, abilities = fleets_and_abilities(plan, values, scores)
    return workload_splits(
        plan.demands, plan.hosts, abilities, values, scores, plan.choices, plan.frontier_workloads
    )


def _projected_chunk(scenario_id: str, plan: Plan, values: Draws, scores: Draws) -> Projection:
    fleets, abilities = fleets_and_abilities(plan, values, scores)
    splits = workload_splits(
        plan.demands, plan.hosts, abilities, values, scores, plan.choices, plan.frontier_workloads
    )
    use = edge_use(
        plan.demands, plan.hosts, splits, scores, plan.edge_operations_per_item, plan.token_workloads
    )
    assistants = assistant_shares(plan.demands, splits, plan.token_workloads)
    del abilities, splits
    edge = edge_series(plan, fleets, use)
    centre = data_centre_series(plan, use, values)
    return Projection(
        scenario_id=scenario_id,
        operations=centre.operations | edge.operations,
        power_w=centre.power_w | edge.power_w,
        tokens_per_day={"cloud_inference": centre.tokens, "edge_inference": edge.tokens},
        units_in_use={segment: sums.units for segment, sums in fleets.items()},
        values=values,
        checks=centre.checks | edge.checks | assistants,
        h100_ops_per_s=plan.h100_ops_per_s,
    )

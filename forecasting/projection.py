"""The forecast: all series, senses, segments and draws of a scenario in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from datasets.errors import InvalidValue, UnknownName
from forecasting.accelerators import h100_peak_ops_per_s
from forecasting.assumptions import resolved_assumptions
from forecasting.edge import edge_use
from forecasting.placement import gain_lookup
from forecasting.plan import Plan, prepared_plan
from forecasting.quantiles import quantile_values
from forecasting.quantities import QUANTITIES, quantity_draws
from forecasting.replay import SERIES, published_points
from forecasting.sampling import normal_scores
from forecasting.scenarios import Tables, scenario_lineage
from forecasting.series import data_centre_series, edge_series
from forecasting.years import YEARS

Array = NDArray[np.float64]
SENSES = ("demand", "available", "capacity")
DEFAULT_DRAWS = 2000
CHUNK_DRAWS = 500
BAND_PERCENTS = (5, 25, 50, 75, 95)
COLUMNS = ["scenario_id", "year", "series", "sense", "segment", "quantity", "unit"] + [
    f"p{q}" for q in BAND_PERCENTS
]


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


def projection(
    tables: Tables,
    scenario_id: str = "central",
    *,
    draws: int = DEFAULT_DRAWS,
    seed: int = 0,
    overrides: Mapping[str, float] | None = None,
    plan: Plan | None = None,
) -> Projection:
    """Draw a scenario.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The database's tables.
    scenario_id : str
    draws, seed : int
    overrides : mapping of str to float, optional
        Assumptions fixed by the caller.
    plan : Plan, optional
        A plan prepared from the same tables, to save preparing it again.

    Returns
    -------
    Projection

    Raises
    ------
    UnknownName
        Unknown scenario or assumption.
    InvalidValue
        A value out of bounds, or a replayed scenario, which has no draws.
    """
    assumed = resolved_assumptions(tables, scenario_id, overrides)
    kinds = tables["scenarios"].set_index("scenario_id")["kind"]
    if kinds[scenario_id] == "replay":
        raise InvalidValue(
            f"Scenario '{scenario_id}' replays a published figure and has no draws of its own."
        )
    if plan is None:
        plan = prepared_plan(tables, _fleet_spread(assumed))
    scores = normal_scores([*assumed["assumption_id"], *plan.driver_inputs], draws, seed)
    values = {
        row.assumption_id: quantile_values(
            scores[row.assumption_id], row.low, row.central, row.high, row.distribution
        )
        for row in assumed.itertuples(index=False)
    }
    return _projected_in_chunks(scenario_id, plan, values, scores)


def _projected_in_chunks(
    scenario_id: str, plan: Plan, values: Mapping[str, Array], scores: Mapping[str, Array]
) -> Projection:
    """Project the draws a chunk at a time on two threads: their vintages then fit into the cache."""
    draws = len(next(iter(values.values())))
    chunks = [slice(start, start + CHUNK_DRAWS) for start in range(0, draws, CHUNK_DRAWS)]

    def projected(chunk: slice) -> Projection:
        drawn, scored = ({name: a[chunk] for name, a in part.items()} for part in (values, scores))
        return _projected(scenario_id, plan, drawn, scored)

    if len(chunks) == 1:
        return projected(chunks[0])
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


def _fleet_spread(assumed: pd.DataFrame) -> float:
    return float(assumed.set_index("assumption_id").at["fleet_spread", "central"])


def _projected(
    scenario_id: str, plan: Plan, values: Mapping[str, Array], scores: Mapping[str, Array]
) -> Projection:
    supply = {"smartphone": values["phone_supply_2027"]}
    stock = {s: fleet.units_in_use(scores, supply.get(s)) for s, fleet in plan.fleets.items()}
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


def forecast(
    tables: Tables,
    scenario_ids: Sequence[str] = ("central",),
    *,
    quantity: str = "ops",
    draws: int = DEFAULT_DRAWS,
    seed: int = 0,
    overrides: Mapping[str, float] | None = None,
    plan: Plan | None = None,
) -> pd.DataFrame:
    """Bands of one or several scenarios in one unit.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    scenario_ids : sequence of str
    quantity : str
        See `quantities.QUANTITIES`.
    draws, seed, overrides, plan
        As in `projection`; overrides apply to every scenario.

    Returns
    -------
    DataFrame
        Columns scenario_id, year, series, sense, segment, quantity, unit, p5, p25, p50, p75, p95; segment
        ``all`` is the sum over the segments in each draw. A replayed scenario has the published points alone,
        as demand.

    Raises
    ------
    UnknownName, InvalidValue
        As in `projection`.
    """
    if quantity not in QUANTITIES:
        raise UnknownName("quantity", quantity, QUANTITIES)
    frames = []
    for scenario_id in scenario_ids:
        lineage = scenario_lineage(tables, scenario_id)
        kinds = tables["scenarios"].set_index("scenario_id")["kind"]
        if kinds[lineage[-1]] == "replay":
            frames.append(_replayed(tables, scenario_id, quantity))
            continue
        drawn = projection(tables, scenario_id, draws=draws, seed=seed, overrides=overrides, plan=plan)
        frames.append(bands(drawn, quantity))
    return pd.concat(frames, ignore_index=True)[COLUMNS]


def bands(drawn: Projection, quantity: str) -> pd.DataFrame:
    """Quantiles of every series, sense and segment of a projection; columns as in `forecast`."""
    frames = []
    for series in SERIES:
        for sense in SENSES:
            segments = quantity_draws(drawn, quantity, series, sense)
            if not segments:
                continue
            total = np.sum(list(segments.values()), axis=0)
            for segment, amount in {"all": total, **dict(sorted(segments.items()))}.items():
                quantiles = np.quantile(amount, [q / 100 for q in BAND_PERCENTS], axis=0).T
                frame = pd.DataFrame(quantiles, columns=[f"p{q}" for q in BAND_PERCENTS])
                frames.append(frame.assign(year=YEARS, series=series, sense=sense, segment=segment))
    result = pd.concat(frames, ignore_index=True)
    labelled = result.assign(scenario_id=drawn.scenario_id, quantity=quantity, unit=QUANTITIES[quantity])
    return labelled[COLUMNS]


def _replayed(tables: Tables, scenario_id: str, quantity: str) -> pd.DataFrame:
    if quantity not in ("ops", "h100e"):
        raise InvalidValue(
            f"Scenario '{scenario_id}' replays operations alone: ask for ops or h100e, not {quantity}."
        )
    points = published_points(tables)
    per = h100_peak_ops_per_s(tables) if quantity == "h100e" else 1.0
    points = points.assign(**{f"p{q}": points["ops_per_s"] / per for q in BAND_PERCENTS})
    return points.assign(
        scenario_id=scenario_id, sense="demand", segment="all", quantity=quantity, unit=QUANTITIES[quantity]
    )[COLUMNS]

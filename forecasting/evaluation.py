"""One projection seen as a function of its uncertain inputs: from scores to figures, in chunks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.errors import InvalidValue
from forecasting.assumptions import resolved_assumptions
from forecasting.correlations import Correlations, assumption_correlations
from forecasting.draws import Projection, projected_draws
from forecasting.outputs import output_draws
from forecasting.plan import Plan, prepared_plan
from forecasting.quantiles import quantile_values
from forecasting.scenarios import Tables

Array = NDArray[np.float64]
Scores = Mapping[str, Array]
# Draws evaluated at a time: the arrays of so many stay in a core's cache, which halves the time of a draw.
CHUNK_DRAWS = 256
_THREADS = 2


@dataclass(frozen=True)
class Model:
    """A scenario ready to be evaluated at any scores of its inputs.

    Attributes
    ----------
    scenario_id : str
    assumed : DataFrame
        As `assumptions.resolved_assumptions` gives it.
    plan : Plan
    correlations : Correlations
        Inputs that move together.
    """

    scenario_id: str
    assumed: pd.DataFrame
    plan: Plan
    correlations: Correlations

    @property
    def inputs(self) -> list[str]:
        """Names of all uncertain inputs: assumptions, drivers, fleets."""
        return sorted({*self.assumed["assumption_id"], *self.plan.driver_inputs})

    def values(self, scores: Scores) -> dict[str, Array]:
        """Assumptions at the scores, each (draws,)."""
        return {
            row.assumption_id: quantile_values(
                scores[row.assumption_id], row.low, row.central, row.high, row.distribution
            )
            for row in self.assumed.itertuples(index=False)
        }

    def projection(self, scores: Scores) -> Projection:
        """All series of the scenario at the scores."""
        return projection_at(self.plan, self.values(scores), scores, self.scenario_id)

    def inputs_behind(self, outputs: Sequence[str]) -> frozenset[str]:
        """Inputs that the figures really read; whatever else varies, the figures stay as they are."""
        centre = dict.fromkeys(self.inputs, np.zeros(1))
        scores, values = _Recording(centre), _Recording(self.values(centre))
        drawn = projection_at(self.plan, values, scores, self.scenario_id)
        for output in outputs:
            output_draws(drawn, output)
        return frozenset(scores.read | values.read)


class _Recording(dict[str, Array]):
    """A mapping that remembers which of its keys were read."""

    def __init__(self, entries: Scores):
        super().__init__(entries)
        self.read: set[str] = set()

    def __getitem__(self, key: str) -> Array:
        self.read.add(key)
        return super().__getitem__(key)


def projection_at(plan: Plan, values: Scores, scores: Scores, scenario_id: str) -> Projection:
    """A projection at given values of the assumptions and given scores of drivers and fleets."""
    return projected_draws(scenario_id, plan, values, scores)


def scenario_model(
    tables: Tables,
    scenario_id: str = "central",
    *,
    overrides: Mapping[str, float] | None = None,
    plan: Plan | None = None,
) -> Model:
    """A scenario with its plan and the correlations of its inputs.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    scenario_id : str
    overrides : mapping of str to float, optional
        Assumptions fixed by the caller.
    plan : Plan, optional
        A plan prepared from the same tables.

    Returns
    -------
    Model

    Raises
    ------
    UnknownName
        Unknown scenario or assumption.
    InvalidValue
        A value out of bounds, or a scenario that replays a published figure and has no inputs.
    """
    assumed = resolved_assumptions(tables, scenario_id, overrides)
    kinds = tables["scenarios"].set_index("scenario_id")["kind"]
    if kinds[scenario_id] == "replay":
        raise InvalidValue(
            f"Scenario '{scenario_id}' replays a published figure and has no assumptions to be varied: "
            "choose another."
        )
    if plan is None:
        plan = prepared_plan(tables, _fleet_spread(assumed))
    return Model(scenario_id, assumed, plan, assumption_correlations(tables))


def _fleet_spread(assumed: pd.DataFrame) -> float:
    return float(assumed.set_index("assumption_id").at["fleet_spread", "central"])


def plans_by_scenario(tables: Tables, scenario_ids: Sequence[str]) -> dict[str, Plan]:
    """A plan for each scenario; scenarios that do not change the spread around the core share one."""
    spreads = {name: _fleet_spread(resolved_assumptions(tables, name)) for name in scenario_ids}
    plans = {spread: prepared_plan(tables, spread) for spread in set(spreads.values())}
    return {name: plans[spread] for name, spread in spreads.items()}


def evaluated(
    model: Model,
    scores: Scores,
    outputs: Sequence[str],
    *,
    values: Scores | None = None,
    chunk_draws: int = CHUNK_DRAWS,
) -> dict[str, Array]:
    """Figures of a model at given scores, a chunk of draws at a time on two threads.

    Parameters
    ----------
    model : Model
    scores : mapping of str to (draws,) array
        A score for each of the model's inputs.
    values : mapping of str to (draws,) array, optional
        The assumptions' values, where they are not the model's own at these scores.
    outputs : sequence of str
        Names such as ``twh_2030`` (`outputs.output_draws`).
    chunk_draws : int
        Draws in a chunk; it bounds the memory and changes no figure.

    Returns
    -------
    dict of output to (draws,) array
    """
    draws = len(next(iter(scores.values())))
    bounds = [slice(first, first + chunk_draws) for first in range(0, draws, chunk_draws)]
    assumed = model.values(scores) if values is None else values

    def figures(part: slice) -> list[Array]:
        scores_here, assumed_here = (
            {name: column[part] for name, column in columns.items()} for columns in (scores, assumed)
        )
        drawn = projection_at(model.plan, assumed_here, scores_here, model.scenario_id)
        return [output_draws(drawn, output) for output in outputs]

    with ThreadPoolExecutor(_THREADS) as pool:
        chunks = list(pool.map(figures, bounds))
    return {output: np.concatenate([c[i] for c in chunks]) for i, output in enumerate(outputs)}

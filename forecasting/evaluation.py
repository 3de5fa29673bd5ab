"""One projection seen as a function of its uncertain inputs: from scores to figures, in blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.errors import InvalidValue
from forecasting.assumptions import assumption_values, resolved_assumptions
from forecasting.correlations import Correlations, assumption_correlations, correlated_scores
from forecasting.draws import Projection, draws_precision, kept_draws, projected_draws, splits_by_workload
from forecasting.edge import WorkloadSplit
from forecasting.outputs import output_draws
from forecasting.plan import Plan, prepared_plan
from forecasting.sampling import normal_scores
from forecasting.scenarios import Tables

Array = NDArray[np.float64]
Scores = Mapping[str, Array]


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
        return assumption_values(self.assumed, scores)

    def scores(self, draws: int, seed: int = 0) -> Scores:
        """Correlated standard-normal scores of all inputs, (draws,) each."""
        independent = normal_scores(self.inputs, draws, seed, draws_precision(draws))
        return correlated_scores(independent, self.correlations)

    def kept(self, scores: Scores, keep: Callable[[Projection], Any], *, in_order: bool = True) -> Any:
        """What `keep` takes out of the projections at the scores (`draws.kept_draws`)."""
        values = self.values(scores)
        precision = draws_precision(len(next(iter(values.values()))))
        return kept_draws(
            self.scenario_id, self.plan, values, scores, keep, in_order=in_order, precision=precision
        )

    def projection(self, scores: Scores) -> Projection:
        """All series of the scenario at the scores."""
        values = self.values(scores)
        precision = draws_precision(len(next(iter(values.values()))))
        return projected_draws(self.scenario_id, self.plan, values, scores, precision=precision)

    def splits(self, scores: Scores) -> dict[str, WorkloadSplit]:
        """Where each workload is served at the scores, before supply is checked."""
        return splits_by_workload(self.plan, self.values(scores), scores)

    def inputs_behind(self, outputs: Sequence[str]) -> frozenset[str]:
        """Inputs that the figures really read; whatever else varies, the figures stay as they are."""
        centre = dict.fromkeys(self.inputs, np.zeros(1))
        scores, values = _Recording(centre), _Recording(self.values(centre))
        drawn = projected_draws(self.scenario_id, self.plan, values, scores)
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
            f"Scenario '{scenario_id}' replays a published figure and has no draws of its own: choose "
            "another."
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
    block_draws: int | None = None,
) -> dict[str, Array]:
    """Figures of a model at given scores, a block of draws at a time.

    Parameters
    ----------
    model : Model
    scores : mapping of str to (draws,) array
        A score for each of the model's inputs.
    outputs : sequence of str
        Names such as ``twh_2030`` (`outputs.output_draws`).
    values : mapping of str to (draws,) array, optional
        The assumptions' values, where they are not the model's own at these scores.
    block_draws : int, optional
        Draws projected at a time; it bounds the memory and changes no figure.

    Returns
    -------
    dict of output to (draws,) array
    """
    return kept_draws(
        model.scenario_id,
        model.plan,
        model.values(scores) if values is None else values,
        scores,
        lambda drawn: {output: output_draws(drawn, output) for output in outputs},
        chunk_draws=block_draws,
    )

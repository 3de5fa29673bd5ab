"""Why one scenario differs from another: an exact, order-free split of the difference of a figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import factorial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.assumptions import changed_assumptions
from forecasting.evaluation import Model, evaluated, scenario_model
from forecasting.outputs import output_and_year
from forecasting.plan import Plan
from forecasting.progress import tracked
from forecasting.scenarios import Tables

Array = NDArray[np.float64]
DEFAULT_DRAWS = 1000
MOST_CAUSES = 6
COLUMNS = ["output", "unit", "step", "cause", "name", "effect", "level_before", "level_after", "assumptions"]
# The preparation of a plan hangs on this one assumption; it can be a cause like any other.
_PLAN_INPUT = "fleet_spread"


@dataclass(frozen=True)
class Cause:
    """Assumptions that change together in a split."""

    cause_id: str
    name: str
    assumptions: tuple[str, ...]


def causes(difference: pd.DataFrame, most: int = MOST_CAUSES) -> list[Cause]:
    """The assumptions in which two scenarios differ, one a cause, or by group where there are too many.

    Parameters
    ----------
    difference : DataFrame
        As `assumptions.changed_assumptions` gives it.
    most : int
        Causes at most. Until there are no more, the group with the most members becomes one cause; where even
        the groups are more, the smallest are taken together as ``others``.

    Returns
    -------
    list of Cause
    """
    rows = difference.sort_values("assumption_id")
    names = dict(zip(rows["assumption_id"], rows["name"], strict=True))
    members = {str(group): tuple(part["assumption_id"]) for group, part in rows.groupby("group")}
    ranked = sorted(members, key=lambda group: (-len(members[group]), group))
    sizes = [len(members[group]) for group in ranked]
    whole = next((k for k in range(len(ranked)) if k + sum(sizes[k:]) <= most), len(ranked))
    parts = [(group, members[group]) for group in ranked[:whole]]
    parts += [(name, (name,)) for group in ranked[whole:] for name in members[group]]
    if len(parts) > most:
        others = tuple(name for _, ids in parts[most - 1 :] for name in ids)
        parts = [*parts[: most - 1], ("others", others)]
    return [
        Cause(ids[0], str(names[ids[0]]), ids)
        if len(ids) == 1
        else Cause(cause_id, f"{cause_id.capitalize()} ({len(ids)} assumptions)", ids)
        for cause_id, ids in parts
    ]


def shapley_values(worth: Callable[[frozenset[int]], float], players: int) -> Array:
    """Shapley values of a game: each player's mean contribution over all orders of joining.

    ``phi_i = sum |S|! (n - |S| - 1)! / n! * (v(S + i) - v(S))`` over all sets S without i (Shapley 1953);
    they add up to v(all) - v(none).

    Parameters
    ----------
    worth : function of a frozenset of players to float
        Called once for each of the 2^players sets.
    players : int

    Returns
    -------
    (players,) array
    """
    sets = [frozenset(i for i in range(players) if mask >> i & 1) for mask in range(2**players)]
    worths = [worth(members) for members in tracked(sets, "sets of causes")]
    share = [factorial(k) * factorial(players - k - 1) / factorial(players) for k in range(players)]
    values = np.zeros(players)
    for mask, members in enumerate(sets):
        for i in range(players):
            if i not in members:
                values[i] += share[len(members)] * (worths[mask | 1 << i] - worths[mask])
    return values


def waterfall(
    tables: Tables,
    from_scenario: str,
    to_scenario: str,
    output: str = "twh_2030",
    *,
    draws: int = DEFAULT_DRAWS,
    seed: int = 0,
    overrides_from: Mapping[str, float] | None = None,
    overrides_to: Mapping[str, float] | None = None,
    most_causes: int = MOST_CAUSES,
    plan: Plan | None = None,
) -> pd.DataFrame:
    """Steps from the median of a figure in one scenario to its median in another.

    Every cause's effect is its Shapley value over all orders in which the causes can be changed, with the
    same draws throughout: nothing hangs on an order, and the effects add up to the difference exactly.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    from_scenario, to_scenario : str
    output : str
        Such as ``twh_2030`` (`outputs.output_draws`).
    draws, seed : int
        The model is evaluated at most 2^causes times on so many draws.
    overrides_from, overrides_to : mapping of str to float, optional
        Assumptions that the caller fixes in either scenario.
    most_causes : int
        See `causes`.
    plan : Plan, optional
        A plan prepared for the first scenario, to save preparing it again.

    Returns
    -------
    DataFrame
        Columns output, unit, step (1, 2, ...), cause, name, effect, level_before, level_after, assumptions
        (their ids, joined by ``, ``); causes by falling size of the effect. Empty where the scenarios do not
        differ.

    Raises
    ------
    UnknownName
        Unknown scenario, assumption or output.
    InvalidValue
        A value out of bounds, or a scenario that replays a published figure.
    """
    unit = output_and_year(output)[0].unit
    start = scenario_model(tables, from_scenario, overrides=overrides_from, plan=plan)
    end = _end_model(tables, start, to_scenario, overrides_to)
    found = causes(changed_assumptions(start.assumed, end.assumed), most_causes)
    medians = _Medians(start, end, found, output, draws, seed)
    effects = shapley_values(medians, len(found))
    # What is left of a cause that the figure does not feel is the last bit of a sum.
    effects[np.abs(effects) < 1e-12 * abs(medians(frozenset()))] = 0.0
    return _steps(found, effects, medians(frozenset())).assign(output=output, unit=unit)[COLUMNS]


def _steps(found: Sequence[Cause], effects: Array, start: float) -> pd.DataFrame:
    """A row a cause, the largest effect first, each from the level at which the one before it ends."""
    order = np.argsort(-np.abs(effects), kind="stable")
    after = start + np.cumsum(effects[order])
    return pd.DataFrame(
        {
            "step": np.arange(1, len(order) + 1),
            "cause": [found[i].cause_id for i in order],
            "name": [found[i].name for i in order],
            "effect": effects[order],
            "level_before": after - effects[order],
            "level_after": after,
            "assumptions": [", ".join(found[i].assumptions) for i in order],
        }
    )


def _end_model(
    tables: Tables, start: Model, to_scenario: str, overrides: Mapping[str, float] | None
) -> Model:
    assumed = scenario_model(tables, to_scenario, overrides=overrides, plan=start.plan)
    if _central(start, _PLAN_INPUT) == _central(assumed, _PLAN_INPUT):
        return assumed
    return scenario_model(tables, to_scenario, overrides=overrides)


def _central(model: Model, assumption_id: str) -> float:
    return float(model.assumed.set_index("assumption_id").at[assumption_id, "central"])


class _Medians:
    """Median of a figure with some causes at the end scenario's values and all others at the start's."""

    def __init__(self, start: Model, end: Model, found: Sequence[Cause], output: str, draws: int, seed: int):
        self.start, self.end, self.found, self.output = start, end, found, output
        self.scores = start.scores(draws, seed)
        self.values = start.values(self.scores), end.values(self.scores)
        read = start.inputs_behind([output]) | end.inputs_behind([output]) | {_PLAN_INPUT}
        self.felt = {i for i, cause in enumerate(found) if not read.isdisjoint(cause.assumptions)}
        self.known: dict[frozenset[int], float] = {}

    def __call__(self, changed: frozenset[int]) -> float:
        felt = changed & self.felt
        if felt not in self.known:
            self.known[felt] = self._median({name for i in felt for name in self.found[i].assumptions})
        return self.known[felt]

    def _median(self, changed: set[str]) -> float:
        before, after = self.values
        values = {name: after[name] if name in changed else column for name, column in before.items()}
        model = self.end if _PLAN_INPUT in changed else self.start
        return float(np.median(evaluated(model, self.scores, [self.output], values=values)[self.output]))

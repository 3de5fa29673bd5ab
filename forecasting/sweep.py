"""A figure of the forecast over a grid of one or two assumptions: the numbers behind a two-way heat map."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from datasets.errors import InvalidValue, UnknownName
from forecasting.assumptions import resolved_assumptions
from forecasting.bands import BAND_COLUMNS, band_quantiles
from forecasting.evaluation import evaluated, scenario_model
from forecasting.outputs import output_and_year
from forecasting.plan import Plan
from forecasting.progress import tracked
from forecasting.scenarios import Tables

Array = NDArray[np.float64]
DEFAULT_DRAWS = 500
DEFAULT_STEPS = 7
MOST_POINTS = 2500
# The preparation of a plan hangs on this one assumption.
_PLAN_INPUT = "fleet_spread"
COLUMNS = ["scenario_id", "output", "unit", "assumption_x", "x", "assumption_y", "y", *BAND_COLUMNS]


@dataclass(frozen=True)
class Axis:
    """An assumption and the values at which it is held, one after the other."""

    assumption_id: str
    values: tuple[float, ...]


def assumption_axis(
    tables: Tables,
    assumption_id: str,
    values: ArrayLike | None = None,
    *,
    scenario_id: str = "central",
    steps: int = DEFAULT_STEPS,
) -> Axis:
    """An axis over the values given, or from an assumption's low to its high in a scenario.

    Lognormal assumptions go up by equal factors, others by equal steps. A lever whose low and high are the
    same goes from half of it to double, within its bounds.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    assumption_id : str
    values : array_like, optional
    scenario_id : str
    steps : int
        Number of values where none are given.

    Returns
    -------
    Axis

    Raises
    ------
    UnknownName
        If there is no such assumption or scenario.
    """
    assumed = resolved_assumptions(tables, scenario_id).set_index("assumption_id")
    if assumption_id not in assumed.index:
        raise UnknownName("assumption", assumption_id, assumed.index)
    if values is not None:
        return Axis(assumption_id, tuple(np.atleast_1d(np.asarray(values, dtype=float)).tolist()))
    row = assumed.loc[assumption_id]
    low, high = float(row["low"]), float(row["high"])
    if low == high:
        low, high = max(low / 2, float(row["minimum"])), min(high * 2, float(row["maximum"]))
    spaced = np.geomspace if row["distribution"] == "lognormal" and low > 0 else np.linspace
    return Axis(assumption_id, tuple(np.clip(spaced(low, high, steps), low, high).tolist()))


def sweep(
    tables: Tables,
    axes: Sequence[Axis],
    outputs: Sequence[str],
    scenario_id: str = "central",
    *,
    draws: int = DEFAULT_DRAWS,
    seed: int = 0,
    overrides: Mapping[str, float] | None = None,
    plan: Plan | None = None,
) -> pd.DataFrame:
    """Bands of figures with one assumption, or two, held at each point of a grid.

    All points share the same draws of everything else, so that neighbours differ by the assumptions alone.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    axes : sequence of Axis
        One or two.
    outputs : sequence of str
        Such as ``twh_2030`` (`outputs.output_draws`).
    scenario_id : str
    draws, seed, overrides, plan
        As in `projection.projection`; draws a point.

    Returns
    -------
    DataFrame
        Columns scenario_id, output, unit, assumption_x, x, assumption_y, y, p5, p25, p50, p75, p95; y is
        missing where one assumption is swept. Rows by output, x and y in the order given.

    Raises
    ------
    UnknownName
        Unknown scenario, assumption or figure.
    InvalidValue
        No or more than two assumptions, one twice, too many points, a value out of bounds, or a scenario that
        replays a published figure.
    """
    _refuse_impossible(axes)
    names = [axis.assumption_id for axis in axes]
    given = dict(overrides or {})
    for corner in (min, max):
        resolved_assumptions(tables, scenario_id, given | {a.assumption_id: corner(a.values) for a in axes})
    points = np.array(list(product(*(axis.values for axis in axes))))
    found = _bands_at(tables, scenario_id, names, points, outputs, draws, seed, given, plan)
    second = {"assumption_y": names[1], "y": points[:, 1]} if len(names) > 1 else {}
    empty = {"assumption_y": None, "y": np.nan}
    frames = [
        pd.DataFrame(found[:, i], columns=BAND_COLUMNS).assign(
            scenario_id=scenario_id,
            output=output,
            unit=output_and_year(output)[0].unit,
            assumption_x=names[0],
            x=points[:, 0],
            **(empty | second),
        )
        for i, output in enumerate(outputs)
    ]
    return pd.concat(frames, ignore_index=True)[COLUMNS]


def _refuse_impossible(axes: Sequence[Axis]) -> None:
    names = [axis.assumption_id for axis in axes]
    if len(names) not in (1, 2) or len(set(names)) < len(names):
        raise InvalidValue(f"A sweep varies one assumption or two different ones, not {names or 'none'}.")
    points = math.prod(len(axis.values) for axis in axes)
    if not 1 <= points <= MOST_POINTS:
        raise InvalidValue(f"The grid has {points:,} points: it must have between 1 and {MOST_POINTS:,}.")


def _bands_at(
    tables: Tables,
    scenario_id: str,
    names: Sequence[str],
    points: Array,
    outputs: Sequence[str],
    draws: int,
    seed: int,
    overrides: dict[str, float],
    plan: Plan | None,
) -> Array:
    """Bands (points, outputs, 5); points whose plan is the same share it."""
    spread = points[:, names.index(_PLAN_INPUT)] if _PLAN_INPUT in names else np.zeros(len(points))
    found = np.empty((len(points), len(outputs), len(BAND_COLUMNS)))
    for level in np.unique(spread):
        held = {_PLAN_INPUT: float(level)} if _PLAN_INPUT in names else {}
        model = scenario_model(tables, scenario_id, overrides=overrides | held, plan=None if held else plan)
        scores = model.scores(draws, seed)
        values = model.values(scores)
        for i in tracked(np.flatnonzero(spread == level).tolist(), "points of the grid"):
            at = {name: np.full(draws, value) for name, value in zip(names, points[i], strict=True)}
            figures = evaluated(model, scores, outputs, values=values | at)
            found[i] = [band_quantiles(figures[output]) for output in outputs]
    return found

"""Which inputs a figure hangs on: total-effect Sobol indices with their error, and a tornado."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.errors import InvalidValue
from forecasting.correlations import Correlations, correlated_scores, redrawn_scores
from forecasting.evaluation import Model, Scores, evaluated, scenario_model
from forecasting.outputs import HEADLINES, output_and_year
from forecasting.plan import Plan
from forecasting.progress import tracked
from forecasting.quantiles import Z95
from forecasting.sampling import MAX_DRAWS, normal_scores
from forecasting.scenarios import Tables

Array = NDArray[np.float64]
DEFAULT_SAMPLES = 512
_FRESH = "redrawn."
# Groups evaluated in one go, so that a small sample still fills a block; bounds the memory.
_GROUPS_AT_A_TIME = 16
COLUMNS = [
    "output",
    "assumption_id",
    "total_effect",
    "total_effect_error",
    "at_low",
    "at_high",
    "at_central",
    "unit",
    "kind",
    "inputs",
    "name",
]


@dataclass(frozen=True)
class InputGroup:
    """Inputs that are varied together: one assumption, the drivers of a workload, a fleet's two inputs."""

    group_id: str
    kind: str
    name: str
    inputs: tuple[str, ...]


def input_groups(model: Model) -> list[InputGroup]:
    """Everything that varies in a model, as few enough groups to be ranked.

    Returns
    -------
    list of InputGroup
        Assumptions whose low and high differ, one each (kind ``assumption``); ``driver.WORKLOAD``: all
        drivers recorded under a workload (kind ``drivers``); ``fleet.SEGMENT``: shipments and lifetime
        (kind ``fleet``).
    """
    varied = model.assumed[model.assumed["low"] < model.assumed["high"]]
    groups = [
        InputGroup(str(row.assumption_id), "assumption", str(row.name), (str(row.assumption_id),))
        for row in varied.itertuples(index=False)
    ]
    members: dict[str, list[str]] = {}
    for name in sorted(model.plan.driver_inputs):
        members.setdefault(".".join(name.split(".")[:2]), []).append(name)
    for group_id, names in members.items():
        kind, _, subject = group_id.partition(".")
        told = {"driver": ("drivers", "Drivers of"), "fleet": ("fleet", "Shipments and lifetime of")}[kind]
        groups.append(InputGroup(group_id, told[0], f"{told[1]} {subject}", tuple(names)))
    return groups


def total_effects(at_base: Array, at_redrawn: Array) -> tuple[Array, Array]:
    """Total-effect indices by Jansen's estimator, and their jackknife error.

    ``T_i = E[(f(z) - f(z_i))^2] / (2 Var f)`` with z_i the draw whose input i is drawn anew (Jansen 1999;
    Saltelli et al. 2010, table 2). The error is the standard error of the delete-one jackknife over the base
    draws; a quasi-random base makes the true error smaller, so it errs on the safe side.

    Parameters
    ----------
    at_base : (samples,) array
        Figure at the base draws.
    at_redrawn : (groups, samples) array
        Figure with one group of inputs drawn anew.

    Returns
    -------
    tuple of (groups,) arrays
        Index and standard error; zero where the figure does not vary at all.
    """
    n = len(at_base)
    moved = at_redrawn - at_base
    # What differs in the last bits alone is the same figure, summed in another order.
    moved[np.abs(moved) <= 1e-12 * np.abs(at_base)] = 0.0
    squares = moved**2 / 2
    centred = (at_base - np.mean(at_base)) ** 2
    spread = np.sum(centred)
    if spread <= 0:
        return np.zeros(len(squares)), np.zeros(len(squares))
    effect = np.mean(squares, axis=1) / (spread / (n - 1))
    # Leaving draw j out takes n/(n-1) of its own deviation out of the sum of squares.
    left_out = (np.sum(squares, axis=1, keepdims=True) - squares) / (n - 1)
    left_out /= (spread - centred * n / (n - 1)) / (n - 2)
    error = np.sqrt((n - 1) / n * np.sum((left_out - left_out.mean(axis=1, keepdims=True)) ** 2, axis=1))
    return effect, error


def sensitivity(
    tables: Tables,
    scenario_id: str = "central",
    outputs: Sequence[str] = HEADLINES,
    *,
    samples: int = DEFAULT_SAMPLES,
    seed: int = 0,
    overrides: Mapping[str, float] | None = None,
    plan: Plan | None = None,
    block_draws: int | None = None,
) -> pd.DataFrame:
    """How much of each figure's variance hangs on each input, and the figure at that input's low and high.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    scenario_id : str
    outputs : sequence of str
        Names such as ``twh_2030`` or ``edge_share_2028``.
    samples : int
        Base draws; the model is evaluated (groups + 1) times as often.
    seed, overrides, plan
        As in `projection.projection`.
    block_draws : int, optional
        Draws evaluated at a time; changes no result.

    Returns
    -------
    DataFrame
        Columns output, assumption_id, total_effect, total_effect_error, at_low, at_high, at_central, unit,
        kind, inputs (how many the row stands for), name; sorted by output and falling total effect. Inputs
        that are not varied have no row. In correlated inputs the effect is that of what is left when all
        others are known. ``at_low`` and ``at_high`` take the group's inputs at their 5 and 95 % quantiles and
        all others at their central value.

    Raises
    ------
    UnknownName
        Unknown scenario, assumption or output.
    InvalidValue
        Samples out of range, a value out of bounds, or a replayed scenario.
    """
    if not 16 <= samples <= MAX_DRAWS:
        raise InvalidValue(f"The number of samples is {samples}: it must lie between 16 and {MAX_DRAWS:,}.")
    units = {output: output_and_year(output)[0].unit for output in outputs}
    model = scenario_model(tables, scenario_id, overrides=overrides, plan=plan)
    groups = input_groups(model)
    swings = tornado(model, groups, outputs)
    effects = _sampled_effects(model, groups, outputs, samples, seed, block_draws)
    frames = [
        _ranked(groups, effects[output], swings[output]).assign(output=output, unit=units[output])
        for output in outputs
    ]
    return pd.concat(frames, ignore_index=True)[COLUMNS]


def _ranked(
    groups: Sequence[InputGroup], effects: tuple[Array, Array], swings: tuple[float, Array, Array]
) -> pd.DataFrame:
    """Groups with their effects and swings, the strongest first."""
    frame = pd.DataFrame(
        {
            "assumption_id": [g.group_id for g in groups],
            "total_effect": effects[0],
            "total_effect_error": effects[1],
            "at_central": swings[0],
            "at_low": swings[1],
            "at_high": swings[2],
            "kind": [g.kind for g in groups],
            "inputs": [len(g.inputs) for g in groups],
            "name": [g.name for g in groups],
        }
    )
    return frame.sort_values(["total_effect", "assumption_id"], ascending=[False, True])


def tornado(
    model: Model, groups: Sequence[InputGroup], outputs: Sequence[str]
) -> dict[str, tuple[float, Array, Array]]:
    """Each figure with all inputs at their centre, and with one group at its low and at its high.

    Returns
    -------
    dict of output to (centre, at low, at high)
        The last two (groups,) arrays.
    """
    count = len(groups)
    scores = {name: np.zeros(2 * count + 1) for name in model.inputs}
    for i, group in enumerate(groups):
        for name in group.inputs:
            scores[name][1 + i], scores[name][1 + count + i] = -Z95, Z95
    figures = evaluated(model, scores, outputs)
    return {o: (float(f[0]), f[1 : count + 1], f[count + 1 :]) for o, f in figures.items()}


def _sampled_effects(
    model: Model,
    groups: Sequence[InputGroup],
    outputs: Sequence[str],
    samples: int,
    seed: int,
    block_draws: int | None,
) -> dict[str, tuple[Array, Array]]:
    base, fresh = _two_samples(model.inputs, samples, seed, model.correlations)
    read = model.inputs_behind(outputs)
    felt = [i for i, group in enumerate(groups) if not read.isdisjoint(group.inputs)]
    at_base = evaluated(model, base, outputs, block_draws=block_draws)
    at_redrawn = {output: np.tile(figures, (len(groups), 1)) for output, figures in at_base.items()}
    for first in tracked(range(0, len(felt), _GROUPS_AT_A_TIME), "groups of inputs redrawn"):
        together = felt[first : first + _GROUPS_AT_A_TIME]
        redrawn = [redrawn_scores(base, fresh, groups[i].inputs, model.correlations) for i in together]
        stacked = {name: np.concatenate([scores[name] for scores in redrawn]) for name in model.inputs}
        for output, figures in evaluated(model, stacked, outputs, block_draws=block_draws).items():
            at_redrawn[output][together] = figures.reshape(len(together), samples)
    return {output: total_effects(at_base[output], at_redrawn[output]) for output in outputs}


def _two_samples(
    inputs: Sequence[str], samples: int, seed: int, correlations: Correlations
) -> tuple[Scores, Scores]:
    """Base scores, correlated, and fresh independent ones of the same inputs from the same sequence."""
    drawn = normal_scores([*inputs, *(_FRESH + name for name in inputs)], samples, seed)
    base = correlated_scores({name: drawn[name] for name in inputs}, correlations)
    return base, {name: drawn[_FRESH + name] for name in inputs}

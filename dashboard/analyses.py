"""What takes apart and judges the forecast, computed once: evidence, comparisons, sensitivities, placement.

Shared between sessions like everything in `loaders`: never change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard import loaders, provenance
from dashboard.kept import kept
from dashboard.loaders import SEED
from datasets.database import Snapshot
from devices.claims import claims
from devices.evidence import evidence
from devices.training_layouts import training_layouts
from devices.training_step import Layout
from devices.training_terms import run_terms
from forecasting.assumptions import changed_assumptions
from forecasting.backtest import backtest, record_outlook
from forecasting.breakeven import break_even_map
from forecasting.headlines import largest_runs
from forecasting.largest_runs import largest_runs as largest_run_needs
from forecasting.outputs import output_bands
from forecasting.placement_map import workload_placement
from forecasting.preference_terms import preference_terms
from forecasting.readings import figure_4_probability
from forecasting.reconcile import published_comparison
from forecasting.sensitivity import sensitivity
from forecasting.sweep import DEFAULT_STEPS, assumption_axis, sweep
from forecasting.waterfall import waterfall
from forecasting.years import YEARS

# A split over causes evaluates every set of them.
SPLIT_DRAWS = 500
SWEEP_DRAWS, SWEEP_STEPS = 100, DEFAULT_STEPS
YOURS = "yours"
# What the pages open with.
FIRST_SCENARIOS = (loaders.ROOT_SCENARIO, "edge_first", "cloud_first")
FIRST_DIFFERENCE, FIRST_HANGING, FIRST_SAMPLES = "twh", "edge_share", 256


@dataclass(frozen=True)
class Request:
    """One item of a workload, on a device or in a data centre behind some networks; by identifiers."""

    workload_id: str
    device_id: str
    cloud_device_id: str
    networks: tuple[str, ...]


def _split_draws() -> int:
    return min(loaders.DRAWS, SPLIT_DRAWS)


def sweep_draws() -> int:
    """Draws in each cell of a sweep."""
    return min(loaders.DRAWS, SWEEP_DRAWS)


@kept(1, says="Reading every measurement …")
def measured(current: Snapshot) -> pd.DataFrame:
    """Every measurement beside the prediction of a fit that has not seen its device."""
    return evidence(current.tables)


@kept(1, says="Computing every claim anew …")
def judged_claims(current: Snapshot) -> pd.DataFrame:
    """Every headline figure of the source documents, computed anew, with its verdict."""
    return claims(current.tables)


@kept(4, says="Forecasting from past dates …")
def backtested(current: Snapshot, origins_per_year: int) -> pd.DataFrame:
    """Past forecasts of the record training run, by every method, against what came."""
    return backtest(current.tables, origins_per_year=origins_per_year)


@kept(12, further=lambda: loaders.DRAWS)
def held_against(current: Snapshot, scenario_id: str) -> pd.DataFrame:
    """A scenario's draws against every published figure that has a counterpart in them."""
    return published_comparison(loaders.projected(current, scenario_id, {}), current.tables)


@kept(12, further=lambda: loaders.DRAWS)
def figure_4(current: Snapshot, scenario_id: str) -> pd.DataFrame:
    """How probable a scenario holds the published figure's shares and growth, in each sense."""
    return figure_4_probability(current.tables, loaders.projected(current, scenario_id, {}))


@kept(24, in_turn=False)
def differing_assumptions(
    current: Snapshot,
    scenario_ids: Sequence[str],
    yours: tuple[str, loaders.Overrides] | None = None,
) -> pd.DataFrame:
    """Assumptions in which some scenarios differ from the first: a row each, a column a scenario.

    Columns group, name, unit, assumption_id, and low, central and high of each, e.g. ``central.low``; those
    of a scenario with the user's own values in force bear the name `YOURS`.
    """
    named = {name: loaders.assumptions(current, name, {}) for name in scenario_ids}
    if yours is not None:
        named[YOURS] = loaders.assumptions(current, *yours)
    first, *others = named.values()
    differing = pd.concat([changed_assumptions(first, other)["assumption_id"] for other in others])
    rows = first.loc[
        first["assumption_id"].isin(differing), ["group", "name", "unit", "assumption_id"]
    ].reset_index(drop=True)
    for name, assumed in named.items():
        held = assumed.set_index("assumption_id").loc[rows["assumption_id"]]
        for quantile in ("low", "central", "high"):
            rows[f"{name}.{quantile}"] = held[quantile].to_numpy()
    return rows


@kept(24, says="Splitting the difference over its causes …", further=_split_draws)
def waterfall_steps(current: Snapshot, start: str, end: str, output: str) -> pd.DataFrame:
    """Why a figure differs between two scenarios, cause by cause."""
    plan = loaders.plan_of(current, start)
    return waterfall(current.tables, start, end, output, draws=_split_draws(), seed=SEED, plan=plan)


@kept(24, says="Drawing every input anew, one after the other …", further=lambda: loaders.DRAWS)
def effects(current: Snapshot, scenario_id: str, output: str, samples: int) -> pd.DataFrame:
    """What a figure hangs on: total effects and the figure at each input's low and high."""
    plan = loaders.plan_of(current, scenario_id)
    samples = min(samples, loaders.DRAWS)
    return sensitivity(current.tables, scenario_id, [output], samples=samples, seed=SEED, plan=plan)


@kept(64, further=lambda: loaders.DRAWS)
def figure_bands(
    current: Snapshot, scenario_id: str, figure: str, overrides: loaders.Overrides
) -> pd.DataFrame:
    """Bands of a figure over the years, with the user's own values in force."""
    return output_bands(loaders.projected(current, scenario_id, overrides), figure)


def _sweep() -> tuple[int, int]:
    return sweep_draws(), SWEEP_STEPS


def sweepable(current: Snapshot, frame: pd.DataFrame) -> list[str]:
    """The assumptions in the order of their effects, as `effects` gives them, then all others."""
    known = list(current.tables["assumptions"]["assumption_id"])
    ranked = [name for name in frame["assumption_id"] if name in known]
    return [*ranked, *(name for name in known if name not in ranked)]


@kept(24, says="Holding two assumptions at each point of a grid …", further=_sweep)
def swept(current: Snapshot, scenario_id: str, output: str, across: str, up: str) -> pd.DataFrame:
    """A figure over a grid of two assumptions."""
    axes = [
        assumption_axis(current.tables, name, scenario_id=scenario_id, steps=SWEEP_STEPS)
        for name in (across, up)
    ]
    plan = loaders.plan_of(current, scenario_id)
    return sweep(current.tables, axes, [output], scenario_id, draws=sweep_draws(), seed=SEED, plan=plan)


@kept(12, says="Placing every workload on the devices of each year …", further=_split_draws)
def placed(current: Snapshot, scenario_id: str) -> pd.DataFrame:
    """Where each workload is served in each year, and why."""
    plan = loaders.plan_of(current, scenario_id)
    return workload_placement(current.tables, scenario_id, draws=_split_draws(), seed=SEED, plan=plan)


@kept(12, says="Weighing the places against each other …", further=_split_draws)
def preferred(current: Snapshot, scenario_id: str) -> pd.DataFrame:
    """Why each workload with a choice stays on able devices or goes to the cloud."""
    plan = loaders.plan_of(current, scenario_id)
    return preference_terms(current.tables, scenario_id, draws=_split_draws(), seed=SEED, plan=plan)


@kept(64, says="Running the request here and there …")
def broken_even(
    current: Snapshot, request: Request, distances_km: tuple[float, ...], payload_scales: tuple[float, ...]
) -> pd.DataFrame:
    """One request on a device and in a data centre, over networks, distances and payloads."""
    return break_even_map(
        current.tables,
        request.workload_id,
        request.device_id,
        cloud_device_id=request.cloud_device_id,
        networks=request.networks,
        distances_km=distances_km,
        payload_scales=payload_scales,
    )


@kept(1, in_turn=False)
def source_rows(current: Snapshot) -> pd.DataFrame:
    """Every source with what rests on it."""
    return provenance.source_rows(current.tables)


@kept(64, says="Laying the run out over the devices …")
def run_layouts(
    current: Snapshot,
    model_id: str,
    device_id: str,
    devices: int,
    batch_sequences: int,
    layout: Layout,
    tokens: float,
    precision: str,
) -> pd.DataFrame:
    """Every layout of a training run over a number of devices, planned and ranked."""
    tables = current.tables
    terms = run_terms(tables, tokens)
    return training_layouts(
        tables, model_id, device_id, devices, batch_sequences, layout, terms, precision=precision
    )


@kept(12, further=lambda: loaders.DRAWS)
def run_track(current: Snapshot, scenario_id: str) -> pd.DataFrame:
    """The largest training run of each year in a scenario's draws."""
    return largest_runs(loaders.projected(current, scenario_id, {}))


@kept(12, further=lambda: loaders.DRAWS)
def run_needs(current: Snapshot, scenario_id: str) -> pd.DataFrame:
    """What the largest run of each year takes of machines, memory and network."""
    return largest_run_needs(loaders.projected(current, scenario_id, {}), current.tables)


@kept(1, says="Extending the record of training runs …")
def run_outlook(current: Snapshot) -> pd.DataFrame:
    """The record training run as its own history alone foresees it."""
    return record_outlook(current.tables, YEARS)

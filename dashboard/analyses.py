"""The cache of what takes apart and judges the forecast: evidence, comparisons, sensitivities, placement.

Kept by file and data version like everything in `loaders`, and shared between sessions: never change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard import loaders, provenance
from dashboard.heavy import in_turn
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
from forecasting.placement_map import workload_placement
from forecasting.readings import figure_4_probability
from forecasting.reconcile import published_comparison
from forecasting.sensitivity import sensitivity
from forecasting.sweep import DEFAULT_STEPS, assumption_axis, sweep
from forecasting.waterfall import waterfall
from forecasting.years import YEARS

# A split over causes evaluates every set of them.
SPLIT_DRAWS = 500
SWEEP_DRAWS, SWEEP_STEPS = 100, DEFAULT_STEPS


@dataclass(frozen=True)
class Request:
    """One item of a workload, on a device or in a data centre behind some networks; by identifiers."""

    workload_id: str
    device_id: str
    cloud_device_id: str
    networks: tuple[str, ...]


def measured(current: Snapshot) -> pd.DataFrame:
    """Every measurement beside the prediction of a fit that has not seen its device."""
    return _evidence(current.path, current.version, current)


def judged_claims(current: Snapshot) -> pd.DataFrame:
    """Every headline figure of the source documents, computed anew, with its verdict."""
    return _claims(current.path, current.version, current)


def backtested(current: Snapshot, origins_per_year: int) -> pd.DataFrame:
    """Past forecasts of the record training run, by every method, against what came."""
    return _backtest(current.path, current.version, origins_per_year, current)


def held_against(current: Snapshot, scenario_id: str) -> pd.DataFrame:
    """A scenario's draws against every published figure that has a counterpart in them."""
    return published_comparison(loaders.projected(current, scenario_id, {}), current.tables)


def figure_4(current: Snapshot, scenario_id: str) -> pd.DataFrame:
    """How probable a scenario holds the published figure's shares and growth, in each sense."""
    return figure_4_probability(current.tables, loaders.projected(current, scenario_id, {}))


def differing_assumptions(current: Snapshot, scenario_ids: Sequence[str]) -> pd.DataFrame:
    """Assumptions in which some scenarios differ from the first: a row each, a column a scenario.

    Columns group, name, unit, assumption_id, and low, central and high of each, e.g. ``central.low``.
    """
    first, *others = (loaders.assumptions(current, name, {}) for name in scenario_ids)
    differing = pd.concat([changed_assumptions(first, other)["assumption_id"] for other in others])
    rows = first.loc[
        first["assumption_id"].isin(differing), ["group", "name", "unit", "assumption_id"]
    ].reset_index(drop=True)
    for name, assumed in zip(scenario_ids, (first, *others), strict=True):
        held = assumed.set_index("assumption_id").loc[rows["assumption_id"]]
        for quantile in ("low", "central", "high"):
            rows[f"{name}.{quantile}"] = held[quantile].to_numpy()
    return rows


def waterfall_steps(current: Snapshot, start: str, end: str, output: str) -> pd.DataFrame:
    """Why a figure differs between two scenarios, cause by cause."""
    draws = min(loaders.DRAWS, SPLIT_DRAWS)
    return _waterfall(current.path, current.version, start, end, output, draws, current)


def effects(current: Snapshot, scenario_id: str, output: str, samples: int) -> pd.DataFrame:
    """What a figure hangs on: total effects and the figure at each input's low and high."""
    return _effects(current.path, current.version, scenario_id, output, min(samples, loaders.DRAWS), current)


def swept(current: Snapshot, scenario_id: str, output: str, across: str, up: str) -> pd.DataFrame:
    """A figure over a grid of two assumptions."""
    return _swept(current.path, current.version, scenario_id, output, across, up, sweep_draws(), current)


def sweep_draws() -> int:
    """Draws in each cell of a sweep."""
    return min(loaders.DRAWS, SWEEP_DRAWS)


def placed(current: Snapshot, scenario_id: str) -> pd.DataFrame:
    """Where each workload is served in each year, and why."""
    return _placed(current.path, current.version, scenario_id, min(loaders.DRAWS, SPLIT_DRAWS), current)


def broken_even(
    current: Snapshot, request: Request, distances_km: tuple[float, ...], payload_scales: tuple[float, ...]
) -> pd.DataFrame:
    """One request on a device and in a data centre, over networks, distances and payloads."""
    return _broken_even(current.path, current.version, request, distances_km, payload_scales, current)


def source_rows(current: Snapshot) -> pd.DataFrame:
    """Every source with what rests on it."""
    return _source_rows(current.path, current.version, current)


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
    run = model_id, device_id, devices, batch_sequences, layout, tokens, precision
    return _run_layouts(current.path, current.version, *run, current)


def run_track(current: Snapshot, scenario_id: str) -> pd.DataFrame:
    """The largest training run of each year in a scenario's draws."""
    return largest_runs(loaders.projected(current, scenario_id, {}))


def run_outlook(current: Snapshot) -> pd.DataFrame:
    """The record training run as its own history alone foresees it."""
    return _run_outlook(current.path, current.version, current)


@in_turn
@st.cache_resource(max_entries=2, show_spinner="Reading every measurement …")
def _evidence(path: Path, version: str, _current: Snapshot) -> pd.DataFrame:
    return evidence(_current.tables)


@st.cache_resource(max_entries=2, show_spinner=False)
def _source_rows(path: Path, version: str, _current: Snapshot) -> pd.DataFrame:
    return provenance.source_rows(_current.tables)


@in_turn
@st.cache_resource(max_entries=2, show_spinner="Computing every claim anew …")
def _claims(path: Path, version: str, _current: Snapshot) -> pd.DataFrame:
    return claims(_current.tables)


@in_turn
@st.cache_resource(max_entries=4, show_spinner="Forecasting from past dates …")
def _backtest(path: Path, version: str, origins_per_year: int, _current: Snapshot) -> pd.DataFrame:
    return backtest(_current.tables, origins_per_year=origins_per_year)


@in_turn
@st.cache_resource(max_entries=24, show_spinner="Splitting the difference over its causes …")
def _waterfall(
    path: Path, version: str, start: str, end: str, output: str, draws: int, _current: Snapshot
) -> pd.DataFrame:
    plan = loaders.plan_of(_current, start)
    return waterfall(_current.tables, start, end, output, draws=draws, seed=SEED, plan=plan)


@in_turn
@st.cache_resource(max_entries=24, show_spinner="Drawing every input anew, one after the other …")
def _effects(
    path: Path, version: str, scenario_id: str, output: str, samples: int, _current: Snapshot
) -> pd.DataFrame:
    plan = loaders.plan_of(_current, scenario_id)
    return sensitivity(_current.tables, scenario_id, [output], samples=samples, seed=SEED, plan=plan)


@in_turn
@st.cache_resource(max_entries=24, show_spinner="Holding two assumptions at each point of a grid …")
def _swept(
    path: Path,
    version: str,
    scenario_id: str,
    output: str,
    across: str,
    up: str,
    draws: int,
    _current: Snapshot,
) -> pd.DataFrame:
    axes = [
        assumption_axis(_current.tables, name, scenario_id=scenario_id, steps=SWEEP_STEPS)
        for name in (across, up)
    ]
    plan = loaders.plan_of(_current, scenario_id)
    return sweep(_current.tables, axes, [output], scenario_id, draws=draws, seed=SEED, plan=plan)


@in_turn
@st.cache_resource(max_entries=12, show_spinner="Placing every workload on the devices of each year …")
def _placed(path: Path, version: str, scenario_id: str, draws: int, _current: Snapshot) -> pd.DataFrame:
    plan = loaders.plan_of(_current, scenario_id)
    return workload_placement(_current.tables, scenario_id, draws=draws, seed=SEED, plan=plan)


@in_turn
@st.cache_resource(max_entries=64, show_spinner="Running the request here and there …")
def _broken_even(
    path: Path,
    version: str,
    request: Request,
    distances_km: tuple[float, ...],
    payload_scales: tuple[float, ...],
    _current: Snapshot,
) -> pd.DataFrame:
    return break_even_map(
        _current.tables,
        request.workload_id,
        request.device_id,
        cloud_device_id=request.cloud_device_id,
        networks=request.networks,
        distances_km=distances_km,
        payload_scales=payload_scales,
    )


@in_turn
@st.cache_resource(max_entries=64, show_spinner="Laying the run out over the devices …")
def _run_layouts(
    path: Path,
    version: str,
    model_id: str,
    device_id: str,
    devices: int,
    batch_sequences: int,
    layout: Layout,
    tokens: float,
    precision: str,
    _current: Snapshot,
) -> pd.DataFrame:
    tables = _current.tables
    terms = run_terms(tables, tokens)
    return training_layouts(
        tables, model_id, device_id, devices, batch_sequences, layout, terms, precision=precision
    )


@in_turn
@st.cache_resource(max_entries=2, show_spinner="Extending the record of training runs …")
def _run_outlook(path: Path, version: str, _current: Snapshot) -> pd.DataFrame:
    return record_outlook(_current.tables, YEARS)

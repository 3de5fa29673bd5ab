"""The app's one cache: tables, forecasts and budgets, kept by what they depend on.

Everything is keyed by the file and its data version, so a row that any process commits is seen at the next
interaction. What is returned is shared between sessions: read it, never change it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import gate
from dashboard.heavy import in_turn
from dashboard.overlays import published_for, replayed_points
from datasets import database
from datasets.database import Snapshot
from devices.budgets import budgets
from devices.curves import LEVELS, roofline_curves
from forecasting.assumptions import resolved_assumptions
from forecasting.headlines import series_growth, series_shares
from forecasting.importance import rank_importance
from forecasting.plan import Plan, prepared_plan
from forecasting.projection import DEFAULT_DRAWS, Projection, bands, forecast, projection
from forecasting.scenarios import scenario_table

DRAWS = DEFAULT_DRAWS
SEED = 0
ROOT_SCENARIO = "central"
REPLAYED_QUANTITIES = ("ops", "h100e")
Overrides = tuple[tuple[str, float], ...]
Options = tuple[tuple[str, Any], ...]


def editing_allowed() -> bool:
    """Whether this session may change any table: not in a read-only app, nor as viewer or analyst."""
    return gate.may_save()


def snapshot() -> Snapshot:
    """All tables as they stand in the file now; made on the first start."""
    path = _database_path(str(database.default_path()))
    return _snapshot(str(path), database.data_version(path))


def first_devices(current: Snapshot, names: tuple[str, ...]) -> list[str]:
    """The devices that a page opens with: the user's own newest one, then those named."""
    devices = current.tables["devices"]
    own = devices.loc[devices["origin"] == "user", "device_id"]
    known = set(devices["device_id"])
    return [*own.tail(1), *(name for name in names if name in known)]


def scenarios(current: Snapshot) -> pd.DataFrame:
    """The scenarios in the order in which a user sees them."""
    return _scenarios(current.path, current.version, current)


def assumptions(current: Snapshot, scenario_id: str, overrides: Mapping[str, float]) -> pd.DataFrame:
    """The assumptions of a scenario with the user's own values in force."""
    return _assumptions(current.path, current.version, scenario_id, frozen(overrides), current)


def is_replay(current: Snapshot, scenario_id: str) -> bool:
    """Whether the scenario replays a published figure and has no draws of its own."""
    return bool(scenarios(current).set_index("scenario_id").at[scenario_id, "kind"] == "replay")


def parent_scenario(current: Snapshot, scenario_id: str) -> str:
    """The scenario that another is built on; itself where it is built on none."""
    parent = scenarios(current).set_index("scenario_id").at[scenario_id, "parent_id"]
    return str(parent) if pd.notna(parent) else scenario_id


def forecast_bands(
    current: Snapshot, scenario_id: str, quantity: str, overrides: Mapping[str, float]
) -> pd.DataFrame:
    """The forecast's frame, the same that the command line prints."""
    return _bands(current.path, current.version, scenario_id, quantity, frozen(overrides), DRAWS, current)


def chart_bands(
    current: Snapshot, scenario_id: str, quantity: str, overrides: Mapping[str, float], sense: str
) -> pd.DataFrame:
    """The totals of each series in one sense: the rows of `forecast_bands` that a chart draws, sooner."""
    chosen = current.path, current.version, scenario_id, quantity, sense, frozen(overrides), DRAWS
    return _totals(*chosen, current)


def importance(current: Snapshot, scenario_id: str) -> pd.DataFrame:
    """The scenario's assumptions by what hangs on them, nothing of the user's own in force."""
    return _importance(current.path, current.version, scenario_id, DRAWS, current)


def shares(current: Snapshot, scenario_id: str, overrides: Mapping[str, float], sense: str) -> pd.DataFrame:
    """Share of each series in the operations of each year, in one sense, from the draws."""
    return _shares(current.path, current.version, scenario_id, frozen(overrides), sense, DRAWS, current)


def growth(
    current: Snapshot, scenario_id: str, overrides: Mapping[str, float], quantity: str, sense: str
) -> pd.DataFrame:
    """Yearly growth of each series over the projection, from the draws."""
    chosen = current.path, current.version, scenario_id, frozen(overrides), quantity, sense, DRAWS
    return _growth(*chosen, current)


def budget_rows(
    current: Snapshot, device_ids: list[str], workload_ids: list[str], options: Mapping[str, Any]
) -> pd.DataFrame:
    """The chosen devices against the chosen workloads, the same frame that the command line prints."""
    chosen = tuple(device_ids), tuple(workload_ids)
    return _budgets(current.path, current.version, *chosen, frozen(options), current)


def published(current: Snapshot, quantity: str, sense: str) -> pd.DataFrame:
    """What others published in this quantity and sense, replayed figures among it."""
    rows = [published_for(current.tables, quantity, sense)]
    if sense == "demand" and quantity in REPLAYED_QUANTITIES:
        table = scenarios(current)
        for replay in table[table["kind"] == "replay"].itertuples():
            points = forecast_bands(current, replay.scenario_id, quantity, {})
            rows.append(replayed_points(points, str(replay.name)))
    return pd.concat(rows, ignore_index=True)


def roofs(
    current: Snapshot, device_ids: list[str], precisions: list[str | None], intensities: tuple[float, float]
) -> pd.DataFrame:
    """The rooflines of some devices, each at its arithmetic, between two arithmetic intensities."""
    lowest, highest = intensities
    return roofline_curves(
        current.tables,
        device_ids,
        precisions,
        lowest_intensity=lowest,
        highest_intensity=highest,
        levels=LEVELS,
    )


def names(current: Snapshot, table: str) -> dict[str, str]:
    """Names by identifier of a table whose first column identifies its rows: devices, models, workloads."""
    rows = current.tables[table]
    return {str(key): str(name) for key, name in zip(rows.iloc[:, 0], rows["name"], strict=True)}


def drawn_scenarios(current: Snapshot) -> pd.DataFrame:
    """The scenarios that have draws of their own."""
    table = scenarios(current)
    return table[table["kind"] != "replay"]


def frozen(values: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """The values as part of a cache's key."""
    return tuple(sorted((name, value) for name, value in values.items() if value is not None))


@st.cache_resource(max_entries=8, show_spinner="Making the database, once …")
def _database_path(path: str) -> Path:
    return database.ensure(path)


@st.cache_resource(max_entries=3, show_spinner="Reading the database …")
def _snapshot(path: str, version: str) -> Snapshot:
    return database.load(path)


@in_turn
@st.cache_resource(max_entries=4, show_spinner="Working out which device can run what …")
def _plan(path: Path, version: str, fleet_spread: float, _current: Snapshot) -> Plan:
    return prepared_plan(_current.tables, fleet_spread)


def plan_of(current: Snapshot, scenario_id: str, overrides: Overrides = ()) -> Plan:
    """What of a scenario's forecast the draws do not touch."""
    assumed = resolved_assumptions(current.tables, scenario_id, dict(overrides))
    spread = float(assumed.set_index("assumption_id").at["fleet_spread", "central"])
    return _plan(current.path, current.version, spread, current)


def projected(current: Snapshot, scenario_id: str, overrides: Mapping[str, float]) -> Projection:
    """The draws of a scenario with the user's own values in force."""
    return _draws(current.path, current.version, scenario_id, frozen(overrides), DRAWS, current)


@st.cache_resource(max_entries=3, show_spinner=False)
def _scenarios(path: Path, version: str, _current: Snapshot) -> pd.DataFrame:
    return scenario_table(_current.tables)


@st.cache_resource(max_entries=64, show_spinner=False)
def _assumptions(
    path: Path, version: str, scenario_id: str, overrides: Overrides, _current: Snapshot
) -> pd.DataFrame:
    return resolved_assumptions(_current.tables, scenario_id, dict(overrides))


@st.cache_resource(max_entries=64, show_spinner=False)
def _shares(
    path: Path,
    version: str,
    scenario_id: str,
    overrides: Overrides,
    sense: str,
    draws: int,
    _current: Snapshot,
) -> pd.DataFrame:
    return series_shares(_draws(path, version, scenario_id, overrides, draws, _current), sense)


@st.cache_resource(max_entries=64, show_spinner=False)
def _growth(
    path: Path,
    version: str,
    scenario_id: str,
    overrides: Overrides,
    quantity: str,
    sense: str,
    draws: int,
    _current: Snapshot,
) -> pd.DataFrame:
    return series_growth(_draws(path, version, scenario_id, overrides, draws, _current), quantity, sense)


@in_turn
@st.cache_resource(max_entries=12, show_spinner=f"Drawing {DRAWS:,} futures …")
def _draws(
    path: Path, version: str, scenario_id: str, overrides: Overrides, draws: int, _current: Snapshot
) -> Projection:
    plan = plan_of(_current, scenario_id, overrides)
    return projection(
        _current.tables, scenario_id, draws=draws, seed=SEED, overrides=dict(overrides), plan=plan
    )


@in_turn
@st.cache_resource(max_entries=64, show_spinner=False)
def _bands(
    path: Path,
    version: str,
    scenario_id: str,
    quantity: str,
    overrides: Overrides,
    draws: int,
    _current: Snapshot,
) -> pd.DataFrame:
    if is_replay(_current, scenario_id):
        return forecast(_current.tables, [scenario_id], quantity=quantity, draws=draws, seed=SEED)
    return bands(_draws(path, version, scenario_id, overrides, draws, _current), quantity)


@in_turn
@st.cache_resource(max_entries=128, show_spinner=False)
def _totals(
    path: Path,
    version: str,
    scenario_id: str,
    quantity: str,
    sense: str,
    overrides: Overrides,
    draws: int,
    _current: Snapshot,
) -> pd.DataFrame:
    if is_replay(_current, scenario_id):
        rows = _bands(path, version, scenario_id, quantity, overrides, draws, _current)
        return rows[(rows["sense"] == sense) & (rows["segment"] == "all")]
    drawn = _draws(path, version, scenario_id, overrides, draws, _current)
    return bands(drawn, quantity, senses=[sense], segments=False)


@in_turn
@st.cache_resource(max_entries=24, show_spinner=False)
def _importance(path: Path, version: str, scenario_id: str, draws: int, _current: Snapshot) -> pd.DataFrame:
    return rank_importance(_draws(path, version, scenario_id, (), draws, _current))


@in_turn
@st.cache_resource(max_entries=24, show_spinner="Running every workload on every device …")
def _budgets(
    path: Path,
    version: str,
    device_ids: tuple[str, ...],
    workload_ids: tuple[str, ...],
    options: Options,
    _current: Snapshot,
) -> pd.DataFrame:
    chosen = list(device_ids) or None, list(workload_ids) or None
    return budgets(_current.tables, *chosen, **dict(options))

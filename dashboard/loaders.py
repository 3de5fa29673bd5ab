"""What the pages read: tables, forecasts and budgets, computed once for the same rows.

A row that any process commits is seen at the next interaction. What is returned is shared between sessions:
read it, never change it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import gate
from dashboard.kept import kept
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
# The devices of the map of budgets, before anyone chooses others.
FIRST_BUDGETS = (
    "apple_a18_pro",
    "sd_8elite",
    "sd_x_elite",
    "apple_m4_max",
    "jetson_orin_nano_super",
    "jetson_t5000",
    "tesla_hw3",
    "tesla_hw4",
    "rtx_4090",
    "dgx_spark",
    "h100_sxm",
    "b200",
)
Overrides = Mapping[str, float]


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


def _draws() -> int:
    return DRAWS


@kept(1, in_turn=False)
def scenarios(current: Snapshot) -> pd.DataFrame:
    """The scenarios in the order in which a user sees them."""
    return scenario_table(current.tables)


@kept(64, in_turn=False)
def assumptions(current: Snapshot, scenario_id: str, overrides: Overrides) -> pd.DataFrame:
    """The assumptions of a scenario with the user's own values in force."""
    return resolved_assumptions(current.tables, scenario_id, overrides)


@kept(1, in_turn=False)
def _kinds(current: Snapshot) -> dict[str, str]:
    table = scenarios(current)
    return dict(zip(table["scenario_id"], table["kind"], strict=True))


def is_replay(current: Snapshot, scenario_id: str) -> bool:
    """Whether the scenario replays a published figure and has no draws of its own."""
    return _kinds(current)[scenario_id] == "replay"


def parent_scenario(current: Snapshot, scenario_id: str) -> str:
    """The scenario that another is built on; itself where it is built on none."""
    parent = scenarios(current).set_index("scenario_id").at[scenario_id, "parent_id"]
    return str(parent) if pd.notna(parent) else scenario_id


@kept(4, says="Working out which device can run what …")
def _plan(current: Snapshot, fleet_spread: float) -> Plan:
    return prepared_plan(current.tables, fleet_spread)


def plan_of(current: Snapshot, scenario_id: str, overrides: Overrides | None = None) -> Plan:
    """What of a scenario's forecast the draws do not touch."""
    assumed = assumptions(current, scenario_id, overrides or {})
    return _plan(current, float(assumed.set_index("assumption_id").at["fleet_spread", "central"]))


@kept(12, says=f"Drawing {DRAWS:,} futures …", further=_draws)
def projected(current: Snapshot, scenario_id: str, overrides: Overrides) -> Projection:
    """The draws of a scenario with the user's own values in force."""
    plan = plan_of(current, scenario_id, overrides)
    return projection(
        current.tables, scenario_id, draws=DRAWS, seed=SEED, overrides=dict(overrides), plan=plan
    )


@kept(64, further=_draws)
def forecast_bands(current: Snapshot, scenario_id: str, quantity: str, overrides: Overrides) -> pd.DataFrame:
    """The forecast's frame, the same that the command line prints."""
    if is_replay(current, scenario_id):
        return forecast(current.tables, [scenario_id], quantity=quantity, draws=DRAWS, seed=SEED)
    return bands(projected(current, scenario_id, overrides), quantity)


@kept(128, further=_draws)
def chart_bands(
    current: Snapshot, scenario_id: str, quantity: str, overrides: Overrides, sense: str
) -> pd.DataFrame:
    """The totals of each series in one sense: the rows of `forecast_bands` that a chart draws, sooner."""
    if is_replay(current, scenario_id):
        rows = forecast_bands(current, scenario_id, quantity, overrides)
        return rows[(rows["sense"] == sense) & (rows["segment"] == "all")]
    return bands(projected(current, scenario_id, overrides), quantity, senses=[sense], segments=False)


@kept(24, further=_draws)
def importance(current: Snapshot, scenario_id: str) -> pd.DataFrame:
    """The scenario's assumptions by what hangs on them, nothing of the user's own in force."""
    return rank_importance(projected(current, scenario_id, {}))


@kept(64, further=_draws)
def shares(current: Snapshot, scenario_id: str, overrides: Overrides, sense: str) -> pd.DataFrame:
    """Share of each series in the operations of each year, in one sense, from the draws."""
    return series_shares(projected(current, scenario_id, overrides), sense)


@kept(64, further=_draws)
def growth(
    current: Snapshot, scenario_id: str, overrides: Overrides, quantity: str, sense: str
) -> pd.DataFrame:
    """Yearly growth of each series over the projection, from the draws."""
    return series_growth(projected(current, scenario_id, overrides), quantity, sense)


@kept(24, says="Running every workload on every device …")
def budget_rows(
    current: Snapshot, device_ids: Sequence[str], workload_ids: Sequence[str], options: Mapping[str, Any]
) -> pd.DataFrame:
    """The chosen devices against the chosen workloads, the same frame that the command line prints."""
    return budgets(current.tables, list(device_ids) or None, list(workload_ids) or None, **dict(options))


def published(current: Snapshot, quantity: str, sense: str) -> pd.DataFrame:
    """What others published in this quantity and sense, replayed figures among it."""
    rows = [published_for(current.tables, quantity, sense)]
    if sense == "demand" and quantity in REPLAYED_QUANTITIES:
        table = scenarios(current)
        for replay in table[table["kind"] == "replay"].itertuples():
            points = forecast_bands(current, replay.scenario_id, quantity, {})
            rows.append(replayed_points(points, str(replay.name)))
    return pd.concat(rows, ignore_index=True)


@kept(24, in_turn=False)
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


@st.cache_resource(max_entries=8, show_spinner="Making the database, once …")
def _database_path(path: str) -> Path:
    return database.ensure(path)


@st.cache_resource(max_entries=3, show_spinner="Reading the database …")
def _snapshot(path: str, version: str) -> Snapshot:
    return database.load(path)

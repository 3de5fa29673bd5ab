"""Placement: who runs where by workload and year, why, and where one request breaks even."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import (
    address,
    analyses,
    break_even_explorer,
    controls,
    figures,
    guard,
    labels,
    loaders,
    preference_view,
    scenario_choice,
    specs,
    tables,
)
from dashboard.charts import placement_map
from dashboard.charts.placement_map import MEASURES
from datasets.database import Snapshot
from forecasting.years import LAST_HISTORY_YEAR, LAST_YEAR

PAGE = "placement"
_CLICKED = "placement.clicked"
_HELPS = {
    "edge_share": "Of all that arises, what is served on a device.",
    "able_share": "Of the devices on which it arises, those that the roofline core finds able: fast "
    "enough, with "
    "enough memory and power.",
    "preference": "Of what arises on an able device, what is served there: cost, latency, privacy and "
    "quality decide.",
    "cloud_share": "Of all that arises, what is served in a data centre.",
    "unserved_share": "No device is able and no data centre stands in.",
}
_MOSTLY = {
    "edge_share": "run mostly on devices",
    "able_share": "find most of their devices able",
    "preference": "stay mostly on the device where it is able",
    "cloud_share": "run mostly in data centres",
    "unserved_share": "go mostly unserved",
}
_TABLE = {
    "workload": "Workload",
    "family": "Family",
    "must_run": "Must run",
    "items_per_day": "Items a day",
    "edge_share": "On devices, %",
    "edge_share_low": "5 % quantile, %",
    "edge_share_high": "95 % quantile, %",
    "able_share": "Devices able, %",
    "preference": "Preference, %",
    "cloud_share": "In data centres, %",
    "unserved_share": "Nowhere, %",
}


def fields(current: Snapshot) -> list[address.Field]:
    """The page's state: the map, the workload taken apart, and the explorer of one request."""
    return [
        scenario_choice.field(current),
        address.option("measure", list(MEASURES), "edge_share"),
        address.option("shown", list(current.tables["workload_demand"]["workload_id"]), "chat_phone"),
        *break_even_explorer.fields(current),
    ]


def placement_page() -> None:
    """Draw the page."""
    current = loaders.snapshot()
    state = fields(current)
    controls.notes(address.restored(PAGE, state))
    st.header("Who runs where?", anchor=False)
    scenario_id, scenario, measure = _choices(current)
    placed = analyses.placed(current, scenario_id)
    names = current.tables["workloads"].set_index("workload_id")["name"]
    placed = placed.assign(workload=placed["workload_id"].map(names))
    _map(placed, scenario, measure)
    _apart(current, placed, scenario_id, scenario)
    controls.details(
        f"Every workload in {LAST_YEAR}", partial(_table, placed), "placement.table", ":material/table:"
    )
    draws = str(min(loaders.DRAWS, analyses.SPLIT_DRAWS))
    controls.command_lines("placement", ["placement", "--scenario", scenario_id, "--draws", draws])
    break_even_explorer.shown(PAGE, current)
    address.keep(PAGE, state)


def _choices(current: Snapshot) -> tuple[str, str, str]:
    row = st.container(horizontal=True, vertical_alignment="bottom")
    scenario_id, scenario = scenario_choice.picked(PAGE, row, current)
    helps = "\n\n".join(f"**{MEASURES[name]}**: {text}" for name, text in _HELPS.items())
    measure = controls.picked(
        row, "Colour", address.key(PAGE, "measure"), list(MEASURES), MEASURES, help_=helps, width=280
    )
    return scenario_id, scenario, measure


def _map(placed: pd.DataFrame, scenario: str, measure: str) -> None:
    rows = specs.made(placement_map.cell_rows, placed, measure)
    last = rows[rows["year"] == LAST_YEAR]
    most = int((last["p50"] > 0.5).sum())
    first = int((rows.loc[rows["year"] == LAST_HISTORY_YEAR, "p50"] > 0.5).sum())
    title = (
        f"{scenario}: {most} of {labels.counted(len(last), 'workload')} {_MOSTLY[measure]} in {LAST_YEAR}, "
        f"{first} in {LAST_HISTORY_YEAR}"
    )
    event = figures.figure(
        partial(
            placement_map.placement_chart,
            rows,
            measure,
            title=title,
            subtitle="Median of the draws, %. Click a row to take its share apart below",
        ),
        rows=rows,
        name="placement",
        alt=f"{title}. Heat map of workloads and years. "
        + "; ".join(f"{row.workload}: {row.median}" for row in last.itertuples())
        + ".",
        source="Edgewise: the roofline core over the devices of each fleet and year; preference from "
        "`assumptions`.",
        selection=placement_map.SELECTION,
    )
    _take_click(event)


def _take_click(event: Any) -> None:
    clicked = event.get("selection", {}).get(placement_map.SELECTION, [])
    if clicked and clicked != st.session_state.get(_CLICKED):
        st.session_state[_CLICKED] = clicked
        st.session_state[address.key(PAGE, "shown")] = clicked[0]["workload_id"]


def _apart(current: Snapshot, placed: pd.DataFrame, scenario_id: str, scenario: str) -> None:
    st.subheader("One workload taken apart", anchor=False)
    titles = placed.drop_duplicates("workload_id").set_index("workload_id")["workload"].astype(str).to_dict()
    workload_id = controls.picked(
        st.container(), "Workload", address.key(PAGE, "shown"), list(titles), titles, width=340
    )
    rows = placed[placed["workload_id"] == workload_id]
    last = rows[rows["year"] == LAST_YEAR].set_index("measure")["p50"]
    title = (
        f"{titles[workload_id]}: {labels.percent(last['edge_share'])} on devices in {LAST_YEAR}. "
        f"{labels.percent(last['able_share'])} of the devices are able, and "
        f"{labels.percent(last['preference'])} of what arises on those is served there"
    )
    drawn = specs.made(placement_map.share_rows, rows)
    figures.figure(
        partial(
            placement_map.share_chart,
            drawn,
            title=title,
            subtitle=f"{scenario}: medians and nine tenths of the draws; dashed: projection",
            last_history_year=LAST_HISTORY_YEAR,
        ),
        rows=rows,
        name="placement_apart",
        alt=f"{title}. Lines with bands over the years.",
        source="Edgewise: ability from the roofline core, preference from `assumptions`.",
    )
    pinned = {
        "edge": "It is pinned to the edge: whatever is able serves it.",
        "cloud": "It is pinned to the cloud.",
    }.get(str(rows["must_run"].iloc[0]))
    if pinned:
        st.caption(pinned)
    preference_view.shown(current, scenario_id, workload_id)


def _table(placed: pd.DataFrame) -> None:
    """Draw the shares of every workload in the last year."""
    last = placed[placed["year"] == LAST_YEAR]
    keys = ["workload_id", "workload", "family", "must_run"]
    rows = last.pivot(index=keys, columns="measure", values="p50")
    edge = last[last["measure"] == "edge_share"].set_index(keys)
    rows = rows.assign(edge_share_low=edge["p5"], edge_share_high=edge["p95"])
    shares = [name for name in rows.columns if name != "items_per_day"]
    rows[shares] = 100.0 * rows[shares]
    tables.table(
        rows.reset_index().sort_values("edge_share", ascending=False),
        _TABLE,
        name="placement",
        alt=f"Shares of every workload in {LAST_YEAR}",
        helps=_HELPS,
    )


guard.shown(placement_page)

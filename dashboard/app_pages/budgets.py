"""Budgets: which device can serve which workload in time, in memory and in power, and why a cell fails."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import (
    address,
    cell_explanation,
    controls,
    device_loaders,
    figures,
    guard,
    labels,
    loaders,
    sentences,
    serving_options,
    serving_settings,
    specs,
)
from dashboard.charts import budget_map
from datasets.database import Snapshot
from datasets.errors import InvalidValue

PAGE = "budgets"
MOST_DEVICES = 24
_WHY_DEVICE, _WHY_WORKLOAD = "budgets.why.device", "budgets.why.workload"
_TABLE = {
    "device": "Device",
    "workload": "Workload",
    "within_budget": "Within budget",
    "margin": "Over tightest budget",
    "reason": "Why not",
    "binding_roof": "Roof that binds",
    "fits_memory": "Fits memory",
    "memory_needed_gb": "Memory needed, GB",
    "memory_short_gb": "Memory short, GB",
    "first_token_s": "First token, s",
    "per_token_s": "A token, s",
    "tokens_per_s": "Tokens a second",
    "latency_s": "One item, s",
    "power_w": "Power, W",
    "energy_per_item_j": "Energy an item, J",
    "usd_per_million_tokens": "US$ a million tokens",
    "largest_batch": "Largest batch that fits",
    "longest_prompt": "Longest prompt that fits, tokens",
    "network_share": "Time in links, share",
    "offloaded_gb": "Weights elsewhere, GB",
    "model_id": "Model",
    "weight_precision": "Weights",
    "compute_precision": "Arithmetic",
    "kv_precision": "Cache",
    "devices": "Devices",
    "batch": "Batch",
    "prompt_tokens": "Prompt, tokens",
    "output_tokens": "Answer, tokens",
    "device_confidence": "Confidence of the device",
    "workload_confidence": "Confidence of the workload",
}


def fields(current: Snapshot) -> list[address.Field]:
    """The page's state: devices and workloads of the map, and the options that hold for all of them."""
    device_ids = list(current.tables["devices"]["device_id"])
    workload_ids = list(current.tables["workloads"]["workload_id"])
    return [
        address.options("device", device_ids, loaders.first_devices(current, loaders.FIRST_BUDGETS)),
        address.options("workload", workload_ids, []),
        *serving_options.fields(current),
        address.options("cell", [*device_ids, *workload_ids], []),
    ]


def budgets_page() -> None:
    """Draw the page."""
    current = loaders.snapshot()
    state = fields(current)
    controls.notes(address.restored(PAGE, state))
    st.header("Which device can serve what?", anchor=False)
    device_ids, workload_ids = _choices(current)
    serving_options.shown(PAGE, current)
    if not device_ids:
        st.info("Choose at least one device.")
        address.keep(PAGE, state)
        return
    frame, values = _evaluated(current, device_ids, workload_ids)
    _in_force(current, values)
    rows = _named(current, frame)
    _map(current, rows)
    _why(current, rows, values)
    _table(rows)
    controls.csv_download(frame, "edgewise_budget.csv", "budgets.csv")
    controls.command_lines("budgets", _arguments(device_ids, workload_ids, values))
    address.keep(PAGE, state)


def _choices(current: Snapshot) -> tuple[list[str], list[str]]:
    devices = current.tables["devices"].set_index("device_id")["name"]
    workloads = current.tables["workloads"].set_index("workload_id")["name"]
    chosen = st.multiselect(
        f"Devices (up to {MOST_DEVICES})",
        list(devices.index),
        format_func=controls.named(devices),
        max_selections=MOST_DEVICES,
        key=address.key(PAGE, "device"),
    )
    wanted = st.multiselect(
        "Workloads",
        list(workloads.index),
        format_func=controls.named(workloads),
        placeholder="All workloads",
        key=address.key(PAGE, "workload"),
    )
    return list(chosen), list(wanted)


def _evaluated(
    current: Snapshot, device_ids: list[str], workload_ids: list[str]
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The cells, and the options behind them: none where those that are set do not go together."""
    values = serving_options.chosen(PAGE)
    try:
        options = serving_settings.arguments(values)
        return loaders.budget_rows(current, device_ids, workload_ids, options), values
    except InvalidValue as error:
        st.warning(
            f"{labels.escaped(str(error))} Until then no option is in force below.", icon=":material/rule:"
        )
        return loaders.budget_rows(current, device_ids, workload_ids, {}), {}


def _in_force(current: Snapshot, values: Mapping[str, Any]) -> None:
    if serving_options.chosen(PAGE):
        row = st.container(horizontal=True, vertical_alignment="center")
        told = serving_settings.in_words(values, current)
        row.caption(f"In force for every cell: {' · '.join(told) or 'nothing'}", width="stretch")
        row.button(
            "Reset options",
            key="budgets.reset",
            on_click=serving_options.reset,
            args=(PAGE,),
            icon=":material/undo:",
        )


def _named(current: Snapshot, frame: pd.DataFrame) -> pd.DataFrame:
    devices = current.tables["devices"].set_index("device_id")["name"]
    workloads = current.tables["workloads"].set_index("workload_id")
    return frame.assign(
        device=frame["device_id"].map(devices),
        workload=frame["workload_id"].map(workloads["name"]),
        series=frame["workload_id"].map(workloads["series"]),
        family=frame["workload_id"].map(workloads["family"]),
    )


def _map(current: Snapshot, rows: pd.DataFrame) -> None:
    serving = rows[rows["series"] != "training"]
    if serving.empty:
        st.info("Training runs have no latency budget: choose a workload that serves someone.")
        return
    title = sentences.budget_title(serving)
    chart = partial(
        budget_map.budget_map,
        specs.made(budget_map.cell_rows, serving.sort_values(["family", "workload"], kind="stable")),
        title=title,
        subtitle="Prediction over its tightest budget; mem: does not fit; grey: not known. Click to see why",
    )
    event = figures.figure(
        chart,
        rows=serving,
        name="budget_map",
        width="content",
        selection=budget_map.SELECTION,
        alt=f"{title}. Heat map of {serving['device_id'].nunique()} devices and "
        f"{serving['workload_id'].nunique()} workloads; the table below holds every cell.",
        source="roofline core over the tables `devices`, `device_peaks`, `models` and `workloads`; "
        "reachable shares fitted to published measurements. Budgets stand with each workload and its source "
        "on the page Data.",
    )
    _take_click(event, serving)


def _take_click(event: Any, rows: pd.DataFrame) -> None:
    clicked = event.get("selection", {}).get(budget_map.SELECTION, [])
    if not clicked or clicked == st.session_state.get("budgets.clicked"):
        return
    st.session_state["budgets.clicked"] = clicked
    first = clicked[0]
    st.session_state[address.key(PAGE, "cell")] = [first["device_id"], first["workload_id"]]
    device, workload = _cell(rows)
    cell = rows[(rows["device_id"] == device) & (rows["workload_id"] == workload)].iloc[0]
    # The map is tall: the answer also shows where the eye is.
    verdict = "within every budget" if cell["within_budget"] else cell["reason"]
    workload_name, device_name = (labels.escaped(str(cell[name])) for name in ("workload", "device"))
    st.toast(f"**{workload_name}** on **{device_name}**: {labels.escaped(verdict)}", duration="long")


def _why(current: Snapshot, rows: pd.DataFrame, values: Mapping[str, Any]) -> None:
    st.subheader("Why a cell holds or fails", anchor=False)
    device, workload = _cell(rows)
    left, right = st.columns(2)
    devices = rows.drop_duplicates("device_id").set_index("device_id")["device"]
    workloads = rows.drop_duplicates("workload_id").set_index("workload_id")["workload"]
    for key, wanted in ((_WHY_DEVICE, device), (_WHY_WORKLOAD, workload)):
        if st.session_state.get(key) != wanted:
            st.session_state[key] = wanted
    left.selectbox(
        "Device", list(devices.index), format_func=controls.named(devices), key=_WHY_DEVICE, on_change=_picked
    )
    right.selectbox(
        "Workload",
        list(workloads.index),
        format_func=controls.named(workloads),
        key=_WHY_WORKLOAD,
        on_change=_picked,
    )
    row = rows[(rows["device_id"] == device) & (rows["workload_id"] == workload)].iloc[0]
    limits = current.tables["workloads"].set_index("workload_id").loc[workload]
    cell_explanation.shown(row, limits, serving_settings.in_words(values, current))
    if pd.notna(row["margin"]) and not row["within_budget"]:
        options = serving_settings.arguments(values)
        cell_explanation.remedies(device_loaders.remedies_for(current, device, workload, options))


def _picked() -> None:
    st.session_state[address.key(PAGE, "cell")] = [
        st.session_state[_WHY_DEVICE],
        st.session_state[_WHY_WORKLOAD],
    ]


def _cell(rows: pd.DataFrame) -> tuple[str, str]:
    chosen = address.value(PAGE, "cell") or []
    if len(chosen) == 2 and ((rows["device_id"] == chosen[0]) & (rows["workload_id"] == chosen[1])).any():
        return str(chosen[0]), str(chosen[1])
    return cell_explanation.first_cell(rows)


def _table(rows: pd.DataFrame) -> None:
    st.subheader("All cells", anchor=False)
    numeric = {
        column: st.column_config.NumberColumn(title, format="%.3g")
        for column, title in _TABLE.items()
        if pd.api.types.is_float_dtype(rows[column])
    }
    shown = rows.assign(
        device_confidence=controls.marked(rows["device_confidence"]),
        workload_confidence=controls.marked(rows["workload_confidence"]),
    )
    st.dataframe(
        shown,
        hide_index=True,
        placeholder="–",
        column_order=list(_TABLE),
        column_config={**_TABLE, **numeric},
        alt="Every device and workload of the map with times, power, memory and reason",
    )


def _arguments(device_ids: list[str], workload_ids: list[str], values: Mapping[str, Any]) -> list[str]:
    named = [part for device in device_ids for part in ("--device", device)]
    named += [part for workload in workload_ids for part in ("--workload", workload)]
    return ["budget", *named, *serving_settings.flags(values), "--format", "csv"]


guard.shown(budgets_page)

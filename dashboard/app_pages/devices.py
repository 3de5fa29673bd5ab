"""Devices: roofs, two side by side, growth over time, and all figures, by segment and year."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import (
    address,
    controls,
    device_growth_view,
    device_loaders,
    device_pair,
    device_rooflines,
    device_table,
    guard,
    loaders,
)
from datasets.database import Snapshot

PAGE = "devices"
_VIEWS = {
    "roofline": "Rooflines",
    "pair": "Two side by side",
    "growth": "Growth over time",
    "table": "Specifications",
}
_FIRST_DEVICES = ("apple_a18_pro", "tesla_hw4", "jetson_t5000", "rtx_5090", "h100_sxm")
_FIRST_WORKLOADS = ("chat_small", "chat_large", "voice_turn", "image_gen_phone", "smart_camera", "fsd_hw4_36")


def fields(current: Snapshot) -> list[address.Field]:
    """The page's state: the view, what it draws, the filters."""
    device_ids = list(current.tables["devices"]["device_id"])
    workload_ids = device_rooflines.serving_workloads(current)
    return [
        address.option("view", list(_VIEWS), "roofline"),
        address.options("device", device_ids, loaders.first_devices(current, _FIRST_DEVICES)),
        address.options(
            "workload", workload_ids, [name for name in _FIRST_WORKLOADS if name in workload_ids]
        ),
        address.switch("measured", True),
        address.options("pair", device_ids, _first_pair(device_ids)),
        address.option("quantity", list(device_growth_view.QUANTITIES), "bandwidth"),
        address.options("segment", sorted(current.tables["devices"]["segment"].unique()), []),
        address.count("from", 1990, 2100),
        address.count("to", 1990, 2100),
        address.text("search"),
    ]


def devices_page() -> None:
    """Draw the page."""
    current = loaders.snapshot()
    state = fields(current)
    controls.notes(address.restored(PAGE, state))
    st.header("What can a device do?", anchor=False)
    view = str(
        st.segmented_control(
            "View",
            list(_VIEWS),
            required=True,
            format_func=controls.named(pd.Series(_VIEWS)),
            key=address.key(PAGE, "view"),
            label_visibility="collapsed",
        )
    )
    within = _filtered(current)
    if view == "roofline":
        device_rooflines.shown(current, within)
    elif view == "pair":
        device_pair.shown(current, PAGE, list(within["device_id"]))
    elif view == "growth":
        device_growth_view.shown(current, PAGE, within)
    else:
        device_table.shown(current, within)
    address.keep(PAGE, state)


def _first_pair(device_ids: list[str]) -> list[str]:
    return [name for name in ("sd_8elite", "h100_sxm") if name in device_ids]


def _filtered(current: Snapshot) -> pd.DataFrame:
    """The devices of the chosen segments and years of introduction."""
    devices = current.tables["devices"]
    row = st.container(horizontal=True, vertical_alignment="bottom")
    segments = row.multiselect(
        "Segments",
        sorted(devices["segment"].unique()),
        key=address.key(PAGE, "segment"),
        placeholder="All segments",
        width=420,
    )
    for name, label in (("from", "Introduced from"), ("to", "to")):
        row.number_input(
            label,
            min_value=1990,
            max_value=2100,
            value=None,
            step=1,
            placeholder="any year",
            key=address.key(PAGE, name),
            width=150,
        )
    return device_loaders.devices_within(
        current, list(segments), address.value(PAGE, "from"), address.value(PAGE, "to")
    )


guard.shown(devices_page)

"""How a workload is served, as controls of a page: a setting of the core each, kept in the address."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import address, controls
from dashboard.serving_settings import FIRST, MOST, SETTINGS, TOPICS, Setting
from datasets.database import Snapshot

_OPEN, _TAB = "options", "topic"
# Two of the first stand side by side on a phone.
_FIRST_WIDTH, _WIDTH = 168, 215


def fields(current: Snapshot) -> list[address.Field]:
    """The settings as parts of a page's state."""
    return [_field(setting, current) for setting in SETTINGS.values()]


def _field(setting: Setting, current: Snapshot) -> address.Field:
    name = setting.name
    if setting.kind == "switch":
        return address.switch(name, False)
    if setting.kind == "name":
        return address.option(name, list(setting.of_the_catalogue(current)), None)
    if setting.kind == "whole":
        return address.count(name, int(setting.lowest), int(setting.highest or MOST))
    return address.figure(name, setting.lowest, setting.highest)


def shown(page: str, current: Snapshot) -> None:
    """Draw the controls: the first in a row, the rest by topic in a box that is shut at first."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    for name in FIRST:
        _control(row, page, SETTINGS[name], current, _FIRST_WIDTH)
    controls.details(
        "More options: precision, cache, speculation, several devices, offload, cost",
        lambda: _by_topic(page, current),
        key=address.key(page, _OPEN),
        icon=":material/tune:",
    )


def _by_topic(page: str, current: Snapshot) -> None:
    st.caption("Each is off, or the workload's own, unless it is set. One set holds for all cells.")
    tabs = st.tabs(list(TOPICS), key=address.key(page, _TAB), on_change="rerun")
    for tab, names in zip(tabs, TOPICS.values(), strict=True):
        if tab.open:
            row = tab.container(horizontal=True, vertical_alignment="bottom")
            for name in names:
                _control(row, page, SETTINGS[name], current, _WIDTH)


def _control(place: Any, page: str, setting: Setting, current: Snapshot, width: int) -> None:
    key = address.key(page, setting.name)
    if setting.kind == "switch":
        place.toggle(setting.label, key=key, help=setting.help)
    elif setting.kind == "name":
        known = setting.of_the_catalogue(current)
        place.selectbox(
            setting.label,
            list(known),
            index=None,
            format_func=lambda name: known.get(name, name),
            placeholder="own" if setting.argument else "none",
            key=key,
            help=setting.help,
            width=width,
        )
    else:
        whole = setting.kind == "whole"
        kind = int if whole else float
        place.number_input(
            setting.label,
            min_value=kind(setting.lowest),
            max_value=None if setting.highest is None else kind(setting.highest),
            value=None,
            step=1 if whole else 0.05 if setting.highest == 1 else 0.1,
            format=None if whole else "%g",
            placeholder="own" if setting.argument else "none",
            key=key,
            help=setting.help,
            width=width,
        )


def chosen(page: str) -> dict[str, Any]:
    """The values that are set, by name.

    Returns
    -------
    dict
        Empty where nothing is set.
    """
    values = {name: address.value(page, name) for name in SETTINGS}
    return {name: value for name, value in values.items() if value is not None and value is not False}


def reset(page: str) -> None:
    """Take every setting back."""
    for setting in SETTINGS.values():
        st.session_state[address.key(page, setting.name)] = False if setting.kind == "switch" else None

"""A column of Compare that no scenario holds: the sliders of the page Forecast, taken over unsaved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from dashboard import address, assumption_levers, labels, scenario_choice
from dashboard.loaders import ROOT_SCENARIO
from datasets.database import Snapshot

FROM_PAGE = "forecast"
_BASE = "base"


@dataclass(frozen=True)
class Column:
    """What a column shows: a scenario, the values set in it, and how both are called."""

    title: str
    scenario_id: str
    overrides: Mapping[str, float] = field(default_factory=dict)


def fields(current: Snapshot) -> list[address.Field]:
    """The state: the scenario that the values are set in, and the values."""
    known = list(scenario_choice.names(current))
    return [address.option(_BASE, known, ROOT_SCENARIO), *assumption_levers.fields(current)]


def shown(page: str, current: Snapshot) -> Column | None:
    """Draw the buttons that take the sliders over or leave them out; the column, where there is one.

    Parameters
    ----------
    page : str
        The page whose fields hold `fields`.
    current : Snapshot
    """
    base, there = _of_forecast(current)
    scenario_id = str(address.value(page, _BASE))
    own = assumption_levers.overrides(page, current, scenario_id)
    row = st.container(horizontal=True, vertical_alignment="center")
    row.button(
        "Take my sliders from Forecast",
        disabled=not there or (own == there and scenario_id == base),
        on_click=_put,
        args=(page, own, base, there),
        key=f"{page}.take",
        icon=":material/add_column_right:",
        help="Sets the scenario of the page Forecast, with the values that you set there, beside the others. "
        "Nothing is saved: the address holds it.",
    )
    if not own:
        return None
    row.button(
        "Leave them out",
        on_click=_put,
        args=(page, own, ROOT_SCENARIO, {}),
        key=f"{page}.leave",
        icon=":material/close:",
    )
    name = scenario_choice.names(current)[scenario_id]
    return Column(f"{name}, {labels.counted(len(own), 'assumption')} of yours", scenario_id, own)


def _of_forecast(current: Snapshot) -> tuple[str, dict[str, float]]:
    held = address.last(FROM_PAGE)
    base = str(held.get("scenario", ROOT_SCENARIO))
    if base not in scenario_choice.names(current):
        return ROOT_SCENARIO, {}
    names = current.tables["assumptions"]["assumption_id"]
    return base, {name: float(held[name]) for name in names if held.get(name) is not None}


def _put(page: str, old: Mapping[str, float], base: str, new: Mapping[str, float]) -> None:
    st.session_state[address.key(page, _BASE)] = base
    for name in {*old, *new}:
        st.session_state[address.key(page, name)] = new.get(name)

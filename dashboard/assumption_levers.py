"""Sliders over the assumptions of a scenario, those that matter most first, with ways back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import address, controls, labels, loaders, provenance
from datasets.database import Snapshot

GROUPS = ("placement", "demand", "edge", "stock", "training", "cloud", "power", "cost")
MOST = "most"
HOW_MANY = 6
_HEIGHT = 430
# Figures of forecasting.importance, as a slider's help names them.
_FIGURES = {
    "training_ops": "training",
    "cloud_ops": "cloud inference",
    "edge_ops": "edge inference",
    "edge_share": "the edge's share",
}


def fields(current: Snapshot) -> list[address.Field]:
    """The state: each assumption that the user set."""
    assumed = current.tables["assumptions"]
    rows = zip(assumed["assumption_id"], assumed["minimum"], assumed["maximum"], strict=True)
    return [address.figure(name, _bound(lowest), _bound(highest)) for name, lowest, highest in rows]


def overrides(page: str, current: Snapshot, scenario_id: str) -> dict[str, float]:
    """The user's own values on a page whose fields hold `fields`."""
    if loaders.is_replay(current, scenario_id):
        return {}
    values = {name: address.value(page, name) for name in current.tables["assumptions"]["assumption_id"]}
    return {name: float(value) for name, value in values.items() if value is not None}


def settings(own: Mapping[str, float]) -> list[str]:
    """The options of a command line that set the same values."""
    return [part for name, value in sorted(own.items()) for part in ("--set", f"{name}={value!r}")]


def _bound(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def shown(page: str, current: Snapshot, scenario_id: str, overrides: dict[str, float]) -> None:
    """Draw the sliders of one group and the buttons that take back the last move, or every one.

    Parameters
    ----------
    page : str
        The page whose fields hold the user's own values.
    current : Snapshot
    scenario_id : str
    overrides : dict of str to float
        The user's own values.
    """
    st.subheader("Assumptions", anchor=False)
    if loaders.is_replay(current, scenario_id):
        st.info("A replayed figure hangs on no assumption: choose another scenario to move them.")
        return
    assumed = loaders.assumptions(current, scenario_id, {})
    groups = [MOST, *_lever_groups(assumed)]
    group = st.selectbox("Group", groups, format_func=_group_name, key=f"{page}.group")
    rows, said = _rows_of(group, current, scenario_id, assumed)
    sliders(page, current, scenario_id, overrides, rows, said)


def sliders(
    page: str,
    current: Snapshot,
    scenario_id: str,
    overrides: dict[str, float],
    rows: pd.DataFrame,
    said: Mapping[str, str],
) -> None:
    """Draw sliders, and the buttons that take back the last move, or every one.

    A slider that moves writes its value under the page's field of the same name.

    Parameters
    ----------
    page, current, scenario_id, overrides
        As in `shown`.
    rows : pandas.DataFrame
        The scenario's own assumptions, a slider each.
    said : mapping of str to str
        A further sentence for an assumption's help.
    """
    titles = provenance.source_titles(current.tables)
    with st.container(height=_HEIGHT, border=False):
        for row in rows.to_dict("records"):
            name = str(row["assumption_id"])
            controls.assumption_slider(
                row,
                overrides.get(name),
                slider_key=_slider_key(page, scenario_id, name),
                on_change=partial(_moved, page, scenario_id, float(row["central"]), overrides),
                source=titles.get(str(row["source_id"]), str(row["source_id"])),
                note=said.get(name, ""),
            )
    _ways_back(page, overrides)
    st.caption("A value that you set is taken as certain: its spread leaves the bands.")


def _group_name(group: str) -> str:
    return "What matters most" if group == MOST else group.capitalize()


def _rows_of(
    group: str, current: Snapshot, scenario_id: str, assumed: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, str]]:
    if group != MOST:
        return assumed[assumed["group"] == group], {}
    ranked = loaders.importance(current, scenario_id).head(HOW_MANY)
    said = {
        row.assumption_id: f"{labels.percent(row.share)} of the spread of {_FIGURES[row.figure]} in the last "
        "year goes with it (rank correlation squared)."
        for row in ranked.itertuples()
    }
    return assumed.set_index("assumption_id", drop=False).loc[ranked["assumption_id"]], said


def _ways_back(page: str, overrides: dict[str, float]) -> None:
    row = st.container(horizontal=True)
    row.button(
        "Undo",
        disabled=not _history(page),
        on_click=_undo,
        args=(page, overrides),
        icon=":material/undo:",
        key=f"{page}.undo",
        help="Takes the last move of a slider back, or the last reset.",
    )
    row.button(
        f"Reset {labels.counted(len(overrides), 'assumption')}" if overrides else "Reset",
        disabled=not overrides,
        on_click=_reset,
        args=(page, overrides),
        icon=":material/restart_alt:",
        key=f"{page}.reset",
        help="Gives every assumption back to the scenario.",
    )


def _lever_groups(assumed: pd.DataFrame) -> list[str]:
    present = set(assumed["group"])
    return [group for group in GROUPS if group in present] + sorted(present - set(GROUPS))


def _slider_key(page: str, scenario_id: str, assumption_id: str) -> str:
    return f"{page}.slider.{scenario_id}.{assumption_id}"


def _history(page: str) -> list[dict[str, float]]:
    """The user's values before each move, the last one at the end."""
    history: list[dict[str, float]] = st.session_state.setdefault(f"{page}.history", [])
    return history


def _moved(page: str, scenario_id: str, central: float, before: dict[str, float], assumption_id: str) -> None:
    # A browser may report a slider that only followed the scenario: the scenario's own value is none of the
    # user's.
    value = float(st.session_state[_slider_key(page, scenario_id, assumption_id)])
    own = None if math.isclose(value, central, rel_tol=1e-9, abs_tol=1e-12) else value
    if own != before.get(assumption_id):
        _history(page).append(before)
    st.session_state[address.key(page, assumption_id)] = own


def _reset(page: str, overrides: dict[str, float]) -> None:
    _history(page).append(overrides)
    _put(page, overrides, {})


def _undo(page: str, overrides: dict[str, float]) -> None:
    history = _history(page)
    if history:
        _put(page, overrides, history.pop())


def _put(page: str, old: dict[str, float], new: dict[str, float]) -> None:
    for name in {*old, *new}:
        st.session_state[address.key(page, name)] = new.get(name)

"""Sliders over the assumptions of a scenario, by group, with a way back."""

from __future__ import annotations

import math
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import address, controls, labels, loaders, provenance
from datasets.database import Snapshot

GROUPS = ("placement", "demand", "edge", "stock", "training", "cloud", "power", "cost")


def shown(page: str, current: Snapshot, scenario_id: str, overrides: dict[str, float]) -> None:
    """Draw the sliders of one group and the button that gives every assumption back to the scenario.

    A slider that moves writes its value under the page's field of the same name.

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
    groups = _lever_groups(assumed)
    group = st.selectbox("Group", groups, format_func=str.capitalize, key=f"{page}.group")
    titles = provenance.source_titles(current.tables)
    with st.container(height=430, border=False):
        for row in assumed[assumed["group"] == group].to_dict("records"):
            controls.assumption_slider(
                row,
                overrides.get(str(row["assumption_id"])),
                slider_key=_slider_key(page, scenario_id, str(row["assumption_id"])),
                on_change=partial(_moved, page, scenario_id, float(row["central"])),
                source=titles.get(str(row["source_id"]), str(row["source_id"])),
            )
    st.button(
        f"Reset {labels.counted(len(overrides), 'assumption')}" if overrides else "Reset",
        disabled=not overrides,
        on_click=_reset,
        args=(page, list(overrides)),
        icon=":material/restart_alt:",
        key=f"{page}.reset",
    )
    st.caption("A value that you set is taken as certain: its spread leaves the bands.")


def _lever_groups(assumed: pd.DataFrame) -> list[str]:
    present = set(assumed["group"])
    return [group for group in GROUPS if group in present] + sorted(present - set(GROUPS))


def _slider_key(page: str, scenario_id: str, assumption_id: str) -> str:
    return f"{page}.slider.{scenario_id}.{assumption_id}"


def _moved(page: str, scenario_id: str, central: float, assumption_id: str) -> None:
    # A browser may report a slider that only followed the scenario: the scenario's own value is none of the
    # user's.
    value = float(st.session_state[_slider_key(page, scenario_id, assumption_id)])
    own = None if math.isclose(value, central, rel_tol=1e-9, abs_tol=1e-12) else value
    st.session_state[address.key(page, assumption_id)] = own


def _reset(page: str, assumption_ids: list[str]) -> None:
    for assumption_id in assumption_ids:
        st.session_state[address.key(page, assumption_id)] = None

"""Evidence: how far the predictions can be trusted, and who says what."""

from __future__ import annotations

import streamlit as st

from dashboard import (
    address,
    controls,
    evidence_backtests,
    evidence_claims,
    evidence_measured,
    evidence_published,
    evidence_sources,
    evidence_vintages,
    guard,
    loaders,
)
from datasets.database import Snapshot

PAGE = "evidence"
_VIEWS = {
    "measured": ("Measurements", evidence_measured),
    "claims": ("Claims", evidence_claims),
    "backtests": ("Backtests", evidence_backtests),
    "published": ("Published forecasts", evidence_published),
    "kept": ("Kept forecasts", evidence_vintages),
    "sources": ("Sources", evidence_sources),
}


def fields(current: Snapshot) -> list[address.Field]:
    """The page's state: the view, and what each view shows."""
    own = [field for _, view in _VIEWS.values() for field in view.fields(current)]
    return [address.option("view", list(_VIEWS), "measured"), *own]


def evidence_page() -> None:
    """Draw the page."""
    current = loaders.snapshot()
    state = fields(current)
    controls.notes(address.restored(PAGE, state))
    st.header("How far can the numbers be trusted?", anchor=False)
    view = st.segmented_control(
        "View",
        list(_VIEWS),
        required=True,
        format_func=lambda name: _VIEWS[name][0],
        key=address.key(PAGE, "view"),
        label_visibility="collapsed",
    )
    _VIEWS[str(view)][1].shown(PAGE, current)
    address.keep(PAGE, state)


guard.shown(evidence_page)

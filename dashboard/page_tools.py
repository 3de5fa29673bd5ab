"""What each page offers above its content: copy the address, keep the view, a report, a tour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from importlib import metadata
from typing import Any
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from dashboard import figures, gate, guard, labels, loaders, report, saved_views, tour
from dashboard.figures import PageView
from dashboard.loaders import ROOT_SCENARIO

_NAME, _OPEN = "tools.name", "tools.views"
# Pages whose numbers hang on the assumptions of a scenario.
_FIRST = "forecast"
_OF_SCENARIO = (_FIRST, "compare", "drivers", "placement")


@st.fragment
def shown(page: str, title: str, pages: Sequence[Any]) -> None:
    """Draw the tools of a page.

    Parameters
    ----------
    page, title : str
        Name of the page in the address, and its title.
    pages : sequence of streamlit.Page
        All pages, for the links of the views that were kept.
    """
    row = st.container(
        horizontal=True,
        horizontal_alignment="right",
        vertical_alignment="top",
        wrap=False,
        gap="small",
        key="tools",
    )
    with row:
        tour.buttons()
        _views(page, pages)
        st.download_button(
            "Report",
            data=partial(_report, figures.view(), page, title),
            file_name=f"edgewise_{page}.html",
            mime="text/html",
            key="tools.report",
            on_click="ignore",
            type="tertiary",
            icon=":material/description:",
            help="This view as one HTML file: charts, settings, assumptions and sources.",
        )


def _views(page: str, pages: Sequence[Any]) -> None:
    box = st.popover(
        "Views",
        type="tertiary",
        icon=":material/bookmark:",
        help="Keep this view under a name, or open one that was kept.",
        key=_OPEN,
        on_change="rerun",
    )
    if not box.open:
        return
    with box, guard.attempted():
        may_save = gate.may_save()
        st.text_input("Name of this view", key=_NAME, disabled=not may_save, max_chars=80)
        if st.button("Keep this view", key="tools.keep", disabled=not may_save):
            saved_views.keep(loaders.snapshot(), str(st.session_state[_NAME]), page, figures.view().settings)
        current = loaders.snapshot()
        kept = saved_views.kept_views(current, [known.url_path or page for known in pages])
        if kept.empty:
            st.caption("No view was kept yet.")
        by_path = {known.url_path or pages[0].url_path: known for known in pages}
        for row in kept.to_dict("records"):
            _view(str(row["name"]), row, by_path, may_save)


def _view(name: str, row: dict[Any, Any], by_path: dict[str, Any], may_save: bool) -> None:
    line = st.container(horizontal=True, vertical_alignment="center")
    target = by_path.get(str(row["page"]))
    if target is not None:
        line.page_link(target, label=labels.escaped(name), query_params=dict(parse_qsl(str(row["address"]))))
    line.button(
        f"Delete {labels.escaped(name)}",
        key=f"tools.delete.{name}",
        disabled=not may_save,
        type="tertiary",
        icon=":material/delete:",
        on_click=_deleted,
        args=(name,),
    )


def _deleted(name: str) -> None:
    with guard.attempted():
        saved_views.forget(loaders.snapshot(), name)


def _report(view: PageView, page: str, title: str) -> str:
    current = loaders.snapshot()
    assumed = None
    scenario_id = view.settings.get("scenario", ROOT_SCENARIO)
    if page in _OF_SCENARIO and not loaders.is_replay(current, scenario_id):
        known = set(current.tables["assumptions"]["assumption_id"])
        own = {name: float(value) for name, value in view.settings.items() if name in known}
        assumed = report.with_sources(loaders.assumptions(current, scenario_id, own), current.tables)
    version = f"Edgewise {metadata.version('edgewise')}, data {_data_version(current)}"
    # The first page is found by the bare address alone.
    address = ("/" if page == _FIRST else f"/{page}") + (
        f"?{urlencode(view.settings)}" if view.settings else ""
    )
    return report.report_html(
        view, title=title, address=address, version=version, made=date.today(), assumptions=assumed
    )


def _data_version(current: Any) -> str:
    meta = current.tables["meta"].set_index("key")["value"]
    return str(meta.get("facts_version", "unknown"))

"""The report and the tools above a page: names escaped, nothing fetched, views kept and opened again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser

import altair as alt
import pandas as pd
import pytest
import streamlit as st
from app_driver import opened, sound

from dashboard import loaders, page_tools, report, saved_views, tour
from dashboard.figures import Figure, PageView

EVIL = "<script>alert('x')</script>"


@pytest.fixture(scope="module", autouse=True)
def _empty_cache() -> Iterator[None]:
    yield
    st.cache_resource.clear()


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href", "xlink:href")]


def view() -> PageView:
    rows = pd.DataFrame({"year": [2024, 2025], "value": [1.0, None], "name": EVIL})
    chart = alt.Chart(rows, title=EVIL).mark_point().encode(x="year:Q", y="value:Q")
    drawn = Figure(lambda: chart, lambda: rows, f"Points {EVIL}", f"A sheet {EVIL}")
    return PageView({"one": drawn}, [f"**Edge** {EVIL}"], {"v": "1", "scenario": EVIL})


def test_a_report_stands_alone_and_escapes_every_name() -> None:
    assumed = pd.DataFrame(
        {"name": [EVIL], "unit": ["share"], "low": [0.1], "central": [0.2], "source": [EVIL]}
    )
    written = report.report_html(
        view(),
        title=EVIL,
        address=f"/forecast?x={EVIL}",
        version="Edgewise",
        made=date(2026, 1, 2),
        assumptions=assumed,
    )
    tags = Tags()
    tags.feed(written)
    assert "script" not in tags.seen
    assert tags.seen.count("svg") == 1
    assert not [link for link in tags.links if not link.startswith("#")]
    assert "2026-01-02" in written
    assert "&lt;script&gt;" in written
    assert written.count("<h2>") == 3


def test_a_long_table_is_cut_and_says_so() -> None:
    rows = pd.DataFrame({"value": range(500)})
    chart = alt.Chart(rows).mark_point().encode(x="value:Q")
    long = PageView({"one": Figure(lambda: chart, lambda: rows, "", "")}, [], {})
    written = report.report_html(long, title="t", address="/", version="", made=date(2026, 1, 2))
    assert "The first 200 of 500 rows" in written
    assert "As the page opens" in written


@pytest.mark.usefixtures("few_draws")
def test_a_pages_report_holds_what_the_page_shows() -> None:
    app = sound(opened("forecast", {"scenario": "edge_first", "pue": "1.2"}))
    shown = app.session_state["figures.view"]
    assert shown.settings["scenario"] == "edge_first"
    written = page_tools._report(shown, "forecast", "Forecast")
    assert "Against Central, Edge first with 1 assumption of yours" in written
    assert "Power usage effectiveness" in written or "pue" in written
    assert "<svg" in written
    assert "/?v=1&amp;scenario=edge_first" in written


@pytest.mark.usefixtures("database_path", "few_draws")
def test_a_view_is_kept_listed_and_deleted_in_the_page() -> None:
    app = opened("devices", {"view": "table", "search": "h100"})
    app.session_state["tools.views"] = True
    app.run()
    app.text_input(key="tools.name").set_value("My <b>table</b>")
    app.button(key="tools.keep").click()
    sound(app.run())
    kept = saved_views.found(loaders.snapshot(), "My <b>table</b>")
    assert kept["page"] == "devices"
    assert "search=h100" in kept["address"]
    app.button(key="tools.delete.My <b>table</b>").click()
    sound(app.run())
    assert loaders.snapshot().tables["saved_views"].empty


@pytest.mark.usefixtures("few_draws")
def test_a_view_without_a_name_is_refused_in_words() -> None:
    app = opened("devices", {"view": "table"})
    app.session_state["tools.views"] = True
    app.run()
    app.button(key="tools.keep").click()
    app.run()
    assert not app.exception
    assert "The view has no name: give it one." in app.error[0].value


def test_the_tour_has_few_short_steps_and_lives_in_the_browser() -> None:
    words = sum(len(f"{title} {text}".split()) for title, text, _ in tour.STEPS)
    # Two minutes at the pace of reading aloud.
    assert words <= 2 * 150
    assert json.dumps(tour.STEPS) in tour._JS.replace("__STEPS__", json.dumps(tour.STEPS))
    for control in ("copy", "start", "skip", "next"):
        assert f'class="{control}"' in tour._HTML

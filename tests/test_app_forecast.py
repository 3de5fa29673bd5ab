"""The Forecast page's levers and switches: what matters most, undo, series, the parent, boxes that open."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pytest
import streamlit as st
from app_driver import opened, rows_of, said, sound
from streamlit.testing.v1 import AppTest

from dashboard import assumption_levers, loaders, scenario_changes
from datasets import sandbox

pytestmark = pytest.mark.usefixtures("few_draws")


@pytest.fixture(scope="module", autouse=True)
def _empty_cache() -> Iterator[None]:
    yield
    st.cache_resource.clear()


def test_the_assumptions_that_matter_most_stand_beside_the_chart() -> None:
    app = sound(opened("forecast"))
    ranked = loaders.importance(loaders.snapshot(), "central")["assumption_id"]
    shown = [slider.key.rpartition(".")[2] for slider in app.slider]
    assert shown == list(ranked.head(assumption_levers.HOW_MANY))
    assert "of the spread of" in app.slider[0].help


def test_undo_takes_back_one_move_at_a_time_and_a_reset() -> None:
    app = opened("forecast")
    assert app.button(key="forecast.undo").disabled
    before = said(app)
    first, second = app.slider[0].key, app.slider[1].key
    app.slider(key=first).set_value(app.slider(key=first).max)
    once = said(sound(app.run()))
    app.slider(key=second).set_value(app.slider(key=second).min)
    twice = said(sound(app.run()))
    app.button(key="forecast.reset").click()
    assert said(sound(app.run())) == before
    for expected in (twice, once, before):
        app.button(key="forecast.undo").click()
        assert said(sound(app.run())) == expected
    assert app.button(key="forecast.undo").disabled


def test_a_series_can_be_left_out_but_not_all_of_them() -> None:
    app = opened("forecast", {"series": "edge_inference"})
    assert "Training" not in said(app)
    assert "only edge inference has figures" in said(app)
    app = opened("forecast", {"series": ""})
    assert "Choose at least one series." in sound(app).info[0].value


def test_the_drawing_is_kept_when_only_numbers_change() -> None:
    app = opened("forecast")
    chart = app.get("vega_lite_chart")[0].proto
    app.slider[0].set_value(app.slider[0].max)
    moved = sound(app.run()).get("vega_lite_chart")[0].proto
    assert moved.spec == chart.spec
    assert moved.alt == chart.alt
    before, after = ({part.name: part.data.data for part in sent.datasets} for sent in (chart, moved))
    assert [name for name in before if before[name] != after[name]] == ["rows0"]
    assert rows_of(app) < 2_000


def columns_drawn(app: AppTest) -> list[set[str]]:
    sent = app.get("vega_lite_chart")[0].proto.datasets
    return [set(pa.ipc.open_stream(dataset.data.data).read_all().column_names) for dataset in sent]


def test_history_and_projection_are_told_apart_and_what_others_published_is_sent_anew() -> None:
    app = opened("forecast", {"quantity": "twh", "published": "on"})
    assert any({"past", "future"} <= columns for columns in columns_drawn(app))
    assert sum("entity" in columns for columns in columns_drawn(app)) == 1
    assert sum("p50" in columns for columns in columns_drawn(app)) == 1


def test_boxes_are_empty_until_they_are_opened() -> None:
    app = opened("forecast")
    assert not app.dataframe
    for box, count in (("forecast.segments", 1), ("forecast.sources", 2)):
        app.session_state[box] = True
        assert len(sound(app.run()).dataframe) == count
    app.session_state["command.forecast"] = True
    assert "edgewise forecast --scenario central" in sound(app.run()).code[0].value


@pytest.mark.usefixtures("database_path")
def test_what_changed_is_told_against_the_parent_whichever_it_is() -> None:
    sandbox.run(
        None,
        "INSERT INTO scenarios (scenario_id, parent_id, name, description) "
        "VALUES ('mine', 'edge_first', 'Mine', 'My own.'); "
        "INSERT INTO scenario_overrides (scenario_id, assumption_id, low, central, high) "
        "VALUES ('mine', 'pue', 1.1, 1.15, 1.2)",
        write=True,
    )
    app = sound(opened("forecast", {"scenario": "mine"}))
    assert "What changed against Edge first" in [heading.value for heading in app.subheader]
    assert list(app.dataframe[0].value["assumption_id"]) == ["pue"]
    assert any("Against Edge first, Mine" in text.value for text in app.markdown)
    rows = scenario_changes.changed_rows(loaders.snapshot(), "mine", {"stock_growth_2030": 2.0})
    assert dict(zip(rows["assumption_id"], rows["overridden_by"], strict=True))["stock_growth_2030"] == "you"

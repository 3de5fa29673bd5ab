"""The Devices page: each view draws, each control moves it, filters that leave nothing are told."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
import streamlit as st
from app_driver import charts, move_every_control, opened, sound, titles

from dashboard import device_loaders, loaders
from dashboard.charts import growth
from dashboard.labels import Scale

pytestmark = pytest.mark.usefixtures("few_draws")


@pytest.fixture(scope="module", autouse=True)
def _empty_cache() -> Iterator[None]:
    yield
    st.cache_resource.clear()


@pytest.mark.parametrize("view", ["roofline", "pair", "growth", "table"])
def test_every_control_of_a_view_moves(view: str) -> None:
    move_every_control(sound(opened("devices", {"view": view})))


def test_measurements_lie_under_the_roofs_and_can_be_put_away() -> None:
    app = opened("devices", {"device": "h100_sxm", "workload": "chat_small"})
    with_them = len(charts(app)[0]["layer"])
    assert "measurements drawn" in app.get("vega_lite_chart")[0].proto.alt
    app.toggle(key="devices.measured").set_value(False)
    assert len(charts(sound(app.run()))[0]["layer"]) == with_them - 1


def test_two_devices_stand_side_by_side() -> None:
    app = sound(opened("devices", {"view": "pair", "pair": "h100_sxm,h200"}))
    rows = app.dataframe[0].value.set_index("figure")
    assert rows.at["Memory bandwidth", "ratio"] == pytest.approx(4800 / 3350)
    assert rows.at["fp8, 2:4 sparse", "first"] == pytest.approx(2 * rows.at["fp8, dense", "first"], rel=0.01)
    app.selectbox(key="devices.pair.second").set_value("rtx_4090")
    sound(app.run())
    assert app.query_params["pair"] == "h100_sxm,rtx_4090"


def test_growth_tells_its_finding_for_each_quantity() -> None:
    app = opened("devices", {"view": "growth", "segment": "datacenter"})
    assert "Memory bandwidth grows" in titles(app)[0]
    for quantity, word in (
        ("peak", "Dense 8-bit peak grows"),
        ("sparse", "2:4 sparse 8-bit peak grows"),
        ("efficiency", "operations a watt grows"),
    ):
        app = opened("devices", {"view": "growth", "segment": "datacenter", "quantity": quantity})
        assert word in titles(sound(app))[0]


def test_devices_that_bear_no_trend_are_named() -> None:
    app = sound(opened("devices", {"view": "growth"}))
    told = next(text.value for text in app.caption if "in no trend" in text.value)
    assert "Cerebras WSE" in told
    assert "Groq LPU v1" in told
    assert "(memory on the chip alone)" in told
    assert "GB200 NVL72" in told


def test_a_filter_that_leaves_nothing_is_told() -> None:
    app = opened("devices", {"view": "growth", "to": "1995"})
    assert "No device that passes the filter" in sound(app).info[0].value
    app = opened("devices", {"view": "table", "to": "1995"})
    assert "No device matches" in sound(app).info[0].value


def test_the_years_of_the_filter_count_whole() -> None:
    current = loaders.snapshot()
    within = device_loaders.devices_within(current, ["datacenter"], 2023, 2023)
    assert len(within)
    assert within["introduced"].str.startswith("2023").all()
    assert len(device_loaders.devices_within(current, [], None, None)) == len(current.tables["devices"])


def test_growth_rows_keep_the_words_of_each_device() -> None:
    current = loaders.snapshot()
    ids = tuple(current.tables["devices"]["device_id"])
    grown = {"Data centre": device_loaders.grown(current, "dense", ids)}
    points, trends = growth.growth_rows(grown, Scale(1e12, "TOP/s"), pd.Series({"a": "A sheet"}))
    assert set(points["standing"]) == {"in the trend", "planned or estimated", "a rack of many"}
    assert (trends["low"] < trends["high"]).all()
    spec = growth.growth_chart(points, trends, title="t", subtitle="s", y_title="y").to_dict()
    assert [layer["mark"]["type"] for layer in spec["layer"]] == ["area", "point", "line"]

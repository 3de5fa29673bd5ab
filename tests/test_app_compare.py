"""The page Compare: panels, waterfall and table of the scenarios chosen."""

from __future__ import annotations

import pandas as pd
import pytest
from app_driver import opened, rows_of, sound, titles

from dashboard import labels, loaders, theme
from dashboard.charts import multiples, waterfall
from forecasting.assumptions import scenario_difference

pytestmark = pytest.mark.usefixtures("few_draws")
_SCALE = labels.Scale(1.0, "OP/s")


def test_two_scenarios_are_drawn_split_and_tabled_from_the_address() -> None:
    query = {
        "scenario": "edge_first,ai_slowdown",
        "quantity": "twh",
        "from": "ai_slowdown",
        "to": "edge_first",
    }
    app = sound(opened("compare", query | {"figure": "edge_share", "year": "2028"}, ["command.compare"]))
    assert not app.warning
    assert "differs most in 2030" in titles(app)[0]
    assert titles(app)[1].count("The edge's share of operations in 2028: ")
    assert "in AI slowdown" in titles(app)[1]
    assert rows_of(app) < 2_000
    ends, differing = app.dataframe[0].value, app.dataframe[-1].value
    assert ends["scenario"].tolist() == ["Edge first", "AI slowdown"]
    current = loaders.snapshot()
    expected = scenario_difference(current.tables, "edge_first", "ai_slowdown")
    assert set(differing["assumption_id"]) == set(expected["assumption_id"])
    assert "edgewise waterfall ai_slowdown edge_first --figure edge_share_2028" in app.code[0].value


def test_the_sliders_of_forecast_stand_beside_the_scenarios_until_they_are_left_out() -> None:
    app = sound(opened("forecast", {"scenario": "edge_first", "pue": "1.2"}))
    app.switch_page("app_pages/compare.py")
    app.query_params.clear()
    sound(app.run())
    before = titles(app)
    app.button(key="compare.take").click()
    sound(app.run())
    title = "Edge first, 1 assumption of yours"
    ends, differing = app.dataframe[0].value, app.dataframe[-1].value
    assert ends["scenario"].tolist()[-1] == title
    total = loaders.chart_bands(loaders.snapshot(), "edge_first", "ops", {"pue": 1.2}, "demand")
    last = total[(total["year"] == 2030) & (total["series"] == "training")]["p50"].iloc[0]
    shown = ends.set_index("scenario")["training"]
    other = loaders.chart_bands(loaders.snapshot(), "central", "ops", {}, "demand")
    there = other[(other["year"] == 2030) & (other["series"] == "training")]["p50"].iloc[0]
    assert shown[title] / shown["Central"] == pytest.approx(last / there)
    assert differing.set_index("assumption_id").at["pue", "yours.central"] == 1.2
    assert (app.query_params["base"], app.query_params["pue"]) == ("edge_first", "1.2")
    assert app.button(key="compare.take").disabled
    app.button(key="compare.leave").click()
    assert titles(sound(app.run())) == before


def test_without_sliders_there_is_nothing_to_take_but_an_address_brings_them() -> None:
    app = sound(opened("compare"))
    assert app.button(key="compare.take").disabled
    app = sound(opened("compare", {"base": "cloud_first", "pue": "1.3"}))
    assert app.dataframe[0].value["scenario"].tolist()[-1] == "Cloud first, 1 assumption of yours"


def test_one_scenario_is_too_few_and_five_are_too_many() -> None:
    app = sound(opened("compare", {"scenario": "central"}))
    assert "Choose at least two scenarios" in app.info[0].value
    five = sound(opened("compare", {"scenario": "central,edge_first,cloud_first,bitstream,ai_slowdown"}))
    assert "scenario holds 5 names: it may hold 4 at most." in five.warning[0].value
    assert len(five.multiselect(key="compare.scenario").value) == 3


def test_a_replayed_figure_has_nothing_to_compare() -> None:
    app = sound(opened("compare", {"scenario": "central,figure_4"}))
    assert "There is no scenario 'figure_4'" in app.warning[0].value


def bands(top: float) -> pd.DataFrame:
    return pd.DataFrame(
        [(year, "training", 0.1 * top, 0.3 * top, top, 2 * top, 4 * top) for year in (2024, 2025, 2026)],
        columns=["year", "series", "p5", "p25", "p50", "p75", "p95"],
    )


def test_panels_stand_beside_each_other_on_one_axis() -> None:
    rows = multiples.panel_rows({"A": bands(1.0), "B": bands(2.0)}, _SCALE, log=True)
    assert rows["x"].tolist() == [0, 1, 2, 3, 4, 5]
    chart = multiples.multiples_chart(
        rows, title="A", subtitle="B", y_title="y", log=True, last_history_year=2025
    ).to_dict()
    area = next(layer for layer in chart["layer"] if layer["mark"]["type"] == "area")
    assert (area["encoding"]["y"]["field"], area["encoding"]["y2"]["field"]) == ("p5", "p95")
    assert area["encoding"]["x"]["axis"]["values"] == [0, 1, 2, 3, 4, 5]


def test_a_waterfall_leads_from_one_level_to_the_other() -> None:
    steps = pd.DataFrame(
        {
            "name": ["More demand", "Less power"],
            "effect": [5.0, -2.0],
            "level_before": [10.0, 15.0],
            "level_after": [15.0, 13.0],
            "assumptions": ["a", "b"],
        }
    )
    rows = waterfall.step_rows(steps, "Central", "Other", labels.Scale(1.0, "TWh"))
    assert rows["kind"].tolist() == ["level", "more", "less", "level"]
    assert rows["said"].tolist() == ["10.0 TWh", "+5.00 TWh", "-2.00 TWh", "13.0 TWh"]
    assert rows["high"].tolist() == [10.0, 15.0, 13.0, 13.0]
    chart = waterfall.waterfall_chart(rows, title="A", subtitle="B", axis="TWh").to_dict()
    colour = chart["layer"][0]["encoding"]["color"]["scale"]
    assert colour["range"] == [theme.GREY, theme.ORANGE, theme.BLUE]
    assert "scale" not in chart["layer"][1]["encoding"].get("color", {})


@pytest.mark.parametrize(
    ("words", "inside"), [("Growth of it", "growth of it"), ("PUE of it", "PUE of it"), ("", "")]
)
def test_a_name_inside_a_sentence_keeps_abbreviations(words: str, inside: str) -> None:
    assert labels.lowered(words) == inside


def test_shares_are_written_in_per_cent() -> None:
    assert labels.amount(0.034, "share") == "3.4 %"

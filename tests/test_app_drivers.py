"""The page Drivers: tornado, total effects with errors, two assumptions at once."""

from __future__ import annotations

import pandas as pd
import pytest
from app_driver import opened, rows_of, sound, titles

from dashboard import analyses, labels
from dashboard.charts import drivers, two_way

pytestmark = pytest.mark.usefixtures("few_draws")


def test_the_address_names_figure_scenario_and_both_axes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyses, "SWEEP_STEPS", 3)
    query = {
        "scenario": "bitstream",
        "figure": "twh",
        "year": "2028",
        "across": "pue",
        "up": "stock_growth_2026",
    }
    app = sound(opened("drivers", query, ["drivers.table"]))
    assert not app.warning
    assert titles(app)[0].count("Electricity of AI in 2028: ")
    assert "total effect" in titles(app)[1]
    assert "Electricity of AI in 2028 runs from" in titles(app)[3]
    alternative = app.get("vega_lite_chart")[3].proto.alt
    assert "Heat map of Power usage effectiveness and Growth of the accelerator stock in 2026" in alternative
    assert rows_of(app) < 500
    shown = app.dataframe[0].value
    assert shown["total_effect"].is_monotonic_decreasing
    assert "Drivers of " in " ".join(shown["name"])


def test_an_axis_cannot_be_crossed_with_itself() -> None:
    query = {"figure": "twh", "across": "pue", "up": "pue", "samples": "64"}
    app = sound(opened("drivers", query))
    assert app.selectbox(key="drivers.across").value == "pue"
    assert app.selectbox(key="drivers.up").value != "pue"


def effects() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": ["small", "wide", "none"],
            "kind": ["assumption", "fleet", "drivers"],
            "inputs": [1, 2, 3],
            "total_effect": [0.2, 0.7, 0.0],
            "total_effect_error": [0.15, 0.05, 0.0],
            "at_low": [9.0, 20.0, 10.0],
            "at_central": 10.0,
            "at_high": [11.0, 2.0, 10.0],
        }
    )


def test_a_tornado_has_the_widest_bar_first_and_leaves_out_what_moves_nothing() -> None:
    rows = drivers.tornado_rows(effects(), labels.Scale(1.0, "TWh"), 12)
    assert list(dict.fromkeys(rows["label"])) == ["wide", "small"]
    wide = rows[rows["label"] == "wide"].set_index("end")
    assert wide.at["Input at its 5 %", "value"] == 20.0
    assert wide.at["Input at its 95 %", "said"] == "2.00 TWh"
    bar = drivers.tornado_chart(rows, title="A", subtitle="B", axis="TWh").to_dict()["layer"][0]["encoding"]
    assert (bar["x"]["field"], bar["x2"]["field"]) == ("central", "value")


def test_an_error_bar_spans_two_standard_errors_and_stops_at_nothing() -> None:
    rows = drivers.effect_rows(effects(), 12).set_index("label")
    assert list(rows.index) == ["wide", "small"]
    assert rows.at["wide", "low"] == pytest.approx(0.6)
    assert rows.at["wide", "high"] == pytest.approx(0.8)
    assert rows.at["small", "low"] == 0.0


def test_a_cell_of_the_heat_map_bears_its_median_in_letters_that_can_be_read() -> None:
    swept = pd.DataFrame(
        {"x": [1.0, 2.0] * 2, "y": [3.0, 3.0, 4.0, 4.0], "p5": 0.0, "p50": [0.1, 0.2, 0.3, 1.0], "p95": 2.0}
    )
    rows = two_way.cell_rows(swept, labels.Scale(0.01, "%"))
    assert rows["text"].tolist() == ["10", "20", "30", "100"]
    assert rows["strong"].tolist() == [False, False, False, True]
    chart = two_way.two_way_chart(rows, title="A", subtitle="B", axes=("a", "b"), unit="%").to_dict()
    assert chart["layer"][0]["encoding"]["y"]["sort"] == ["4.00", "3.00"]

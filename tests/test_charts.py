"""Charts on their own data: what is drawn, in which unit, and in which colour."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard import labels, overlays, theme
from dashboard.charts import bands, budget_map, roofline

_SERIES = list(theme.SERIES_COLOURS)
_SCALE = labels.scale_for("OP/s", 5e21)


def _forecast(years: range = range(2022, 2031), lowest: float = 1e20) -> pd.DataFrame:
    rows = [
        (year, series, lowest * rank * 2.0 ** (year - 2022))
        for year in years
        for rank, series in enumerate(_SERIES, start=1)
    ]
    frame = pd.DataFrame(rows, columns=["year", "series", "p50"])
    factors = {"p5": 0.25, "p25": 0.5, "p75": 2.0, "p95": 4.0}
    return frame.assign(**{name: frame["p50"] * factor for name, factor in factors.items()})


def _band_spec(*, log: bool, **further: Any) -> dict[str, Any]:
    rows = bands.band_rows(_forecast(), _SCALE, log=log)
    chart = bands.band_chart(
        rows, title="A finding", subtitle="Drawn", y_title="ZOP/s", log=log, last_history_year=2025, **further
    )
    return dict(chart.to_dict())


def _marks(spec: dict[str, Any]) -> list[str]:
    return [layer["mark"]["type"] for layer in spec["layer"]]


def test_band_rows_stand_in_the_display_unit() -> None:
    rows = bands.band_rows(_forecast(), _SCALE, log=False)
    first = rows.iloc[0]
    assert first["p50"] == pytest.approx(0.1)
    assert first["median"] == "0.100 ZOP/s"
    assert first["most"] == "0.0250 to 0.400"


def test_a_logarithmic_axis_gets_no_zero() -> None:
    forecast = _forecast()
    forecast.loc[forecast["series"] == "edge_inference", ["p5", "p25", "p50", "p75", "p95"]] = 0.0
    forecast["p5"] = 0.0
    rows = bands.band_rows(forecast, _SCALE, log=True)
    assert "edge_inference" not in set(rows["series"])
    assert (rows[["p5", "p25", "p50", "p75", "p95"]] > 0).all().all()
    assert rows["p5"].min() == pytest.approx(rows["p50"].min() / 1000)


def test_a_linear_axis_keeps_zero() -> None:
    forecast = _forecast()
    forecast["p5"] = 0.0
    assert (bands.band_rows(forecast, _SCALE, log=False)["p5"] == 0).all()


def test_bands_are_areas_between_two_quantiles() -> None:
    spec = _band_spec(log=True)
    areas = [layer["encoding"] for layer in spec["layer"] if layer["mark"]["type"] == "area"]
    assert [(e["y"]["field"], e["y2"]["field"]) for e in areas] == [("p5", "p95"), ("p25", "p75")]
    assert {e["y"]["scale"]["type"] for e in areas} == {"log"}


def test_history_is_solid_and_projection_dashed() -> None:
    lines = [layer for layer in _band_spec(log=False)["layer"] if layer["mark"]["type"] == "line"]
    assert [layer["transform"][-1]["filter"] for layer in lines] == [
        "datum.year <= 2025",
        "datum.year >= 2025",
    ]
    assert ["strokeDash" in layer["mark"] for layer in lines] == [False, True]


def test_every_layer_bears_the_axis_of_years() -> None:
    for layer in _band_spec(log=False)["layer"]:
        assert layer["encoding"]["x"]["scale"]["domain"] == [2022, 2030]
        assert layer["encoding"]["x"]["scale"]["zero"] is False


def test_a_series_has_the_same_colour_in_every_layer() -> None:
    spec = _band_spec(log=True)
    scales = [
        e["color"]["scale"] for e in (la["encoding"] for la in spec["layer"]) if "scale" in e.get("color", {})
    ]
    assert len(scales) == 5
    for scale in scales:
        assert dict(zip(scale["domain"], scale["range"], strict=True)) == {
            labels.SERIES[series]: colour for series, colour in theme.SERIES_COLOURS.items()
        }


def test_without_history_no_border_is_drawn() -> None:
    rows = bands.band_rows(_forecast(range(2026, 2031)), _SCALE, log=False)
    chart = bands.band_chart(rows, title="t", subtitle="s", y_title="y", log=False, last_history_year=2025)
    assert "rule" not in _marks(chart.to_dict())


def test_published_forecasts_lie_over_the_bands() -> None:
    published = pd.DataFrame(
        {
            "year": [2030, 2030],
            "value": [2e21, np.nan],
            "low": [1e21, 2e21],
            "high": [3e21, 4e21],
            "entity": ["World", "World"],
            "source": ["An agency", "A bank"],
        }
    )
    rows = bands.published_rows(published, _SCALE)
    assert rows["value"].iloc[0] == pytest.approx(2.0)
    assert list(rows["said"]) == ["2.00 ZOP/s", "–"]
    assert list(rows["most"]) == ["1.00 to 3.00", "2.00 to 4.00"]
    assert len(_marks(_band_spec(log=True, published=rows))) == len(_marks(_band_spec(log=True))) + 2


def test_a_title_says_the_finding_at_every_width() -> None:
    text = _band_spec(log=True)["title"]["text"]["expr"]
    assert text.count("A finding") == 4


def _curves() -> pd.DataFrame:
    rows = []
    for precision, peak in (("bf16", 1e14), ("int8", 2e14)):
        for intensity in (1.0, peak / 1e12, 1e4):
            rows.append((precision, intensity, min(peak, intensity * 1e12), peak / 1e12, peak))
    columns = ["precision", "intensity", "attainable_ops_per_s", "ridge_point", "peak_ops_per_s"]
    return pd.DataFrame(rows, columns=columns).assign(
        level="memory",
        capacity_bytes=16e9,
        device_id="a",
        name="Device A",
        sparse_ops_per_s=np.nan,
        bytes_per_s=1e12,
        source="Sheet",
        confidence="recalled",
    )


def _points() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "device_id": "a",
            "name": "Device A",
            "precision": "int8",
            "workload": ["Chat", "Camera", "Unknown"],
            "arithmetic_intensity": [2.0, 500.0, np.nan],
            "attained_ops_per_s": [1e12, 1e14, np.nan],
            "binding_roof": ["memory", "compute", ""],
            "within_budget": [False, True, False],
            "reason": ["66 ms a token against a budget of 30 ms (memory roof)", "", "no peak"],
            "confidence": "estimated",
        }
    )


def test_a_second_arithmetic_of_a_device_is_dashed_in_the_same_colour() -> None:
    rows = roofline.curve_rows(_curves())
    assert rows.groupby("precision")["dash"].first().to_dict() == {"bf16": 0, "int8": 1}
    assert rows["name"].nunique() == 1


def test_roofs_carry_ridge_source_and_confidence() -> None:
    row = roofline.curve_rows(_curves()).iloc[0]
    assert row["ridge"] == "100 OP/B"
    assert row["peak"] == "100 TOP/s"
    assert row["bandwidth"] == "1.00 TB/s"
    assert row["certainty"] == "◐ recalled"
    assert row["sparse"] == "none stated"


def test_only_workloads_that_can_be_evaluated_are_points() -> None:
    rows = roofline.point_rows(_points())
    assert list(rows["workload"]) == ["Chat", "Camera"]
    assert list(rows["verdict"]) == ["misses its budget", "within budget"]
    assert list(rows["why"]) == ["66 ms a token against a budget of 30 ms (memory roof)", "–"]


def test_the_roofline_has_two_logarithmic_axes() -> None:
    curves, points = roofline.curve_rows(_curves()), roofline.point_rows(_points())
    spec = roofline.roofline_chart(curves, points, title="t", subtitle="s").to_dict()
    for layer in spec["layer"]:
        assert layer["encoding"]["x"]["scale"]["type"] == "log"
        assert layer["encoding"]["y"]["scale"]["type"] == "log"
    assert _marks(spec) == ["line", "point", "text", "point"]
    # A line's colour is too pale for small letters.
    assert spec["layer"][2]["encoding"]["color"] == {"value": theme.INK_SOFT}


def test_a_roofline_without_workloads_is_still_a_roofline() -> None:
    spec = roofline.roofline_chart(
        roofline.curve_rows(_curves()), roofline.point_rows(_points()).iloc[:0], title="t", subtitle="s"
    ).to_dict()
    assert _marks(spec) == ["line", "point", "text"]


def _budgets(margins: list[float]) -> pd.DataFrame:
    count = len(margins)
    return pd.DataFrame(
        {
            "device_id": [f"d{i}" for i in range(count)],
            "workload_id": "w",
            "device": [f"Device {i}" for i in range(count)],
            "workload": "Chat",
            "binding_roof": "memory",
            "reason": [""] * count,
            "margin": margins,
            "latency_s": 0.03,
            "power_w": 4.0,
            "device_confidence": "cited",
            "workload_confidence": "judgement",
        }
    )


def test_cells_say_how_far_they_lie_from_their_budget() -> None:
    rows = budget_map.cell_rows(_budgets([0.5, 2.0, np.inf, np.nan, 0.001, 500.0]))
    assert list(rows["text"]) == ["0.50", "2.0", "mem", "", "<.01", ">99"]
    assert list(rows["verdict"]) == [
        "within budget: 0.500 of the tightest limit",
        "beyond budget: 2.00 of the tightest limit",
        "does not fit in memory",
        "cannot be evaluated",
        "within budget: 0.00100 of the tightest limit",
        "beyond budget: 500 of the tightest limit",
    ]
    assert list(rows["known"]) == [True, True, True, False, True, True]


def test_colours_end_at_a_factor_of_sixteen() -> None:
    colours = budget_map.cell_rows(_budgets([0.001, np.inf, 1.0]))["colour"]
    assert list(colours) == [1 / 16, 16.0, 1.0]


def test_the_map_is_selectable_by_device_and_workload() -> None:
    chart = budget_map.budget_map(budget_map.cell_rows(_budgets([0.5, 2.0])), title="t", subtitle="s")
    parameters = chart.to_dict()["params"]
    assert [p["name"] for p in parameters] == [budget_map.SELECTION]
    assert parameters[0]["select"]["fields"] == ["device_id", "workload_id"]


def test_the_map_writes_into_cells_only_while_they_are_wide_enough() -> None:
    narrow = budget_map.budget_map(budget_map.cell_rows(_budgets([0.5] * 24)), title="t", subtitle="s")
    wide = budget_map.budget_map(budget_map.cell_rows(_budgets([0.5] * 4)), title="t", subtitle="s")
    assert "text" not in _marks(narrow.to_dict())
    assert "text" in _marks(wide.to_dict())


def test_within_and_beyond_differ_in_more_than_hue() -> None:
    def luminance(colour: str) -> float:
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    between = luminance(theme.BETWEEN)
    for end in (theme.WITHIN, theme.BEYOND):
        # WCAG's contrast of graphical objects.
        assert (between + 0.05) / (luminance(end) + 0.05) >= 3.0


def test_only_world_totals_in_the_charts_unit_are_laid_over_it() -> None:
    table = pd.DataFrame(
        {
            "series": ["electricity", "electricity", "electricity", "capacity"],
            "entity": ["world data centres", "US data centres", "world data centres", "world data centres"],
            "year": [2030, 2028, 2035, 2027],
            "value": [945.0, 400.0, 1200.0, 92.0],
            "low": np.nan,
            "high": np.nan,
            "unit": ["TWh", "TWh", "TWh", "GW"],
            "source_id": "iea",
        }
    )
    sources = pd.DataFrame(
        {"source_id": ["iea"], "title": ["Energy and AI"], "publisher": ["IEA"], "published": [None]}
    )
    tables = {"published_forecasts": table, "sources": sources}
    shown = overlays.published_for(tables, "twh", "demand")
    assert shown[["year", "value", "source"]].to_numpy().tolist() == [[2030, 945.0, "Energy and AI (IEA)"]]
    assert list(overlays.published_for(tables, "gw", "capacity")["value"]) == [92.0]
    assert overlays.published_for(tables, "twh", "capacity").empty


def test_a_replayed_figure_lies_over_the_chart_by_its_last_points() -> None:
    points = pd.DataFrame({"year": [2022, 2030], "series": ["training", "training"], "p50": [1e17, 1.23e18]})
    shown = overlays.replayed_points(points, "Figure 4")
    assert shown[["year", "value", "entity", "source"]].to_numpy().tolist() == [
        [2030, 1.23e18, "Training", "Figure 4"]
    ]

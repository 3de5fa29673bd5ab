"""Charts of the evidence on their own data: points, intervals, baselines and their words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard import theme
from dashboard.charts import backtests, parity, ratios, shares
from devices.evidence import errors_by, evidence
from forecasting.backtest import backtest, backtest_summary

Tables = Mapping[str, pd.DataFrame]


@pytest.fixture(scope="module")
def measured(tables: Tables) -> pd.DataFrame:
    return evidence(tables).assign(model=lambda frame: frame["model_id"])


@pytest.fixture(scope="module")
def scored(tables: Tables) -> pd.DataFrame:
    return backtest(tables)


def layers(chart: Any, mark: str) -> list[dict[str, Any]]:
    return [layer for layer in chart.to_dict()["layer"] if layer["mark"]["type"] == mark]


def test_parity_has_one_scale_for_both_axes_and_a_rule_for_each_interval(measured: pd.DataFrame) -> None:
    rows = parity.parity_rows(measured[measured["metric"] == "latency_ms"], "ms")
    chart = parity.parity_chart(rows, title="A", subtitle="B", axis="ms")
    point, rule = layers(chart, "point")[0], layers(chart, "rule")[0]
    domain = point["encoding"]["y"]["scale"]["domain"]
    assert point["encoding"]["x"]["scale"]["domain"] == domain
    assert point["encoding"]["x"]["scale"]["type"] == "log"
    assert (rule["encoding"]["y"]["field"], rule["encoding"]["y2"]["field"]) == ("low", "high")
    assert domain[0] < rows[["low", "measured"]].min().min()
    assert rows[["high", "measured"]].max().max() < domain[1]


def test_parity_guides_stay_inside_the_axes() -> None:
    lines = parity.guides([0.5, 80.0])
    assert lines[["x", "y"]].to_numpy().min() >= 0.5
    assert lines[["x", "y"]].to_numpy().max() <= 80.0
    assert np.allclose(lines["y"] / lines["x"], lines["factor"])


def test_a_segment_has_the_same_colour_in_both_charts(measured: pd.DataFrame) -> None:
    rows = measured[(measured["metric"] == "decode_tokens_per_s") & (measured["quality"] == "clean")]
    points = parity.parity_chart(parity.parity_rows(rows, "1/s"), title="A", subtitle="B", axis="1/s")
    errors = parity.error_rows(errors_by(rows, "device_class"))
    bars = parity.error_chart(errors, title="A", subtitle="B", targets=(7.0, np.nan))
    scales = [layers(chart, "point")[0]["encoding"]["color"]["scale"] for chart in (points, bars)]
    colours = [dict(zip(scale["domain"], scale["range"], strict=True)) for scale in scales]
    assert colours[0] == colours[1]
    assert colours[0]["Phone"] == theme.SEGMENT_COLOURS["phone"]
    assert len(bars.layer[-1].data) == 1, "an aim that is not set has no line"


def test_outlooks_stand_at_their_target_side_by_side(scored: pd.DataFrame) -> None:
    rows = backtests.outlook_rows(scored[scored["method"] == "blend"])
    same = rows[rows["target"] == rows["target"].max()]
    assert same["shown"].is_unique
    assert (np.abs((rows["shown"] - rows["target"]).dt.days) < 60).all()
    chart = backtests.outlook_chart(rows, title="A", subtitle="B")
    assert layers(chart, "point")[0]["encoding"]["y"]["scale"]["type"] == "log"
    assert rows["low"].min() > 0


def test_baselines_are_grey_and_dashed(scored: pd.DataFrame) -> None:
    rows = backtests.miss_rows(backtest_summary(scored))
    line = layers(backtests.miss_chart(rows, title="A", subtitle="B"), "line")[0]["encoding"]
    colours = dict(zip(line["color"]["scale"]["domain"], line["color"]["scale"]["range"], strict=True))
    dashes = dict(
        zip(line["strokeDash"]["scale"]["domain"], line["strokeDash"]["scale"]["range"], strict=True)
    )
    for name in ("No change (baseline)", "Constant growth (baseline)"):
        assert colours[name] == theme.GREY
        assert dashes[name] != [1, 0]
    assert dashes["Blend (used here)"] == [1, 0]


def test_a_ratio_without_bounds_is_drawn_and_an_infinite_one_left_out() -> None:
    frame = pd.DataFrame(
        {
            "label": ["near", "far", "nothing"],
            "ratio": [1.2, 1e9, np.nan],
            "low": [0.9, np.nan, np.nan],
            "high": [1.5, np.nan, np.nan],
            "held": [True, False, False],
            "verdict": "",
            "ours": "",
            "theirs": "",
            "source": "",
        }
    )
    rows = ratios.ratio_rows(frame)
    assert rows["label"].tolist() == ["near", "far"]
    assert rows["ratio"].max() == 1e6
    chart = ratios.ratio_chart(
        rows, title="A", subtitle="B", axis="x", held=("yes", "no"), told=("ours", "theirs")
    )
    assert layers(chart, "rule")[0]["encoding"]["x"]["axis"]["values"][0] == 0.1
    assert len(layers(chart, "point")) == 1
    assert len(chart.layer[1].data) == 1, "only rows with a range have a rule"


def test_stacks_keep_the_order_of_their_colours() -> None:
    rows = pd.DataFrame(
        {"label": ["a", "a", "b"], "kind": ["differs", "reproduced", "reproduced"], "count": 1}
    )
    chart = shares.stacked_chart(
        rows, theme.VERDICT_COLOURS, title="A", subtitle="B", axis="x", told=("l", "k")
    )
    scale = layers(chart, "bar")[0]["encoding"]["color"]["scale"]
    assert scale["domain"] == ["reproduced", "differs"]

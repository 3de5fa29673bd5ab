"""The page Evidence: every view draws its finding, every control moves it, empty tables are said in words."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from app_driver import charts, move_every_control, opened, rows_of, sound, titles

from dashboard import analyses, labels, loaders, provenance

# The first view is moved with all other pages.
VIEWS = ("claims", "backtests", "published", "sources")
pytestmark = pytest.mark.usefixtures("few_draws")


def view(name: str, **query: str) -> Any:
    return sound(opened("evidence", {"view": name, **query}))


def table(app: Any, column: str) -> pd.DataFrame:
    return next(frame.value for frame in app.dataframe if column in frame.value)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_draws_and_every_control_of_it_moves(name: str) -> None:
    app = view(name)
    assert all(titles(app))
    assert all(chart.proto.alt for chart in app.get("vega_lite_chart"))
    assert rows_of(app) < 2_000
    assert app.dataframe
    move_every_control(app)


def test_the_parity_plot_counts_what_the_command_line_scores() -> None:
    app = view("measured", kind="B_prefill", metric="prefill_tokens_per_s")
    frame = analyses.measured(loaders.snapshot())
    rows = frame[(frame["metric"] == "prefill_tokens_per_s") & (frame["quality"] == "clean")]
    assert f"Half of {len(rows)} predictions" in titles(app)[0]
    assert labels.number(rows["miss_pct"].abs().median()) in titles(app)[0]
    worst = table(app, "likely_cause")
    assert len(worst) == 20
    assert worst["likely_cause"].str.len().min() > 0
    assert set(worst["metric_name"]) <= {"Prefill rate", "Time to the first token"}


def test_a_figure_of_another_kind_falls_back_to_one_of_this_kind() -> None:
    app = view("measured", kind="E_gpu_power", metric="latency_ms")
    assert app.selectbox(key="evidence.metric").value in ("power_w", "energy_per_token_j")


def test_claims_can_be_narrowed_to_those_that_differ_each_with_its_reason() -> None:
    app = view("claims", verdict="differs")
    rows = table(app, "verdict")
    assert set(rows["verdict"]) == {"differs"}
    assert rows["note"].str.len().min() > 0
    app.text_input(key="evidence.claim").set_value("zzz")
    sound(app.run())
    assert "No claim matches" in app.info[0].value


def test_the_backtest_shows_both_baselines() -> None:
    app = view("backtests", method="no_change")
    assert titles(app)[0].count("No change (baseline)")
    assert {"No change (baseline)", "Constant growth (baseline)"} <= set(table(app, "mae_oom")["name"])
    assert "constant growth by" in titles(app)[1]


def test_another_scenario_contradicts_other_figures() -> None:
    app = view("published", scenario="central")
    central = titles(app)[-1]
    app.selectbox(key="evidence.scenario").set_value("ai_slowdown")
    sound(app.run())
    assert "AI slowdown contradicts" in titles(app)[-1]
    assert titles(app)[-1] != central


def test_every_source_is_listed_with_what_rests_on_it() -> None:
    tables = loaders.snapshot().tables
    rows = provenance.source_rows(tables)
    assert set(rows["source_id"]) == set(tables["sources"]["source_id"])
    named = sum(
        int(frame["source_id"].notna().sum()) for name, frame in tables.items() if "source_id" in frame
    )
    assert rows["rows"].sum() == named - len(rows)
    app = view("sources", source="epoch")
    assert 0 < len(table(app, "used_in")) < len(rows)
    app.text_input(key="evidence.source").set_value("zzz")
    sound(app.run())
    assert "No source matches" in app.info[0].value


@pytest.mark.parametrize(
    ("name", "value", "note"),
    [
        ("view", "claim", "There is no view 'claim': did you mean claims"),
        ("kind", "E_power", "There is no kind 'E_power'"),
        ("scenario", "figure_4", "There is no scenario 'figure_4'"),
    ],
)
def test_a_broken_address_falls_back_with_a_note(name: str, value: str, note: str) -> None:
    app = sound(opened("evidence", {name: value}))
    assert note in app.warning[0].value
    assert titles(app)


@pytest.mark.usefixtures("database_path")
@pytest.mark.parametrize(
    ("name", "emptied", "said"),
    [
        ("measured", "left_out_predictions", "No clean measurement has a prediction yet"),
        ("claims", "claims", "The table `claims` is empty"),
    ],
)
def test_an_empty_table_is_said_in_words(
    name: str, emptied: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = loaders.snapshot()
    tables = {**whole.tables, emptied: whole.tables[emptied].iloc[:0]}
    monkeypatch.setattr(loaders, "snapshot", lambda: type(whole)(whole.path, "emptied", tables))
    app = view(name)
    assert said in app.info[0].value
    assert not charts(app)


def test_the_shares_of_figure_4_have_a_probability_in_each_sense() -> None:
    app = view("published")
    rows = table(app, "probability")
    assert set(rows["sense"]) == {"Demand", "Available", "Capacity"}
    assert rows["probability"].between(0.0, 100.0).all()
    assert any("all three hold at once in" in text.value for text in app.markdown)

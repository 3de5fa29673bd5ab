"""Kept forecasts in the app: kept from the page Forecast, held against now and what came on Evidence."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
import streamlit as st
from app_driver import charts, move_every_control, opened, plain, rows_of, sound, titles
from conftest import DRAWS
from streamlit.testing.v1 import AppTest

from dashboard import loaders
from datasets import sandbox
from forecasting.vintages import BANDS, KEPT, record_forecast, vintage_scores

pytestmark = pytest.mark.usefixtures("few_draws")


@pytest.fixture(scope="module")
def kept_database(built_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("kept_app") / "edgewise.duckdb"
    shutil.copy(built_database, path)
    record_forecast(path, "spring", draws=DRAWS, made=date(2026, 6, 1))
    yield path
    st.cache_resource.clear()


@pytest.fixture
def kept_path(kept_database: Path, database_path: Path) -> Path:
    """The default database, with the forecast 'spring' in it."""
    shutil.copy(kept_database, database_path)
    return database_path


def view(**query: str) -> AppTest:
    return sound(opened("evidence", {"view": "kept", **query}, ["command.score"]))


def told(app: AppTest) -> str:
    return plain(" ".join(text.value for text in [*app.markdown, *app.caption, *app.info, *app.success]))


def test_no_kept_forecast_is_said_in_words() -> None:
    app = view()
    assert "No forecast is kept yet" in app.info[0].value
    assert not charts(app)


@pytest.mark.usefixtures("kept_path")
def test_a_kept_forecast_stands_beside_the_present_one() -> None:
    app = view(kept="spring", figure="data_centre_twh")
    listed = app.dataframe[0].value
    kept = loaders.snapshot().tables[KEPT].iloc[0]
    assert listed["hash"].tolist() == [kept["inputs_hash"][:16]]
    assert listed["made"].tolist() == [date(2026, 6, 1)]
    # The same inputs, draws and seed: the present forecast is the kept one.
    assert "for 2030; the present forecast says the same" in titles(app)[0]
    assert rows_of(app) < 200
    assert "Its inputs are those of now." in told(app)
    assert "Nothing that was observed since can score it yet" in told(app)
    move_every_control(app)


def test_what_came_since_is_drawn_and_scored(kept_path: Path) -> None:
    sandbox.run(
        kept_path,
        "INSERT INTO history (series, entity, date, value, unit) VALUES "
        "('accelerators installed', 'WORLD deployed (1-quarter lag)', '2026-12-31', 4e7, "
        "'H100e (dense 8-bit)')",
        write=True,
    )
    app = view(kept="spring")
    assert "Its inputs have changed since it was kept." in told(app)
    scores = vintage_scores(loaders.snapshot().tables, "spring")
    shown = app.dataframe[1].value
    assert shown["actual"].tolist() == scores["actual"].tolist() == [4e7]
    assert shown["error_oom"].tolist() == scores["error_oom"].tolist()
    assert "1 figure scored" in told(app)
    app.session_state["command.score"] = True
    assert sound(app.run()).code[0].value == "edgewise score --record spring --format csv"


def test_a_kept_forecast_of_a_scenario_that_is_gone_still_stands(kept_path: Path) -> None:
    sandbox.run(kept_path, f"UPDATE {KEPT} SET scenario_id = 'gone' WHERE name = 'spring'", write=True)
    app = view(kept="spring")
    assert "There is no present forecast to hold it against." in app.warning[0].value
    assert "spring foresaw" in titles(app)[0]


def keep(name: str) -> AppTest:
    app = opened("forecast", {"scenario": "edge_first", "pue": "1.2"})
    app.session_state["forecast.keep"] = True
    app.run()
    app.text_input(key="kept.name").set_value(name)
    app.button(key="kept.keep").click()
    return app.run()


@pytest.mark.usefixtures("kept_path")
def test_the_forecast_on_the_page_is_kept_under_a_name() -> None:
    app = sound(keep(" My  guess "))
    assert "Kept as “My guess”" in told(app)
    tables = loaders.snapshot().tables
    row = tables[KEPT].set_index("name").loc["My guess"]
    assert (row["scenario_id"], row["overrides"], row["draws"]) == ("edge_first", '{"pue": 1.2}', DRAWS)
    bands = tables[BANDS].set_index(["name", "output", "year"])["p50"]
    shown = loaders.forecast_bands(loaders.snapshot(), "edge_first", "twh", {"pue": 1.2})
    total = shown[(shown["segment"] == "all") & (shown["sense"] == "demand") & (shown["year"] == 2030)]
    edge = total.set_index("series").at["edge_inference", "p50"]
    assert bands["My guess", "edge_twh", 2030] == pytest.approx(edge)


@pytest.mark.usefixtures("kept_path")
@pytest.mark.parametrize(
    ("name", "sentence"), [(" ", "needs a name"), ("spring", "kept as 'spring' already")]
)
def test_a_name_that_cannot_be_taken_is_one_sentence(name: str, sentence: str) -> None:
    app = keep(name)
    assert not app.exception
    assert [sentence in box.value for box in app.error] == [True]


def test_a_reader_keeps_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEWISE_READ_ONLY", "1")
    app = opened("forecast")
    app.session_state["forecast.keep"] = True
    sound(app.run())
    assert app.button(key="kept.keep").disabled
    assert app.text_input(key="kept.name").disabled

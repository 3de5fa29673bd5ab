"""Every page without a browser: it draws, each control moves it, each fault is a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from app_driver import APP, charts, move_every_control, opened, plain, rows_of, said, sound, titles
from conftest import DRAWS
from streamlit.testing.v1 import AppTest

from dashboard import loaders
from dashboard.examples import EXAMPLES
from datasets import database, sandbox
from datasets.exports import csv_text
from forecasting.projection import forecast

PAGES = sorted(path.stem for path in APP.with_name("app_pages").glob("*.py") if path.stem != "__init__")


pytestmark = pytest.mark.usefixtures("few_draws")


@pytest.fixture(scope="module", autouse=True)
def _empty_cache() -> Iterator[None]:
    yield
    st.cache_resource.clear()


def answer(app: AppTest) -> str:
    return plain(next(text.value for text in app.markdown if text.value.startswith("- ")))


@pytest.mark.parametrize("page", PAGES)
def test_a_page_draws(page: str) -> None:
    app = sound(opened(page))
    assert app.header[0].value
    assert all(title for title in titles(app))


def test_the_forecast_comes_first_with_its_answer_and_its_chart() -> None:
    app = sound(opened("forecast"))
    assert app.header[0].value == "Where will AI compute run?"
    assert "edge devices run about" in answer(app)
    assert "Central: cloud inference is largest in 2030" in said(app)
    assert titles(app)[0].startswith("Central: cloud inference")


@pytest.mark.parametrize("page", PAGES)
def test_every_control_of_a_page_moves_without_a_fault(page: str) -> None:
    move_every_control(opened(page))


def test_every_scenario_and_quantity_is_drawn() -> None:
    app = opened("forecast")
    for scenario in loaders.scenarios(loaders.snapshot())["scenario_id"]:
        app.selectbox(key="forecast.scenario").set_value(scenario)
        sound(app.run())
        assert rows_of(app) < 2_000
    app.selectbox(key="forecast.scenario").set_value("central").run()
    for quantity in ("h100e", "tokens", "gw", "twh", "usd", "ops"):
        app.selectbox(key="forecast.quantity").set_value(quantity)
        sound(app.run())
        assert charts(app)


def test_a_scenario_changes_the_answer() -> None:
    app = opened("forecast")
    central = answer(app)
    app.selectbox(key="forecast.scenario").set_value("edge_first")
    sound(app.run())
    assert answer(app) != central
    assert "Against Central, Edge first" in answer(app)
    assert "What changed against Central" in [heading.value for heading in app.subheader]


def test_a_slider_moves_the_chart_and_reset_moves_it_back() -> None:
    app = opened("forecast")
    app.selectbox(key="forecast.group").set_value("stock").run()
    before = said(app)
    app.slider(key="forecast.slider.central.stock_growth_2030").set_value(2.6)
    sound(app.run())
    assert said(app) != before
    assert app.query_params["stock_growth_2030"] == "2.6"
    assert "1 assumption of yours" in answer(app)
    app.button(key="forecast.reset").click()
    sound(app.run())
    assert said(app) == before
    assert "stock_growth_2030" not in app.query_params
    assert app.slider(key="forecast.slider.central.stock_growth_2030").value == pytest.approx(1.7)


def test_a_slider_brought_back_to_the_scenarios_own_value_is_no_assumption_of_the_user() -> None:
    app = opened("forecast", {"scenario": "edge_first"})
    app.selectbox(key="forecast.group").set_value("placement").run()
    lever = "edge_default_shift_2030"
    own = app.slider(key=f"forecast.slider.edge_first.{lever}").value
    app.slider(key=f"forecast.slider.edge_first.{lever}").set_value(0.3)
    sound(app.run())
    assert "1 assumption of yours" in answer(app)
    app.slider(key=f"forecast.slider.edge_first.{lever}").set_value(own)
    sound(app.run())
    assert "of yours" not in answer(app)
    assert lever not in app.query_params


def test_the_pages_frame_is_that_of_the_command_line() -> None:
    current = loaders.snapshot()
    own = {"stock_growth_2030": 1.9}
    shown = loaders.forecast_bands(current, "edge_first", "twh", own)
    printed = forecast(current.tables, ["edge_first"], quantity="twh", draws=DRAWS, seed=0, overrides=own)
    assert csv_text(shown) == csv_text(printed)


def test_the_address_opens_the_same_page() -> None:
    query = {"scenario": "edge_first", "quantity": "twh", "log": "off", "published": "on", "pue": "1.2"}
    app = sound(opened("forecast", query))
    assert app.selectbox(key="forecast.scenario").value == "edge_first"
    assert app.selectbox(key="forecast.quantity").value == "twh"
    assert app.toggle(key="forecast.log").value is False
    assert "1 assumption of yours" in answer(app)
    assert not app.warning
    assert app.query_params["v"] == "1"


@pytest.mark.parametrize(
    ("name", "value", "note"),
    [
        ("scenario", "edge_frist", "There is no scenario 'edge_frist': did you mean edge_first"),
        ("quantity", "apples", "There is no quantity 'apples'"),
        ("log", "perhaps", "log is 'perhaps': it must be on or off."),
        ("pue", "much", "pue is 'much': it must be a number."),
        ("pue", "9", "pue is 9: it must lie between 1 and 3."),
        ("nonsense", "1", "There is no setting 'nonsense'"),
        ("v", "7", "The address is of version '7'"),
    ],
)
def test_a_broken_address_falls_back_with_a_note(name: str, value: str, note: str) -> None:
    app = sound(opened("forecast", {name: value}))
    assert note in app.warning[0].value
    assert app.selectbox(key="forecast.scenario").value == "central"


def test_state_survives_a_visit_to_another_page() -> None:
    app = opened("forecast")
    app.selectbox(key="forecast.scenario").set_value("cloud_first").run()
    app.switch_page("app_pages/data.py").run()
    app.query_params.clear()
    sound(app.switch_page("app_pages/forecast.py").run())
    assert app.selectbox(key="forecast.scenario").value == "cloud_first"


@pytest.mark.usefixtures("database_path")
def test_a_scenario_deleted_elsewhere_is_told_and_central_shown() -> None:
    sandbox.run(
        None,
        "INSERT INTO scenarios (scenario_id, parent_id, name, description) "
        "VALUES ('mine', 'central', 'Mine', 'My own.')",
        write=True,
    )
    app = opened("forecast", {"scenario": "mine"})
    assert app.selectbox(key="forecast.scenario").value == "mine"
    sandbox.run(None, "DELETE FROM scenarios WHERE scenario_id = 'mine'", write=True)
    sound(app.run())
    assert "No longer there: There is no scenario 'mine'" in app.warning[0].value
    assert app.selectbox(key="forecast.scenario").value == "central"


def test_a_replayed_figure_has_points_and_no_levers() -> None:
    app = opened("forecast")
    app.selectbox(key="forecast.quantity").set_value("usd").run()
    app.selectbox(key="forecast.scenario").set_value("figure_4")
    sound(app.run())
    assert "As published for 2030" in answer(app)
    assert not app.slider
    assert app.selectbox(key="forecast.quantity").value == "ops"


def test_devices_draws_roofs_for_chosen_devices() -> None:
    app = opened("devices", {"device": "h100_sxm", "workload": "chat_small"})
    assert "ridge point" in titles(app)[0]
    alternative = app.get("vega_lite_chart")[0].proto.alt
    assert "NVIDIA H100" in alternative
    app.multiselect(key="devices.device").set_value([])
    sound(app.run())
    assert not charts(app)
    assert "Choose at least one device" in app.info[0].value


def test_a_device_without_a_roof_is_named() -> None:
    tables = loaders.snapshot().tables
    without = (
        tables["devices"].loc[tables["devices"]["memory_bandwidth_gb_per_s"].isna(), "device_id"].iloc[0]
    )
    app = sound(opened("devices", {"device": str(without), "workload": ""}))
    assert "there is no roof to draw" in app.info[0].value


def test_the_specifications_are_filtered_and_may_match_nothing() -> None:
    app = opened("devices", {"view": "table"})
    app.text_input(key="devices.search").set_value("zzz")
    sound(app.run())
    assert "No device matches" in app.info[0].value
    app.text_input(key="devices.search").set_value("h100 sxm")
    sound(app.run())
    specifications = app.dataframe[0].value
    assert set(specifications["device_id"]) == {"h100_sxm"}
    assert {"dense_tops", "sparse_tops", "confidence", "source"} <= set(specifications.columns)


def test_budgets_explains_a_cell() -> None:
    app = opened("budgets", {"device": "apple_a18_pro", "workload": "chat_large"})
    said = [box.value for box in app.warning]
    assert any("Chat turn, large model" in text and "short by" in text for text in said)
    assert not app.exception


def test_budgets_names_what_would_fix_a_cell() -> None:
    app = opened("budgets", {"device": "apple_a18_pro", "workload": "chat_large"})
    told = plain(" ".join(text.value for text in app.markdown))
    assert "A larger device: bandwidth, memory, power and arithmetic, 128 times" in told
    assert "More memory, 128 times (8.00 to 1,020 GB), helps, but then" in told


def test_a_precision_that_the_only_device_lacks_is_a_sentence() -> None:
    app = opened("budgets", {"device": "h100_sxm", "workload": "chat_small"})
    app.selectbox(key="budgets.weights").set_value("fp64")
    app.run()
    assert not app.exception
    app.selectbox(key="budgets.weights").set_value("fp4")
    app.run()
    assert not app.exception


def test_every_table_is_shown_with_its_provenance() -> None:
    app = opened("data")
    for name in loaders.snapshot().tables:
        if name == "meta":
            continue
        app.selectbox(key="data.table").set_value(name)
        sound(app.run())
        shown = app.dataframe[0].value if app.dataframe else pd.DataFrame()
        assert shown.empty or {"confidence", "source"} <= set(shown.columns) or name in ("sources", "meta")


def test_select_runs_in_the_page() -> None:
    app = opened("data", {"view": "sql"})
    app.text_area(key="data.sql.text").set_value("SELECT 6 * 7 AS answer")
    app.button(key="data.sql.run").click()
    sound(app.run())
    assert app.dataframe[-1].value["answer"].tolist() == [42]


@pytest.mark.parametrize("statement", ["SELEKT 1", "SELECT nothing FROM devices", "DROP TABLE devices"])
def test_wrong_sql_is_one_sentence_and_the_page_stays(statement: str) -> None:
    app = opened("data", {"view": "sql"})
    app.text_area(key="data.sql.text").set_value(statement)
    app.button(key="data.sql.run").click()
    app.run()
    assert not app.exception
    assert len(app.error) == 1
    assert "Traceback" not in app.error[0].value
    assert app.text_area(key="data.sql.text").value == statement


@pytest.mark.usefixtures("database_path")
def test_changes_are_only_tried_until_they_are_to_be_saved() -> None:
    app = opened("data", {"view": "sql"})
    app.selectbox(key="data.sql.example").set_value(next(e.title for e in EXAMPLES if e.changes)).run()
    assert app.toggle(key="data.sql.save").value is True
    app.toggle(key="data.sql.save").set_value(False)
    app.button(key="data.sql.run").click()
    sound(app.run())
    assert "nothing is saved" in app.warning[0].value
    assert "my_phone_2027" not in set(loaders.snapshot().tables["devices"]["device_id"])


def run_example(app: AppTest, title: str) -> None:
    app.selectbox(key="data.sql.example").set_value(title).run()
    app.button(key="data.sql.run").click()
    sound(app.run())


def edge_demand(current: database.Snapshot, year: int) -> float:
    frame = loaders.forecast_bands(current, "central", "ops", {})
    row = frame[
        (frame["series"] == "edge_inference") & (frame["sense"] == "demand") & (frame["segment"] == "all")
    ]
    return float(row.set_index("year").at[year, "p50"])


@pytest.mark.usefixtures("database_path")
def test_a_phone_added_here_is_everywhere_and_its_deletion_takes_it_away() -> None:
    before = loaders.snapshot()
    app = opened("data", {"view": "sql"})
    run_example(app, "Add a phone of 2027 with twice the bandwidth")
    assert any("devices: 1 inserted" in box.value for box in app.success)
    with_phone = loaders.snapshot()
    assert edge_demand(with_phone, 2030) > edge_demand(before, 2030)
    assert edge_demand(with_phone, 2026) == edge_demand(before, 2026)
    seen = sound(opened("devices", {"device": "my_phone_2027"}))
    assert "My phone of 2027" in seen.get("vega_lite_chart")[0].proto.alt
    sound(opened("budgets", {"device": "my_phone_2027"}))
    mine = opened("data", {"view": "mine"})
    deletions = [button for button in mine.button if button.label == "Delete my_phone_2027"]
    deletions[0].click()
    sound(mine.run())
    assert any("1 deleted" in box.value for box in mine.success)
    after = loaders.snapshot()
    assert "my_phone_2027" not in set(after.tables["devices"]["device_id"])
    assert edge_demand(after, 2030) == edge_demand(before, 2030)


@pytest.mark.usefixtures("database_path")
def test_a_read_only_app_saves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEWISE_READ_ONLY", "1")
    app = opened("data", {"view": "sql"})
    assert app.toggle(key="data.sql.save").disabled
    run_example(app, "Add a phone of 2027 with twice the bandwidth")
    assert "nothing is saved" in app.warning[0].value
    assert "my_phone_2027" not in set(loaders.snapshot().tables["devices"]["device_id"])


@pytest.mark.usefixtures("database_path")
def test_a_row_of_another_process_is_seen_at_the_next_interaction() -> None:
    app = opened("data")
    app.selectbox(key="data.table").set_value("sources").run()
    count = len(app.dataframe[0].value)
    with database.open_file() as connection:
        connection.execute("INSERT INTO sources (source_id, title) VALUES ('mine', 'My notes')")
    sound(app.run())
    assert len(app.dataframe[0].value) == count + 1


def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken.duckdb"
    broken.write_text("no database " * 2000)
    monkeypatch.setenv("EDGEWISE_DB", str(broken))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not app.exception
    assert "is not a DuckDB database" in app.error[0].value

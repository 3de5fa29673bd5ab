"""The Data page beside its tables: SQL with chart, history and doubts; a form, files, undo and backups."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import streamlit as st
from app_driver import opened, sound

from dashboard import device_form, labels, statement_run
from dashboard.charts import quick
from datasets import backups, database, exports, sandbox, undo

pytestmark = pytest.mark.usefixtures("database_path")


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    yield
    st.cache_resource.clear()


def test_a_result_has_a_chart_a_place_in_the_history_and_the_schema_beside_it() -> None:
    app = opened("data", {"view": "sql"})
    statement = "SELECT segment, count(*) AS devices FROM devices GROUP BY 1 ORDER BY 2"
    app.text_area(key="data.sql.text").set_value(statement)
    app.button(key="data.sql.run").click()
    sound(app.run())
    assert app.selectbox(key="data.sql.recall").options == [statement]
    app.session_state["data.sql.chart"] = True
    app.session_state["data.sql.schema"] = True
    sound(app.run())
    assert "devices over segment" in app.get("vega_lite_chart")[0].proto.alt
    columns = app.dataframe[0].value
    assert columns.columns.tolist() == ["Column", "Type", "Key", "Meaning and unit"]
    assert any("roofline(device, workload" in code.value for code in app.code)
    app.selectbox(key="data.sql.recall").set_value(statement)
    app.text_area(key="data.sql.text").set_value("SELECT 1")
    sound(app.run())


def test_a_doubtful_figure_is_asked_about_and_saved_when_confirmed(database_path: Path) -> None:
    app = opened("data", {"view": "sql"})
    doubtful = (
        "UPDATE device_peaks SET dense_tops = sparse_tops WHERE device_id = 'h100_sxm' AND precision = 'fp8'"
    )
    app.text_area(key="data.sql.text").set_value(doubtful)
    app.toggle(key="data.sql.save").set_value(True)
    app.button(key="data.sql.run").click()
    sound(app.run())
    assert "is it the vendor" in app.warning[0].value
    assert "user" not in set(database.load(database_path).tables["device_peaks"]["origin"])
    app.checkbox(key="data.sql.confirmed").set_value(True)
    app.button(key="data.sql.run").click()
    sound(app.run())
    assert "1 overridden" in app.success[0].value
    assert database.load(database_path).overridden["device_peaks"]["precision"].tolist() == ["fp8"]


def test_a_statement_that_takes_long_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statement_run, "PATIENCE_S", 0.2)
    app = opened("data", {"view": "sql"})
    endless = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
    app.text_area(key="data.sql.text").set_value(endless)
    app.button(key="data.sql.run").click()
    sound(app.run())
    assert any("Running for" in text.value for text in app.caption)
    app.button(key="data.sql.cancel").click()
    sound(app.run())
    app.session_state["data.sql.running"].join(20)
    app.run()
    assert "stopped; nothing was changed" in app.error[0].value


def test_the_form_draws_the_roof_of_a_draft_and_saves_it(
    database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    peaks = pd.DataFrame({"precision": ["int8"], "dense_tops": [80.0], "sparse_tops": [160.0]})
    # The table editor cannot be driven in a test: what it would hold stands there from the start.
    monkeypatch.setattr(device_form, "_START", peaks)
    app = opened("data", {"view": "add"})
    assert "Give an identifier and a dense peak" in app.info[0].value
    app.text_input(key="data.add.device_id").set_value("mine")
    app.run()
    assert "name is missing" in app.error[0].value.replace("\\", "")
    app.text_input(key="data.add.name").set_value("[Mine](http://x)")
    app.number_input(key="data.add.memory_gb").set_value(16.0)
    app.number_input(key="data.add.memory_bandwidth_gb_per_s").set_value(100.0)
    sound(app.run())
    assert "ridge points at 800 in INT8 operations a byte" in app.get("vega_lite_chart")[0].proto.alt
    assert "mine" not in set(database.load(database_path).tables["devices"]["device_id"])
    beside = app.get("vega_lite_chart")[0].proto.alt
    assert all(name in beside for name in ("Apple A18 Pro", "GeForce RTX 4090", "NVIDIA H100"))
    app.number_input(key="data.add.memory_bandwidth_gb_per_s").set_value(200.0)
    sound(app.run())
    assert "ridge points at 400" in app.get("vega_lite_chart")[0].proto.alt
    app.button(key="data.add.save").click()
    sound(app.run())
    assert "devices: 1 inserted" in app.success[0].value
    row = database.load(database_path).tables["devices"].set_index("device_id").loc["mine"]
    assert row[["name", "memory_gb", "origin"]].tolist() == ["[Mine](http://x)", 16.0, "user"]


def test_a_file_is_checked_and_taken_over(database_path: Path) -> None:
    app = opened("data", {"view": "import"})
    app.selectbox(key="data.import.table").set_value("sources").run()
    app.file_uploader(key="data.import.file.0").upload("mine.csv", b"source_id,title\nmine,\n", "text/csv")
    app.run()
    assert "1 problem: correct the file" in app.error[0].value
    app.file_uploader(key="data.import.file.0").upload(
        "mine.csv", b"source_id,title\nmine,Mine\n", "text/csv"
    )
    sound(app.run())
    assert "Would change sources: 1 inserted." in app.info[0].value
    app.button(key="data.import.run").click()
    sound(app.run())
    assert "mine" in set(database.load(database_path).tables["sources"]["source_id"])


def test_a_change_is_undone_and_the_file_backed_up_and_examined(database_path: Path) -> None:
    app = opened("data", {"view": "history"})
    assert "Nothing was changed yet" in app.info[0].value
    sandbox.run(database_path, "INSERT INTO sources (source_id, title) VALUES ('mine', 'Mine')", write=True)
    sound(app.run())
    assert app.dataframe[0].value["changed"].tolist() == ["sources: 1 added"]
    app.button(key="data.history.undo").click()
    sound(app.run())
    assert "Change 1 is undone: sources: 1 deleted." in app.success[0].value
    assert undo.change_log(database_path)["state"].tolist() == ["undoes 1", "undone by 2"]
    app.button(key="data.history.backup.now").click()
    sound(app.run())
    assert backups.backups(database_path)["reason"].tolist() == ["on-demand"]
    app.button(key="data.history.doctor").click()
    sound(app.run())
    assert "The database is sound." in [box.value for box in app.success]


def test_a_reader_may_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEWISE_READ_ONLY", "1")
    assert opened("data", {"view": "history"}).button(key="data.history.backup.now").disabled


class TestQuickChart:
    FRAME = pd.DataFrame(
        {"name": ["a.b", "[c]"], "value": [1.0, 2.0], "flag": [True, False], "year": [2026, 2027]}
    )

    def test_only_numbers_can_be_drawn(self) -> None:
        assert quick.plottable(self.FRAME) == (["name", "value", "flag", "year"], ["value", "year"])

    @pytest.mark.parametrize(("below", "kind"), [("name", "bars"), ("year", "line"), ("flag", "bars")])
    def test_the_kind_follows_the_column_below(self, below: str, kind: str) -> None:
        assert quick.suggested_kind(self.FRAME, below) in (kind, "points")

    @pytest.mark.parametrize("kind", quick.KINDS)
    def test_a_chart_holds_the_rows(self, kind: str) -> None:
        odd = self.FRAME.rename(columns={"value": "a.b[0]: 'x'"})
        drawn = quick.quick_chart(odd, "name", "a.b[0]: 'x'", kind).to_dict()
        (rows,) = drawn["datasets"].values()
        assert [row["beside"] for row in rows] == [1.0, 2.0]


def test_markdown_of_a_stranger_is_shown_as_it_stands() -> None:
    stranger = "[x](http://y) **b** :red[z] $1$ <i> a_b _c_"
    assert labels.escaped(stranger) == (r"\[x\](http\://y) \*\*b\*\* \:red\[z\] \$1\$ \<i> a_b \_c\_")
    assert labels.unescaped(labels.escaped(stranger)) == stranger
    assert [labels.escaped(text) for text in ("# a\nb", "1. c", "It is 3.5: x-y (z)")] == [
        r"\# a b",
        r"1\. c",
        "It is 3.5: x-y (z)",
    ]


def test_the_page_and_the_command_line_write_the_same_bytes(snapshot: database.Snapshot) -> None:
    result = sandbox.rehearse(
        snapshot, "SELECT device_id, -tdp_w AS w, '=1' AS f FROM devices ORDER BY 1 LIMIT 3"
    )
    assert exports.render(result.frame, "csv") == exports.csv_text(result.frame).encode()
    back = pd.read_csv(io.StringIO(exports.csv_text(result.frame)))
    assert back["f"].tolist() == ["'=1"] * 3

"""The built-in facts: each row has a source that exists and says how sure it is."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from datasets import database, facts, rules, schema
from datasets.cell_confidence import cell_confidence, marked_cells
from datasets.database import Snapshot

VOCABULARY = {"cited", "derived", "recalled", "estimated", "judgement"}
# Tables that come empty, for what a user keeps.
USERS_OWN = {"forecast_vintages", "forecast_vintage_bands", "saved_views"}
SOURCED = [name for name, table in schema.tables().items() if "confidence" in table.column_names]


def test_every_table_of_facts_names_sources() -> None:
    assert set(schema.tables()) - set(SOURCED) == {"meta", "sources"} | USERS_OWN


@pytest.mark.parametrize("name", SOURCED)
def test_every_row_has_a_source_and_a_confidence(tables: Mapping[str, pd.DataFrame], name: str) -> None:
    frame = tables[name]
    assert len(frame) > 0
    assert set(frame["source_id"]) <= set(tables["sources"]["source_id"])
    assert set(frame["confidence"]) <= VOCABULARY
    assert set(frame["origin"]) == {"builtin"}


def test_every_table_of_facts_comes_with_rows() -> None:
    assert set(schema.tables()) - set(facts.fact_tables()) == {"meta"} | USERS_OWN


@pytest.mark.parametrize("name", facts.fact_tables())
def test_a_facts_file_has_the_columns_of_its_table(name: str) -> None:
    with facts.facts_file(name).open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert set(rows[0]) == set(schema.tables()[name].column_names) - {"origin"}
    assert {len(row) for row in rows} == {len(rows[0])}


def test_every_row_of_every_file_is_loaded(tables: Mapping[str, pd.DataFrame]) -> None:
    for name in facts.fact_tables():
        with facts.facts_file(name).open(encoding="utf-8", newline="") as stream:
            assert len(tables[name]) == sum(1 for _ in csv.reader(stream)) - 1, name


def test_the_facts_break_no_rule_and_refer_to_rows_that_exist(snapshot: Snapshot) -> None:
    with database.working_copy(snapshot) as connection:
        assert rules.broken_rules(connection) == []
        assert rules.broken_references(connection) == []


@pytest.mark.parametrize(
    ("columns", "values", "error"),
    [
        ("source_id", "NULL", "NOT NULL"),
        ("source_id", "'no_such_document'", "foreign key"),
        ("confidence", "NULL", "NOT NULL"),
        ("confidence", "'certain'", "CHECK"),
    ],
)
def test_a_row_without_source_or_confidence_is_refused(
    database_path: Path, columns: str, values: str, error: str
) -> None:
    row = f"(device_id, name, segment, {columns}) VALUES ('a', 'A', 'phone', {values})"
    with database.open_file(database_path) as connection:
        before = connection.execute("SELECT count(*) FROM devices").fetchall()
        with pytest.raises(duckdb.ConstraintException, match=error):
            connection.execute(f"INSERT INTO devices {row}")
        assert connection.execute("SELECT count(*) FROM devices").fetchall() == before


def test_every_table_and_column_says_what_it_means() -> None:
    for table in schema.tables().values():
        assert table.comment, table.name
        for column in table.columns:
            assert column.comment, f"{table.name}.{column.name}"


@pytest.mark.parametrize(
    ("ending", "unit"),
    [
        ("_gb", "GB"),
        ("_gb_per_s", "GB/s"),
        ("_tb_per_s", "TB/s"),
        ("_w", "W"),
        ("_wh", "Wh"),
        ("_ms", "ms"),
        ("_tops", "operations a second"),
        ("_usd", "US"),
        ("_mbps", "Mbit/s"),
    ],
)
def test_a_unit_in_a_name_stands_in_the_comment(ending: str, unit: str) -> None:
    named = [
        column
        for table in schema.tables().values()
        for column in table.columns
        if column.data_type == "DOUBLE" and column.name.endswith(ending)
    ]
    assert named
    for column in named:
        assert re.search(rf"\b{re.escape(unit)}", column.comment or ""), column.name


def test_every_device_in_a_fleet_has_the_shares_of_its_segment_add_up(
    tables: Mapping[str, pd.DataFrame],
) -> None:
    sums = tables["fleet_mix"].groupby(["segment", "year"])["share"].sum()
    assert sums.max() <= 1 + 1e-6


def test_a_mark_of_an_estimate_names_a_figure_that_is_there(tables: Mapping[str, pd.DataFrame]) -> None:
    devices = tables["devices"].set_index("device_id")
    for device_id, text in devices["estimated_fields"].dropna().items():
        marks = marked_cells(text)
        assert len(marks) == len(re.sub(r"\([^)]*\)", "", text).split(";")), device_id
        for column in set(marks) - {"all"}:
            assert pd.notna(devices.loc[device_id, column]), (device_id, column)


def test_a_figure_is_as_sure_as_its_own_mark_says(tables: Mapping[str, pd.DataFrame]) -> None:
    devices = tables["devices"].set_index("device_id")

    def sure(device_id: str, column: str) -> object:
        return cell_confidence(devices.loc[[device_id]], column).iloc[0]

    assert [sure("h100_sxm", name) for name in ("tdp_w", "idle_w", "price_usd")] == [
        "cited",
        "estimated",
        "estimated",
    ]
    assert sure("b200", "price_usd") == "recalled"
    assert sure("rk3588", "memory_bandwidth_gb_per_s") == "estimated"
    whole = devices.index[devices["estimated_fields"] == "all"][0]
    assert sure(whole, "memory_gb") == "estimated"
    assert sure(whole, "name") == devices.loc[whole, "confidence"]
    assert marked_cells(None) == marked_cells("") == {}

"""The core inside SQL: same figures, live tables, clear errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb
import numpy as np
import pandas as pd
import pytest

from datasets import database
from devices.budgets import budgets
from devices.sql_functions import register


@pytest.fixture
def connection(snapshot: database.Snapshot) -> Iterator[duckdb.DuckDBPyConnection]:
    opened = duckdb.connect(":memory:")
    for name in (
        "devices",
        "device_peaks",
        "models",
        "workloads",
        "efficiencies",
        "assumptions",
        "operation_energies",
    ):
        opened.register("incoming", snapshot.tables[name])
        opened.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")
        opened.unregister("incoming")
    register(opened)
    yield opened
    opened.close()


def test_the_view_gives_the_figures_of_the_function_to_the_last_digit(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pd.DataFrame]
) -> None:
    keys = ["device_id", "workload_id"]
    seen = connection.execute("SELECT * FROM budgets").df().sort_values(keys, ignore_index=True)
    expected = budgets(tables).sort_values(keys, ignore_index=True)
    assert list(seen.columns) == list(expected.columns)
    for column in expected.columns:
        if expected[column].dtype.kind == "f":
            assert np.array_equal(
                seen[column].to_numpy(float), expected[column].to_numpy(float), equal_nan=True
            )
        else:
            assert seen[column].tolist() == expected[column].tolist()


def test_a_device_inserted_a_moment_ago_is_there(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "INSERT INTO devices (device_id, name, segment, memory_gb, memory_bandwidth_gb_per_s) "
        "VALUES ('mine', 'Mine', 'phone', 16, 170)"
    )
    connection.execute(
        "INSERT INTO device_peaks (device_id, precision, dense_tops) VALUES ('mine', 'int8', 90)"
    )
    rows = connection.execute(
        "SELECT workload_id, per_token_s FROM budgets WHERE device_id = 'mine' AND within_budget"
    ).fetchall()
    assert ("camera_preview", None) in rows
    connection.execute("UPDATE devices SET memory_bandwidth_gb_per_s = 85 WHERE device_id = 'mine'")
    slower = connection.execute("SELECT roofline('mine', 'notify_summary').per_token_s").fetchone()
    connection.execute("UPDATE devices SET memory_bandwidth_gb_per_s = 170 WHERE device_id = 'mine'")
    faster = connection.execute("SELECT roofline('mine', 'notify_summary').per_token_s").fetchone()
    assert slower is not None
    assert faster is not None
    assert slower[0] > faster[0]


def test_the_macro_takes_a_column_and_options(
    connection: duckdb.DuckDBPyConnection, tables: Mapping[str, pd.DataFrame]
) -> None:
    found = connection.execute(
        "SELECT device_id, roofline(device_id, 'chat_small', weights := 'int8', batch := 4) AS row "
        "FROM devices WHERE segment = 'workstation' ORDER BY device_id"
    ).df()
    expected = budgets(tables, list(found["device_id"]), ["chat_small"], weight_precision="int8", batch=4)
    rates = [row["tokens_per_s"] for row in found["row"]]
    assert rates == expected["tokens_per_s"].tolist()


def test_an_unknown_identifier_gives_null(connection: duckdb.DuckDBPyConnection) -> None:
    assert connection.execute("SELECT roofline('nobody', 'chat_small') IS NULL").fetchone() == (True,)


def test_small_functions_give_published_figures(connection: duckdb.DuckDBPyConnection) -> None:
    row = connection.execute(
        "SELECT kv_cache_bytes_per_token('llama_3_70b', 'bf16'), operations_per_token('gpt_3_175b'), "
        "ridge_point('h100_sxm', 'bf16'), ridge_point('h100_sxm', 'int4')"
    ).fetchone()
    assert row is not None
    assert row[:2] == (327680.0, 2 * 174.6e9)
    assert row[2] == pytest.approx(295.3, abs=0.1)
    assert row[3] is None


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        (
            "SELECT roofline('h100_sxm', 'chat_small', compute := 'int4')",
            "has no arithmetic for int4: it has fp64",
        ),
        ("SELECT roofline('h100_sxm', 'chat_small', batch := -1)", "batch is -1: it must be a finite number"),
        ("SELECT kv_cache_bytes_per_token('llama_3_70b', 'q4')", "There is no precision 'q4'"),
        ("SELECT ridge_point('h100_sxm', 'q4')", "There is no arithmetic 'q4'"),
    ],
)
def test_wrong_options_are_refused_in_a_sentence(
    connection: duckdb.DuckDBPyConnection, statement: str, sentence: str
) -> None:
    with pytest.raises(duckdb.Error, match=sentence):
        connection.execute(statement).fetchall()


def test_registering_twice_changes_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    before = connection.execute("SELECT count(*) FROM budgets").fetchone()
    register(connection)
    assert connection.execute("SELECT count(*) FROM budgets").fetchone() == before

"""SQL text of the core's views and macros: rows of the tables packed for its functions."""

# ruff: noqa: S608  (nothing but names of the schema and of the core's own columns is put into the text)

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

import duckdb

from devices.options import Options
from devices.terms import ENERGIES, PRICES, TERM_NAMES
from devices.units import PICOJOULE_J

READ_TABLES = ("devices", "workloads", "models", "device_peaks", "efficiencies")
# Columns that no formula reads stay behind when a row travels into a function.
UNREAD = frozenset(
    {
        "name",
        "notes",
        "note",
        "source_id",
        "origin",
        "estimated_fields",
        "item_note",
        "why_must_run",
        "price_kind",
    }
)
# Fields of `Overrides` by the names of the macro's options. A macro's parameter must not be called like a
# column of the tables that it reads: the inner query would take the one for the other.
OVERRIDES: dict[str, str] = {
    "weights": "weight_precision",
    "compute": "compute_precision",
    "kv": "kv_precision",
    "batch": "batch",
    "prompt": "prompt_tokens",
    "output": "output_tokens",
    "devices": "devices",
}
OPTION_NAMES = (*OVERRIDES, *(option.name for option in fields(Options)))
TERM_TYPES = dict.fromkeys(TERM_NAMES, "DOUBLE")


def read_fields(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """Columns of a table that the core may read, with their SQL types."""
    rows = connection.execute(
        "SELECT column_name, data_type FROM duckdb_columns() "
        "WHERE table_name = ? AND database_name = current_database() ORDER BY column_index",
        [table],
    ).fetchall()
    return {name: kind for name, kind in rows if name not in UNREAD}


def struct_type(fields: Mapping[str, str]) -> str:
    """SQL type of a STRUCT with the given fields."""
    return f"STRUCT({', '.join(f'{name} {kind}' for name, kind in fields.items())})"


def view_statements(fields: Mapping[str, Mapping[str, str]], result: Mapping[str, str]) -> Iterator[str]:
    """Statements that create the helper views and the view `budgets`.

    Parameters
    ----------
    fields : mapping
        Columns of each of `READ_TABLES`, as `read_fields` gives them.
    result : mapping
        Columns of a budget, with their SQL types.
    """
    for table, key in (("devices", "device_id"), ("workloads", "workload_id"), ("models", "model_id")):
        yield (
            f"CREATE OR REPLACE TEMP VIEW edgewise_{table} AS "
            f"SELECT {key} AS edgewise_key, {_packed(fields[table])} AS edgewise_row FROM {table}"
        )
    yield (
        "CREATE OR REPLACE TEMP VIEW edgewise_peaks AS SELECT device_id AS edgewise_key, "
        f"list({_packed(fields['device_peaks'])}) AS edgewise_rows FROM device_peaks GROUP BY device_id"
    )
    yield (
        "CREATE OR REPLACE TEMP VIEW edgewise_shares AS "
        f"SELECT list({_packed(fields['efficiencies'])} ORDER BY efficiency_id) AS edgewise_rows "
        "FROM efficiencies"
    )
    yield _terms_statement()
    yield _budgets_statement(result)


def _terms_statement() -> str:
    """The view of one row with the prices and energies that the core reads."""
    prices = (
        f"{name} := (SELECT central FROM assumptions WHERE assumption_id = '{row}')"
        for name, row in PRICES.items()
    )
    energies = (
        f"{name} := {PICOJOULE_J!r}::DOUBLE * (SELECT pj FROM operation_energies "
        f"WHERE operation = '{operation}' AND coalesce(process_node, '') = '{node}')"
        for name, (operation, node) in ENERGIES.items()
    )
    return (
        "CREATE OR REPLACE TEMP VIEW edgewise_terms AS "
        f"SELECT struct_pack({', '.join((*prices, *energies))}) AS edgewise_row"
    )


def _packed(fields: Mapping[str, str]) -> str:
    return f"struct_pack({', '.join(f'{name} := {name}' for name in fields)})"


def _budgets_statement(result: Mapping[str, str]) -> str:
    # The identifiers come from the tables, not from the function, so that a filter on them spares its calls;
    # the order makes full chunks of the cross product's short ones.
    told = ", ".join(f"answer.{name}" for name in result if name not in ("device_id", "workload_id"))
    return f"""
        CREATE OR REPLACE TEMP VIEW budgets AS
        SELECT device_id, workload_id, {told}
        FROM (
            SELECT device_id, workload_id,
                   edgewise_budget(d, w, m, p, s.edgewise_rows, t.edgewise_row, NULL, NULL) AS answer
            FROM (
                SELECT d.edgewise_key AS device_id, w.edgewise_key AS workload_id,
                       d.edgewise_row AS d, w.edgewise_row AS w, m.edgewise_row AS m, p.edgewise_rows AS p
                FROM edgewise_devices d
                CROSS JOIN edgewise_workloads w
                JOIN edgewise_models m ON m.edgewise_key = w.edgewise_row.model_id
                LEFT JOIN edgewise_peaks p ON p.edgewise_key = d.edgewise_key
                ORDER BY d.edgewise_key, w.edgewise_key
            )
            CROSS JOIN edgewise_shares s
            CROSS JOIN edgewise_terms t
        )"""


def macro_statements() -> Iterator[str]:
    """Statements that create the macros."""
    parameters = ", ".join(f"{name} := NULL" for name in ("model", *OPTION_NAMES))
    given = ", ".join(f"{name} := {name}" for name in OPTION_NAMES)
    yield f"""
        CREATE OR REPLACE TEMP MACRO roofline(device, workload, {parameters}) AS (
            SELECT edgewise_budget(d.edgewise_row, w.edgewise_row, m.edgewise_row, p.edgewise_rows,
                                   s.edgewise_rows, t.edgewise_row, to_json(struct_pack({given}))::VARCHAR,
                                   h.edgewise_row)
            FROM edgewise_devices d
            CROSS JOIN edgewise_workloads w
            CROSS JOIN edgewise_shares s
            CROSS JOIN edgewise_terms t
            JOIN edgewise_models m ON m.edgewise_key = coalesce(model, w.edgewise_row.model_id)
            LEFT JOIN edgewise_peaks p ON p.edgewise_key = d.edgewise_key
            LEFT JOIN edgewise_models h ON h.edgewise_key = draft_model
            WHERE d.edgewise_key = device AND w.edgewise_key = workload
        )"""
    yield """
        CREATE OR REPLACE TEMP MACRO ridge_point(device, arithmetic) AS (
            SELECT edgewise_ridge(d.edgewise_row, p.edgewise_rows, arithmetic)
            FROM edgewise_devices d
            LEFT JOIN edgewise_peaks p ON p.edgewise_key = d.edgewise_key
            WHERE d.edgewise_key = device
        )"""
    yield """
        CREATE OR REPLACE TEMP MACRO kv_cache_bytes_per_token(model, format) AS (
            SELECT edgewise_cache(m.edgewise_row, format) FROM edgewise_models m WHERE m.edgewise_key = model
        )"""
    yield """
        CREATE OR REPLACE TEMP MACRO operations_per_token(model) AS (
            SELECT edgewise_token(m.edgewise_row) FROM edgewise_models m WHERE m.edgewise_key = model
        )"""

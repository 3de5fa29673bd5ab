"""The built-in facts: CSV files beside the schema, one a table, each row with its source and confidence."""

from __future__ import annotations

import csv
import functools
import hashlib
from importlib import resources
from importlib.resources.abc import Traversable

import duckdb

from datasets.errors import InvalidFile
from datasets.ledger import ledger_sql
from datasets.schema import SCHEMA_VERSION, Column, Table, creation_sql, quoted, tables

WITHOUT_FACTS = frozenset({"meta"})


def facts_file(table_name: str) -> Traversable:
    """The CSV file that holds the built-in rows of a table."""
    return resources.files("datasets").joinpath("facts", f"{table_name}.csv")


@functools.cache
def facts_version() -> str:
    """Fingerprint of the schema and of every built-in row; it changes when any of them does."""
    digest = hashlib.sha256(f"{SCHEMA_VERSION}\n{creation_sql()}{ledger_sql()}".encode())
    for name in fact_tables():
        digest.update(name.encode() + facts_file(name).read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def fact_tables() -> tuple[str, ...]:
    """Names of the tables that come with built-in rows, referenced tables first."""
    return tuple(name for name in tables() if name not in WITHOUT_FACTS and facts_file(name).is_file())


def stage_facts(connection: duckdb.DuckDBPyConnection, table: Table, into: str) -> None:
    """Read a table's built-in rows, typed and marked with origin ``builtin``, into a new table.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    table : Table
    into : str
        Qualified, quoted name of the table to create.

    Raises
    ------
    InvalidFile
        When the file has a column that the table lacks, or a cell that its type cannot hold.
    """
    if table.name not in fact_tables():
        columns = ", ".join(f"{quoted(column.name)} {column.data_type}" for column in table.columns)
        connection.execute(f"CREATE TABLE {into} ({columns})")
        return
    with resources.as_file(facts_file(table.name)) as path:
        with path.open(encoding="utf-8", newline="") as stream:
            header = next(csv.reader(stream))
        unknown = sorted(set(header) - set(table.column_names))
        if unknown:
            raise InvalidFile(f"facts/{path.name} has columns that the table lacks: {', '.join(unknown)}.")
        values = ", ".join(_typed(column, header) for column in table.columns)
        try:
            connection.execute(
                f"CREATE TABLE {into} AS SELECT {values} FROM "  # noqa: S608
                "read_csv(?, header = true, all_varchar = true, nullstr = '', delim = ',', quote = '\"')",
                [str(path)],
            )
        except duckdb.ConversionException as error:
            raise InvalidFile(f"facts/{path.name} holds a cell of the wrong type: {error}") from error


def _typed(column: Column, header: list[str]) -> str:
    name = quoted(column.name)
    if column.name == "origin":
        return f"'builtin' AS {name}"
    if column.name not in header:
        return f"CAST({column.default or 'NULL'} AS {column.data_type}) AS {name}"
    typed = f"CAST({name} AS {column.data_type})"
    # An empty cell and an empty text look the same in CSV; where NULL is not allowed, the default is meant.
    required = not column.nullable and column.default is not None and column.name not in PROVENANCE
    return f"{f'coalesce({typed}, {column.default})' if required else typed} AS {name}"


PROVENANCE = ("source_id", "confidence")

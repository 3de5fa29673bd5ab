"""What ``schema.sql`` declares, as data: tables, columns, keys and references, in the order of creation."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import Any

import duckdb
import pandas as pd

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Column:
    """A column as declared.

    Attributes
    ----------
    name : str
    data_type : str
        DuckDB's name of the type, e.g. ``"DOUBLE"``.
    nullable : bool
    default : str or None
        The default as an SQL expression.
    comment : str or None
        Meaning and unit.
    """

    name: str
    data_type: str
    nullable: bool
    default: str | None
    comment: str | None


@dataclass(frozen=True)
class Reference:
    """A foreign key of one column: ``column`` holds a ``target_column`` of ``target``."""

    column: str
    target: str
    target_column: str


@dataclass(frozen=True)
class Check:
    """A ``CHECK`` rule: an SQL expression over ``columns`` that must not be false."""

    expression: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table as declared; ``key`` is its primary key."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    references: tuple[Reference, ...]
    checks: tuple[Check, ...]
    comment: str | None

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns in the order of declaration."""
        return tuple(column.name for column in self.columns)

    @property
    def has_origin(self) -> bool:
        """Whether the table tells built-in rows from a user's."""
        return "origin" in self.column_names


def quoted(identifier: str) -> str:
    """SQL identifier in double quotes, quotes inside it doubled."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """SQL text literal, quotes inside it doubled."""
    return "'" + text.replace("'", "''") + "'"


@functools.cache
def creation_sql() -> str:
    """SQL that creates every table with its rules and comments."""
    folder = resources.files("datasets")
    return "".join(
        folder.joinpath(name).read_text(encoding="utf-8") for name in ("schema.sql", "comments.sql")
    )


def loose_creation_sql(table: Table, *, as_text: bool = False, keyed: bool = True) -> str:
    """SQL that creates a table with its columns, defaults and key, but without its other rules.

    An analyst's rows go into such a table first, so that `datasets.rules` can name every broken rule
    with its row and value; DuckDB's own messages name neither.

    Parameters
    ----------
    table : Table
    as_text : bool
        Make every column a text, to find the cells that their type cannot hold; without a key then.
    keyed : bool
        Whether the key holds.

    Returns
    -------
    str
    """
    columns = [
        f"{quoted(column.name)} {'VARCHAR' if as_text else column.data_type}"
        + (f" DEFAULT {column.default}" if column.default else "")
        for column in table.columns
    ]
    key = [] if as_text or not keyed else [f"PRIMARY KEY ({', '.join(quoted(name) for name in table.key)})"]
    return f"CREATE TABLE {quoted(table.name)} ({', '.join(columns + key)})"


@functools.cache
def tables() -> dict[str, Table]:
    """All tables by name; a table stands after those that it refers to.

    Returns
    -------
    dict of str to Table
    """
    with duckdb.connect(":memory:") as connection:
        connection.execute(creation_sql())
        names = connection.execute(
            "SELECT table_name, comment FROM duckdb_tables() WHERE NOT internal ORDER BY table_oid"
        ).fetchall()
        columns = connection.execute(
            "SELECT table_name, column_name, data_type, is_nullable, column_default, comment "
            "FROM duckdb_columns() WHERE NOT internal ORDER BY table_oid, column_index"
        ).fetchall()
        constraints = connection.execute(
            "SELECT table_name, constraint_type, expression, constraint_column_names, referenced_table, "
            "referenced_column_names FROM duckdb_constraints() ORDER BY table_oid, constraint_index"
        ).fetchall()
    return {
        name: _table(
            name,
            comment,
            [row[1:] for row in columns if row[0] == name],
            [row[1:] for row in constraints if row[0] == name],
        )
        for name, comment in names
    }


def _table(
    name: str, comment: str | None, columns: list[tuple[Any, ...]], constraints: list[tuple[Any, ...]]
) -> Table:
    return Table(
        name=name,
        columns=tuple(Column(*row) for row in columns),
        key=tuple(column for kind, _, own, *_ in constraints if kind == "PRIMARY KEY" for column in own),
        references=tuple(
            Reference(own[0], target, theirs[0])
            for kind, _, own, target, theirs in constraints
            if kind == "FOREIGN KEY"
        ),
        checks=tuple(
            Check(rule, tuple(dict.fromkeys(own))) for kind, rule, own, *_ in constraints if kind == "CHECK"
        ),
        comment=comment,
    )


def table_frame(
    connection: duckdb.DuckDBPyConnection, table: Table, place: str | None = None
) -> pd.DataFrame:
    """All rows of a table in the order of its primary key, types given by the schema, not by the rows.

    Nullable integers become ``float64`` with NaN, text becomes ``str`` with NaN, other integers ``int64``.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    table : Table
    place : str, optional
        Qualified, quoted name of another table with the same columns to read from.

    Returns
    -------
    pandas.DataFrame
    """
    columns = ", ".join(quoted(name) for name in table.column_names)
    order = ", ".join(quoted(name) for name in table.key or table.column_names)
    frame = connection.execute(f"SELECT {columns} FROM {place or quoted(table.name)} ORDER BY {order}").df()  # noqa: S608
    return typed_frame(frame, table)


def typed_frame(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Rows of a table with the types that its schema gives them, as `table_frame` says."""
    types = {column.name: _frame_type(column) for column in table.columns}
    return frame.astype({name: kind for name, kind in types.items() if str(frame.dtypes[name]) != kind})


def _frame_type(column: Column) -> str:
    if column.data_type in ("INTEGER", "BIGINT"):
        return "float64" if column.nullable else "int64"
    if column.data_type == "BOOLEAN":
        return "boolean" if column.nullable else "bool"
    if column.data_type == "DATE":
        return "datetime64[us]"
    return "float64" if column.data_type == "DOUBLE" else "str"

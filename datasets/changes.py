"""Taking over what an analyst changed into the database file, all or nothing, and noting it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd

from datasets import building, sql_errors
from datasets.backups import keep_cut_log
from datasets.connections import held
from datasets.database import data_version
from datasets.differences import Changes, TableChanges, changes_between
from datasets.errors import DatabaseUnavailable, InvalidStatement
from datasets.ledger import ledger_sql, record_changes
from datasets.overrides import labelled_rows
from datasets.schema import Table, quoted, tables
from datasets.table_checks import record_checks

__all__ = [
    "Changes",
    "StaleSnapshot",
    "TableChanges",
    "apply",
    "changes_between",
    "refuse_builtin_changes",
]


class StaleSnapshot(DatabaseUnavailable):
    """The file was changed by another process after the rows were read from it."""


def refuse_builtin_changes(changes: Changes) -> None:
    """Refuse to delete a row that came with Edgewise, or to change a table that belongs to it.

    Parameters
    ----------
    changes : Changes

    Raises
    ------
    InvalidStatement
        Names the rows, and that a row of one's own in their place is the way.
    """
    for name, change in changes.tables.items():
        table = tables()[name]
        if not table.has_origin:
            raise InvalidStatement(f"Table {name} belongs to Edgewise and cannot be changed.")
        builtin = change.deleted[change.deleted["origin"] == "builtin"]
        if len(builtin):
            raise InvalidStatement(
                f"{labelled_rows(table, builtin)} came with Edgewise and cannot be deleted or renamed: "
                "UPDATE puts your own row in its place, DELETE takes that out again; nothing was changed."
            )


def apply(
    path: Path,
    changes: Changes,
    version: str | None = None,
    *,
    cause: str = "",
    who: str | None = None,
    undoes: int | None = None,
) -> None:
    """Take changes over into the file in one transaction, its own rules checked again, and note them.

    When it returns, the rows are in the file itself and no longer only in its write-ahead log.

    Parameters
    ----------
    path : pathlib.Path
    changes : Changes
    version : str, optional
        The data version that the changes were made on.
    cause : str
        The statement or command behind the changes, for the ledger.
    who : str, optional
        Who made them; the user of this process when left out.
    undoes : int, optional
        The number of the change that these take back.

    Raises
    ------
    StaleSnapshot
        When the file's data version is another by now; nothing was changed.
    InvalidStatement
        When a row is built in, or breaks a rule of the file; nothing was changed.
    DatabaseUnavailable
        When the file cannot be written.
    """
    refuse_builtin_changes(changes)
    note = functools.partial(_noted, changes=changes, cause=cause, who=who, undoes=undoes)
    keep_cut_log(path)
    with held(path, read_only=False, tables=changes.tables) as connection:
        if version is not None and data_version(path) != version:
            raise StaleSnapshot(f"The database {path} was changed by another process meanwhile: try again.")
        try:
            _apply_in_place(connection, changes, note)
        except duckdb.ConstraintException:
            # DuckDB checks foreign keys before a transaction is complete and so refuses, e.g., to delete a
            # row together with those that refer to it. Into fresh tables every lawful state can go.
            connection.execute("ROLLBACK")
            _apply_by_replacing(connection, changes, note)
        # Committed it is already; a notebook's open transaction or a full disk may keep it in the log.
        with contextlib.suppress(duckdb.TransactionException, duckdb.IOException):
            connection.execute("CHECKPOINT")


_Note = Callable[[duckdb.DuckDBPyConnection], None]


def _noted(
    connection: duckdb.DuckDBPyConnection, changes: Changes, cause: str, who: str | None, undoes: int | None
) -> None:
    connection.execute(ledger_sql())
    record_changes(connection, changes, cause=cause, who=who, undoes=undoes)
    record_checks(connection, changes.tables)


def _apply_in_place(connection: duckdb.DuckDBPyConnection, changes: Changes, note: _Note) -> None:
    connection.execute("BEGIN")
    for name, change in reversed(list(changes.tables.items())):
        _delete(connection, tables()[name], quoted(name), change.deleted)
    for name, change in changes.tables.items():
        _insert(connection, quoted(name), change.inserted)
        _update(connection, tables()[name], quoted(name), change.updated)
    note(connection)
    connection.execute("COMMIT")


def _apply_by_replacing(connection: duckdb.DuckDBPyConnection, changes: Changes, note: _Note) -> None:
    building.attach_scratch(connection)
    for table in tables().values():
        staged = building.staged_name(table)
        connection.execute(f"CREATE TABLE {staged} AS FROM {quoted(table.name)}")
        if table.name in changes.tables:
            change = changes.tables[table.name]
            _delete(connection, table, staged, change.deleted)
            _insert(connection, staged, change.inserted)
            _update(connection, table, staged, change.updated)
    try:
        building.replace_tables(connection, note)
    except duckdb.ConstraintException as error:
        raise InvalidStatement(sql_errors.sentence(error, "")) from error


def _delete(connection: duckdb.DuckDBPyConnection, table: Table, target: str, rows: pd.DataFrame) -> None:
    if len(rows):
        connection.register("incoming", rows)
        connection.execute(
            f"DELETE FROM {target} AS present USING incoming WHERE {_same_key(table)} "  # noqa: S608
            "AND present.origin = 'user'"
        )
        connection.unregister("incoming")


def _insert(connection: duckdb.DuckDBPyConnection, target: str, rows: pd.DataFrame) -> None:
    if len(rows):
        connection.register("incoming", rows)
        connection.execute(f"INSERT INTO {target} BY NAME SELECT * FROM incoming")  # noqa: S608
        connection.unregister("incoming")


def _update(connection: duckdb.DuckDBPyConnection, table: Table, target: str, rows: pd.DataFrame) -> None:
    if len(rows):
        assignments = ", ".join(
            f"{quoted(name)} = incoming.{quoted(name)}"
            for name in table.column_names
            if name not in table.key
        )
        connection.register("incoming", rows)
        connection.execute(
            f"UPDATE {target} AS present SET {assignments} FROM incoming "  # noqa: S608
            f"WHERE {_same_key(table)}"
        )
        connection.unregister("incoming")


def _same_key(table: Table) -> str:
    return " AND ".join(f"present.{quoted(name)} = incoming.{quoted(name)}" for name in table.key)

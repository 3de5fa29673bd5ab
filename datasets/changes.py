"""What an analyst changed, row by row, and taking it over into the database file, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from datasets import building, sql_errors
from datasets.connections import held
from datasets.database import data_version
from datasets.errors import DatabaseUnavailable, InvalidStatement
from datasets.schema import Table, quoted, tables

NAMED = 3


class StaleSnapshot(DatabaseUnavailable):
    """The file was changed by another process after the rows were read from it."""


@dataclass(frozen=True)
class TableChanges:
    """Rows of one table: new ones, changed ones before (`replaced`) and after (`updated`), removed ones."""

    inserted: pd.DataFrame
    updated: pd.DataFrame
    replaced: pd.DataFrame
    deleted: pd.DataFrame

    def __bool__(self) -> bool:
        return bool(len(self.inserted) or len(self.updated) or len(self.deleted))


@dataclass(frozen=True)
class Changes:
    """Changes by table; false when nothing changed."""

    tables: Mapping[str, TableChanges]

    def __bool__(self) -> bool:
        return bool(self.tables)

    def summary(self) -> pd.DataFrame:
        """How many rows of each table were changed.

        Returns
        -------
        pandas.DataFrame
            Columns table, inserted, updated, deleted.
        """
        rows = [
            (name, len(change.inserted), len(change.updated), len(change.deleted))
            for name, change in self.tables.items()
        ]
        return pd.DataFrame(rows, columns=["table", "inserted", "updated", "deleted"])

    def in_words(self) -> list[str]:
        """Such as ``"devices: 1 inserted, 2 deleted"``, one for each table."""
        return [
            f"{row.table}: "
            + ", ".join(
                f"{getattr(row, verb)} {verb}"
                for verb in ("inserted", "updated", "deleted")
                if getattr(row, verb)
            )
            for row in self.summary().itertuples()
        ]


def changes_between(before: Mapping[str, pd.DataFrame], after: Mapping[str, pd.DataFrame]) -> Changes:
    """Difference of two states of the tables by primary key.

    New rows become the user's own whatever origin they name.

    Parameters
    ----------
    before, after : mapping of str to pandas.DataFrame
        As `datasets.schema.table_frame` gives them.

    Returns
    -------
    Changes
    """
    found = {
        name: _table_changes(tables()[name], before[name], frame)
        for name, frame in after.items()
        if not frame.equals(before[name])
    }
    return Changes({name: change for name, change in found.items() if change})


def _table_changes(table: Table, before: pd.DataFrame, after: pd.DataFrame) -> TableChanges:
    key = list(table.key)
    old, new = before.set_index(key, drop=False), after.set_index(key, drop=False)
    common = old.index.intersection(new.index)
    was, becomes = old.loc[common], new.loc[common]
    same = (was == becomes).fillna(False) | (was.isna() & becomes.isna())
    changed = ~same.all(axis=1).to_numpy(dtype=bool)
    inserted = new[~new.index.isin(old.index)]
    updated = becomes[changed]
    if table.has_origin:
        inserted, updated = inserted.assign(origin="user"), updated.assign(origin="user")
    deleted = old[~old.index.isin(new.index)]
    return TableChanges(
        *(frame.reset_index(drop=True) for frame in (inserted, updated, was[changed], deleted))
    )


def refuse_builtin_changes(changes: Changes) -> None:
    """Refuse a change to a row that came with Edgewise.

    Parameters
    ----------
    changes : Changes

    Raises
    ------
    InvalidStatement
        Names the rows, and that a row of one's own is the way.
    """
    for name, change in changes.tables.items():
        table = tables()[name]
        if not table.has_origin:
            raise InvalidStatement(f"Table {name} belongs to Edgewise and cannot be changed.")
        for frame, verb in ((change.replaced, "changed"), (change.deleted, "deleted")):
            builtin = frame[frame["origin"] == "builtin"]
            if len(builtin):
                raise InvalidStatement(_builtin_sentence(table, builtin, verb))


def _builtin_sentence(table: Table, rows: pd.DataFrame, verb: str) -> str:
    keys = [", ".join(map(str, key)) for key in rows[list(table.key)].itertuples(index=False)]
    named = ", ".join(f"'{key}'" for key in keys[:NAMED])
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    rows_are = "rows" if len(keys) > 1 else "row"
    return (
        f"{table.name} {rows_are} {named}{more} came with Edgewise and cannot be {verb}: "
        f"insert a row of your own under another {' and '.join(table.key)} instead."
    )


def apply(path: Path, changes: Changes, version: str | None = None) -> None:
    """Take changes over into the file in one transaction, its own rules checked again.

    Parameters
    ----------
    path : pathlib.Path
    changes : Changes
    version : str, optional
        The data version that the changes were made on.

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
    with held(path, read_only=False, tables=changes.tables) as connection:
        if version is not None and data_version(path) != version:
            raise StaleSnapshot(f"The database {path} was changed by another process meanwhile: try again.")
        try:
            _apply_in_place(connection, changes)
        except duckdb.ConstraintException:
            # DuckDB checks foreign keys before a transaction is complete and so refuses, e.g., to delete a
            # row together with those that refer to it. Into fresh tables every lawful state can go.
            connection.execute("ROLLBACK")
            _apply_by_replacing(connection, changes)


def _apply_in_place(connection: duckdb.DuckDBPyConnection, changes: Changes) -> None:
    connection.execute("BEGIN")
    for name, change in reversed(list(changes.tables.items())):
        _delete(connection, tables()[name], quoted(name), change.deleted)
    for name, change in changes.tables.items():
        _insert(connection, quoted(name), change.inserted)
        _update(connection, tables()[name], quoted(name), change.updated)
    connection.execute("COMMIT")


def _apply_by_replacing(connection: duckdb.DuckDBPyConnection, changes: Changes) -> None:
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
        building.replace_tables(connection)
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
            f"WHERE {_same_key(table)} AND present.origin = 'user'"
        )
        connection.unregister("incoming")


def _same_key(table: Table) -> str:
    return " AND ".join(f"present.{quoted(name)} = incoming.{quoted(name)}" for name in table.key)

"""A user's row in the place of a built-in one, in a working copy: setting it there, taking it out again."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

import duckdb
import pandas as pd

from datasets.differences import OWN_PROVENANCE, Changes
from datasets.errors import InvalidStatement
from datasets.row_texts import key_in_words, key_texts
from datasets.schema import Table, loose_creation_sql, quoted, tables

_BEFORE = "temp.edgewise_before"
_SETTLES_CONFLICTS = re.compile(r"\bON\s+CONFLICT\b|\bINSERT\s+OR\b", re.IGNORECASE)
NAMED = 3
_Result = TypeVar("_Result")


def restore_withdrawn(connection: duckdb.DuckDBPyConnection, overridden: Mapping[str, pd.DataFrame]) -> None:
    """Put a built-in row back where the user's row in its place is gone.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A working copy.
    overridden : mapping of str to pandas.DataFrame
        Built-in rows that were kept aside, by table.
    """
    for name, rows in overridden.items():
        same = _same_key(tables()[name], "present", "incoming")
        connection.register("incoming", rows)
        connection.execute(
            f"INSERT INTO {quoted(name)} BY NAME SELECT * FROM incoming "  # noqa: S608
            f"WHERE NOT EXISTS (FROM {quoted(name)} AS present WHERE {same})"
        )
        connection.unregister("incoming")


def may_override(table: Table | None, sql: str) -> bool:
    """Whether an INSERT that met a taken key may put its rows in the place of built-in ones."""
    return table is not None and table.has_origin and not _SETTLES_CONFLICTS.search(sql)


def run_over_builtin(
    connection: duckdb.DuckDBPyConnection, table: Table, run: Callable[[], _Result]
) -> _Result:
    """Run an INSERT whose rows have keys of built-in rows: they take their place.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A working copy.
    table : Table
        Where the rows go.
    run : callable
        Runs the statement.

    Returns
    -------
    object
        What `run` gave.

    Raises
    ------
    InvalidStatement
        When a key is that of a user's row, or comes twice; the copy is as before then.
    """
    name = quoted(table.name)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE edgewise_before AS FROM {name}")
    try:
        _recreate(connection, table, f"FROM {_BEFORE}", keyed=False)
        first_new = connection.execute("SELECT count(*) FROM temp.edgewise_before").fetchone()
        result = run()
        new = f"SELECT * FROM {name} WHERE rowid >= {first_new[0] if first_new else 0}"  # noqa: S608
        _refuse_taken_keys(connection, table, new)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE edgewise_new AS {new}")
    except (duckdb.Error, InvalidStatement):
        _recreate(connection, table, f"FROM {_BEFORE}")
        raise
    same = _same_key(table, "new", "old")
    _recreate(
        connection,
        table,
        f"FROM temp.edgewise_new UNION ALL SELECT old.* FROM {_BEFORE} AS old "  # noqa: S608
        f"WHERE NOT EXISTS (FROM temp.edgewise_new AS new WHERE {same})",
    )
    return result


def _recreate(connection: duckdb.DuckDBPyConnection, table: Table, rows: str, *, keyed: bool = True) -> None:
    connection.execute(f"DROP TABLE {quoted(table.name)}")
    connection.execute(loose_creation_sql(table, keyed=keyed))
    connection.execute(f"INSERT INTO {quoted(table.name)} {rows}")


def _refuse_taken_keys(connection: duckdb.DuckDBPyConnection, table: Table, new: str) -> None:
    key = ", ".join(f"incoming.{quoted(name)}" for name in table.key)
    same = _same_key(table, "old", "incoming")
    taken = connection.execute(
        f"SELECT {key} FROM ({new}) AS incoming GROUP BY ALL HAVING count(*) > 1 OR EXISTS "  # noqa: S608
        f"(FROM {_BEFORE} AS old WHERE {same} AND old.origin = 'user') LIMIT 1"
    ).fetchone()
    if taken:
        raise InvalidStatement(
            f"{table.name} has a row with the key '{', '.join(map(str, taken))}' already: "
            "choose another key, or UPDATE the row if it is your own."
        )


def _same_key(table: Table, one: str, other: str) -> str:
    return " AND ".join(f"{one}.{quoted(name)} = {other}.{quoted(name)}" for name in table.key)


def override_notes(changes: Changes) -> list[str]:
    """Sentences on user's rows that take the place of built-in ones, or give it back."""
    notes = []
    for name, change in changes.tables.items():
        own, back = change.overriding()[1], change.withdrawing()[1]
        if len(own):
            rows = labelled_rows(tables()[name], own)
            notes.append(
                f"Yours instead of the built-in: {rows}{_provenance_in_words(own)}; DELETE brings that back."
            )
        if len(back):
            notes.append(f"As Edgewise brought it again: {labelled_rows(tables()[name], back)}.")
    return notes


def labelled_rows(table: Table, rows: pd.DataFrame) -> str:
    """Rows by their table and keys, the first few by name: ``"devices rows 'a', 'b' and 3 more"``."""
    keys = [f"'{key_in_words(text)}'" for text in key_texts(table, rows)]
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return f"{table.name} {'rows' if len(keys) > 1 else 'row'} {', '.join(keys[:NAMED])}{more}"


def _provenance_in_words(own: pd.DataFrame) -> str:
    names = [name for name in OWN_PROVENANCE if name in own]
    if not names or not (own[names] == pd.Series(OWN_PROVENANCE)[names]).all(axis=1).any():
        return ""
    return ", your own estimate unless you set source_id and confidence"

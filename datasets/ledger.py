"""The ledger of changes inside the database file: who changed which rows, and built-in rows kept aside."""

from __future__ import annotations

import datetime
import functools
import getpass
from collections.abc import Sequence
from importlib import resources

import duckdb
import pandas as pd

from datasets.differences import Changes, TableChanges
from datasets.row_texts import key_texts, row_texts, rows_from_texts
from datasets.schema import Table, tables

KEPT_CHANGES = 50
LONGEST_CAUSE = 2_000


@functools.cache
def ledger_sql() -> str:
    """SQL that creates the ledger where it is not there yet."""
    return resources.files("datasets").joinpath("ledger.sql").read_text(encoding="utf-8")


def has_ledger(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the connection's database has a ledger already."""
    found = connection.execute(
        "SELECT count(*) FROM duckdb_tables() "
        "WHERE database_name = current_database() AND schema_name = 'ledger'"
    ).fetchone()
    return found is not None and found[0] > 0


def current_user() -> str:
    """The name under which this process works, for the ledger."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # No such user on this machine, as in some containers.
        return "unknown"


def record_changes(
    connection: duckdb.DuckDBPyConnection,
    changes: Changes,
    *,
    cause: str,
    who: str | None = None,
    undoes: int | None = None,
) -> int:
    """Note a change inside the transaction that makes it; only the last `KEPT_CHANGES` stay.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Within a transaction on the file.
    changes : Changes
    cause : str
        The statement or command behind it.
    who : str, optional
        `current_user` when left out.
    undoes : int, optional
        The change that is taken back.

    Returns
    -------
    int
        The number of the change.
    """
    newest = connection.execute("SELECT coalesce(max(change_id), 0) FROM ledger.changes").fetchone()
    number = (newest[0] if newest else 0) + 1
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    connection.execute(
        "INSERT INTO ledger.changes VALUES (?, ?, ?, ?, ?)",
        [number, now, who or current_user(), cause.strip()[:LONGEST_CAUSE], undoes],
    )
    rows = pd.concat([_row_changes(tables()[name], change) for name, change in changes.tables.items()])
    _insert(connection, "changed_rows", rows.assign(change_id=number))
    for table in ("changes", "changed_rows"):
        connection.execute(f"DELETE FROM ledger.{table} WHERE change_id <= ?", [number - KEPT_CHANGES])  # noqa: S608
    for name, change in changes.tables.items():
        _keep_overridden(connection, tables()[name], change)
    return number


def _row_changes(table: Table, change: TableChanges) -> pd.DataFrame:
    pairs = (
        (change.inserted, None, change.inserted),
        (change.updated, change.replaced, change.updated),
        (change.deleted, change.deleted, None),
    )
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "table_name": table.name,
                    "row_key": _text_column(key_texts(table, named)),
                    "was": _text_column([None] * len(named) if was is None else row_texts(was)),
                    "became": _text_column([None] * len(named) if became is None else row_texts(became)),
                }
            )
            for named, was, became in pairs
        ]
    )


def _text_column(texts: Sequence[str | None]) -> pd.Series:
    return pd.Series(texts, dtype="str")


def _keep_overridden(connection: duckdb.DuckDBPyConnection, table: Table, change: TableChanges) -> None:
    builtin, _ = change.overriding()
    if len(builtin):
        keep_overridden(connection, table, builtin)
    _, back = change.withdrawing()
    if len(back):
        connection.execute(
            "DELETE FROM ledger.overridden_rows WHERE table_name = ? AND list_contains(?, row_key)",
            [table.name, key_texts(table, back)],
        )


def keep_overridden(connection: duckdb.DuckDBPyConnection, table: Table, builtin: pd.DataFrame) -> None:
    """Keep built-in rows aside while a user's rows stand in their place."""
    rows = pd.DataFrame(
        {"table_name": table.name, "row_key": key_texts(table, builtin), "builtin_row": row_texts(builtin)}
    )
    _insert(connection, "overridden_rows", rows, "ON CONFLICT DO NOTHING")


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: pd.DataFrame, otherwise: str = ""
) -> None:
    connection.register("incoming", rows)
    connection.execute(f"INSERT INTO ledger.{table} BY NAME SELECT * FROM incoming {otherwise}")  # noqa: S608
    connection.unregister("incoming")


def overridden_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, pd.DataFrame]:
    """Built-in rows that a user's row stands in the place of, by table; only tables that have some."""
    if not has_ledger(connection):
        return {}
    found: dict[str, list[str]] = {}
    for name, text in connection.execute(
        "SELECT table_name, builtin_row FROM ledger.overridden_rows ORDER BY ALL"
    ).fetchall():
        found.setdefault(name, []).append(text)
    return {name: rows_from_texts(tables()[name], texts) for name, texts in found.items() if name in tables()}

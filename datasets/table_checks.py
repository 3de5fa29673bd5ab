"""Row counts and checksums of the tables, kept in the file after every change that Edgewise makes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from datasets.ledger import has_ledger
from datasets.schema import literal, quoted, tables


@dataclass(frozen=True)
class TableCheck:
    """How many rows a table holds, and a checksum over them that does not depend on their order."""

    row_count: int
    checksum: str


def present_checks(
    connection: duckdb.DuckDBPyConnection, names: Iterable[str] | None = None
) -> dict[str, TableCheck]:
    """Counts and checksums of the rows as they are now.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    names : iterable of str, optional
        Tables to look at; all of the schema when left out.

    Returns
    -------
    dict of str to TableCheck
    """
    counted = [
        f"SELECT {literal(name)}, count(*), CAST(coalesce(bit_xor(md5_number("  # noqa: S608
        f"CAST(present AS VARCHAR))), 0) AS VARCHAR) FROM {quoted(name)} present"
        for name in (tables() if names is None else names)
    ]
    if not counted:
        return {}
    rows = connection.execute(" UNION ALL ".join(counted)).fetchall()
    return {name: TableCheck(count, checksum) for name, count, checksum in rows}


def record_checks(connection: duckdb.DuckDBPyConnection, names: Iterable[str] | None = None) -> None:
    """Write counts and checksums of tables into the ledger, within the caller's transaction."""
    for name, check in present_checks(connection, names).items():
        connection.execute(
            "INSERT OR REPLACE INTO ledger.table_checks VALUES (?, ?, ?)",
            [name, check.row_count, check.checksum],
        )


def recorded_checks(connection: duckdb.DuckDBPyConnection) -> dict[str, TableCheck]:
    """What the ledger says that the tables held after the last change that Edgewise made."""
    if not has_ledger(connection):
        return {}
    rows = connection.execute("SELECT table_name, row_count, checksum FROM ledger.table_checks").fetchall()
    return {name: TableCheck(count, checksum) for name, count, checksum in rows}

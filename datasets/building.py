"""Making a database file from schema and facts, and refreshing its built-in rows around a user's own."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import duckdb

from datasets.errors import DatabaseUnavailable, InvalidStatement
from datasets.facts import facts_version, stage_facts
from datasets.ledger import keep_overridden, ledger_sql
from datasets.schema import SCHEMA_VERSION, Table, creation_sql, literal, quoted, table_frame, tables
from datasets.table_checks import record_checks

# Readable by the 1.4 and 1.5 lines of DuckDB's shell as well as by the 2.0 line that writes it.
STORAGE_VERSION = "v1.4.0"
# Many small tables: the default block of 256 KiB a column would make the file ten times larger.
BLOCK_SIZE_BYTES = 16_384


def build(path: Path) -> None:
    """Make a database at ``path`` unless another process is faster; never leaves a half-built one.

    Parameters
    ----------
    path : pathlib.Path
        A file that does not exist yet, in a folder that does.

    Raises
    ------
    DatabaseUnavailable
        When the folder cannot be written or the disk is full.
    """
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.draft")
    try:
        with duckdb.connect(":memory:") as connection:
            options = f"STORAGE_VERSION '{STORAGE_VERSION}', BLOCK_SIZE {BLOCK_SIZE_BYTES}"
            connection.execute(f"ATTACH {literal(str(draft))} AS edgewise ({options})")
            connection.execute("USE edgewise")
            attach_scratch(connection)
            for table in tables().values():
                _stage_facts(connection, table, kept=frozenset())
            replace_tables(connection, _keep_ledger)
        _publish(draft, path)
    except (OSError, duckdb.IOException) as error:
        raise DatabaseUnavailable(
            f"The database {path} cannot be made ({_reason(error)}): "
            "choose a folder that can be written with --db or EDGEWISE_DB."
        ) from error
    finally:
        with contextlib.suppress(OSError):  # Refused by a read-only file system, file or not.
            draft.unlink(missing_ok=True)


def _publish(draft: Path, path: Path) -> None:
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    except OSError:
        # No hard links on this file system: of two processes, the later replaces the other's equal file.
        if not path.exists():
            draft.replace(path)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error).splitlines()[0].rpartition(": ")[2]


def refresh(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring an older database's schema and built-in rows to this version, in one transaction.

    Rows of origin ``user`` stay as they are; one with the key of a built-in row stands in its place, and the
    built-in row of this version is kept aside. A built-in row that is no longer supplied stays as long as a
    user's row refers to it.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Connected to the file, for writing.
    """
    attach_scratch(connection)
    kept = _kept_rows(connection)
    for table in tables().values():
        _stage_facts(connection, table, kept)
    replace_tables(connection, _keep_ledger)
    connection.execute("CHECKPOINT")


def attach_scratch(connection: duckdb.DuckDBPyConnection) -> None:
    """Give the connection memory for rows that are kept or staged while tables are replaced."""
    connection.execute(
        "ATTACH ':memory:' AS scratch; CREATE SCHEMA scratch.kept; CREATE SCHEMA scratch.staged; "
        "CREATE SCHEMA scratch.overridden"
    )


def _kept_rows(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    present = {
        name
        for (name,) in connection.execute(
            "SELECT table_name FROM duckdb_tables() "
            "WHERE database_name = current_database() AND schema_name = 'main'"
        ).fetchall()
    }
    kept: list[Table] = []
    for table in reversed(tables().values()):
        if table.name in present and table.has_origin:
            rows = " OR ".join(["origin = 'user'", *_references_from(kept, table)])
            connection.execute(
                f"CREATE TABLE {_kept(table)} AS SELECT * FROM {quoted(table.name)} WHERE {rows}"  # noqa: S608
            )
            kept.append(table)
    return frozenset(table.name for table in kept)


def _references_from(kept: list[Table], target: Table) -> list[str]:
    return [
        f"{quoted(reference.target_column)} IN (SELECT {quoted(reference.column)} FROM {_kept(table)})"  # noqa: S608
        for table in kept
        for reference in table.references
        if reference.target == target.name
    ]


def replace_tables(
    connection: duckdb.DuckDBPyConnection, note: Callable[[duckdb.DuckDBPyConnection], None]
) -> None:
    """Put the staged rows in the place of every table's rows, under this version's rules, all or nothing.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    note : callable
        Writes to the ledger, within the same transaction.

    Raises
    ------
    InvalidStatement
        When rows of a table refer to each other in a circle.
    """
    connection.execute("BEGIN")
    for name in reversed(tables()):
        connection.execute(f"DROP TABLE IF EXISTS {quoted(name)}")
    connection.execute(creation_sql())
    for table in tables().values():
        _insert_staged_rows(connection, table)
    note(connection)
    connection.execute("COMMIT")


def _keep_ledger(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(ledger_sql())
    connection.execute("DELETE FROM ledger.overridden_rows; DELETE FROM ledger.table_checks")
    for (name,) in connection.execute(
        "SELECT table_name FROM duckdb_tables() "
        "WHERE database_name = 'scratch' AND schema_name = 'overridden'"
    ).fetchall():
        rows = table_frame(connection, tables()[name], f"scratch.overridden.{quoted(name)}")
        if len(rows):
            keep_overridden(connection, tables()[name], rows)
    record_checks(connection)


def _stage_facts(connection: duckdb.DuckDBPyConnection, table: Table, kept: frozenset[str]) -> None:
    if table.name == "meta":
        connection.execute(
            f"CREATE TABLE {staged_name(table)} AS SELECT * FROM "  # noqa: S608
            "(VALUES ('schema_version', ?), ('facts_version', ?)) AS versions (key, value)",
            [str(SCHEMA_VERSION), facts_version()],
        )
        return
    stage_facts(connection, table, staged_name(table))
    if table.name in kept:
        same = " AND ".join(f"staged.{quoted(key)} = kept.{quoted(key)}" for key in table.key)
        users = f"{_kept(table)} AS kept WHERE {same} AND kept.origin = 'user'"
        connection.execute(
            f"CREATE TABLE scratch.overridden.{quoted(table.name)} AS "
            f"FROM {staged_name(table)} AS staged WHERE EXISTS (FROM {users})"
        )
        connection.execute(f"DELETE FROM {staged_name(table)} AS staged WHERE EXISTS (FROM {users})")  # noqa: S608
        connection.execute(
            f"INSERT INTO {staged_name(table)} BY NAME SELECT {_shared_columns(connection, table)} "  # noqa: S608
            f"FROM {_kept(table)} AS kept WHERE NOT EXISTS (FROM {staged_name(table)} AS staged WHERE {same})"
        )


def _shared_columns(connection: duckdb.DuckDBPyConnection, table: Table) -> str:
    described = connection.execute(f"SELECT * FROM {_kept(table)} LIMIT 0").description  # noqa: S608
    names = {column[0] for column in described}
    return ", ".join(quoted(name) for name in table.column_names if name in names)


def _insert_staged_rows(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    # A row may refer to another of its own table: parents go in first, level by level.
    level = " AND ".join(
        f"({quoted(reference.column)} IS NULL OR {quoted(reference.column)} IN "  # noqa: S608
        f"(SELECT {quoted(reference.target_column)} FROM {quoted(table.name)}))"
        for reference in table.references
        if reference.target == table.name
    )
    absent = " AND ".join(f"present.{quoted(key)} = staged.{quoted(key)}" for key in table.key)
    missing = (
        f"FROM {staged_name(table)} AS staged "
        f"WHERE NOT EXISTS (FROM {quoted(table.name)} AS present WHERE {absent})"
    )
    statement = f"INSERT INTO {quoted(table.name)} BY NAME SELECT * {missing} AND {level or 'true'}"
    while connection.execute(statement).fetchone() != (0,) and level:
        pass
    if level and connection.execute(f"SELECT 1 {missing} LIMIT 1").fetchone():
        raise InvalidStatement(
            f"Rows of {table.name} refer to each other in a circle: leave the reference of one empty; "
            "nothing was changed."
        )


def _kept(table: Table) -> str:
    return f"scratch.kept.{quoted(table.name)}"


def staged_name(table: Table) -> str:
    """Qualified name of the table that holds the rows to be put in place of ``table``."""
    return f"scratch.staged.{quoted(table.name)}"


def remove_stale_drafts(path: Path, older_than_s: float = 3600.0) -> None:
    """Remove drafts of ``path`` that a process killed while building left behind."""
    for draft in path.parent.glob(f".{path.name}.*.draft*"):
        with contextlib.suppress(OSError):
            if draft.stat().st_mtime < time.time() - older_than_s:
                draft.unlink()

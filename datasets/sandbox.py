"""An analyst's SQL, run on a locked copy in memory; what it changed is taken over only if it may be."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from datasets import rules, schema, sql_errors, statements
from datasets.changes import Changes, StaleSnapshot, apply, changes_between, refuse_builtin_changes
from datasets.database import Snapshot, load, working_copy
from datasets.errors import DatabaseUnavailable, InvalidStatement

ATTEMPTS = 5
# Rows that are part of another row: they go when it goes.
PARTS = {
    "devices": (
        ("device_peaks", "device_id"),
        ("fleet_mix", "device_id"),
        ("measurements", "device_id"),
        ("workload_hosts", "device_id"),
    ),
    "scenarios": (("scenario_overrides", "scenario_id"),),
    "forecast_vintages": (("forecast_vintage_bands", "name"),),
    "workloads": (
        ("workload_demand", "workload_id"),
        ("workload_demand_terms", "workload_id"),
        ("workload_hosts", "workload_id"),
        ("workload_drivers", "workload_id"),
    ),
}
_LOCK_DOWN = (
    "SET temp_directory = ''; SET python_enable_replacements = false; "
    "SET autoinstall_known_extensions = false; SET autoload_known_extensions = false; "
    "SET memory_limit = '1GB'; SET enable_external_access = false; SET lock_configuration = true"
)


@dataclass(frozen=True)
class SandboxResult:
    """What a run gave.

    Attributes
    ----------
    frame : pandas.DataFrame
        The last statement's rows; after a change without ``RETURNING``, rows changed by table.
    changes : Changes
        Rows inserted, updated and deleted.
    notes : tuple of str
        Sentences worth telling the analyst.
    truncated : bool
        Whether there were more rows than ``frame`` holds.
    """

    frame: pd.DataFrame
    changes: Changes
    notes: tuple[str, ...] = field(default=())
    truncated: bool = False


def run(
    path: Path | str | None,
    sql: str,
    *,
    write: bool = False,
    max_rows: int = 10_000,
    timeout_s: float = 30.0,
    parameters: Sequence[Any] | None = None,
    rehearsal: Callable[..., SandboxResult] | None = None,
) -> SandboxResult:
    """Run SQL on a copy of the database and, with ``write``, take its changes over into the file.

    Parameters
    ----------
    path : pathlib.Path or str, optional
        The database, `datasets.database.default_path` when None.
    sql : str
        One or more statements; the last one's rows are returned.
    write : bool
        Whether rows may be changed.
    max_rows : int
        Rows returned at most.
    timeout_s : float
        Seconds after which the run is interrupted.
    parameters : sequence, optional
        Values for the ``?`` of a single statement.
    rehearsal : callable, optional
        What runs it on the copy: `rehearse`, or `datasets.sandbox_process.rehearse`.

    Returns
    -------
    SandboxResult

    Raises
    ------
    InvalidStatement
        When a statement cannot or may not be run, or rows break a rule; nothing is changed then.
    DatabaseUnavailable
        When the file cannot be opened or written.
    """
    for _ in range(ATTEMPTS):
        snapshot = load(path)
        result = (rehearsal or rehearse)(
            snapshot, sql, max_rows=max_rows, timeout_s=timeout_s, parameters=parameters
        )
        if not result.changes:
            return result
        if not write:
            raise InvalidStatement(
                f"The statement would change rows ({'; '.join(result.changes.in_words())}): "
                "allow that with --write; nothing was changed."
            )
        with contextlib.suppress(StaleSnapshot):
            apply(snapshot.path, result.changes, snapshot.version)
            return result
    raise DatabaseUnavailable("Other processes keep changing the database: wait a moment and try again.")


def rehearse(
    snapshot: Snapshot,
    sql: str,
    *,
    max_rows: int = 10_000,
    timeout_s: float = 30.0,
    parameters: Sequence[Any] | None = None,
) -> SandboxResult:
    """Run SQL on a locked copy of a snapshot; nothing outside the copy changes.

    Parameters and errors are those of `run`.
    """
    runnable = statements.runnable_statements(sql)
    with working_copy(snapshot) as connection:
        connection.execute(_LOCK_DOWN)
        frame, truncated = pd.DataFrame(), False
        with _interrupted_after(connection, timeout_s):
            for place, statement in enumerate(runnable, start=1):
                frame, truncated = _rows(connection, statement, max_rows, parameters)
                if statement.type in statements.CHANGING and place < len(runnable):
                    refuse_broken_rules(connection)  # Before another statement computes with the rows.
        changes: Changes = Changes({})
        notes: list[str] = []
        if statements.may_change_rows(sql):
            changes, notes = settled_changes(connection, snapshot)
    if changes and "Count" in frame.columns and len(frame.columns) == 1:
        frame = changes.summary()
    return SandboxResult(frame, changes, tuple(notes), truncated)


@contextlib.contextmanager
def _interrupted_after(connection: duckdb.DuckDBPyConnection, timeout_s: float) -> Iterator[None]:
    done = threading.Event()

    def watch() -> None:
        if not done.wait(timeout_s):
            # An interrupt between two statements is lost: repeat it until the run has ended.
            while not done.wait(0.1):
                connection.interrupt()

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except duckdb.InterruptException as error:
        raise InvalidStatement(
            f"The statement ran longer than {timeout_s:g} s and was stopped: filter or aggregate first."
        ) from error
    finally:
        done.set()
        watcher.join()


def _rows(
    connection: duckdb.DuckDBPyConnection,
    statement: duckdb.Statement,
    max_rows: int,
    parameters: Sequence[Any] | None,
) -> tuple[pd.DataFrame, bool]:
    try:
        connection.execute(statement, parameters)
        frame = connection.fetch_df_chunk(max_rows // duckdb.__standard_vector_size__ + 1)
    except duckdb.InterruptException:
        raise
    except duckdb.ConversionException as error:
        clauses = _unreadable_cells(connection, statement)
        told = rules.sentence(clauses, "nothing was changed.") if clauses else None
        raise InvalidStatement(told or sql_errors.sentence(error, statement.query)) from error
    except duckdb.Error as error:
        raise InvalidStatement(sql_errors.sentence(error, statement.query)) from error
    return frame.iloc[:max_rows], len(frame) > max_rows


def _unreadable_cells(connection: duckdb.DuckDBPyConnection, statement: duckdb.Statement) -> list[str]:
    table = schema.tables().get(sql_errors.target_table(statement.query) or "")
    if table is None:
        return []
    try:
        connection.execute(f"DROP TABLE {schema.quoted(table.name)}")
        connection.execute(schema.loose_creation_sql(table, as_text=True))
        connection.execute(statement.query)
        return rules.unreadable_cells(connection, table)
    except duckdb.Error:
        return []


def refuse_broken_rules(connection: duckdb.DuckDBPyConnection) -> None:
    """Raise `InvalidStatement` when a row of the working copy breaks a rule of its table."""
    if clauses := rules.broken_rules(connection):
        raise InvalidStatement(rules.sentence(clauses, "nothing was changed."))


def settled_changes(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> tuple[Changes, list[str]]:
    """Changes of a working copy against its snapshot, once every rule holds.

    A user's row takes the user's rows that are part of it along when it goes.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The working copy.
    snapshot : datasets.database.Snapshot
        What it was made from.

    Returns
    -------
    tuple of Changes and list of str
        The changes, and notes about them.

    Raises
    ------
    InvalidStatement
        When a built-in row was changed, or a row breaks a rule or refers to a row that is not there.
    """
    first = _changes(connection, snapshot)
    if not first:
        return first, []
    refuse_builtin_changes(first)
    refuse_broken_rules(connection)
    notes = _remove_parts(connection, first)
    if clauses := rules.broken_references(connection):
        raise InvalidStatement(
            rules.sentence(clauses, "insert the row referred to first, or keep it; nothing was changed.")
        )
    changes = _changes(connection, snapshot) if notes else first
    return changes, notes + _missing_peaks(connection, changes)


def _changes(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> Changes:
    after = {name: schema.table_frame(connection, schema.tables()[name]) for name in snapshot.tables}
    return changes_between(snapshot.tables, after)


def _remove_parts(connection: duckdb.DuckDBPyConnection, changes: Changes) -> list[str]:
    notes = []
    for whole, parts in PARTS.items():
        if whole not in changes.tables:
            continue
        gone = changes.tables[whole].deleted[schema.tables()[whole].key[0]].tolist()
        for part, column in parts:
            removed = connection.execute(
                f"DELETE FROM {schema.quoted(part)} WHERE origin = 'user' "  # noqa: S608
                f"AND list_contains(?, {schema.quoted(column)}) RETURNING 1",
                [gone],
            ).fetchall()
            if removed:
                rows = "1 row" if len(removed) == 1 else f"{len(removed)} rows"
                notes.append(f"With {', '.join(gone)} went {rows} of {part}.")
    return notes


def _missing_peaks(connection: duckdb.DuckDBPyConnection, changes: Changes) -> list[str]:
    if "devices" not in changes.tables:
        return []
    inserted = changes.tables["devices"].inserted["device_id"].tolist()
    rows = connection.execute(
        "SELECT device_id FROM devices WHERE list_contains(?, device_id) "
        "AND device_id NOT IN (SELECT device_id FROM device_peaks) ORDER BY device_id",
        [inserted],
    ).fetchall()
    return [
        f"Device {name} has no row in device_peaks yet: until then it can run nothing." for (name,) in rows
    ]

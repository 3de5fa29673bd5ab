"""An analyst's SQL, run on a locked copy in memory; what it changed is taken over only if it may be."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from datasets import rules, schema, sql_errors, statements
from datasets.changes import Changes, StaleSnapshot, apply
from datasets.database import Snapshot, load, working_copy
from datasets.errors import DatabaseUnavailable, InvalidStatement, NeedsConfirmation
from datasets.interruption import MEMORY_LIMIT, interruptible
from datasets.overrides import may_override, restore_withdrawn, run_over_builtin
from datasets.results import first_rows
from datasets.settling import Settled, refuse_broken_rules, settled_changes, tables_named

ATTEMPTS = 5
_LOCK_DOWN = (
    "SET temp_directory = ''; SET python_enable_replacements = false; "
    "SET autoinstall_known_extensions = false; SET autoload_known_extensions = false; "
    f"SET memory_limit = '{MEMORY_LIMIT}'; SET enable_external_access = false; SET lock_configuration = true"
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
    doubts : tuple of str
        Sentences on changed figures that are most likely wrong; taking them over has to be confirmed.
    """

    frame: pd.DataFrame
    changes: Changes
    notes: tuple[str, ...] = field(default=())
    truncated: bool = False
    doubts: tuple[str, ...] = field(default=())


def run(
    path: Path | str | None,
    sql: str,
    *,
    write: bool = False,
    max_rows: int = 10_000,
    timeout_s: float = 30.0,
    parameters: Sequence[Any] | None = None,
    rehearsal: Callable[..., SandboxResult] | None = None,
    who: str | None = None,
    confirmed: bool = False,
    stop: threading.Event | None = None,
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
    who : str, optional
        Who changes rows, for the ledger; the user of this process when left out.
    confirmed : bool
        Whether figures in doubt are meant so.
    stop : threading.Event, optional
        Stops the run when another thread sets it.

    Returns
    -------
    SandboxResult

    Raises
    ------
    InvalidStatement
        When a statement cannot or may not be run, or rows break a rule; nothing is changed then.
    NeedsConfirmation
        When figures are in doubt and not confirmed; nothing is changed then.
    DatabaseUnavailable
        When the file cannot be opened or written.
    """
    for _ in range(ATTEMPTS):
        snapshot = load(path)
        result = (rehearsal or rehearse)(
            snapshot, sql, max_rows=max_rows, timeout_s=timeout_s, parameters=parameters, stop=stop
        )
        if not result.changes:
            return result
        if not write:
            raise InvalidStatement(
                f"The statement would change rows ({'; '.join(result.changes.in_words())}): "
                "allow that with --write; nothing was changed."
            )
        if result.doubts and not confirmed:
            raise NeedsConfirmation(result.doubts)
        with contextlib.suppress(StaleSnapshot):
            apply(snapshot.path, result.changes, snapshot.version, cause=_cause(sql, parameters), who=who)
            return result
    raise DatabaseUnavailable("Other processes keep changing the database: wait a moment and try again.")


def _cause(sql: str, parameters: Sequence[Any] | None) -> str:
    return f"{sql.strip()} -- {', '.join(map(str, parameters))}" if parameters else sql


def rehearse(
    snapshot: Snapshot,
    sql: str,
    *,
    max_rows: int = 10_000,
    timeout_s: float = 30.0,
    parameters: Sequence[Any] | None = None,
    stop: threading.Event | None = None,
) -> SandboxResult:
    """Run SQL on a locked copy of a snapshot; nothing outside the copy changes.

    Parameters and errors are those of `run`.
    """
    runnable = statements.runnable_statements(sql)
    names = tables_named(sql)
    with working_copy(snapshot) as connection:
        connection.execute(_LOCK_DOWN)
        frame, truncated, settled = pd.DataFrame(), False, Settled(Changes({}))
        with interruptible(connection, timeout_s, stop):
            for place, statement in enumerate(runnable, start=1):
                frame, truncated = _rows(connection, statement, max_rows, parameters)
                restore_withdrawn(connection, snapshot.overridden)
                if statement.type in statements.CHANGING and place < len(runnable):
                    refuse_broken_rules(connection, names)  # Before another statement computes with the rows.
        if statements.may_change_rows(sql):
            settled = settled_changes(connection, snapshot, names)
    if settled.changes and "Count" in frame.columns and len(frame.columns) == 1:
        frame = settled.changes.summary()
    return SandboxResult(frame, settled.changes, settled.notes, truncated, settled.doubts)


def _rows(
    connection: duckdb.DuckDBPyConnection,
    statement: duckdb.Statement,
    max_rows: int,
    parameters: Sequence[Any] | None,
) -> tuple[pd.DataFrame, bool]:
    def fetched() -> tuple[pd.DataFrame, bool]:
        connection.execute(statement.query, parameters)
        to_its_end = statements.may_change_rows(statement.query)
        return first_rows(connection, max_rows, to_its_end=to_its_end)

    table = schema.tables().get(sql_errors.target_table(statement.query) or "")
    try:
        try:
            return fetched()
        except duckdb.ConstraintException as error:
            if table is None or "uplicate key" not in str(error) or not may_override(table, statement.query):
                raise
            return run_over_builtin(connection, table, fetched)
    except duckdb.InterruptException:
        raise
    except duckdb.ConversionException as error:
        clauses = _unreadable_cells(connection, statement)
        told = rules.sentence(clauses, "nothing was changed.") if clauses else None
        raise InvalidStatement(told or sql_errors.sentence(error, statement.query)) from error
    except duckdb.Error as error:
        raise InvalidStatement(sql_errors.sentence(error, statement.query)) from error


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

"""What the app asks of the database beside reading it: statements, imports, changes and their undoing."""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboard import gate, limits
from dashboard.heavy import TURNS
from dashboard.statement_run import StatementRun
from datasets import imports, sandbox, sandbox_process, undo
from datasets.database import Snapshot
from datasets.errors import InvalidStatement, NotAllowed
from datasets.imports import FileImport
from datasets.sandbox import SandboxResult
from datasets.schema import Table, quoted

MOST_RESULT_ROWS = 2_000


def started_statement(current: Snapshot, sql: str, *, write: bool, confirmed: bool = False) -> StatementRun:
    """An analyst's statements under way; without `write` they only touch a copy of the tables."""
    allowed = limits.current()
    limits.STATEMENTS.count(gate.user(), allowed.statements_per_minute)
    rehearse = functools.partial(sandbox_process.rehearse, memory_mb=allowed.statement_memory_mb)
    rows, seconds, who = min(MOST_RESULT_ROWS, allowed.rows), allowed.statement_s, gate.email()
    saved = functools.partial(
        sandbox.run, current.path, sql, write=True, rehearsal=rehearse, who=who, confirmed=confirmed
    )
    run = saved if write else functools.partial(rehearse, current, sql)
    may_try = gate.may_try()

    def waits(before: int) -> None:
        started.waits_for = before
        if started.stop.is_set():
            raise InvalidStatement("The statement was stopped before its turn; nothing was changed.")

    def work(stop: threading.Event) -> SandboxResult:
        with TURNS.turn(allowed.computations, allowed.queue, allowed.patience_s, waits):
            started.waits_for = 0
            result = run(max_rows=rows, timeout_s=seconds, stop=stop)
        if result.changes and not may_try:
            raise NotAllowed(
                f"The statement would change rows ({'; '.join(result.changes.in_words())}): "
                "only an analyst or an editor may try that here."
            )
        return result

    started = StatementRun(work, sql, saves=write)
    started.start()
    return started


def change_log(current: Snapshot) -> pd.DataFrame:
    """The last changes of the database, newest first."""
    return undo.change_log(current.path)


def undo_change(current: Snapshot, change_id: int) -> list[str]:
    """Take a change back; what that changed, in words."""
    return undo.undo_change(current.path, change_id, who=gate.email()).in_words()


def import_file(
    current: Snapshot, table: str | None, content: bytes, name: str, **options: bool
) -> FileImport:
    """Import rows of one table, or devices with their peaks where no table is named; or only check them."""
    if table is None:
        return imports.import_devices(current.path, content, name, who=gate.email(), **options)
    return imports.import_rows(current.path, table, content, name, who=gate.email(), **options)


def delete_row(current: Snapshot, table: Table, key: Mapping[str, Any]) -> list[str]:
    """Delete a row of the user's own by its key; what went, in words."""
    where = " AND ".join(f"{quoted(column)} = ?" for column in table.key)
    statement = f"DELETE FROM {quoted(table.name)} WHERE {where}"  # noqa: S608
    result = sandbox.run(
        current.path,
        statement,
        write=True,
        parameters=[key[column] for column in table.key],
        who=gate.email(),
    )
    return [*result.changes.in_words(), *result.notes]

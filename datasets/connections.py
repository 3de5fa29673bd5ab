"""Holding the database file for a moment: locks waited for, faults told in one sentence."""

from __future__ import annotations

import contextlib
import random
import re
import threading
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

import duckdb

from datasets.errors import DatabaseUnavailable
from datasets.safety_copy import drop_copy, keep_copy

LOCK_PATIENCE_S = 4.0
_IN_PROCESS = threading.RLock()
# Called before the file is opened for writing, with the names of the tables that will change (all, where
# None); raises where whoever asks may not. The command line and a notebook ask nobody.
Permission = Callable[[Collection[str] | None], None]
_permissions: list[Permission] = []


def guard_writes(permission: Permission) -> None:
    """Ask `permission` before any write of this process, in place of what was asked until now.

    Parameters
    ----------
    permission : callable
        Takes the names of the tables that will change, None for any of them; raises an EdgewiseError where
        they may not.
    """
    _permissions[:] = [permission]


def refuse_forbidden_writes(tables: Collection[str] | None) -> None:
    """Raise what the permission raises, if one is asked; see `guard_writes`."""
    for permission in _permissions:
        permission(tables)


@contextlib.contextmanager
def held(
    path: Path, *, read_only: bool, tables: Collection[str] | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Connection to the file for the length of a ``with`` block, one at a time in this process.

    Parameters
    ----------
    path : pathlib.Path
    read_only : bool
    tables : collection of str, optional
        The tables that a write will change: who may change some may not change all.

    Yields
    ------
    duckdb.DuckDBPyConnection

    Raises
    ------
    DatabaseUnavailable
        When the file is locked for longer than `LOCK_PATIENCE_S`, damaged, or no database.
    """
    with _IN_PROCESS:
        connection = connected(path, read_only=read_only, tables=tables)
        is_sound = True
        try:
            if not read_only:
                keep_copy(connection, path)
            yield connection
        except duckdb.IOException as error:
            is_sound = False
            raise DatabaseUnavailable(_sentence(path, str(error))) from error
        except duckdb.Error as error:
            # Commits fail with other classes than opening does.
            if not any(words in str(error) for words in ("Corrupt database", "Could not write file")):
                raise
            is_sound = False
            raise DatabaseUnavailable(_sentence(path, str(error))) from error
        finally:
            connection.close()
            if is_sound and not read_only:
                drop_copy(path)


def connected(
    path: Path, *, read_only: bool, tables: Collection[str] | None = None
) -> duckdb.DuckDBPyConnection:
    """Connection to the file, to be closed by the caller; waits for a lock as `held` does."""
    if not read_only:
        refuse_forbidden_writes(tables)
    deadline = time.monotonic() + LOCK_PATIENCE_S
    while True:
        try:
            return _connection(path, read_only)
        except duckdb.Error as error:
            if "lock" not in str(error) or time.monotonic() > deadline:
                raise DatabaseUnavailable(_sentence(path, str(error))) from error
        time.sleep(random.uniform(0.01, 0.04))  # noqa: S311 - so that two that wait do not wait in step


def _connection(path: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    try:
        return duckdb.connect(str(path), read_only=read_only)
    except duckdb.ConnectionException as error:
        # This process holds the file already, e.g. in a notebook: share that instance, whatever its mode.
        if read_only and "different configuration" in str(error):
            return duckdb.connect(str(path), read_only=False)
        raise DatabaseUnavailable(
            f"The database {path} is open read-only in this process: close that connection before writing."
        ) from error


def _sentence(path: Path, reason: str) -> str:
    if "set lock" in reason:
        holder = re.search(r"in (\S+) \(PID (\d+)\)", reason)
        who = f"process {holder[2]} ({Path(holder[1]).name})" if holder else "another process"
        return f"The database {path} is held by {who}: close it there or wait, then try again."
    if "not a valid DuckDB database" in reason:
        return f"{path} is not a DuckDB database: name another file with --db or EDGEWISE_DB."
    if "version number" in reason:
        return f"The database {path} was written by a newer DuckDB: update Edgewise, or name another file."
    if "No space left" in reason or "File too large" in reason:
        return f"The disk that holds {path} is full: free some space and try again; nothing was changed."
    if "Permission denied" in reason or "Read-only file system" in reason:
        return f"The database {path} may not be opened by this user: check the permissions."
    if "WAL" in reason:
        return (
            f"The write-ahead log {path}.wal does not fit the database or is damaged: edgewise doctor "
            "--set-log-aside opens the file without it, edgewise restore lists the backups."
        )
    detail = reason.splitlines()[0].split(": ", 1)[-1]
    return (
        f"The database {path} is damaged or cut short ({detail}): restore a backup (edgewise restore lists "
        "them) or move it away."
    )

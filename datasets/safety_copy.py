"""The file as it was before a change, put back when the program that made the change was killed meanwhile.

DuckDB's log outlives a kill, but a checkpoint that is killed may leave a file that does not open, or whose
log does not fit any more (about one in two hundred, DuckDB 2.0.1). So a copy lies beside the file while it is
written to, and goes when the change is done: who opens the file next and finds one knows that a writer died.
"""

from __future__ import annotations

import contextlib
import glob
import logging
import shutil
from pathlib import Path

import duckdb

from datasets.errors import DatabaseUnavailable
from datasets.file_copies import copy_pair
from datasets.schema import quoted
from datasets.write_ahead_log import log_path

_LOG = logging.getLogger("edgewise")


def safety_path(path: Path) -> Path:
    """Where the copy of a database lies while it is changed."""
    return path.with_name(f".{path.name}.before-change")


def keep_copy(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Copy a database that is about to be changed.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Holds the file for writing.
    path : pathlib.Path

    Raises
    ------
    DatabaseUnavailable
        When the copy cannot be written.
    duckdb.Error
        When a copy is there already, of a writer that died, and the file turns out to be damaged.
    """
    copy = safety_path(path)
    if copy.exists():
        read_everything(connection)
        drop_copy(path)
    # Whoever holds the file for writing is alone: other drafts were left by writers that were killed.
    for stale in (log_path(copy), *path.parent.glob(f".{glob.escape(copy.name)}.*.draft")):
        stale.unlink(missing_ok=True)
    copy_pair(path, copy)


def drop_copy(path: Path) -> None:
    """Remove the copy: the change is done, or undone by DuckDB itself."""
    with contextlib.suppress(OSError):
        safety_path(path).unlink(missing_ok=True)
        log_path(safety_path(path)).unlink(missing_ok=True)


def read_everything(connection: duckdb.DuckDBPyConnection) -> None:
    """Read every row of a file, so that a damaged block is met now; raises what DuckDB raises."""
    names = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = current_database()"
    ).fetchall()
    for schema, table in names:
        connection.execute(
            f"SELECT bit_xor(hash(present)) FROM {quoted(schema)}.{quoted(table)} AS present"  # noqa: S608
        ).fetchall()


def put_back(path: Path) -> None:
    """Put the copy in the place of a damaged file; may be ended and begun anew at any point.

    Raises
    ------
    DatabaseUnavailable
        When the folder cannot be written.
    """
    copy = safety_path(path)
    try:
        log_path(path).unlink(missing_ok=True)
        if log_path(copy).exists():
            shutil.copyfile(log_path(copy), log_path(path))
        with contextlib.suppress(FileNotFoundError):  # Another process was quicker.
            copy.replace(path)
        log_path(copy).unlink(missing_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(
            f"A change of {path} was cut short and did damage, but the copy made before, {copy}, cannot be "
            f"put back ({error.strerror}): check the permissions, or copy it there yourself."
        ) from error
    _LOG.warning(
        "A program was ended while it changed %s: that change is taken back, all saved before is there.",
        path,
    )

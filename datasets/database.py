"""Opening a database: where it is, making it on first start, loading all of it, noticing changes."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType

import duckdb
import pandas as pd
import platformdirs
import pyarrow as pa

from datasets import backups, building, schema
from datasets.connections import connected, held, refuse_forbidden_writes
from datasets.errors import DatabaseUnavailable, NotAllowed
from datasets.facts import facts_version
from datasets.ledger import overridden_rows
from datasets.recovery import settle_cut_change
from datasets.table_checks import present_checks
from datasets.write_ahead_log import log_path, log_state

EXTENSION_GROUP = "edgewise.sql"
_LOG = logging.getLogger("edgewise")
# The rows last read, by table and fingerprint: after a change most tables are what they were.
_frames: dict[tuple[str, str], pd.DataFrame] = {}


@dataclass(frozen=True)
class Snapshot:
    """All tables at one moment.

    Attributes
    ----------
    path : pathlib.Path
        The file that they were read from.
    version : str
        Its data version at that moment, as `data_version` gives it.
    tables : mapping of str to pandas.DataFrame
        Every table, rows in the order of the primary key, columns and units as in ``schema.sql``.
    overridden : mapping of str to pandas.DataFrame
        Built-in rows that a user's row stands in the place of, by table.
    fingerprints : mapping of str to str
        Row count and checksum of each table: two snapshots that agree in one hold the same rows there.
    """

    path: Path
    version: str
    tables: Mapping[str, pd.DataFrame]
    overridden: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    fingerprints: Mapping[str, str] = field(default_factory=dict)


def default_path() -> Path:
    """Path of the database: ``EDGEWISE_DB`` if set, else a file in the user's data folder."""
    chosen = os.environ.get("EDGEWISE_DB")
    if chosen:
        return Path(chosen).expanduser()
    return Path(platformdirs.user_data_dir("edgewise", appauthor=False)) / "edgewise.duckdb"


def ensure(path: Path | str | None = None) -> Path:
    """Path of a database that exists and is of this version: made or refreshed where it is not.

    Parameters
    ----------
    path : pathlib.Path or str, optional
        `default_path` when left out.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    DatabaseUnavailable
        When there is something else at ``path``, it is newer than this program, or cannot be made.
    """
    file = Path(path).expanduser() if path else default_path()
    if file.is_dir():
        raise DatabaseUnavailable(f"{file} is a folder: name a database file with --db or EDGEWISE_DB.")
    if not file.exists():
        _make_folder(file)
        building.remove_stale_drafts(file)
        building.build(file)
    elif file.stat().st_size == 0:
        raise DatabaseUnavailable(f"{file} is empty: remove it to have a new database made, or name another.")
    settle_cut_change(file)
    if _is_older(file):
        _refresh(file)
    return file


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(
            f"The folder {file.parent} cannot be made ({error.strerror}): "
            "choose one that can be written with --db or EDGEWISE_DB."
        ) from error


def _is_older(file: Path) -> bool:
    with held(file, read_only=True) as connection:
        return recorded_versions(connection, file) != (schema.SCHEMA_VERSION, facts_version())


def recorded_versions(connection: duckdb.DuckDBPyConnection, file: Path) -> tuple[int, str]:
    """Versions of schema and built-in rows of a file; raises `DatabaseUnavailable` for a newer one."""
    try:
        recorded = dict(connection.execute("SELECT key, value FROM meta").fetchall())
        versions = int(recorded["schema_version"]), recorded["facts_version"]
    except (duckdb.CatalogException, duckdb.BinderException, KeyError, ValueError) as error:
        raise DatabaseUnavailable(
            f"{file} is a DuckDB database, but none of Edgewise: name another file with --db or EDGEWISE_DB."
        ) from error
    if versions[0] > schema.SCHEMA_VERSION:
        raise DatabaseUnavailable(
            f"The database {file} has schema version {versions[0]}, this Edgewise knows up to "
            f"{schema.SCHEMA_VERSION}: update Edgewise, or name another file with --db."
        )
    return versions


def _refresh(file: Path) -> None:
    if not all(_is_writable(place) for place in (file, file.parent)):
        return  # `load` reads it through a copy that is up to date.
    with contextlib.suppress(NotAllowed):
        refuse_forbidden_writes(())
        backups.make_backup(file, backups.BEFORE_UPDATE)
        with held(file, read_only=False, tables=()) as connection:
            # Another process may have refreshed it while this one waited for the lock.
            if recorded_versions(connection, file) != (schema.SCHEMA_VERSION, facts_version()):
                building.refresh(connection)


def _is_writable(place: Path) -> bool:
    return os.access(place, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def load(path: Path | str | None = None) -> Snapshot:
    """All tables of the database, which is held only while they are read.

    Parameters
    ----------
    path : pathlib.Path or str, optional
        `default_path` when left out.

    Returns
    -------
    Snapshot

    Raises
    ------
    DatabaseUnavailable
        As `ensure`, and when another process keeps the file locked.
    """
    file = ensure(path)
    _warn_of_cut_log(file)
    with held(file, read_only=True) as connection:
        version = data_version(file)
        if recorded_versions(connection, file) == (schema.SCHEMA_VERSION, facts_version()):
            return _snapshot(connection, file, version)
    return _load_through_copy(file)


def _snapshot(connection: duckdb.DuckDBPyConnection, file: Path, version: str) -> Snapshot:
    try:
        fingerprints = {
            name: f"{check.row_count}:{check.checksum}" for name, check in present_checks(connection).items()
        }
        frames = {
            name: _frame(connection, table, fingerprints[name]) for name, table in schema.tables().items()
        }
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise DatabaseUnavailable(
            f"The database {file} lacks a table or column of Edgewise ({str(error).splitlines()[0]}): "
            "edgewise doctor says which, edgewise restore puts a backup back."
        ) from error
    _frames.clear()
    # A shallow copy: pandas copies a column when somebody writes to it.
    _frames.update({(name, fingerprints[name]): frame.copy(deep=False) for name, frame in frames.items()})
    kept = overridden_rows(connection)
    return Snapshot(
        file, version, MappingProxyType(frames), MappingProxyType(kept), MappingProxyType(fingerprints)
    )


def _frame(connection: duckdb.DuckDBPyConnection, table: schema.Table, fingerprint: str) -> pd.DataFrame:
    known = _frames.get((table.name, fingerprint))
    return schema.table_frame(connection, table) if known is None else known.copy(deep=False)


def _load_through_copy(file: Path) -> Snapshot:
    """Rows of an older database that may not be written, as this version would hold them."""
    with tempfile.TemporaryDirectory() as folder:
        version, copy = data_version(file), Path(folder) / file.name
        for part in (file, log_path(file)):
            if part.exists():
                shutil.copyfile(part, log_path(copy) if part != file else copy)
        with duckdb.connect(str(copy)) as connection:
            building.refresh(connection)
            return _snapshot(connection, file, version)


def _warn_of_cut_log(file: Path) -> None:
    state = log_state(file)
    if state is not None and state.fault is not None:
        _LOG.warning(
            "The write-ahead log of %s is damaged, %s: rows may be missing; edgewise doctor says what to do.",
            file,
            state.fault,
        )


def data_version(path: Path | str) -> str:
    """Fingerprint of file and write-ahead log, by their metadata alone: differs after any process's commit.

    Parameters
    ----------
    path : pathlib.Path or str

    Returns
    -------
    str
    """
    return "|".join(_file_state(Path(f"{path}{suffix}")) for suffix in ("", ".wal"))


def _file_state(file: Path) -> str:
    try:
        state = file.stat()
    except FileNotFoundError:
        return "-"
    return f"{state.st_ino}:{state.st_size}:{state.st_mtime_ns}"


def working_copy(snapshot: Snapshot) -> duckdb.DuckDBPyConnection:
    """In-memory database with the snapshot's rows, apart from the file, with every function and view.

    Its tables have keys and defaults only; `datasets.rules` tells which rules their rows break.

    Parameters
    ----------
    snapshot : Snapshot

    Returns
    -------
    duckdb.DuckDBPyConnection
        To be closed by the caller; threads need a ``.cursor()`` each.
    """
    connection = duckdb.connect(":memory:")
    for name, frame in snapshot.tables.items():
        connection.execute(schema.loose_creation_sql(schema.tables()[name]))
        # Through Arrow: DuckDB reads a frame's texts one by one, Arrow's as a block.
        connection.register("incoming", pa.Table.from_pandas(frame, preserve_index=False))
        connection.execute(f"INSERT INTO {schema.quoted(name)} BY NAME SELECT * FROM incoming")  # noqa: S608
        connection.unregister("incoming")
    register_extensions(connection)
    return connection


def open_file(path: Path | str | None = None, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """Connection to the file itself, for a notebook, with the same functions and views.

    Parameters
    ----------
    path : pathlib.Path or str, optional
        `default_path` when left out.
    read_only : bool

    Returns
    -------
    duckdb.DuckDBPyConnection
        It locks the file until it is closed: use it in a ``with`` block.
    """
    connection = connected(ensure(path), read_only=read_only)
    register_extensions(connection)
    return connection


def register_extensions(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the functions and views that other floors offer under the entry points ``edgewise.sql``."""
    for extension in sorted(entry_points(group=EXTENSION_GROUP), key=lambda entry: entry.name):
        extension.load()(connection)

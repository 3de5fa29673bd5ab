"""Opening a database: where it is, making it on first start, loading all of it, noticing changes."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from types import MappingProxyType

import duckdb
import pandas as pd
import platformdirs

from datasets import building, schema
from datasets.connections import connected, held
from datasets.errors import DatabaseUnavailable, NotAllowed
from datasets.facts import facts_version
from datasets.ledger import overridden_rows

EXTENSION_GROUP = "edgewise.sql"


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
    """

    path: Path
    version: str
    tables: Mapping[str, pd.DataFrame]
    overridden: Mapping[str, pd.DataFrame] = field(default_factory=dict)


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
        return _recorded_versions(connection, file) != (schema.SCHEMA_VERSION, facts_version())


def _recorded_versions(connection: duckdb.DuckDBPyConnection, file: Path) -> tuple[int, str]:
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
        return  # An older database in a read-only folder is still readable; its rows are just not the newest.
    with contextlib.suppress(NotAllowed), held(file, read_only=False, tables=()) as connection:
        # Another process may have refreshed it while this one waited for the lock.
        if _recorded_versions(connection, file) != (schema.SCHEMA_VERSION, facts_version()):
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
    with held(file, read_only=True) as connection:
        version = data_version(file)
        present = {
            name
            for (name,) in connection.execute(
                "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'"
            ).fetchall()
        }
        frames = {
            name: schema.table_frame(connection, table)
            for name, table in schema.tables().items()
            if name in present
        }
        overridden = overridden_rows(connection)
    return Snapshot(file, version, MappingProxyType(frames), MappingProxyType(overridden))


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
        connection.register("incoming", frame)
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

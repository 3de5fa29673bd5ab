"""Copies of the database file: before each update of it, on demand, and putting one back."""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
import uuid
from pathlib import Path

import duckdb
import pandas as pd

from datasets.connections import connected, held, refuse_forbidden_writes
from datasets.errors import DatabaseUnavailable, InvalidValue, UnknownName
from datasets.file_copies import copy_pair
from datasets.schema import SCHEMA_VERSION
from datasets.write_ahead_log import log_path, log_state

ON_DEMAND, BEFORE_UPDATE, BEFORE_RESTORE = "on-demand", "before-update", "before-restore"
SET_ASIDE, CUT_LOG = "log-set-aside", "log-cut"
KEPT_AUTOMATIC = 10
COLUMNS = ["backup", "made", "reason", "size_mb"]


def backup_folder(path: Path) -> Path:
    """Where the backups of a database lie."""
    return path.with_name(f"{path.name}.backups")


def backups(path: Path) -> pd.DataFrame:
    """The backups of a database, newest first.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    pandas.DataFrame
        Columns backup (its name), made (UTC), reason, size_mb (1e6 bytes).
    """
    rows = []
    for file in sorted(backup_folder(path).glob("*.duckdb"), reverse=True):
        made, _, reason = file.stem.partition("_")
        rows.append((file.name, made, reason, file.stat().st_size / 1e6))
    return pd.DataFrame(rows, columns=COLUMNS)


def make_backup(path: Path, reason: str = ON_DEMAND, to: Path | None = None) -> Path:
    """Copy a database as it is now, with what its write-ahead log holds.

    Parameters
    ----------
    path : pathlib.Path
    reason : str
        Part of the name.
    to : pathlib.Path, optional
        Another place than the folder beside the database; nothing may be there yet.

    Returns
    -------
    pathlib.Path
        The copy.

    Raises
    ------
    DatabaseUnavailable
        When the database cannot be read or the copy cannot be written.
    InvalidValue
        When there is a file at `to`.
    """
    if to is not None and to.exists():
        raise InvalidValue(f"There is a file {to} already: name another for the backup.")
    target = to or _new_name(path, reason)
    with held(path, read_only=True):
        copy_pair(path, target)
    with contextlib.suppress(DatabaseUnavailable):
        _merge_log(target)
    if to is None:
        _remove_oldest(path, reason)
    return target


def _new_name(path: Path, reason: str) -> Path:
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H-%M-%S-%f")
    return backup_folder(path) / f"{now}_{reason}.duckdb"


def _merge_log(target: Path) -> None:
    state = log_state(target)
    if state is not None and state.fault is None:
        with contextlib.suppress(duckdb.Error), duckdb.connect(str(target)) as connection:
            connection.execute("CHECKPOINT")


def _remove_oldest(path: Path, reason: str) -> None:
    if reason == ON_DEMAND:
        return
    same = sorted(backup_folder(path).glob(f"*_{reason}.duckdb"))
    for file in same[:-KEPT_AUTOMATIC]:
        for part in (file, log_path(file)):
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


def restore(path: Path, backup: str) -> Path | None:
    """Put a backup in the place of the database; what stood there is kept as a backup itself.

    Parameters
    ----------
    path : pathlib.Path
        The database, which may be damaged or gone.
    backup : str
        A name that `backups` lists, ``latest``, or the path of a file.

    Returns
    -------
    pathlib.Path or None
        Where what stood there is now; None when nothing did.

    Raises
    ------
    UnknownName
        When there is no such backup.
    DatabaseUnavailable
        When the backup cannot be opened, or another process holds the database; nothing was changed.
    """
    chosen = _chosen(path, backup)
    _refuse_strangers(chosen)
    refuse_forbidden_writes(None)
    kept = None
    if path.exists():
        _refuse_while_held(path)
        kept = _new_name(path, BEFORE_RESTORE)
        copy_pair(path, kept)
    _put_in_place(chosen, path)
    _remove_oldest(path, BEFORE_RESTORE)
    return kept


def _chosen(path: Path, backup: str) -> Path:
    listed = backups(path)["backup"].tolist()
    if backup == "latest" and listed:
        return backup_folder(path) / listed[0]
    if backup in listed:
        return backup_folder(path) / backup
    if Path(backup).is_file():
        return Path(backup)
    raise UnknownName("backup", backup, [*listed, *(["latest"] if listed else [])])


def _refuse_strangers(chosen: Path) -> None:
    with connected(chosen, read_only=True) as connection:
        try:
            versions = connection.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchall()
            newest = max(int(value) for (value,) in versions)
        except (duckdb.Error, ValueError) as error:
            raise DatabaseUnavailable(
                f"{chosen} is no whole database of Edgewise: edgewise restore lists the backups."
            ) from error
    if newest > SCHEMA_VERSION:
        raise DatabaseUnavailable(
            f"{chosen} has schema version {newest}, this Edgewise knows {SCHEMA_VERSION}: update it."
        )


def _refuse_while_held(path: Path) -> None:
    try:
        connected(path, read_only=False).close()
    except DatabaseUnavailable as error:
        # A damaged file is what a restore is for; one that somebody holds has to wait.
        if "is held by" in str(error) or "open read-only in this process" in str(error):
            raise


def _put_in_place(chosen: Path, path: Path) -> None:
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(chosen, draft)
        with draft.open("rb") as stream:
            os.fsync(stream.fileno())
        # A log belongs to the file that it was written for; what it held is in the copy made before.
        log_path(path).unlink(missing_ok=True)
        if log_path(chosen).exists():
            shutil.copyfile(log_path(chosen), log_path(path))
        draft.replace(path)
    except OSError as error:
        raise DatabaseUnavailable(
            f"The backup cannot be put in the place of {path} ({error.strerror}): free some space or check "
            "the permissions; what stood there is among the backups."
        ) from error
    finally:
        draft.unlink(missing_ok=True)


def set_log_aside(path: Path) -> Path:
    """Move a write-ahead log out of the way so that the file opens without it, a copy of both kept.

    Parameters
    ----------
    path : pathlib.Path
        The database.

    Returns
    -------
    pathlib.Path
        The copy of the file, with the log beside it.

    Raises
    ------
    InvalidValue
        When there is no log.
    """
    if not log_path(path).exists():
        raise InvalidValue(f"There is no write-ahead log beside {path}: nothing has to be set aside.")
    refuse_forbidden_writes(None)
    kept = _new_name(path, SET_ASIDE)
    copy_pair(path, kept)
    log_path(path).unlink()
    return kept


def keep_cut_log(path: Path) -> None:
    """Keep a copy of a database whose write-ahead log was cut, before a write replaces the log."""
    state = log_state(path)
    if state is not None and state.fault is not None:
        refuse_forbidden_writes(())
        copy_pair(path, _new_name(path, CUT_LOG))
        _remove_oldest(path, CUT_LOG)

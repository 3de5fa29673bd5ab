"""Examining a database file: whether it is whole and holds what was written, and what to do where not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from datasets import rules, schema
from datasets.backups import backup_folder, backups
from datasets.connections import held
from datasets.database import Snapshot, recorded_versions, working_copy
from datasets.errors import DatabaseUnavailable
from datasets.facts import facts_version
from datasets.table_checks import present_checks, recorded_checks
from datasets.write_ahead_log import log_path, log_state

OK, NOTE, PROBLEM = "ok", "note", "problem"
_RESTORE = "edgewise restore lists the backups and puts one back"


@dataclass(frozen=True)
class Finding:
    """What one check found, and what to do about it."""

    check: str
    status: str
    found: str
    remedy: str = ""


def findings(path: Path) -> pd.DataFrame:
    """Examine a database; nothing is changed, and nothing that is wrong with it raises.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    pandas.DataFrame
        Columns check, status (ok, note, problem), found, remedy.
    """
    told = list(_of_file(path))
    if all(finding.status != PROBLEM or finding.check != "file" for finding in told):
        told += _of_log(path)
        told += _of_content(path)
    told += [*_of_backups(path), *_of_disk(path)]
    return pd.DataFrame([vars(finding) for finding in told])


def _of_file(path: Path) -> Iterator[Finding]:
    if not path.exists():
        remedy = _RESTORE if len(backups(path)) else "the next command makes a new one"
        yield Finding("file", PROBLEM, f"there is no file {path}", remedy)
    elif not path.is_file():
        yield Finding("file", PROBLEM, f"{path} is no file", "name a database file with --db")
    elif path.stat().st_size == 0:
        yield Finding("file", PROBLEM, f"{path} is empty", _RESTORE)
    else:
        yield Finding("file", OK, f"{path}, {path.stat().st_size / 1e6:.1f} MB")


def _of_log(path: Path) -> Iterator[Finding]:
    state = log_state(path)
    if state is None or state.size_bytes == 0:
        yield Finding("write-ahead log", OK, "none: all that was written is in the file")
        return
    found = f"{state.size_bytes:,} bytes with {state.transactions} complete transactions"
    if state.fault is None:
        yield Finding(
            "write-ahead log",
            NOTE,
            f"{found}, not yet in the file",
            "the next command that writes takes them in",
        )
        return
    yield Finding(
        "write-ahead log",
        PROBLEM,
        f"{found}; {state.fault}: rows that were written last are missing, though the file opens",
        f"keep file and log as they are with edgewise backup, then look for the missing rows: {_RESTORE}",
    )


def _of_content(path: Path) -> Iterator[Finding]:
    try:
        with held(path, read_only=True) as connection:
            yield from list(_of_tables(connection, path))
    except DatabaseUnavailable as error:
        remedy = _RESTORE
        if log_path(path).exists() and "write-ahead log" in str(error):
            remedy = f"edgewise doctor --set-log-aside opens the file without its log; {_RESTORE}"
        yield Finding("opening", PROBLEM, str(error).rstrip("."), remedy)
    except duckdb.Error as error:
        yield Finding("opening", PROBLEM, str(error).splitlines()[0], _RESTORE)


def _of_tables(connection: duckdb.DuckDBPyConnection, path: Path) -> Iterator[Finding]:
    version, facts = recorded_versions(connection, path)
    is_current = (version, facts) == (schema.SCHEMA_VERSION, facts_version())
    yield Finding(
        "version",
        OK if is_current else NOTE,
        f"schema version {version}, built-in rows {facts}",
        "" if is_current else "the next command updates it, with a backup before",
    )
    present = _present_tables(connection)
    if missing := [name for name in schema.tables() if name not in present] if is_current else []:
        yield Finding("tables", PROBLEM, f"missing: {', '.join(missing)}", _RESTORE)
        return
    yield from _of_counts(connection, present)
    if is_current:
        yield _of_rules(connection, path)


def _present_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'").fetchall()
    return [name for (name,) in rows if name in schema.tables()]


def _of_counts(connection: duckdb.DuckDBPyConnection, names: list[str]) -> Iterator[Finding]:
    recorded = recorded_checks(connection)
    present = present_checks(connection, [name for name in names if name in recorded])
    fewer = [n for n, check in present.items() if check.row_count < recorded[n].row_count]
    others = [n for n, check in present.items() if check != recorded[n] and n not in fewer]
    for name in fewer:
        counts = f"{present[name].row_count:,} rows, but {recorded[name].row_count:,} after the last change"
        yield Finding(
            f"rows of {name}",
            PROBLEM,
            f"{counts} by Edgewise",
            f"unless they were deleted on purpose: {_RESTORE}",
        )
    for name in others:
        more = present[name].row_count - recorded[name].row_count
        yield Finding(
            f"rows of {name}",
            NOTE,
            f"{f'{more:,} rows more than' if more else 'other rows than'} after the last change by Edgewise",
            "nothing, if they were written with another program; its changes cannot be undone",
        )
    if not fewer and not others:
        rows = sum(check.row_count for check in present.values())
        yield Finding("rows", OK, f"{rows:,} rows in {len(present)} tables, counts and checksums as recorded")


def _of_rules(connection: duckdb.DuckDBPyConnection, path: Path) -> Finding:
    frames = {name: schema.table_frame(connection, table) for name, table in schema.tables().items()}
    with working_copy(Snapshot(path, "", frames)) as copy:
        clauses = rules.broken_rules(copy) + rules.broken_references(copy)
        clauses += rules.circular_references(copy)
    if clauses:
        return Finding(
            "rules", PROBLEM, rules.sentence(clauses, "").rstrip(": "), "correct the rows with SQL"
        )
    return Finding("rules", OK, "every row keeps the rules of its table")


def _of_backups(path: Path) -> Iterator[Finding]:
    listed = backups(path)
    if listed.empty:
        yield Finding("backups", NOTE, "none yet", "edgewise backup makes one")
        return
    newest = listed.iloc[0]
    yield Finding("backups", OK, f"{len(listed)} in {backup_folder(path)}, the newest {newest['backup']}")


def _of_disk(path: Path) -> Iterator[Finding]:
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    free = shutil.disk_usage(folder).free
    size = path.stat().st_size if path.exists() else 0
    if free < 3 * size:
        yield Finding("disk", NOTE, f"{free / 1e6:,.0f} MB free", "free some space: an update needs a copy")
    else:
        yield Finding("disk", OK, f"{free / 1e9:,.1f} GB free")

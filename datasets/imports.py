"""Rows of a file into the database: every fault of the file named at once, all of its rows or none."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from datasets import rules
from datasets.changes import Changes, apply
from datasets.database import Snapshot, load, working_copy
from datasets.device_file import PEAK_KINDS, device_columns, device_parts, peak_named
from datasets.errors import EdgewiseError, InvalidFile, NeedsConfirmation, UnknownName
from datasets.file_cells import file_cells, is_date
from datasets.schema import Column, Table, quoted, tables
from datasets.settling import Settled, settled_changes

MOST_PROBLEMS = 1_000
SHOWN = 8
REPLACE_HINT = "--replace puts the file's row in its place"


@dataclass(frozen=True)
class FileImport:
    """What an import of a file changes, or would change.

    Attributes
    ----------
    changes : Changes
        Empty when there is a problem.
    notes, doubts : tuple of str
        Sentences about them, and figures that are most likely wrong.
    problems : pandas.DataFrame
        Columns row (as a spreadsheet numbers it; missing where the whole file is meant) and problem.
    """

    changes: Changes
    notes: tuple[str, ...]
    doubts: tuple[str, ...]
    problems: pd.DataFrame


Problem = tuple[int | None, str]
Parts = Sequence[tuple[Table, pd.DataFrame]]


def importable_tables() -> tuple[str, ...]:
    """Tables that take rows of a user's file."""
    return tuple(name for name, table in tables().items() if table.has_origin)


def import_rows(
    path: Path | str | None,
    table_name: str,
    content: bytes,
    name: str,
    *,
    dry_run: bool = False,
    replace: bool = False,
    confirmed: bool = False,
    who: str | None = None,
) -> FileImport:
    """Import rows of one table from a CSV or Parquet file whose columns are the table's.

    Parameters
    ----------
    path : pathlib.Path or str, optional
        The database, the default one when None.
    table_name : str
    content : bytes
        The file.
    name : str
        What it is called in messages.
    dry_run : bool
        Only check: nothing is changed, and problems are returned instead of raised.
    replace : bool
        Whether a row with a key that is taken goes into the place of the user's own or a built-in row.
    confirmed : bool
        Whether figures in doubt are meant so.
    who : str, optional
        Who imports, for the ledger.

    Returns
    -------
    FileImport

    Raises
    ------
    UnknownName
        When no such table takes rows.
    InvalidFile
        When the file cannot be read; and, but for a dry run, when any cell or row is not lawful.
    NeedsConfirmation
        When figures are in doubt and not confirmed; nothing was changed.
    """
    if table_name not in importable_tables():
        raise UnknownName("table that takes rows", table_name, importable_tables())
    table = tables()[table_name]
    cells = file_cells(content, name)
    known = [column for column in table.column_names if column != "origin"]
    needed = [c.name for c in table.columns if not c.nullable and c.default is None]
    problems = _column_problems(cells, known, [[column] for column in needed])
    kept = cells[[column for column in cells.columns if column in known]]
    return _import(
        path, [(table, kept)], problems, f"import {table_name} {name}", dry_run, replace, confirmed, who
    )


def import_devices(
    path: Path | str | None,
    content: bytes,
    name: str,
    *,
    dry_run: bool = False,
    replace: bool = False,
    confirmed: bool = False,
    who: str | None = None,
) -> FileImport:
    """Import devices with their peaks in columns beside, as `datasets.device_file.device_template` begins.

    Parameters, results and errors are those of `import_rows`.
    """
    cells = file_cells(content, name)
    peaks = [column for column in cells.columns if peak_named(column)]
    named = [f"{column}_{kind}" for column in ("int8", "fp16") for kind in PEAK_KINDS]
    required = [[column] for column in ("device_id", "name", "segment", "memory_gb")]
    problems = _column_problems(
        cells,
        [*device_columns(), *peaks, *named],
        [*required, ["memory_bandwidth_gb_per_s"], peaks or ["a peak such as int8_dense_tops"]],
    )
    parts = device_parts(cells) if "device_id" in cells else []
    return _import(path, parts, problems, f"devices add {name}", dry_run, replace, confirmed, who)


def _import(
    path: Path | str | None,
    parts: Parts,
    problems: list[Problem],
    cause: str,
    dry_run: bool,
    replace: bool,
    confirmed: bool,
    who: str | None,
) -> FileImport:
    snapshot = load(path)
    found, settled = _checked(snapshot, parts, problems, replace)
    told = pd.DataFrame(found, columns=["row", "problem"]).astype({"row": "Int64"})
    result = FileImport(settled.changes, settled.notes, settled.doubts, told)
    if dry_run:
        return result
    if found:
        raise InvalidFile(_sentence(found))
    if settled.doubts and not confirmed:
        raise NeedsConfirmation(settled.doubts)
    if settled.changes:
        apply(snapshot.path, settled.changes, snapshot.version, cause=cause, who=who)
    return result


def _sentence(problems: list[Problem]) -> str:
    clauses = [f"row {row}, {words}" if row is not None else words for row, words in problems[:SHOWN]]
    more = f"; and {len(problems) - SHOWN} more, which a dry run lists" if len(problems) > SHOWN else ""
    return f"{'; '.join(clauses)}{more}: correct the file and import it again; nothing was changed."


def _column_problems(
    cells: pd.DataFrame, known: Sequence[str], needed: Sequence[Sequence[str]]
) -> list[Problem]:
    there = set(cells.columns)
    missing = [choice[0] for choice in needed if not there & set(choice)]
    problems: list[Problem] = []
    if missing:
        problems.append(
            (None, f"the file lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}")
        )
    for column in cells.columns:
        if column not in known:
            near = difflib.get_close_matches(column, known, n=2, cutoff=0.5)
            remedy = f"did you mean {' or '.join(near)}?" if near else "leave it out"
            problems.append((1, f"there is no column '{column}': {remedy}"))
    if cells.empty and not problems:
        problems.append((None, "the file has a header but no row below it"))
    return problems


def _checked(
    snapshot: Snapshot, parts: Parts, problems: list[Problem], replace: bool
) -> tuple[list[Problem], Settled]:
    found = list(problems)
    for table, cells in parts:
        found += _unreadable(table, cells)
    nothing = Settled(Changes({}))
    if any(row is None for row, _ in problems):
        return found, nothing
    with working_copy(snapshot) as connection:
        for table, cells in parts:
            taken = _taken_keys(snapshot, table, cells, replace)
            found += taken
            named = [name for name in table.key if name in cells.columns]
            left_out = {row for row, _ in [*taken, *_unreadable(table, cells[named])] if row is not None}
            _insert(connection, table, cells.drop(index=sorted(left_out)))
        names = [table.name for table, _ in parts]
        numbers = _numbers(parts)
        clauses = rules.broken_rules(connection, names, limit=MOST_PROBLEMS)
        clauses += rules.broken_references(connection, names)
        clauses += rules.circular_references(connection, names)
        unreadable = {row for row, _ in found}
        rows = ((numbers.get(clause.partition(":")[0]), clause) for clause in clauses)
        found += [(row, clause) for row, clause in rows if row is None or row not in unreadable]
        if found:
            return sorted(found, key=lambda problem: problem[0] or 0)[:MOST_PROBLEMS], nothing
        try:
            return [], settled_changes(connection, snapshot, names)
        except EdgewiseError as error:
            return [(None, str(error).rstrip("."))], nothing


def _numbers(parts: Parts) -> dict[str, int]:
    """The number of the file's row by the words in which a rule names it."""
    return {
        f"{table.name} row '{', '.join(key)}'": int(number)
        for table, cells in parts
        if set(table.key) <= set(cells.columns)
        for number, key in zip(cells.index, cells[list(table.key)].itertuples(index=False), strict=True)
    }


def _unreadable(table: Table, cells: pd.DataFrame) -> list[Problem]:
    columns = {column.name: column for column in table.columns}
    return [
        (int(number), f"{name}: '{text}' is not {rules.TYPES_IN_WORDS[columns[name].data_type]}")
        for name in cells.columns
        for number, text in cells[name].items()
        if text and not _is_readable(text, columns[name])
    ]


def _is_readable(text: str, column: Column) -> bool:
    if column.data_type == "DATE":
        return is_date(text)
    if column.data_type == "BOOLEAN":
        return text.lower() in ("true", "false", "0", "1")
    if column.data_type not in ("DOUBLE", "INTEGER"):
        return True
    try:
        number = float(text)
    except ValueError:
        return False
    return math.isfinite(number) and (
        column.data_type == "DOUBLE" or (number.is_integer() and abs(number) < 2**31)
    )


def _taken_keys(snapshot: Snapshot, table: Table, cells: pd.DataFrame, replace: bool) -> list[Problem]:
    key = list(table.key)
    if absent := [name for name in key if name not in cells.columns]:
        return [(int(row), f"{', '.join(absent)} is missing") for row in cells.index]
    present = snapshot.tables[table.name]
    origins = dict(zip(_keys(present[key].astype("str")), present["origin"], strict=True))
    problems: list[Problem] = []
    seen: dict[tuple[str, ...], int] = {}
    for row, words in zip(cells.index, _keys(cells[key]), strict=True):
        told = f"{table.name} '{', '.join(words)}'"
        if empty := [name for name, word in zip(key, words, strict=True) if not word]:
            problems.append((int(row), f"{', '.join(empty)} is missing, but must be given"))
        elif words in seen:
            problems.append((int(row), f"{told} stands in row {seen[words]} already: keep one"))
        elif words in origins and not replace:
            whose = "comes with Edgewise" if origins[words] == "builtin" else "is among your rows"
            problems.append((int(row), f"{told} {whose} already: choose another key, or {REPLACE_HINT}"))
        seen.setdefault(words, int(row))
    return problems


def _keys(frame: pd.DataFrame) -> list[tuple[str, ...]]:
    return [tuple(map(str, row)) for row in frame.itertuples(index=False, name=None)]


def _insert(connection: duckdb.DuckDBPyConnection, table: Table, cells: pd.DataFrame) -> None:
    """Put the readable cells into a working copy; one that cannot be read is told of and left empty here."""
    columns = {column.name: column for column in table.columns}
    values = [_typed(columns[name]) for name in cells.columns]
    same = " AND ".join(
        f"CAST(present.{quoted(name)} AS VARCHAR) = incoming.{quoted(name)}" for name in table.key
    )
    if not set(table.key) <= set(cells.columns) or cells.empty:
        return
    connection.register("incoming", cells)
    connection.execute(
        f"DELETE FROM {quoted(table.name)} AS present USING incoming WHERE {same}"  # noqa: S608
    )
    names = ", ".join(map(quoted, cells.columns))
    connection.execute(
        f"INSERT INTO {quoted(table.name)} ({names}) SELECT {', '.join(values)} FROM incoming"  # noqa: S608
    )
    connection.unregister("incoming")


def _typed(column: Column) -> str:
    typed = f"TRY_CAST(nullif({quoted(column.name)}, '') AS {column.data_type})"
    return f"coalesce({typed}, {column.default})" if column.default else typed

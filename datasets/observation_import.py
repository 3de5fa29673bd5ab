"""Observations from CSV into ``history`` or ``usage``: columns by name, all rows or none."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from datasets import sandbox
from datasets.database import load
from datasets.errors import InvalidFile, UnknownName
from datasets.sandbox import SandboxResult
from datasets.schema import Table, literal, quoted, tables

TABLES = ("history", "usage")


def import_observations(
    database: Path | str | None, table_name: str, path: Path | str, *, dry_run: bool = False
) -> SandboxResult:
    """Insert the rows of a CSV file whose columns are those of the table.

    Parameters
    ----------
    database : pathlib.Path or str, optional
        The default one when None.
    table_name : str
        ``history`` or ``usage``.
    path : pathlib.Path or str
        The file; columns without which a row says nothing must be there, others may be.
    dry_run : bool
        Only check the rows.

    Returns
    -------
    SandboxResult
        With the rows inserted among its changes.

    Raises
    ------
    UnknownName
        For another table, or a column that the table lacks.
    InvalidFile
        When the file cannot be read, names its missing columns, or has no row.
    InvalidStatement
        When a cell or row breaks a rule; nothing was changed.
    """
    if table_name not in TABLES:
        raise UnknownName("table of observations", table_name, TABLES)
    table = tables()[table_name]
    statement = _insertion(table, Path(path))
    if dry_run:
        return sandbox.rehearse(load(database), statement)
    return sandbox.run(database, statement, write=True)


def _insertion(table: Table, path: Path) -> str:
    rows = csv.DictReader(io.StringIO(_text(path)))
    header = [name.strip() for name in rows.fieldnames or []]
    rows.fieldnames = header
    _refuse_columns(table, header)
    defaults = {column.name: column.default or "NULL" for column in table.columns}
    values = []
    for number, row in enumerate(rows, start=2):
        if None in row:
            raise InvalidFile(f"{path}, row {number} has more cells than columns: quote cells with commas.")
        cells = [
            literal(row[name].strip()) if (row[name] or "").strip() else defaults[name] for name in header
        ]
        values.append(f"({', '.join(cells)})")
    if not values:
        raise InvalidFile(f"{path} has a header but no observation: add a row below it.")
    columns = ", ".join(map(quoted, header))
    return f"INSERT INTO {quoted(table.name)} ({columns}) VALUES {', '.join(values)}"  # noqa: S608


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidFile(f"{path} is not UTF-8 text: save it as CSV in UTF-8.") from error
    except OSError as error:
        raise InvalidFile(f"{path} cannot be read ({error.strerror}): name a CSV file.") from error


def _refuse_columns(table: Table, header: list[str]) -> None:
    known = [name for name in table.column_names if name != "origin"]
    wanted = [c.name for c in table.columns if not c.nullable and c.default is None]
    if missing := [name for name in wanted if name not in header]:
        raise InvalidFile(
            f"The file lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}: {table.name} "
            f"has {', '.join(known)}."
        )
    for name in header:
        if name not in known:
            raise UnknownName("column", name, known)
    if twice := sorted({name for name in header if header.count(name) > 1}):
        raise InvalidFile(f"The file has the column {', '.join(twice)} more than once: keep one.")

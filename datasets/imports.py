"""A user's devices from CSV: a row a device, its peaks in columns beside; all of a file or nothing."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import duckdb
import pandas as pd

from datasets import exports, rules, sql_errors
from datasets.changes import Changes, apply
from datasets.database import load, working_copy
from datasets.errors import InvalidFile, NeedsConfirmation, UnknownName
from datasets.schema import Column, quoted, tables
from datasets.settling import settled_changes

REQUIRED = ("device_id", "name", "segment", "memory_gb", "memory_bandwidth_gb_per_s")
# Which peaks the template offers; every precision of device_peaks is read.
OFFERED_PRECISIONS = ("fp16", "int8", "int4", "fp8", "bf16")
PEAK_KINDS = ("dense_tops", "sparse_tops")


def device_template() -> str:
    """Header of a CSV file of devices, to be filled in; units stand in the names.

    Returns
    -------
    str
        Columns of `devices`, then peaks such as ``int8_dense_tops`` (10^12 operations a second).
    """
    peaks = [f"{precision}_{kind}" for precision in OFFERED_PRECISIONS for kind in PEAK_KINDS]
    return ",".join([*_device_columns(), *peaks]) + "\n"


def devices_from_csv(text: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Devices and their peaks from the text of a CSV file whose columns are known by name.

    Parameters
    ----------
    text : str
        As `device_template` begins it; only the columns in `REQUIRED` and one peak must be there.

    Returns
    -------
    tuple of pandas.DataFrame
        Rows for ``devices`` and for ``device_peaks``, without the columns that the file lacks.

    Raises
    ------
    InvalidFile
        Names every missing column, or every cell that cannot be read with its row, column and value.
    UnknownName
        Names a column that means nothing, and the nearest that does.
    """
    stream = io.StringIO(text.removeprefix("\ufeff"), newline="")
    header = next(csv.reader(stream), [])
    rows = list(csv.DictReader(stream, fieldnames=header))
    _refuse_columns(header)
    if not rows:
        raise InvalidFile("The file has a header but no device: add a row below it.")
    problems = [f"row {number} has more cells than columns" for number, row in _numbered(rows) if None in row]
    problems += [
        f"row {number}, {name}: '{row[name]}' is not {rules.TYPES_IN_WORDS['DOUBLE']}"
        for number, row in _numbered(rows)
        for name in header
        if _is_number(name) and not _readable(row[name])
    ]
    if problems:
        raise InvalidFile(rules.sentence(problems, "correct the file and import it again.", len(problems)))
    return _devices(rows, header), _peaks(rows, header)


def _refuse_columns(header: list[str]) -> None:
    missing = [name for name in REQUIRED if name not in header]
    if not any(_peak(name) for name in header):
        missing.append("a peak such as int8_dense_tops")
    if missing:
        raise InvalidFile(
            f"The file lacks {'columns' if len(missing) > 1 else 'the column'} {', '.join(missing)}: "
            "edgewise devices template prints all of them."
        )
    for name in header:
        if name not in _device_columns() and not _peak(name):
            raise UnknownName("column", name, [*_device_columns(), *device_template().strip().split(",")])
    if len(set(header)) < len(header):
        twice = sorted({name for name in header if header.count(name) > 1})
        raise InvalidFile(f"The file has the column {', '.join(twice)} more than once: keep one.")


def _numbered(rows: list[dict[str, str]]) -> list[tuple[int, dict[str, str]]]:
    return list(enumerate(rows, start=2))  # The header is row 1, as in a spreadsheet.


def _device_columns() -> tuple[str, ...]:
    return tuple(name for name in tables()["devices"].column_names if name != "origin")


def _peak(name: str) -> tuple[str, str] | None:
    for kind in PEAK_KINDS:
        if name.endswith(f"_{kind}"):
            return name.removesuffix(f"_{kind}"), kind
    return None


def _is_number(name: str) -> bool:
    types = {column.name: column.data_type for column in tables()["devices"].columns}
    return types.get(name, "DOUBLE") == "DOUBLE"


def _readable(cell: str | None) -> bool:
    if not cell or not cell.strip():
        return True
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def _devices(rows: list[dict[str, str]], header: list[str]) -> pd.DataFrame:
    columns = [column for column in tables()["devices"].columns if column.name in header]
    return pd.DataFrame(
        {column.name: [_cell(row[column.name], column) for row in rows] for column in columns}
    )


def _cell(text: str | None, column: Column) -> str | float | None:
    stripped = (text or "").strip()
    if not stripped:
        return column.default.strip("'") if column.default else None
    if column.data_type == "DOUBLE":
        return float(stripped)
    # What csv_text put before a text that looks like a formula comes off again.
    guarded = stripped.startswith("'") and stripped[1:].startswith(exports.FORMULA_STARTS)
    return stripped[1:] if guarded else stripped


def _peaks(rows: list[dict[str, str]], header: list[str]) -> pd.DataFrame:
    found: dict[tuple[str, str], dict[str, float]] = {}
    for row in rows:
        for name in header:
            named = _peak(name)
            if named and (row[name] or "").strip():
                precision, kind = named
                found.setdefault((row["device_id"].strip(), precision), {})[kind] = float(row[name])
    provenance = _provenance(rows, header)
    records = [
        {"device_id": device, "precision": precision, "dense_tops": None, "sparse_tops": None}
        | peaks
        | provenance.get(device, {})
        for (device, precision), peaks in found.items()
    ]
    names = [
        "device_id",
        "precision",
        *PEAK_KINDS,
        *(name for name in ("source_id", "confidence") if name in header),
    ]
    return pd.DataFrame(records, columns=names)


def _provenance(rows: list[dict[str, str]], header: list[str]) -> dict[str, dict[str, str | float | None]]:
    columns = [
        column
        for column in tables()["devices"].columns
        if column.name in ("source_id", "confidence") and column.name in header
    ]
    return {
        row["device_id"].strip(): {column.name: _cell(row[column.name], column) for column in columns}
        for row in rows
    }


def add_devices(path: Path | str | None, text: str, *, confirmed: bool = False) -> tuple[Changes, list[str]]:
    """Add the devices of a CSV file to the database, all of them or none.

    Parameters
    ----------
    path : pathlib.Path or str, optional
        The database, the default one when None.
    text : str
        As `devices_from_csv` takes it.
    confirmed : bool
        Whether figures in doubt are meant so.

    Returns
    -------
    tuple of Changes and list of str
        What was inserted, and notes about it.

    Raises
    ------
    InvalidFile
        When a cell cannot be read.
    InvalidStatement
        When a row breaks a rule, or its key is taken; nothing was changed.
    NeedsConfirmation
        When figures are in doubt and not confirmed; nothing was changed.
    """
    devices, peaks = devices_from_csv(text)
    snapshot = load(path)
    with working_copy(snapshot) as connection:
        for name, frame in (("devices", devices), ("device_peaks", peaks)):
            _insert(connection, name, frame)
        settled = settled_changes(connection, snapshot, ("devices", "device_peaks"))
    if settled.doubts and not confirmed:
        raise NeedsConfirmation(settled.doubts)
    apply(snapshot.path, settled.changes, snapshot.version, cause="devices add")
    return settled.changes, list(settled.notes)


def _insert(connection: duckdb.DuckDBPyConnection, name: str, frame: pd.DataFrame) -> None:
    statement = f"INSERT INTO {quoted(name)} BY NAME SELECT * FROM incoming"  # noqa: S608
    connection.register("incoming", frame)
    try:
        connection.execute(statement)
    except duckdb.ConstraintException as error:
        raise InvalidFile(sql_errors.sentence(error, statement)) from error
    finally:
        connection.unregister("incoming")

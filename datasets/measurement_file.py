"""A file of one's own measurements, with the columns of the table `measurements`."""

from __future__ import annotations

import csv
import io
import math

import pandas as pd

from datasets import rules
from datasets.errors import InvalidFile
from datasets.schema import tables

REQUIRED = ("device_id", "model_id", "metric", "value")


def measurements_from_csv(text: str) -> pd.DataFrame:
    """Measurements from the text of a CSV file whose columns are known by name.

    Parameters
    ----------
    text : str
        With at least the columns in `REQUIRED`; a column that the table does not have is left out.

    Returns
    -------
    pandas.DataFrame
        Every column of `measurements`. A row without a `quality` counts as clean; one without a
        `measurement_id` is named after its line.

    Raises
    ------
    InvalidFile
        Names every missing column, or every cell that cannot be read with its row, column and value.
    """
    cells = _cells(text)
    missing = [name for name in REQUIRED if name not in cells.columns]
    if missing:
        raise InvalidFile(
            f"The file lacks {'columns' if len(missing) > 1 else 'the column'} {', '.join(missing)}: "
            "edgewise sql 'FROM measurements LIMIT 1' shows what such a row holds."
        )
    if cells.empty:
        raise InvalidFile("The file has a header but no measurement: add a row below it.")
    declared = tables()["measurements"].columns
    numeric = [column.name for column in declared if column.data_type in ("DOUBLE", "INTEGER", "BIGINT")]
    _refuse_cells(cells, numeric)
    frame = cells.reindex(columns=[column.name for column in declared], fill_value="").replace("", None)
    frame[numeric] = frame[numeric].astype(float)
    lines = pd.Series([f"row {line}" for line in range(2, len(frame) + 2)], index=frame.index)
    return frame.assign(
        measurement_id=frame["measurement_id"].fillna(lines),
        quality=frame["quality"].fillna("clean"),
        origin="user",
    )


def _cells(text: str) -> pd.DataFrame:
    stream = io.StringIO(text.removeprefix("\ufeff"), newline="")
    try:
        rows = [row for row in csv.reader(stream) if row]
    except csv.Error as error:
        raise InvalidFile(f"The file is no CSV ({error}): begin it with a header.") from error
    if not rows:
        raise InvalidFile("The file is no CSV (there is nothing in it): begin it with a header.")
    header = [name.strip() for name in rows[0]]
    if len(set(header)) < len(header):
        twice = sorted({name for name in header if header.count(name) > 1})
        raise InvalidFile(f"The file has the column {', '.join(twice)} more than once: keep one.")
    long = [number for number, row in enumerate(rows[1:], start=2) if len(row) > len(header)]
    if long:
        raise InvalidFile(f"Row {long[0]} has more cells than there are columns: correct it and try again.")
    filled = [[cell.strip() for cell in row] + [""] * (len(header) - len(row)) for row in rows[1:]]
    return pd.DataFrame(filled, columns=header, dtype=str)


def _refuse_cells(cells: pd.DataFrame, numeric: list[str]) -> None:
    problems = [
        f"row {row}, {name}: '{cell}' is not {rules.TYPES_IN_WORDS['DOUBLE']}"
        for name in cells.columns.intersection(numeric)
        for row, cell in enumerate(cells[name], start=2)
        if not _readable(cell)
    ]
    problems += [
        f"row {row}, {name}: the cell is empty"
        for name in REQUIRED
        for row, cell in enumerate(cells[name], start=2)
        if not cell
    ]
    if problems:
        raise InvalidFile(rules.sentence(problems, "correct the file and try again.", len(problems)))


def _readable(cell: str) -> bool:
    try:
        return not cell or math.isfinite(float(cell))
    except ValueError:
        return False

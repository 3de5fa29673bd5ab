"""Cells of a file that is imported, as text by column and row, from CSV or Parquet."""

from __future__ import annotations

import csv
import datetime
import io
from pathlib import Path

import pandas as pd
import pyarrow as pa

from datasets.errors import InvalidFile
from datasets.exports import FORMULA_STARTS, plain_text

MOST_BYTES = 200_000_000
_PARQUET_MAGIC = b"PAR1"
_LONGEST_CELL = 10_000_000


def file_content(path: Path | str) -> bytes:
    """The bytes of a file that is to be imported.

    Parameters
    ----------
    path : pathlib.Path or str

    Returns
    -------
    bytes

    Raises
    ------
    InvalidFile
        When it cannot be read, or is larger than `MOST_BYTES`.
    """
    file = Path(path)
    try:
        if file.stat().st_size > MOST_BYTES:
            raise InvalidFile(f"{file} is larger than {MOST_BYTES // 10**6} MB: import it in parts.")
        return file.read_bytes()
    except OSError as error:
        raise InvalidFile(f"{file} cannot be read ({error.strerror}): name a CSV or Parquet file.") from error


def file_cells(content: bytes, name: str) -> pd.DataFrame:
    """The cells of a file by the names in its header.

    Parameters
    ----------
    content : bytes
        CSV in UTF-8 with a header, or Parquet.
    name : str
        What the file is called in messages.

    Returns
    -------
    pandas.DataFrame
        Text without blanks around it, empty where a cell is; the index is the row's number in a spreadsheet,
        where the header is row 1.

    Raises
    ------
    InvalidFile
        When it is neither, has a column twice, or a row has more cells than the header.
    """
    frame = _parquet_cells(content, name) if content.startswith(_PARQUET_MAGIC) else _csv_cells(content, name)
    twice = sorted({column for column in frame.columns if list(frame.columns).count(column) > 1})
    if twice:
        raise InvalidFile(f"The file has the column {', '.join(twice)} more than once: keep one.")
    return frame


def _parquet_cells(content: bytes, name: str) -> pd.DataFrame:
    try:
        frame = pd.read_parquet(io.BytesIO(content))
    except (OSError, ValueError, pa.ArrowException) as error:
        raise InvalidFile(f"{name} is no whole Parquet file: write it again.") from error
    columns = {
        str(column): [plain_text(value) for value in frame.iloc[:, place].tolist()]
        for place, column in enumerate(frame.columns)
    }
    return pd.DataFrame(columns, index=range(2, len(frame) + 2), dtype="str")


def _csv_cells(content: bytes, name: str) -> pd.DataFrame:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidFile(f"{name} is not UTF-8 text: save it as CSV in UTF-8, or as Parquet.") from error
    csv.field_size_limit(_LONGEST_CELL)
    try:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    except csv.Error as error:
        raise InvalidFile(f"{name} cannot be read as CSV ({error}): save it again.") from error
    header = [cell.strip() for cell in rows[0]] if rows else []
    numbered = [(number, cells) for number, cells in enumerate(rows[1:], start=2) if cells]
    wide = [number for number, cells in numbered if len(cells) > len(header)]
    if wide:
        raise InvalidFile(
            f"{name}, row {wide[0]} has more cells than columns: quote cells that hold a comma."
            + (f" So do {len(wide) - 1} rows more." if len(wide) > 1 else "")
        )
    filled = [[*map(_cell, cells), *[""] * (len(header) - len(cells))] for _, cells in numbered]
    return pd.DataFrame(filled, index=[number for number, _ in numbered], columns=header, dtype="str")


def _cell(text: str) -> str:
    stripped = text.strip()
    # What csv_text put before a text that looks like a formula comes off again.
    guarded = stripped.startswith("'") and stripped[1:].startswith(FORMULA_STARTS)
    return stripped[1:] if guarded else stripped


def is_date(text: str) -> bool:
    """Whether a text is a date such as 2027-06-30."""
    try:
        datetime.date.fromisoformat(text[:10])
    except ValueError:
        return False
    return len(text) == 10 or text[10:] in ("T00:00:00", " 00:00:00")

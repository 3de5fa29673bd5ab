"""The only writer of CSV, JSON, Parquet and aligned tables, for page and command line alike."""

from __future__ import annotations

import datetime
import io
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from datasets.errors import UnknownName

# A spreadsheet takes a cell that begins with one of these for a formula (OWASP, "CSV Injection"), some in
# their full-width forms too.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
MISSING_IN_TABLE = "-"


def csv_text(frame: pd.DataFrame) -> str:
    r"""CSV with a header, ``\n`` line ends, numbers that read back as the same ``float64``.

    Text that a spreadsheet would take for a formula gets a leading apostrophe; numbers stay numbers; a
    missing value is an empty cell.

    Parameters
    ----------
    frame : pandas.DataFrame
        Without its index.

    Returns
    -------
    str
    """
    header = tuple(_safe(str(name)) for name in frame.columns)
    rows = zip(*([_csv_cell(value) for value in values] for values in _columns(frame)), strict=True)
    return "".join(_csv_line(row) for row in (header, *rows))


def json_text(frame: pd.DataFrame) -> str:
    """JSON array with one object a row and line; a missing or infinite value is ``null``."""
    names = [str(name) for name in frame.columns]
    rows = zip(*([_json_value(value) for value in values] for values in _columns(frame)), strict=True)
    lines = (json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) for row in rows)
    return "[\n" + ",\n".join(lines) + "\n]\n"


def table_text(frame: pd.DataFrame) -> str:
    """Aligned columns for a terminal, numbers to six significant digits."""
    cells = [
        [str(name), *(_table_cell(value) for value in values)]
        for name, values in zip(frame.columns, _columns(frame), strict=True)
    ]
    widths = [max(map(len, column)) for column in cells]
    numeric = [pd.api.types.is_numeric_dtype(frame.dtypes.iloc[place]) for place in range(len(cells))]
    lines = (
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in zip(*cells, strict=True)
    )
    return "\n".join(lines) + "\n"


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Parquet file of the frame without its index."""
    stream = io.BytesIO()
    frame.to_parquet(stream, index=False)
    return stream.getvalue()


def render(frame: pd.DataFrame, format_name: str) -> bytes:
    """The frame in a format, text as UTF-8.

    Parameters
    ----------
    frame : pandas.DataFrame
    format_name : str
        One of `FORMATS`.

    Returns
    -------
    bytes

    Raises
    ------
    UnknownName
        When there is no such format.
    """
    if format_name not in _WRITERS:
        raise UnknownName("format", format_name, FORMATS)
    return _WRITERS[format_name](frame)


def _columns(frame: pd.DataFrame) -> list[list[Any]]:
    # A column of mixed kinds holds NumPy's own numbers, which print with their type.
    return [
        [value.item() if isinstance(value, np.generic) else value for value in frame.iloc[:, place].tolist()]
        for place in range(frame.shape[1])
    ]


def _is_missing(value: Any) -> bool:
    return (
        value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))
    )


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _csv_line(cells: tuple[str, ...]) -> str:
    if cells == ("",):
        return '""\n'  # An empty line would read back as no row.
    return ",".join(_quoted(cell) for cell in cells) + "\n"


def _quoted(cell: str) -> str:
    # The csv module of Python 3.11 and 3.12 leaves a carriage return unquoted, which breaks the row.
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in ',"\r\n') else cell


def _csv_cell(value: Any) -> str:
    return plain_text(value) if isinstance(value, bool | int | float) else _safe(plain_text(value))


def plain_text(value: Any) -> str:
    """A cell's value as text: numbers with every digit, nothing for what is missing."""
    if _is_missing(value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, int | float) else _in_text(value)


def _in_text(value: Any) -> str:
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def _json_value(value: Any) -> Any:
    if _is_missing(value) or (isinstance(value, float) and math.isinf(value)):
        return None
    return value if isinstance(value, bool | int | float | str) else _in_text(value)


def _table_cell(value: Any) -> str:
    if _is_missing(value):
        return MISSING_IN_TABLE
    if isinstance(value, float):
        return f"{value:.6g}"
    return " ".join(_in_text(value).split())


_WRITERS: dict[str, Callable[[pd.DataFrame], bytes]] = {
    "csv": lambda frame: csv_text(frame).encode(),
    "json": lambda frame: json_text(frame).encode(),
    "parquet": parquet_bytes,
    "table": lambda frame: table_text(frame).encode(),
}
FORMATS = tuple(_WRITERS)

"""Rows as text and back, exactly: for the ledger, which keeps rows of every table in one place."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from datasets.schema import Table, typed_frame


def row_texts(frame: pd.DataFrame) -> list[str]:
    """Each row as a JSON object by column name.

    Parameters
    ----------
    frame : pandas.DataFrame
        As `datasets.schema.table_frame` gives it.

    Returns
    -------
    list of str
        Numbers with every digit, dates as ``2027-06-30``, ``null`` for what is missing.
    """
    names = list(frame.columns)
    return [
        json.dumps(dict(zip(names, map(_plain, cells), strict=True)), ensure_ascii=False)
        for cells in _cells(frame)
    ]


def key_texts(table: Table, frame: pd.DataFrame) -> list[str]:
    """The primary key of each row as a JSON array."""
    return [
        json.dumps([_plain(cell) for cell in cells], ensure_ascii=False)
        for cells in _cells(frame[list(table.key)])
    ]


def key_in_words(key_text: str) -> str:
    """A key as a reader writes it, e.g. ``"mine, int8"``."""
    return ", ".join(map(str, json.loads(key_text)))


def rows_from_texts(table: Table, texts: Sequence[str]) -> pd.DataFrame:
    """Rows of a table from their texts, typed as `datasets.schema.table_frame` types them.

    Parameters
    ----------
    table : Table
    texts : sequence of str
        As `row_texts` gives them; columns that the table no longer has are left out, new ones stay empty.

    Returns
    -------
    pandas.DataFrame
    """
    records = [json.loads(text) for text in texts]
    frame = pd.DataFrame(records, columns=list(table.column_names), dtype=object)
    return typed_frame(frame, table)


def _cells(frame: pd.DataFrame) -> zip[tuple[Any, ...]]:
    return zip(*(frame.iloc[:, place].tolist() for place in range(frame.shape[1])), strict=True)


def _plain(value: Any) -> Any:
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, datetime.date):
        return value.isoformat()[:10]
    return value.item() if isinstance(value, np.generic) else value

"""Rows that hold every word that a reader typed."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd


def matching(rows: pd.DataFrame, words: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Rows in which each word occurs in some cell, whatever its case.

    Parameters
    ----------
    rows : pandas.DataFrame
    words : str
        Apart by blanks; all rows match where there is none.
    columns : sequence of str, optional
        Where to look; everywhere when left out.
    """
    cells = (rows if columns is None else rows[list(columns)]).astype(object)
    filled = cells.where(cells.notna(), "").astype(str)
    texts = [" ".join(row).lower() for row in filled.itertuples(index=False, name=None)]
    wanted = words.lower().split()
    return rows[[all(word in text for word in wanted) for text in texts]]

"""How sure one figure of a device is: its row's confidence, unless the row marks the cell as an estimate."""

from __future__ import annotations

import re

import pandas as pd

EVERY_FIGURE = "all"
_MARKS = re.compile(r"(\w+)\s*(?:\(([^)]*)\))?\s*(?:;|$)")


def marked_cells(estimated_fields: object) -> dict[str, str]:
    """Columns that a row marks as estimates, each with the note in parentheses behind it.

    Parameters
    ----------
    estimated_fields : str or missing
        Such as ``"tdp_w; price_usd (recalled: at launch)"``.

    Returns
    -------
    dict of str to str
        Empty where nothing is marked.
    """
    if not isinstance(estimated_fields, str):
        return {}
    return {name: note.strip() for name, note in _MARKS.findall(estimated_fields)}


def cell_confidence(devices: pd.DataFrame, column: str) -> pd.Series:
    """Confidence of one column's figures.

    Parameters
    ----------
    devices : pandas.DataFrame
        Rows of the table `devices`.
    column : str

    Returns
    -------
    pandas.Series
        ``recalled`` where the row's note on the cell begins so, ``estimated`` where the cell is marked
        otherwise or all figures are, else the confidence of the row. Words are not covered by ``all``.
    """
    is_figure = pd.api.types.is_numeric_dtype(devices[column])

    def sure(mark: object, whole: object) -> object:
        marks = marked_cells(mark)
        if column in marks:
            return "recalled" if marks[column].startswith("recalled") else "estimated"
        return "estimated" if is_figure and EVERY_FIGURE in marks else whole

    pairs = zip(devices["estimated_fields"], devices["confidence"], strict=True)
    return pd.Series([sure(*pair) for pair in pairs], index=devices.index, dtype=object)

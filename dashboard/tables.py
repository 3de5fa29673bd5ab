"""Tables as a reader meets them: units in the headers, sortable, searchable, and saved as CSV."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import controls

# Larger numbers are written as powers of ten.
_MOST_IN_FULL = 1e9


def table(
    rows: pd.DataFrame,
    columns: Mapping[str, str],
    *,
    name: str,
    alt: str,
    helps: Mapping[str, str] | None = None,
    links: Collection[str] = (),
    wide: Collection[str] = (),
    height: int | Literal["auto"] = "auto",
) -> None:
    """Draw some columns of a frame under their titles, and the button that saves them.

    Parameters
    ----------
    rows : pandas.DataFrame
    columns : mapping of str to str
        Column and its title with the unit, in the order shown.
    name : str
        Of the table on its page and of its file.
    alt : str
        What the table holds.
    helps : mapping of str to str, optional
        What a column means, shown at its title.
    links : collection of str
        Columns that hold addresses.
    wide : collection of str
        Columns of sentences.
    height : int or "auto"
        Pixels.
    """
    meant = helps or {}
    st.dataframe(
        rows,
        hide_index=True,
        placeholder="–",
        height=height,
        column_order=list(columns),
        column_config={
            column: _column(rows[column], title, meant.get(column), column in links, column in wide)
            for column, title in columns.items()
        },
        alt=alt,
    )
    controls.csv_download(rows[list(columns)], f"edgewise_{name}.csv", f"table.{name}.csv", "Table as CSV")


def _column(cells: pd.Series, title: str, meaning: str | None, is_link: bool, is_wide: bool) -> Any:
    if is_link:
        return st.column_config.LinkColumn(title, help=meaning)
    if pd.api.types.is_bool_dtype(cells):
        return st.column_config.CheckboxColumn(title, help=meaning)
    if pd.api.types.is_float_dtype(cells):
        wide = cells.abs().max() >= _MOST_IN_FULL
        return st.column_config.NumberColumn(title, help=meaning, format="scientific" if wide else "%.4g")
    return st.column_config.Column(title, help=meaning, width="large" if is_wide else None)

"""Data: every table with its provenance; SQL, a form and files that add rows; changes and their undoing."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import (
    address,
    controls,
    device_form,
    edits,
    figures,
    guard,
    history_view,
    import_view,
    labels,
    loaders,
    provenance,
    sql_view,
)
from dashboard.search import matching
from datasets import schema
from datasets.database import Snapshot

PAGE = "data"
_VIEWS = {
    "tables": "Tables",
    "sql": "SQL",
    "add": "Add a device",
    "import": "Import",
    "mine": "Your rows",
    "history": "History",
}
_DELETED = "data.deleted"
MOST_DELETIONS = 20


def fields(current: Snapshot) -> list[address.Field]:
    """The page's state: the view, the table and its filter."""
    return [
        address.option("view", list(_VIEWS), "tables"),
        address.option("table", _table_names(current), "devices"),
        address.text("search"),
    ]


def data_page() -> None:
    """Draw the page."""
    current = loaders.snapshot()
    state = fields(current)
    controls.notes(address.restored(PAGE, state))
    st.header("What stands behind the numbers?", anchor=False)
    mine = provenance.user_row_count(current.tables)
    view = st.segmented_control(
        "View",
        list(_VIEWS),
        required=True,
        format_func=lambda name: f"{_VIEWS[name]} ({mine})" if name == "mine" and mine else _VIEWS[name],
        key=address.key(PAGE, "view"),
        label_visibility="collapsed",
    )
    _DRAWN[str(view)](current)
    address.keep(PAGE, state)


def _table_names(current: Snapshot) -> list[str]:
    return [name for name in current.tables if name != "meta"]


def _tables(current: Snapshot) -> None:
    names = _table_names(current)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    name = str(
        row.selectbox(
            "Table",
            names,
            format_func=lambda table: f"{table} ({labels.counted(len(current.tables[table]), 'row')})",
            key=address.key(PAGE, "table"),
            width=340,
        )
    )
    search = str(row.text_input("Search", key=address.key(PAGE, "search"), placeholder="Any cell …"))
    declared = schema.tables()[name]
    if declared.comment:
        st.caption(declared.comment)
    rows = matching(current.tables[name], search)
    if rows.empty:
        st.info("No row matches: clear the search." if search else "This table is empty.")
        return
    _table(current, rows, declared)
    controls.csv_download(rows, f"edgewise_{name}.csv", "data.csv")
    with st.expander("What the columns mean", icon=":material/menu_book:"):
        meanings = [(column.name, column.data_type, column.comment or "–") for column in declared.columns]
        st.table(pd.DataFrame(meanings, columns=["Column", "Type", "Meaning"]).set_index("Column"))


def _table(current: Snapshot, rows: pd.DataFrame, declared: schema.Table) -> None:
    shown = rows.copy()
    if "confidence" in shown:
        st.caption(f"{labels.counted(len(rows), 'row')}: {provenance.confidence_counts(rows['confidence'])}.")
        shown["confidence"] = controls.marked(shown["confidence"])
    else:
        st.caption(f"{labels.counted(len(rows), 'row')}.")
    if "source_id" in shown and declared.name != "sources":
        shown["source"] = provenance.source_of(current.tables, shown["source_id"])
    helps = {column.name: column.comment for column in declared.columns if column.comment}
    st.dataframe(
        shown,
        hide_index=True,
        placeholder="–",
        height=460,
        column_config={
            name: st.column_config.NumberColumn(name, format="%.6g", help=helps.get(name))
            if pd.api.types.is_float_dtype(shown[name])
            else st.column_config.Column(name, help=helps.get(name))
            for name in shown.columns
        },
        alt=f"Table {declared.name}",
    )
    if "confidence" in shown:
        controls.confidence_legend()


def _mine(current: Snapshot) -> None:
    for note in st.session_state.pop(_DELETED, []):
        st.success(note, icon=":material/check:")
    found = provenance.user_rows(current.tables)
    if not found:
        st.info("You have added no row yet: choose the example that adds a phone under SQL, and run it.")
        return
    figures.prose(
        "Rows that came from a person, not from Edgewise. Deleting one moves every page back; a built-in row "
        "in whose place it stands is back then."
    )
    for name, rows in found.items():
        st.subheader(f"{name} ({labels.counted(len(rows), 'row')})", anchor=False)
        declared = schema.tables()[name]
        st.dataframe(rows.dropna(axis="columns", how="all"), hide_index=True, alt=f"Your rows in {name}")
        for position, row in enumerate(rows.head(MOST_DELETIONS).to_dict("records")):
            _deletable(current, declared, row, f"data.delete.{name}.{position}")
        if len(rows) > MOST_DELETIONS:
            st.caption(f"{len(rows) - MOST_DELETIONS:,} more: delete them with a statement under SQL.")


def _deletable(current: Snapshot, declared: schema.Table, row: dict[Hashable, Any], key: str) -> None:
    values = {column: row[column] for column in declared.key}
    said = ", ".join(str(value) for value in values.values())
    pressed = st.button(
        f"Delete {labels.escaped(said)}",
        key=f"{key}.{said}",
        icon=":material/delete:",
        disabled=not loaders.editing_allowed(),
    )
    if not pressed:
        return
    with guard.attempted():
        st.session_state[_DELETED] = edits.delete_row(current, declared, values)
        st.rerun()


_DRAWN = {
    "tables": _tables,
    "sql": sql_view.shown,
    "add": device_form.shown,
    "import": import_view.shown,
    "mine": _mine,
    "history": history_view.shown,
}

guard.shown(data_page)

"""Data: every table with its provenance, SQL with INSERT, and the rows that a user added."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import address, controls, guard, labels, loaders, provenance
from dashboard.examples import EXAMPLES
from dashboard.search import matching
from datasets import schema
from datasets.database import Snapshot

PAGE = "data"
_VIEWS = {"tables": "Tables", "sql": "SQL", "mine": "Your rows"}
_SQL, _SAVE, _RESULT = "data.sql.text", "data.sql.save", "data.sql.result"
_DRAFT, _DELETED = "data.sql.draft", "data.deleted"
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
    {"tables": _tables, "sql": _sql, "mine": _mine}[str(view)](current)
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


def _sql(current: Snapshot) -> None:
    st.markdown(
        "Statements run on a copy. With **Save changes**, rows that they add, change or remove are checked "
        "and taken over into the database; rows that come with Edgewise stay as they are. The view "
        "`budgets` and the functions of the roofline core are there too."
    )
    _examples()
    # A control's own state goes when it is not drawn; the draft stays.
    st.session_state[_DRAFT] = st.text_area("SQL", key=_SQL, height=260)
    row = st.container(horizontal=True, vertical_alignment="center")
    allowed = loaders.editing_allowed()
    run = row.button("Run", type="primary", icon=":material/play_arrow:", key="data.sql.run")
    row.toggle(
        "Save changes",
        key=_SAVE,
        disabled=not allowed,
        help="Without it, changes are only tried on a copy."
        if allowed
        else "This app was started read-only.",
    )
    if run:
        _run(current)
    _show_result()


def _examples() -> None:
    st.session_state.setdefault(_SQL, st.session_state.get(_DRAFT, EXAMPLES[0].sql))
    st.selectbox(
        "Examples",
        [example.title for example in EXAMPLES],
        index=None,
        placeholder="Choose a statement to start from",
        key="data.sql.example",
        on_change=_take_example,
    )


def _take_example() -> None:
    chosen = next((e for e in EXAMPLES if e.title == st.session_state["data.sql.example"]), None)
    if chosen is not None:
        st.session_state[_SQL] = chosen.sql
        st.session_state[_SAVE] = chosen.changes and loaders.editing_allowed()
        st.session_state.pop(_RESULT, None)


def _run(current: Snapshot) -> None:
    st.session_state.pop(_RESULT, None)
    write = bool(st.session_state[_SAVE]) and loaders.editing_allowed()
    with guard.attempted(), st.spinner("Running the statement …", show_time=True):
        result = loaders.run_sql(current, str(st.session_state[_SQL]), write=write)
        st.session_state[_RESULT] = (result, write)
        if result.changes and write:
            # What stands above was drawn from the tables as they were.
            st.rerun()


def _show_result() -> None:
    if _RESULT not in st.session_state:
        return
    result, saved = st.session_state[_RESULT]
    if result.changes:
        changed = "; ".join(result.changes.in_words())
        if saved:
            st.success(f"Saved: {changed}.", icon=":material/check:")
        else:
            st.warning(
                f"Tried on a copy only, nothing is saved: {changed}. Switch on Save changes to keep them.",
                icon=":material/info:",
            )
    for note in result.notes:
        st.info(note, icon=":material/info:")
    if result.truncated:
        st.warning(
            f"Only the first {loaders.MOST_RESULT_ROWS:,} rows are shown: narrow the statement.",
            icon=":material/info:",
        )
    if result.frame.columns.empty:
        return
    st.caption(labels.counted(len(result.frame), "row") + ".")
    st.dataframe(result.frame, hide_index=True, placeholder="–", alt="Result of the statement")
    controls.csv_download(result.frame, "edgewise_query.csv", "data.sql.csv")


def _mine(current: Snapshot) -> None:
    for note in st.session_state.pop(_DELETED, []):
        st.success(note, icon=":material/check:")
    found = {
        name: frame[frame["origin"] == "user"]
        for name, frame in current.tables.items()
        if "origin" in frame and (frame["origin"] == "user").any()
    }
    if not found:
        st.info("You have added no row yet: choose the example that adds a phone under SQL, and run it.")
        return
    st.markdown("Rows that came from a person, not from Edgewise. Deleting them moves every page back.")
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
        f"Delete {said}",
        key=f"{key}.{said}",
        icon=":material/delete:",
        disabled=not loaders.editing_allowed(),
    )
    if not pressed:
        return
    with guard.attempted():
        st.session_state[_DELETED] = loaders.delete_row(current, declared, values)
        st.rerun()


guard.shown(data_page)

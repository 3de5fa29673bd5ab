"""SQL in the page: what there is to ask, examples, a statement, its result as table, chart and file."""

from __future__ import annotations

import functools
import inspect
from functools import partial

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import controls, edits, figures, guard, labels, loaders, statement_run
from dashboard.charts import quick
from dashboard.examples import EXAMPLES
from datasets import schema
from datasets.database import Snapshot
from datasets.errors import NeedsConfirmation
from datasets.exports import render
from devices import sql_functions

_SQL, _SAVE, _RESULT, _DRAFT = "data.sql.text", "data.sql.save", "data.sql.result", "data.sql.draft"
_DOUBTS, _CONFIRMED, _HISTORY = "data.sql.doubts", "data.sql.confirmed", "data.sql.history"
_RUNNING = "data.sql.running"
MOST_REMEMBERED = 30


def shown(current: Snapshot) -> None:
    """Draw the editor and what the last statement gave."""
    figures.prose(
        "Statements run on a copy. With **Save changes**, rows that they add, change or remove are checked "
        "and taken over into the database; a row of yours stands in the place of a built-in one and can be "
        "withdrawn. The view `budgets` and the functions of the roofline core are there too."
    )
    _schema_browser()
    st.session_state.setdefault(_SQL, st.session_state.get(_DRAFT, EXAMPLES[0].sql))
    starts = st.container(horizontal=True)
    # A control's own state goes when it is not drawn; the draft stays.
    st.session_state[_DRAFT] = st.text_area("SQL", key=_SQL, height=260)
    row = st.container(horizontal=True, vertical_alignment="center")
    allowed = loaders.editing_allowed()
    pressed = row.button("Run", type="primary", icon=":material/play_arrow:", key="data.sql.run")
    row.toggle(
        "Save changes",
        key=_SAVE,
        disabled=not allowed,
        help="Without it, changes are only tried on a copy."
        if allowed
        else "You may not change this database.",
    )
    _confirmation()
    with guard.attempted():
        if pressed:
            _start(current)
        if _RUNNING in st.session_state:
            _follow(st.session_state[_RUNNING])
    _starts(starts)
    _show_result()


def _schema_browser() -> None:
    def body() -> None:
        names = [name for name in schema.tables() if name != "meta"]
        declared = schema.tables()[str(st.selectbox("Table", names, key="data.sql.table"))]
        if declared.comment:
            st.caption(declared.comment)
        references = {each.column: f"→ {each.target}" for each in declared.references}
        rows = [
            (
                column.name,
                column.data_type,
                "key" if column.name in declared.key else references.get(column.name, ""),
                column.comment or "–",
            )
            for column in declared.columns
        ]
        frame = pd.DataFrame(rows, columns=["Column", "Type", "Key", "Meaning and unit"])
        st.dataframe(frame, hide_index=True, alt=f"Columns of {declared.name} with their units")
        st.markdown("**Views and functions**")
        notes = (inspect.getdoc(sql_functions.register) or "").partition("Notes\n-----\n")[2]
        st.code(notes.strip().replace("``", ""), language=None)

    controls.details("Tables, columns and units", body, "data.sql.schema", ":material/schema:")


def _starts(row: DeltaGenerator) -> None:
    # Drawn last, so that the statement that just ran is in the history.
    row.selectbox(
        "Examples",
        [example.title for example in EXAMPLES],
        index=None,
        placeholder="Choose a statement to start from",
        key="data.sql.example",
        on_change=_take_example,
    )
    remembered = st.session_state.get(_HISTORY, [])
    row.selectbox(
        "History",
        remembered,
        index=None,
        format_func=lambda sql: " ".join(sql.split())[:90],
        placeholder="Statements that you ran" if remembered else "No statement was run yet",
        disabled=not remembered,
        key="data.sql.recall",
        on_change=_recall,
    )


def _take_example() -> None:
    chosen = next((e for e in EXAMPLES if e.title == st.session_state["data.sql.example"]), None)
    if chosen is not None:
        st.session_state[_SQL] = chosen.sql
        st.session_state[_SAVE] = chosen.changes and loaders.editing_allowed()
        _forget_result()


def _recall() -> None:
    if st.session_state["data.sql.recall"]:
        st.session_state[_SQL] = st.session_state["data.sql.recall"]
        _forget_result()


def _forget_result() -> None:
    for key in (_RESULT, _DOUBTS):
        st.session_state.pop(key, None)


def _confirmation() -> None:
    statement, doubts = st.session_state.get(_DOUBTS, ("", ()))
    if not doubts or statement != st.session_state[_SQL]:
        return
    st.warning("\n".join(f"- {labels.escaped(doubt)}" for doubt in doubts), icon=":material/help:")
    st.checkbox("These figures are meant so: save them when I run it again", key=_CONFIRMED)


def _start(current: Snapshot) -> None:
    sql = str(st.session_state[_SQL])
    confirmed = bool(st.session_state.get(_CONFIRMED)) and st.session_state.get(_DOUBTS, ("",))[0] == sql
    _forget_result()
    write = bool(st.session_state[_SAVE]) and loaders.editing_allowed()
    remembered = [each for each in st.session_state.get(_HISTORY, []) if each != sql]
    st.session_state[_HISTORY] = [sql, *remembered][:MOST_REMEMBERED]
    if running := st.session_state.pop(_RUNNING, None):
        running.stop.set()
    started = edits.started_statement(current, sql, write=write, confirmed=confirmed)
    st.session_state[_RUNNING] = started
    started.join(statement_run.PATIENCE_S)


def _follow(running: statement_run.StatementRun) -> None:
    if running.is_alive():
        _waiting(running)
        return
    del st.session_state[_RUNNING]
    try:
        result = running.result()
    except NeedsConfirmation as doubtful:
        st.session_state[_DOUBTS] = (running.sql, doubtful.doubts)
        st.rerun()
    st.session_state[_RESULT] = (result, running.saves)
    if result.changes and running.saves:
        # What stands above was drawn from the tables as they were.
        st.rerun()


@st.fragment(run_every=0.5)
def _waiting(running: statement_run.StatementRun) -> None:
    if not running.is_alive():
        st.rerun()
    row = st.container(horizontal=True, vertical_alignment="center")
    doing = f"Running for {running.seconds():.0f} s"
    if running.waits_for:
        doing = f"Waiting for {labels.counted(running.waits_for, 'computation')} of others"
    row.caption(f"{statement_run.UNDER_WAY} {doing} …", width="content")
    if row.button("Cancel", icon=":material/stop:", key="data.sql.cancel"):
        running.stop.set()


def _show_result() -> None:
    if _RESULT not in st.session_state:
        return
    result, saved = st.session_state[_RESULT]
    if result.changes:
        changed = "; ".join(result.changes.in_words())
        if saved:
            st.success(f"Saved: {changed}. Undo it under History.", icon=":material/check:")
        else:
            st.warning(
                f"Tried on a copy only, nothing is saved: {changed}. Switch on Save changes to keep them.",
                icon=":material/info:",
            )
    for note in (*result.notes, *(() if saved else result.doubts)):
        st.info(labels.escaped(note), icon=":material/info:")
    if result.truncated:
        st.warning(
            f"Only the first {len(result.frame):,} rows are shown: narrow the statement.",
            icon=":material/info:",
        )
    if result.frame.columns.empty:
        return
    st.caption(labels.counted(len(result.frame), "row") + ".")
    st.dataframe(result.frame, hide_index=True, placeholder="–", alt="Result of the statement")
    row = st.container(horizontal=True)
    with row:
        controls.csv_download(result.frame, "edgewise_query.csv", "data.sql.csv")
    for name, mime in (("json", "application/json"), ("parquet", "application/vnd.apache.parquet")):
        row.download_button(
            f"Download {name.upper() if name == 'json' else 'Parquet'}",
            data=functools.partial(render, result.frame, name),
            file_name=f"edgewise_query.{name}",
            mime=mime,
            key=f"data.sql.{name}",
            on_click="ignore",
            icon=":material/download:",
        )
    _chart(result.frame)


def _chart(frame: pd.DataFrame) -> None:
    below, beside = quick.plottable(frame)
    if len(frame) < 2 or len(below) < 2 or not beside:
        return

    def body() -> None:
        row = st.container(horizontal=True)
        y = str(row.selectbox("Number", beside, key="data.sql.chart.y"))
        others = [name for name in below if name != y]
        x = str(row.selectbox("Over", others, key="data.sql.chart.x"))
        suggested = quick.KINDS.index(quick.suggested_kind(frame, x))
        kind = str(row.selectbox("As", quick.KINDS, index=suggested, key=f"data.sql.chart.kind.{x}"))
        figures.figure(
            partial(quick.quick_chart, frame, x, y, kind),
            rows=frame[[x, y]],
            name="quick",
            alt=f"{y} over {x} for {labels.counted(len(frame), 'row')} of the statement, as {kind}.",
            source="The statement above, on the tables of this database.",
            file_name="edgewise_query",
        )

    controls.details("Chart", body, "data.sql.chart", ":material/bar_chart:")

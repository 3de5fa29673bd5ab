"""The last changes of the database, each with a button that takes it back; backups; the state of the file."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import edits, guard, labels, loaders
from datasets import backups, doctor
from datasets.database import Snapshot

_UNDONE, _BACKED_UP = "data.history.undone", "data.history.backup"


def shown(current: Snapshot) -> None:
    """Draw the changes, and what keeps the file safe."""
    for key in (_UNDONE, _BACKED_UP):
        if told := st.session_state.pop(key, None):
            st.success(told, icon=":material/check:")
    log = edits.change_log(current)
    if log.empty:
        st.info("Nothing was changed yet: what you change under SQL, Add a device or Import stands here.")
    else:
        _changes(current, log)
    _safety(current)


def _changes(current: Snapshot, log: pd.DataFrame) -> None:
    st.markdown("The last changes, newest first. Undoing one is a change itself, and can be undone as well.")
    st.dataframe(
        log,
        hide_index=True,
        alt="Changes of the database",
        column_config={
            "change_id": st.column_config.NumberColumn("Change", format="%d"),
            "made": "Made (UTC)",
            "who": "Who",
            "changed": "Rows",
            "cause": st.column_config.TextColumn("Statement or command", width="large"),
            "state": "State",
        },
    )
    titles: dict[int, str] = {
        int(row.change_id): f"{row.change_id}: {row.changed}"
        for row in log[~log["state"].str.startswith("undone")].itertuples()
    }
    row = st.container(horizontal=True, vertical_alignment="bottom")
    chosen = row.selectbox(
        "Change", list(titles), format_func=lambda number: titles[number], key="data.history.change"
    )
    pressed = row.button(
        "Undo it",
        key="data.history.undo",
        icon=":material/undo:",
        disabled=chosen is None or not loaders.editing_allowed(),
    )
    if pressed and chosen is not None:
        with guard.attempted():
            words = edits.undo_change(current, int(chosen))
            st.session_state[_UNDONE] = f"Change {chosen} is undone: {'; '.join(words)}."
            st.rerun()


def _safety(current: Snapshot) -> None:
    st.subheader("Backups", anchor=False)
    listed = backups.backups(current.path)
    newest = f"The newest is {listed['backup'].iloc[0]}." if len(listed) else "There is none yet."
    st.markdown(
        f"{labels.counted(len(listed), 'backup')}. {labels.escaped(newest)} One is made before each update "
        "of Edgewise; `edgewise restore` puts one back."
    )
    row = st.container(horizontal=True)
    locked = not loaders.editing_allowed()
    if row.button("Back up now", key="data.history.backup.now", icon=":material/save:", disabled=locked):
        with guard.attempted():
            st.session_state[_BACKED_UP] = labels.escaped(
                f"Copied to {backups.make_backup(current.path).name}."
            )
            st.rerun()
    if row.button("Examine the database", key="data.history.doctor", icon=":material/stethoscope:"):
        with guard.attempted(), st.spinner("Examining …"):
            found = doctor.findings(current.path)
            problems = int((found["status"] == doctor.PROBLEM).sum())
            told = f"{labels.counted(problems, 'problem')} found." if problems else "The database is sound."
            (st.error if problems else st.success)(told)
            st.dataframe(found, hide_index=True, alt="What the examination found")

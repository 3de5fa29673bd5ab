"""Importing a file in the page: what it would change, every problem of it, and taking it over."""

from __future__ import annotations

import streamlit as st

from dashboard import edits, guard, labels, loaders
from datasets.database import Snapshot
from datasets.device_file import device_template
from datasets.imports import FileImport, importable_tables

_SAVED, _IMPORTS = "data.import.saved", "data.import.count"
_DEVICES = "devices with their peaks"


def shown(current: Snapshot) -> None:
    """Draw the choice of a file, what it holds, and the button."""
    if saved := st.session_state.pop(_SAVED, None):
        st.success(f"Imported: {saved}. Undo it under History.", icon=":material/check:")
    st.markdown(
        "All rows of a file or none. It is checked first: every problem is listed, nothing is changed."
    )
    row = st.container(horizontal=True, vertical_alignment="bottom")
    chosen = str(row.selectbox("Rows of", [_DEVICES, *importable_tables()], key="data.import.table"))
    replace = row.toggle(
        "Replace rows with the same key",
        key="data.import.replace",
        help="Your own row is updated; a built-in one is overridden, and can be brought back.",
    )
    if chosen == _DEVICES:
        row.download_button(
            "Template",
            data=device_template(),
            file_name="edgewise_devices.csv",
            mime="text/csv",
            key="data.import.template",
            on_click="ignore",
            icon=":material/download:",
        )
    # Another key after each import empties it.
    key = f"data.import.file.{st.session_state.setdefault(_IMPORTS, 0)}"
    file = st.file_uploader("CSV in UTF-8, or Parquet", type=["csv", "parquet"], key=key)
    if file is None:
        return
    table = None if chosen == _DEVICES else chosen
    with guard.attempted():
        content = file.getvalue()
        checked = edits.import_file(current, table, content, file.name, dry_run=True, replace=replace)
        if _told(checked):
            _taking_over(current, table, content, file.name, replace)


def _told(checked: FileImport) -> bool:
    """Tell what a check found, and whether the file may be taken over."""
    if not checked.problems.empty:
        st.error(f"{labels.counted(len(checked.problems), 'problem')}: correct the file and choose it again.")
        st.dataframe(checked.problems, hide_index=True, placeholder="–", alt="Problems of the file")
        return False
    if not checked.changes:
        st.info("The file changes nothing: the database holds these rows already.")
        return False
    st.info(f"Would change {'; '.join(checked.changes.in_words())}.", icon=":material/info:")
    for note in checked.notes:
        st.caption(labels.escaped(note))
    if checked.doubts:
        st.warning(
            "\n".join(f"- {labels.escaped(doubt)}" for doubt in checked.doubts), icon=":material/help:"
        )
        return st.checkbox("These figures are meant so", key="data.import.confirmed")
    return True


def _taking_over(current: Snapshot, table: str | None, content: bytes, name: str, replace: bool) -> None:
    pressed = st.button(
        "Import",
        type="primary",
        key="data.import.run",
        icon=":material/upload:",
        disabled=not loaders.editing_allowed(),
    )
    if pressed:
        done = edits.import_file(current, table, content, name, replace=replace, confirmed=True)
        st.session_state[_SAVED] = "; ".join(done.changes.in_words())
        st.session_state[_IMPORTS] += 1
        st.rerun()

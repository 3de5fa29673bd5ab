"""Adding a device by hand: its figures, a preview of its roofline as they change, and saving it."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType

import pandas as pd
import streamlit as st

from dashboard import edits, figures, guard, labels, loaders, provenance
from dashboard.charts import roofline
from datasets import schema
from datasets.database import Snapshot
from datasets.exports import csv_text
from datasets.imports import FileImport

_SAVED = "data.add.saved"
_TEXTS = {"device_id": "Identifier", "name": "Name", "vendor": "Vendor", "introduced": "Introduced (2027-06)"}
_NUMBERS = {
    "memory_gb": "Memory (GB)",
    "memory_bandwidth_gb_per_s": "Memory bandwidth (GB/s)",
    "tdp_w": "Thermal design power (W)",
    "sustained_w": "Sustained power (W)",
    "idle_w": "Idle power (W)",
    "battery_wh": "Battery (Wh)",
    "price_usd": "Price (US$)",
}
_FORMATS = ("int8", "fp16", "bf16", "fp8", "int4", "fp4", "fp32")
_START = pd.DataFrame({"precision": ["int8"], "dense_tops": [None], "sparse_tops": [None]}).astype(
    {"dense_tops": "float64", "sparse_tops": "float64"}
)
_ENDS = (0.5, 10_000.0)
# A phone, a graphics card and an accelerator, to judge the new roof by.
_BESIDE, _BESIDE_FORMAT = ("apple_a18_pro", "rtx_4090", "h100_sxm"), "int8"
_ASKED = ("name", "memory_gb", "memory_bandwidth_gb_per_s")


def shown(current: Snapshot) -> None:
    """Draw the form, the preview and the button that saves."""
    if saved := st.session_state.pop(_SAVED, None):
        st.success(
            f"Saved: {saved}. It is on every page now; undo it under History.", icon=":material/check:"
        )
    figures.prose(
        "A device needs an identifier, a name, a segment, its memory and bandwidth, and one **dense** peak. "
        "The roof below follows what you type. Peaks with 2:4 sparsity stand in a column of their own."
    )
    row = _row(current)
    peaks = _peaks()
    if not row["device_id"] or peaks.empty:
        st.info("Give an identifier and a dense peak to see the roof.", icon=":material/edit:")
        return
    with guard.attempted():
        content = csv_text(_as_file(row, peaks)).encode()
        checked = edits.import_file(current, None, content, f"{row['device_id']}.csv", dry_run=True)
        _told(checked)
        if checked.problems.empty:
            _preview(current, checked)
        _saving(current, content, str(row["device_id"]), checked)


def _row(current: Snapshot) -> dict[str, object]:
    declared = {column.name: column.comment for column in schema.tables()["devices"].columns}
    left, right = st.columns(2)
    row: dict[str, object] = {
        name: left.text_input(title, key=f"data.add.{name}", help=declared[name]).strip()
        for name, title in _TEXTS.items()
    }
    segments = sorted(current.tables["devices"]["segment"].unique())
    row["segment"] = left.selectbox(
        "Segment", segments, index=segments.index("phone"), key="data.add.segment", accept_new_options=True
    )
    row["status"] = left.selectbox("Status", ["shipping", "announced", "projected"], key="data.add.status")
    for name, title in _NUMBERS.items():
        row[name] = right.number_input(
            title,
            value=None,
            min_value=0.0,
            key=f"data.add.{name}",
            help=declared[name],
            placeholder="not known",
        )
    sources = current.tables["sources"].set_index("source_id")["title"]
    known = ["user_entry", *(name for name in sources.index if name != "user_entry")]
    row["source_id"] = left.selectbox(
        "Source", known, format_func=lambda name: str(sources.get(name, name)), key="data.add.source_id"
    )
    row["confidence"] = right.selectbox(
        "How sure", ["estimated", "cited", "derived", "recalled", "judgement"], key="data.add.confidence"
    )
    return row


def _peaks() -> pd.DataFrame:
    edited = st.data_editor(
        _START,
        num_rows="dynamic",
        hide_index=True,
        key="data.add.peaks",
        column_config={
            "precision": st.column_config.SelectboxColumn("Number format", options=_FORMATS, required=True),
            "dense_tops": st.column_config.NumberColumn("Dense peak (1e12 operations/s)", min_value=0.0),
            "sparse_tops": st.column_config.NumberColumn(
                "With 2:4 sparsity (1e12 operations/s)", min_value=0.0
            ),
        },
    )
    return edited.dropna(subset=["precision", "dense_tops"]).drop_duplicates("precision")


def _as_file(row: dict[str, object], peaks: pd.DataFrame) -> pd.DataFrame:
    named = {
        f"{peak.precision}_{kind}": value
        for peak in peaks.itertuples()
        for kind in ("dense_tops", "sparse_tops")
        if pd.notna(value := getattr(peak, kind))
    }
    given = {
        name: value for name, value in (row | named).items() if value not in (None, "") or name in _ASKED
    }
    return pd.DataFrame([given])


def _told(checked: FileImport) -> None:
    for problem in checked.problems["problem"]:
        st.error(labels.escaped(str(problem)), icon=":material/error:")
    for note in checked.notes:
        st.info(labels.escaped(note), icon=":material/info:")


def _preview(current: Snapshot, checked: FileImport) -> None:
    added = {name: change.inserted for name, change in checked.changes.tables.items()}
    tables = {
        name: pd.concat([frame, added[name]], ignore_index=True) if name in added else frame
        for name, frame in current.tables.items()
    }
    draft = Snapshot(current.path, current.version, MappingProxyType(tables))
    ids = added["device_peaks"]["device_id"].tolist()
    beside = [name for name in _BESIDE if name in set(current.tables["devices"]["device_id"]) - set(ids)]
    precisions = [*added["device_peaks"]["precision"], *[_BESIDE_FORMAT] * len(beside)]
    curves = loaders.roofs(draft, [*ids, *beside], precisions, _ENDS)
    own = curves["device_id"].isin(ids) if len(curves) else pd.Series(dtype=bool)
    if not own.any():
        st.info("The roof needs the memory's bandwidth.", icon=":material/edit:")
        return
    peaks = tables["device_peaks"][["device_id", "precision", "source_id", "confidence"]]
    described = curves.merge(peaks, on=["device_id", "precision"], how="left").assign(
        name=curves["device_id"].map(
            tables["devices"].drop_duplicates("device_id", keep="last").set_index("device_id")["name"]
        ),
        source=lambda rows: provenance.source_of(tables, rows["source_id"]),
    )
    ridges = described[own].drop_duplicates("precision")
    told = ", ".join(f"{row.ridge_point:,.0f} in {row.precision.upper()}" for row in ridges.itertuples())
    chart = partial(
        roofline.roofline_chart,
        roofline.curve_rows(described),
        pd.DataFrame(),
        title=f"The roof bends at {told} operations a byte",
        subtitle="Dense peaks and memory bandwidth as typed, beside devices that are well known; nothing is "
        "saved yet",
    )
    figures.figure(
        chart,
        rows=described,
        name="draft-roofline",
        alt=f"Roofline of the device as typed: ridge points at {told} operations a byte. Beside it: "
        f"{labels.listed([str(name) for name in described.loc[~own, 'name'].unique()])}.",
        source="Figures as typed above; "
        + provenance.source_line(tables, described.loc[~own, "source_id"].drop_duplicates()),
        file_name="edgewise_draft_roofline",
    )


def _saving(current: Snapshot, content: bytes, device_id: str, checked: FileImport) -> None:
    confirmed = True
    if checked.doubts:
        st.warning(
            "\n".join(f"- {labels.escaped(doubt)}" for doubt in checked.doubts), icon=":material/help:"
        )
        confirmed = st.checkbox("These figures are meant so", key="data.add.confirmed")
    row = st.container(horizontal=True)
    pressed = row.button(
        "Save the device",
        type="primary",
        key="data.add.save",
        icon=":material/save:",
        disabled=not (loaders.editing_allowed() and confirmed and checked.problems.empty),
    )
    row.download_button(
        "Download as a file for edgewise devices add",
        data=content,
        file_name=f"{device_id}.csv",
        mime="text/csv",
        key="data.add.file",
        on_click="ignore",
        icon=":material/download:",
    )
    if pressed:
        done = edits.import_file(current, None, content, f"{device_id}.csv", confirmed=True)
        for key in [key for key in st.session_state if str(key).startswith("data.add.")]:
            del st.session_state[key]
        st.session_state[_SAVED] = "; ".join(done.changes.in_words())
        st.rerun()

"""Devices: where the roof of each device lies, what workloads reach under it, and the figures behind it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import address, controls, figures, guard, labels, loaders, provenance
from dashboard.charts import roofline
from dashboard.search import matching
from datasets.database import Snapshot

PAGE = "devices"
MOST_DEVICES = 6
_FIRST_DEVICES = ("apple_a18_pro", "tesla_hw4", "jetson_t5000", "rtx_5090", "h100_sxm")
_FIRST_WORKLOADS = ("chat_small", "chat_large", "voice_turn", "image_gen_phone", "smart_camera", "fsd_hw4_36")
# Operations a byte: the axis unless a workload lies beyond.
_ENDS = (0.5, 10_000.0)
_SEARCHED = ("device_id", "name", "vendor", "precision", "segment")
_SPECS = {
    "name": "Device",
    "vendor": "Vendor",
    "segment": "Segment",
    "introduced": "Introduced",
    "status": "Status",
    "precision": "Arithmetic",
    "dense_tops": "Dense peak, TOPS",
    "sparse_tops": "2:4 sparse peak, TOPS",
    "memory_gb": "Memory, GB",
    "memory_bandwidth_gb_per_s": "Memory bandwidth, GB/s",
    "sram_mb": "On-chip memory, MB",
    "tdp_w": "Peak power, W",
    "sustained_w": "Sustained power, W",
    "battery_wh": "Battery, Wh",
    "price_usd": "Price, US$",
    "confidence": "Confidence",
    "estimated_fields": "Estimated cells",
    "source": "Source",
    "peak_confidence": "Confidence of the peak",
    "peak_source": "Source of the peak",
    "origin": "Added by",
}


def fields(current: Snapshot) -> list[address.Field]:
    """The page's state: the devices and workloads drawn, the filters of the table."""
    device_ids, workload_ids = _identifiers(current)
    return [
        address.options("device", device_ids, loaders.first_devices(current, _FIRST_DEVICES)),
        address.options(
            "workload", workload_ids, [name for name in _FIRST_WORKLOADS if name in workload_ids]
        ),
        address.options("segment", sorted(current.tables["devices"]["segment"].unique()), []),
        address.text("search"),
    ]


def devices_page() -> None:
    """Draw the page."""
    current = loaders.snapshot()
    state = fields(current)
    controls.notes(address.restored(PAGE, state))
    st.header("What can a device do?", anchor=False)
    st.markdown(
        "Memory limits a workload that does few operations a byte, arithmetic one that does many: the roof "
        "bends at the device's **ridge point**. Points are workloads: filled within all budgets, hollow "
        "beyond one."
    )
    device_ids, workload_ids = _choices(current)
    if device_ids:
        _roofline(current, device_ids, workload_ids)
    else:
        st.info("Choose at least one device to draw its roof.")
    _table(current)
    address.keep(PAGE, state)


def _identifiers(current: Snapshot) -> tuple[list[str], list[str]]:
    workloads = current.tables["workloads"]
    serving = workloads[workloads["series"] != "training"]
    return list(current.tables["devices"]["device_id"]), list(serving["workload_id"])


def _choices(current: Snapshot) -> tuple[list[str], list[str]]:
    device_ids, workload_ids = _identifiers(current)
    device_names = current.tables["devices"].set_index("device_id")["name"]
    workload_names = current.tables["workloads"].set_index("workload_id")["name"]
    chosen = st.multiselect(
        f"Devices (up to {MOST_DEVICES})",
        device_ids,
        format_func=controls.named(device_names),
        max_selections=MOST_DEVICES,
        key=address.key(PAGE, "device"),
    )
    drawn = st.multiselect(
        "Workloads",
        workload_ids,
        format_func=controls.named(workload_names),
        key=address.key(PAGE, "workload"),
    )
    return list(chosen), list(drawn)


def _roofline(current: Snapshot, device_ids: list[str], workload_ids: list[str]) -> None:
    points = _points(current, device_ids, workload_ids)
    pairs = points[["device_id", "precision"]].drop_duplicates() if not points.empty else points
    without = [device for device in device_ids if points.empty or device not in set(points["device_id"])]
    curve_devices = [*pairs.get("device_id", []), *without]
    precisions = [*pairs.get("precision", []), *[None] * len(without)]
    curves = loaders.roofs(current, curve_devices, precisions, _ends(points))
    _missing_note(current, device_ids, curves)
    if curves.empty:
        return
    curves = _described(current, curves)
    title, alternative = _finding(curves, points)
    chart = roofline.roofline_chart(
        roofline.curve_rows(curves),
        roofline.point_rows(points),
        title=title,
        subtitle="Dense peak and memory bandwidth of each device; triangles mark ridge points",
    )
    figures.figure(
        chart,
        rows=curves,
        name="roofline",
        alt=alternative,
        source="data sheets and teardowns as listed below; workload points from the roofline core with "
        "efficiencies fitted to measurements. Devices drawn: "
        f"{provenance.confidence_counts(_confidence(current, device_ids))}.",
    )


def _ends(points: pd.DataFrame) -> tuple[float, float]:
    if points.empty:
        return _ENDS
    reached = points["arithmetic_intensity"]
    return min(_ENDS[0], float(reached.min())), max(_ENDS[1], float(reached.max()))


def _points(current: Snapshot, device_ids: list[str], workload_ids: list[str]) -> pd.DataFrame:
    if not workload_ids:
        return pd.DataFrame()
    rows = loaders.budget_rows(current, device_ids, workload_ids, {}).copy()
    rows = rows.dropna(subset=["attained_ops_per_s", "arithmetic_intensity"])
    names = current.tables["devices"].set_index("device_id")["name"]
    rows["name"] = rows["device_id"].map(names)
    rows["workload"] = rows["workload_id"].map(current.tables["workloads"].set_index("workload_id")["name"])
    rows["precision"] = rows["compute_precision"]
    rows["confidence"] = rows["device_confidence"]
    return rows


def _described(current: Snapshot, curves: pd.DataFrame) -> pd.DataFrame:
    peaks = current.tables["device_peaks"][["device_id", "precision", "source_id", "confidence"]]
    described = curves.merge(peaks, on=["device_id", "precision"], how="left")
    described["name"] = described["device_id"].map(current.tables["devices"].set_index("device_id")["name"])
    described["source"] = provenance.source_of(current.tables, described["source_id"])
    return described


def _missing_note(current: Snapshot, device_ids: list[str], curves: pd.DataFrame) -> None:
    drawn = set(curves["device_id"]) if not curves.empty else set()
    names = current.tables["devices"].set_index("device_id")["name"]
    missing = [str(names[device]) for device in device_ids if device not in drawn]
    if missing:
        verb = "states" if len(missing) == 1 else "state"
        st.info(f"{labels.listed(missing)} {verb} no peak or no memory bandwidth: there is no roof to draw.")


def _finding(curves: pd.DataFrame, points: pd.DataFrame) -> tuple[str, str]:
    roofs = curves.drop_duplicates(["device_id", "precision"])
    described = "; ".join(
        f"{row.name}, {row.precision}: {labels.amount(row.peak_ops_per_s, 'OP/s')}, ridge point "
        f"{labels.number(row.ridge_point, 3)} operations a byte"
        for row in roofs.rename(columns={"name": "name_"}).assign(name=roofs["name"]).itertuples()
    )
    lowest, highest = roofs["ridge_point"].min(), roofs["ridge_point"].max()
    ridge = (
        f"ridge points lie between {labels.number(lowest)} and {labels.number(highest)} operations a byte"
        if len(roofs) > 1
        else f"the ridge point lies at {labels.number(lowest, 3)} operations a byte"
    )
    if points.empty:
        title = ridge[0].upper() + ridge[1:]
    else:
        bound = int(points["binding_roof"].isin(["memory", "sram"]).sum())
        title = f"Memory binds {bound} of {labels.counted(len(points), 'pair')} drawn; {ridge}"
    return title, f"{title}. Roofline chart, both axes logarithmic. {described}."


def _confidence(current: Snapshot, device_ids: list[str]) -> pd.Series:
    devices = current.tables["devices"]
    return devices.loc[devices["device_id"].isin(device_ids), "confidence"]


def _table(current: Snapshot) -> None:
    st.subheader("Specifications", anchor=False)
    rows = _spec_rows(current)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    segments = row.multiselect(
        "Segments",
        sorted(current.tables["devices"]["segment"].unique()),
        key=address.key(PAGE, "segment"),
        placeholder="All segments",
        width=420,
    )
    search = row.text_input("Search", key=address.key(PAGE, "search"), placeholder="Name, vendor …")
    within = rows[rows["segment"].isin(segments)] if segments else rows
    shown = matching(within, search, _SEARCHED)
    if shown.empty:
        st.info("No device matches: clear the search or a segment.")
        return
    st.caption(f"{labels.counted(shown['device_id'].nunique(), 'device')}, one row for each arithmetic.")
    numeric = [column for column in _SPECS if pd.api.types.is_numeric_dtype(shown[column])]
    st.dataframe(
        shown,
        hide_index=True,
        placeholder="–",
        column_order=list(_SPECS),
        column_config={
            column: st.column_config.NumberColumn(title, format="%.4g") if column in numeric else title
            for column, title in _SPECS.items()
        },
        alt="Specifications of the devices, with source and confidence of each",
    )
    controls.confidence_legend()
    controls.csv_download(shown[["device_id", *_SPECS]], "edgewise_devices.csv", "devices.csv")


def _spec_rows(current: Snapshot) -> pd.DataFrame:
    devices = current.tables["devices"].copy()
    devices["source"] = provenance.source_of(current.tables, devices["source_id"])
    devices["confidence"] = controls.marked(devices["confidence"])
    devices["origin"] = devices["origin"].map({"user": "you", "builtin": "Edgewise"})
    peaks = current.tables["device_peaks"]
    peaks = peaks.assign(
        peak_source=provenance.source_of(current.tables, peaks["source_id"]),
        peak_confidence=controls.marked(peaks["confidence"]),
    )[["device_id", "precision", "dense_tops", "sparse_tops", "peak_source", "peak_confidence"]]
    return devices.merge(peaks, on="device_id", how="left")


guard.shown(devices_page)

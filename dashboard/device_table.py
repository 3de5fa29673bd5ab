"""The figures of every device, with the source of each and how sure it is."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import address, controls, labels, provenance
from dashboard.search import matching
from datasets.database import Snapshot

PAGE = "devices"
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


def shown(current: Snapshot, within: pd.DataFrame) -> None:
    """Draw the search, the table and its download.

    Parameters
    ----------
    current : Snapshot
    within : pandas.DataFrame
        Rows of the table ``devices`` that pass the page's filter.
    """
    rows = _spec_rows(current)
    search = st.text_input("Search", key=address.key(PAGE, "search"), placeholder="Name, vendor …")
    found = matching(rows[rows["device_id"].isin(within["device_id"])], search, _SEARCHED)
    if found.empty:
        st.info("No device matches: clear the search, a segment or a year.")
        return
    st.caption(f"{labels.counted(found['device_id'].nunique(), 'device')}, one row for each arithmetic.")
    numeric = [column for column in _SPECS if pd.api.types.is_numeric_dtype(found[column])]
    st.dataframe(
        found,
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
    controls.csv_download(found[["device_id", *_SPECS]], "edgewise_devices.csv", "devices.csv")


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

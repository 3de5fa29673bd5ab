"""The cache of what is known of devices beside their budgets, keyed as in `loaders`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.loaders import Options, frozen
from datasets.database import Snapshot
from devices.measured_points import measured_points
from devices.remedies import remedies
from forecasting.device_growth import DeviceGrowth, decimal_year, device_growth


def devices_within(
    current: Snapshot, segments: list[str], first_year: int | None, last_year: int | None
) -> pd.DataFrame:
    """The devices of some segments (all when empty) that were introduced between two years.

    A device without a date passes while no year is asked for.
    """
    devices = current.tables["devices"]
    kept = devices["segment"].isin(segments) if segments else pd.Series(True, index=devices.index)
    years = decimal_year(devices["introduced"])
    if first_year is not None:
        kept &= years >= first_year
    if last_year is not None:
        kept &= years < last_year + 1
    return devices[kept]


def measurements(current: Snapshot, device_ids: list[str]) -> pd.DataFrame:
    """Published measurements of some devices as points under their roofs."""
    return _measured(current.path, current.version, tuple(device_ids), current)


def grown(current: Snapshot, quantity: str, device_ids: tuple[str, ...]) -> DeviceGrowth:
    """Growth of a quantity of some devices over the years."""
    return _grown(current.path, current.version, quantity, device_ids, current)


def remedies_for(
    current: Snapshot, device_id: str, workload_id: str, options: Mapping[str, Any]
) -> pd.DataFrame:
    """What would bring a pair within its budgets."""
    return _remedies(current.path, current.version, device_id, workload_id, frozen(options), current)


@st.cache_resource(max_entries=24, show_spinner=False)
def _measured(path: Path, version: str, device_ids: tuple[str, ...], _current: Snapshot) -> pd.DataFrame:
    return measured_points(_current.tables, device_ids)


@st.cache_resource(max_entries=24, show_spinner=False)
def _grown(
    path: Path, version: str, quantity: str, device_ids: tuple[str, ...], _current: Snapshot
) -> DeviceGrowth:
    return device_growth(_current.tables, quantity, device_ids)


@st.cache_resource(max_entries=64, show_spinner="Trying what would help …")
def _remedies(
    path: Path, version: str, device_id: str, workload_id: str, options: Options, _current: Snapshot
) -> pd.DataFrame:
    return remedies(_current.tables, device_id, workload_id, dict(options))

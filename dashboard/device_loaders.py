"""What is known of devices beside their budgets, computed once for the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from dashboard.kept import kept
from datasets.database import Snapshot
from devices.measured_points import measured_points
from devices.remedies import remedies
from forecasting.device_growth import DeviceGrowth, decimal_year, device_growth


@kept(24, in_turn=False)
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


@kept(24, in_turn=False)
def measurements(current: Snapshot, device_ids: Sequence[str]) -> pd.DataFrame:
    """Published measurements of some devices as points under their roofs."""
    return measured_points(current.tables, tuple(device_ids))


@kept(24, in_turn=False)
def grown(current: Snapshot, quantity: str, device_ids: tuple[str, ...]) -> DeviceGrowth:
    """Growth of a quantity of some devices over the years."""
    return device_growth(current.tables, quantity, device_ids)


@kept(64, says="Trying what would help …")
def remedies_for(
    current: Snapshot, device_id: str, workload_id: str, options: Mapping[str, Any]
) -> pd.DataFrame:
    """What would bring a pair within its budgets."""
    return remedies(current.tables, device_id, workload_id, dict(options))

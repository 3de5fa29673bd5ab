"""Published measurements as points under the roofline: what real software attained, at which intensity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from devices.catalogue import Tables
from devices.efficiency import reachable_shares
from devices.measured import Measured, measured_columns
from devices.predicted import decode_step, item_batch, measured_machine, prefill_step
from devices.units import Floats

_COLUMNS = [
    "measurement_id",
    "device_id",
    "model_id",
    "metric",
    "class",
    "quality",
    "weight_precision",
    "compute_precision",
    "software",
    "batch",
    "n_devices",
    "value",
    "source_id",
    "confidence",
]
_DECODE = ("decode_tokens_per_s", "per_token_ms")
_PREFILL = ("prefill_tokens_per_s", "first_token_ms")
_ANSWER = ("output_tokens_per_s",)


def measured_points(tables: Tables, device_ids: Sequence[str] | None = None) -> pd.DataFrame:
    """Operations a second and operations a byte of each measured time, for one of its devices.

    Operations and bytes are those of the core for the published conditions; only the time is measured.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        `devices`, `device_peaks`, `models`, `measurements` and `efficiencies`.
    device_ids : sequence of str, optional
        Devices of interest; all when left out.

    Returns
    -------
    pandas.DataFrame
        The measurement's own columns, and arithmetic_intensity (operations a byte), attained_ops_per_s, both
        for one device, and peak_ops_per_s of the arithmetic it ran in. Powers have no row, nor has a
        measurement whose operations or bytes cannot be counted.
    """
    rows = tables["measurements"]
    if device_ids is not None:
        rows = rows[rows["device_id"].isin(list(device_ids))]
    if rows.empty:
        return pd.DataFrame(
            columns=[*_COLUMNS, "arithmetic_intensity", "attained_ops_per_s", "peak_ops_per_s"]
        )
    measured = measured_columns(tables, rows)
    operations, moved = _work(tables, measured)
    with np.errstate(divide="ignore", invalid="ignore"):
        attained = operations / measured.measured_s / measured.devices
        intensity = operations / moved
    points = rows[_COLUMNS].assign(
        arithmetic_intensity=intensity, attained_ops_per_s=attained, peak_ops_per_s=measured.peak_ops_per_s
    )
    drawable = np.isfinite(attained) & np.isfinite(intensity) & (attained > 0) & (intensity > 0)
    return points[drawable].reset_index(drop=True)


def _work(tables: Tables, measured: Measured) -> tuple[Floats, Floats]:
    """Operations and bytes of what was timed; NaN for a power."""
    shares = reachable_shares(
        tables["efficiencies"], measured.software, measured.weight_class, measured.networks.kind
    )
    machine = measured_machine(measured, shares)
    with np.errstate(divide="ignore", invalid="ignore"):
        prefill, decode = prefill_step(measured, machine), decode_step(measured, machine)
        items = item_batch(measured, machine)
    further = np.maximum(measured.output_tokens - 1.0, 0.0)
    found = []
    for of_prefill, of_decode, of_items in (
        (prefill.operations, decode.operations, items.operations),
        (prefill.moved_bytes, decode.moved_bytes, items.moved_bytes),
    ):
        of_tokens = np.select(
            [
                np.isin(measured.metric, _DECODE),
                np.isin(measured.metric, _PREFILL),
                np.isin(measured.metric, _ANSWER),
            ],
            [of_decode, of_prefill, of_prefill + further * of_decode],
            np.nan,
        )
        of_time = np.where(measured.networks.is_decoder, of_tokens, of_items)
        found.append(np.where(measured.is_time, of_time, np.nan))
    return found[0], found[1]

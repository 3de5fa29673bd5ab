"""What a device is worth as a whole: its dense peak, what heat lets it sustain, and its powers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from devices.catalogue import Tables, hardware_named
from devices.hardware import Hardware
from devices.power import power_limits, sustained_share
from devices.units import Floats, Labels

# Formats searched for the peak that stands for a device: 8 bit first, the fastest of it, then 16 bit, then
# the rest.
PEAK_ORDER: tuple[tuple[str, ...], ...] = (
    ("int8", "fp8", "int8_cpu"),
    ("fp16", "bf16", "fp16_npu", "int16", "fp16_cpu"),
    ("fp4", "int4", "fp6", "int4_cpu"),
    ("tf32", "fp32", "fp32_cpu"),
    ("fp64",),
)


def device_traits(tables: Tables) -> pd.DataFrame:
    """Peak, sustained rate and powers of every device.

    Returns
    -------
    pandas.DataFrame
        Indexed by device_id: `peak_ops_per_s` (dense, 8 bit, else the next format of `PEAK_ORDER`, named in
        `peak_precision`), `sustained_ops_per_s` (what sustained power leaves of it), `peak_w`, `sustained_w`,
        `idle_w`, and `power_basis` (``cited`` or ``estimated``). NaN where no peak is published.
    """
    hardware = hardware_named(tables)
    formats, peak = standing_peak(hardware)
    limits = power_limits(hardware)
    return pd.DataFrame(
        {
            "peak_ops_per_s": peak,
            "peak_precision": formats,
            "sustained_ops_per_s": peak * sustained_share(limits),
            "peak_w": limits.peak_w,
            "sustained_w": limits.sustained_w,
            "idle_w": limits.idle_w,
            "power_basis": limits.basis,
        },
        index=pd.Index(hardware.device_id, name="device_id"),
    )


def standing_peak(hardware: Hardware) -> tuple[Labels, Floats]:
    """Format and dense peak that stand for each device; the empty string and NaN where none is published."""
    formats = np.full(len(hardware), "", dtype=object)
    peaks = np.full(len(hardware), np.nan)
    for group in PEAK_ORDER:
        for name in group:
            peak = hardware.peak_of(name)
            first = (formats == "") | np.isin(formats, group)
            better = first & ~np.isnan(peak) & ~(peak <= peaks)
            formats[better], peaks[better] = name, peak[better]
    return formats, peaks

"""Rooflines to draw: the roofs of a device at one arithmetic, as points over the arithmetic intensity."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from datasets.errors import InvalidValue
from devices.backends import stated_formats
from devices.catalogue import Tables, hardware_named
from devices.hardware import ARITHMETIC, Hardware
from devices.roofline import attainable_ops_per_s, ridge_point
from devices.traits import standing_peak
from devices.units import Floats

# Two points would do for a straight roof; more let a pointer find the line anywhere.
_POINTS = 33


def roofline_curves(
    tables: Tables,
    device_ids: Sequence[str],
    precisions: Sequence[str | None],
    *,
    lowest_intensity: float = 0.1,
    highest_intensity: float = 10_000.0,
    levels: Sequence[str] = ("memory",),
) -> pd.DataFrame:
    """Attainable rate against arithmetic intensity, ``min(C, I M)``, for pairs of a device and an arithmetic.

    With several levels the roofline is hierarchical (Yang et al. 2020): a roof for each memory from which the
    bytes may come, the same peak over all of them.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The tables ``devices`` and ``device_peaks``.
    device_ids : sequence of str
    precisions : sequence of str or None
        Arithmetic of each device; None takes the peak that stands for it (8 bit, else the next stated).
    lowest_intensity, highest_intensity : float
        Ends of the axis, operations a byte; the ridge point is among the points where it lies between.
    levels : sequence of {'memory', 'sram'}
        Memories whose roof is wanted: the main memory, the last level on chip.

    Returns
    -------
    pandas.DataFrame
        Columns device_id, precision, level, intensity, attainable_ops_per_s, ridge_point, peak_ops_per_s,
        sparse_ops_per_s (NaN where none is stated), bytes_per_s, capacity_bytes (NaN where none is stated).
        A level without a stated bandwidth, and a device without a peak, has no row.

    Raises
    ------
    UnknownName
        If a device is not in the catalogue.
    InvalidValue
        If a device states no peak for the arithmetic asked for.
    """
    distinct = list(dict.fromkeys(device_ids))
    hardware = hardware_named(tables, distinct)
    standing, _ = standing_peak(hardware)
    frames = []
    for device, wanted in zip(device_ids, precisions, strict=True):
        row = distinct.index(device)
        precision = wanted if wanted is not None else str(standing[row])
        for level in levels:
            rate = getattr(hardware, _LEVELS[level][0])[row]
            if precision != "" and not np.isnan(rate):
                frames.append(_curve(hardware, row, precision, level, (lowest_intensity, highest_intensity)))
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=_COLUMNS)


# Bandwidth and capacity of each memory, as the hardware names them.
_LEVELS = {
    "memory": ("memory_bytes_per_s", "memory_bytes"),
    "sram": ("sram_bytes_per_s", "sram_bytes"),
}
LEVELS = tuple(_LEVELS)
_COLUMNS = [
    "device_id",
    "precision",
    "level",
    "intensity",
    "attainable_ops_per_s",
    "ridge_point",
    "peak_ops_per_s",
    "sparse_ops_per_s",
    "bytes_per_s",
    "capacity_bytes",
]


def _curve(
    hardware: Hardware, row: int, precision: str, level: str, ends: tuple[float, float]
) -> pd.DataFrame:
    column = ARITHMETIC.index(precision) if precision in ARITHMETIC else -1
    peak = hardware.peak_ops_per_s[row : row + 1, column]
    if column < 0 or np.isnan(peak[0]):
        has = ", ".join(stated_formats(hardware, row)) or "none stated"
        raise InvalidValue(
            f"Device '{hardware.device_id[row]}' has no arithmetic for {precision}: it has {has}."
        )
    rate, capacity = (getattr(hardware, name)[row : row + 1] for name in _LEVELS[level])
    ridge = ridge_point(peak, rate)
    intensity = _intensities(float(ridge[0]), ends)
    values = (
        hardware.device_id[row],
        precision,
        level,
        intensity,
        attainable_ops_per_s(intensity, peak, rate),
        float(ridge[0]),
        float(peak[0]),
        float(hardware.sparse_ops_per_s[row, column]),
        float(rate[0]),
        float(capacity[0]),
    )
    return pd.DataFrame(dict(zip(_COLUMNS, values, strict=True)))


def _intensities(ridge: float, ends: tuple[float, float]) -> Floats:
    points = np.geomspace(*ends, _POINTS)
    return np.unique(np.append(points, ridge)) if ends[0] < ridge < ends[1] else points

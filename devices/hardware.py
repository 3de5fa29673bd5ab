"""Devices as columns in SI units: memory, bandwidths, powers, and the peak of every arithmetic format."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devices.columns import Columns, numbers, words
from devices.units import GB, MB, PRECISION_BITS, TB, TERA, WATT_HOUR_J, Floats, Labels

# Arithmetic formats that a device may state a peak for, the columns of `Hardware.peak_ops_per_s`.
ARITHMETIC: tuple[str, ...] = (
    "fp64", "fp32", "tf32", "bf16", "fp16", "fp8", "fp6", "fp4", "int16", "int8", "int4",
    "fp16_acc16", "fp16_npu", "fp16_cpu", "fp32_cpu", "int8_cpu", "int4_cpu",
)  # fmt: skip
CPU_FORMATS = tuple(name for name in ARITHMETIC if name.endswith("_cpu"))
# Makers whose neural units lay a whole network out on the chip: its layers hand their results on directly,
# and main memory holds weights alone.
DATAFLOW_VENDORS = frozenset({"Hailo"})
CLOUD_SEGMENTS = frozenset({"datacenter", "server_cpu"})


@dataclass(frozen=True)
class Hardware(Columns):
    """Devices, one an element; NaN where a datasheet is silent.

    Attributes
    ----------
    position
        Place of the device in the rows that the columns were built from: equal positions are equal devices.
    memory_bytes, memory_bytes_per_s
        Capacity and bandwidth of the main memory.
    sram_bytes, sram_bytes_per_s
        Last level on chip.
    interconnect_bytes_per_s
        Link to the next device, one direction.
    accelerators
        Accelerators that the row counts as one, linked to each other: more than 1 for a rack.
    peak_w, typical_w, sustained_w, idle_w
        Printed maximum, typical and sustained power, and power at rest.
    battery_j, vehicle_j_per_mile
        Energy of a full battery, and what the car around the device takes to drive.
    is_cloud
        Whether a device stands in a data centre, and so takes the cloud's batch and precision.
    dense_table, sparse_table
        Dense and 2:4-sparse peaks of all rows that `position` counts, shape (rows, len(ARITHMETIC)).
    """

    position: NDArray[np.intp]
    device_id: Labels
    segment: Labels
    vendor: Labels
    memory_type: Labels
    confidence: Labels
    memory_bytes: Floats
    memory_bytes_per_s: Floats
    sram_bytes: Floats
    sram_bytes_per_s: Floats
    peak_w: Floats
    typical_w: Floats
    sustained_w: Floats
    idle_w: Floats
    battery_j: Floats
    vehicle_j_per_mile: Floats
    interconnect_bytes_per_s: Floats
    accelerators: Floats
    price_usd: Floats
    is_cloud: NDArray[np.bool_]
    dense_table: Floats
    sparse_table: Floats

    def take(self, rows: NDArray[np.intp]) -> Self:
        """Return the devices at the given positions; the tables of peaks are shared, not copied."""
        kept = {"dense_table": self.dense_table, "sparse_table": self.sparse_table}
        taken = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name not in kept}
        return replace(self, **taken)

    __getitem__ = take

    @property
    def peak_ops_per_s(self) -> Floats:
        """Dense peaks, shape (n, len(ARITHMETIC))."""
        return self.dense_table[self.position]

    @property
    def sparse_ops_per_s(self) -> Floats:
        """2:4-sparse peaks, shape (n, len(ARITHMETIC))."""
        return self.sparse_table[self.position]

    def peak_of(self, arithmetic: str) -> Floats:
        """Dense peak in operations a second at one arithmetic format, NaN where there is none."""
        return self.dense_table[self.position, ARITHMETIC.index(arithmetic)]


def moved_element_bytes(hardware: Hardware, arithmetic: Labels) -> Floats:
    """Bytes of an activation that goes through main memory: as wide as the arithmetic, whole bytes at least.

    Weights of 8 bits beside activations of 16 (``int16``) move 16; a dataflow unit moves none.
    """
    width = {name: max(PRECISION_BITS[name.split("_")[0]] / 8.0, 1.0) for name in ARITHMETIC}
    stays = np.isin(hardware.vendor, list(DATAFLOW_VENDORS))
    return np.where(stays, 0.0, [width.get(name, np.nan) for name in arithmetic])


def hardware_columns(devices: pd.DataFrame, peaks: pd.DataFrame) -> Hardware:
    """Build `Hardware` from rows of the tables `devices` and `device_peaks`.

    Parameters
    ----------
    devices : pandas.DataFrame
        Rows in datasheet units, as in the table.
    peaks : pandas.DataFrame
        Either with a column `row` (the position in `devices`) or with `device_id`.
    """
    rows = peaks["row"].to_numpy() if "row" in peaks.columns else _positions(devices, peaks)
    return Hardware(
        position=np.arange(len(devices)),
        device_id=words(devices, "device_id"),
        segment=words(devices, "segment"),
        vendor=words(devices, "vendor"),
        memory_type=words(devices, "memory_type"),
        confidence=words(devices, "confidence"),
        memory_bytes=numbers(devices, "memory_gb", GB),
        memory_bytes_per_s=numbers(devices, "memory_bandwidth_gb_per_s", GB),
        sram_bytes=numbers(devices, "sram_mb", MB),
        sram_bytes_per_s=numbers(devices, "sram_bandwidth_tb_per_s", TB),
        peak_w=numbers(devices, "tdp_w"),
        typical_w=numbers(devices, "typical_or_sustained_w"),
        sustained_w=numbers(devices, "sustained_w"),
        idle_w=numbers(devices, "idle_w"),
        battery_j=numbers(devices, "battery_wh", WATT_HOUR_J),
        vehicle_j_per_mile=numbers(devices, "vehicle_wh_per_mile", WATT_HOUR_J),
        interconnect_bytes_per_s=numbers(devices, "interconnect_gb_per_s_per_direction", GB),
        accelerators=numbers(devices, "accelerators", missing=1.0),
        price_usd=numbers(devices, "price_usd"),
        is_cloud=np.isin(words(devices, "segment"), list(CLOUD_SEGMENTS)),
        dense_table=_peak_matrix(len(devices), rows, peaks, "dense_tops"),
        sparse_table=_peak_matrix(len(devices), rows, peaks, "sparse_tops"),
    )


def _positions(devices: pd.DataFrame, peaks: pd.DataFrame) -> NDArray[np.intp]:
    return pd.Index(devices["device_id"]).get_indexer(peaks["device_id"])


def _peak_matrix(count: int, rows: NDArray[np.intp], peaks: pd.DataFrame, column: str) -> Floats:
    matrix = np.full((count, len(ARITHMETIC)), np.nan)
    formats = pd.Index(ARITHMETIC).get_indexer(peaks["precision"]) if len(peaks) else np.empty(0, dtype=int)
    known = (rows >= 0) & (formats >= 0)
    matrix[rows[known], formats[known]] = numbers(peaks, column, TERA)[known]
    return matrix

"""Power from below: what operations and bytes must take, a second opinion on the utilisation model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from devices.outcome import Outcome
from devices.terms import Terms
from devices.units import Floats, Labels

# Multiply-adds of each arithmetic format as sums of energies: product, and sum in 32 bits where the format is
# a floating-point one. Half a multiply-add is an operation. What the table does not have stays unknown.
MULTIPLY_ADDS: dict[str, Callable[[Terms], float]] = {
    "fp32": lambda j: j["fp32_multiply"] + j["fp32_add"],
    "tf32": lambda j: j["fp16_multiply"] + j["fp32_add"],
    "fp16": lambda j: j["fp16_multiply"] + j["fp32_add"],
    "fp16_npu": lambda j: j["fp16_multiply"] + j["fp32_add"],
    "fp16_acc16": lambda j: j["fp16_multiply"] + j["fp16_add"],
    "bf16": lambda j: j["bf16_multiply"] + j["fp32_add"],
    "fp8": lambda j: j["fp8_multiply_add"],
    "fp4": lambda j: j["fp4_multiply"] + j["fp8_multiply_add"] - j["fp8_multiply"],
    "int8": lambda j: j["int8_multiply_add"],
}
# Types of memory by how their names start, longer names first; without a generation the older one counts.
MEMORIES: dict[str, str] = {
    "HBM2e": "hbm2e",
    "HBM2E": "hbm2e",
    "HBM2": "hbm2",
    "HBM3": "hbm3",
    "HBM4": "hbm4",
    "GDDR6X": "gddr6x",
    "GDDR5": "gddr5",
    "GDDR6": "gddr6",
    "GDDR7": "gddr7",
    "LPDDR4": "lpddr4",
    "LPDDR5": "lpddr5",
    "LPDDR6": "lpddr5",
    "DDR3": "ddr4",
    "DDR4": "ddr4",
    "DDR5": "ddr5",
    "LPDDR": "lpddr4",
    "GDDR": "gddr6",
    "DDR": "ddr4",
    "on-chip": "sram",
    "on-wafer": "sram",
}


def operation_j(compute_precision: Labels, terms: Terms) -> Floats:
    """Energy of one operation of the arithmetic units at each format; NaN where the table has none."""
    known = {name: total(terms) / 2.0 for name, total in MULTIPLY_ADDS.items()}
    return np.array([known.get(name, np.nan) for name in compute_precision], dtype=float)


def byte_j(memory_type: Labels, terms: Terms) -> Floats:
    """Energy of one byte from the main memory and through the memory on chip; NaN for other types."""
    kinds = {name: _memory_kind(name) for name in dict.fromkeys(memory_type)}
    on_chip = terms["sram"]
    energy = {
        name: np.nan if kind is None else on_chip + (0.0 if kind == "sram" else terms[kind])
        for name, kind in kinds.items()
    }
    return np.array([energy[name] for name in memory_type], dtype=float)


def operations_w(found: Outcome, operation: Floats, byte: Floats) -> Floats:
    """Power above rest of all devices while they work: rate of operations and of bytes, each at its energy.

    Arithmetic units and memories alone: leakage, clocks, instruction handling and power conversion come on
    top, so that this is a floor (Horowitz 2014; Jouppi et al. 2021).
    """
    bytes_per_s = found.attained_ops_per_s / found.intensity
    return found.attained_ops_per_s * operation + bytes_per_s * byte


def _memory_kind(memory_type: str) -> str | None:
    return next((kind for start, kind in MEMORIES.items() if memory_type.startswith(start)), None)

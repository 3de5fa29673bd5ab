"""Arithmetic of the source documents that is no roofline: instructions, threads, adders, shares of a cost."""

from __future__ import annotations

import numpy as np

from datasets.errors import InvalidValue
from devices.units import Floats

# Stored mantissa bits of each floating-point format (IEEE 754-2019; OCP 8-bit formats: E4M3).
MANTISSA_BITS: dict[str, int] = {"fp64": 52, "fp32": 23, "tf32": 10, "fp16": 10, "bf16": 7, "fp8": 3}
SPEED_OF_LIGHT_M_PER_S = 299_792_458.0
# Group index of single-mode silica fibre at 1550 nm (data sheet of Corning SMF-28).
FIBRE_GROUP_INDEX = 1.468
# Maximum, difference, exponential, sum and quotient of each score.
SOFTMAX_OPERATIONS = 5.0


def naive_matmul_instructions(rows: Floats, inner: Floats, columns: Floats) -> Floats:
    """Instructions that a scalar processor executes for a matrix product, ``(10 N + 6 K + 6 M) M K``.

    Counted by the source document "Inference Compute is Going to Explode!" from the machine code of its
    triple loop, for an M x N matrix times an N x K one. It charges the overhead of the outer loops, 6 K and
    6 M, to every element of the result, which loops nested M, K, N would not pay.

    Parameters
    ----------
    rows, inner, columns : numpy.ndarray
        M, N and K.
    """
    return (10.0 * inner + 6.0 * columns + 6.0 * rows) * rows * columns


def matmul_multiplications(rows: Floats, inner: Floats, columns: Floats) -> Floats:
    """Multiply-adds of a matrix product; twice as many operations."""
    return rows * inner * columns


def linear_layer_operations(tokens: Floats, inputs: Floats, outputs: Floats) -> Floats:
    """Operations of a linear layer, ``2 B d_in d_out``: one to multiply, one to add."""
    return 2.0 * matmul_multiplications(tokens, inputs, outputs)


def resident_threads(multiprocessors: Floats, warps: Floats, threads_per_warp: Floats) -> Floats:
    """Threads that a GPU keeps in flight: multiprocessors x warps of each x threads of a warp."""
    return multiprocessors * warps * threads_per_warp


def parallel_lanes(units: Floats, lanes_per_unit: Floats) -> Floats:
    """Threads that advance in the same clock: multiprocessors x lanes, or cores x hardware threads."""
    return units * lanes_per_unit


def watts_per_thread(power_w: Floats, threads: Floats) -> Floats:
    """Power over the number of threads that it keeps running."""
    return power_w / threads


def peak_rate_per_s(units: Floats, per_clock: Floats, clock_hz: Floats) -> Floats:
    """Operations a second of equal units, each doing `per_clock` of them in a clock."""
    return units * per_clock * clock_hz


def multiplier_adders(precision: str) -> float:
    """Full adders of an array multiplier, ``(M + 1)^2`` for M stored mantissa bits and the implied one.

    Raises
    ------
    InvalidValue
        If the format has no mantissa that is known.
    """
    if precision not in MANTISSA_BITS:
        raise InvalidValue(f"There is no mantissa for '{precision}': known are {', '.join(MANTISSA_BITS)}.")
    return float((MANTISSA_BITS[precision] + 1) ** 2)


def bandwidth_improvement(latency_improvement: Floats) -> Floats:
    """Growth of bandwidth in the time in which latency improves by a factor: its square.

    Patterson 2004, "Latency lags bandwidth": a rule of thumb over disks, networks, memories and processors.
    """
    return latency_improvement**2


def cost_share(quantity: Floats, unit_cost: Floats, total_cost: Floats) -> Floats:
    """Share of a total cost that one part takes, e.g. GB x US$/GB of a bill of materials."""
    return quantity * unit_cost / total_cost


def distance_per_clock_m(signal_m_per_s: Floats, clock_hz: Floats) -> Floats:
    """Metres that a signal travels in one clock."""
    return signal_m_per_s / clock_hz


def fibre_speed_share(group_index: float = FIBRE_GROUP_INDEX) -> float:
    """Speed of a signal in fibre over that of light in vacuum, one over the group index."""
    return 1.0 / group_index


def fibre_round_trip_s(distance_m: Floats, group_index: float = FIBRE_GROUP_INDEX) -> Floats:
    """Least time there and back over `distance_m` of fibre."""
    return 2.0 * distance_m / (SPEED_OF_LIGHT_M_PER_S * fibre_speed_share(group_index))


def softmax_intensity(bytes_per_element: Floats) -> Floats:
    """Operations a byte of a softmax whose scores come from memory and go back to it."""
    return SOFTMAX_OPERATIONS / (2.0 * bytes_per_element)


def token_pairs(tokens: Floats) -> Floats:
    """Pairs of positions in full attention, ``n^2``; a causal mask computes about half of them."""
    return tokens**2


def growth_exponent(sizes: Floats, quantities: Floats) -> float:
    """Exponent p of ``quantity = a size^p``, the least-squares slope on logarithmic axes.

    Parameters
    ----------
    sizes, quantities : numpy.ndarray
        Positive, shape (n,), at least two different sizes.
    """
    return float(np.polyfit(np.log(sizes), np.log(quantities), 1)[0])


def memory_energy_share(
    bytes_moved: Floats, byte_j: Floats, operations: Floats, operation_j: Floats
) -> Floats:
    """Share of the energy of a computation that goes into moving its bytes."""
    moving = bytes_moved * byte_j
    return moving / (moving + operations * operation_j)

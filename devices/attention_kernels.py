"""Time of one attention head, kernel by kernel: scores written to memory, or kept on chip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from devices.attention import flash_attention_bytes
from devices.document_arithmetic import SOFTMAX_OPERATIONS
from devices.units import Floats


@dataclass(frozen=True)
class AttentionUnits:
    """What the kernels run on.

    Attributes
    ----------
    matrix_ops_per_s, vector_ops_per_s
        Peak of the matrix units, and of the units that take exponentials.
    bytes_per_s
        Bandwidth of the main memory.
    sram_bytes
        On-chip memory that one block of queries can use.
    """

    matrix_ops_per_s: Floats
    vector_ops_per_s: Floats
    bytes_per_s: Floats
    sram_bytes: Floats


def standard_attention_s(
    units: AttentionUnits, length: Floats, head_dim: Floats, element_bytes: Floats
) -> Floats:
    """Time of three kernels with the L x L scores in memory between them, each under its own roofline.

    Traffic as in `devices.attention.standard_attention_bytes`: the score product writes L^2 elements, the
    softmax reads and writes them, the value product reads them.
    """
    vectors, scores = 2.0 * length * head_dim, length**2
    product = 2.0 * scores * head_dim / units.matrix_ops_per_s
    edge = np.maximum(product, (vectors + scores) * element_bytes / units.bytes_per_s)
    softmax = np.maximum(
        SOFTMAX_OPERATIONS * scores / units.vector_ops_per_s,
        2.0 * scores * element_bytes / units.bytes_per_s,
    )
    return 2.0 * edge + softmax


def flash_attention_s(
    units: AttentionUnits, length: Floats, head_dim: Floats, element_bytes: Floats
) -> Floats:
    """Time of one fused kernel: products, then softmax arithmetic, against the traffic that is left.

    Products and softmax do not overlap, as in the first two versions (Dao et al. 2022, Dao 2023).
    """
    traffic = flash_attention_bytes(length, head_dim, element_bytes, units.sram_bytes)
    arithmetic = (
        4.0 * length**2 * head_dim / units.matrix_ops_per_s
        + SOFTMAX_OPERATIONS * length**2 / units.vector_ops_per_s
    )
    return np.maximum(arithmetic, traffic / units.bytes_per_s)


def flash_speedup(units: AttentionUnits, length: Floats, head_dim: Floats, element_bytes: Floats) -> Floats:
    """How much faster the fused kernel is than the three."""
    return standard_attention_s(units, length, head_dim, element_bytes) / flash_attention_s(
        units, length, head_dim, element_bytes
    )

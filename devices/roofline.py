"""The roofline: attainable rate, ridge point and binding roof (Williams, Waterman and Patterson 2009)."""

from __future__ import annotations

import numpy as np

from devices.units import Floats, Labels

ROOFS: tuple[str, ...] = ("compute", "memory", "sram", "network", "overhead", "power")


def ridge_point(peak_ops_per_s: Floats, bytes_per_s: Floats) -> Floats:
    """Arithmetic intensity, in operations a byte, above which compute binds and below which memory does."""
    return peak_ops_per_s / bytes_per_s


def attainable_ops_per_s(intensity: Floats, peak_ops_per_s: Floats, bytes_per_s: Floats) -> Floats:
    """Highest rate at a given arithmetic intensity, ``min(C, I M)``."""
    return np.minimum(peak_ops_per_s, intensity * bytes_per_s)


def critical_batch(peak_ops_per_s: Floats, bytes_per_s: Floats, bytes_per_weight: Floats) -> Floats:
    """Tokens a step from which a weight matrix is compute bound, ``C / M * bytes / 2``."""
    return ridge_point(peak_ops_per_s, bytes_per_s) * bytes_per_weight / 2.0


def roof_names(
    compute_s: Floats, memory_s: Floats, sram_s: Floats, network_s: Floats, overhead_s: Floats
) -> Labels:
    """Name of the largest term of a step's time, an array of ``ROOFS``."""
    terms = np.stack(np.broadcast_arrays(compute_s, memory_s, sram_s, network_s, overhead_s))
    return np.array(ROOFS[:5], dtype=object)[np.argmax(terms, axis=0)]

"""The roofline: attainable rate, ridge point and binding roof (Williams, Waterman and Patterson 2009)."""

from __future__ import annotations

import numpy as np

from devices.units import Floats, Labels

ROOFS: tuple[str, ...] = ("compute", "memory", "sram", "network", "overhead", "offload", "power")


def ridge_point(peak_ops_per_s: Floats, bytes_per_s: Floats) -> Floats:
    """Arithmetic intensity, in operations a byte, above which compute binds and below which memory does."""
    return peak_ops_per_s / bytes_per_s


def attainable_ops_per_s(intensity: Floats, peak_ops_per_s: Floats, bytes_per_s: Floats) -> Floats:
    """Highest rate at a given arithmetic intensity, ``min(C, I M)``."""
    return np.minimum(peak_ops_per_s, intensity * bytes_per_s)


def critical_batch(peak_ops_per_s: Floats, bytes_per_s: Floats, bytes_per_weight: Floats) -> Floats:
    """Tokens a step from which a weight matrix is compute bound, ``C / M * bytes / 2``."""
    return ridge_point(peak_ops_per_s, bytes_per_s) * bytes_per_weight / 2.0


def roof_names(*terms: Floats) -> Labels:
    """Name of the largest term of a step's time, each an array, in the order of ``ROOFS``."""
    first, *others = np.broadcast_arrays(*terms)
    largest, place = first.copy(), np.zeros(first.shape, dtype=np.intp)
    for number, term in enumerate(others, start=1):
        larger = term > largest
        place[larger] = number
        np.copyto(largest, term, where=larger)
    return np.array(ROOFS[: len(terms)], dtype=object)[place]

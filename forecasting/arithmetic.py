"""Sums and ratios of arrays of draws that keep their layout and survive a whole of nothing."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def like(constants: ArrayLike, draws: NDArray[Any]) -> NDArray[Any]:
    """Constants in the precision of the draws that they meet, which they would widen otherwise."""
    return np.asarray(constants, dtype=draws.dtype)


def total(parts: Iterable[Array]) -> Array:
    """Sum of arrays of one shape, one or more; stacking them first would cost a copy of all."""
    return reduce(np.add, parts)


def ratio(part: Array, whole: Array) -> Array:
    """Part over whole, and 0 where the whole is nothing."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)

"""Units and number formats: from datasheet to SI, and the bits that an element of each precision takes."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from datasets.errors import InvalidValue

Floats = NDArray[np.float64]
Labels = NDArray[np.object_]

KB = 1e3
MB = 1e6
GB = 1e9
TB = 1e12
KIB = 2**10
MIB = 2**20
GIB = 2**30
TERA = 1e12
BILLION = 1e9
GIGA = 1e9
MILLISECOND_S = 1e-3
MICROSECOND_S = 1e-6
WATT_HOUR_J = 3600.0
PICOJOULE_J = 1e-12

# Bits an element takes in memory with its block scales: int4 as 32 values and one 16-bit scale, fp4 and fp6
# as microscaling blocks of 32 values and one 8-bit scale (OCP MX specification), bfp8 as 16 values and one
# exponent.
PRECISION_BITS: dict[str, float] = {
    "fp64": 64.0,
    "fp32": 32.0,
    "tf32": 32.0,
    "bf16": 16.0,
    "fp16": 16.0,
    "int16": 16.0,
    "bfp8": 8.5,
    "fp8": 8.0,
    "int8": 8.0,
    "fp6": 6.25,
    "fp4": 4.25,
    "int4": 4.5,
    "int3": 3.5,
    "int2": 2.5,
}


def element_bytes(precisions: Iterable[str]) -> Floats:
    """Bytes that one element takes in memory, block scales included; NaN for an unknown precision.

    Parameters
    ----------
    precisions : iterable of str
        Names such as ``"bf16"``; see `PRECISION_BITS`.

    Returns
    -------
    numpy.ndarray
        Bytes an element, shape (n,).
    """
    return np.array([PRECISION_BITS.get(name, np.nan) / 8.0 for name in precisions], dtype=float)


def checked_precision(name: str) -> str:
    """Return the name of a storage precision, or raise `InvalidValue` naming those that exist."""
    if name not in PRECISION_BITS:
        raise InvalidValue(f"There is no precision '{name}': known are {', '.join(PRECISION_BITS)}.")
    return name


def weight_class(bits: Floats) -> Labels:
    """Class of a weight format by its width: ``"32"``, ``"16"``, ``"8"`` or ``"4"`` bit, the keys of the fit.

    Parameters
    ----------
    bits : numpy.ndarray
        Bits a weight, block scales included.
    """
    labels = np.array(["4", "8", "16", "32"], dtype=object)
    return labels[np.searchsorted([6.0, 9.0, 17.0], np.asarray(bits, dtype=float))]

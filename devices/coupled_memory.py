"""Neural units with a memory of their own beside the arithmetic, through which all their traffic goes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from devices.hardware import Hardware
from devices.step import Machine
from devices.units import TERA, Labels

# Makers whose neural units keep activations in a memory of their own, filled by engines and worked on by
# vector cores of the same clock: Qualcomm, Hexagon V79 HVX Programmer's Reference Manual (80-N2040-61), "HVX
# local memory: VTCM".
COUPLED_VENDORS = frozenset({"Qualcomm"})
# What such a unit computes while a byte of weights, cache or activations passes that memory. Networks of all
# kinds hang on the unit more than on main memory: units of 12 to 65 TOPS beside 26 to 135 GB/s show it.
# Fitted to images; language models, left out, agree.
OPERATIONS_PER_COUPLED_BYTE = 320.0
# Peak at which an overhead is as fitted: a unit pays it in its own cycles.
OVERHEAD_PEAK_OPS_PER_S = 20.0 * TERA


def is_coupled(hardware: Hardware, backend: Labels) -> NDArray[np.bool_]:
    """Whether each back end drives a neural unit with a memory of its own."""
    return np.asarray(np.isin(hardware.vendor, list(COUPLED_VENDORS)) & (backend == "npu"))


def with_coupled_memory(machine: Machine, coupled: NDArray[np.bool_]) -> Machine:
    """The machine with the rate of the unit's own memory, and overheads in cycles of the unit.

    Parameters
    ----------
    machine : Machine
        Roofs of n networks on their devices.
    coupled : numpy.ndarray
        Which of them run on such a unit (`is_coupled`).
    """
    if not coupled.any():
        return machine
    peak, shares = machine.peak_ops_per_s, machine.shares
    slower = np.where(coupled, OVERHEAD_PEAK_OPS_PER_S / peak, 1.0)
    return machine.changed(
        coupled_bytes_per_s=np.where(coupled, peak / OPERATIONS_PER_COUPLED_BYTE, np.nan),
        shares=shares.changed(overhead_s=shares.overhead_s * slower),
    )

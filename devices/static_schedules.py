"""Chips that keep all weights on chip: a compiler fixes when each operation runs, no kernel is launched."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from devices.efficiency import Shares
from devices.units import MICROSECOND_S

# Time of a layer that neither arithmetic nor memory explains, and its spread on a logarithmic scale: mean and
# deviation of four published speeds of one user. Groq LPU: Llama 2 7B at 750 and 70B at 300 tokens a second
# (TechPowerUp, February 2024); Cerebras WSE-3: Llama 3.1 8B at 1,800 and 70B at 450 (Cerebras, August 2024).
# Their bandwidth alone would allow hundreds of times more.
LAYER_S = 30.0 * MICROSECOND_S
SPREAD = 0.42


def statically_scheduled(shares: Shares, scheduled: NDArray[np.bool_]) -> Shares:
    """The shares with the time of a layer under a fixed schedule, in place of launches, where it holds.

    Parameters
    ----------
    shares : Shares
        As fitted to devices whose kernels are launched, shape (n,).
    scheduled : numpy.ndarray
        Where a decoder runs from memory on chip alone.
    """
    if not scheduled.any():
        return shares
    return shares.changed(
        overhead_s=np.where(scheduled, LAYER_S, shares.overhead_s),
        spread=np.where(scheduled, SPREAD, shares.spread),
    )

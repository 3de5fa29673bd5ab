"""Training: the compute set aside for it, and the largest single run as a track of its own."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from forecasting.arithmetic import like
from forecasting.years import HOURS_PER_YEAR, LAST_HISTORY_YEAR, YEARS

Array = NDArray[np.float64]
Values = Mapping[str, Array]
SEGMENTS = ("final_runs", "experiments")
_GROWTH_CHANGES = 2028


def by_segment(training: Array, values: Values) -> dict[str, Array]:
    """Split training (draws, years) into the final runs of released models and everything before them."""
    final = training * values["final_run_share"][:, None]
    return {"final_runs": final, "experiments": training - final}


def largest_run_flop(final_run_ops_per_s: Array, values: Values) -> Array:
    """Operations of the largest single run of each year from 2025 on; earlier years are NaN.

    Grows from the run of 2025 by one factor a year to 2027 and another after, and never exceeds what all
    final runs together are fed in a year.

    Parameters
    ----------
    final_run_ops_per_s : (draws, years) array
    values : mapping

    Returns
    -------
    (draws, years) array, FLOP
    """
    early = np.clip(YEARS - LAST_HISTORY_YEAR, 0, _GROWTH_CHANGES - 1 - LAST_HISTORY_YEAR)
    late = np.maximum(YEARS - _GROWTH_CHANGES + 1, 0)
    first, last = (np.log(values[f"largest_run_growth_{years}"]) for years in ("2026_27", "2028_30"))
    growth = like(early, first)[:, None] * first + like(late, last)[:, None] * last
    track = (values["largest_run_flop_2025"] * np.exp(growth)).T
    return np.where(YEARS >= LAST_HISTORY_YEAR, np.minimum(track, fed_flop(final_run_ops_per_s)), np.nan)


def fed_flop(final_run_ops_per_s: Array) -> Array:
    """Operations that all final runs together execute in a year, FLOP."""
    return final_run_ops_per_s * HOURS_PER_YEAR * 3600

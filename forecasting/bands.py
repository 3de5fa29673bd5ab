"""Bands: the quantiles by which every spread of draws is told."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
BAND_PERCENTS = (5, 25, 50, 75, 95)
BAND_COLUMNS = [f"p{percent}" for percent in BAND_PERCENTS]


def band_quantiles(draws: Array) -> Array:
    """The 5, 25, 50, 75 and 95 % quantiles over the first axis, in a new last one.

    Between two draws the quantile moves along a line (Hyndman and Fan's type 7, NumPy's default).

    Parameters
    ----------
    draws : (draws, ...) array
        A NaN in a column makes its quantiles NaN.

    Returns
    -------
    (..., 5) array
    """
    position = np.array(BAND_PERCENTS) / 100 * (len(draws) - 1)
    below = np.floor(position).astype(int)
    above = np.minimum(below + 1, len(draws) - 1)
    # Sorting only as far as the ten places asked for; the last place holds a NaN if there is any.
    places = np.unique([*below, *above, len(draws) - 1])
    ordered = np.partition(np.ascontiguousarray(np.moveaxis(draws, 0, -1)), places, axis=-1)
    low, high = ordered[..., below], ordered[..., above]
    found = low + (high - low) * (position - below)
    return np.where(np.isnan(ordered[..., -1:]), np.nan, found)

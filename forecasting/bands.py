"""Bands: the quantiles by which every spread of draws is told."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
BAND_PERCENTS = (5, 25, 50, 75, 95)
BAND_COLUMNS = [f"p{percent}" for percent in BAND_PERCENTS]


def band_quantiles(draws: Array) -> Array:
    """The 5, 25, 50, 75 and 95 % quantiles over the first axis, in a new last one.

    Parameters
    ----------
    draws : (draws, ...) array
        A NaN in a column makes its quantiles NaN.

    Returns
    -------
    (..., 5) array
    """
    return np.moveaxis(np.quantile(draws, np.array(BAND_PERCENTS) / 100, axis=0), 0, -1)

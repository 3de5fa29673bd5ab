"""The years of the forecast and interpolation between the years for which a table holds a value."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FIRST_YEAR, LAST_HISTORY_YEAR, LAST_YEAR = 2022, 2025, 2030
YEARS: NDArray[np.int64] = np.arange(FIRST_YEAR, LAST_YEAR + 1)
HOURS_PER_YEAR = 8766.0
SECONDS_PER_DAY = 86_400.0
DAYS_PER_YEAR = 365.25


def interpolated(
    years: NDArray[np.int64], known_years: NDArray[np.int64], known_values: NDArray[np.float64], *, log: bool
) -> NDArray[np.float64]:
    """Value in each year from the values of the known years.

    Between known years the value moves along a straight line, or along an exponential where `log` is true and
    both ends are positive; before the first and after the last known year it stays.

    Parameters
    ----------
    years : (Y,) array
        Years wanted.
    known_years, known_values : (K,) arrays
        Known points, years ascending.
    log : bool
        Interpolate the logarithm (counts and rates) and not the value (shares).

    Returns
    -------
    (Y,) array
    """
    straight = np.interp(years, known_years, known_values)
    if not log or np.all(known_values <= 0):
        return straight
    positive = known_values > 0
    curve = np.exp(np.interp(years, known_years[positive], np.log(known_values[positive])))
    # A stretch that starts or ends at zero has no exponential: the straight line serves there, and at the
    # known years themselves, where the logarithm would cost the last bit.
    lined = (np.interp(years, known_years, (~positive).astype(float)) > 0) | np.isin(years, known_years)
    return np.where(lined, straight, curve)

"""Trends through a history in log space: four curves, each with a spread that widens with the horizon."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from datasets.errors import InvalidValue
from forecasting.trend_curves import (
    LN10,
    Curve,
    TrendFit,
    declining_line,
    fitted_curve,
    gompertz_curve,
    logistic_curve,
    straight_line,
)

Array = NDArray[np.float64]
MINIMUM_POINTS = 6
# Before a curve has bent, nothing in it tells the ceiling: three orders above the highest point, give or take
# three, keeps the fit defined without deciding it.
_CEILING_ABOVE = 3.0
_LOOSE_SD = 30.0
_CEILING_PRIORS = [3.0, 2.0, _LOOSE_SD]
_DECLINE_SD = 0.2


def exponential_fit(years: ArrayLike, log10_values: ArrayLike) -> TrendFit:
    """Constant growth: ``L(t) = a + b t``.

    Parameters
    ----------
    years : (N,) array_like
        Decimal years, N at least `MINIMUM_POINTS`.
    log10_values : (N,) array_like

    Returns
    -------
    TrendFit
        Parameters a (log10 at the newest point's date) and b (orders of magnitude a year).

    Raises
    ------
    InvalidValue
        Too few points, points of one date, or a value that is not finite.
    """
    times, values = _points(years, log10_values)
    return _fit("exponential", straight_line, _straight_start(times, values), [_LOOSE_SD] * 2, times, values)


def declining_growth_fit(years: ArrayLike, log10_values: ArrayLike) -> TrendFit:
    """Growth that falls by a constant share a year: ``L(t) = a + b (1 - e^(-c t)) / c``.

    ``c`` is held near zero by a prior of standard deviation 0.2 a year: the damped trend of Gardner and
    McKenzie (Management Science 31, 1985) in continuous time.

    Parameters
    ----------
    years, log10_values : (N,) array_like

    Returns
    -------
    TrendFit
        Parameters a, b (growth at the newest point) and c (1/yr).

    Raises
    ------
    InvalidValue
        As `exponential_fit`.
    """
    times, values = _points(years, log10_values)
    start = np.append(_straight_start(times, values), 0.0)
    return _fit("declining_growth", declining_line, start, [_LOOSE_SD] * 2 + [_DECLINE_SD], times, values)


def logistic_fit(years: ArrayLike, log10_values: ArrayLike) -> TrendFit:
    """Saturation by the logistic curve: ``v = K / (1 + e^(-r (t - m)))``, fitted as log10 v.

    The ceiling K carries a weak prior, three orders above the highest point with a standard deviation of
    three, since a curve that has not bent yet does not tell it.

    Parameters
    ----------
    years, log10_values : (N,) array_like

    Returns
    -------
    TrendFit
        Parameters log10 K, ln r (1/yr) and m (years after the newest point).

    Raises
    ------
    InvalidValue
        As `exponential_fit`, and values that do not grow.
    """
    times, values = _points(years, log10_values)
    growth = _positive_growth(times, values, "logistic")
    ceiling = float(values.max()) + _CEILING_ABOVE
    start = np.array([ceiling, np.log(growth * LN10), _CEILING_ABOVE / growth])
    return _fit("logistic", logistic_curve, start, _CEILING_PRIORS, times, values)


def gompertz_fit(years: ArrayLike, log10_values: ArrayLike) -> TrendFit:
    """Saturation by the Gompertz curve: ``v = K e^(-e^(-r (t - m)))``, fitted as log10 v.

    In log space the distance to the ceiling shrinks by a constant share a year. Prior as in `logistic_fit`.

    Parameters
    ----------
    years, log10_values : (N,) array_like

    Returns
    -------
    TrendFit
        Parameters log10 K, ln r (1/yr) and m (years after the newest point).

    Raises
    ------
    InvalidValue
        As `logistic_fit`.
    """
    times, values = _points(years, log10_values)
    growth = _positive_growth(times, values, "Gompertz")
    ceiling = float(values.max()) + _CEILING_ABOVE
    # At the newest point the curve stands _CEILING_ABOVE below its ceiling and closes the gap at `growth`.
    rate = growth / _CEILING_ABOVE
    start = np.array([ceiling, np.log(rate), np.log(_CEILING_ABOVE * LN10) / rate])
    return _fit("gompertz", gompertz_curve, start, _CEILING_PRIORS, times, values)


def damped_years(horizons: ArrayLike, retention: float) -> Array:
    """Years of today's growth that a horizon is worth when growth keeps the share ``retention`` each year.

    ``(1 - q^h) / (-ln q)``, and h itself at q = 1.

    Parameters
    ----------
    horizons : array_like
        Years, from 0.
    retention : float
        q, above 0 and at most 1.

    Returns
    -------
    array of the shape of `horizons`, years

    Raises
    ------
    InvalidValue
        If the retention is outside its range.
    """
    if not 0 < retention <= 1:
        raise InvalidValue(
            f"A retention of growth of {retention} is impossible: it lies above 0 and up to 1."
        )
    after = np.asarray(horizons, dtype=np.float64)
    decay = np.log(retention)
    # 1 - q^h loses all its digits near q = 1, expm1 none.
    return after if decay == 0 else np.asarray(np.expm1(after * decay) / decay)


def growth_drift(years: ArrayLike, log10_values: ArrayLike) -> float:
    """How much yearly growth changes in a year, from the older and the newer half of the points.

    ``d^2 = max(0, (b2 - b1)^2 - se1^2 - se2^2) / distance``: the difference of the halves' slopes, less what
    their sampling errors explain, over the years between the halves' centres.

    Parameters
    ----------
    years, log10_values : (N,) array_like

    Returns
    -------
    float
        Orders of magnitude a year, per square root of a year.
    """
    times, values = _points(years, log10_values)
    half = len(times) // 2
    slopes, errors, centres = zip(
        *(_slope(times[p], values[p]) for p in (slice(half), slice(half, None))), strict=True
    )
    between = centres[1] - centres[0]
    if between <= 0 or not np.all(np.isfinite(errors)):
        return 0.0
    return float(np.sqrt(max(0.0, (slopes[1] - slopes[0]) ** 2 - sum(e**2 for e in errors)) / between))


def _points(years: ArrayLike, log10_values: ArrayLike) -> tuple[Array, Array]:
    times, values = np.asarray(years, dtype=np.float64), np.asarray(log10_values, dtype=np.float64)
    if times.shape != values.shape or times.ndim != 1 or len(times) < MINIMUM_POINTS:
        raise InvalidValue(
            f"A trend needs at least {MINIMUM_POINTS} points with a year each, not {values.size} values and "
            f"{times.size} years."
        )
    if not (np.all(np.isfinite(times)) and np.all(np.isfinite(values))):
        raise InvalidValue(
            "A trend's years and log10 values must be finite: leave out values of zero or below."
        )
    if np.ptp(times) == 0:
        raise InvalidValue(f"All points of the trend are of {times[0]:g}: a trend needs at least two dates.")
    order = np.argsort(times, kind="stable")
    return times[order], values[order]


def _slope(times: Array, values: Array) -> tuple[float, float, float]:
    centre = float(times.mean())
    square = float(np.sum((times - centre) ** 2))
    if square == 0 or len(times) < 3:
        return 0.0, np.inf, centre
    slope = float(np.sum((times - centre) * values) / square)
    residual = values - values.mean() - slope * (times - centre)
    return slope, float(np.sqrt(np.sum(residual**2) / (len(times) - 2) / square)), centre


def _straight_start(times: Array, values: Array) -> Array:
    slope, _, centre = _slope(times, values)
    return np.array([values.mean() + slope * (times[-1] - centre), slope])


def _positive_growth(times: Array, values: Array, curve: str) -> float:
    growth = float(_straight_start(times, values)[1])
    if growth <= 0:
        raise InvalidValue(
            f"A {curve} curve rises to its ceiling, but these values change by {growth:.3g} orders of "
            "magnitude a year: fit an exponential instead."
        )
    return growth


def _fit(
    name: str, curve: Curve, start: Array, prior_sd: list[float], times: Array, values: Array
) -> TrendFit:
    return fitted_curve(name, curve, start, np.array(prior_sd), times, values, growth_drift(times, values))

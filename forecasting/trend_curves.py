"""Curves of growth in log space, and a curve fitted to points with the spread of what may come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import OptimizeResult, least_squares
from scipy.special import ndtri

Array = NDArray[np.float64]
Curve = Callable[[Array, Array], Array]
LN10 = float(np.log(10.0))
_FINEST = 1e-6


@dataclass(frozen=True)
class TrendFit:
    """A curve fitted to log10 values over time.

    Attributes
    ----------
    name : str
    curve : callable
        (parameters, years after `last_year`) to log10 values.
    parameters : (K,) array
    covariance : (K, K) array
        Of the parameters, widened for residuals that hang together in time.
    residual_sd : float
        Scatter of the points around the curve, orders of magnitude.
    growth_drift : float
        Standard deviation of the change of yearly growth within one year, orders of magnitude a year.
    last_year : float
        Decimal year of the newest point.
    """

    name: str
    curve: Curve
    parameters: Array
    covariance: Array
    residual_sd: float
    growth_drift: float
    last_year: float

    def level(self, years: ArrayLike) -> Array:
        """log10 of the median in each decimal year."""
        return self.curve(self.parameters, np.asarray(years, dtype=np.float64) - self.last_year)

    def growth(self, years: ArrayLike) -> Array:
        """Orders of magnitude gained a year, by central difference over a tenth of a year."""
        middle = np.asarray(years, dtype=np.float64)
        return (self.level(middle + 0.05) - self.level(middle - 0.05)) / 0.1

    def spread(self, years: ArrayLike, scatter: float | None = None) -> Array:
        """Standard deviation of log10 of a new value in each decimal year.

        ``sd^2 = g' C g + s^2 + d^2 h^3 / 3``: the parameters' covariance C carried through the curve's
        gradient g, the scatter s, and the growth, which wanders as a random walk with d a year from the
        newest point on, h years after it.

        Parameters
        ----------
        years : array_like
        scatter : float, optional
            Takes the place of ``residual_sd`` where something other than a single point is foreseen.

        Returns
        -------
        array of the shape of `years`, orders of magnitude
        """
        after = np.asarray(years, dtype=np.float64) - self.last_year
        gradient = _gradient(self.curve, self.parameters, after)
        from_parameters = np.einsum("k...,kl,l...->...", gradient, self.covariance, gradient)
        from_drift = self.growth_drift**2 * np.maximum(after, 0.0) ** 3 / 3
        noise = self.residual_sd if scatter is None else scatter
        return np.asarray(np.sqrt(np.maximum(from_parameters, 0.0) + noise**2 + from_drift))

    def quantiles(self, years: ArrayLike, probabilities: ArrayLike) -> Array:
        """Values, not their logarithms, that are undercut with each probability.

        Parameters
        ----------
        years : (Y,) array_like
        probabilities : (P,) array_like

        Returns
        -------
        (P, Y) array
        """
        scores = ndtri(np.asarray(probabilities, dtype=np.float64))[:, None]
        return np.asarray(10.0 ** (self.level(years) + scores * self.spread(years)))


def straight_line(parameters: Array, after: Array) -> Array:
    """``L(t) = a + b t``; parameters a, b."""
    return np.asarray(parameters[0] + parameters[1] * after)


def declining_line(parameters: Array, after: Array) -> Array:
    """``L(t) = a + b (1 - e^(-c t)) / c``; parameters a, b, c."""
    level, growth, decline = parameters
    exponent = -decline * after
    near_zero = np.abs(exponent) < 1e-8
    safe = np.where(near_zero, 1.0, exponent)
    return np.asarray(level + growth * after * np.where(near_zero, 1.0, np.expm1(safe) / safe))


def logistic_curve(parameters: Array, after: Array) -> Array:
    """``L(t) = log10 K - log10(1 + e^(-r (t - m)))``; parameters log10 K, ln r, m."""
    ceiling, log_rate, middle = parameters
    return np.asarray(ceiling - np.logaddexp(0.0, -np.exp(log_rate) * (after - middle)) / LN10)


def gompertz_curve(parameters: Array, after: Array) -> Array:
    """``L(t) = log10 K - e^(-r (t - m)) / ln 10``; parameters log10 K, ln r, m."""
    ceiling, log_rate, middle = parameters
    exponent = np.minimum(-np.exp(log_rate) * (after - middle), 50.0)
    return np.asarray(ceiling - np.exp(exponent) / LN10)


def fitted_curve(
    name: str, curve: Curve, start: Array, prior_sd: Array, times: Array, values: Array, growth_drift: float
) -> TrendFit:
    """Least squares on log10 values, each parameter held loosely to its start by its prior.

    Parameters
    ----------
    name : str
    curve : callable
    start : (K,) array
        Where the search begins, and the priors' means.
    prior_sd : (K,) array
    times, values : (N,) arrays
        Decimal years, ascending, and log10 values.
    growth_drift : float
        As in `TrendFit`.

    Returns
    -------
    TrendFit
    """
    after = times - times[-1]
    freedom = len(values) - len(start)
    scale = max(float(np.std(values - np.polynomial.Polynomial.fit(after, values, 1)(after))), _FINEST)
    # Twice: points that a curve meets closely outweigh the priors, which the first scatter cannot tell.
    for _ in range(2):
        found = _least_squares(curve, start, prior_sd, after, values, scale)
        residual = curve(found.x, after) - values
        residual_sd = float(np.sqrt(np.sum(residual**2) / freedom))
        used, scale = scale, max(residual_sd, _FINEST)
    noise = _clustering(residual) * (scale / used) ** 2
    from_points, from_priors = found.jac[: len(values)], found.jac[len(values) :]
    information = from_points.T @ from_points / noise + from_priors.T @ from_priors
    covariance = np.linalg.inv(information)
    return TrendFit(name, curve, found.x, covariance, residual_sd, growth_drift, float(times[-1]))


def _least_squares(
    curve: Curve, start: Array, prior_sd: Array, after: Array, values: Array, scale: float
) -> OptimizeResult:
    def deviations(parameters: Array) -> Array:
        return np.concatenate([(curve(parameters, after) - values) / scale, (parameters - start) / prior_sd])

    return least_squares(deviations, start, method="lm", max_nfev=2000)


def _clustering(residual: Array) -> float:
    """Variance inflation of first-order autocorrelated residuals: ``(1 + r) / (1 - r)``, r from 0 to 0.9."""
    square = float(np.sum(residual**2))
    lagged = float(np.sum(residual[1:] * residual[:-1])) / square if square > 0 else 0.0
    correlation = float(np.clip(lagged, 0.0, 0.9))
    return (1 + correlation) / (1 - correlation)


def _gradient(curve: Curve, parameters: Array, after: Array) -> Array:
    steps = 1e-5 * np.maximum(np.abs(parameters), 1.0)
    return np.stack(
        [
            (curve(parameters + unit * step, after) - curve(parameters - unit * step, after)) / (2 * step)
            for unit, step in zip(np.eye(len(parameters)), steps, strict=True)
        ]
    )

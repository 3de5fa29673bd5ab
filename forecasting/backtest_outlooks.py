"""A forecast of the record as a distribution, and the scores that it earns when the record is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import log_ndtr, ndtr, ndtri

Array = NDArray[np.float64]
INTERVAL = 0.8
_ROOT_2, _ROOT_PI, _ROOT_2_PI = np.sqrt(2.0), np.sqrt(np.pi), np.sqrt(2 * np.pi)


@dataclass(frozen=True)
class Outlook:
    """What a method expects of log10 of the record, one entry a horizon.

    A record cannot fall: it is ``max(R, X)`` with R the record at the origin and X normal, so the normal's
    mass below R is the probability that the record still stands.

    Attributes
    ----------
    centre, sd : (H,) arrays
        Of X, orders of magnitude.
    floor : float
        R.
    """

    centre: Array
    sd: Array
    floor: float

    def quantile(self, probability: float) -> Array:
        """log10 of the record that is undercut with this probability."""
        return np.maximum(self.floor, self.centre + ndtri(probability) * self.sd)

    def crps(self, actual: ArrayLike) -> Array:
        """Continuous ranked probability score, orders of magnitude; 0 is perfect.

        ``integral of (F(x) - 1[x >= y])^2 dx`` with F the distribution of max(R, X), in closed form from the
        antiderivative ``A(x) = x P(x)^2 + 2 p(x) P(x) - P(sqrt(2) x) / sqrt(pi)`` of the squared normal
        distribution function (Gneiting and Raftery, JASA 102, 2007, for R at minus infinity).

        Parameters
        ----------
        actual : (H,) array_like
            log10 of the record, not below the floor.

        Returns
        -------
        (H,) array
        """
        at = (np.asarray(actual, dtype=np.float64) - self.centre) / self.sd
        bottom = (self.floor - self.centre) / self.sd
        return np.asarray(
            self.sd * (_squared_integral(at) - _squared_integral(bottom) + _squared_integral(-at))
        )

    def log_score(self, actual: ArrayLike) -> Array:
        """Natural logarithm of the density at the outcome, or of the probability that the record stands.

        The density is per order of magnitude; higher is better. The same measure serves every method, so
        that scores compare.

        Parameters
        ----------
        actual : (H,) array_like

        Returns
        -------
        (H,) array
        """
        outcome = np.asarray(actual, dtype=np.float64)
        at = (outcome - self.centre) / self.sd
        density = -0.5 * at**2 - np.log(self.sd * _ROOT_2_PI)
        stands = log_ndtr((self.floor - self.centre) / self.sd)
        return np.where(outcome > self.floor + 1e-12, density, stands)


def _squared_integral(x: Array) -> Array:
    below = ndtr(x)
    density = np.exp(-0.5 * x**2) / _ROOT_2_PI
    return np.asarray(x * below**2 + 2 * density * below - ndtr(_ROOT_2 * x) / _ROOT_PI)

"""Distributions given by their 5, 50 and 95 % quantiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logit, ndtri

from forecasting.arithmetic import like

Z95 = float(ndtri(0.95))
_FLOOR = 1e-12


def _identity(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return x


def _safe_log(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log(np.maximum(x, _FLOOR))


def _safe_logit(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return logit(np.clip(x, _FLOOR, 1 - _FLOOR))


def expit(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logistic function ``1 / (1 + exp(-x))``; three times as fast as SciPy's, which goes one by one."""
    share = np.exp(-x)
    share += 1.0
    return np.divide(1.0, share, out=share)


_Scale = Callable[[NDArray[np.float64]], NDArray[np.float64]]
_SCALES: dict[str, tuple[_Scale, _Scale]] = {
    "lognormal": (_safe_log, np.exp),
    "logitnormal": (_safe_logit, expit),
    "normal": (_identity, _identity),
}


def quantile_values(
    z: ArrayLike, low: ArrayLike, central: ArrayLike, high: ArrayLike, distribution: str
) -> NDArray[np.float64]:
    """Values at standard-normal scores of a distribution whose 5, 50 and 95 % quantiles are given.

    On the distribution's own scale (logarithm, logit or none) the value is normal with one standard deviation
    below the median and another above it, so that all three quantiles are met exactly: a two-piece normal
    (Wallis 2014, "The two-piece normal, binormal, or double Gaussian distribution").

    Parameters
    ----------
    z : array_like
        Standard-normal scores; broadcast against the quantiles. Values come in their precision.
    low, central, high : array_like
        The 5, 50 and 95 % quantiles; zeros stay zero under ``lognormal`` and ``logitnormal``.
    distribution : {'lognormal', 'logitnormal', 'normal'}

    Returns
    -------
    array
        Broadcast shape of the inputs.
    """
    to_scale, from_scale = _SCALES[distribution]
    single = np.asarray(z).dtype == np.float32
    z, low, central, high = (np.asarray(a, dtype=float) for a in (z, low, central, high))
    middle = to_scale(central)
    below, above = (middle - to_scale(low)) / Z95, (to_scale(high) - middle) / Z95
    values = from_scale(middle + z * np.where(z < 0, below, above))
    fixed = (low == central) & (central == high)
    values = np.where(fixed | (central == 0) & (distribution != "normal"), central, values)
    return values.astype(np.float32) if single else values


class TwoPieceCurve:
    """`quantile_values` of several quantities that share one score, their scales worked out once.

    Parameters
    ----------
    low, central, high : (Y,) arrays
        Quantiles, of a year or vintage each.
    distribution : {'lognormal', 'logitnormal', 'normal'}
    """

    def __init__(
        self,
        low: NDArray[np.float64],
        central: NDArray[np.float64],
        high: NDArray[np.float64],
        distribution: str,
    ):
        to_scale, self._from_scale = _SCALES[distribution]
        self._central = central[:, None]
        middle = to_scale(central)
        below, above = (middle - to_scale(low)) / Z95, (to_scale(high) - middle) / Z95
        self._terms = np.stack([below, above, middle], axis=1)
        fixed = (low == central) & (central == high)
        self._kept = np.flatnonzero(fixed | (central == 0) & (distribution != "normal"))

    def values(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values (Y, draws) at the scores (draws,)."""
        if len(self._kept) == len(self._central):
            return np.broadcast_to(like(self._central, z), (len(self._central), len(z)))
        pieces = np.ones((3, len(z)), z.dtype)
        np.minimum(z, 0.0, out=pieces[0])
        np.maximum(z, 0.0, out=pieces[1])
        values = self._from_scale(like(self._terms, z) @ pieces)
        values[self._kept] = self._central[self._kept]
        return values

"""Distributions given by their 5, 50 and 95 % quantiles."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit, logit, ndtri

Z95 = float(ndtri(0.95))
_FLOOR = 1e-12


def _identity(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return x


def _safe_log(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.log(np.maximum(x, _FLOOR))


def _safe_logit(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return logit(np.clip(x, _FLOOR, 1 - _FLOOR))


_SCALES = {
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
        Standard-normal scores; broadcast against the quantiles.
    low, central, high : array_like
        The 5, 50 and 95 % quantiles; zeros stay zero under ``lognormal`` and ``logitnormal``.
    distribution : {'lognormal', 'logitnormal', 'normal'}

    Returns
    -------
    array
        Broadcast shape of the inputs.
    """
    to_scale, from_scale = _SCALES[distribution]
    z, low, central, high = (np.asarray(a, dtype=float) for a in (z, low, central, high))
    middle = to_scale(central)
    below, above = (middle - to_scale(low)) / Z95, (to_scale(high) - middle) / Z95
    values = from_scale(middle + z * np.where(z < 0, below, above))
    fixed = (low == central) & (central == high)
    return np.where(fixed | (central == 0) & (distribution != "normal"), central, values)

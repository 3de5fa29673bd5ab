"""Draws: one column of a scrambled Sobol sequence for each uncertain input, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import qmc

from datasets.errors import InvalidValue

MAX_DRAWS = 200_000
_PIECE = 2**11


def normal_scores(
    names: Iterable[str], draws: int, seed: int = 0, precision: type[Any] = np.float64
) -> Mapping[str, NDArray[np.float64]]:
    """Scores of each named input, quasi-random over the inputs together.

    The sequence is drawn for the sorted names, so the order in which they are asked for changes nothing, and
    the first n draws of a longer run are the draws of a shorter one (Sobol 1967; Owen's scrambling).

    Parameters
    ----------
    names : iterable of str
        Inputs; duplicates count once.
    draws : int
        Number of draws, 1 to 200,000.
    seed : int
        Seed of the scrambling, 0 or more.
    precision : type
        Double or single.

    Returns
    -------
    mapping of str to (draws,) array

    Raises
    ------
    InvalidValue
        If `draws` or `seed` lies outside its range.
    """
    if not 1 <= draws <= MAX_DRAWS:
        raise InvalidValue(f"The number of draws is {draws}: it must lie between 1 and {MAX_DRAWS:,}.")
    if seed < 0:
        raise InvalidValue(f"The seed is {seed}: it must be 0 or a positive whole number.")
    ordered = sorted(set(names))
    if not ordered:
        return MappingProxyType({})
    scores = np.empty((len(ordered), draws), precision)
    engine = qmc.Sobol(len(ordered), scramble=True, rng=seed)
    with ThreadPoolExecutor(max_workers=2) as pool:
        # A first piece of a power of two keeps the generator silent; the sequence is that of one piece.
        size = min(2 ** max(draws - 1, 1).bit_length(), _PIECE)
        for start in range(0, draws, size):
            piece = engine.random(size)[: draws - start]
            pool.submit(_put_scores, scores[:, start : start + len(piece)], piece)
    return MappingProxyType(dict(zip(ordered, scores, strict=True)))


def _put_scores(scores: NDArray[np.float64], uniform: NDArray[np.float64]) -> None:
    # A scrambled point can fall on 0, whose score is minus infinity.
    ndtri(np.clip(uniform.T, 1e-9, 1 - 1e-9), out=scores)

"""Rank correlation between uncertain inputs: a Gaussian copula over their scores."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from datasets.errors import InvalidValue
from forecasting.arithmetic import like
from forecasting.scenarios import Tables

Array = NDArray[np.float64]
Scores = Mapping[str, Array]


@dataclass(frozen=True)
class Correlations:
    """Inputs that move together, in sorted order, and the correlation of their normal scores."""

    names: tuple[str, ...]
    matrix: Array


NONE = Correlations((), np.zeros((0, 0)))


def score_correlation(rank_correlation: float) -> float:
    """Correlation of normal scores behind a rank correlation: 2 sin(pi rho / 6) (Pearson 1907)."""
    return 2.0 * float(np.sin(np.pi * rank_correlation / 6.0))


def assumption_correlations(tables: Tables) -> Correlations:
    """The table ``assumption_correlations`` as one matrix; pairs that it does not list are independent.

    Raises
    ------
    InvalidValue
        If the listed correlations contradict each other (no distribution has them all).
    """
    if "assumption_correlations" not in tables:
        return NONE
    listed = tables["assumption_correlations"]
    names = tuple(sorted({*listed["assumption_id"], *listed["with_assumption_id"]}))
    position = {name: i for i, name in enumerate(names)}
    matrix = np.eye(len(names))
    for row in listed.itertuples(index=False):
        i, j = position[str(row.assumption_id)], position[str(row.with_assumption_id)]
        matrix[i, j] = matrix[j, i] = score_correlation(float(row.rank_correlation))
    if len(names) and np.linalg.eigvalsh(matrix)[0] < 1e-6:
        raise InvalidValue(
            f"The rank correlations between {', '.join(names)} contradict each other: no distribution has "
            "them all; bring them nearer to zero."
        )
    return Correlations(names, matrix)


def correlated_scores(scores: Scores, correlations: Correlations) -> Scores:
    """Independent normal scores turned into correlated ones; inputs without a correlation stay as they are.

    ``z = L u`` with L the Cholesky factor of the score correlations, names in sorted order, so that the
    result does not hang on the order of the inputs. Marginal distributions do not change.

    Parameters
    ----------
    scores : mapping of str to (draws,) array
        Independent scores; inputs of `correlations` that are absent are passed over.
    correlations : Correlations

    Returns
    -------
    mapping of str to (draws,) array
    """
    kept = [i for i, name in enumerate(correlations.names) if name in scores]
    if not kept:
        return scores
    factor = np.linalg.cholesky(correlations.matrix[np.ix_(kept, kept)])
    names = [correlations.names[i] for i in kept]
    independent = np.stack([scores[name] for name in names])
    mixed = like(factor, independent) @ independent
    return {**scores, **dict(zip(names, mixed, strict=True))}


def redrawn_scores(
    scores: Scores, fresh: Scores, inputs: Collection[str], correlations: Correlations
) -> Scores:
    """The same draws with some inputs drawn anew, given all others.

    Independent inputs take the fresh score. Correlated ones are drawn from the conditional normal
    N(R_gh R_hh^-1 z_h, R_gg - R_gh R_hh^-1 R_hg), which is what the total effect of a dependent input needs
    (Kucherenko, Tarantola and Annoni 2012).

    Parameters
    ----------
    scores : mapping of str to (draws,) array
        Correlated scores.
    fresh : mapping of str to (draws,) array
        Independent scores of the same inputs.
    inputs : collection of str
        Inputs to draw anew.
    correlations : Correlations

    Returns
    -------
    mapping of str to (draws,) array
    """
    changed = {name: fresh[name] for name in inputs}
    drawn = [i for i, name in enumerate(correlations.names) if name in changed]
    given = [i for i, name in enumerate(correlations.names) if name in scores and name not in changed]
    if drawn:
        matrix = correlations.matrix
        names = [correlations.names[i] for i in drawn]
        own, across = matrix[np.ix_(drawn, drawn)], matrix[np.ix_(drawn, given)]
        weights = np.linalg.solve(matrix[np.ix_(given, given)], across.T).T
        known = np.stack([scores[correlations.names[i]] for i in given]) if given else np.zeros((0, 1))
        factor = np.linalg.cholesky(own - weights @ across.T)
        mixed = weights @ known + factor @ np.stack([changed[name] for name in names])
        changed.update(zip(names, mixed, strict=True))
    return {**scores, **changed}

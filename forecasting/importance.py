"""Which assumptions a projection hangs on most, read off its own draws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from forecasting.draws import Projection
from forecasting.outputs import OUTPUTS
from forecasting.years import YEARS

Array = NDArray[np.float64]
# What a reader of the forecast looks at first: the three series, and the edge's share of them.
FIGURES = ("training_ops", "cloud_ops", "edge_ops", "edge_share")


def rank_importance(
    drawn: Projection, figures: Sequence[str] = FIGURES, *, year: int | None = None
) -> pd.DataFrame:
    """Assumptions by the largest share of a figure's variance, in ranks, that goes with them.

    The square of Spearman's rank correlation, which costs no further draw; interactions between assumptions,
    which total-effect indices hold, are left out (`sensitivity.sensitivity` has those).

    Parameters
    ----------
    drawn : Projection
    figures : sequence of str
        Names of `outputs.OUTPUTS`.
    year : int, optional
        The last one when left out.

    Returns
    -------
    DataFrame
        Columns assumption_id, figure (the one that hangs on it most), share (0 to 1), rising (whether figure
        and assumption rise together); the largest share first. Assumptions that do not vary have no row.
    """
    names = [name for name, values in drawn.values.items() if np.ptp(values) > 0]
    place = -1 if year is None else int(np.flatnonzero(year == YEARS)[0])
    inputs = _centred_ranks(np.stack([drawn.values[name] for name in names]))
    results = _centred_ranks(np.stack([OUTPUTS[name].by_year(drawn)[:, place] for name in figures]))
    correlation = inputs @ results.T
    strongest = np.argmax(np.abs(correlation), axis=1)
    found = correlation[np.arange(len(names)), strongest]
    frame = pd.DataFrame(
        {
            "assumption_id": names,
            "figure": [figures[index] for index in strongest],
            "share": found**2,
            "rising": found > 0,
        }
    )
    return frame.sort_values("share", ascending=False, kind="stable").reset_index(drop=True)


def _centred_ranks(values: Array) -> Array:
    ranks = rankdata(values, axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    length = np.linalg.norm(ranks, axis=1, keepdims=True)
    return np.divide(ranks, length, out=np.zeros_like(ranks), where=length > 0)

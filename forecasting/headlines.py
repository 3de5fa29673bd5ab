"""What the answer hangs on, from the draws and not from their bands: shares and growth of the series."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.bands import BAND_COLUMNS, band_quantiles
from forecasting.draws import Projection
from forecasting.quantities import quantity_draws
from forecasting.replay import SERIES
from forecasting.years import LAST_HISTORY_YEAR, YEARS

Array = NDArray[np.float64]


def series_shares(drawn: Projection, sense: str) -> pd.DataFrame:
    """Share of each series in the operations of all three, draw by draw.

    The 5 % quantile of a share is not the share of 5 % quantiles: numerator and denominator move together.

    Parameters
    ----------
    drawn : Projection
    sense : {'demand', 'available', 'capacity'}

    Returns
    -------
    DataFrame
        Columns series, year, p5, p25, p50, p75, p95; shares between 0 and 1.
    """
    totals = {series: _total(drawn, "ops", series, sense) for series in SERIES}
    whole = np.sum(list(totals.values()), axis=0)
    frames = []
    for series, total in totals.items():
        share = np.divide(total, whole, out=np.zeros_like(total), where=whole > 0)
        frames.append(_quantiles(share).assign(series=series, year=YEARS))
    return pd.concat(frames, ignore_index=True)[["series", "year", *BAND_COLUMNS]]


def series_growth(drawn: Projection, quantity: str, sense: str) -> pd.DataFrame:
    """Mean yearly growth of each series from the last year of history to 2030, draw by draw.

    Parameters
    ----------
    drawn : Projection
    quantity, sense : str
        As in `quantity_draws`; series without that quantity are left out.

    Returns
    -------
    DataFrame
        Columns series, p5, p25, p50, p75, p95; factors a year, NaN where the series starts from nothing.
    """
    start = int(np.flatnonzero(YEARS == LAST_HISTORY_YEAR)[0])
    span = float(YEARS[-1] - LAST_HISTORY_YEAR)
    frames = []
    for series in SERIES:
        if not quantity_draws(drawn, quantity, series, sense):
            continue
        total = _total(drawn, quantity, series, sense)
        first, last = total[:, start], total[:, -1]
        ratio = np.divide(last, first, out=np.full_like(last, np.nan), where=first > 0)
        frames.append(_quantiles(ratio[:, None] ** (1.0 / span)).assign(series=series))
    return pd.concat(frames, ignore_index=True)[["series", *BAND_COLUMNS]]


def largest_runs(drawn: Projection) -> pd.DataFrame:
    """Operations of the largest training run of each year from the last year of history on.

    Parameters
    ----------
    drawn : Projection

    Returns
    -------
    DataFrame
        Columns year, p5, p25, p50, p75, p95; FLOP.
    """
    track = pd.DataFrame(band_quantiles(drawn.checks["largest_run_flop"]), columns=BAND_COLUMNS)
    return track.assign(year=YEARS)[YEARS >= LAST_HISTORY_YEAR][["year", *BAND_COLUMNS]].reset_index(
        drop=True
    )


def _total(drawn: Projection, quantity: str, series: str, sense: str) -> Array:
    return np.sum(list(quantity_draws(drawn, quantity, series, sense).values()), axis=0)


def _quantiles(draws: Array) -> pd.DataFrame:
    return pd.DataFrame(band_quantiles(draws), columns=BAND_COLUMNS)

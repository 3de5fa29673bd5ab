"""The record training run over time, and what of it was known when."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from datasets.epoch_import import edition_in_force
from datasets.errors import InvalidValue
from forecasting.scenarios import Tables
from forecasting.trends import MINIMUM_POINTS

Array = NDArray[np.float64]
TOP_AT_RELEASE = 10
_DATED_TABLES = ("training_runs", "history", "usage")


@dataclass(frozen=True)
class RunHistory:
    """Training runs that were among the ten largest when they were published, oldest first.

    Attributes
    ----------
    years : (N,) array
        Decimal years of publication.
    log10_flop : (N,) array
    known_until : float
        Decimal year up to which the record is taken as known.
    """

    years: Array
    log10_flop: Array
    known_until: float

    def until(self, origin: float) -> RunHistory:
        """What was published before a decimal year."""
        before = self.years < origin
        return replace(
            self,
            years=self.years[before],
            log10_flop=self.log10_flop[before],
            known_until=min(origin, self.known_until),
        )

    def record(self, years: ArrayLike) -> Array:
        """log10 FLOP of the largest run published before each decimal year.

        Parameters
        ----------
        years : array_like
            Not before the first run.

        Returns
        -------
        array of the shape of `years`
        """
        running = np.maximum.accumulate(self.log10_flop)
        return running[np.searchsorted(self.years, np.asarray(years, dtype=np.float64)) - 1]


def run_history(tables: Tables) -> RunHistory:
    """The history of ``training_runs``.

    A user's import of Epoch AI's table is a newer edition of the same list: where there is one, the rows that
    came with Edgewise are left out. The record counts as known to the end of the newest run's year, but not
    beyond the newest date that any table of observations holds.

    Parameters
    ----------
    tables : mapping of str to DataFrame

    Returns
    -------
    RunHistory

    Raises
    ------
    InvalidValue
        When there are too few runs for a trend.
    """
    runs = edition_in_force(tables["training_runs"])
    if len(runs) < MINIMUM_POINTS:
        raise InvalidValue(
            f"training_runs holds {len(runs)} runs, a trend needs {MINIMUM_POINTS}: import Epoch AI's table."
        )
    runs = runs.assign(date=pd.to_datetime(runs["date"])).sort_values(["date", "training_flop", "name"])
    years, flop = decimal_years(runs["date"]), runs["training_flop"].to_numpy(dtype=np.float64)
    top = among_top_at_release(flop)
    newest = max(pd.to_datetime(tables[name]["date"]).max() for name in _DATED_TABLES if len(tables[name]))
    known_until = min(np.floor(years[-1]) + 1.0, float(decimal_years(pd.Series([newest]))[0]))
    return RunHistory(years[top], np.log10(flop[top]), float(known_until))


def among_top_at_release(flop: ArrayLike, places: int = TOP_AT_RELEASE) -> NDArray[np.bool_]:
    """Whether each run, in order of publication, had fewer than ``places`` earlier ones at least as large."""
    amounts = np.asarray(flop, dtype=np.float64)
    return np.array([np.sum(amounts[:i] >= amounts[i]) < places for i in range(len(amounts))], dtype=bool)


def decimal_years(dates: pd.Series) -> Array:
    """Decimal years of dates: 1 January is the whole year."""
    days = np.where(dates.dt.is_leap_year, 366.0, 365.0)
    return np.asarray(dates.dt.year + (dates.dt.day_of_year - 1) / days, dtype=np.float64)


def dates_of(years: ArrayLike) -> pd.DatetimeIndex:
    """Dates of decimal years that are whole, half or quarter years, to the day."""
    whole = np.floor(np.asarray(years, dtype=np.float64) + 1e-9)
    months = np.rint((np.asarray(years) - whole) * 12).astype(int)
    return pd.DatetimeIndex([pd.Timestamp(int(y), 1 + int(m), 1) for y, m in zip(whole, months, strict=True)])

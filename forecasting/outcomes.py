"""What was observed of the figures that a forecast gives: accelerators, energy, tokens, the largest run."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecasting.backtest_history import run_history
from forecasting.scenarios import Tables

_DECEMBER = 12


def observed_outcomes(tables: Tables) -> pd.DataFrame:
    """Observed values of forecast figures by year.

    Table ``forecast_outcomes`` tells which series of ``history`` and ``usage`` says what became of a figure,
    and may be extended. The largest run is the record of ``training_runs`` at the end of each year for which
    it is known and no row says otherwise.

    Parameters
    ----------
    tables : mapping of str to DataFrame

    Returns
    -------
    DataFrame
        Columns output, year, actual, in the figure's unit.
    """
    rows = ["series", "entity", "date", "value", "unit"]
    seen = pd.concat([tables["history"][rows], tables["usage"][rows]]).dropna(subset=["value"])
    told = tables["forecast_outcomes"].merge(seen, on=["series", "entity", "unit"])
    told = told.assign(actual=told["value"] * told["factor"], date=pd.to_datetime(told["date"])).sort_values(
        "date"
    )
    years = told["date"].dt.year.rename("year")
    ends = (told["timing"] == "year_end") & (told["date"].dt.month == _DECEMBER)
    means = told["timing"] == "year_mean"
    found = pd.concat(
        [
            told[ends].groupby(["output", years[ends]])["actual"].last(),
            told[means].groupby(["output", years[means]])["actual"].mean(),
            _record_by_year(tables),
        ]
    )
    return found[~found.index.duplicated()].rename("actual").reset_index().astype({"year": "int64"})


def _record_by_year(tables: Tables) -> pd.Series:
    history = run_history(tables)
    years = np.arange(np.ceil(history.years[0]), np.floor(history.known_until))
    index = pd.MultiIndex.from_product([["largest_run_flop"], years.astype(int)], names=["output", "year"])
    return pd.Series(10.0 ** history.record(years + 1), index=index, name="actual")

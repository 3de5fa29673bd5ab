"""What others published, where it has the unit and the sense of the chart."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dashboard import labels, provenance
from forecasting.years import FIRST_YEAR, LAST_YEAR

# Series and unit of the table, against the quantity and sense of the forecast in which it can be read as it
# stands; a figure for a part of the world would look like one for all of it, so only world totals count.
_READ_AS = {
    ("twh", "demand"): ("electricity", "TWh"),
    ("gw", "capacity"): ("capacity", "GW"),
    ("h100e", "capacity"): ("accelerator stock", "H100e (dense 8-bit)"),
}
_COLUMNS = ["year", "value", "low", "high", "entity", "source"]


def published_for(tables: Mapping[str, pd.DataFrame], quantity: str, sense: str) -> pd.DataFrame:
    """Published forecasts of the world in a quantity and sense.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The tables ``published_forecasts`` and ``sources``.
    quantity, sense : str
        As in the forecast.

    Returns
    -------
    pandas.DataFrame
        Columns year, value, low, high, entity, source; empty where none agrees.
    """
    rows = tables["published_forecasts"]
    series, unit = _READ_AS.get((quantity, sense), ("", ""))
    world = rows["entity"].str.contains("world", case=False)
    rows = rows[(rows["series"] == series) & (rows["unit"] == unit) & world]
    rows = rows[rows["year"].between(FIRST_YEAR, LAST_YEAR)].copy()
    rows["source"] = provenance.source_of(tables, rows["source_id"])
    return rows[_COLUMNS].reset_index(drop=True)


def replayed_points(points: pd.DataFrame, name: str) -> pd.DataFrame:
    """The last points of a replayed figure, in the columns of `published_for`.

    Parameters
    ----------
    points : pandas.DataFrame
        The replay's forecast frame: columns year, series, p50.
    name : str
        Name of the figure.
    """
    last = points[points["year"] == points["year"].max()]
    rows = last[["year"]].assign(value=last["p50"], low=float("nan"), high=float("nan"), source=name)
    rows["entity"] = last["series"].map(labels.SERIES)
    return rows[_COLUMNS].reset_index(drop=True)

"""Figure 4 of the first source document, replayed as it was published."""

from __future__ import annotations

import numpy as np
import pandas as pd

from datasets.errors import InvalidValue
from forecasting.scenarios import Tables
from forecasting.years import YEARS

SERIES = ("training", "cloud_inference", "edge_inference")


def published_points(tables: Tables) -> pd.DataFrame:
    """The points that the text gives: 2030 for three series, and training back to 2022 by its growth.

    Returns
    -------
    DataFrame
        Columns series, year, ops_per_s.

    Raises
    ------
    InvalidValue
        If ``published_forecasts`` lacks a row of the figure.
    """
    published = tables["published_forecasts"].set_index("forecast_id")
    wanted = [f"figure_4_{s}_2030" for s in SERIES] + ["figure_4_training_growth"]
    missing = [name for name in wanted if name not in published.index]
    if missing:
        raise InvalidValue(f"published_forecasts lacks {', '.join(missing)}: figure 4 cannot be replayed.")
    growth = float(published.at["figure_4_training_growth", "value"])
    last = {s: float(published.at[f"figure_4_{s}_2030", "value"]) * 1e12 for s in SERIES}
    rows = [("training", int(y), last["training"] / growth ** (YEARS[-1] - y)) for y in YEARS]
    rows += [(s, int(YEARS[-1]), last[s]) for s in SERIES if s != "training"]
    return pd.DataFrame(rows, columns=["series", "year", "ops_per_s"])


def published_shares(tables: Tables) -> dict[str, float]:
    """Share of each series in the figure's total of 2030."""
    points = published_points(tables)
    last = points[points["year"] == YEARS[-1]].set_index("series")["ops_per_s"]
    return {s: float(v) for s, v in (last / np.sum(last)).items()}

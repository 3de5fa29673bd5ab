"""The raw draws of a projection as one table: the trail from drawn inputs to the figures."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecasting.projection import SENSES, Projection
from forecasting.quantities import quantity_draws
from forecasting.replay import SERIES
from forecasting.years import YEARS


def raw_draws(drawn: Projection, quantity: str = "ops") -> pd.DataFrame:
    """Every draw in a row: what was drawn for each assumption, and each series' total in each year.

    Parameters
    ----------
    drawn : Projection
    quantity : str
        See `quantities.QUANTITIES`.

    Returns
    -------
    DataFrame
        Columns scenario_id, draw (0, 1, ...), an assumption_id each, then ``SERIES.SENSE.YEAR`` such as
        ``edge_inference.demand.2030`` in the quantity's unit; the bands of a forecast are the quantiles of
        these columns.

    Raises
    ------
    UnknownName
        If the quantity does not exist.
    """
    columns = {name: drawn.values[name] for name in sorted(drawn.values)}
    for series in SERIES:
        for sense in SENSES:
            segments = quantity_draws(drawn, quantity, series, sense)
            if segments:
                total = np.sum(list(segments.values()), axis=0)
                columns |= {f"{series}.{sense}.{year}": total[:, i] for i, year in enumerate(YEARS)}
    frame = pd.DataFrame(columns)
    frame.insert(0, "scenario_id", drawn.scenario_id)
    frame.insert(1, "draw", np.arange(len(frame)))
    return frame

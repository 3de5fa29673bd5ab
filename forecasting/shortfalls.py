"""What limits of supply leave undone: wanted, run and missing of each series, and which limit binds."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.arithmetic import ratio, total
from forecasting.bands import BAND_COLUMNS, band_quantiles
from forecasting.draws import Projection
from forecasting.replay import SERIES
from forecasting.years import YEARS

Array = NDArray[np.float64]
_MISSING = {
    "training": "training_shortfall",
    "cloud_inference": "cloud_shortfall",
    "edge_inference": "edge_shortfall",
}
COLUMNS = ["scenario_id", "series", "measure", "year", "unit", *BAND_COLUMNS]


def series_shortfalls(drawn: Projection) -> pd.DataFrame:
    """Operations wanted, run and missing of each series, and the accelerators missing and unpowered.

    Parameters
    ----------
    drawn : Projection

    Returns
    -------
    DataFrame
        Columns scenario_id, series (``accelerators`` for the stock behind training and cloud inference),
        measure (``wanted``, ``run``, ``missing``, ``missing_share``; for the stock also ``unpowered_share``),
        year, unit, p5, p25, p50, p75, p95. Wanted is run and missing in each draw.
    """
    frames = []
    for series in SERIES:
        run, missing = total(drawn.operations[series, "demand"].values()), drawn.checks[_MISSING[series]]
        frames += _measures(series, run, missing, "OP/s")
    checks = drawn.checks
    stock, missing = checks["stock_h100e"], checks["wanted_stock_h100e"] - checks["stock_h100e"]
    frames += _measures("accelerators", stock, missing, "H100e (8-bit)")
    frames.append(_banded("accelerators", "unpowered_share", 1 - checks["powered_share"], "share"))
    return pd.concat(frames, ignore_index=True).assign(scenario_id=drawn.scenario_id)[COLUMNS]


def _measures(series: str, run: Array, missing: Array, unit: str) -> list[pd.DataFrame]:
    return [
        _banded(series, "wanted", run + missing, unit),
        _banded(series, "run", run, unit),
        _banded(series, "missing", missing, unit),
        _banded(series, "missing_share", ratio(missing, run + missing), "share"),
    ]


def _banded(series: str, measure: str, drawn: Array, unit: str) -> pd.DataFrame:
    bands = pd.DataFrame(band_quantiles(drawn), columns=BAND_COLUMNS)
    return bands.assign(series=series, measure=measure, year=YEARS, unit=unit)

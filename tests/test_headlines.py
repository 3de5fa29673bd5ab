"""Shares and growth are taken draw by draw, and agree with the bands where both can be read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from forecasting.headlines import series_growth, series_shares
from forecasting.projection import Projection, projection
from forecasting.quantities import quantity_draws
from forecasting.replay import SERIES
from forecasting.years import LAST_HISTORY_YEAR, YEARS


@pytest.fixture(scope="module")
def drawn(tables: Mapping[str, pd.DataFrame]) -> Projection:
    return projection(tables, draws=64)


def total(drawn: Projection, series: str) -> np.ndarray:
    return np.sum(list(quantity_draws(drawn, "ops", series, "demand").values()), axis=0)


def test_shares_add_up_in_each_draw(drawn: Projection) -> None:
    shares = series_shares(drawn, "demand")
    assert list(shares.columns) == ["series", "year", "p5", "p25", "p50", "p75", "p95"]
    assert len(shares) == len(SERIES) * len(YEARS)
    whole = sum(total(drawn, series) for series in SERIES)
    edge = shares[(shares["series"] == "edge_inference") & (shares["year"] == YEARS[-1])].iloc[0]
    expected = total(drawn, "edge_inference")[:, -1] / whole[:, -1]
    assert edge["p50"] == pytest.approx(np.median(expected), rel=1e-12)
    assert edge["p5"] == pytest.approx(np.quantile(expected, 0.05), rel=1e-12)


def test_a_share_lies_between_nothing_and_all(drawn: Projection) -> None:
    for sense in ("demand", "available", "capacity"):
        quantiles = series_shares(drawn, sense)[["p5", "p50", "p95"]].to_numpy()
        assert (quantiles >= 0).all()
        assert (quantiles <= 1).all()
        assert (np.diff(quantiles, axis=1) >= 0).all()


def test_growth_is_the_mean_factor_a_year(drawn: Projection) -> None:
    growth = series_growth(drawn, "ops", "demand").set_index("series")
    amounts = total(drawn, "cloud_inference")
    start = list(YEARS).index(LAST_HISTORY_YEAR)
    factors = (amounts[:, -1] / amounts[:, start]) ** (1 / (YEARS[-1] - LAST_HISTORY_YEAR))
    assert growth.at["cloud_inference", "p50"] == pytest.approx(np.median(factors), rel=1e-12)
    assert list(growth.index) == list(SERIES)


def test_a_series_without_the_quantity_has_no_growth(drawn: Projection) -> None:
    assert "training" not in set(series_growth(drawn, "tokens", "demand")["series"])

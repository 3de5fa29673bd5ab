"""Which assumptions matter most: by rank correlation with what the forecast shows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from forecasting.importance import FIGURES, rank_importance
from forecasting.outputs import OUTPUTS
from forecasting.plan import prepared_plan
from forecasting.projection import Projection, bands, projection


@pytest.fixture(scope="module")
def drawn(tables: Mapping[str, pd.DataFrame]) -> Projection:
    plan = prepared_plan(tables, 1.0)
    return projection(tables, draws=256, overrides={"pue": 1.2}, plan=plan)


def test_a_share_is_the_square_of_spearmans_correlation(drawn: Projection) -> None:
    first = rank_importance(drawn).iloc[0]
    figure = OUTPUTS[first["figure"]].by_year(drawn)[:, -1]
    correlation = spearmanr(drawn.values[first["assumption_id"]], figure).statistic
    assert first["share"] == pytest.approx(correlation**2)
    assert first["rising"] == (correlation > 0)


def test_the_largest_comes_first_and_what_is_held_has_no_row(drawn: Projection) -> None:
    ranked = rank_importance(drawn)
    assert (np.diff(ranked["share"]) <= 0).all()
    assert ranked["share"].between(0, 1).all()
    assert "pue" not in set(ranked["assumption_id"])
    assert set(ranked["figure"]) <= set(FIGURES)


def test_another_year_ranks_otherwise(drawn: Projection) -> None:
    early, late = rank_importance(drawn, year=2026), rank_importance(drawn)
    assert early["assumption_id"].iloc[0] != late["assumption_id"].iloc[0]


def test_totals_are_those_of_all_bands(drawn: Projection) -> None:
    whole = bands(drawn, "twh")
    expected = whole[(whole["segment"] == "all") & (whole["sense"] == "demand")].reset_index(drop=True)
    pd.testing.assert_frame_equal(bands(drawn, "twh", senses=["demand"], segments=False), expected)
    assert bands(drawn, "tokens", senses=["capacity"], segments=False).empty

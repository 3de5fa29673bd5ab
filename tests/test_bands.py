"""Quantiles over draws, and draws that hang neither on the chunk nor on what else is kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecasting.arithmetic import ratio, total
from forecasting.bands import band_quantiles
from forecasting.draws import draws_precision, projected_draws
from forecasting.evaluation import scenario_model
from forecasting.plan import prepared_plan
from forecasting.projection import bands, forecast
from forecasting.quantiles import TwoPieceCurve, quantile_values
from forecasting.quantities import QUANTITIES

LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]


@pytest.fixture(scope="module")
def model(tables):
    return scenario_model(tables, plan=prepared_plan(tables, 0.35))


@given(arrays(float, st.tuples(st.integers(1, 40), st.integers(1, 3)), elements=st.floats(-1e6, 1e6)))
def test_bands_are_the_quantiles_of_numpy(draws):
    expected = np.moveaxis(np.quantile(draws, LEVELS, axis=0), 0, -1)
    np.testing.assert_allclose(band_quantiles(draws), expected, rtol=1e-12, atol=1e-6)


def test_a_missing_draw_leaves_no_band():
    draws = np.array([[1.0, 1.0], [2.0, np.nan], [3.0, 3.0]])
    found = band_quantiles(draws)
    assert np.isfinite(found[0]).all()
    assert np.isnan(found[1]).all()


@pytest.mark.parametrize("kind", ["lognormal", "logitnormal"])
def test_a_curve_gives_the_values_of_its_quantiles(kind):
    low, central, high = np.array([0.1, 0.2, 0.0]), np.array([0.3, 0.2, 0.0]), np.array([0.4, 0.2, 0.0])
    z = np.array([-2.0, -0.1, 0.0, 1.5])
    expected = quantile_values(z[:, None], low, central, high, kind).T
    np.testing.assert_allclose(TwoPieceCurve(low, central, high, kind).values(z), expected, rtol=1e-14)


def test_sums_and_ratios_survive_a_whole_of_nothing():
    parts = [np.array([1.0, 0.0]), np.array([3.0, 0.0])]
    assert total(parts).tolist() == [4.0, 0.0]
    assert ratio(parts[0], total(parts)).tolist() == [0.25, 0.0]


def leaves(nested):
    if isinstance(nested, dict):
        return [leaf for inner in nested.values() for leaf in leaves(inner)]
    return [nested]


def test_draws_hang_neither_on_the_chunk_nor_on_their_order(model):
    scores = model.scores(96)
    values = model.values(scores)
    whole = projected_draws("central", model.plan, values, scores)
    backwards = [{k: v[::-1] for k, v in part.items()} for part in (values, scores)]
    chunked = projected_draws("central", model.plan, *backwards, chunk_draws=17)
    for part in ("operations", "power_w", "tokens_per_day", "units_in_use", "checks"):
        for one, other in zip(leaves(getattr(whole, part)), leaves(getattr(chunked, part)), strict=True):
            # A shortfall is a small difference of large numbers.
            np.testing.assert_allclose(other[::-1], one, rtol=1e-9, atol=np.nanmax(np.abs(one)) * 1e-9)


def test_single_precision_keeps_a_forecast_to_a_hundred_thousandth(model):
    scores = model.scores(500)
    double, single = (
        projected_draws("central", model.plan, model.values(scores), scores, precision=precision)
        for precision in (np.float64, np.float32)
    )
    for part in ("operations", "power_w", "tokens_per_day", "units_in_use", "checks"):
        assert {leaf.dtype.name for leaf in leaves(getattr(single, part))} == {"float32"}, part
    for quantity in QUANTITIES:
        found, expected = (bands(drawn, quantity).filter(regex="^p") for drawn in (single, double))
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert draws_precision(9_999) is np.float64
    assert draws_precision(10_000) is np.float32


def test_a_draw_alone_is_the_same_draw(model):
    scores = model.scores(8)
    one = {name: column[5:6] for name, column in scores.items()}
    alone, among = model.projection(one), model.projection(scores)
    for series_sense, segments in alone.operations.items():
        for segment, amount in segments.items():
            np.testing.assert_allclose(
                amount[0], among.operations[series_sense][segment][5], rtol=1e-9, atol=1e-3
            )


def test_a_forecast_is_the_bands_of_the_projection(tables, model):
    for quantity in ("ops", "usd"):
        drawn = model.projection(model.scores(50, 3))
        expected = bands(drawn, quantity)
        found = forecast(tables, quantity=quantity, draws=50, seed=3, plan=model.plan)
        np.testing.assert_array_equal(found.filter(regex="^p"), expected.filter(regex="^p"))

"""Trends in log space: exact on their own curves, honest about what they cannot know."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.errors import InvalidValue
from forecasting.trends import (
    damped_years,
    declining_growth_fit,
    exponential_fit,
    gompertz_fit,
    growth_drift,
    logistic_fit,
)

YEARS = np.arange(2010.0, 2020.0, 0.25)
LN10 = np.log(10.0)
FITS = [exponential_fit, declining_growth_fit, logistic_fit, gompertz_fit]


def noisy(curve, sd=0.2, seed=0):
    return curve + sd * np.random.default_rng(seed).standard_normal(len(curve))


def test_an_exponential_is_found_again_from_its_own_points():
    # 4x a year from 1e20 in 2010: ten years later 4^10 = 1,048,576 times as much.
    fit = exponential_fit(YEARS, 20 + np.log10(4) * (YEARS - 2010))
    assert fit.level(2020) == pytest.approx(20 + np.log10(4**10), abs=1e-6)
    assert fit.growth(2025) == pytest.approx(np.log10(4), abs=1e-6)


def test_a_declining_growth_is_found_again_from_its_own_points():
    after = YEARS - YEARS[-1]
    fit = declining_growth_fit(YEARS, 24 + 0.5 * (1 - np.exp(-0.1 * after)) / 0.1)
    assert fit.parameters == pytest.approx([24, 0.5, 0.1], abs=1e-3)
    # All that is left to gain is 0.5 / 0.1 = 5 orders.
    assert fit.level(2200) == pytest.approx(29, abs=0.05)


def test_a_saturated_logistic_tells_its_ceiling_whatever_the_prior():
    years = np.arange(1990.0, 2020.0, 0.25)
    fit = logistic_fit(years, 3.0 - np.log10(1 + np.exp(-0.8 * (years - 2000))))
    assert fit.level(2050) == pytest.approx(3.0, abs=0.02)
    assert fit.level(2000) == pytest.approx(3.0 - np.log10(2), abs=0.02)


def test_a_gompertz_curve_closes_a_constant_share_of_its_distance():
    years = np.arange(1990.0, 2030.0, 0.5)
    fit = gompertz_fit(years, 5.0 - 4.0 * np.exp(-0.15 * (years - 1990)))
    distance = 5.0 - fit.level([2000, 2010, 2020])
    assert distance[1:] / distance[:-1] == pytest.approx(np.exp(-1.5), rel=0.03)


@pytest.mark.parametrize("fit", FITS)
def test_the_spread_widens_with_every_year_beyond_the_points(fit):
    bent = noisy(20 + 0.9 * (YEARS - 2010) - 0.02 * (YEARS - 2010) ** 2)
    spread = fit(YEARS, bent).spread(np.arange(2020.0, 2027.0))
    assert np.all(np.diff(spread) > 0)
    # A new point is never surer than its scatter around the curve.
    assert spread[0] > fit(YEARS, bent).residual_sd


def test_the_interval_of_an_exponential_is_the_textbook_one_and_its_drift():
    # Prediction variance of least squares: s^2 (1 + 1/n + (x - xbar)^2 / Sxx), Draper and Smith, 1.4; growth
    # that wanders by d a year adds d^2 h^3 / 3, the variance of an integrated random walk.
    values = noisy(20 + 0.7 * (YEARS - 2010), seed=3)
    fit = exponential_fit(YEARS, values)
    residual = values - fit.level(YEARS)
    lagged = np.sum(residual[1:] * residual[:-1]) / np.sum(residual**2)
    clustering = (1 + max(lagged, 0)) / (1 - max(lagged, 0))
    sxx = np.sum((YEARS - YEARS.mean()) ** 2)
    textbook = fit.residual_sd * np.sqrt(1 + clustering * (1 / len(YEARS) + (2025 - YEARS.mean()) ** 2 / sxx))
    drift = growth_drift(YEARS, values) ** 2 * (2025 - YEARS[-1]) ** 3 / 3
    assert fit.spread(2025.0) == pytest.approx(np.sqrt(textbook**2 + drift), rel=2e-3)


def test_intervals_hold_as_often_as_they_say():
    # 80 % intervals three years ahead of 400 noisy exponentials; 3 sigma of the binomial is 6 points.
    rng = np.random.default_rng(7)
    held = 0
    for _ in range(400):
        values = 20 + 0.7 * (YEARS - 2010) + 0.3 * rng.standard_normal(len(YEARS))
        low, high = exponential_fit(YEARS, values).quantiles([2023.0], [0.1, 0.9])[:, 0]
        held += low <= 10 ** (20 + 0.7 * 13 + 0.3 * rng.standard_normal()) <= high
    assert 0.74 <= held / 400 <= 0.88


def test_quantiles_are_values_in_order_of_their_probabilities():
    fit = exponential_fit(YEARS, noisy(20 + 0.7 * (YEARS - 2010)))
    bands = fit.quantiles([2020.0, 2025.0], [0.05, 0.5, 0.95])
    assert bands.shape == (3, 2)
    assert np.all(np.diff(bands, axis=0) > 0)
    assert bands[1] == pytest.approx(10 ** fit.level([2020.0, 2025.0]))


def test_growth_that_changes_is_seen_as_drift_and_steady_growth_is_not():
    steady = 20 + 0.7 * (YEARS - 2010)
    slowing = np.where(YEARS < 2015, 20 + (YEARS - 2010), 25 + 0.4 * (YEARS - 2015))
    assert growth_drift(YEARS, steady) == pytest.approx(0, abs=1e-6)
    # The slope falls by 0.6 between halves whose centres lie five years apart: 0.6 / sqrt(5).
    assert growth_drift(YEARS, slowing) == pytest.approx(0.6 / np.sqrt(5), rel=0.02)


@given(st.floats(0.5, 1.0), st.floats(0.0, 20.0))
def test_damped_years_never_exceed_the_horizon_and_have_a_limit(retention, horizon):
    worth = float(damped_years(horizon, retention))
    assert -1e-12 <= worth <= horizon + 1e-9
    if retention < 1:
        assert worth <= 1 / -np.log(retention) + 1e-9


def test_damped_years_of_a_growth_that_halves():
    # (1 - 1/2^h) / ln 2.
    assert damped_years([0, 1, 2], 0.5) == pytest.approx([0, 0.5 / np.log(2), 0.75 / np.log(2)])
    assert damped_years([0, 1, 2], 1.0) == pytest.approx([0, 1, 2])


@given(st.permutations(range(12)))
def test_the_order_of_the_points_does_not_matter(order):
    years, values = YEARS[:12], noisy(20 + 0.7 * (YEARS[:12] - 2010), seed=5)
    shuffled = exponential_fit(years[list(order)], values[list(order)])
    assert shuffled.level(2025.0) == pytest.approx(exponential_fit(years, values).level(2025.0), abs=1e-6)


@pytest.mark.parametrize(
    ("years", "values", "told"),
    [
        ([2010, 2011], [1, 2], "A trend needs at least 6 points with a year each, not 2 values and 2 years."),
        (
            [2010.0] * 6,
            [1, 2, 3, 4, 5, 6],
            "All points of the trend are of 2010: a trend needs at least two dates.",
        ),
        (
            range(6),
            [1, 2, 3, 4, 5, np.nan],
            "A trend's years and log10 values must be finite: leave out values of zero or below.",
        ),
    ],
)
def test_points_that_bear_no_trend_are_refused(years, values, told):
    with pytest.raises(InvalidValue) as refused:
        exponential_fit(list(years), values)
    assert str(refused.value) == told


@pytest.mark.parametrize(("fit", "curve"), [(logistic_fit, "logistic"), (gompertz_fit, "Gompertz")])
def test_a_falling_series_has_no_rising_curve(fit, curve):
    with pytest.raises(InvalidValue) as refused:
        fit(YEARS, 20 - 0.5 * (YEARS - 2010))
    assert str(refused.value) == (
        f"A {curve} curve rises to its ceiling, but these values change by -0.5 orders of magnitude a year: "
        "fit an exponential instead."
    )


@pytest.mark.parametrize("retention", [0.0, 1.2, -0.1])
def test_an_impossible_retention_is_refused(retention):
    with pytest.raises(InvalidValue, match="it lies above 0 and up to 1"):
        damped_years(1.0, retention)

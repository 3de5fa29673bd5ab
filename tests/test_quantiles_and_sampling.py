"""Distributions by their quantiles, and draws by name."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.errors import InvalidValue
from forecasting.quantiles import Z95, quantile_values
from forecasting.sampling import normal_scores


@pytest.mark.parametrize("distribution", ["lognormal", "logitnormal", "normal"])
def test_the_three_quantiles_are_met_exactly(distribution):
    values = quantile_values([-Z95, 0.0, Z95], 0.2, 0.3, 0.7, distribution)
    np.testing.assert_allclose(values, [0.2, 0.3, 0.7], rtol=1e-12)


@given(
    z=st.lists(st.floats(-4, 4), min_size=2, max_size=20),
    parts=st.lists(st.floats(0.01, 0.99), min_size=3, max_size=3),
    distribution=st.sampled_from(["lognormal", "logitnormal", "normal"]),
)
def test_values_rise_with_the_score(z, parts, distribution):
    low, central, high = sorted(parts)
    values = quantile_values(sorted(z), low, central, high, distribution)
    assert np.all(np.diff(values) >= -1e-12)


def test_a_share_never_leaves_zero_to_one():
    values = quantile_values(np.linspace(-8, 8, 101), 0.01, 0.5, 0.99, "logitnormal")
    assert values.min() >= 0
    assert values.max() <= 1


def test_a_fixed_or_zero_input_does_not_move():
    np.testing.assert_array_equal(quantile_values([-3.0, 0.0, 3.0], 2.0, 2.0, 2.0, "lognormal"), 2.0)
    np.testing.assert_array_equal(quantile_values([-3.0, 0.0, 3.0], 0.0, 0.0, 0.0, "lognormal"), 0.0)


def test_draws_do_not_depend_on_the_order_of_the_names_nor_on_how_many_follow():
    few = normal_scores(["b", "a"], 100, seed=3)
    many = normal_scores(["a", "b", "a"], 1000, seed=3)
    np.testing.assert_array_equal(few["a"], many["a"][:100])
    np.testing.assert_array_equal(few["b"], many["b"][:100])


def test_draws_are_standard_normal_and_uncorrelated():
    scores = normal_scores([f"x{i}" for i in range(12)], 4096)
    matrix = np.array(list(scores.values()))
    assert np.abs(matrix.mean(axis=1)).max() < 0.01
    assert np.abs(matrix.std(axis=1) - 1).max() < 0.01
    assert np.abs(np.corrcoef(matrix) - np.eye(12)).max() < 0.05


def test_another_seed_gives_other_draws():
    assert not np.array_equal(normal_scores(["a"], 64, 0)["a"], normal_scores(["a"], 64, 1)["a"])


@pytest.mark.parametrize(
    ("draws", "seed", "message"),
    [
        (0, 0, "The number of draws is 0: it must lie between 1 and 200,000."),
        (300_000, 0, "The number of draws is 300000: it must lie between 1 and 200,000."),
        (10, -1, "The seed is -1: it must be 0 or a positive whole number."),
    ],
)
def test_bad_draws_are_refused_in_a_sentence(draws, seed, message):
    with pytest.raises(InvalidValue) as caught:
        normal_scores(["a"], draws, seed)
    assert str(caught.value) == message


def test_no_inputs_need_no_draws():
    assert dict(normal_scores([], 10)) == {}

"""Survival, stock and the mix of devices."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.errors import InvalidValue
from forecasting.fleets import (
    STOCK_YEARS,
    fleets_by_segment,
    normalised_mix,
    surviving_share,
    vintage_mix,
    year_means,
)


def at_median(fleet):
    return fleet.units_in_use({name: np.zeros(1) for name in fleet.inputs})[0]


def test_survival_is_one_at_sale_and_1_over_e_at_the_scale():
    assert surviving_share(0.0, 5.0, 2.5) == 1.0
    assert surviving_share(5.0, 5.0, 2.5) == pytest.approx(np.exp(-1))
    assert surviving_share(-1.0, 5.0, 2.5) == 0.0


@given(st.floats(0, 40), st.floats(0, 10), st.floats(1, 20), st.floats(0.5, 6))
def test_survival_never_rises_with_age(age, more, scale, shape):
    assert surviving_share(age + more, scale, shape) <= surviving_share(age, scale, shape)


def test_smartphones_in_use_at_the_end_of_2025_agree_with_counterpoint(tables):
    # 4.3 / 5.2 / 5.9 billion active, the bounds the lifetime was fitted to (fleet_lifetimes, source column).
    stock = at_median(fleets_by_segment(tables)["smartphone"]).sum(axis=1)
    assert stock[list(STOCK_YEARS).index(2025)] == pytest.approx(5.2e9, rel=0.05)


def test_tesla_base_stays_above_the_seven_million_built(tables):
    stock = at_median(fleets_by_segment(tables)["tesla_vehicle"]).sum(axis=1)
    assert stock[list(STOCK_YEARS).index(2024)] == pytest.approx(7.0e6, rel=0.08)


def test_stock_balance_new_less_retired(tables):
    fleet = fleets_by_segment(tables)["smartphone"]
    units = at_median(fleet)
    shipped = fleet.central
    for i in range(1, len(STOCK_YEARS)):
        new = fleet.vintages == STOCK_YEARS[i]
        retired = units[i - 1] - units[i]
        balance = units[i - 1].sum() + units[i][new].sum() - retired[~new].sum()
        assert units[i].sum() == pytest.approx(balance)
        assert units[i][new] == pytest.approx(
            shipped[new] * surviving_share(0.5, fleet.scale_years[1], fleet.shape)
        )


def test_the_mean_over_a_year_is_that_of_its_ends():
    np.testing.assert_array_equal(year_means(np.array([[2.0, 4.0, 8.0]])), [[3.0, 6.0]])


def mix_of(*rows):
    return pd.DataFrame(rows, columns=["segment", "year", "device_id", "share", "origin"])


def test_a_users_share_is_taken_from_the_others_in_proportion():
    mix = mix_of(
        ("phone", 2027, "a", 0.6, "builtin"),
        ("phone", 2027, "b", 0.4, "builtin"),
        ("phone", 2027, "mine", 0.3, "user"),
    )
    shares = normalised_mix(mix).set_index("device_id")["share"]
    assert shares.to_dict() == pytest.approx({"a": 0.42, "b": 0.28, "mine": 0.3})


def test_a_year_without_user_rows_keeps_its_shares_to_the_last_bit():
    mix = mix_of(("phone", 2027, "a", 0.1 + 0.2, "builtin"), ("phone", 2027, "b", 0.7, "builtin"))
    assert normalised_mix(mix)["share"].tolist() == [0.1 + 0.2, 0.7]


def test_user_shares_beyond_the_whole_are_scaled_down_to_it():
    mix = mix_of(
        ("phone", 2027, "a", 1.0, "builtin"),
        ("phone", 2027, "m", 0.9, "user"),
        ("phone", 2027, "n", 0.6, "user"),
    )
    shares = normalised_mix(mix).set_index("device_id")["share"]
    assert shares.to_dict() == pytest.approx({"a": 0.0, "m": 0.6, "n": 0.4})


def test_a_segment_of_user_rows_alone_sums_to_one():
    mix = mix_of(("mine", 2027, "m", 0.2, "user"), ("mine", 2027, "n", 0.2, "user"))
    assert normalised_mix(mix)["share"].tolist() == pytest.approx([0.5, 0.5])


def test_built_in_mixes_sum_to_one_in_every_segment_and_year(tables):
    sums = normalised_mix(tables["fleet_mix"]).groupby(["segment", "year"])["share"].sum()
    np.testing.assert_allclose(sums, 1.0, atol=1e-4)


def test_a_vintage_without_rows_takes_the_nearest_earlier_year():
    mix = mix_of(("p", 2020, "a", 1.0, "builtin"), ("p", 2024, "b", 1.0, "builtin"))[
        ["segment", "year", "device_id", "share"]
    ]
    table = vintage_mix(mix, "p", np.array([2018, 2022, 2024, 2030]))
    assert table.loc["a"].tolist() == [1.0, 1.0, 0.0, 0.0]
    assert table.loc["b"].tolist() == [0.0, 0.0, 1.0, 1.0]


def test_a_segment_without_lifetime_is_named(tables):
    broken = dict(tables) | {"fleet_lifetimes": tables["fleet_lifetimes"].query("segment != 'humanoid'")}
    with pytest.raises(InvalidValue, match="Segment 'humanoid' has shipments but no row in fleet_lifetimes"):
        fleets_by_segment(broken)

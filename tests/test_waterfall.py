"""The split of a difference: exact, order-free, and true where the answer is known."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.errors import InvalidValue, UnknownName
from forecasting.assumptions import scenario_difference
from forecasting.outputs import OUTPUTS, output_draws
from forecasting.plan import prepared_plan
from forecasting.projection import projection
from forecasting.waterfall import causes, shapley_values, waterfall

DRAWS = 64


@pytest.fixture(scope="module")
def plan(tables):
    return prepared_plan(tables, 0.35)


def test_the_glove_game_has_its_textbook_values():
    # One left glove (player 0), two right ones; a pair is worth 1 (Shapley values 2/3, 1/6, 1/6).
    pair = shapley_values(lambda members: float(0 in members and len(members) > 1), 3)
    np.testing.assert_allclose(pair, [2 / 3, 1 / 6, 1 / 6])


@given(st.lists(st.floats(-1e3, 1e3), min_size=8, max_size=8))
def test_shapley_values_are_the_mean_over_all_orders_and_add_up(worths):
    def worth(members):
        return worths[sum(1 << i for i in members)]

    effects = shapley_values(worth, 3)
    gains = np.zeros(3)
    for order in permutations(range(3)):
        for place, player in enumerate(order):
            gains[player] += worth(frozenset(order[: place + 1])) - worth(frozenset(order[:place]))
    np.testing.assert_allclose(effects, gains / 6, atol=1e-9)
    assert np.sum(effects) == pytest.approx(worths[7] - worths[0], abs=1e-9)


@pytest.mark.parametrize("output", ["twh_2030", "edge_share_2030"])
def test_the_effects_lead_from_one_scenarios_median_to_the_others(tables, plan, output):
    frame = waterfall(tables, "central", "power_constrained", output, draws=DRAWS, plan=plan, most_causes=4)
    medians = [
        np.median(output_draws(projection(tables, scenario_id, draws=DRAWS, plan=plan), output))
        for scenario_id in ("central", "power_constrained")
    ]
    assert frame["level_before"].iloc[0] == pytest.approx(medians[0], rel=1e-12)
    assert frame["level_after"].iloc[-1] == pytest.approx(medians[1], rel=1e-9)
    assert frame["effect"].sum() == pytest.approx(medians[1] - medians[0], rel=1e-9)
    np.testing.assert_allclose(frame["level_before"].iloc[1:], frame["level_after"].iloc[:-1], rtol=1e-9)
    assert frame["step"].tolist() == [1, 2, 3, 4]
    assert set(", ".join(frame["assumptions"]).split(", ")) == set(
        scenario_difference(tables, "central", "power_constrained")["assumption_id"]
    )


def test_the_way_back_is_the_way_there_with_the_other_sign(tables, plan):
    there = waterfall(tables, "central", "edge_first", draws=DRAWS, plan=plan).set_index("cause")["effect"]
    back = waterfall(tables, "edge_first", "central", draws=DRAWS, plan=plan).set_index("cause")["effect"]
    pd.testing.assert_series_equal(there.sort_index(), -back.sort_index(), rtol=1e-9, atol=1e-9)


def test_one_changed_assumption_carries_the_whole_difference(tables, plan):
    # Data centres take PUE times IT power; the edge has none, so the data centres' median doubles with it.
    frame = waterfall(
        tables,
        "central",
        "central",
        "data_centre_twh_2030",
        draws=DRAWS,
        plan=plan,
        overrides_from={"pue": 1.0},
        overrides_to={"pue": 2.0},
    )
    assert frame[["cause", "assumptions"]].to_numpy().tolist() == [["pue", "pue"]]
    assert frame["level_after"].iloc[0] == pytest.approx(2 * frame["level_before"].iloc[0], rel=1e-9)


def test_an_assumption_that_a_figure_does_not_read_has_no_effect(tables, plan):
    frame = waterfall(
        tables,
        "central",
        "central",
        "twh_2030",
        draws=DRAWS,
        plan=plan,
        overrides_to={"grid_g_co2_per_kwh": 300.0},
    )
    assert frame["effect"].tolist() == [0.0]


def test_the_spread_around_the_core_is_a_cause_like_any_other(tables, plan):
    frame = waterfall(
        tables,
        "central",
        "central",
        "edge_ops_2030",
        draws=DRAWS,
        plan=plan,
        overrides_to={"fleet_spread": 1.5},
    )
    expected = [
        np.median(
            output_draws(projection(tables, draws=DRAWS, overrides={"fleet_spread": spread}), "edge_ops_2030")
        )
        for spread in (0.35, 1.5)
    ]
    assert expected[1] != pytest.approx(expected[0], rel=0.002)
    assert frame["effect"].iloc[0] == pytest.approx(expected[1] - expected[0], rel=1e-9)


def test_equal_scenarios_have_nothing_to_explain(tables, plan):
    assert waterfall(tables, "bitstream", "bitstream", draws=DRAWS, plan=plan).empty


def test_causes_are_single_until_they_are_too_many(tables):
    difference = scenario_difference(tables, "central", "edge_first")
    assert [len(c.assumptions) for c in causes(difference, 20)] == [1] * len(difference)
    few = {c.cause_id: len(c.assumptions) for c in causes(difference, 3)}
    assert few == {"placement": 2, "edge_software_gain": 1, "stock_growth_2030": 1}
    two = {c.cause_id: len(c.assumptions) for c in causes(difference, 2)}
    assert two == {"placement": 2, "others": 2}


def test_a_replayed_figure_has_no_causes(tables):
    with pytest.raises(InvalidValue, match=r"Scenario 'figure_4' replays a published figure"):
        waterfall(tables, "central", "figure_4")


def test_an_unknown_figure_names_the_nearest(tables):
    with pytest.raises(UnknownName, match=r"There is no output 'twh_2035': did you mean twh_2030"):
        waterfall(tables, "central", "edge_first", "twh_2035")


def test_every_figure_exists_in_2030(tables, plan):
    drawn = projection(tables, draws=16, plan=plan)
    for name, output in OUTPUTS.items():
        figures = output_draws(drawn, f"{name}_2030")
        assert np.isfinite(figures).all()
        assert (figures > 0).all()
        if output.unit == "share":
            assert (figures < 1).all()


def test_figures_of_the_parts_add_up(tables, plan):
    drawn = projection(tables, draws=16, plan=plan)
    parts = [output_draws(drawn, f"{name}_ops_2030") for name in ("training", "cloud", "edge")]
    np.testing.assert_allclose(np.sum(parts, axis=0), output_draws(drawn, "total_ops_2030"), rtol=1e-12)
    np.testing.assert_allclose(
        parts[2] / np.sum(parts, axis=0), output_draws(drawn, "edge_share_2030"), rtol=1e-12
    )

"""Ability of a fleet, preference, and the drivers behind demand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.errors import InvalidValue
from forecasting.demand import workload_demands
from forecasting.drivers import demand_terms, drivers_by_name
from forecasting.placement import GAIN_GRID, able_probability, attained_rate, gain_lookup, rising_tables
from forecasting.plan import prepared_plan
from forecasting.years import YEARS, interpolated


def test_a_device_that_meets_its_budget_exactly_is_able_with_even_odds():
    assert able_probability(np.array(1.0), np.array(0.0), 0.35) == 0.5


def test_a_model_that_does_not_fit_and_a_device_without_figures_are_never_able():
    np.testing.assert_array_equal(
        able_probability(np.array([np.inf, np.nan]), np.array(3.0), 0.35), [0.0, 0.0]
    )


@given(st.floats(0.01, 100), st.floats(1.001, 10), st.floats(-2, 4), st.floats(0.05, 1))
def test_ability_falls_with_the_margin_and_rises_with_the_gain(margin, factor, gain, spread):
    slow, fast = able_probability(np.array([margin * factor, margin]), np.array(gain), spread)
    assert slow <= fast
    assert able_probability(np.array(margin), np.array(gain + 0.1), spread) >= fast


def test_a_machine_built_for_a_workload_runs_it_as_fast_as_it_can():
    margins = np.array([0.5, 1.0, 2.0, np.inf, np.nan])
    np.testing.assert_allclose(attained_rate(margins, np.array(0.0)), [1, 1, 0.5, 0, 0])
    np.testing.assert_allclose(attained_rate(margins, np.log(1.5)), [1, 1, 0.75, 0, 0])


def test_what_runs_twice_as_fast_on_a_device_takes_half_its_energy(tables):
    (host,) = prepared_plan(tables, 0.35).hosts["arm_vla"]
    fast, faster = (int(np.searchsorted(GAIN_GRID, gain)) for gain in (4.0, 5.0))
    # At these gains the device is able beyond doubt.
    np.testing.assert_allclose(host.energy_j[fast] / host.energy_j[faster], np.e, rtol=1e-6)
    np.testing.assert_allclose(host.wait_s[fast] / host.wait_s[faster], np.e, rtol=1e-6)


@given(st.floats(1.0, 2.2))
def test_the_gain_lookup_agrees_with_the_probability_itself(gain):
    margin, spread = 1.7, 0.35
    table = able_probability(np.full((len(GAIN_GRID), 1), margin), GAIN_GRID[:, None], spread)
    lookup = gain_lookup(np.array([gain]))
    rising = rising_tables(table[:, None])
    looked_up = [lookup.summed(i, np.ones((1, 1)), rising)[0, 0] for i in range(len(YEARS))]
    exact = able_probability(np.array(margin), np.log(gain) * np.maximum(YEARS - 2025, 0), spread)
    np.testing.assert_allclose(looked_up, exact, atol=5e-3)


def test_counts_move_along_exponentials_and_shares_along_lines():
    years = np.array([2025, 2026, 2027])
    known, values = np.array([2025, 2027]), np.array([1.0, 100.0])
    assert interpolated(years, known, values, log=True).tolist() == pytest.approx([1, 10, 100])
    assert interpolated(years, known, values, log=False).tolist() == pytest.approx([1, 50.5, 100])


def test_a_stretch_from_zero_runs_along_a_line_and_the_ends_stay():
    years = np.array([2022, 2024, 2025, 2026, 2030])
    known, values = np.array([2024, 2026, 2028]), np.array([0.0, 10.0, 40.0])
    assert interpolated(years, known, values, log=True).tolist() == pytest.approx([0, 0, 5, 10, 40])


def test_chat_activity_in_2025_is_users_times_messages_times_the_small_models_share(tables):
    # workload_drivers, 2025: 1.6e9 weekly users, 4 messages a day, 15 % of them on small models.
    demand = workload_demands(tables)["chat_phone"]
    zero = {name: np.zeros(1) for name in demand.terms.inputs}
    per_s = demand.items_per_s_of_activity(zero)[0, list(YEARS).index(2025)]
    assert per_s == pytest.approx(1.6e9 * 4 * 0.15 / 86_400)


def test_hours_of_driving_run_at_the_workloads_frame_rate(tables):
    # 0.52 h a day and car, 40 % of them with the full network, 36 frames a second.
    demand = workload_demands(tables)["fsd_hw4_36"]
    zero = {name: np.zeros(1) for name in demand.terms.inputs}
    per_car = demand.items_per_s_of_activity(zero)[0, list(YEARS).index(2025)]
    assert per_car == pytest.approx(0.52 * 3600 * 0.4 * 36 / 86_400)


def test_turns_an_hour_times_hours_are_events_a_day(tables):
    # 4 active hours a day, 5 turns an hour in 2025.
    demand = workload_demands(tables)["humanoid_voice"]
    zero = {name: np.zeros(1) for name in demand.terms.inputs}
    per_robot = demand.items_per_s_of_activity(zero)[0, list(YEARS).index(2025)]
    assert per_robot == pytest.approx(4 * 5 / 86_400)


def test_growth_terms_are_one_in_2025_and_compound_from_there(tables):
    terms = demand_terms(tables)["recsys_rank"]
    scores = {name: np.zeros(1) for name in terms.inputs}
    (growth,) = (d for d, role in terms.terms if role == "growth")
    later = YEARS >= 2025
    plain = np.prod([d.values(scores)[0] for d, role in terms.terms if role == "factor"], axis=0)[later]
    rates = growth.values(scores)[0][later]
    expected = np.concatenate([[1.0], np.cumprod(rates[1:])])
    np.testing.assert_allclose(terms.product(scores)[0][later] / plain, expected)


def test_observed_years_have_no_spread(tables):
    driver = drivers_by_name(tables)["fsd_hw4_36", "active FSD subscriptions/purchases"]
    at = list(YEARS).index(2025)
    assert driver.low[at] == driver.central[at] == driver.high[at] == 1.1e6


def test_a_term_without_its_driver_is_named(tables):
    row = {"workload_id": "chat_phone", "driver_workload_id": "x", "driver": "y", "role": "factor"}
    broken = dict(tables) | {
        "workload_demand_terms": pd.concat([tables["workload_demand_terms"], pd.DataFrame([row])])
    }
    with pytest.raises(InvalidValue, match="The demand of workload 'chat_phone' hangs on driver 'y' of 'x'"):
        demand_terms(broken)

"""The largest run by year, what caps it and what it takes; and how demand answers to price."""

import io

import numpy as np
import pandas as pd
import pytest

from forecasting.arithmetic import total
from forecasting.demand import price_response
from forecasting.largest_runs import MEASURES, clusters, largest_runs
from forecasting.plan import prepared_plan
from forecasting.projection import projection
from forecasting.years import HOURS_PER_YEAR, YEARS

AT_2030 = list(YEARS).index(2030)


@pytest.fixture(scope="module")
def plan(tables):
    return prepared_plan(tables, 0.35)


@pytest.fixture(scope="module")
def central(tables, plan):
    return projection(tables, draws=128, plan=plan)


@pytest.fixture(scope="module")
def told(central, tables):
    return largest_runs(central, tables).set_index(["measure", "year"])


def test_every_measure_has_every_year_from_2025(told):
    assert set(told.index) == {(m, y) for m in MEASURES for y in range(2025, 2031)}
    assert np.isfinite(told[["p5", "p50", "p95"]].to_numpy()).all()


def test_no_run_outgrows_what_it_is_fed_and_one_at_least_is_fed(told):
    assert (told.loc["largest_run", "p95"] <= told.loc["fed", "p95"] * (1 + 1e-9)).all()
    assert (told.loc["runs_like_it", "p5"] >= 1 - 1e-9).all()
    assert told.loc["capped", "p50"].between(0, 1).all()
    assert told.loc[("capped", 2025), "p50"] < told.loc[("capped", 2030), "p50"]


def test_machines_parameters_and_memory_by_hand(central, tables):
    """One draw: operations over nine months of seconds, peak and utilisation, and 18 bytes a parameter."""
    told = largest_runs(central, tables).set_index(["measure", "year"])
    run = np.median(central.checks["largest_run_flop"][:, AT_2030])
    parameters = told.loc[("parameters", 2030), "p50"]
    assert parameters == pytest.approx(
        np.median(np.sqrt(central.checks["largest_run_flop"][:, AT_2030] / 120))
    )
    busy = 0.75 * HOURS_PER_YEAR * 3600 * central.h100_ops_per_s * central.values["training_utilisation"]
    machines = np.median(central.checks["largest_run_flop"][:, AT_2030] / busy)
    assert told.loc[("h100e_for_nine_months", 2030), "p50"] == pytest.approx(machines)
    assert run > 0
    assert (told.loc["share_of_memory", "p95"] < 1).all()


def test_a_network_that_is_too_slow_for_the_run_says_so(central, tables, told):
    assert told.loc["network_share", "p50"].between(0, 0.5).all()
    assert (told.loc["network_limited", "p50"] < 0.2).all()
    assert (told.loc["utilisation_reached", "p50"] < 0.5).all()
    slow = tables["devices"].copy()
    slow["interconnect_gb_per_s_per_direction"] /= 1000
    choked = largest_runs(central, {**tables, "devices": slow}).set_index(["measure", "year"])
    assert (choked.loc["network_limited", "p50"] > told.loc["network_limited", "p50"] + 0.1).all()
    assert (choked.loc["network_share", "p50"] > told.loc["network_share", "p50"]).all()


def test_each_years_run_stands_on_what_was_added_most_the_year_before(tables):
    found = clusters(tables, np.array([2025, 2026]))
    peak = tables["device_peaks"].query("precision == 'bf16'").set_index("device_id")["dense_tops"]
    np.testing.assert_allclose(found.peak_ops_per_s / 1e12, peak[["h100_sxm", "gb200_gpu"]])
    assert found.fast_devices.tolist() == [8, 64]


def test_power_of_the_run_is_its_share_of_the_facilities(told):
    share, power = told.loc["share_of_stock", "p50"], told.loc["power", "p50"]
    assert (power > 0).all()
    assert (share < 1).all()


def test_demand_answers_to_price_with_its_elasticity():
    # Watts fall by a fifth a year and operations an answer by half: in 2030 at (0.8 x 0.5)^5 of the price.
    values = {
        "price_elasticity": np.array([0.0, 1.0]),
        "chip_w_decline": np.array([0.8, 0.8]),
        "frontier_model_growth": np.array([0.5, 0.5]),
    }
    response = price_response(values, frontier=True)
    np.testing.assert_array_equal(response[0], 1.0)
    np.testing.assert_allclose(response[1, YEARS <= 2025], 1.0)
    assert response[1, AT_2030] == pytest.approx((0.8 * 0.5) ** -5)
    assert price_response(values, frontier=False)[1, AT_2030] == pytest.approx(0.8**-5)


def test_a_price_response_moves_priced_demand_after_2025_and_no_cars(tables, plan, central):
    more = projection(tables, draws=128, plan=plan, overrides={"price_elasticity": 0.5})
    ratio = more.checks["cloud_bottom_up"] / central.checks["cloud_bottom_up"]
    np.testing.assert_allclose(ratio[:, YEARS <= 2025], 1.0, rtol=1e-9)
    assert np.median(ratio[:, AT_2030]) > 1.2
    cars = [d.operations["edge_inference", "demand"]["tesla_vehicle"] for d in (more, central)]
    np.testing.assert_allclose(cars[0], cars[1], rtol=1e-9)
    assert np.all(total(more.operations["edge_inference", "demand"].values()) > 0)


def test_runs_from_the_command_line(edgewise):
    frame = pd.read_csv(io.StringIO(edgewise("runs", "--draws", "16", "--format", "csv")))
    assert set(frame["measure"]) == set(MEASURES)

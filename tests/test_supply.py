"""Limits of supply: what is built, what is rationed, and levers on the machines sold."""

import io

import numpy as np
import pandas as pd
import pytest

from forecasting.arithmetic import total
from forecasting.evaluation import scenario_model
from forecasting.fleets import STOCK_YEARS
from forecasting.plan import prepared_plan
from forecasting.projection import projection
from forecasting.shortfalls import series_shortfalls
from forecasting.supply import gliding_limit, supplied_stock_h100e
from forecasting.years import YEARS

DRAWS = 64
NO_LIMIT = {
    "accelerator_limit_2026": 1e6,
    "accelerator_limit_2030": 1e6,
    "capital_limit_usd_2026": 1e15,
    "capital_limit_usd_2030": 1e15,
    "capex_usd_per_gw_it": 4e10,
}


def at(year):
    return list(YEARS).index(year)


def values_of(**changed):
    return {name: np.array([value]) for name, value in (NO_LIMIT | changed).items()}


@pytest.fixture(scope="module")
def plan(tables):
    return prepared_plan(tables, 0.35)


@pytest.fixture(scope="module")
def central(tables, plan):
    return projection(tables, draws=DRAWS, plan=plan)


@pytest.fixture(scope="module")
def limited(tables, plan):
    return projection(tables, "supply_constrained", draws=DRAWS, plan=plan)


def test_a_limit_glides_in_logarithms_from_2026_to_2030():
    limit = gliding_limit({"x_2026": np.array([20.0]), "x_2030": np.array([320.0])}, "x")
    np.testing.assert_allclose(limit[:, 0], [20, 40, 80, 160, 320])


def test_without_a_limit_the_stock_is_the_one_wanted():
    wanted = np.linspace(1e6, 5e8, len(STOCK_YEARS))[None, :]
    built = supplied_stock_h100e(wanted, np.full_like(wanted, 900.0), values_of())
    np.testing.assert_array_equal(built, wanted)


def test_makers_bound_what_is_added_in_a_year():
    wanted = np.where(STOCK_YEARS <= 2025, 16e6, 1e9)[None, :]
    makers = values_of(accelerator_limit_2026=20.0, accelerator_limit_2030=20.0)
    built = supplied_stock_h100e(wanted, np.full_like(wanted, 900.0), makers)
    np.testing.assert_allclose(built[0, STOCK_YEARS > 2025], 16e6 + 20e6 * np.arange(1, 6))


def test_capital_bounds_the_power_that_is_added():
    # 4e11 US$ a year at 4e10 US$ a gigawatt buy 10 GW, which are 1e7 H100e of a kilowatt.
    wanted = np.where(STOCK_YEARS <= 2025, 16e6, 1e9)[None, :]
    funds = values_of(capital_limit_usd_2026=4e11, capital_limit_usd_2030=4e11)
    built = supplied_stock_h100e(wanted, np.full_like(wanted, 1000.0), funds)
    np.testing.assert_allclose(built[0, STOCK_YEARS > 2025], 16e6 + 1e7 * np.arange(1, 6))


def test_a_constrained_scenario_rations_training_and_serving_and_says_what_is_missing(limited):
    told = series_shortfalls(limited).set_index(["series", "measure", "year"])["p50"]
    for series in ("training", "cloud_inference", "accelerators"):
        assert told[series, "missing", 2030] > 0
        assert told[series, "missing", 2025] == 0
    run = total(limited.operations["training", "demand"].values())
    wanted = run + limited.checks["training_shortfall"]
    share = limited.checks["stock_h100e"] / limited.checks["wanted_stock_h100e"]
    # Training runs on the mean of a year's stock: what is built at both ends bounds the share that is run.
    ends = share[:, at(2029) :]
    ran = (run / wanted)[:, at(2030)]
    assert np.all(ran <= ends.max(axis=1) * (1 + 1e-9))
    assert np.all(ran >= ends.min(axis=1) * (1 - 1e-9))


def test_central_misses_nothing_in_training_and_has_all_that_is_wanted(central):
    np.testing.assert_array_equal(central.checks["stock_h100e"], central.checks["wanted_stock_h100e"])
    assert np.median(central.checks["training_shortfall"][:, at(2030)]) == 0


def test_capital_spent_stays_within_the_limit(tables, plan):
    overrides = {"capital_limit_usd_2026": 3e11, "capital_limit_usd_2030": 3e11}
    drawn = projection(tables, draws=DRAWS, plan=plan, overrides=overrides)
    power = total(
        part for s in ("training", "cloud_inference") for part in drawn.power_w[s, "capacity"].values()
    )
    it_gw = power / drawn.values["pue"][:, None] / 1e9
    spent = np.diff(it_gw, axis=1) * drawn.values["capex_usd_per_gw_it"][:, None]
    assert np.all(spent[:, at(2026) - 1 :] <= 3e11 * (1 + 1e-9))


@pytest.mark.parametrize(
    ("lever", "segment", "first"),
    [
        ("humanoid_supply_2027", "humanoid", 2027),
        ("robotaxi_supply_2027", "robotaxi", 2027),
        ("adas_car_supply_2027", "adas_car", 2027),
        ("phone_supply_2027", "smartphone", 2027),
        ("phone_supply_2026", "smartphone", 2026),
    ],
)
def test_levers_on_machines_sold_move_their_fleet_from_their_year_on(
    tables, plan, central, lever, segment, first
):
    more = projection(tables, draws=DRAWS, plan=plan, overrides={lever: 1.2})
    ratio = more.units_in_use[segment] / central.units_in_use[segment]
    assert np.all(ratio[:, first > YEARS] == 1.0)
    assert np.all(ratio[:, first <= YEARS] > 1.0)
    others = set(more.units_in_use) - {segment}
    assert all(np.array_equal(more.units_in_use[o], central.units_in_use[o]) for o in others)


def test_wanted_is_run_and_missing_in_each_draw(tables, plan):
    model = scenario_model(tables, "power_constrained", plan=plan)
    one = model.projection({name: column[:1] for name, column in model.scores(2).items()})
    told = series_shortfalls(one).pivot(index=["series", "year"], columns="measure", values="p50")
    np.testing.assert_allclose(told["wanted"], told["run"] + told["missing"], rtol=1e-12)
    many = series_shortfalls(projection(tables, "power_constrained", draws=DRAWS, plan=plan))
    dark = many[(many["measure"] == "unpowered_share") & (many["year"] == 2030)].iloc[0]
    assert 0 < dark["p50"] < 1


def test_the_shortfall_from_the_command_line(edgewise):
    told = pd.read_csv(
        io.StringIO(
            edgewise("shortfall", "--set", "power_limit_gw_2030=60", "--draws", "16", "--format", "csv")
        )
    )
    assert set(told["series"]) == {"training", "cloud_inference", "edge_inference", "accelerators"}
    assert set(told["scenario_id"]) == {"power_constrained"}

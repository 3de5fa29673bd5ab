"""Central against what was counted, against the bands of a prototype, and a figure followed by hand."""

import io

import numpy as np
import pandas as pd
import pytest

from forecasting.arithmetic import total
from forecasting.evaluation import plans_by_scenario
from forecasting.placement_map import workload_placement
from forecasting.projection import BAND_COLUMNS, forecast, projection
from forecasting.quantities import QUANTITIES
from forecasting.reconcile import published_comparison
from forecasting.scenarios import scenario_table
from forecasting.years import HOURS_PER_YEAR, YEARS

DRAWS = 256
HISTORY = (2023, 2024, 2025)
CENTRES = ("training", "cloud_inference")


def at(year):
    return list(YEARS).index(year)


@pytest.fixture(scope="module")
def plans(tables):
    models = scenario_table(tables).query("kind == 'model'")["scenario_id"]
    return plans_by_scenario(tables, list(models))


@pytest.fixture(scope="module")
def central(tables, plans):
    return projection(tables, draws=DRAWS, plan=plans["central"])


def vendors(tables, series, date):
    """Low and high ends of what every vendor is counted to have sold, summed."""
    rows = tables["history"].assign(date=lambda h: pd.to_datetime(h["date"]))
    rows = rows[(rows["series"] == series) & (rows["date"] == pd.Timestamp(date))]
    rows = rows[rows["entity"] != "tracked total"]
    return rows["low"].fillna(rows["value"]).sum(), rows["high"].fillna(rows["value"]).sum()


@pytest.mark.parametrize("year", HISTORY)
def test_the_stock_lies_between_what_was_sold_a_half_year_and_a_day_before(central, tables, year):
    # Epoch AI's intervals of each vendor; deployed is sold a quarter earlier.
    low, _ = vendors(tables, "accelerators sold, cumulative", f"{year}-06-30")
    _, high = vendors(tables, "accelerators sold, cumulative", f"{year}-12-31")
    stock = np.median(central.checks["stock_h100e"], axis=0)[at(year)]
    assert low < stock < high + 4e5


@pytest.mark.parametrize("year", HISTORY)
def test_energy_of_the_chips_is_that_of_the_chips_sold_run_for_part_of_the_year(central, tables, year):
    """TWh of AI chips: facility energy less what servers, cooling and idle hours make of it.

    Chips sold by the middle of the year before and by the end of the year, at full load all year, bound what
    the chips deployed over the year would draw at full load.
    """
    _, sold_mw = vendors(tables, "accelerator chip power, cumulative sold", f"{year}-12-31")
    start = tables["history"].query("series == 'accelerator chip power, cumulative sold'")
    start = start[pd.to_datetime(start["date"]) == pd.Timestamp(f"{year - 1}-06-30")]
    floor_mw = start.query("entity != 'tracked total'")["value"].sum()
    drawn = total(part for s in CENTRES for part in central.power_w[s, "demand"].values())[:, at(year)]
    overhead = central.values["it_over_chip"] * central.values["pue"]
    chips_w = drawn / overhead / central.values["mean_over_peak_power"]
    assert floor_mw * 1e6 < np.median(chips_w) < sold_mw * 1e6
    twh = np.median(drawn / overhead) * HOURS_PER_YEAR / 1e12
    assert twh < sold_mw / 1e6 * HOURS_PER_YEAR


def test_assistants_are_used_at_the_scale_of_chatgpt(tables, plans):
    # ChatGPT: 2.5 to 2.6 billion messages a day in mid-2025 (OpenAI), 40 to 60 % of all assistants' use.
    placed = workload_placement(tables, draws=DRAWS, plan=plans["central"])
    placed = placed.query("measure == 'items_per_day' and year == 2025").set_index("workload_id")
    # Reasoning multiplies tokens and not messages; its growth is 1 in 2025.
    messages = placed.loc[["chat_phone", "chat_large_local", "chat_reasoning_local"], "p50"].sum()
    counted = (
        tables["usage"].query("series == 'messages' and entity == 'ChatGPT'").sort_values("date")["value"]
    )
    assert 0.4 * messages < counted.iloc[-2] < 0.6 * messages * 1.05
    assert 0.35 * messages < counted.iloc[-1] < 0.6 * messages


def test_users_of_all_assistants_contain_those_of_chatgpt(tables):
    users = tables["workload_drivers"].query("driver == 'weekly users, all assistants'").set_index("year")
    chatgpt = (
        tables["usage"]
        .query("series == 'weekly active users'")
        .assign(year=lambda u: pd.to_datetime(u["date"]).dt.year)
    )
    for year, newest in chatgpt.groupby("year")["value"].max().items():
        if year in HISTORY:
            assert 0.3 * users.at[year, "low"] < newest < 0.67 * users.at[year, "high"]


def test_a_median_outside_the_prototypes_band_says_why(central, tables):
    rows = published_comparison(central, tables).set_index("forecast_id")
    edge = rows.loc["prototype_edge_share_of_operations_2025"]
    assert edge["verdict"] == "agrees"
    for year in (2025, 2030):
        row = rows.loc[f"prototype_assistant_tokens_on_device_{year}"]
        inside = row["published_low"] <= row["p50"] <= row["published_high"]
        assert inside or "fit few devices" in row["note"]
        assert (row["verdict"] == "agrees") == inside
    requests = np.median(central.checks["assistant_requests_on_device"], axis=0)
    assert 0.02 < requests[at(2030)] < 0.3


def test_the_largest_run_meets_what_the_stock_can_feed_in_a_part_of_the_draws(central):
    fed = central.operations["training", "demand"]["final_runs"] * HOURS_PER_YEAR * 3600
    capped = np.mean(central.checks["largest_run_flop"] >= fed * (1 - 1e-9), axis=0)
    # The prototype had a third of its draws there, over the projected years.
    assert 0.15 < capped[at(2026) :].mean() < 0.5


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_every_scenario_gives_finite_ordered_bands_in_every_quantity(tables, plans, quantity):
    for scenario_id, plan in plans.items():
        frame = forecast(tables, [scenario_id], quantity=quantity, draws=32, plan=plan)
        numbers = frame[BAND_COLUMNS].to_numpy()
        assert np.isfinite(numbers).all(), scenario_id
        assert (np.diff(numbers, axis=1) >= 0).all()
        assert (numbers >= 0).all()


def test_power_and_energy_followed_by_hand_from_facts_to_the_csv(edgewise):
    """Data centres at the end of 2025, from the assumptions' central values to the lines of the CSV.

    16e6 H100e x 628 W a chip = 10.048 GW of chips; x 1.5 IT over chip = 15.072 GW of IT; x PUE 1.15 =
    17.3328 GW of facilities at full load. Training has 0.60 x 0.55 = 0.33 of it: 5.719824 GW, and 8,766 hours
    of that are 50.13997718 TWh. At 473 g of carbon dioxide a kilowatt-hour these are 23.71620921 Mt.
    """
    held = [
        "stock_h100e_2025=16e6", "chip_w_per_h100e_2025=628", "it_over_chip=1.5", "pue=1.15",
        "generative_share=0.6", "rnd_share_2025=0.55", "grid_g_co2_per_kwh=473",
    ]  # fmt: skip
    for quantity, expected in (("gw", 5.719824), ("twh", 50.13997718), ("mtco2", 23.71620921)):
        text = edgewise("forecast", "--quantity", quantity, "--draws", "8", "--format", "csv", "--set", *held)
        rows = pd.read_csv(io.StringIO(text))
        row = rows.query("year == 2025 and series == 'training' and sense == 'capacity' and segment == 'all'")
        assert row[["p5", "p50", "p95"]].to_numpy() == pytest.approx(expected, rel=1e-8)

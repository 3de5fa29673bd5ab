"""Yield of a busy hour, break-even of a request, and the forecast against published ones."""

import io
import re

import numpy as np
import pandas as pd
import pytest

from dashboard import labels
from dashboard.contradictions_note import sentence
from datasets.errors import InvalidValue, UnknownName
from devices.budgets import budgets
from forecasting.breakeven import access_network, break_even, fibre_round_trip_s
from forecasting.cloud_routes import MEASURES, cloud_routes
from forecasting.plan import prepared_plan
from forecasting.projection import projection
from forecasting.quantities import quantity_draws
from forecasting.reconcile import (
    COUNTERPARTS,
    published_comparison,
    us_electricity_twh,
    us_share_of_data_centres,
)
from forecasting.serving import busy_h100e
from forecasting.years import YEARS

NETWORK = "Fibre (wired, FTTH) to nearest cloud region"


@pytest.fixture(scope="module")
def plan(tables):
    return prepared_plan(tables, 0.35)


@pytest.fixture(scope="module")
def comparison(tables, plan):
    return published_comparison(projection(tables, draws=256, plan=plan), tables)


def test_the_serving_mix_sums_to_one_and_turns_to_newer_accelerators(plan):
    mix = plan.serving.mix
    np.testing.assert_allclose(mix.sum(axis=0), 1.0)
    assert mix.loc["a100_80", 2022] > mix.loc["a100_80", 2025] > mix.loc["a100_80", 2030]
    assert mix.loc["h100_sxm", 2023] > 0.3


def test_no_workload_reaches_more_than_the_peak_while_busy(plan):
    shares = plan.serving.by_device["peak_share"].dropna()
    assert len(shares) > 300
    assert shares.between(0, 1).all()


def test_a_model_too_large_for_one_device_is_served_by_the_narrowest_group_that_holds_it(plan, tables):
    width = int(plan.serving.by_device.loc[("h100_sxm", "chat_large"), "devices"])
    holds = budgets(tables, ["h100_sxm"], ["chat_large"], devices=width)["fits_memory"].iloc[0]
    narrower = budgets(tables, ["h100_sxm"], ["chat_large"], devices=width // 2)["fits_memory"].iloc[0]
    assert holds
    assert not narrower


def test_h100e_needed_follow_from_operations_yield_and_busy_share(plan):
    # One H100e busy half the time, at the share of peak that chat_small reaches, executes this much:
    share = plan.serving.by_year["chat_small"][1:]
    executed = plan.h100_ops_per_s * share * 0.5
    needed = executed * busy_h100e(plan.serving, "chat_small", plan.h100_ops_per_s) / 0.5
    np.testing.assert_allclose(needed, 1.0)


def test_what_no_accelerator_can_hold_keeps_none_busy(plan):
    assert busy_h100e(plan.serving, "no_such_workload", plan.h100_ops_per_s).tolist() == [0.0] * len(YEARS)


def test_light_in_fibre_takes_fourteen_milliseconds_for_a_thousand_kilometres():
    # 2 x 1.5 x 1,000 km / (0.7 x 299,792 km/s) = 14.3 ms
    assert fibre_round_trip_s(1000.0) == pytest.approx(14.3e-3, rel=1e-3)


def test_distance_slows_the_cloud_and_leaves_the_device_alone(tables):
    table = break_even(tables, "voice_turn", "rtx_4090", network=NETWORK)
    assert table["cloud_latency_s"].is_monotonic_increasing
    assert table["edge_latency_s"].nunique() == 1
    expected = table["cloud_latency_s"] - table["network_s"]
    np.testing.assert_allclose(expected, expected.iloc[0])


def test_a_heavier_payload_costs_time_and_energy(tables):
    light = break_even(tables, "voice_turn", "rtx_4090", network=NETWORK)
    heavy = break_even(tables, "voice_turn", "rtx_4090", network=NETWORK, payload_scale=100)
    assert (heavy["network_s"] > light["network_s"]).all()
    assert (heavy["cloud_energy_j"] > light["cloud_energy_j"]).all()
    assert (heavy["edge_energy_j"] == light["edge_energy_j"]).all()


def test_the_edge_never_wins_where_the_model_does_not_fit(tables):
    table = break_even(tables, "chat_large", "apple_a18_pro", network=NETWORK)
    assert not table["edge_fits"].any()
    assert (table[["faster", "thriftier", "cheaper"]] == "cloud").all(axis=None)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"network": "carrier pigeon"}, UnknownName, "There is no network 'carrier pigeon'"),
        ({"network": "Backbone, same continent (add)"}, InvalidValue, "is a surcharge without throughput"),
        ({"distances_km": [-1.0]}, InvalidValue, r"Distances are \[-1.0\] km: each must be 0 or more."),
        ({"payload_scale": -2.0}, InvalidValue, "The payload factor is -2: it must be 0 or more."),
    ],
)
def test_break_even_refuses_in_a_sentence(tables, change, error, message):
    with pytest.raises(error, match=message):
        break_even(tables, "voice_turn", "rtx_4090", **({"network": NETWORK} | change))


def test_networks_come_in_si_units(tables):
    fibre = access_network(tables, NETWORK)
    assert fibre.round_trip_s == pytest.approx(9e-3)
    assert fibre.uplink_bits_per_s == pytest.approx(100e6)


def test_every_published_row_with_a_counterpart_is_compared(comparison, tables):
    published = tables["published_forecasts"]
    expected = {
        row.forecast_id
        for row in published.itertuples()
        if (row.series, row.entity) in COUNTERPARTS and 2022 <= row.year <= 2030
    }
    assert expected <= set(comparison["forecast_id"])
    valued = comparison.dropna(subset=["published"])
    assert (valued["ratio"] == valued["p50"] / valued["published"]).all()
    assert (valued["excess"] == valued["p50"] - valued["published"]).all()


def test_figure_4_is_four_orders_of_magnitude_below_what_runs(comparison):
    rows = comparison.set_index("forecast_id")
    assert rows.at["figure_4_training_2030", "ratio"] > 1e3
    assert rows.at["figure_4_training_2030", "verdict"] == "above"


def test_ai_power_of_2025_stays_a_part_of_all_data_centres(comparison):
    # IEA: 485 TWh for all data centres in 2025.
    rows = comparison.set_index("forecast_id")
    row = rows.loc["history: world data centres, electricity"]
    in_2025 = row[row["year"] == 2025].iloc[0]
    assert in_2025["published"] == 485
    assert in_2025["verdict"] == "agrees"
    assert 0.05 < in_2025["ratio"] < 0.3


def test_the_contradiction_with_the_iea_in_2030_is_shown_and_not_hidden(comparison):
    rows = comparison.set_index("forecast_id")
    row = rows.loc["world_data_centres_electricity_2030"]
    assert row["published"] == 945
    assert row["verdict"] == ("exceeds the whole" if row["p50"] > 945 else "agrees")
    assert row["p95"] > 945


def test_what_a_draw_share_above_the_iea_is_counted(comparison, tables, plan):
    row = comparison.set_index("forecast_id").loc["world_data_centres_electricity_2030"]
    drawn = projection(tables, draws=256, plan=plan)
    twh = sum(
        part[:, -1]
        for series in ("training", "cloud_inference")
        for part in quantity_draws(drawn, "twh", series, "demand").values()
    )
    assert row["draws_above"] == pytest.approx(np.mean(twh > 945))
    assert row["excess"] == pytest.approx(np.median(twh) - 945)


def test_ranges_of_lbnl_and_epri_are_held_against_the_share_of_the_united_states(comparison, tables):
    # LBNL counted 176 TWh in 2023 and the IEA 415 TWh in the world in 2024.
    assert us_share_of_data_centres(tables) == pytest.approx(176 / 415)
    assert us_electricity_twh(tables) == pytest.approx(4000)
    rows = comparison.set_index("forecast_id")
    lbnl, epri = (
        rows.loc["us_data_centres_electricity_2028"],
        rows.loc["us_data_centres_share_of_electricity_2030"],
    )
    assert lbnl[["published_low", "published_high"]].tolist() == [325, 580]
    assert epri["p50"] == pytest.approx(
        rows.at["world_data_centres_electricity_2030", "p50"] * 176 / 415 / 4000 * 100
    )
    assert epri["verdict"] == ("exceeds the whole" if epri["p50"] > 9.1 else "agrees")


def test_tokens_agree_with_the_published_ones_once_cached_prompts_are_counted(comparison, tables, plan):
    # Providers meter about 1e16 tokens a month in mid-2026, cached prompts included.
    row = comparison.set_index("forecast_id").loc["world_tokens_2026"]
    assert row["verdict"] == "agrees"
    assert 6e15 < row["p50"] < 1.6e16
    routes = cloud_routes(projection(tables, draws=256, plan=plan)).set_index(["measure", "year"])["p50"]
    assert routes["metered_tokens_a_month", 2026] == pytest.approx(row["p50"], rel=1e-9)
    assert routes["tokens_a_month", 2026] < 0.5 * routes["metered_tokens_a_month", 2026]


def test_both_counts_of_cloud_inference_and_their_gap(tables, plan):
    drawn = projection(tables, draws=64, plan=plan)
    gap = drawn.checks["cloud_stock_route"] - drawn.checks["cloud_bottom_up"]
    unlisted = drawn.operations["cloud_inference", "demand"]["unlisted"]
    at = list(YEARS).index(2025)
    np.testing.assert_allclose(unlisted[:, at], np.maximum(gap[:, at], 0), rtol=1e-9)
    routes = cloud_routes(drawn)
    assert set(routes["measure"]) == set(MEASURES)
    assert np.isfinite(routes[["p5", "p50", "p95"]].to_numpy()).all()


def test_what_was_counted_by_2025_is_held_against_the_draws(comparison):
    rows = comparison.set_index("forecast_id")
    stock = rows.loc["history: WORLD deployed (1-quarter lag), accelerators installed"]
    assert (stock["published_low"], stock["published_high"], stock["verdict"]) == (12e6, 20e6, "agrees")
    chips = comparison[comparison["series"] == "accelerator chip power, cumulative sold"]
    assert chips["year"].tolist() == [2023, 2024, 2025]
    assert (chips["p50"] < chips["published"]).all()
    # ChatGPT had 2.5 billion messages a day in July 2025, taken for half of all assistants'.
    messages = rows.loc["usage: messages of all assistants"]
    assert messages["published"] == pytest.approx(5e9)
    assert messages["p5"] < messages["published_high"]


def test_the_forecast_page_names_what_is_contradicted_and_by_how_much(comparison, tables):
    titles = tables["sources"].set_index("source_id")["title"].to_dict()
    told = sentence(comparison, titles)
    row = comparison.set_index("forecast_id").loc["world_data_centres_electricity_2030"]
    if row["verdict"] == "exceeds the whole":
        assert "IEA Energy and AI base foresaw 945 TWh" in told
        assert f"{labels.percent(row['draws_above'])} of the draws lie above" in told
    calm = sentence(comparison.assign(verdict="agrees"), titles)
    assert calm.startswith("It contradicts 0 of 26 published figures")
    assert "IEA" not in calm


def test_contradictions_and_routes_from_the_command_line(edgewise):
    told = pd.read_csv(io.StringIO(edgewise("reconcile", "--draws", "64", "--format", "csv")))
    assert not (told["verdict"] == "agrees").any()
    assert re.match(r"central contradicts \d+ of \d+ published figures.\n", edgewise.words)
    whole = pd.read_csv(io.StringIO(edgewise("reconcile", "--draws", "64", "--all", "--format", "csv")))
    assert set(told["forecast_id"]) < set(whole["forecast_id"])
    assert "figure_4_training_2030" in set(told["forecast_id"])
    routes = edgewise("reconcile", "--routes", "--draws", "16", "--format", "csv")
    assert routes.startswith("scenario_id,measure,year,unit,p5")

"""A figure over a grid of assumptions, and who runs where by workload and year."""

import io

import numpy as np
import pandas as pd
import pytest

from datasets.errors import InvalidValue, UnknownName
from forecasting.breakeven import access_networks, break_even, break_even_map
from forecasting.evaluation import scenario_model
from forecasting.outputs import output_draws
from forecasting.placement_map import MEASURES, workload_placement
from forecasting.plan import prepared_plan
from forecasting.projection import projection
from forecasting.sampling import normal_scores
from forecasting.sweep import Axis, assumption_axis, sweep

DRAWS = 64


@pytest.fixture(scope="module")
def plan(tables):
    return prepared_plan(tables, 0.35)


@pytest.fixture(scope="module")
def placed(tables, plan):
    frame = workload_placement(tables, draws=DRAWS, plan=plan)
    return frame.pivot(index=["workload_id", "year"], columns="measure", values="p50")


def test_a_point_of_a_sweep_is_the_forecast_with_both_assumptions_held(tables, plan):
    axes = [Axis("stock_growth_2030", (1.4, 1.9)), Axis("pue", (1.1, 1.2, 1.3))]
    grid = sweep(tables, axes, ["twh_2030", "edge_share_2030"], draws=DRAWS, plan=plan)
    assert grid.groupby("output", sort=False).size().to_dict() == {"twh_2030": 6, "edge_share_2030": 6}
    assert grid[["x", "y"]].head(6).to_numpy().tolist() == [
        [1.4, 1.1], [1.4, 1.2], [1.4, 1.3], [1.9, 1.1], [1.9, 1.2], [1.9, 1.3],
    ]  # fmt: skip
    held = projection(tables, draws=DRAWS, plan=plan, overrides={"stock_growth_2030": 1.9, "pue": 1.2})
    figures = output_draws(held, "twh_2030")
    point = grid[(grid["output"] == "twh_2030") & (grid["x"] == 1.9) & (grid["y"] == 1.2)].iloc[0]
    assert point["p50"] == pytest.approx(np.median(figures), rel=1e-12)
    assert point["p5"] == pytest.approx(np.quantile(figures, 0.05), rel=1e-12)


def test_a_sweep_of_the_spread_around_the_core_prepares_a_plan_for_each(tables, plan):
    grid = sweep(tables, [Axis("fleet_spread", (0.1, 1.5))], ["edge_share_2030"], draws=DRAWS, plan=plan)
    sharp = projection(tables, draws=DRAWS, overrides={"fleet_spread": 0.1})
    assert grid["p50"].iloc[0] == pytest.approx(np.median(output_draws(sharp, "edge_share_2030")), rel=1e-12)
    assert grid["p50"].nunique() == 2
    assert grid["assumption_y"].isna().all()
    assert grid["y"].isna().all()


def test_an_axis_goes_from_low_to_high_and_a_fixed_lever_from_half_to_double(tables):
    growth = assumption_axis(tables, "stock_growth_2030", steps=3)
    assert growth.values == pytest.approx((1.3, np.sqrt(1.3 * 2.2), 2.2))
    share = assumption_axis(tables, "generative_share", steps=3)
    assert share.values == pytest.approx((0.45, 0.6, 0.75))
    lever = assumption_axis(tables, "phone_supply_2027", steps=3)
    assert lever.values == pytest.approx((0.5, 1.0, 2.0))


@pytest.mark.parametrize(
    ("axes", "error", "told"),
    [
        ([], InvalidValue, "A sweep varies one assumption or two different ones, not none."),
        (
            [Axis("pue", (1.1,)), Axis("pue", (1.2,))],
            InvalidValue,
            r"A sweep varies one assumption or two different ones, not \['pue', 'pue'\].",
        ),
        ([Axis("pue", ())], InvalidValue, "The grid has 0 points: it must have between 1 and 2,500."),
        (
            [Axis("pue", (0.5, 1.2))],
            InvalidValue,
            "Assumption 'pue' is 0.5: it must lie between 1 and 3 ratio.",
        ),
        ([Axis("pux", (1.0,))], UnknownName, "There is no assumption 'pux': did you mean pue?"),
    ],
)
def test_an_impossible_sweep_is_refused(tables, plan, axes, error, told):
    with pytest.raises(error, match=told):
        sweep(tables, axes, ["twh_2030"], plan=plan)


def test_what_arises_is_served_on_devices_in_data_centres_or_nowhere(placed):
    whole = placed["edge_share"] + placed["cloud_share"] + placed["unserved_share"]
    # No car carried such a network before 2025: where nothing arises, nothing has a place.
    np.testing.assert_allclose(whole, (placed["items_per_day"] > 0).astype(float), atol=0.02)


def test_the_share_at_the_edge_is_ability_times_preference_where_there_is_a_choice(tables, plan):
    model = scenario_model(tables, plan=plan)
    splits = model.splits(normal_scores(model.inputs, DRAWS))
    for workload_id in ("chat_phone", "image_gen_phone", "live_translation"):
        split = splits[workload_id]
        served = split.served / split.arising
        np.testing.assert_allclose(served, split.able / split.units * split.chosen, rtol=1e-9)


def test_places_that_are_pinned_are_kept(placed):
    assert (placed.loc[["wearable_kws", "photo_pipeline"], "edge_share"] == 1).all()
    assert (placed.loc["robotaxi_remote_help", "edge_share"] == 0).all()
    assert (placed.loc["video_analytics_server", "cloud_share"] == 1).all()
    assert (placed.loc["smart_camera", "unserved_share"] > 0).all()


def test_every_measure_of_every_workload_and_year_has_a_row(tables, plan, placed):
    assert set(placed.columns) == set(MEASURES)
    assert len(placed) == 9 * len(tables["workload_demand"])
    assert np.isfinite(placed.to_numpy()).all()


def test_a_map_of_the_break_even_holds_what_its_points_hold_alone(tables):
    networks = access_networks(tables)
    assert "Backbone, same continent (add)" not in networks
    whole = break_even_map(
        tables, "voice_turn", "rtx_4090", networks=networks[:2], payload_scales=[1, 10], distances_km=[0, 500]
    )
    assert len(whole) == 8
    one = break_even(
        tables, "voice_turn", "rtx_4090", network=networks[1], payload_scale=10, distances_km=[0, 500]
    )
    part = whole[(whole["network"] == networks[1]) & (whole["payload_scale"] == 10)]
    pd.testing.assert_frame_equal(part.drop(columns=["network", "payload_scale"]).reset_index(drop=True), one)


def test_sweep_placement_and_break_even_from_the_command_line(edgewise):
    def frame_of(*arguments):
        return pd.read_csv(io.StringIO(edgewise(*arguments, "--format", "csv")))

    grid = frame_of("sweep", "--vary", "pue=1.1:1.3:3", "stock_growth_2030=1.5,2", "--draws", "16")
    assert grid[["x", "y"]].drop_duplicates().shape == (6, 2)
    assert grid["x"].unique() == pytest.approx([1.1, 1.2, 1.3])
    assert set(frame_of("placement", "--draws", "16")["measure"]) == set(MEASURES)
    balance = frame_of(
        "break-even", "--workload", "voice_turn", "--device", "rtx_4090", "--distance", "0", "9"
    )
    assert len(balance) == 2 * balance["network"].nunique()


@pytest.mark.parametrize(
    ("axis", "told"),
    [
        ("pue=1:2:3:4", "must give LOW:HIGH:COUNT after the name, but is 'pue=1:2:3:4'"),
        ("pue=", "must look like ASSUMPTION=1,2,4 or ASSUMPTION=1:4:7, but is 'pue='"),
        ("pue=1,x", "must be a finite number, but is 'x'"),
    ],
)
def test_an_axis_that_cannot_be_read_is_refused_in_words(edgewise, axis, told):
    assert told in edgewise.refused("sweep", "--vary", axis)

"""The forecast: identities in every draw, history from facts, and the physics behind placement."""

import numpy as np
import pandas as pd
import pytest

from datasets.errors import InvalidValue, UnknownName
from forecasting.accelerators import h100_peak_ops_per_s
from forecasting.plan import prepared_plan
from forecasting.projection import COLUMNS, SENSES, bands, forecast, projection
from forecasting.quantities import QUANTITIES, quantity_draws
from forecasting.replay import SERIES, published_shares
from forecasting.years import HOURS_PER_YEAR, YEARS

DRAWS = 256


@pytest.fixture(scope="module")
def plan(tables):
    return prepared_plan(tables, 0.35)


@pytest.fixture(scope="module")
def central(tables, plan):
    return projection(tables, draws=DRAWS, plan=plan)


def p50(frame, series, sense="demand", segment="all"):
    rows = frame[(frame["series"] == series) & (frame["sense"] == sense) & (frame["segment"] == segment)]
    return rows.set_index("year")["p50"]


def test_every_series_sense_and_year_has_ordered_bands(central):
    frame = bands(central, "ops")
    assert frame.columns.tolist() == COLUMNS
    totals = frame[frame["segment"] == "all"]
    assert len(totals) == len(SERIES) * len(SENSES) * len(YEARS)
    assert totals[["series", "sense", "year"]].drop_duplicates().shape[0] == len(totals)
    ordered = frame[["p5", "p25", "p50", "p75", "p95"]].to_numpy()
    assert np.all(np.diff(ordered, axis=1) >= 0)
    assert np.isfinite(ordered).all()


@pytest.mark.parametrize("quantity", ["ops", "h100e", "gw", "twh", "usd", "mtco2"])
def test_totals_are_the_sum_of_their_segments_in_each_draw(central, quantity):
    frame = bands(central, quantity).set_index(["series", "sense", "segment", "year"]).sort_index()
    for series in SERIES:
        for sense in SENSES:
            draws = np.sum(list(quantity_draws(central, quantity, series, sense).values()), axis=0)
            expected = np.quantile(draws, 0.95, axis=0)
            np.testing.assert_allclose(frame.loc[(series, sense, "all")]["p95"], expected, rtol=1e-12)


def test_demand_never_exceeds_what_is_available_nor_that_capacity(central):
    for series in SERIES:
        demand, available, capacity = (central.operations[series, sense] for sense in SENSES)
        assert demand.keys() == available.keys() == capacity.keys()
        for segment in demand:
            assert np.all(demand[segment] <= available[segment] * (1 + 1e-9))
            assert np.all(available[segment] <= capacity[segment] * (1 + 1e-9))


def test_energy_is_power_times_hours(central):
    for series in SERIES:
        for sense in SENSES:
            power = quantity_draws(central, "gw", series, sense)
            energy = quantity_draws(central, "twh", series, sense)
            for segment in power:
                np.testing.assert_allclose(energy[segment], power[segment] * HOURS_PER_YEAR / 1e3, rtol=1e-12)


def test_training_and_serving_share_the_whole_stock(central, tables):
    stock = central.checks["stock_h100e"] * h100_peak_ops_per_s(tables)
    shared = sum(
        np.sum(list(central.operations[s, "capacity"].values()), axis=0)
        for s in ("training", "cloud_inference")
    )
    np.testing.assert_allclose(shared, stock, rtol=1e-9)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_draws(tables, plan):
    first, again, other = (
        forecast(tables, ["central"], draws=64, seed=seed, plan=plan).to_csv() for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_the_stock_of_2025_is_the_published_one(central):
    # Epoch AI, CC BY 4.0: 20 million H100e sold by the end of 2025, about 16 million deployed (12 to 20).
    stock = central.checks["stock_h100e"][:, list(YEARS).index(2025)]
    np.testing.assert_allclose(np.quantile(stock, [0.05, 0.5, 0.95]), [12e6, 16e6, 20e6], rtol=0.02)


def test_history_follows_the_accelerators_sold(central, tables):
    history = tables["history"]
    sold = history[
        (history["series"] == "accelerators sold, cumulative") & (history["entity"] == "tracked total")
    ]
    sold = sold.assign(date=pd.to_datetime(sold["date"])).set_index("date")["value"]
    median = np.median(central.checks["stock_h100e"], axis=0)
    for year in (2023, 2024, 2025):
        # Deployed a quarter after sale, so the stock lies between what was sold a half-year and a day before.
        at = list(YEARS).index(year)
        assert sold[f"{year}-06-30"] < median[at] < sold[f"{year}-12-31"] + 4e5


def test_installed_peaks_at_the_end_of_2025_agree_with_the_independent_count(central):
    # Counted by hand from fleets and peaks: 8.9e10 TOPS at the edge, against 3.2e10 deployed in data centres.
    edge = np.median(np.sum(list(central.operations["edge_inference", "capacity"].values()), axis=0), axis=0)
    assert edge[list(YEARS).index(2025)] == pytest.approx(8.9e22, rel=0.1)


def test_used_at_the_edge_in_2025_is_one_to_four_percent_of_all_operations(central):
    totals = {
        s: np.median(np.sum(list(central.operations[s, "demand"].values()), axis=0), axis=0)[
            list(YEARS).index(2025)
        ]
        for s in SERIES
    }
    assert 0.01 < totals["edge_inference"] / sum(totals.values()) < 0.04


def test_one_figure_followed_from_fact_to_output_by_hand(tables, plan):
    """Capacity of data centres at the end of 2025 with every distribution fixed at its centre.

    16e6 H100e deployed (assumption stock_h100e_2025) x 1,978.9e12 OP/s (device_peaks h100_sxm int8)
    = 3.16624e22; training has 0.60 (generative_share) x 0.55 (rnd_share_2025) = 0.33 of it,
    1.0448592e22 OP/s.
    """
    fixed = {"stock_h100e_2025": 16e6, "generative_share": 0.6, "rnd_share_2025": 0.55}
    frame = forecast(tables, draws=8, overrides=fixed, plan=plan)
    assert p50(frame, "training", "capacity")[2025] == pytest.approx(1.0448592e22, rel=1e-9)
    assert p50(frame, "cloud_inference", "capacity")[2025] == pytest.approx(2.1213808e22, rel=1e-9)
    in_h100e = forecast(tables, draws=8, overrides=fixed, plan=plan, quantity="h100e")
    assert p50(in_h100e, "training", "capacity")[2025] == pytest.approx(0.33 * 16e6, rel=1e-9)


def with_phone_of_2027(tables, factor=2.0):
    """A phone like the best of 2027 with `factor` times its bandwidth, in 30 % of that year's phones."""
    base = "generic_phone_flagship_2027"

    def copied(name, **changes):
        rows = tables[name][tables[name]["device_id"] == base]
        row = (rows.tail(1) if name == "fleet_mix" else rows).assign(
            device_id="mine", origin="user", **changes
        )
        return pd.concat([tables[name], row], ignore_index=True)

    bandwidth = tables["devices"].set_index("device_id").at[base, "memory_bandwidth_gb_per_s"] * factor
    return dict(tables) | {
        "devices": copied("devices", memory_bandwidth_gb_per_s=bandwidth),
        "device_peaks": copied("device_peaks"),
        "fleet_mix": copied("fleet_mix", year=2027, share=0.3),
    }


def test_a_faster_phone_of_2027_moves_edge_inference_up_from_2027_on_and_nothing_before(
    tables, plan, central
):
    before = bands(central, "ops")
    after = forecast(with_phone_of_2027(tables), draws=DRAWS)
    for segment in ("all", "smartphone"):
        ratio = p50(after, "edge_inference", segment=segment) / p50(before, "edge_inference", segment=segment)
        np.testing.assert_allclose(ratio[ratio.index < 2027], 1.0, rtol=1e-12)
        assert (ratio[ratio.index >= 2027] > 1.0).all()
    slower = forecast(with_phone_of_2027(tables, 1.0), draws=DRAWS)
    later = slice(2027, 2030)
    assert (
        p50(after, "edge_inference", segment="smartphone").loc[later]
        > p50(slower, "edge_inference", segment="smartphone").loc[later]
    ).all()


def test_withdrawing_the_phone_moves_everything_back_to_the_last_bit(tables, central):
    changed = with_phone_of_2027(tables)
    withdrawn = {name: t[t["device_id"] != "mine"] if "device_id" in t else t for name, t in changed.items()}
    pd.testing.assert_frame_equal(forecast(withdrawn, draws=DRAWS), bands(central, "ops"))


def test_edge_first_moves_tokens_to_the_edge_and_cloud_first_away(tables, plan):
    shares = {}
    for scenario in ("edge_first", "central", "cloud_first"):
        frame = forecast(tables, [scenario], draws=DRAWS, quantity="tokens", plan=plan)
        edge, cloud = (p50(frame, s)[2030] for s in ("edge_inference", "cloud_inference"))
        shares[scenario] = edge / (edge + cloud)
    assert shares["edge_first"] > shares["central"] > shares["cloud_first"]


def test_history_is_the_same_in_every_scenario(tables, plan):
    frame = forecast(tables, ["central", "edge_first", "cloud_first"], draws=64, plan=plan)
    past = frame[(frame["year"] <= 2025) & (frame["segment"] == "all")]
    spread = past.groupby(["year", "series", "sense"])["p50"].agg(lambda x: x.max() / x.min())
    assert (spread == 1.0).all()


def test_figure_4_is_replayed_as_published_and_no_more(tables):
    frame = forecast(tables, ["figure_4"])
    in_2030 = frame[frame["year"] == 2030].set_index("series")["p50"]
    assert in_2030.to_dict() == {"training": 1.23e18, "cloud_inference": 7.5e18, "edge_inference": 42.5e18}
    training = p50(frame, "training")
    assert training[2022] == pytest.approx(
        18.8e12, rel=0.002
    )  # the document's own 4x a year, back from 1.23e18
    assert (training / training.shift()).dropna().tolist() == pytest.approx([4.0] * 8)
    assert set(frame.loc[frame["year"] < 2030, "series"]) == {"training"}
    assert published_shares(tables)["edge_inference"] == pytest.approx(42.5 / 51.23)


def test_figure_4_has_no_watts(tables):
    with pytest.raises(
        InvalidValue, match="Scenario 'figure_4' replays operations alone: ask for ops or h100e, not gw"
    ):
        forecast(tables, ["figure_4"], quantity="gw")


def test_figure_4_has_no_draws(tables):
    with pytest.raises(InvalidValue, match="Scenario 'figure_4' replays a published figure"):
        projection(tables, "figure_4")


def test_an_unknown_quantity_names_the_nearest(tables):
    with pytest.raises(UnknownName, match="There is no quantity 'gws': did you mean gw"):
        forecast(tables, quantity="gws")


def test_tokens_exist_for_demand_alone(central):
    frame = bands(central, "tokens")
    assert set(frame["sense"]) == {"demand"}
    assert set(frame["series"]) == {"cloud_inference", "edge_inference"}
    assert set(frame["unit"]) == {QUANTITIES["tokens"]}


def test_a_missing_figure_4_row_is_named(tables):
    broken = dict(tables) | {
        "published_forecasts": tables["published_forecasts"].query("forecast_id != 'figure_4_training_2030'")
    }
    with pytest.raises(InvalidValue, match="published_forecasts lacks figure_4_training_2030"):
        forecast(broken, ["figure_4"])


def test_a_limit_on_power_leaves_stock_unpowered_and_names_the_shortfall(tables, plan, central):
    limit = {"power_limit_gw_2026": 20.0, "power_limit_gw_2030": 60.0}
    limited = projection(tables, draws=DRAWS, plan=plan, overrides=limit)
    nameplate = sum(
        np.sum(list(limited.power_w[s, "capacity"].values()), axis=0) for s in ("training", "cloud_inference")
    )
    powered = nameplate * limited.checks["powered_share"]
    at = {year: list(YEARS).index(year) for year in (2025, 2026, 2030)}
    assert np.all(limited.checks["powered_share"][:, at[2025]] == 1.0)
    assert np.all(powered[:, at[2026]] <= 20e9 * (1 + 1e-9))
    assert np.all(powered[:, at[2030]] <= 60e9 * (1 + 1e-9))
    assert np.median(limited.checks["training_shortfall"][:, at[2030]]) > 0
    assert np.all(central.checks["training_shortfall"][:, at[2030]] >= 0)
    assert np.median(central.checks["training_shortfall"][:, at[2030]]) == 0
    wanted = limited.checks["training_shortfall"] + np.sum(
        list(limited.operations["training", "demand"].values()), axis=0
    )
    without = central.checks["training_shortfall"] + np.sum(
        list(central.operations["training", "demand"].values()), axis=0
    )
    np.testing.assert_allclose(wanted, without, rtol=1e-9)


def test_fewer_phones_leave_less_installed_and_history_alone(tables, plan, central):
    fewer = projection(tables, draws=DRAWS, plan=plan, overrides={"phone_supply_2027": 0.7})
    ratio = fewer.units_in_use["smartphone"] / central.units_in_use["smartphone"]
    assert np.all(ratio[:, YEARS < 2027] == 1.0)
    assert np.all(ratio[:, YEARS >= 2027] < 1.0)


def test_the_largest_run_starts_from_the_published_one_and_never_outgrows_its_feed(central):
    # Epoch AI: 5e26 FLOP by mid-2025 (2.5e26 to 1e27).
    largest = central.checks["largest_run_flop"]
    assert np.median(largest[:, list(YEARS).index(2025)]) == pytest.approx(5e26, rel=0.05)
    fed = central.operations["training", "demand"]["final_runs"] * HOURS_PER_YEAR * 3600
    after = YEARS >= 2025
    assert np.all(largest[:, after] <= fed[:, after] * (1 + 1e-12))
    assert np.isnan(largest[:, ~after]).all()

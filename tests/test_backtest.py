"""The backtest of the record training run: no look ahead, proper scores, and what it reaches."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from datasets.errors import InvalidValue
from forecasting.backtest import (
    backtest,
    backtest_summary,
    blend_settings,
    coverage_interval,
    record_outlook,
)
from forecasting.backtest_history import among_top_at_release, decimal_years, run_history
from forecasting.backtest_outlooks import Outlook
from forecasting.backtest_published import published_scores
from forecasting.backtest_targets import backtest_targets, target_sentences

CONTRACT = [
    "method", "origin", "horizon_years", "target", "predicted", "low", "high", "actual", "error_oom",
    "inside",
]  # fmt: skip
BASELINES = ("no_change", "constant_growth")


@pytest.fixture(scope="module")
def frame(tables):
    return backtest(tables)


@pytest.fixture(scope="module")
def summary(frame):
    return backtest_summary(frame).set_index(["method", "horizon_years"])


def row(frame, method, origin, horizon):
    chosen = frame[(frame["method"] == method) & (frame["horizon_years"] == horizon)]
    return chosen[chosen["origin"] == pd.Timestamp(origin)].iloc[0]


def with_runs(tables, runs):
    return {**tables, "training_runs": runs}


def test_columns_are_those_that_others_script_against(frame):
    assert list(frame.columns[: len(CONTRACT)]) == CONTRACT
    assert frame["origin"].min() == pd.Timestamp("2019-01-01")
    assert (frame["target"].dt.year - frame["origin"].dt.year == frame["horizon_years"]).all()


@pytest.mark.parametrize(
    ("origin", "horizon", "flop"),
    [
        ("2019-01-01", 1, 1.0773400001e23),  # AlphaStar, October 2019
        ("2020-01-01", 1, 3.14e23),  # GPT-3, May 2020
        ("2019-01-01", 5, 5.0000000001e25),  # Gemini 1.0 Ultra, December 2023
        ("2025-01-01", 1, 5.0000000000001e26),  # Grok 4, July 2025
    ],
)
def test_outcomes_are_the_records_of_epoch_ai(frame, origin, horizon, flop):
    assert row(frame, "blend", origin, horizon)["actual"] == pytest.approx(flop, rel=1e-9)


def test_baselines_are_what_they_say(frame):
    # The record of 2018 was ResNeXt-101's 8.74395e21; the first run of the table had 3.5e14 on 13 May 2010.
    assert row(frame, "no_change", "2019-01-01", 4)["predicted"] == pytest.approx(8.74395e21)
    begin = 2010 + 132 / 365
    growth = np.log10(8.74395e21 / 3.5e14) / (2019 - begin)
    foreseen = row(frame, "constant_growth", "2019-01-01", 3)["predicted"]
    assert np.log10(foreseen) == pytest.approx(np.log10(8.74395e21) + 3 * growth, abs=1e-9)


@pytest.mark.parametrize("origin", [2019, 2022])
def test_no_forecast_knows_what_came_after_its_origin(tables, frame, origin):
    runs = tables["training_runs"]
    later = runs["date"] >= pd.Timestamp(origin, 1, 1)
    bent = runs.assign(training_flop=runs["training_flop"].where(~later, runs["training_flop"] ** 1.05))
    bent_frame = backtest(with_runs(tables, bent))
    until = pd.Timestamp(origin, 1, 1)
    same = ["method", "origin", "horizon_years", "predicted", "low", "high"]
    before, after = (f[f["origin"] <= until][same].reset_index(drop=True) for f in (frame, bent_frame))
    pd.testing.assert_frame_equal(before, after, rtol=1e-12)
    assert not np.allclose(frame["actual"], bent_frame["actual"])


def test_the_constants_of_the_blend_see_nothing_after_2018(tables):
    runs = tables["training_runs"]
    early = runs[runs["date"] < pd.Timestamp("2019-01-01")]
    assert blend_settings(run_history(tables)) == blend_settings(run_history(with_runs(tables, early)))


def test_the_blend_beats_both_baselines_at_every_horizon(summary):
    blend = summary.loc["blend"]
    for baseline in BASELINES:
        assert (blend["log_score"] > summary.loc[baseline, "log_score"]).all()
        assert (blend["crps_oom"] < summary.loc[baseline, "crps_oom"]).all()


def test_the_blend_reaches_its_errors_from_quarterly_origins_and_nearly_from_yearly_ones(tables, summary):
    # Sought are 0.20, 0.30 and 0.36 orders of magnitude after one, three and five years.
    quarterly = backtest_summary(backtest(tables, origins_per_year=4)).set_index(["method", "horizon_years"])
    for scores, first in ((summary, 0.21), (quarterly, 0.20)):
        errors = scores.loc["blend", "mae_oom"]
        assert errors[1] < first
        assert errors[3] < 0.30
        assert errors[5] < 0.36
        # Its intervals come from before 2019, when records jumped further: they err on the wide side.
        assert (scores.loc["blend", "coverage"] >= 0.75).all()


def test_targets_are_held_against_the_scores_and_misses_are_told(summary):
    targets = backtest_targets(summary.reset_index()).set_index(["target", "horizon_years"])
    for horizon, sought in ((1, 0.20), (3, 0.30), (5, 0.36)):
        error = summary.loc[("blend", horizon), "mae_oom"]
        row = targets.loc[("mean absolute error", horizon)]
        assert row["reached"] == error
        assert row["met"] == (error < sought)
        held = targets.loc[("coverage of the 80 % interval", horizon)]
        assert held["met"] == (0.75 <= summary.loc[("blend", horizon), "coverage"] <= 0.90)
        assert targets.loc[("log score over the better baseline", horizon), "met"]
    lines = target_sentences(targets.reset_index())
    assert len(lines) == 3
    assert "too wide, by 3 forecasts of which 1 lie a horizon apart, which leaves 0.03 to 1.00" in lines[1]


def test_what_few_outcomes_say_of_the_coverage():
    # Clopper and Pearson: 6 of 7 leave 0.42 to 1.00, 3 of 3 leave 0.29 to 1, 0 of 3 leave 0 to 0.71.
    low, high = coverage_interval(np.array([6 / 7, 1.0, 0.0]), np.array([7.0, 3.0, 3.0]))
    assert low == pytest.approx([0.4213, 0.2924, 0.0], abs=1e-4)
    assert high == pytest.approx([0.9964, 1.0, 0.7076], abs=1e-4)


def test_forecasts_that_lie_a_horizon_apart_are_counted(summary):
    # Yearly origins 2019 to 2025, 2019 to 2023 and 2019 to 2021.
    assert summary.loc["blend", "apart"][[1, 3, 5]].tolist() == [7, 2, 1]


def test_intervals_of_the_blend_widen_with_the_horizon(frame):
    blend = frame[frame["method"] == "blend"]
    width = np.log10(blend["high"] / blend["predicted"])
    assert (width.groupby(blend["origin"]).diff().dropna() > 0).all()


def test_nothing_falls_below_the_record_of_its_origin(frame):
    records = frame[frame["method"] == "no_change"].set_index(["origin", "horizon_years"])["predicted"]
    floor = records.loc[list(zip(frame["origin"], frame["horizon_years"], strict=True))].to_numpy()
    assert (frame["low"] >= floor * (1 - 1e-12)).all()
    assert ((frame["low"] <= frame["predicted"]) & (frame["predicted"] <= frame["high"])).all()


def test_a_summary_is_the_mean_by_method_and_horizon():
    cells = {
        "method": ["a", "a"], "horizon_years": [1, 1], "error_oom": [0.3, -0.1], "inside": [True, False],
        "crps_oom": [0.2, 0.4], "log_score": [-1.0, -2.0],
        "origin": pd.to_datetime(["2019-01-01", "2020-01-01"]),
    }  # fmt: skip
    found = backtest_summary(pd.DataFrame(cells)).iloc[0]
    assert found["forecasts"] == 2
    assert found[["mae_oom", "bias_oom", "coverage", "crps_oom", "log_score"]].to_list() == pytest.approx(
        [0.2, 0.1, 0.5, 0.3, -1.5]
    )


centres = st.floats(-2.0, 3.0)
sds = st.floats(0.05, 2.0)
rises = st.floats(0.0, 3.0)


@given(centres, sds, rises)
def test_crps_is_the_integral_of_the_squared_difference(centre, sd, rise):
    outlook = Outlook(np.array([centre]), np.array([sd]), 0.0)

    def below(x):
        return norm.cdf(x, centre, sd)

    missed = quad(lambda x: below(x) ** 2, 0, rise)[0] + quad(lambda x: (1 - below(x)) ** 2, rise, 30)[0]
    assert outlook.crps([rise])[0] == pytest.approx(missed, abs=1e-6)


def test_crps_far_above_the_floor_is_that_of_the_normal():
    # Gneiting and Raftery (2007), equation 21: sd (z (2 P(z) - 1) + 2 p(z) - 1 / sqrt(pi)).
    outlook = Outlook(np.array([25.0]), np.array([0.5]), 5.0)
    z = (25.7 - 25.0) / 0.5
    normal = 0.5 * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))
    assert outlook.crps([25.7])[0] == pytest.approx(normal, abs=1e-12)


@given(centres, sds)
def test_the_log_score_is_of_a_distribution_that_sums_to_one(centre, sd):
    outlook = Outlook(np.array([centre]), np.array([sd]), 0.0)
    stands = np.exp(outlook.log_score([0.0])[0])
    grows = quad(
        lambda x: np.exp(outlook.log_score([x])[0]), 1e-9, 30, points=[max(centre, 0.01)], limit=200
    )[0]
    assert stands + grows == pytest.approx(1, abs=1e-5)


def test_quantiles_stand_at_the_record_until_the_trend_passes_it():
    outlook = Outlook(np.array([-1.0, 2.0]), np.array([0.5, 0.5]), 0.0)
    assert outlook.quantile(0.5) == pytest.approx([0.0, 2.0])
    assert outlook.quantile(0.9) == pytest.approx([0.0, 2.0 + 0.5 * norm.ppf(0.9)])


def test_a_run_is_among_the_top_when_fewer_than_so_many_were_as_large():
    assert among_top_at_release([5, 3, 4, 3, 9, 1], places=2).tolist() == [
        True,
        True,
        True,
        False,
        True,
        False,
    ]


def test_decimal_years_begin_on_new_year_and_know_leap_years():
    dates = pd.Series(pd.to_datetime(["2019-01-01", "2019-07-02", "2020-07-02"]))
    assert decimal_years(dates) == pytest.approx([2019.0, 2019 + 182 / 365, 2020 + 183 / 366])


def test_a_users_edition_of_the_table_replaces_the_built_in_one(tables):
    runs = tables["training_runs"]
    mine = runs.tail(40).assign(source_id="epoch_ai_notable_models_import", origin="user")
    assert len(run_history(with_runs(tables, pd.concat([runs, mine]))).years) == len(
        run_history(with_runs(tables, mine)).years
    )


def test_the_record_is_known_to_the_end_of_the_newest_runs_year_and_no_further_than_any_date(tables):
    assert run_history(tables).known_until == 2026.0
    runs = tables["training_runs"]
    newer = runs.tail(1).assign(name="newer", date=pd.Timestamp("2027-03-01"), training_flop=1e28)
    known = run_history(with_runs(tables, pd.concat([runs, newer]))).known_until
    assert known == pytest.approx(2027 + 59 / 365)


def test_quarterly_origins_contain_the_yearly_ones(tables, frame):
    quarterly = backtest(tables, origins_per_year=4)
    yearly = quarterly[quarterly["origin"].dt.day_of_year == 1].reset_index(drop=True)
    pd.testing.assert_frame_equal(yearly, frame)


def test_the_outlook_goes_on_from_what_is_known(tables):
    outlook = record_outlook(tables, np.arange(2022, 2031))
    assert outlook["year"].tolist() == [2026, 2027, 2028, 2029, 2030]
    assert (outlook["p50"].diff().dropna() > 0).all()
    # The record of 5e26 can only be surpassed.
    assert (outlook["p5"] >= 5e26).all()
    assert (np.diff(np.log10(outlook["p95"] / outlook["p5"])) > 0).all()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"origins_per_year": 3}, "3 origins a year do not fall on months: ask for 1, 2, 4 or 12."),
        (
            {"first_origin": 2010},
            "Origins from 2010 have too little history behind them: begin in 2015 or later.",
        ),
        (
            {"first_origin": 2026},
            "No outcome is known a year after 2026: the record is known up to 2026.0, begin earlier.",
        ),
    ],
)
def test_impossible_origins_are_refused(tables, options, told):
    with pytest.raises(InvalidValue) as refused:
        backtest(tables, **options)
    assert str(refused.value) == told


def test_too_few_runs_are_refused(tables):
    with pytest.raises(InvalidValue) as refused:
        run_history(with_runs(tables, tables["training_runs"].head(3)))
    assert str(refused.value) == ("training_runs holds 3 runs, a trend needs 6: import Epoch AI's table.")


def test_published_forecasts_are_scored_against_what_came(tables):
    scores = published_scores(tables).set_index("forecast")
    # The IFR foresaw 584,000 robots installed in 2022; 553,000 were.
    robots = scores.filter(like="IFR", axis=0).iloc[0]
    assert robots["ratio"] == pytest.approx(584 / 553)
    assert robots["error_oom"] == pytest.approx(np.log10(584 / 553))
    assert pd.isna(robots["inside"])
    # A million robotaxis against none: no ratio, and first among the misses.
    assert scores.index[0].startswith("Tesla")
    assert pd.isna(scores["ratio"].iloc[0])


def test_an_observation_that_comes_later_scores_a_published_forecast(tables):
    assert not published_scores(tables)["forecast"].str.startswith("world_data_centres").any()
    seen = (
        tables["history"]
        .tail(1)
        .assign(
            series="electricity",
            entity="world data centres",
            date=pd.Timestamp("2026-12-31"),
            value=700.0,
            unit="TWh",
        )
    )
    later = {**tables, "history": pd.concat([tables["history"], seen])}
    scored = published_scores(later).set_index("forecast").loc["world_data_centres_electricity_2026"]
    # The IEA gave 620 to 1,050 TWh, 800 in the middle.
    assert scored[["predicted", "actual", "inside"]].tolist() == [800.0, 700.0, True]

"""Preference for the device: a logit in cost, latency, privacy and quality, each from its own source."""

import dataclasses
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.errors import InvalidValue, UnknownName
from forecasting.evaluation import scenario_model
from forecasting.plan import prepared_plan
from forecasting.preference import CHOICE_YEARS, TERMS, choice_terms, preferences
from forecasting.preference_terms import preference_terms
from forecasting.years import YEARS

FIBRE = "Wi-Fi + fibre, to nearest cloud region"


@pytest.fixture(scope="module")
def model(tables):
    return scenario_model(tables)


@pytest.fixture(scope="module")
def medians(model):
    return model.values({name: np.zeros(1) for name in model.inputs})


def shares(model, values, **changed):
    offered = dataclasses.replace(model.plan.choices, **changed)
    return np.array(list(preferences(offered, values).values()))


def test_the_preference_of_chat_in_2025_follows_by_hand_from_its_terms(model, medians):
    """Base 0.667: ln (0.667 / 0.333) = 0.695. Privacy 0.8 x need 0.3 = 0.24; quality - 0.08 x 9 x 2 = - 1.44.

    On the device 1.32 s to the first token, in the cloud 0.026 s and 0.019 s on the way:
    0.7 x (0.045 - 1.315) / (0.045 + 1.315) = - 0.654. The cloud costs 7.9-fold: 0.15 x ln 7.9 = 0.31.
    The sum is - 0.85: exp(-0.85) / (1 + exp(-0.85)) = 0.30.
    """
    offered = model.plan.choices
    at = offered.workload_ids.index("chat_phone")
    terms = {
        name: float(np.broadcast_to(t, (len(offered.workload_ids), 6, 1))[at, 0, 0])
        for name, t in choice_terms(offered, medians).items()
    }
    wait, away = offered.edge_s[at, 0], offered.cloud_s[at, 0] + offered.network_s[at, 0]
    assert terms["base"] == pytest.approx(0.695, abs=1e-3)
    assert terms["privacy"] == pytest.approx(0.24)
    assert terms["quality"] == pytest.approx(-1.44)
    assert terms["default"] == 0
    assert terms["latency"] == pytest.approx(0.7 * (away - wait) / (away + wait))
    # 18 ms of round trip, 3 kB up at 60 Mbit/s and 6 kB down at 200 Mbit/s.
    assert offered.network_s[at, 0] == pytest.approx(0.018 + 24e3 / 60e6 + 48e3 / 200e6)
    assert shares(model, medians)[at, 0, -6] == pytest.approx(0.30, abs=0.02)


def test_the_cost_in_the_cloud_is_that_of_its_busy_chips(model, medians):
    # 628 W x IT over chip 1.5 x (40 US$/W over 5.5 years at a busy share of 0.68, and PUE 1.15 x 8.5 ct/kWh).
    offered = model.plan.choices
    at = offered.workload_ids.index("chat_large_local")
    capital = 40e9 / 1e9 / (5.5 * 8766 * 3600 * 0.68)
    cloud = offered.cloud_h100e_s[at, 0] * 628 * 1.5 * (capital + 1.15 * 0.085 / 3.6e6)
    cloud += offered.network_j[at, 0] * 0.085 / 3.6e6
    edge = offered.edge_j[at, 0] * 0.085 / 3.6e6
    term = choice_terms(offered, medians)["cost"][at, 0, 0]
    assert term == pytest.approx(0.15 * np.log(cloud / edge))


@given(st.floats(1.0, 100.0), st.sampled_from(["cloud_h100e_s", "network_s", "cloud_s"]))
def test_a_dearer_or_farther_cloud_never_lowers_the_preference(model, medians, factor, what):
    dearer = shares(model, medians, **{what: getattr(model.plan.choices, what) * factor})
    assert np.all(dearer >= shares(model, medians) - 1e-12)


@given(
    st.floats(1.0, 5.0),
    st.sampled_from(["capability_lag_months", "capability_lag_narrowing", "edge_quality_weight"]),
)
def test_a_larger_gap_in_quality_never_raises_the_preference(model, medians, factor, name):
    worse = shares(model, {**medians, name: medians[name] * factor})
    assert np.all(worse <= shares(model, medians) + 1e-12)


@given(st.integers(0, 2**16))
def test_preferences_lie_between_none_and_all_and_stay_before_2025(model, seed):
    drawn = model.values(model.scores(16, seed))
    found = shares(model, drawn)
    assert np.all((found > 0) & (found < 1))
    np.testing.assert_array_equal(found[..., YEARS < 2025], np.repeat(found[..., [3]], 3, axis=-1))


def test_need_for_privacy_raises_the_preference(model, medians):
    open_book, secret = (
        shares(model, medians, privacy_need=np.full_like(model.plan.choices.privacy_need, need))
        for need in (0, 1)
    )
    assert np.all(secret > open_book)


def changed(tables, name, row, **cells):
    frame = tables[name].copy()
    for column, value in cells.items():
        frame.loc[row(frame), column] = value
    return {**tables, name: frame}


def test_a_slower_network_moves_the_workloads_behind_it_alone(tables, model, medians):
    slow = changed(tables, "networks", lambda n: n["network"] == FIBRE, rtt_ms_p50=2000.0, rtt_ms_p95=3000.0)
    after = preferences(prepared_plan(slow, 0.35).choices, medians)
    before = preferences(model.plan.choices, medians)
    behind = tables["workload_demand"].set_index("workload_id")["network"].eq(FIBRE)
    for workload_id, share in after.items():
        moved = share[0, -1] - before[workload_id][0, -1]
        assert moved > 0 if behind[workload_id] else moved == 0


def test_a_device_that_draws_less_moves_the_choice_of_what_it_runs(tables, model, medians):
    thrifty = changed(
        tables,
        "devices",
        lambda d: d["device_id"].str.startswith("generic_phone"),
        sustained_w=0.5,
        idle_w=0.01,
    )
    after = prepared_plan(thrifty, 0.35).choices
    at = after.workload_ids.index("image_gen_phone")
    assert after.edge_j[at, -1] != model.plan.choices.edge_j[at, -1]


def test_every_term_has_its_row_and_together_they_make_the_preference(tables, model):
    fixed = {
        name: float(value[0]) for name, value in model.values({n: np.zeros(1) for n in model.inputs}).items()
    }
    frame = preference_terms(tables, draws=2, overrides=fixed, plan=model.plan)
    wide = frame.pivot(index=["workload_id", "year"], columns="measure", values="p50")
    assert len(wide) == len(model.plan.choices.workload_ids) * len(CHOICE_YEARS)
    np.testing.assert_allclose(
        1 / (1 + np.exp(-wide[list(TERMS)].sum(axis=1))), wide["preference"], rtol=1e-9
    )
    # Nine months behind on a consumer GPU, twice that on a phone, 15 % less a year.
    assert wide.loc[("chat_phone", 2030), "quality_gap"] == pytest.approx(18 * 0.85**5)


def test_assistants_on_devices_lie_within_the_documented_shares(model):
    # parameters: .002 to .03 of the tokens in 2025, .02 to .30 in 2030.
    central = model.projection(model.scores(256))
    share = np.median(central.checks["assistant_tokens_on_device"], axis=0)
    assert 0.002 < share[list(YEARS).index(2025)] < 0.03
    assert 0.02 < share[list(YEARS).index(2030)] < 0.30


def test_a_preference_without_its_base_is_named(tables):
    broken = changed(tables, "workload_demand", lambda d: d["workload_id"] == "chat_phone", preference="mood")
    with pytest.raises(
        InvalidValue, match=r"names the preference 'mood' for 'chat_phone': choose one of assistant,"
    ):
        prepared_plan(broken, 0.35)


def test_a_network_that_is_not_there_is_named(tables):
    broken = changed(tables, "workload_demand", lambda d: d["workload_id"] == "chat_phone", network="pigeon")
    with pytest.raises(UnknownName, match="There is no network 'pigeon'"):
        prepared_plan(broken, 0.35)


def test_the_command_line_tells_why(edgewise):
    rows = pd.read_csv(io.StringIO(edgewise("placement", "--terms", "--draws", "8", "--format", "csv")))
    assert set(TERMS) < set(rows["measure"])
    held = pd.read_csv(
        io.StringIO(
            edgewise("placement", "--terms", "--draws", "8", "--set", "edge_cost_weight=0", "--format", "csv")
        )
    )
    assert (held.query("measure == 'cost'")["p50"] == 0).all()

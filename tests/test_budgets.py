"""Devices against workloads: columns, defaults, verdicts, the sentence for a failed budget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets.errors import InvalidValue, UnknownName
from devices.budgets import budgets
from devices.catalogue import hardware_named
from devices.efficiency import phase_factors
from devices.power import power_limits

Tables = Mapping[str, pd.DataFrame]
CONTRACT = """
    device_id workload_id model_id weight_precision batch prompt_tokens output_tokens devices fits_memory
    first_token_s per_token_s tokens_per_s power_w energy_per_token_j binding_roof within_budget reason
"""
DECODE_BOUND = ["chat_small", "notify_summary", "voice_turn"]
quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def grid(tables: Tables) -> pd.DataFrame:
    return budgets(tables)


def _row(frame: pd.DataFrame, device: str, workload: str) -> pd.Series:
    return frame[(frame["device_id"] == device) & (frame["workload_id"] == workload)].iloc[0]


def _with_device(tables: Tables, like: str, **changes: Any) -> dict[str, pd.DataFrame]:
    """The tables with one more device, ``mine``, that differs from another in the given cells."""
    devices, peaks = tables["devices"], tables["device_peaks"]
    row = devices[devices["device_id"] == like].assign(device_id="mine", **changes)
    mine = peaks[peaks["device_id"] == like].assign(device_id="mine")
    return {
        **tables,
        "devices": pd.concat([devices, row], ignore_index=True),
        "device_peaks": pd.concat([peaks, mine], ignore_index=True),
    }


def test_the_frame_starts_with_the_columns_that_others_script_against(
    grid: pd.DataFrame, tables: Tables
) -> None:
    names = CONTRACT.split()
    assert list(grid.columns[: len(names)]) == names
    assert len(grid) == len(tables["devices"]) * len(tables["workloads"])


def test_a_data_centre_takes_the_clouds_batch_and_precision_and_a_phone_the_edges(grid: pd.DataFrame) -> None:
    cloud, phone = _row(grid, "h100_sxm", "chat_small"), _row(grid, "apple_a18_pro", "chat_small")
    assert (cloud["batch"], cloud["weight_precision"]) == (32, "fp8")
    assert (phone["batch"], phone["weight_precision"]) == (1, "int4")


def test_every_row_outside_its_budget_says_why_and_no_other_does(grid: pd.DataFrame) -> None:
    assert (grid.loc[grid["within_budget"], "reason"] == "").all()
    assert (grid.loc[~grid["within_budget"], "reason"] != "").all()
    assert (grid["within_budget"] == (grid["margin"] <= 1.0)).all()


def test_a_model_that_does_not_fit_says_what_is_short(grid: pd.DataFrame) -> None:
    row = _row(grid, "h100_sxm", "chat_large")
    assert not row["fits_memory"]
    assert row["margin"] == np.inf
    assert row["reason"] == (
        f"needs {row['memory_needed_gb']:.3g} GB of 80 GB: short by {row['memory_short_gb']:.3g} GB"
    )


def test_a_missed_latency_names_value_limit_and_roof(tables: Tables) -> None:
    slow = budgets(tables, ["apple_m1"], ["chat_small"], prompt_tokens=16).iloc[0]
    assert (
        slow["reason"]
        == f"{slow['per_token_s'] * 1e3:.3g} ms a token against a budget of 30 ms (memory roof)"
    )
    late = budgets(tables, ["apple_m1"], ["chat_small"], prompt_tokens=8000).iloc[0]
    assert late["reason"] == (
        f"{late['first_token_s']:.3g} s to the first token against a budget of 500 ms (compute roof)"
    )
    ended = budgets(tables, ["rtx_4090"], ["humanoid_voice"], output_tokens=900).iloc[0]
    assert (
        ended["reason"] == f"{ended['latency_s']:.3g} s to the end against a budget of 800 ms (memory roof)"
    )


def test_a_power_budget_counts_what_the_work_adds_and_spares_what_hangs_on_the_mains(tables: Tables) -> None:
    car, desktop = budgets(tables, ["tesla_hw4", "rtx_4090"], ["chat_small"])["reason"]
    assert car.startswith("adds ")
    assert car.endswith(" W against a budget of 5 W (power roof)")
    assert desktop == ""


def test_a_stream_that_cannot_keep_up_says_its_rate(grid: pd.DataFrame) -> None:
    row = _row(grid, "apple_a18_pro", "fsd_hw4_36")
    assert "items a second of 36 asked for" in row["reason"]
    assert np.isnan(row["first_token_s"])
    assert np.isnan(row["tokens_per_s"])
    assert row["margin"] == pytest.approx(row["latency_s"] * 36)


@pytest.mark.parametrize(
    ("device", "workload", "sentence"),
    [
        ("h100_sxm", "train_frontier", "a training run has no latency budget"),
        ("hailo_8", "smart_camera", "the device's memory bandwidth is not known"),
        ("dim_9300", "smart_camera", "the device has no published peak"),
    ],
)
def test_what_cannot_be_evaluated_has_a_reason_and_no_figure(
    grid: pd.DataFrame, device: str, workload: str, sentence: str
) -> None:
    row = _row(grid, device, workload)
    assert row["reason"] == sentence
    assert np.isnan(row["margin"])
    assert np.isnan(row["latency_s"])
    assert np.isnan(row["power_w"])
    assert not row["within_budget"]


def test_a_workload_with_unknown_weights_spoils_only_its_own_row(tables: Tables) -> None:
    workloads = tables["workloads"]
    odd = workloads[workloads["workload_id"] == "chat_small"].assign(
        workload_id="odd", weight_precision_edge="q4"
    )
    changed = {**tables, "workloads": pd.concat([workloads, odd], ignore_index=True)}
    rows = budgets(changed, ["apple_a18_pro"], ["odd", "voice_turn"])
    assert rows["reason"].iloc[0] == "no weight precision 'q4' is known"
    assert rows["latency_s"].iloc[1] > 0.0


def test_wrong_names_and_values_are_refused_in_one_sentence(tables: Tables) -> None:
    with pytest.raises(UnknownName, match=r"no workload 'chat_smal': did you mean chat_small"):
        budgets(tables, ["h100_sxm"], ["chat_smal"])
    with pytest.raises(UnknownName, match="no model"):
        budgets(tables, ["h100_sxm"], ["chat_small"], model_id="llama_9")
    with pytest.raises(InvalidValue, match=r"batch is 0: it must be a finite number, at least 1"):
        budgets(tables, batch=0)
    with pytest.raises(InvalidValue, match=r"There is no precision 'int5': known are"):
        budgets(tables, weight_precision="int5")
    with pytest.raises(InvalidValue, match=r"Device 'a100_80' has no arithmetic for fp8: it has fp64, fp32"):
        budgets(tables, ["a100_80"], ["chat_small"], compute_precision="fp8")
    with pytest.raises(InvalidValue, match=r"There is no arithmetic 'int5'"):
        budgets(tables, compute_precision="int5")


def test_another_model_batch_or_width_takes_its_place(tables: Tables) -> None:
    plain = budgets(tables, ["h100_sxm"], ["chat_small"], batch=1, devices=1).iloc[0]
    wide = budgets(tables, ["h100_sxm"], ["chat_small"], batch=1, devices=8).iloc[0]
    other = budgets(tables, ["h100_sxm"], ["chat_small"], batch=1, model_id="llama_3_2_1b").iloc[0]
    assert wide["per_token_s"] < plain["per_token_s"]
    assert other["model_id"] == "llama_3_2_1b"
    assert other["operations_per_item"] < plain["operations_per_item"] / 5.0


@quick
@given(factor=st.floats(min_value=1.01, max_value=8.0), workload=st.sampled_from(DECODE_BOUND))
def test_more_bandwidth_brings_a_decode_bound_workload_closer_to_its_budget(
    tables: Tables, factor: float, workload: str
) -> None:
    bandwidth = 84.8 * factor
    changed = _with_device(tables, "sd_8elite", memory_bandwidth_gb_per_s=bandwidth)
    rows = budgets(changed, ["sd_8elite", "mine"], [workload], model_id="apple_fm_3b")
    assert rows["per_token_s"].iloc[1] < rows["per_token_s"].iloc[0]
    # Where the power that a phone sustains sets the margin, bandwidth leaves it as it is.
    assert rows["margin"].iloc[1] <= rows["margin"].iloc[0] * (1.0 + 1e-9)


def test_twice_the_bandwidth_nearly_halves_the_time_of_a_token(tables: Tables) -> None:
    changed = _with_device(tables, "rtx_4090", memory_bandwidth_gb_per_s=2016.0)
    rows = budgets(changed, ["rtx_4090", "mine"], ["chat_small"])
    ratio = rows["per_token_s"].iloc[0] / rows["per_token_s"].iloc[1]
    assert 1.4 < ratio < 2.0


def test_aggregate_throughput_rises_with_the_batch_until_memory_runs_out(tables: Tables) -> None:
    rows = pd.concat(
        [budgets(tables, ["h100_sxm"], ["chat_small"], batch=2**power) for power in range(12)],
        ignore_index=True,
    )
    assert rows["tokens_per_s"].is_monotonic_increasing
    fits = rows["fits_memory"].tolist()
    assert fits == sorted(fits, reverse=True)
    assert fits[0]
    assert not fits[-1]


def test_energy_is_never_less_than_that_of_a_device_at_rest(grid: pd.DataFrame, tables: Tables) -> None:
    idle = pd.Series(
        power_limits(hardware_named(tables)).idle_w, index=tables["devices"]["device_id"].to_numpy()
    )
    known = grid[np.isfinite(grid["latency_s"])]
    rest = known["device_id"].map(idle) * known["latency_s"] / known["batch"]
    assert (known["energy_per_item_j"] >= rest * (1.0 - 1e-12)).all()
    assert (known["power_w"] >= known["device_id"].map(idle) * (1.0 - 1e-12)).all()


def test_a_phone_that_would_overheat_is_slowed_to_its_sustained_power(grid: pd.DataFrame) -> None:
    row = _row(grid, "apple_a18_pro", "image_gen_phone")
    assert row["throttled"]
    assert row["binding_roof"] == "power"
    assert row["power_w"] == pytest.approx(4.0)


def test_work_that_leaves_time_to_cool_is_not_slowed(grid: pd.DataFrame) -> None:
    row = _row(grid, "sd_8gen3", "smart_camera")
    assert not row["throttled"]
    assert row["power_w"] < 4.0


def test_intervals_enclose_the_prediction_evenly_on_a_logarithmic_scale(grid: pd.DataFrame) -> None:
    known = grid[np.isfinite(grid["per_token_s"])]
    below = known["per_token_s"] / known["per_token_s_low"]
    above = known["per_token_s_high"] / known["per_token_s"]
    assert (below > 1.0).all()
    assert np.allclose(below, above)


def test_a_stream_demands_power_only_while_it_works(tables: Tables) -> None:
    rows = budgets(tables, ["jetson_agx_orin64"], ["smart_camera", "fsd_hw4_36"])
    idle = float(power_limits(hardware_named(tables, ["jetson_agx_orin64"])).idle_w[0])
    light, heavy = rows["power_w"] - idle
    assert 0.0 < light < heavy
    # Energy an item times items a second, less what the device takes at rest anyway.
    camera = rows.iloc[0]
    dynamic = camera["energy_per_item_j"] - idle * camera["latency_s"]
    assert light == pytest.approx(dynamic * 15.0)


def test_every_predicted_figure_has_the_bounds_of_its_interval(tables: Tables) -> None:
    names = ["first_token_s", "per_token_s", "tokens_per_s", "power_w", "energy_per_token_j"]
    rows = budgets(tables, ["h100_sxm", "sd_8elite"], ["chat_small", "camera_preview"])
    for name in [*names, "items_per_s", "latency_s", "energy_per_item_j"]:
        known = rows[rows[name].notna()]
        assert len(known) > 0, name
        assert (known[f"{name}_low"] < known[name]).all(), name
        assert (known[name] < known[f"{name}_high"]).all(), name
        assert np.allclose(known[f"{name}_low"] * known[f"{name}_high"], known[name] ** 2), name


def test_the_interval_of_a_phase_is_as_wide_as_its_measurements_miss(tables: Tables) -> None:
    def width(batch: float, name: str) -> float:
        row = budgets(tables, ["h100_sxm"], ["chat_small"], batch=batch).iloc[0]
        return float(np.log(row[f"{name}_high"] / row[name]))

    factors = phase_factors(tables["efficiencies"])
    assert width(1.0, "per_token_s") / width(8.0, "per_token_s") == pytest.approx(
        factors["decode"] / factors["batch"]
    )
    assert width(8.0, "first_token_s") / width(8.0, "per_token_s") == pytest.approx(
        factors["prefill"] / factors["batch"]
    )

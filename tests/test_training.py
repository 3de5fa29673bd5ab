"""Training arithmetic against published runs and tables, and its limits."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.errors import InvalidValue, UnknownName
from devices.attention import attention_operations
from devices.catalogue import networks_named
from devices.networks import network_columns
from devices.parallelism import all_reduce_s
from devices.training import (
    DAY_S,
    RECOMPUTATION_SHARE,
    devices_for_run,
    hardware_flops_utilisation,
    matrix_training_operations,
    model_flops_utilisation,
    run_capital_usd,
    run_electricity_usd,
    run_energy_j,
    run_s,
    training_operations_per_token,
)
from devices.training_memory import activation_bytes, adam_bytes, layer_activation_bytes, model_state
from devices.training_plan import RunTerms, training_plan
from devices.training_step import Layout, exposed_all_reduce_s, training_step
from devices.training_terms import layout_in_time, run_terms

TERMS = RunTerms(
    tokens=1e12,
    reachable_share=0.6,
    data_link_gb_per_s=50.0,
    power_share=0.8,
    server_overhead=1.5,
    pue=1.15,
    usd_per_kwh=0.085,
    device_lifetime_years=5.0,
)


def number(value: float) -> np.ndarray:
    return np.asarray(float(value))


def shapes(**columns):
    row = {
        "model_id": "m", "kind": "decoder", "attention": "mha", "params_b": 1.0, "layers": 10, "hidden": 1000,
        "heads": 10, "kv_heads": 10, "head_dim": 100, "ffn": 4000, "ffn_mats": 2, "vocab": 0,
        "tied_embeddings": True,
    }  # fmt: skip
    return network_columns(pd.DataFrame([{**row, **columns}]))


def test_gpt_3_takes_the_published_3640_petaflops_days(tables):
    # Brown et al. 2020, table D.1: 3.64e3 PF-days, 3.14e23 FLOP for 174.6e9 parameters and 300e9 tokens.
    params = networks_named(tables, ["gpt_3_175b"]).active_params
    assert matrix_training_operations(params, number(300e9)) == pytest.approx(3640 * 1e15 * DAY_S, rel=2e-3)


def test_llama_3_1_405b_takes_the_operations_that_epoch_lists(tables):
    runs = tables["training_runs"].set_index("name")
    run = runs.loc["Llama 3.1-405B"]
    predicted = matrix_training_operations(number(run["params"]), number(float(run["tokens_or_datapoints"])))
    assert predicted == pytest.approx(run["training_flop"], rel=0.01)


def test_palm_utilisation_with_and_without_attention():
    # Chowdhery et al. 2022, appendix B: 540.35e9 parameters, 118 layers, 48 heads of 256, sequences of 2048,
    # 238,300 tokens/s on 6,144 chips of 275 TFLOP/s: 45.7 % without self-attention, 46.2 % with.
    palm = shapes(params_b=540.35, layers=118, hidden=18432, heads=48, kv_heads=1, head_dim=256)
    rate = {"tokens_per_s": number(238.3e3), "devices": number(6144), "peak_ops_per_s": number(275e12)}
    with_attention = training_operations_per_token(palm, number(2048), causal=False)
    assert model_flops_utilisation(with_attention, **rate) == pytest.approx(0.462, abs=5e-4)
    assert model_flops_utilisation(6.0 * palm.params, **rate) == pytest.approx(0.457, abs=5e-4)


def test_causal_attention_is_half_of_the_square_and_one_diagonal():
    network = shapes()
    square = training_operations_per_token(network, number(1000), causal=False) - 6e9
    causal = training_operations_per_token(network, number(1000)) - 6e9
    assert causal / square == pytest.approx(1001 / 2000)
    assert causal * 1000 == pytest.approx(3.0 * attention_operations(network, number(1), number(1000)))


def test_time_and_devices_are_each_others_inverse():
    seconds = run_s(number(3.8e25), number(16384), number(989.4e12), number(0.4))
    assert devices_for_run(number(3.8e25), seconds, number(989.4e12), number(0.4)) == pytest.approx(16384)
    # Grattafiori et al. 2024: 54 days on up to 16,384 H100s at 38 to 43 %.
    assert seconds / DAY_S == pytest.approx(67.8, rel=0.01)


def test_a_recomputed_forward_pass_is_a_third_more():
    assert hardware_flops_utilisation(number(0.45), number(RECOMPUTATION_SHARE)) == pytest.approx(0.6)


@pytest.mark.parametrize(("stage", "gigabytes"), [(0, 120.0), (1, 31.4), (2, 16.6), (3, 1.88)])
def test_zero_as_in_its_first_figure(stage, gigabytes):
    # Rajbhandari et al. 2020, figure 1: 7.5e9 parameters, 64 ranks, mixed-precision Adam.
    assert model_state(number(7.5e9), number(64), stage).total / 1e9 == pytest.approx(gigabytes, rel=3e-3)


@given(stage=st.integers(0, 2), ranks=st.integers(1, 4096), params=st.floats(1e6, 1e13))
def test_a_higher_stage_never_takes_more_and_one_rank_gains_nothing(stage, ranks, params):
    lower = model_state(number(params), number(ranks), stage).total
    higher = model_state(number(params), number(ranks), stage + 1).total
    assert higher <= lower
    assert model_state(number(params), number(1), stage + 1).total == pytest.approx(16.0 * params)


def test_there_is_no_fourth_stage():
    with pytest.raises(InvalidValue, match=r"ZeRO has no stage 4: choose 0 \(no sharding\), 1, 2 or 3\."):
        model_state(number(1e9), number(8), 4)


def test_adam_keeps_three_values_a_parameter():
    assert adam_bytes(number(175e9), number(4)) == 2.1e12


def test_activations_of_a_gpt_3_layer():
    # Korthikanti et al. 2022, section 4.1: for GPT-3 (a 96, s 2048, h 12288) 5 a s / h is 80.
    gpt3 = shapes(layers=96, hidden=12288, heads=96, head_dim=128)
    kept = layer_activation_bytes(gpt3, number(2048), number(2048), number(1), scores_kept=True)
    fused = layer_activation_bytes(gpt3, number(2048), number(2048), number(1), scores_kept=False)
    assert kept / (2048 * 12288) == pytest.approx(34 + 80)
    assert fused / (2048 * 12288) == pytest.approx(34)
    shared = layer_activation_bytes(gpt3, number(2048), number(2048), number(8), scores_kept=True)
    assert shared == pytest.approx(kept / 8)


def test_checkpoints_keep_inputs_and_one_segment():
    network = shapes(layers=8, hidden=1000)

    def alive(every, micro_batches=1):
        return activation_bytes(
            network, number(100), number(100), number(1), network.layers, number(micro_batches),
            scores_kept=False, checkpoint_every=every,
        )  # fmt: skip

    one_layer = 34 * 1000 * 100
    assert alive(None) == pytest.approx(8 * one_layer)
    assert alive(1) == pytest.approx(8 * 2 * 1000 * 100 + one_layer)
    assert alive(4) == pytest.approx(2 * 2 * 1000 * 100 + 4 * one_layer)
    # A second micro-batch in flight adds its checkpoints, not a second segment.
    assert alive(4, 2) - alive(4) == pytest.approx(2 * 2 * 1000 * 100)


def test_an_all_reduce_hides_behind_the_backward_pass():
    whole = all_reduce_s(number(1e9), number(8), number(450e9))
    assert exposed_all_reduce_s(number(1e9), number(8), number(450e9), number(0)) == whole
    assert exposed_all_reduce_s(number(1e9), number(8), number(450e9), whole / 2) == pytest.approx(whole / 2)
    assert exposed_all_reduce_s(number(1e9), number(8), number(450e9), 2 * whole) == 0.0


def step(network, layout, **changed):
    terms = {
        "peak_ops_per_s": number(1e15),
        "reachable_share": number(0.5),
        "tensor_link_bytes_per_s": number(450e9),
        "data_link_bytes_per_s": number(50e9),
    }
    return training_step(network, layout, **{**terms, **changed})


def test_one_device_reaches_just_its_reachable_share():
    alone = step(shapes(), Layout(sequence_tokens=100))
    assert alone.model_utilisation == pytest.approx(0.5)
    recomputing = step(shapes(), Layout(sequence_tokens=100, checkpoint_every=1))
    assert recomputing.model_utilisation == pytest.approx(0.5 * 3 / 4)


def test_the_bubble_takes_its_share_of_the_step():
    piped = step(shapes(), Layout(pipeline=4, micro_batches=12, sequence_tokens=100))
    assert piped.bubble_s / piped.time_s == pytest.approx(3 / 15)


def test_gradients_wait_only_for_a_slow_link():
    layout = Layout(data=64, sequence_tokens=100_000)
    assert step(shapes(), layout).gradient_s == 0.0
    slow = step(shapes(), layout, data_link_bytes_per_s=number(1e6))
    assert slow.gradient_s > 0.9 * all_reduce_s(number(2e9), number(64), number(1e6))
    assert slow.model_utilisation < step(shapes(), layout).model_utilisation


def test_plan_of_the_llama_405b_run(tables):
    # Grattafiori et al. 2024, table 4: TP 8, PP 16, DP 128, 16 million tokens a step at 8,192 a sequence.
    layout = Layout(tensor=8, pipeline=16, data=128, sequence_tokens=8192, micro_batches=16, zero_stage=2)
    assert (layout.devices, layout.batch_tokens) == (16384, 16_777_216)
    plan = training_plan(tables, "llama_3_1_405b", ["h100_sxm", "b200"], layout, TERMS).set_index("device_id")
    first = plan.loc["h100_sxm"]
    assert first["step_s"] == pytest.approx(
        first["compute_s"] + first["tensor_s"] + first["bubble_s"] + first["gradient_s"]
    )
    assert first["steps"] == pytest.approx(1e12 / 16_777_216)
    assert first["days"] == pytest.approx(first["steps"] * first["step_s"] / DAY_S)
    watts = 16384 * 700 * 0.8 * 1.5 * 1.15
    assert first["energy_mwh"] == pytest.approx(watts * first["days"] * 24 / 1e6)
    assert first["electricity_usd"] == pytest.approx(first["energy_mwh"] * 1000 * 0.085)
    assert first["capital_usd"] == pytest.approx(16384 * 30000 * first["days"] / (5 * 365.25))
    assert plan.loc["b200", "days"] < first["days"]
    assert first["fits_memory"] == (first["state_gb"] + first["activation_gb"] <= first["memory_gb"])


def test_energy_and_prices_are_products():
    energy = run_energy_j(number(10), number(700), number(3600), number(1.5), number(1.2))
    assert energy == pytest.approx(10 * 0.7 * 1.8 * 3.6e6)
    assert run_electricity_usd(energy, number(0.1)) == pytest.approx(1.26)
    assert run_capital_usd(number(10), number(30_000), number(1), number(100)) == pytest.approx(3000)


def test_wrong_plans_say_why(tables):
    with pytest.raises(InvalidValue, match="pipeline is 0: it must be at least 1"):
        Layout(pipeline=0)
    with pytest.raises(InvalidValue, match="tokens is -1: it must be a finite number above 0"):
        RunTerms(**{**vars(TERMS), "tokens": -1.0})
    with pytest.raises(InvalidValue, match=r"reachable_share is 1\.5: a share is at most 1"):
        RunTerms(**{**vars(TERMS), "reachable_share": 1.5})
    with pytest.raises(UnknownName, match="h100_sxm"):
        training_plan(tables, "llama_3_8b", ["h100_sxmm"], Layout(), TERMS)
    with pytest.raises(
        InvalidValue, match="None of the devices has a dense peak at fp8: choose another precision"
    ):
        training_plan(tables, "llama_3_8b", ["apple_a18_pro"], Layout(), TERMS, precision="fp8")
    with pytest.raises(InvalidValue, match="has no layers, heads and hidden width"):
        training_plan(tables, "mobilenet_v2", ["h100_sxm"], Layout(), TERMS)


def test_interleaving_divides_the_bubble(tables):
    layout = Layout(tensor=8, pipeline=16, data=128, sequence_tokens=8192, micro_batches=16)
    plain, chunked = (
        training_plan(tables, "llama_3_1_405b", ["h100_sxm"], replace(layout, chunks=pieces), TERMS).iloc[0]
        for pieces in (1, 4)
    )
    assert chunked["bubble_s"] == pytest.approx(plain["bubble_s"] / 4.0)
    assert chunked["activation_gb"] == pytest.approx(plain["activation_gb"] * (1.0 + 15.0 / 64.0))


def test_the_llama_405b_run_reaches_about_the_published_utilisation(tables):
    # Grattafiori et al. 2024, table 4: 41 % of the dense peak, interleaved; how far, is not told.
    terms = run_terms(tables, 15.6e12)
    layout = Layout(tensor=8, pipeline=16, data=128, sequence_tokens=8192, micro_batches=16, chunks=2)
    plan = training_plan(tables, "llama_3_1_405b", ["h100_sxm"], layout, terms).iloc[0]
    assert plan["model_utilisation"] == pytest.approx(0.41, rel=0.2)
    # 3.8e25 operations at that share: 54 days; the run took about as long as its interruptions allowed.
    assert 45 < plan["days"] < 75


def test_terms_are_the_central_assumptions_unless_given(tables):
    terms = run_terms(tables, 1e12, pue=1.4)
    central = tables["assumptions"].set_index("assumption_id")["central"]
    assert terms.pue == 1.4
    assert terms.usd_per_kwh == central["electricity_usd_per_kwh"]
    assert terms.data_link_gb_per_s == 50.0
    bare = {**tables, "assumptions": tables["assumptions"].query("assumption_id != 'pue'")}
    with pytest.raises(InvalidValue, match="There is no assumption 'pue': give pue, or restore its row"):
        run_terms(bare, 1e12)


@pytest.mark.parametrize("days", [3.0, 30.0])
def test_the_fewest_copies_that_end_in_time(tables, days):
    layout, terms = Layout(tensor=8, sequence_tokens=8192, micro_batches=8), run_terms(tables, 15e12)
    asked = (tables, "llama_3_8b", "h100_sxm")
    found = layout_in_time(*asked, layout, terms, days, "bf16")

    def taken(copies):
        plan = training_plan(tables, "llama_3_8b", ["h100_sxm"], replace(layout, data=copies), terms)
        return plan["days"].iloc[0]

    assert taken(found.data) <= days < taken(found.data - 1)


def test_a_run_that_cannot_end_in_time_says_why(tables):
    terms = run_terms(tables, 15e12)
    with pytest.raises(InvalidValue, match="days is 0: it must be a finite number above 0"):
        layout_in_time(tables, "llama_3_8b", "h100_sxm", Layout(), terms, 0.0, "bf16")
    silent = tables["devices"].assign(interconnect_gb_per_s_per_direction=np.nan)
    with pytest.raises(
        InvalidValue, match="Device 'h100_sxm' has no peak at bf16, or no link for its layers"
    ):
        layout_in_time(
            {**tables, "devices": silent}, "llama_3_8b", "h100_sxm", Layout(tensor=2), terms, 10.0, "bf16"
        )


def test_the_command_trains_on_several_devices(edgewise, tables):
    out = edgewise(
        "train", "--model", "llama_3_8b", "--device", "h100_sxm", "b200", "--tokens", "15e12", "--days", "30",
        "--tensor", "8", "--micro-batches", "8", "--format", "json",
    )  # fmt: skip
    plans = pd.DataFrame(json.loads(out))
    assert list(plans["device_id"]) == ["h100_sxm", "b200"]
    assert (plans["days"] <= 30.0).all()
    assert plans["devices"].iloc[0] > plans["devices"].iloc[1]
    assert "a share is at most 1" in edgewise.refused(
        "train", "--model", "llama_3_8b", "--device", "h100_sxm", "--tokens", "1e12", "--reachable-share", "2"
    )

"""Techniques and layouts of serving: at their limits, against published figures, refused in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasets.errors import InvalidValue, UnknownName
from devices.attention import attended_positions, cacheless_positions
from devices.budgets import budgets
from devices.links import LINKS
from devices.options import Options
from devices.speculation import accepted_tokens
from devices.static_batches import longest_over_mean

Tables = Mapping[str, pd.DataFrame]
FIGURES = pd.read_csv(Path(__file__).parent / "reference" / "serving_figures.csv")
quick = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
REQUEST = {"batch": 8, "prompt_tokens": 1000, "output_tokens": 200}


def _row(
    tables: Tables,
    options: Options | None = None,
    device: str = "h100_sxm",
    model: str = "llama_3_1_8b",
    **changes: Any,
) -> pd.Series:
    asked = {"model_id": model, **REQUEST, **changes}
    workload = asked.pop("workload", "chat_small")
    return budgets(tables, [device], [workload], options=options or Options(), **asked).iloc[0]


def _figures(row: pd.Series) -> pd.Series:
    return row[row.map(lambda value: isinstance(value, float) and np.isfinite(value))].astype(float)


@pytest.mark.parametrize(
    "limit",
    [
        Options(draft_tokens=0, draft_cost=0.1),
        Options(predicted_tokens=0),
        Options(attention_kernel="flash"),
        Options(batching="continuous"),
        Options(page_tokens=1),
        Options(reserved_tokens=1),
        Options(tensor=1, pipeline=1, expert=1, data=1),
        Options(offload="pcie4_x16"),
        Options(jitter_margin=0.0),
        Options(parallel_samples=1, reasoning=1.0, cached_share=0.5),
        Options(window_tokens=131072),
        Options(prefix_read_once=True),
    ],
    ids=lambda options: ", ".join(dict(options.given())),
)
def test_an_option_at_its_limit_is_the_plain_case(tables: Tables, limit: Options) -> None:
    plain, limited = _figures(_row(tables)), _figures(_row(tables, limit))
    assert limited.to_dict() == pytest.approx(plain.to_dict(), rel=1e-12)


@pytest.mark.parametrize(
    "figure", list(FIGURES.itertuples()), ids=lambda f: f"{f.quantity} {f.acceptance} {f.drafted}"
)
def test_drafts_as_in_the_published_table(tables: Tables, figure: Any) -> None:
    if figure.quantity == "accepted_tokens":
        found = accepted_tokens(np.array(figure.acceptance), np.array(figure.drafted))
    else:
        asked = {"batch": 1, "prompt_tokens": 1, "output_tokens": 200}
        options = Options(acceptance=figure.acceptance, draft_tokens=figure.drafted, draft_cost=0.0)
        plain, drafted = (_row(tables, each, **asked)["operations_per_item"] for each in (Options(), options))
        found = drafted / plain
    assert found == pytest.approx(figure.expected, rel=figure.relative_tolerance)


def test_a_draft_that_is_always_accepted_and_free_saves_all_but_one_step(tables: Tables) -> None:
    # Eight tokens of four sequences still leave the step bound by memory: verification costs little more.
    plain = _row(tables, batch=1)
    drafted = _row(tables, Options(draft_tokens=3, acceptance=1.0, draft_cost=0.0), batch=1)
    assert 3.5 < plain["per_token_s"] / drafted["per_token_s"] <= 4.0


def test_a_draft_that_is_never_accepted_costs_what_it_takes(tables: Tables) -> None:
    plain = _row(tables, batch=1)["per_token_s"]
    refused = _row(tables, Options(draft_tokens=3, acceptance=0.0, draft_cost=0.1), batch=1)["per_token_s"]
    assert plain * 1.3 <= refused < plain * 1.4


def test_a_draft_model_takes_memory_and_reads_the_prompt_too(tables: Tables) -> None:
    plain = _row(tables)
    drafted = _row(tables, Options(draft_tokens=4, acceptance=0.8, draft_model="llama_3_2_1b"))
    assert drafted["memory_needed_gb"] - plain["memory_needed_gb"] > 1.2
    assert drafted["per_token_s"] < plain["per_token_s"]
    assert drafted["first_token_s"] - drafted["per_token_s"] == pytest.approx(
        plain["first_token_s"] - plain["per_token_s"]
    )


def test_deepseek_v3_predicts_one_token_ahead_at_the_published_gain(tables: Tables) -> None:
    # DeepSeek-V3 (arXiv 2412.19437, section 5.4.3): 85 to 90 % accepted, 1.8 times the tokens a second.
    wide = {"model": "deepseek_v3", "device": "h200", "weight_precision": "fp8", "batch": 1, "devices": 8}
    plain = _row(tables, **wide)["tokens_per_s"]
    gain = [
        _row(tables, Options(predicted_tokens=1, acceptance=share), **wide)["tokens_per_s"] / plain
        for share in (0.85, 0.9)
    ]
    assert 1.5 < gain[0] < gain[1] < 1.9


@pytest.mark.parametrize(("prompt", "output"), [(0, 5), (3, 1), (7, 20), (40, 9)])
@pytest.mark.parametrize("window", [1, 4, 25, 1000])
def test_positions_without_a_cache_are_the_sum_over_all_tokens(prompt: int, output: int, window: int) -> None:
    one = np.ones(1)
    each = [
        attended_positions(one, one * length, one * window)[0]
        for length in range(prompt + 1, prompt + output + 1)
    ]
    assert cacheless_positions(one * prompt, one * output, one * window)[0] == pytest.approx(sum(each))


def test_without_a_cache_each_token_costs_the_prompt_anew(tables: Tables) -> None:
    plain = _row(tables, Options(cached_share=0.0))
    bare = _row(tables, Options(cached_share=0.0, no_cache=True))
    # 1,100 tokens in the mean in place of one.
    ratio = bare["operations_per_item"] / plain["operations_per_item"]
    assert ratio == pytest.approx((1000 + 199 * 1100) / (1000 + 199), rel=0.2)
    assert bare["binding_roof"] == "compute"
    assert bare["first_token_s"] - bare["per_token_s"] == pytest.approx(
        plain["first_token_s"] - plain["per_token_s"], rel=0.01
    )


def test_attention_without_fusion_costs_more_the_longer_the_prompt(tables: Tables) -> None:
    standard = Options(attention_kernel="standard", cached_share=0.0)
    slower = [
        _row(tables, standard, prompt_tokens=length)["latency_s"]
        / _row(tables, Options(cached_share=0.0), prompt_tokens=length)["latency_s"]
        for length in (256, 2048, 16384)
    ]
    assert 1.0 < slower[0] < slower[1] < slower[2]


def test_a_cached_prompt_saves_its_share_of_the_prefill(tables: Tables) -> None:
    cold, warm = (_row(tables, Options(cached_share=share), batch=1) for share in (0.0, 0.9))
    assert 0.1 <= warm["first_token_s"] / cold["first_token_s"] < 0.4
    assert warm["memory_needed_gb"] == cold["memory_needed_gb"]


def test_samples_share_the_prompt_in_memory_and_prefill(tables: Tables) -> None:
    one, eight = _row(tables, Options(parallel_samples=1)), _row(tables, Options(parallel_samples=8))
    assert eight["tokens_per_s"] > 4.0 * one["tokens_per_s"]
    cache = 131072 * 1e-9  # bytes a token of Llama 3.1 8B
    held = eight["memory_needed_gb"] - one["memory_needed_gb"]
    assert held == pytest.approx(8 * 7 * 200 * cache, rel=0.02)


@pytest.mark.parametrize("model", ["llama_2_7b", "gemma_3_27b"])
def test_samples_that_read_their_prompt_once_are_bound_by_their_answers(tables: Tables, model: str) -> None:
    asked = {"model": model, "prompt_tokens": 3000, "output_tokens": 10, "batch": 2}
    each, once = (
        _row(tables, Options(parallel_samples=16, prefix_read_once=together), **asked)
        for together in (False, True)
    )
    alone = _row(tables, batch=2, **{key: value for key, value in asked.items() if key != "batch"})
    assert alone["per_token_s"] < once["per_token_s"] < each["per_token_s"]
    if model == "llama_2_7b":
        # 32 sequences and 2: the cache read differs by 30 answers, of 5 tokens each in the mean.
        saved = each["per_token_s"] - once["per_token_s"]
        assert saved == pytest.approx(30 * 3000 * 524288 / 3.35e12 / 0.85, rel=0.15)


def test_the_longest_answer_of_a_static_batch_holds_up_the_others(tables: Tables) -> None:
    assert longest_over_mean(np.array([1.0, 2.0, 4.0])) == pytest.approx([1.0, 1.5, 25.0 / 12.0])
    held, joined = _row(tables, Options(batching="static")), _row(tables, Options(batching="continuous"))
    assert joined["tokens_per_s"] / held["tokens_per_s"] == pytest.approx(2.718, rel=0.03)
    assert held["energy_per_token_j"] > joined["energy_per_token_j"]
    assert _row(tables, Options(batching="static"), batch=1)["tokens_per_s"] == pytest.approx(
        _row(tables, batch=1)["tokens_per_s"]
    )


def test_pages_waste_less_than_whole_reservations(tables: Tables) -> None:
    needed = [
        _row(tables, options)["memory_needed_gb"]
        for options in (
            Options(),
            Options(page_tokens=16),
            Options(page_tokens=256),
            Options(reserved_tokens=4096),
        )
    ]
    assert needed == sorted(needed)
    cache = 131072 * 1e-9
    assert needed[3] - needed[0] == pytest.approx(8 * (4096 - 1200) * cache)
    wasted = [
        _row(tables, options)["cache_waste_share"]
        for options in (Options(), Options(page_tokens=16), Options(reserved_tokens=4096))
    ]
    # 1,000 tokens end in the middle of their last page of 16, the answer of 200 likewise.
    assert wasted == pytest.approx([0.0, 1.0 - 1200 / (1008 + 208), 1.0 - 1200 / 4096])


def test_what_does_not_fit_arrives_over_the_named_link_at_its_rate(tables: Tables) -> None:
    big = {"device": "rtx_4090", "model": "llama_3_1_70b", "batch": 1}
    short, away = _row(tables, **big), _row(tables, Options(offload="pcie4_x16"), **big)
    assert short["margin"] == np.inf
    assert np.isfinite(away["margin"])
    assert not away["fits_memory"]
    assert away["binding_roof"] == "offload"
    assert away["offloaded_gb"] == pytest.approx(short["memory_short_gb"])
    # The input embedding is looked up, not read.
    read = 1.0 - 128256 * 8192 / 70.554e9
    extra = away["per_token_s"] - short["per_token_s"]
    assert extra == pytest.approx(away["offloaded_gb"] * read / LINKS["pcie4_x16"], rel=1e-3)
    told = f"(offload roof); {away['offloaded_gb']:.3g} GB of weights come over pcie4_x16 at 31.5 GB/s"
    assert away["reason"].endswith(told)
    faster = _row(tables, Options(offload="pcie4_x16", offload_gb_per_s=63.0), **big)
    assert faster["per_token_s"] < away["per_token_s"]


def test_a_cache_that_does_not_fit_stays_short_whatever_the_link(tables: Tables) -> None:
    row = _row(tables, Options(offload="pcie4_x16"), device="rtx_4090", model="llama_2_7b", batch=512)
    assert row["margin"] == np.inf
    assert row["reason"].endswith("even with all weights elsewhere")


def test_sparse_weights_take_nine_sixteenths_and_compute_twice_as_fast(tables: Tables) -> None:
    dense, sparse = (
        _row(tables, weight_precision="fp16"),
        _row(tables, Options(sparse=True), weight_precision="fp16"),
    )
    saved = dense["memory_needed_gb"] - sparse["memory_needed_gb"]
    assert saved == pytest.approx(8.03 * 2.0 * 7.0 / 16.0, rel=0.01)
    assert sparse["ridge_point"] == pytest.approx(2.0 * dense["ridge_point"], rel=1e-3)
    assert sparse["first_token_s"] < dense["first_token_s"]


def test_copies_serve_their_parts_of_the_batch(tables: Tables) -> None:
    half, copies = _row(tables, batch=4), _row(tables, Options(data=2), batch=8)
    assert copies["per_token_s"] == pytest.approx(half["per_token_s"])
    assert copies["tokens_per_s"] == pytest.approx(2.0 * half["tokens_per_s"])
    assert copies["energy_per_token_j"] == pytest.approx(half["energy_per_token_j"])
    idle = _row(tables, Options(data=2), batch=1)
    assert idle["tokens_per_s"] == pytest.approx(_row(tables, batch=1)["tokens_per_s"])


def test_stages_keep_the_latency_and_multiply_the_throughput(tables: Tables) -> None:
    half, staged = _row(tables, batch=4), _row(tables, Options(pipeline=2), batch=8)
    assert staged["per_token_s"] == pytest.approx(half["per_token_s"], rel=0.01)
    assert staged["tokens_per_s"] == pytest.approx(2.0 * half["tokens_per_s"], rel=0.01)
    alone = _row(tables, Options(pipeline=2), batch=1)
    assert alone["tokens_per_s"] <= _row(tables, batch=1)["tokens_per_s"]


def test_spread_experts_beat_shared_layers_at_large_batches(tables: Tables) -> None:
    wide = {"device": "gb200_gpu", "model": "deepseek_v3", "batch": 4096, "weight_precision": "fp8"}
    spread, shared = _row(tables, Options(expert=64), **wide), _row(tables, Options(tensor=64), **wide)
    assert spread["tokens_per_s"] > shared["tokens_per_s"]
    assert spread["memory_needed_gb"] > shared["memory_needed_gb"]


@pytest.mark.parametrize(
    ("options", "model", "sentence"),
    [
        (
            Options(tensor=3),
            "llama_3_1_8b",
            "tensor parallelism over 3 devices does not divide the model's heads",
        ),
        (Options(pipeline=64), "llama_3_1_8b", "the model has fewer layers than the 64 stages asked for"),
        (Options(expert=2), "llama_3_1_8b", "the model has no experts to spread"),
        (Options(expert=3), "mixtral_8x7b", "3 devices do not divide the model's experts"),
    ],
)
def test_a_layout_that_does_not_suit_the_model_is_a_reason(
    tables: Tables, options: Options, model: str, sentence: str
) -> None:
    row = _row(tables, options, model=model)
    assert row["reason"] == sentence
    assert np.isnan(row["per_token_s"])


def test_a_link_may_be_given_where_the_data_sheet_is_silent(tables: Tables) -> None:
    many = {"device": "groq_lpu1", "model": "llama_3_70b", "batch": 1, "weight_precision": "int8"}
    silent = _row(tables, devices=576, **many)
    assert silent["reason"] == "the device has no known link to others"
    linked = _row(tables, Options(link_gb_per_s=330.0), devices=576, **many)
    assert np.isfinite(linked["per_token_s"])
    assert np.isfinite(
        _row(tables, Options(data=2), device="groq_lpu1", model="lfm2_350m", batch=2)["per_token_s"]
    )


def test_cameras_rate_and_margin_of_a_control_loop(tables: Tables) -> None:
    def loop(**asked: Any) -> pd.Series:
        return budgets(tables, ["tesla_hw4"], ["fsd_hw4_36"], options=Options(**asked)).iloc[0]

    plain = loop()
    assert loop(inputs=16)["latency_s"] == pytest.approx(2.0 * plain["latency_s"], rel=0.2)
    assert loop(jitter_margin=0.5)["margin"] == pytest.approx(1.5 * plain["margin"])
    assert loop(rate=72)["margin"] == pytest.approx(2.0 * plain["margin"])
    late = budgets(
        tables, ["jetson_orin_nano_super"], ["fsd_hw4_36"], options=Options(jitter_margin=0.25)
    ).iloc[0]
    assert late["reason"].endswith("with a margin of 25%")


def test_denoising_steps_and_embeddings_cost_in_proportion(tables: Tables) -> None:
    few, many = (
        budgets(tables, ["rtx_4090"], ["image_gen"], options=Options(inputs=steps)).iloc[0]
        for steps in (4, 28)
    )
    assert many["latency_s"] == pytest.approx(7.0 * few["latency_s"])
    plain, gathered = (
        budgets(tables, ["h100_sxm"], ["recsys_classic"], options=Options(embedding_bytes=size)).iloc[0]
        for size in (0.0, 1e6)
    )
    assert gathered["latency_s"] > plain["latency_s"]
    assert gathered["binding_roof"] == "memory"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (
            {"acceptance": 1.2, "draft_tokens": 2, "draft_cost": 0.1},
            "acceptance is 1.2: it must be a number from 0 to 1.",
        ),
        ({"parallel_samples": 1.5}, "parallel_samples is 1.5: it must be a whole number, at least 1."),
        ({"busy_share": 0.0}, "busy_share is 0: it must be a number above 0 to 1."),
        ({"rate": float("nan")}, "rate is nan: it must be a number, above 0."),
        ({"offload": "usb"}, "offload is 'usb': it must be one of pcie3_x4"),
        ({"attention_kernel": "paged"}, "attention_kernel is 'paged': it must be one of flash, standard."),
        ({"draft_tokens": 2, "acceptance": 0.5}, "draft_tokens needs draft_model or draft_cost"),
        ({"draft_tokens": 2, "draft_cost": 0.1}, "Drafted tokens need acceptance"),
        ({"acceptance": 0.5}, "acceptance needs draft_tokens or predicted_tokens"),
        ({"predicted_tokens": 1, "draft_tokens": 1}, "draft_tokens and predicted_tokens exclude each other"),
        (
            {"draft_tokens": 1, "acceptance": 0.5, "draft_model": "a", "draft_cost": 0.1},
            "draft_model and draft_cost exclude each other",
        ),
        ({"predicted_tokens": 1, "acceptance": 0.5, "no_cache": True}, "Drafted tokens need the cache"),
        ({"prefix_read_once": True, "no_cache": True}, "prefix_read_once needs the cache"),
        ({"offload_gb_per_s": 3.0}, "offload_gb_per_s needs offload"),
        ({"page_tokens": 16, "reserved_tokens": 99}, "page_tokens and reserved_tokens exclude each other"),
    ],
    ids=lambda value: None,
)
def test_wrong_options_are_refused_in_a_sentence(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        Options(**wrong)
    assert str(refused.value).startswith(sentence)


def test_options_that_a_device_or_call_cannot_meet_are_refused(tables: Tables) -> None:
    with pytest.raises(
        InvalidValue, match=r"Device 'v100_sxm2_32' states no sparse peak for fp16: it states none"
    ):
        _row(tables, Options(sparse=True), device="v100_sxm2_32")
    with pytest.raises(InvalidValue, match=r"devices is 3, but the layout has 2 x 2 x 1 x 1 of them"):
        _row(tables, Options(tensor=2, pipeline=2), devices=3)
    with pytest.raises(UnknownName, match="no model 'llama_9'"):
        _row(tables, Options(draft_tokens=2, acceptance=0.5, draft_model="llama_9"))
    rows = budgets(tables, ["v100_sxm2_32", "h100_sxm"], ["chat_small"], options=Options(sparse=True))
    assert rows["reason"].iloc[0] == "the device states no sparse peak for fp16"
    assert np.isfinite(rows["per_token_s"].iloc[1])


@quick
@given(acceptance=st.floats(0.0, 1.0), tokens=st.integers(1, 8), cost=st.floats(0.0, 0.5))
def test_more_acceptance_is_never_slower(tables: Tables, acceptance: float, tokens: int, cost: float) -> None:
    low, high = (
        _row(tables, Options(draft_tokens=tokens, acceptance=share, draft_cost=cost))["per_token_s"]
        for share in (acceptance * 0.9, acceptance)
    )
    assert high <= low * (1.0 + 1e-12)


def test_every_option_is_a_flag_of_the_command(edgewise: Any) -> None:
    help_text = edgewise("budget", "--help")
    for option in fields(Options):
        assert f"--{option.name.replace('_', '-')}" in help_text


def test_the_command_gives_the_figures_of_the_function(edgewise: Any, tables: Tables) -> None:
    flags = ["--draft-tokens", "3", "--acceptance", "0.7", "--draft-model", "llama_3_2_1b", "--no-cache"]
    asked = ["budget", "--device", "h100_sxm", "--workload", "chat_small", "--batch", "8", "--format", "json"]
    row = pd.read_json(pd.io.common.StringIO(edgewise(*asked, *flags[:-1]))).iloc[0]
    options = Options(draft_tokens=3, acceptance=0.7, draft_model="llama_3_2_1b")
    expected = budgets(tables, ["h100_sxm"], ["chat_small"], batch=8, options=options).iloc[0]
    assert row["per_token_s"] == pytest.approx(expected["per_token_s"], rel=1e-12)
    assert "Drafted tokens need the cache: leave out no_cache." in edgewise.refused(*asked, *flags)

"""What must hold of every prediction, from the catalogue's columns to time, memory and energy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.budgets import named_pairs, serving_of
from devices.catalogue import Pairs, networks_named
from devices.options import Options
from devices.outcome import Outcome, case_of, case_outcome, outcome
from devices.power import power_limits
from devices.settings import Overrides, replaced
from devices.settings import settings as settings_of

Tables = Mapping[str, pd.DataFrame]
DEVICES = [
    "h100_sxm",
    "gb200_gpu",
    "tpu_v5e",
    "rtx_4090",
    "apple_m4_max",
    "apple_a18_pro",
    "jetson_agx_orin64",
    "tesla_hw4",
]
DECODERS = ["llama_3_1_8b", "deepseek_v3", "gemma_3_27b", "qwen3_30b_a3b", "llama_3_2_1b"]
ITEMS = ["fsd_hw4_36", "image_gen_phone", "smart_camera", "recsys_classic"]
TIMES = ("first_token_s", "per_token_s", "latency_s")
quick = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
factors = st.floats(min_value=1.01, max_value=16.0)
batches = st.integers(min_value=1, max_value=1024)
option_sets = st.sampled_from(
    [
        Options(),
        Options(draft_tokens=3, acceptance=0.7, draft_cost=0.1),
        Options(predicted_tokens=1, acceptance=0.9),
        Options(no_cache=True),
        Options(attention_kernel="standard"),
        Options(batching="static"),
        Options(data=2),
        Options(window_tokens=512),
        Options(parallel_samples=4, reasoning=2.0),
        Options(offload="pcie4_x16"),
    ]
)


def _pairs(tables: Tables, model: str | None, workloads: list[str] | None = None) -> Pairs:
    return named_pairs(tables, DEVICES, workloads or ["chat_small"], model)


def _found(tables: Tables, pairs: Pairs, options: Options | None = None, **asked: float) -> Outcome:
    serving = serving_of(tables, options or Options())
    pairs = replaced(pairs, serving.options)
    return outcome(pairs, settings_of(pairs, Overrides(**asked, serving=serving)), tables["efficiencies"])


def _never_slower(better: Outcome, worse: Outcome) -> None:
    for name in TIMES:
        ahead, behind = getattr(better, name), getattr(worse, name)
        known = ~np.isnan(ahead)
        assert (ahead[known] <= behind[known] * (1.0 + 1e-9)).all(), name


@quick
@given(model=st.sampled_from(DECODERS), factor=factors, batch=batches, options=option_sets)
def test_never_slower_with_more_bandwidth_arithmetic_or_memory(
    tables: Tables, model: str, factor: float, batch: int, options: Options
) -> None:
    pairs = _pairs(tables, model)
    hardware = pairs.hardware
    base = _found(tables, pairs, options, batch=batch)
    for name in ("memory_bytes_per_s", "dense_table", "memory_bytes"):
        better = pairs.changed(hardware=hardware.changed(**{name: getattr(hardware, name) * factor}))
        _never_slower(_found(tables, better, options, batch=batch), base)


@quick
@given(factor=factors, batch=st.integers(min_value=1, max_value=64))
def test_items_are_never_slower_with_more_bandwidth_or_arithmetic(
    tables: Tables, factor: float, batch: int
) -> None:
    pairs = _pairs(tables, None, ITEMS)
    base = _found(tables, pairs, batch=batch)
    for name in ("memory_bytes_per_s", "dense_table"):
        better = pairs.changed(
            hardware=pairs.hardware.changed(**{name: getattr(pairs.hardware, name) * factor})
        )
        _never_slower(_found(tables, better, batch=batch), base)


@quick
@given(model=st.sampled_from(DECODERS), batch=batches, pipeline=st.sampled_from([None, 2.0, 4.0]))
def test_a_larger_batch_never_lowers_the_aggregate_while_it_fits(
    tables: Tables, model: str, batch: int, pipeline: float | None
) -> None:
    pairs, options = _pairs(tables, model), Options(pipeline=pipeline, link_gb_per_s=50.0)
    smaller, larger = (_found(tables, pairs, options, batch=size) for size in (batch, batch + 1))
    fits = larger.fits_memory
    assert (larger.tokens_per_s[fits] >= smaller.tokens_per_s[fits] * (1.0 - 1e-9)).all()


@quick
@given(model=st.sampled_from(DECODERS), batch=st.floats(1.01, 2000.0), prompt=st.floats(1.0, 60000.0))
def test_time_is_continuous_across_every_ridge(
    tables: Tables, model: str, batch: float, prompt: float
) -> None:
    # A request that is alone waits for no other: beyond one, the batch counts as a mean.
    pairs = _pairs(tables, model)
    here = _found(tables, pairs, Options(cached_share=0.0), batch=batch, prompt_tokens=prompt)
    near = _found(
        tables, pairs, Options(cached_share=0.0), batch=batch * (1 + 1e-7), prompt_tokens=prompt * (1 + 1e-7)
    )
    for name in TIMES:
        assert getattr(near, name) == pytest.approx(getattr(here, name), rel=1e-4, nan_ok=True)


@quick
@given(
    model=st.sampled_from(DECODERS),
    batch=batches,
    doublings=st.integers(0, 3),
    kind=st.sampled_from(["tensor", "pipeline", "data"]),
)
def test_twice_the_devices_never_more_than_halve_the_time(
    tables: Tables, model: str, batch: int, doublings: int, kind: str
) -> None:
    pairs = _pairs(tables, model)
    # Where weights come to fit on chip, twice the devices may gain more: that is left out here.
    pairs = pairs.changed(hardware=pairs.hardware.changed(sram_bytes=np.zeros(len(pairs))))
    few, many = (
        _found(tables, pairs, Options(**{kind: 2.0**power}, link_gb_per_s=450.0), batch=batch)
        for power in (doublings, doublings + 1)
    )
    assert (many.tokens_per_s <= 2.0 * few.tokens_per_s * (1.0 + 1e-9)).all()
    for name in TIMES:
        assert (getattr(many, name) >= getattr(few, name) / 2.0 * (1.0 - 1e-9)).all(), name


@quick
@given(batch=batches, prompt=st.integers(1, 32768))
def test_fewer_key_value_heads_never_take_more(tables: Tables, batch: int, prompt: int) -> None:
    asked = {"batch": batch, "prompt_tokens": prompt}
    found = []
    for heads in (128.0, 16.0, 1.0):
        pairs = _pairs(tables, "deepseek_v3")
        many = np.full(len(pairs), heads)
        plain = pairs.networks.changed(is_latent=np.zeros(len(pairs), dtype=bool), kv_heads=many)
        found.append(_found(tables, pairs.changed(networks=plain), **asked))
    latent = _found(tables, _pairs(tables, "deepseek_v3"), **asked)
    mha, gqa, mqa = (each.memory_needed_bytes for each in found)
    assert (latent.memory_needed_bytes <= gqa).all()
    assert (mqa <= gqa).all()
    assert (gqa <= mha).all()
    assert (found[1].per_token_s <= found[0].per_token_s).all()
    assert (latent.per_token_s <= found[0].per_token_s).all()


@quick
@given(model=st.sampled_from(DECODERS), batch=batches, options=option_sets)
def test_energy_is_at_least_that_of_rest_and_power_at_most_the_limit(
    tables: Tables, model: str, batch: int, options: Options
) -> None:
    pairs = _pairs(tables, model)
    found = _found(tables, pairs, options, batch=batch)
    limits = power_limits(pairs.hardware)
    count = np.prod(options.layout or (1.0,))
    rest = limits.idle_w * found.latency_s * count / batch
    assert (found.energy_per_item_j >= rest * (1.0 - 1e-9)).all()
    assert (found.power_w >= limits.idle_w * count * (1.0 - 1e-9)).all()
    assert (found.power_w <= limits.peak_w * count * (1.0 + 1e-9)).all()


@quick
@given(model=st.sampled_from(DECODERS), batch=batches, options=option_sets)
def test_what_is_short_is_what_is_needed_beyond_the_room(
    tables: Tables, model: str, batch: int, options: Options
) -> None:
    pairs = _pairs(tables, model)
    found = _found(tables, pairs, options, batch=batch)
    room = pairs.hardware.memory_bytes * np.prod(options.layout or (1.0,))
    assert (found.fits_memory == (found.memory_short_bytes == 0.0)).all()
    assert found.memory_short_bytes == pytest.approx(np.maximum(found.memory_needed_bytes - room, 0.0))
    assert (found.offloaded_bytes <= found.memory_short_bytes).all()


@pytest.mark.parametrize(
    "options",
    [
        Options(),
        Options(tensor=2, pipeline=2, data=2, link_gb_per_s=100.0),
        Options(draft_tokens=2, acceptance=0.6, draft_model="llama_3_2_1b", batching="static"),
        Options(offload="nvme_pcie4", page_tokens=16, attention_kernel="standard"),
    ],
)
def test_one_at_a_time_equals_all_at_once_to_the_last_bit(tables: Tables, options: Options) -> None:
    workloads = ["chat_small", "chat_large", "voice_turn", *ITEMS]
    pairs = replaced(named_pairs(tables, DEVICES[:4], workloads, None), options)
    chosen = settings_of(pairs, Overrides(serving=serving_of(tables, options)))
    together = outcome(pairs, chosen, tables["efficiencies"])
    for row in range(len(pairs)):
        place = np.array([row])
        alone = outcome(pairs.take(place), chosen.take(place), tables["efficiencies"])
        for field in fields(Outcome):
            one, all_ = getattr(alone, field.name)[0], getattr(together, field.name)[row]
            assert one == all_ or (one != one and all_ != all_), (field.name, row)


@pytest.mark.parametrize("options", [Options(), Options(offload="pcie4_x16", no_cache=True)])
def test_pairs_against_a_row_of_settings_equal_the_same_points_one_by_one(
    tables: Tables, options: Options
) -> None:
    pairs = replaced(named_pairs(tables, [*DEVICES, "groq_lpu1"], ["chat_small"], "gemma_3_27b"), options)
    chosen = settings_of(pairs, Overrides(serving=serving_of(tables, options)))
    batch, prompt = np.array([[1.0, 8.0, 256.0]]), np.array([[100.0, 9000.0, 700.0]])
    case = case_of(pairs, chosen, tables["efficiencies"]).take(np.arange(len(pairs))[:, None])
    asked = case.changed(settings=case.settings.changed(batch=batch, prompt_tokens=prompt))
    together = case_outcome(asked, tables["efficiencies"]).flat((len(pairs), batch.size))
    place, point = np.divmod(np.arange(len(pairs) * batch.size), batch.size)
    each = chosen.take(place).changed(batch=batch[0, point], prompt_tokens=prompt[0, point])
    apart = outcome(pairs.take(place), each, tables["efficiencies"])
    for field in fields(Outcome):
        one, all_ = getattr(apart, field.name), getattr(together, field.name)
        assert np.all((one == all_) | ((one != one) & (all_ != all_))), field.name


def test_a_batch_of_a_mixture_reads_each_expert_once(tables: Tables) -> None:
    pairs = named_pairs(tables, ["h200"], ["chat_small"], "mixtral_8x7b")
    needed = case_of(pairs, settings_of(pairs), tables["efficiencies"]).needed_bytes
    weights = networks_named(tables, ["mixtral_8x7b"]).params
    assert needed > weights * 1.0

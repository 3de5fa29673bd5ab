"""The key-value cache and the positions that attention looks back on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.attention import (
    attended_positions,
    attention_intensity,
    attention_operations,
    cache_bytes_read,
    cache_elements_per_layer,
    cacheless_positions,
    flash_attention_bytes,
    kv_cache_bytes_per_token,
    standard_attention_bytes,
)
from devices.catalogue import networks_named
from devices.units import element_bytes

whole = st.integers(min_value=1, max_value=4000)


@given(first=whole, count=st.integers(min_value=0, max_value=300), window=whole)
def test_attended_positions_equal_the_sum_term_by_term(first: int, count: int, window: int) -> None:
    expected = sum(min(position, window) for position in range(first, first + count))
    found = attended_positions(np.array([float(first)]), np.array([float(count)]), np.array([float(window)]))
    assert found[0] == expected


@given(prompt=st.integers(min_value=0, max_value=60), output=st.integers(min_value=0, max_value=60))
def test_without_a_cache_every_token_regenerates_all_before_it(prompt: int, output: int) -> None:
    expected = sum(length * (length + 1) // 2 for length in range(prompt + 1, prompt + output + 1))
    found = cacheless_positions(np.array([float(prompt)]), np.array([float(output)]))
    assert found[0] == pytest.approx(expected, rel=1e-12)


def test_regenerating_grows_with_the_cube_and_caching_with_the_square() -> None:
    lengths = np.array([1e4, 1e5])
    none, one = np.zeros(2), np.ones(2)
    cubic = cacheless_positions(none, lengths)
    square = attended_positions(one, lengths, np.full(2, np.inf))
    assert np.log10(cubic[1] / cubic[0]) == pytest.approx(3.0, abs=1e-3)
    assert np.log10(square[1] / square[0]) == pytest.approx(2.0, abs=1e-3)


@given(
    heads=st.integers(min_value=2, max_value=128),
    share=st.integers(min_value=2, max_value=16),
    head_dim=st.sampled_from([64, 128, 256]),
    latent=st.integers(min_value=64, max_value=512),
)
def test_latent_caches_are_smaller_than_grouped_ones_and_those_than_full_ones(
    heads: int, share: int, head_dim: int, latent: int
) -> None:
    grouped = max(heads // share, 1) + 4
    full = grouped * share
    kinds = np.array([True, False, False])
    counts = np.array([full, grouped, full], dtype=float)
    dims, latents = np.full(3, float(head_dim)), np.full(3, float(latent))
    mla, gqa, mha = cache_elements_per_layer(kinds, counts, dims, latents, np.full(3, 64.0))
    assert mla <= gqa <= mha


def test_attention_intensity_is_one_at_decode_and_half_the_length_at_prefill() -> None:
    assert attention_intensity(np.array([8192.0]), np.array([1.0])) == pytest.approx(1.0, abs=1e-3)
    assert attention_intensity(np.array([590.0]), np.array([590.0])) == pytest.approx(295.0)


def test_multi_head_attention_of_the_same_shape_needs_28_times_the_latent_cache(
    tables: Mapping[str, pd.DataFrame],
) -> None:
    networks = networks_named(tables, ["deepseek_v3_mha_hypothetical", "deepseek_v3"])
    per_token = kv_cache_bytes_per_token(networks, element_bytes(["bf16", "bf16"]))
    latent_alone = 61 * 512 * 2
    assert per_token[0] / latent_alone == pytest.approx(28.0, rel=0.01)
    assert per_token[1] - latent_alone == 61 * 64 * 2


def test_a_window_caps_what_a_step_reads(tables: Mapping[str, pd.DataFrame]) -> None:
    mistral = networks_named(tables, ["mistral_7b"] * 2)
    read = cache_bytes_read(mistral, np.array([4096.0, 32768.0]), np.full(2, 2.0))
    assert read[0] == read[1] == 32 * 4096 * 2 * 8 * 128 * 2


def test_prefill_in_two_parts_costs_as_much_attention_as_in_one(tables: Mapping[str, pd.DataFrame]) -> None:
    llama = networks_named(tables, ["llama_3_8b"])
    one = np.array([1.0])
    whole_prompt = attention_operations(llama, one, np.array([1000.0]))
    parts = attention_operations(llama, one, np.array([400.0])) + attention_operations(
        llama, np.array([401.0]), np.array([600.0])
    )
    assert parts == pytest.approx(whole_prompt)


@given(length=st.integers(min_value=512, max_value=65536))
def test_flash_attention_moves_less_the_longer_the_sequence(length: int) -> None:
    lengths = np.array([float(length), 2.0 * length])
    ratio = standard_attention_bytes(lengths, 128.0, 2.0) / flash_attention_bytes(lengths, 128.0, 2.0, 200e3)
    assert ratio[0] > 1.0
    assert ratio[1] >= ratio[0] * 0.99

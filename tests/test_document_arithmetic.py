"""Arithmetic of the documents, drafts, pages and attention kernels, at points that can be counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets.errors import InvalidValue
from devices import document_arithmetic as arithmetic
from devices.attention import flash_attention_bytes, standard_attention_bytes
from devices.attention_kernels import (
    AttentionUnits,
    flash_attention_s,
    flash_speedup,
    standard_attention_s,
)
from devices.paging import mean_page_waste_share, page_waste_share, reserved_waste_share
from devices.speculation import accepted_tokens, printed_speedup, speculative_speedup


def number(value):
    return np.asarray(float(value))


def test_instructions_of_the_documents_example():
    assert arithmetic.naive_matmul_instructions(number(100), number(100), number(1)) == 160_600


def test_a_linear_layer_is_two_operations_a_weight_and_token():
    layer = arithmetic.linear_layer_operations(number(3), number(5), number(7))
    assert layer == 2 * sum(1 for _ in range(3) for _ in range(5) for _ in range(7))


@pytest.mark.parametrize(("precision", "adders"), [("fp32", 576), ("fp16", 121), ("bf16", 64), ("fp8", 16)])
def test_adders_of_a_multiplier(precision, adders):
    assert arithmetic.multiplier_adders(precision) == adders


def test_integers_have_no_mantissa():
    with pytest.raises(InvalidValue, match="There is no mantissa for 'int8': known are fp64, fp32"):
        arithmetic.multiplier_adders("int8")


def test_threads_and_watts():
    lanes = arithmetic.parallel_lanes(number(132), number(128))
    assert lanes == 16_896
    assert arithmetic.watts_per_thread(number(700), lanes) == pytest.approx(0.04143, rel=1e-3)
    assert arithmetic.resident_threads(number(108), number(64), number(32)) == 221_184
    assert arithmetic.peak_rate_per_s(number(128), number(1), number(5e9)) == 640e9


def test_latency_and_bandwidth():
    assert arithmetic.bandwidth_improvement(number(10)) == 100
    assert arithmetic.distance_per_clock_m(number(6e7), number(3e9)) == pytest.approx(0.02)


def test_fibre_takes_about_ten_milliseconds_there_and_back_a_thousand_kilometres():
    assert float(arithmetic.fibre_round_trip_s(number(1e6))) == pytest.approx(9.79e-3, rel=1e-3)
    assert arithmetic.fibre_speed_share(1.0) == 1.0


def test_shares_of_cost_and_energy():
    assert arithmetic.cost_share(number(80), number(15), number(3320)) == pytest.approx(0.3614, abs=1e-4)
    half = arithmetic.memory_energy_share(number(2), number(3), number(6), number(1))
    assert half == pytest.approx(0.5)
    assert arithmetic.memory_energy_share(number(2), number(3), number(0), number(1)) == 1.0


def test_softmax_moves_each_score_twice():
    assert arithmetic.softmax_intensity(number(2)) == 1.25
    assert arithmetic.softmax_intensity(number(4)) == 0.625


@given(power=st.floats(-3, 3), factor=st.floats(1e-3, 1e3))
def test_growth_exponent_finds_a_power_law(power, factor):
    sizes = np.array([10.0, 40.0, 90.0, 1000.0])
    assert arithmetic.growth_exponent(sizes, factor * sizes**power) == pytest.approx(power, abs=1e-9)


@given(acceptance=st.floats(0.0, 1.0), drafted=st.integers(0, 12))
def test_accepted_tokens_sum_over_the_runs(acceptance, drafted):
    # The large model always adds one token, and draft token number i counts if all up to it are accepted.
    counted = sum(acceptance**i for i in range(drafted + 1))
    assert float(accepted_tokens(number(acceptance), number(drafted))) == pytest.approx(counted, rel=1e-6)


@given(acceptance=st.floats(0.01, 0.99), drafted=st.integers(1, 12), cost=st.floats(0.0, 0.5))
def test_speculation_never_beats_its_accepted_tokens(acceptance, drafted, cost):
    a, k, c = number(acceptance), number(drafted), number(cost)
    assert speculative_speedup(a, k, c) <= accepted_tokens(a, k)
    assert speculative_speedup(a, k, number(0)) == accepted_tokens(a, k)


def test_the_printed_form_is_too_high_for_long_drafts():
    long = (number(0.8), number(16), number(0.05))
    assert printed_speedup(*long) > 1.5 * speculative_speedup(*long)
    assert speculative_speedup(number(0.0), number(4), number(0.1)) == pytest.approx(1 / 1.4)


def test_pages_and_reservations():
    assert reserved_waste_share(number(4096), number(512)) == 0.875
    assert reserved_waste_share(number(4096), number(9000)) == 0.0
    assert page_waste_share(number(512), number(16)) == 0.0
    assert page_waste_share(number(513), number(16)) == pytest.approx(15 / 528)


@given(used=st.integers(1, 5000), page=st.integers(1, 64))
def test_a_page_wastes_less_than_itself(used, page):
    assert 0.0 <= page_waste_share(number(used), number(page)) <= (page - 1) / used


def test_mean_waste_is_the_mean_over_a_page_of_lengths():
    lengths = np.arange(513.0, 529.0)
    empty = page_waste_share(lengths, number(16)) * np.ceil(lengths / 16) * 16
    expected = empty.mean() / (lengths.mean() + empty.mean())
    assert float(mean_page_waste_share(number(lengths.mean()), number(16))) == pytest.approx(expected)


def units(matrix=1e30, vector=1e30, bandwidth=1e12, sram=1e6):
    return AttentionUnits(number(matrix), number(vector), number(bandwidth), number(sram))


def test_without_arithmetic_both_kernels_take_their_traffic():
    length, head, two = number(8192), number(128), number(2)
    assert standard_attention_s(units(), length, head, two) == pytest.approx(
        standard_attention_bytes(length, head, two) / 1e12
    )
    assert flash_attention_s(units(), length, head, two) == pytest.approx(
        flash_attention_bytes(length, head, two, number(1e6)) / 1e12
    )


def test_without_traffic_fusing_gains_nothing():
    fast_memory = units(matrix=1e14, vector=1e13, bandwidth=1e30)
    assert flash_speedup(fast_memory, number(4096), number(64), number(2)) == pytest.approx(1.0)


def test_wider_heads_gain_less():
    a100 = units(matrix=312e12, vector=19.5e12, bandwidth=2.039e12, sram=192e3)
    narrow, wide = flash_speedup(a100, number(8192), np.array([64.0, 128.0]), number(2))
    assert narrow > wide > 1.0

"""What must hold for any device and any decoder, whatever the fitted shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devices.catalogue import networks_named
from devices.efficiency import Shares
from devices.networks import Networks
from devices.parallelism import all_gather_bytes, all_reduce_bytes, all_reduce_s, pipeline_bubble
from devices.step import Machine, Step, item_activation_elements, token_step

MODELS = ("llama_3_1_8b", "qwen2_5_72b", "mixtral_8x7b", "deepseek_v3", "gemma_3_27b", "qwen3_30b_a3b")
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
sizes = st.floats(min_value=0.05, max_value=20.0)
batches = st.integers(min_value=1, max_value=2048)
contexts = st.integers(min_value=1, max_value=32768)
models = st.sampled_from(MODELS)


def _array(value: float) -> np.ndarray:
    return np.array([float(value)])


def _machine(compute: float = 1.0, memory: float = 1.0, devices: float = 1.0) -> Machine:
    return Machine(
        peak_ops_per_s=_array(9.894e14 * compute),
        bytes_per_s=_array(3.35e12 * memory),
        sram_bytes=_array(50e6),
        sram_bytes_per_s=_array(5.5e12 * max(memory, 1.0)),
        coupled_bytes_per_s=_array(np.nan),
        link_bytes_per_s=_array(4.5e11),
        devices=_array(devices),
        shares=Shares(_array(0.7), _array(0.8), _array(40e-6), _array(0.1), _array(0.43), _array(0.0)),
    )


def _step(networks: Networks, machine: Machine, batch: float, new: float, context: float) -> Step:
    return token_step(
        networks,
        machine,
        sequences=_array(batch),
        new_tokens=_array(new),
        first_context=_array(context),
        weight_bytes=_array(1.0),
        kv_bytes=_array(2.0),
    )


@quick
@given(model=models, scale=sizes, batch=batches, context=contexts)
def test_never_faster_with_less_bandwidth_or_less_compute(
    tables: Mapping[str, pd.DataFrame], model: str, scale: float, batch: int, context: int
) -> None:
    networks = networks_named(tables, [model])
    base = _step(networks, _machine(), batch, 1, context).time_s
    wider = _step(networks, _machine(memory=1.0 + scale), batch, 1, context).time_s
    stronger = _step(networks, _machine(compute=1.0 + scale), batch, 1, context).time_s
    assert wider <= base
    assert stronger <= base


@quick
@given(model=models, batch=st.integers(min_value=1, max_value=4000), context=contexts)
def test_a_larger_batch_never_lowers_aggregate_throughput(
    tables: Mapping[str, pd.DataFrame], model: str, batch: int, context: int
) -> None:
    networks = networks_named(tables, [model])
    smaller = batch / _step(networks, _machine(), batch, 1, context).time_s
    larger = (batch + 1) / _step(networks, _machine(), batch + 1, 1, context).time_s
    assert larger >= smaller * (1.0 - 1e-12)


@quick
@given(model=models, batch=batches, context=contexts, doublings=st.integers(min_value=0, max_value=5))
def test_twice_the_devices_never_more_than_halve_the_time(
    tables: Mapping[str, pd.DataFrame], model: str, batch: int, context: int, doublings: int
) -> None:
    networks = networks_named(tables, [model])
    few = replace(_machine(devices=2.0**doublings), sram_bytes=_array(0.0))
    many = replace(_machine(devices=2.0 ** (doublings + 1)), sram_bytes=_array(0.0))
    halved = _step(networks, few, batch, 1, context).time_s / 2.0
    assert _step(networks, many, batch, 1, context).time_s >= halved * (1.0 - 1e-12)


@quick
@given(model=models, batch=batches, context=contexts)
def test_a_step_takes_at_least_as_long_as_its_ideal_roofline(
    tables: Mapping[str, pd.DataFrame], model: str, batch: int, context: int
) -> None:
    networks, machine = networks_named(tables, [model]), _machine()
    step = _step(networks, machine, batch, 1, context)
    ideal = np.maximum(
        step.operations / machine.peak_ops_per_s, step.moved_bytes / np.fmax(machine.bytes_per_s, 5.5e12)
    )
    assert step.time_s >= ideal
    assert step.attained_ops_per_s <= machine.peak_ops_per_s


def test_resnet_50_has_eleven_million_activations(tables: Mapping[str, pd.DataFrame]) -> None:
    elements = item_activation_elements(networks_named(tables, ["resnet_50"]))[0]
    assert elements == pytest.approx(11.1e6, rel=0.02)


@quick
@given(model=models, context=contexts, batch=st.floats(min_value=1.0, max_value=5000.0))
def test_time_is_continuous_in_the_batch(
    tables: Mapping[str, pd.DataFrame], model: str, context: int, batch: float
) -> None:
    networks = networks_named(tables, [model])
    here = _step(networks, _machine(), batch, 1, context).time_s
    near = _step(networks, _machine(), batch * (1.0 + 1e-7), 1, context).time_s
    assert near == pytest.approx(here, rel=1e-5)


def test_scalar_and_vector_agree_to_the_last_bit(tables: Mapping[str, pd.DataFrame]) -> None:
    networks = networks_named(tables, list(MODELS))
    count = len(MODELS)
    single = _machine()
    names = [field.name for field in fields(Machine) if field.name != "shares"]
    arrays = {name: np.repeat(getattr(single, name), count) for name in names}
    wide = Machine(**arrays, shares=single.shares.take(np.zeros(count, dtype=int)))
    vector = token_step(
        networks,
        wide,
        sequences=np.full(count, 7.0),
        new_tokens=np.full(count, 1.0),
        first_context=np.full(count, 900.0),
        weight_bytes=np.full(count, 1.0),
        kv_bytes=np.full(count, 2.0),
    ).time_s
    singles = [_step(networks_named(tables, [name]), _machine(), 7, 1, 900).time_s[0] for name in MODELS]
    assert list(vector) == singles


def test_a_batch_of_one_token_touches_the_experts_of_one_token(tables: Mapping[str, pd.DataFrame]) -> None:
    mixtral = networks_named(tables, ["mixtral_8x7b"])
    one = _step(mixtral, _machine(), 1, 1, 1).weight_bytes[0]
    many = _step(mixtral, _machine(), 512, 1, 1).weight_bytes[0]
    experts = 32 * 8 * 3 * 4096 * 14336
    assert many - one == pytest.approx(experts * (1.0 - 2.0 / 8.0), rel=1e-6)


def test_collectives_move_the_published_volumes() -> None:
    gpt3 = _array(175e9 * 2)
    assert all_reduce_bytes(gpt3, _array(8))[0] == pytest.approx(612e9, rel=0.005)
    assert all_gather_bytes(gpt3, _array(8))[0] * 2.0 == all_reduce_bytes(gpt3, _array(8))[0]
    assert all_reduce_s(gpt3, _array(8), _array(450e9))[0] == pytest.approx(1.36, rel=0.01)
    assert all_reduce_s(gpt3, _array(1), _array(np.nan))[0] == 0.0


def test_the_bubble_of_a_pipeline_shrinks_with_micro_batches() -> None:
    assert pipeline_bubble(_array(8), _array(1))[0] == pytest.approx(7 / 8)
    assert pipeline_bubble(_array(8), _array(56))[0] == pytest.approx(1 / 9)
    assert pipeline_bubble(_array(1), _array(4))[0] == 0.0

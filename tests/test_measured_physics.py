"""Terms that measurements asked for: experts touched, activations moved, stacked memory, the host."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from devices.budgets import budgets
from devices.catalogue import hardware_named, networks_named
from devices.hardware import moved_element_bytes
from devices.networks import distinct_experts, independent_tokens, touched_expert_params
from devices.power import power_limits

Tables = Mapping[str, pd.DataFrame]


def test_a_token_touches_its_experts_and_a_batch_fewer_than_independent_tokens_would(tables: Tables) -> None:
    networks = networks_named(tables, ["gpt_oss_120b"])
    shares = [
        (touched_expert_params(networks, np.array([tokens])) / networks.expert_params)[0]
        for tokens in (1.0, 8.0, 32.0, 1e6)
    ]
    assert shares[0] == pytest.approx(4.0 / 128.0)
    assert np.all(np.diff(shares) > 0.0)
    independent = distinct_experts(networks.experts, networks.experts_per_token, np.array([32.0]))[0] / 128.0
    assert 0.5 * independent < shares[2] < 0.8 * independent
    assert shares[3] == pytest.approx(1.0)


def test_one_token_is_independent() -> None:
    assert independent_tokens(np.array([1.0, 32.0])) == pytest.approx([1.0, 16.0])


@pytest.mark.parametrize(
    ("device", "arithmetic", "moved"),
    [("sd_8elite", "int16", 2.0), ("sd_8elite", "int8", 1.0), ("sd_8elite", "fp16_npu", 2.0),
     ("jetson_orin_nx16", "tf32", 4.0), ("b200", "fp4", 1.0), ("hailo_15h", "int8", 0.0)],
)  # fmt: skip
def test_activations_are_as_wide_as_the_arithmetic(
    tables: Tables, device: str, arithmetic: str, moved: float
) -> None:
    found = moved_element_bytes(hardware_named(tables, [device]), np.array([arithmetic], dtype=object))
    assert found.tolist() == [moved]


def test_stacked_memory_that_is_wide_for_its_power_draws_more_of_it(tables: Tables) -> None:
    weight = power_limits(hardware_named(tables, ["h100_sxm", "b200", "rtx_4090", "sd_8elite"])).memory_weight
    assert weight[0] == pytest.approx(3350.0 / (700.0 - 75.0) / 5.0)
    assert weight[1] > 1.5 * weight[0]
    assert weight[2:].tolist() == [1.0, 1.0]


def test_the_host_bounds_a_large_batch_of_a_small_model(tables: Tables) -> None:
    rows = [budgets(tables, ["b200"], ["chat_small"], batch=size).iloc[0] for size in (256, 512)]
    gained = rows[1]["tokens_per_s"] / rows[0]["tokens_per_s"]
    assert 1.0 < gained < 2.0
    assert rows[1]["per_token_s"] > 512 * 8e-6

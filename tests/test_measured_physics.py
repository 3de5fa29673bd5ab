"""Terms that measurements asked for: experts touched, activations moved, stacked memory, the host."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from devices.budgets import budgets
from devices.catalogue import hardware_named, networks_named
from devices.coupled_memory import OVERHEAD_PEAK_OPS_PER_S, is_coupled, with_coupled_memory
from devices.efficiency import Shares
from devices.hardware import moved_element_bytes
from devices.networks import distinct_experts, independent_tokens, touched_expert_params
from devices.power import power_limits
from devices.predicted import STACKED_MEMORY_OVER_LINK, UNSTATED_LINK_BYTES_PER_S, link_bytes_per_s
from devices.step import Machine, Step, item_step

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


def _image(tables: Tables, bytes_per_s: float, peak: float, *, coupled: bool) -> Step:
    """ResNet-50 on a unit whose software reaches all of its roofs, with 1 ms of overhead."""
    one = np.ones(1)
    shares = Shares(one, one, one * 1e-3, one * 0.0, one, one * 0.0)
    none = one * np.nan
    roofs = Machine(one * peak, one * bytes_per_s, none, none, none, none, one, shares)
    return item_step(
        networks_named(tables, ["resnet_50"]),
        with_coupled_memory(roofs, np.array([coupled])),
        evaluations=one,
        passes=one,
        weight_bytes=one,
        element_bytes=one,
    )


def test_traffic_of_a_unit_with_its_own_memory_hangs_on_the_unit(tables: Tables) -> None:
    wide, wider = (_image(tables, rate, 45e12, coupled=True) for rate in (100e9, 200e9))
    assert wide.traffic_s == pytest.approx(wider.traffic_s)
    assert wide.traffic_s[0] == pytest.approx((25.56e6 + 2 * 11.1e6) * 320.0 / 45e12, rel=0.01)
    assert wide.moved_bytes[0] == pytest.approx(25.56e6)
    assert _image(tables, 100e9, 22.5e12, coupled=True).traffic_s == pytest.approx(wide.traffic_s * 2.0)


def test_weights_come_no_faster_than_main_memory_gives_them(tables: Tables) -> None:
    narrow = _image(tables, 10e9, 45e12, coupled=True)
    assert narrow.traffic_s[0] == pytest.approx(25.56e6 / 10e9)


def test_a_unit_pays_overhead_in_its_own_cycles(tables: Tables) -> None:
    fast, slow = (_image(tables, 50e9, peak, coupled=True).overhead_s[0] for peak in (45e12, 15e12))
    assert slow == pytest.approx(3.0 * fast)
    assert fast == pytest.approx(1e-3 * OVERHEAD_PEAK_OPS_PER_S / 45e12)
    assert _image(tables, 50e9, 45e12, coupled=False).overhead_s[0] == pytest.approx(1e-3)


def test_only_the_neural_units_of_some_makers_have_a_memory_of_their_own(tables: Tables) -> None:
    hardware = hardware_named(tables, ["sd_8elite", "rk3588", "aic100_std"])[np.array([0, 0, 1, 2])]
    drivers = np.array(["npu", "cpu", "npu", "accelerator"], dtype=object)
    assert is_coupled(hardware, drivers).tolist() == [True, False, False, False]


def test_a_link_that_no_datasheet_states_is_that_of_its_kind(tables: Tables) -> None:
    stated = hardware_named(tables, ["h100_sxm", "gaudi2", "rtx_4090"])
    assert link_bytes_per_s(stated)[:2].tolist() == [450e9, 300e9]
    silent = stated.changed(interconnect_bytes_per_s=np.full(3, np.nan))
    found = link_bytes_per_s(silent)
    assert found[:2] == pytest.approx([450e9, 300e9], rel=0.2)
    assert found[2] == UNSTATED_LINK_BYTES_PER_S


def test_the_link_of_stacked_memory_is_the_catalogues_median(tables: Tables) -> None:
    servers = tables["devices"].query(
        "segment == 'datacenter' and memory_type.str.startswith('HBM', na=False)"
    )
    ratio = servers["memory_bandwidth_gb_per_s"] / servers["interconnect_gb_per_s_per_direction"]
    assert ratio.median() == pytest.approx(STACKED_MEMORY_OVER_LINK, abs=0.05)

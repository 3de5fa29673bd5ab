"""One step of a run known by its size: against a published run, at its limits, and its properties."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.cluster_step import Cluster, cluster_step, step_of_width
from forecasting.largest_runs import REACHED_OVER_BOUND

H100S = Cluster(
    peak_ops_per_s=np.array(989.4e12),
    reachable_share=0.72,
    memory_bytes=np.array(80e9),
    fast_devices=np.array(8.0),
    fast_link_bytes_per_s=np.array(450e9),
    data_link_bytes_per_s=np.array(50e9),
)
LLAMA = np.array(405e9), np.array(16e6), np.array(16_384.0)
sizes = st.tuples(st.floats(1e9, 1e13), st.floats(1e6, 1e9), st.floats(8, 1e7))


def one(sized, cluster=H100S):
    return cluster_step(*(np.array(x) for x in sized), cluster)


def test_a_step_of_llama_3_405b_reaches_what_was_measured_and_half_as_much_again():
    # 16,384 H100, 16 million tokens a step, 41 % MFU (arXiv 2407.21783, table 4); a step without faults and
    # stragglers is faster by half.
    step = cluster_step(*LLAMA, H100S)
    assert float(step.model_utilisation) * REACHED_OVER_BOUND == pytest.approx(0.41, rel=0.05)
    assert (float(step.tensor), 4 < float(step.stages) < 16) == (8.0, True)


def test_a_step_by_hand():
    """Width (405e9 x 128 / 12)^(1/3) = 16,287, layers 127; arithmetic 6 N D over the devices at 72 %."""
    step = step_of_width(*LLAMA, H100S, 8.0)
    assert step.ideal_s == pytest.approx(6 * 405e9 * 16e6 / (16_384 * 989.4e12))
    assert step.compute_s == pytest.approx(step.ideal_s / 0.72)
    layers, sequences = 16_287 / 128, 16e6 / 8192 / float(step.copies)
    once = 2 * 7 / 8 * 2 * 8192 * 16_287 / 450e9 + 3 * 4e-6
    assert step.tensor_s == pytest.approx(4 * layers / float(step.stages) * sequences * once, rel=1e-3)
    # Gradients of 2 bytes a parameter go round in a ring of copies, beside two thirds of the arithmetic.
    assert step.gradient_s == 0
    assert step.time_s == pytest.approx(step.compute_s + step.tensor_s + step.bubble_s)


def test_a_slow_port_leaves_the_gradients_unhidden():
    slow = dataclasses.replace(H100S, data_link_bytes_per_s=np.array(1e9))
    step = cluster_step(*LLAMA, slow)
    assert step.gradient_s > 0
    assert step.network_share > 0.5


@given(sizes, st.floats(1, 100))
def test_faster_links_never_make_a_step_longer(sized, factor):
    for name in ("fast_link_bytes_per_s", "data_link_bytes_per_s"):
        faster = dataclasses.replace(H100S, **{name: getattr(H100S, name) * factor})
        assert one(sized, faster).time_s <= one(sized).time_s * (1 + 1e-9)


@given(sizes)
def test_no_run_is_faster_than_its_arithmetic_nor_spread_wider_than_its_devices(sized):
    step = one(sized)
    assert 0 < step.model_utilisation <= 0.72 * (1 + 1e-6)
    assert 0 <= step.network_share < 1
    assert step.copies <= max(sized[1] / 8192, 1.0) * (1 + 1e-9)
    assert step.tensor * step.stages * step.copies <= max(sized[2], float(step.tensor * step.stages)) * (
        1 + 1e-9
    )


def test_arrays_give_what_their_elements_give():
    params = np.array([1e11, 1e12, 1e13])
    together = cluster_step(params, np.array(5e7), np.array(1e5), H100S)
    alone = [float(cluster_step(p, np.array(5e7), np.array(1e5), H100S).time_s) for p in params]
    np.testing.assert_allclose(together.time_s, alone)

"""Reachable shares: which row answers, how they were fitted, and that the fit can be repeated."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from datasets.errors import InvalidValue, UnknownName
from devices.backends import compute_arithmetic, inferred_backend, usual_software
from devices.catalogue import hardware_named
from devices.efficiency import (
    PHASE_BASE,
    POWER_KIND,
    RUNNING_KIND,
    host_s_per_sequence,
    phase_factors,
    reachable_shares,
    share_columns,
    software_limited,
)
from devices.evidence import errors_by, evidence
from devices.kind_fits import KEY_COLUMNS, kind_fits, share_rows
from devices.measured import measured_columns
from devices.pooling import deviations_sum

Tables = Mapping[str, pd.DataFrame]


def _labels(*names: str) -> np.ndarray:
    return np.array(names, dtype=object)


def test_the_stored_shares_are_what_the_fit_gives(tables: Tables) -> None:
    keys = list(KEY_COLUMNS)
    fitted = share_rows(kind_fits(measured_columns(tables))).set_index(keys).sort_index()
    stored = tables["efficiencies"]
    own = (stored["origin"] == "builtin") & ~stored["kind"].isin([*PHASE_BASE, POWER_KIND, RUNNING_KIND])
    stored = stored[own].set_index(keys).sort_index()
    assert fitted.index.tolist() == stored.index.tolist()
    columns = ["compute_efficiency", "bandwidth_efficiency", "overhead_us_per_layer"]
    assert np.allclose(fitted[columns].to_numpy(float), stored[columns].to_numpy(float), rtol=0.02, atol=1e-3)
    assert fitted["measurements"].tolist() == stored["measurements"].tolist()


def test_four_fifths_of_left_out_measurements_lie_inside_in_every_class(tables: Tables) -> None:
    found = errors_by(evidence(tables), "class", "metric")
    large = found[found["rows"] >= 20]
    assert len(large) >= 6
    assert large["coverage_pct"].between(75.0, 85.0).all(), large[["class", "metric", "coverage_pct"]]


def test_a_phase_without_a_row_takes_the_spread_as_it_is(tables: Tables) -> None:
    table = tables["efficiencies"]
    factors = phase_factors(table)
    spread = table[table["backend"].eq("any") & table["weight_class"].eq("any")].set_index("kind")
    expected = spread["residual_spread"]["prefill"] / spread["residual_spread"]["decoder"]
    assert factors["prefill"] == pytest.approx(expected)
    assert set(phase_factors(table[table["kind"] == "decoder"]).values()) == {1.0}


def test_the_host_adds_time_a_sequence_to_engines_alone() -> None:
    seconds = [host_s_per_sequence(name) for name in ("cuda/vllm", "cuda/tensorrt-llm", "cuda", "metal")]
    assert seconds == pytest.approx([50e-6, 8e-6, 8e-6, 0.0])
    assert host_s_per_sequence("cuda/llama.cpp") == 0.0


def test_the_closest_row_answers(tables: Tables) -> None:
    table = pd.DataFrame(
        [
            ("cuda", "4", "decoder", 0.1),
            ("cuda", "any", "decoder", 0.2),
            ("any", "any", "decoder", 0.3),
            ("any", "any", "vision", 0.4),
            ("any", "any", "any", 0.5),
        ],
        columns=["backend", "weight_class", "kind", "compute_efficiency"],
    ).assign(bandwidth_efficiency=0.8, overhead_us_per_layer=50.0, residual_spread=0.1)
    shares = reachable_shares(
        table,
        _labels("cuda/llama.cpp", "cuda", "metal", "npu/qnn", "cuda"),
        _labels("4", "8", "4", "8", "16"),
        _labels("decoder", "decoder", "decoder", "speech", "diffusion"),
    )
    assert shares.compute.tolist() == [0.1, 0.2, 0.3, 0.4, 0.5]
    assert shares.overhead_s.tolist() == pytest.approx([50e-6] * 5)


def test_a_table_without_an_answer_is_refused(tables: Tables) -> None:
    with pytest.raises(
        InvalidValue, match=r"no row for cuda / 4 / decoder nor for any: restore its built-in rows"
    ):
        reachable_shares(tables["efficiencies"].iloc[:0], _labels("cuda"), _labels("4"), _labels("decoder"))


def test_power_leaves_less_of_a_larger_peak_but_never_slows_it(tables: Tables) -> None:
    shares = share_columns(tables["efficiencies"].iloc[[0, 0, 0]])
    peaks, watts = np.array([1e13, 1e14, 1e15]), np.full(3, 300.0)
    left = software_limited(shares, _labels(*["cuda/llama.cpp"] * 3), _labels("4", "4", "4"), peaks, watts)
    assert (np.diff(left.compute) < 0.0).all()
    assert (np.diff(left.compute * peaks) > 0.0).all()
    assert (left.compute * peaks * 3e-12 < watts).all()


@pytest.mark.parametrize(
    ("device", "kind", "weights", "software", "arithmetic"),
    [
        ("h100_sxm", "decoder", "fp8", "cuda", "fp8"),
        ("a100_80", "decoder", "fp8", "cuda", "bf16"),
        ("h100_sxm", "decoder", "int4", "cuda", "bf16"),
        ("rtx_4090", "decoder", "int4", "cuda/llama.cpp", "int8"),
        ("rtx_4090", "decoder", "bf16", "cuda/llama.cpp", "bf16"),
        ("apple_m4_max", "decoder", "int4", "metal/llama.cpp", "fp16"),
        ("apple_m4_max", "vision", "int8", "npu", "int8"),
        ("sd_8elite", "decoder", "int4", "npu/qnn", "int16"),
        ("sd_8elite", "vision", "int8", "npu/qnn", "int8"),
        ("epyc_9965", "decoder", "int4", "cpu/llama.cpp", "int8"),
        ("ryzen_9950x", "vision", "fp16", "cpu", "bf16"),
        ("rpi5", "vision", "int8", "cpu", "int8"),
        ("tpu_v5p", "decoder", "int8", "accelerator", "int8"),
        ("mi300x", "decoder", "fp16", "rocm", "fp16"),
        ("tesla_hw4", "vision", "fp16", "npu", ""),
        ("arc_a770", "decoder", "int8", "any", "int8"),
    ],
)
def test_software_and_arithmetic_follow_from_the_device(
    tables: Tables, device: str, kind: str, weights: str, software: str, arithmetic: str
) -> None:
    hardware, kinds = hardware_named(tables, [device]), _labels(kind)
    backend = inferred_backend(hardware, kinds)
    assert usual_software(hardware, backend, kinds)[0] == software
    assert compute_arithmetic(hardware, backend, kinds, _labels(weights))[0][0] == arithmetic


def test_partial_pooling_moves_a_thin_group_towards_the_wide_one(tables: Tables) -> None:
    decoders = next(fit for fit in kind_fits(measured_columns(tables)) if fit.kind == "decoder")
    groups, deviations = decoders.groups, decoders.deviations
    thin = np.exp(deviations_sum(groups, deviations, ("rocm/gpt-fast", "16", "decoder")))
    around = np.exp(deviations_sum(groups, deviations, ("engine", "16", "decoder")))
    thick = np.exp(deviations_sum(groups, deviations, ("metal/llama.cpp", "16", "decoder")))
    assert thin[0] == pytest.approx(around[0], rel=0.05)
    assert abs(thick[2] - around[2]) > 0.5 * around[2]


def test_a_measurement_of_an_unknown_device_or_metric_is_named(tables: Tables) -> None:
    row = tables["measurements"].iloc[[0]]
    with pytest.raises(UnknownName, match="no device 'nobody'"):
        measured_columns(tables, row.assign(device_id="nobody"))
    with pytest.raises(InvalidValue, match=r"has metric 'smiles_per_s': known are"):
        measured_columns(tables, row.assign(metric="smiles_per_s"))
    with pytest.raises(InvalidValue, match=r"has compute_precision 'int5'"):
        measured_columns(tables, row.assign(compute_precision="int5"))

"""Claims about inference as a whole: latency, drafts, pages, fused attention, samples, sharded weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from devices.attention_kernels import AttentionUnits, flash_speedup
from devices.budgets import budgets
from devices.catalogue import rows_named
from devices.claims_evidence import Claim, Evidence, Finding, found, found_between, found_formula, stated
from devices.memory import weights_resident_bytes
from devices.paging import mean_page_waste_share, reserved_waste_share
from devices.speculation import printed_speedup, speculative_speedup
from devices.units import GB, MILLISECOND_S, Floats, element_bytes

_A100_MULTIPROCESSORS = 108
_WORKED_MULTIPLICATIONS = 1.286e12
_SAMPLED_WORKLOAD = "chat_small"


def _moving_ms(evidence: Evidence) -> Floats:
    matrices = evidence.printed("GPT-3.5 weights", "FP16 matrices") * GB
    link = evidence.printed("NVIDIA NVLink (A100 context)", "bandwidth") * GB
    return matrices / link / MILLISECOND_S


def _printed_compute_ms(evidence: Evidence) -> Floats:
    return evidence.printed("NVIDIA A100", "GPT-3.5 8-token latency (compute)")


def _data_latency(evidence: Evidence) -> Finding:
    network = evidence.network("gpt_3_5_worked_example")
    outer = 2.0 * (network.layers * network.ffn + network.vocabulary) * network.hidden
    attention = 3.0 * network.layers * network.hidden**2
    without, whole = (float(size[0]) * 2.0 / GB for size in (outer, outer + attention))
    return found(
        _moving_ms(evidence),
        f"As printed. The example's own matrices take {whole:.0f} GB; 234.7 is what is left without those "
        f"of the attention ({without:.1f}). And 900 GB/s is NVLink 4 in both directions, while weights in "
        "place are read from a card's own memory.",
    )


def _compute_latency(evidence: Evidence) -> Finding:
    peak = evidence.peak_ops_per_s("a100_80", "fp16")
    at_peak = 2.0 * stated(_WORKED_MULTIPLICATIONS) / peak / MILLISECOND_S
    implied = at_peak / _printed_compute_ms(evidence)
    return found(
        at_peak,
        "At the dense peak; the printed time, whose calculation is not shown, implies "
        f"{float(implied[0]):.0%} of it, a plausible share.",
    )


def _total_latency(evidence: Evidence) -> Finding:
    return found(
        _printed_compute_ms(evidence) + _moving_ms(evidence),
        "The printed compute latency and the data latency, one after the other.",
    )


def _data_share(evidence: Evidence) -> Finding:
    moving = _moving_ms(evidence)
    return found(
        moving / (moving + _printed_compute_ms(evidence)),
        "Of the two printed latencies; at the peak of the card the share would be larger still.",
    )


def _speculation(_: Evidence) -> Finding:
    acceptance, drafted = np.meshgrid([0.7, 0.8, 0.9], [4.0, 6.0, 8.0])
    cost = stated(0.1)
    exact = speculative_speedup(acceptance, drafted, cost)
    printed = printed_speedup(acceptance, drafted, cost)
    return found_between(
        exact.min(),
        exact.max(),
        "Exact expectation for acceptance 0.7 to 0.9, 4 to 8 drafted tokens and a draft step of a tenth; "
        f"the printed form gives {printed.min():.2f} to {printed.max():.2f}, as it counts tokens behind a "
        "refused one.",
    )


def _reserved_waste(_: Evidence) -> Finding:
    paged = mean_page_waste_share(stated(512), stated(16))
    return found(
        reserved_waste_share(stated(4096), stated(512)),
        f"512 of 4,096 reserved tokens are used; pages of 16 tokens waste {float(paged):.1%} on average.",
    )


def _units(evidence: Evidence, device_id: str, sram_bytes: float) -> AttentionUnits:
    return AttentionUnits(
        matrix_ops_per_s=evidence.peak_ops_per_s(device_id, "fp16"),
        vector_ops_per_s=evidence.peak_ops_per_s(device_id, "fp32"),
        bytes_per_s=evidence.bytes_per_s(device_id),
        sram_bytes=stated(sram_bytes),
    )


def _fused_attention(evidence: Evidence) -> Finding:
    inner = float(evidence.device_figure("a100_80", "l1_mb", 1e6)[0]) / _A100_MULTIPROCESSORS
    heads = np.array([64.0, 128.0])
    two_bytes = element_bytes(["fp16", "fp16"])
    older = flash_speedup(_units(evidence, "a100_80", inner), stated(8192), heads, two_bytes)
    newer = flash_speedup(_units(evidence, "h100_sxm", inner), stated(8192), heads, two_bytes)
    return found_between(
        older.min(),
        older.max(),
        "Kernel by kernel on an A100 at 8,192 tokens, heads of 128 and 64: with scores in memory three "
        "kernels wait for bandwidth, fused they wait for arithmetic. An H100, with more arithmetic a "
        f"byte, gains {newer.min():.1f} to {newer.max():.1f}.",
    )


def _decode_s(evidence: Evidence, samples: int, tokens: float | None = None) -> float:
    workloads = evidence.tables["workloads"]
    sampled = workloads.assign(
        samples=workloads["samples"].where(workloads["workload_id"] != _SAMPLED_WORKLOAD, samples)
    )
    tables = {**evidence.tables, "workloads": sampled}
    rows = budgets(
        tables,
        ["h100_sxm"],
        [_SAMPLED_WORKLOAD],
        model_id="llama_3_8b",
        weight_precision="bf16",
        batch=1,
        prompt_tokens=tokens,
        output_tokens=tokens,
    )
    return float(rows["per_token_s"].iloc[0])


def _many_samples(evidence: Evidence) -> Finding:
    ratio = _decode_s(evidence, 100) / _decode_s(evidence, 1)
    without = _decode_s(evidence, 100, tokens=1.0) / _decode_s(evidence, 1, tokens=1.0)
    return found(
        ratio,
        "Time of a decode step for 100 samples over that for one, in a chat turn of 1,500 tokens on an "
        "H100, at what software reaches: not free, since each sample reads its own cache. Without caches "
        f"it is {without:.2f}.",
    )


def _sharded_weights(evidence: Evidence) -> Finding:
    models, devices = ["llama_3_8b", "llama_3_70b", "gpt_3_175b"], ["h100_sxm", "a100_80", "tpu_v5p"]
    widths = np.array([1.0, 2.0, 8.0, 64.0])
    weights = [weights_resident_bytes(evidence.network(model), element_bytes(["bf16"])) for model in models]
    rates = np.concatenate([evidence.bytes_per_s(device) for device in devices])
    core = np.stack(weights)[:, :, None] / (rates[None, :, None] * widths)
    billions = rows_named(evidence.tables["models"], "model", models)["params_b"].to_numpy(float)
    gigabytes = rows_named(evidence.tables["devices"], "device", devices)["memory_bandwidth_gb_per_s"]
    plain = 2.0 * billions[:, None, None] / (gigabytes.to_numpy(float)[None, :, None] * widths)
    return found_formula(
        np.abs(core / plain - 1.0).max(),
        f"The core's bytes and bandwidths against the formula on the raw rows, {core.size} points of "
        "model, device and width; 70 billion parameters on eight H100s take "
        f"{core[1, 0, 2] / MILLISECOND_S:.2f} ms.",
    )


SERVING_CLAIMS: Mapping[str, Claim] = {
    "gpt35_data_ms": _data_latency,
    "gpt35_compute_ms": _compute_latency,
    "gpt35_total_ms": _total_latency,
    "gpt35_data_share": _data_share,
    "spec_decode": _speculation,
    "paged_waste": _reserved_waste,
    "flash_speedup": _fused_attention,
    "multi_sample_free": _many_samples,
    "tmem_sharded": _sharded_weights,
}

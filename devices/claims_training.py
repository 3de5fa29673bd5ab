"""Claims about training and about many devices: operations, memory, sharding, collectives, pipelines."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from devices.claims_evidence import Claim, Evidence, Finding, found, found_formula, not_computed, stated
from devices.networks import Networks, operations_per_token
from devices.parallelism import all_reduce_bytes, pipeline_bubble
from devices.pipeline_schedule import idle_share
from devices.training import DAY_S, RECOMPUTATION_SHARE, matrix_training_operations
from devices.training_memory import (
    GRADIENT_BYTES,
    OPTIMISER_BYTES,
    WEIGHT_BYTES,
    activation_bytes,
    adam_bytes,
    model_state,
)
from devices.training_step import Layout
from devices.units import GB, Floats, element_bytes

_GPT_3_PARAMS = 175e9
_GPT_3_TOKENS = 300e9


def _gradient_volume() -> Floats:
    return all_reduce_bytes(_GPT_3_PARAMS * element_bytes(["bf16"]), stated(8))


def _over_nvlink(evidence: Evidence) -> Finding:
    both = evidence.device_figure("h100_sxm", "interconnect_printed_gb_per_s", GB)
    one_way = evidence.device_figure("h100_sxm", "interconnect_gb_per_s_per_direction", GB)
    return found(
        _gradient_volume() / both,
        "Over the printed 900 GB/s, which is both directions together; a ring sends one way, so it takes "
        f"{float((_gradient_volume() / one_way)[0]):.2f} s.",
    )


def _over_pcie(evidence: Evidence) -> Finding:
    one_way = evidence.device_figure("h100_pcie", "interconnect_gb_per_s_per_direction", GB)
    return found(
        _gradient_volume() / stated(128e9),
        "Over the printed 128 GB/s of both directions; one way it takes "
        f"{float((_gradient_volume() / one_way)[0]):.1f} s.",
    )


def _petaflops_days(evidence: Evidence) -> Finding:
    counted = matrix_training_operations(evidence.network("gpt_3_175b").active_params, stated(_GPT_3_TOKENS))
    return found(
        stated(3640) * 1e15 * DAY_S,
        f"3,640 days at a petaflop a second; 6 N D of the catalogue's model gives {float(counted[0]):.4g}.",
    )


def _in_tokens(evidence: Evidence) -> Finding:
    network = evidence.network("gpt_3_175b")
    training = matrix_training_operations(network.active_params, stated(_GPT_3_TOKENS))
    return found(
        training / operations_per_token(network),
        "6 N D over 2 N: three tokens of inference for each token of training.",
    )


def _pipeline(_: Evidence) -> Finding:
    points = [(p, m) for p in (1, 2, 4, 8, 16) for m in (1, 4, 8, 32)]
    departures = [abs(float(pipeline_bubble(stated(p), stated(m))) - idle_share(p, m)) for p, m in points]
    return found_formula(
        max(departures),
        f"Against a schedule played through pass by pass, {len(points)} points; the text's '1 / stages' is "
        "the case of m = (p - 1)^2.",
    )


def _bytes_counted_by_rank(params: int, ranks: int, stage: int) -> float:
    owned = np.arange(params) % ranks == 0
    weights = np.where(owned | (stage < 3), WEIGHT_BYTES, 0.0)
    gradients = np.where(owned | (stage < 2), GRADIENT_BYTES, 0.0)
    optimiser = np.where(owned | (stage < 1), OPTIMISER_BYTES, 0.0)
    return float((weights + gradients + optimiser).sum())


def _sharded_state(_: Evidence) -> Finding:
    points = [(ranks, stage) for ranks in (1, 2, 8, 64) for stage in (0, 1, 2, 3)]
    params = 6400
    departures = [
        abs(
            float(model_state(stated(params), stated(ranks), stage).total)
            / _bytes_counted_by_rank(params, ranks, stage)
            - 1.0
        )
        for ranks, stage in points
    ]
    gigabytes = [float(model_state(stated(7.5e9), stated(64), stage).total) / GB for stage in (0, 1, 2, 3)]
    shown = ", ".join(f"{value:.1f}" for value in gigabytes)
    return found_formula(
        max(departures),
        f"Against parameters dealt out to ranks and counted one by one, {len(points)} points; 7.5 billion "
        f"of them on 64 ranks take {shown} GB at stages 0 to 3.",
    )


def _live_bytes(network: Networks, every: int | None) -> float:
    length = stated(2048)
    alive = activation_bytes(
        network,
        length,
        length,
        stated(1),
        network.layers,
        stated(1),
        scores_kept=True,
        checkpoint_every=every,
    )
    return float(alive[0])


def _checkpointing(evidence: Evidence) -> Finding:
    network = evidence.network("gpt_3_175b")
    saved = {every: _live_bytes(network, None) / _live_bytes(network, every) for every in (1, 4)}
    return not_computed(
        f"Quoted. The core charges one more forward pass, {RECOMPUTATION_SHARE:.2f} of forward and "
        f"backward, and for GPT-3 finds {saved[4]:.0f} times less activation memory with a checkpoint "
        f"every 4 layers, {saved[1]:.0f} times with one every layer."
    )


TRAINING_CLAIMS: Mapping[str, Claim] = {
    "gpt35_train_steps": lambda _: found(
        stated(_GPT_3_TOKENS) / Layout(data=64, sequence_tokens=1024).batch_tokens,
        "64 sequences of 1,024 tokens a step.",
    ),
    "gpt3_pf_days": _petaflops_days,
    "gpt3_train_6nd": lambda _: found(
        matrix_training_operations(stated(_GPT_3_PARAMS), stated(_GPT_3_TOKENS)),
        "Six operations a parameter and token.",
    ),
    "train_in_tokens": _in_tokens,
    "adam_memory_gpt3": lambda _: found(
        adam_bytes(stated(_GPT_3_PARAMS), element_bytes(["fp32"])),
        "The parameter and two moments at four bytes; the text calls all three optimizer state.",
    ),
    "allreduce_bytes": lambda _: found(
        _gradient_volume(), "What each of eight devices sends for 16-bit gradients."
    ),
    "allreduce_nvlink": _over_nvlink,
    "allreduce_pcie": _over_pcie,
    "parallelism_llama70b": lambda _: found(
        float(Layout(tensor=8, pipeline=8, data=8).devices), "The product of the three widths."
    ),
    "pipeline_bubble": _pipeline,
    "checkpointing": _checkpointing,
    "zero_sharding": _sharded_state,
}

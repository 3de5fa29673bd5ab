"""What an option makes of a step: more traffic, weights from afar, experts or stages on other devices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import numpy as np

from devices.networks import Networks, touched_dense_params
from devices.parallelism import ROUND_LATENCY_S, all_reduce_s, all_to_all_s
from devices.step import ACTIVATION_BYTES, Machine, Step
from devices.units import Floats

# Work of a step, and the terms of its time.
WORK = ("operations", "weight_bytes", "cache_bytes", "activation_bytes")
TIMES = ("compute_s", "memory_s", "sram_s", "network_s", "overhead_s", "offload_s")


def memory_bytes_per_s(machine: Machine) -> Floats:
    """Rate at which all devices of a group together reach their main memory."""
    return machine.devices * machine.shares.bandwidth * machine.bytes_per_s


def with_traffic(step: Step, machine: Machine, more_bytes: Floats) -> Step:
    """The step with more activations to move through the main memory."""
    return replace(
        step,
        activation_bytes=step.activation_bytes + more_bytes,
        memory_s=step.memory_s + more_bytes / memory_bytes_per_s(machine),
    )


def with_less_cache(step: Step, machine: Machine, fewer_bytes: Floats) -> Step:
    """The step with less of the cache to read from main memory."""
    return replace(
        step,
        cache_bytes=step.cache_bytes - fewer_bytes,
        memory_s=step.memory_s - fewer_bytes / memory_bytes_per_s(machine),
    )


def with_operations(step: Step, machine: Machine, more: Floats) -> Step:
    """The step with more operations at the same rate."""
    rate = machine.devices * machine.shares.compute * machine.peak_ops_per_s
    return replace(step, operations=step.operations + more, compute_s=step.compute_s + more / rate)


def with_offload(step: Step, machine: Machine, share: Floats, link_bytes_per_s: float) -> Step:
    """The step with a share of its weights read over a link, one to each device, before they are used."""
    arriving = step.weight_bytes * share / (machine.devices * link_bytes_per_s)
    return replace(step, offload_s=step.offload_s + arriving)


def with_spread_experts(
    step: Step, networks: Networks, machine: Machine, tokens: Floats, ranks: float, weight_bytes: Floats
) -> Step:
    """The step with experts on `ranks` times as many devices as share a layer.

    Each rank reads all weights outside the experts for its part of the tokens, sums over the devices of a
    layer, and sends every token to its experts and back: two all-to-alls a layer.

    Parameters
    ----------
    step : Step
        Of `machine`, whose devices are those of all ranks.
    tokens : numpy.ndarray
        Tokens of the step.
    """
    copies = (ranks - 1.0) * touched_dense_params(networks) * weight_bytes
    hidden = networks.hidden * tokens * ACTIVATION_BYTES
    summed = all_reduce_s(hidden / ranks, machine.devices / ranks, machine.link_bytes_per_s)
    routed = all_to_all_s(hidden * networks.experts_per_token, np.asarray(ranks), machine.link_bytes_per_s)
    return replace(
        step,
        weight_bytes=step.weight_bytes + copies,
        memory_s=step.memory_s + copies / memory_bytes_per_s(machine),
        network_s=2.0 * networks.layers * (summed + routed),
    )


def staged(
    step: Step,
    stages: float,
    micro_batches: Floats,
    busy_copies: Floats,
    copies: float,
    hop_s: Floats,
    *,
    fills: bool,
) -> Step:
    """What one device sees of a step that runs in stages, with several micro-batches and copies at work.

    A device works for each micro-batch during its stage, and waits for the rest of the time: for the whole
    passage of a token while it decodes, for the pipeline to fill while it reads prompts. Waiting counts as
    overhead. The work is that of all micro-batches and copies together.

    Parameters
    ----------
    step : Step
        One micro-batch through all layers on the devices of one stage.
    micro_batches : numpy.ndarray
        Micro-batches of a copy, at most one a stage.
    busy_copies, copies : numpy.ndarray, float
        Copies of the model that have work, of all.
    hop_s : numpy.ndarray
        Time of all hand-overs between stages.
    fills : bool
        Whether the micro-batches pass once and the pipeline fills and drains.
    """
    share = micro_batches / stages
    passage = step.cool_s
    waiting = (stages - 1.0) / stages if fills else 1.0 - share
    at_work = share * busy_copies / copies
    work = {name: getattr(step, name) * micro_batches * busy_copies for name in WORK}
    times = {name: getattr(step, name) * at_work for name in TIMES}
    done = replace(step, **work, **times)
    rest = passage * (share + waiting) - done.cool_s
    return replace(done, overhead_s=done.overhead_s + rest, network_s=done.network_s + hop_s)


def hand_over_s(networks: Networks, machine: Machine, tokens: Floats, stages: float) -> Floats:
    """Time in which the activations of a micro-batch pass from stage to stage."""
    message = networks.hidden * tokens * ACTIVATION_BYTES
    return (
        (stages - 1.0) * (message / machine.link_bytes_per_s + ROUND_LATENCY_S)
        if stages > 1.0
        else 0.0 * message
    )


def combined(steps: Sequence[Step], weights: Sequence[Floats | float]) -> Step:
    """Several steps one after the other, each so many times, as one."""

    def total(name: str) -> Floats:
        return sum(
            (weight * np.asarray(getattr(step, name)) for step, weight in zip(steps, weights, strict=True)),
            start=np.asarray(0.0),
        )

    names = [field.name for field in fields(Step) if field.name != "slowdown"]
    joined = Step(**{name: total(name) for name in names})
    # Steps that are bound by different levels of memory wait for both.
    return replace(joined, overhead_s=joined.overhead_s + (total("cool_s") - joined.cool_s))

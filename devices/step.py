"""One forward step: operations, bytes and time of new tokens for a batch of sequences, or of items."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from devices.attention import attention_operations, cache_bytes_read, kv_cache_bytes_per_token
from devices.columns import Columns
from devices.efficiency import Shares
from devices.networks import (
    Networks,
    dense_operations,
    expert_operations,
    touched_dense_params,
    touched_expert_params,
)
from devices.parallelism import all_reduce_s
from devices.roofline import roof_names
from devices.units import Floats, Labels

ACTIVATION_BYTES = 2.0
ACTIVATION_FACTOR = 13.7


@dataclass(frozen=True)
class Machine(Columns):
    """What a step runs on: roofs at the chosen arithmetic, for each of `devices` equal devices.

    Attributes
    ----------
    coupled_bytes_per_s : numpy.ndarray
        Memory of the unit's own that all traffic passes (`devices.coupled_memory`); NaN where it has none.
    """

    peak_ops_per_s: Floats
    bytes_per_s: Floats
    sram_bytes: Floats
    sram_bytes_per_s: Floats
    coupled_bytes_per_s: Floats
    link_bytes_per_s: Floats
    devices: Floats
    shares: Shares


@dataclass(frozen=True)
class Step:
    """Work and time of one step on all devices together; the terms of the time are apart.

    Attributes
    ----------
    operations : numpy.ndarray
        Operations of the step.
    weight_bytes, cache_bytes, activation_bytes : numpy.ndarray
        Traffic of the step.
    compute_s, memory_s, sram_s, network_s, overhead_s : numpy.ndarray
        Time that each roof alone would need.
    slowdown : numpy.ndarray
        Factor, at least 1, by which a power limit stretches the step.
    offload_s : numpy.ndarray
        Time in which weights arrive that do not fit on the device.
    """

    operations: Floats
    weight_bytes: Floats
    cache_bytes: Floats
    activation_bytes: Floats
    compute_s: Floats
    memory_s: Floats
    sram_s: Floats
    network_s: Floats
    overhead_s: Floats
    slowdown: Floats | float = 1.0
    offload_s: Floats | float = 0.0

    @cached_property
    def cool_s(self) -> Floats:
        """Time at full speed, arithmetic and traffic one after the other.

        ``t = t_compute + max(t_memory, t_sram) + t_overhead + t_network + t_offload``.

        The ideal roofline takes the larger of the two. Measured prefill and batched decode, where both are
        large, are explained best by their sum: kernels bound by one or by the other take turns.
        """
        return self.compute_s + self.traffic_s + self.overhead_s + self.network_s + self.offload_s

    @cached_property
    def traffic_s(self) -> Floats:
        """Time of the slower of the two levels of memory."""
        return np.maximum(self.memory_s, self.sram_s)

    @property
    def time_s(self) -> Floats:
        """Time at the speed that the power limit leaves."""
        return self.cool_s * self.slowdown

    @property
    def compute_busy(self) -> Floats:
        """Share of the time at full speed in which arithmetic is at its reachable rate."""
        return self.compute_s / self.cool_s

    @property
    def memory_busy(self) -> Floats:
        """Share of the time at full speed in which memory is at its reachable rate."""
        return self.traffic_s / self.cool_s

    @property
    def moved_bytes(self) -> Floats:
        """Bytes read and written: weights, cache and activations."""
        return self.weight_bytes + self.cache_bytes + self.activation_bytes

    @property
    def intensity(self) -> Floats:
        """Operations for each byte moved."""
        return self.operations / self.moved_bytes

    @property
    def attained_ops_per_s(self) -> Floats:
        """Rate of the step: the height of its point under the roofline."""
        return self.operations / self.time_s

    @property
    def roof(self) -> Labels:
        """Name of the roof that binds."""
        terms = [self.compute_s, self.memory_s, self.sram_s, self.network_s, self.overhead_s]
        if isinstance(self.offload_s, np.ndarray):
            terms.append(self.offload_s)
        names = roof_names(*terms)
        names[np.broadcast_to(np.asarray(self.slowdown) > 1.0, names.shape)] = "power"
        return names


def token_step(
    networks: Networks,
    machine: Machine,
    *,
    sequences: Floats,
    new_tokens: Floats,
    first_context: Floats,
    weight_bytes: Floats,
    kv_bytes: Floats,
    dense_weight_bytes: Floats | None = None,
) -> Step:
    """One step of a decoder: `new_tokens` tokens for each of `sequences` sequences.

    Operations ``2 N_active B T + 4 layers heads head_dim B sum(context)``, bytes of the touched weights, of
    the cache read and written and of the activations, as in Pope et al. 2022 and "Transformer Inference
    Arithmetic".

    Parameters
    ----------
    sequences, new_tokens : numpy.ndarray
        Batch B and new tokens a sequence T.
    first_context : numpy.ndarray
        Context of the first new token, itself included: 1 for a prefill without cached prefix.
    weight_bytes, kv_bytes : numpy.ndarray
        Bytes of one weight and of one cached element.
    dense_weight_bytes : numpy.ndarray, optional
        Bytes of one weight outside the routed experts, where that differs.
    """
    tokens = sequences * new_tokens
    dense_bytes = weight_bytes if dense_weight_bytes is None else dense_weight_bytes
    attention = attention_operations(networks, first_context, new_tokens) * sequences
    written = kv_cache_bytes_per_token(networks, kv_bytes) * tokens
    read = cache_bytes_read(networks, first_context + new_tokens - 1.0, kv_bytes) * sequences
    weights = touched_expert_params(networks, tokens) * weight_bytes
    return _timed(
        machine,
        operations=dense_operations(networks, tokens, sequences) + attention,
        expert_operations=expert_operations(networks, tokens),
        weights=weights + touched_dense_params(networks) * dense_bytes,
        resident=networks.params * weight_bytes,
        cache=read + written,
        activations=activation_bytes(networks, tokens),
        layers=networks.layers,
        message=networks.hidden * tokens * ACTIVATION_BYTES,
        host_s=machine.shares.host_s * sequences,
    )


def item_step(
    networks: Networks,
    machine: Machine,
    *,
    evaluations: Floats,
    passes: Floats,
    weight_bytes: Floats,
    element_bytes: Floats,
) -> Step:
    """A batch of images, frames, denoising steps or candidates.

    Parameters
    ----------
    evaluations : numpy.ndarray
        Evaluations of the network in the step, over the batch and the inputs of an item.
    passes : numpy.ndarray
        Times that the weights are read: once for cameras that go through together, once for each denoising
        step.
    weight_bytes : numpy.ndarray
        Bytes of one weight.
    element_bytes : numpy.ndarray
        Bytes of one activation that goes through main memory (`devices.hardware.moved_element_bytes`).
    """
    hidden = np.where(np.isnan(networks.hidden), 0.0, networks.hidden)
    return _timed(
        machine,
        operations=networks.operations_per_item * evaluations,
        expert_operations=np.zeros_like(evaluations),
        weights=networks.active_params * weight_bytes * passes,
        resident=networks.params * weight_bytes,
        cache=np.zeros_like(evaluations),
        activations=item_activation_elements(networks) * evaluations * 2.0 * element_bytes,
        layers=passes,
        message=hidden * evaluations * ACTIVATION_BYTES,
        host_s=0.0,
    )


def activation_bytes(networks: Networks, tokens: Floats) -> Floats:
    """Bytes of activations that a step reads and writes between its matrices, two an element.

    Each matrix reads its input and writes its output: queries, keys and values, the attention output, and the
    feed-forward matrices of the experts that a token uses.
    """
    queries = networks.heads * networks.head_dim
    keys_values = 2.0 * networks.kv_heads * networks.head_dim
    routed = networks.experts_per_token * networks.expert_ffn
    width = np.where(networks.expert_params > 0.0, routed, networks.ffn)
    elements = 4.0 * networks.hidden + 2.0 * queries + keys_values + networks.ffn_matrices * width
    return networks.layers * elements * tokens * ACTIVATION_BYTES


def item_activation_elements(networks: Networks) -> Floats:
    """Activations of one item, estimated from operations and parameters.

    A network of L alike layers with N parameters that spends F operations has F / (2 N) positions and about
    ``sqrt(N / L)`` channels: its activations grow with ``F / sqrt(N)``. The factor reproduces the 11.1
    million activations of ResNet-50 (Radosavovic et al. 2020).
    """
    return ACTIVATION_FACTOR * networks.operations_per_item / (2.0 * np.sqrt(networks.active_params))


def _timed(
    machine: Machine,
    *,
    operations: Floats,
    expert_operations: Floats,
    weights: Floats,
    resident: Floats,
    cache: Floats,
    activations: Floats,
    layers: Floats,
    message: Floats,
    host_s: Floats | float,
) -> Step:
    count, shares = machine.devices, machine.shares
    on_chip = resident <= count * np.nan_to_num(machine.sram_bytes)
    # A device whose main memory is the one on chip has one level, which all its traffic shares.
    on_chip &= machine.sram_bytes_per_s > machine.bytes_per_s
    chip_rate = np.fmax(machine.sram_bytes_per_s, machine.bytes_per_s)
    moved = np.where(on_chip, 0.0, weights) + cache + activations
    rate = count * shares.compute * machine.peak_ops_per_s
    step = Step(
        operations=operations + expert_operations,
        weight_bytes=weights,
        cache_bytes=cache,
        activation_bytes=activations,
        compute_s=(operations + expert_operations / shares.experts) / rate,
        memory_s=moved / (count * shares.bandwidth * machine.bytes_per_s),
        sram_s=np.where(on_chip, weights, 0.0) / (count * shares.bandwidth * chip_rate),
        network_s=2.0 * layers * all_reduce_s(message, count, machine.link_bytes_per_s),
        overhead_s=layers * shares.overhead_s + host_s,
    )
    coupled = ~np.isnan(machine.coupled_bytes_per_s)
    return _through_coupled_memory(step, machine, coupled) if coupled.any() else step


def _through_coupled_memory(step: Step, machine: Machine, coupled: NDArray[np.bool_]) -> Step:
    """The step whose traffic passes the unit's own memory, in which activations stay."""
    reached = machine.devices * machine.shares.bandwidth
    outer_s = np.where(coupled, 1.0 / (reached * machine.bytes_per_s), 0.0)
    inner_s = 1.0 / (reached * machine.coupled_bytes_per_s)
    return replace(
        step,
        activation_bytes=step.activation_bytes * np.where(coupled, 0.0, 1.0),
        memory_s=step.memory_s - step.activation_bytes * outer_s,
        sram_s=np.where(coupled, step.moved_bytes * inner_s, step.sram_s),
    )

"""One optimiser step on many devices: arithmetic, pipeline bubble, collectives, and what memory it needs."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from datasets.errors import InvalidValue
from devices.networks import Networks
from devices.parallelism import all_reduce_s, pipeline_bubble
from devices.step import ACTIVATION_BYTES
from devices.training import RECOMPUTATION_SHARE, training_operations_per_token
from devices.training_memory import GRADIENT_BYTES, WEIGHT_BYTES, activation_bytes, model_state
from devices.units import Floats

# Forward and backward pass each sum the outputs of attention and feed-forward over the devices of a layer.
ALL_REDUCES_PER_LAYER = 4.0
BACKWARD_SHARE = 2.0 / 3.0


@dataclass(frozen=True)
class Layout:
    """How a run is spread over devices.

    Attributes
    ----------
    tensor, pipeline, data : int
        Devices that share a layer, stages of layers, and copies of the whole: TP, PP and DP.
    sequence_tokens : int
        Length of a sequence.
    micro_batch : int
        Sequences that pass a stage together.
    micro_batches : int
        Micro-batches of one copy in a step.
    zero_stage : int
        Sharding of the model state over the copies, 0 to 3.
    checkpoint_every : int or None
        Layers between two kept activations; None keeps them all and recomputes nothing.
    scores_kept : bool
        Whether attention matrices stay in memory.
    chunks : int
        Pieces in which each stage holds its layers: interleaved 1F1B, which divides the bubble by as many
        (Narayanan et al. 2021, section 2.2).
    """

    tensor: int = 1
    pipeline: int = 1
    data: int = 1
    sequence_tokens: int = 4096
    micro_batch: int = 1
    micro_batches: int = 1
    zero_stage: int = 0
    checkpoint_every: int | None = None
    scores_kept: bool = False
    chunks: int = 1

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name in ("zero_stage", "scores_kept") or value is None:
                continue
            if value < 1:
                raise InvalidValue(f"{field.name} is {value}: it must be at least 1.")

    @property
    def devices(self) -> int:
        """Devices in all, TP x PP x DP."""
        return self.tensor * self.pipeline * self.data

    @property
    def micro_batch_tokens(self) -> int:
        """Tokens that pass a stage together."""
        return self.micro_batch * self.sequence_tokens

    @property
    def batch_tokens(self) -> int:
        """Tokens of one optimiser step over all copies."""
        return self.data * self.micro_batches * self.micro_batch_tokens


@dataclass(frozen=True)
class TrainingStep:
    """Terms of the time of one optimiser step, in seconds, and what it reaches.

    Attributes
    ----------
    compute_s
        Arithmetic, recomputation included, at the reachable share of the peak.
    tensor_s
        All-reduces inside the layers, which wait for each other.
    bubble_s
        Waiting while the pipeline fills and drains.
    gradient_s
        Part of the all-reduce of the gradients that the backward pass does not hide.
    tokens
        Tokens of the step.
    ideal_s
        Time of the model's own operations at the dense peak.
    """

    compute_s: Floats
    tensor_s: Floats
    bubble_s: Floats
    gradient_s: Floats
    tokens: Floats
    ideal_s: Floats

    @property
    def time_s(self) -> Floats:
        """The whole step."""
        return self.compute_s + self.tensor_s + self.bubble_s + self.gradient_s

    @property
    def model_utilisation(self) -> Floats:
        """Share of the dense peak that goes into the model (MFU)."""
        return self.ideal_s / self.time_s


def training_step(
    networks: Networks,
    layout: Layout,
    *,
    peak_ops_per_s: Floats,
    reachable_share: Floats,
    tensor_link_bytes_per_s: Floats,
    data_link_bytes_per_s: Floats,
) -> TrainingStep:
    """Time of one optimiser step, 1F1B over the stages, rings over tensor and data parallel groups.

    Parameters
    ----------
    networks : Networks
        One model, or one for each element of the arrays.
    peak_ops_per_s, reachable_share : numpy.ndarray
        Dense peak of a device, and the share of it that matrix products reach.
    tensor_link_bytes_per_s, data_link_bytes_per_s : numpy.ndarray
        Bandwidth of a device, one direction, inside a tensor-parallel group and between copies.
    """
    per_token = training_operations_per_token(networks, np.asarray(float(layout.sequence_tokens)))
    executed = 1.0 + (0.0 if layout.checkpoint_every is None else RECOMPUTATION_SHARE)
    rate = layout.devices * peak_ops_per_s
    compute_s = per_token * layout.batch_tokens * executed / (rate * reachable_share)
    tensor_s = _tensor_s(networks, layout, tensor_link_bytes_per_s)
    passes = np.asarray(float(layout.micro_batches * layout.chunks))
    bubble = pipeline_bubble(np.asarray(float(layout.pipeline)), passes)
    bubble_s = (compute_s + tensor_s) * bubble / (1.0 - bubble)
    gradient_s = exposed_all_reduce_s(
        _gradient_bytes(networks, layout),
        np.asarray(float(layout.data)),
        data_link_bytes_per_s,
        BACKWARD_SHARE * compute_s / executed,
    )
    return TrainingStep(
        compute_s=compute_s,
        tensor_s=tensor_s,
        bubble_s=bubble_s,
        gradient_s=gradient_s,
        tokens=np.asarray(float(layout.batch_tokens)),
        ideal_s=per_token * layout.batch_tokens / rate,
    )


def exposed_all_reduce_s(
    message_bytes: Floats, ranks: Floats, link_bytes_per_s: Floats, hidden_s: Floats
) -> Floats:
    """Time of an all-reduce that is left over after `hidden_s` of arithmetic has run beside it."""
    return np.maximum(all_reduce_s(message_bytes, ranks, link_bytes_per_s) - hidden_s, 0.0)


def state_bytes(networks: Networks, layout: Layout) -> Floats:
    """Memory of one device for weights, gradients and optimiser."""
    held = networks.params / (layout.tensor * layout.pipeline)
    return model_state(held, np.asarray(float(layout.data)), layout.zero_stage).total


def live_activation_bytes(networks: Networks, layout: Layout) -> Floats:
    """Memory of a device of the first stage for the activations of the micro-batches in flight.

    1F1B keeps at most as many of them alive as there are stages (Narayanan et al. 2021); interleaving v
    chunks adds a share of ``(p - 1) / (p v)`` (Korthikanti et al. 2022, section 4.2.3).
    """
    more = (layout.pipeline - 1.0) / (layout.pipeline * layout.chunks) if layout.chunks > 1 else 0.0
    return (1.0 + more) * activation_bytes(
        networks,
        np.asarray(float(layout.micro_batch_tokens)),
        np.asarray(float(layout.sequence_tokens)),
        np.asarray(float(layout.tensor)),
        networks.layers / layout.pipeline,
        np.asarray(float(min(layout.pipeline, layout.micro_batches))),
        scores_kept=layout.scores_kept,
        checkpoint_every=layout.checkpoint_every,
    )


def _gradient_bytes(networks: Networks, layout: Layout) -> Floats:
    # Stage 3 gathers the weights in both passes beside reducing the gradients: half as much traffic again.
    gathered = WEIGHT_BYTES / 2.0 if layout.zero_stage == 3 else 0.0
    return (GRADIENT_BYTES + gathered) * networks.params / (layout.tensor * layout.pipeline)


def _tensor_s(networks: Networks, layout: Layout, link_bytes_per_s: Floats) -> Floats:
    message = np.asarray(ACTIVATION_BYTES * layout.micro_batch_tokens) * networks.hidden
    once = all_reduce_s(message, np.asarray(float(layout.tensor)), link_bytes_per_s)
    layers = networks.layers / layout.pipeline
    return ALL_REDUCES_PER_LAYER * layers * layout.micro_batches * once

"""One optimiser step of a run that is known by its size alone: what a cluster's network leaves unhidden."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from devices.parallelism import all_reduce_s, pipeline_bubble
from devices.step import ACTIVATION_BYTES
from devices.training import matrix_training_operations
from devices.training_memory import GRADIENT_BYTES, WEIGHT_BYTES
from devices.training_step import ALL_REDUCES_PER_LAYER, BACKWARD_SHARE, exposed_all_reduce_s
from devices.units import Floats

# Hidden width over layers of large dense decoders: 12288 / 96 in GPT-3, 16384 / 126 in Llama 3 405B.
WIDTH_PER_LAYER = 128.0
# Parameters a layer over the square of the hidden width: 4 in attention, 8 in the feed-forward matrices.
PARAMETERS_PER_WIDTH_SQUARED = 12.0
# Length of the sequences that Llama 3 405B was trained on until its last stages (arXiv 2407.21783).
SEQUENCE_TOKENS = 8192.0
TENSOR_WIDTHS = (8.0, 16.0, 32.0, 64.0)
# Our judgement: memory for weights and gradients; the rest is for the optimiser's part of each copy and for
# activations.
STATE_SHARE_OF_MEMORY = 0.6


@dataclass(frozen=True)
class Cluster:
    """Devices and their links, a kind or one a year; rates a device, links one direction, SI.

    Attributes
    ----------
    fast_devices
        Devices that share the fast links: the widest tensor group.
    """

    peak_ops_per_s: Floats
    reachable_share: float
    memory_bytes: Floats
    fast_devices: Floats
    fast_link_bytes_per_s: Floats
    data_link_bytes_per_s: Floats

    def with_free_links(self) -> Cluster:
        """The same devices over links that carry anything at once."""
        free = np.full_like(np.asarray(self.data_link_bytes_per_s), np.inf)
        return replace(self, fast_link_bytes_per_s=free, data_link_bytes_per_s=free)


@dataclass(frozen=True)
class ClusterStep:
    """Terms of the time of one step, s, and how the run lies on the cluster; arrays of the inputs' shape.

    Attributes
    ----------
    compute_s
        Arithmetic at the reachable share of the peak.
    tensor_s
        All-reduces inside the layers, which nothing hides.
    pipeline_s, gradient_s
        What the arithmetic leaves unhidden of the traffic between stages, and of the gradients' all-reduce.
    bubble_s
        Waiting while the pipeline fills and drains.
    tensor, stages, copies
        Devices that share a layer, stages of layers, copies of the whole model.
    ideal_s
        Time of the model's own operations at the dense peak of all devices.
    """

    compute_s: Floats
    tensor_s: Floats
    pipeline_s: Floats
    gradient_s: Floats
    bubble_s: Floats
    tensor: Floats
    stages: Floats
    copies: Floats
    ideal_s: Floats

    @property
    def time_s(self) -> Floats:
        """The whole step."""
        return self.compute_s + self.network_s + self.bubble_s

    @property
    def network_s(self) -> Floats:
        """Time that the network takes and nothing hides."""
        return self.tensor_s + self.pipeline_s + self.gradient_s

    @property
    def network_share(self) -> Floats:
        """Share of the step that the network takes and nothing hides."""
        return self.network_s / self.time_s

    @property
    def model_utilisation(self) -> Floats:
        """Share of the dense peak of all devices that goes into the model (MFU)."""
        return self.ideal_s / self.time_s


def cluster_step(params: Floats, batch_tokens: Floats, devices: Floats, cluster: Cluster) -> ClusterStep:
    """One step of a dense decoder of the usual proportions, spread the fastest way over the devices.

    The hidden width follows from ``params = 12 h^3 / 128``. Every tensor width of TENSOR_WIDTHS within the
    fast links is tried (`step_of_width`). Faults, stragglers and links below their rate are left out: a
    measured run falls short of it.

    Parameters
    ----------
    params, batch_tokens, devices : numpy.ndarray
        Broadcast against each other.
    cluster : Cluster

    Returns
    -------
    ClusterStep
    """
    tried = [step_of_width(params, batch_tokens, devices, cluster, width) for width in TENSOR_WIDTHS]
    fastest = np.argmin([step.time_s for step in tried], axis=0)[None]
    return ClusterStep(
        **{
            field.name: np.take_along_axis(
                np.stack([np.broadcast_to(getattr(s, field.name), fastest.shape[1:]) for s in tried]),
                fastest,
                0,
            )[0]
            for field in fields(ClusterStep)
        }
    )


def step_of_width(
    params: Floats, batch_tokens: Floats, devices: Floats, cluster: Cluster, widest: float
) -> ClusterStep:
    """One step with tensor groups of a width, or of as many devices as share the fast links if that is fewer.

    The stages are as few as hold weights and gradients and leave a sequence to each copy, in as many chunks
    as they have layers (interleaved 1F1B). Devices for which no sequence is left idle. Sums inside a layer
    wait; between stages and between copies arithmetic hides what it can.
    """
    tensor = np.minimum(widest, cluster.fast_devices)
    width = np.cbrt(params * WIDTH_PER_LAYER / PARAMETERS_PER_WIDTH_SQUARED)
    layers = width / WIDTH_PER_LAYER
    most_copies = np.maximum(batch_tokens / SEQUENCE_TOKENS, 1.0)
    held = (WEIGHT_BYTES + GRADIENT_BYTES) * params / tensor / (STATE_SHARE_OF_MEMORY * cluster.memory_bytes)
    stages = np.clip(np.maximum(held, devices / (tensor * most_copies)), 1.0, np.maximum(layers, 1.0))
    copies = np.clip(devices / (tensor * stages), 1.0, most_copies)
    sequences = batch_tokens / copies / SEQUENCE_TOKENS
    chunks = np.maximum(layers / stages, 1.0)
    # Fewer devices than one copy needs take its stages in turn.
    used = np.minimum(copies * stages * tensor, devices)
    operations = matrix_training_operations(params, batch_tokens)
    compute_s = operations / (used * cluster.peak_ops_per_s * cluster.reachable_share)
    message = ACTIVATION_BYTES * SEQUENCE_TOKENS * width
    once = all_reduce_s(message, tensor, cluster.fast_link_bytes_per_s)
    tensor_s = ALL_REDUCES_PER_LAYER * layers / stages * sequences * once
    passed = np.where(stages > 1.0, 2.0 * chunks * sequences * message / tensor, 0.0)
    bubble = pipeline_bubble(stages, sequences * chunks)
    return ClusterStep(
        compute_s=compute_s,
        tensor_s=tensor_s,
        pipeline_s=np.maximum(passed / cluster.data_link_bytes_per_s - compute_s, 0.0),
        gradient_s=exposed_all_reduce_s(
            GRADIENT_BYTES * params / (tensor * stages),
            copies,
            cluster.data_link_bytes_per_s,
            BACKWARD_SHARE * compute_s,
        ),
        bubble_s=(compute_s + tensor_s) * bubble / (1.0 - bubble),
        tensor=tensor,
        stages=stages,
        copies=copies,
        ideal_s=operations / (devices * cluster.peak_ops_per_s),
    )

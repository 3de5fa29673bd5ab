"""Memory that training takes on one device: weights, gradients, optimiser, activations, and their sharing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from datasets.errors import InvalidValue
from devices.networks import Networks
from devices.units import Floats

# Mixed precision with Adam (Rajbhandari et al. 2020, section 3.1): 16-bit weights and gradients, and in 32
# bits the master weight and both moments.
WEIGHT_BYTES = 2.0
GRADIENT_BYTES = 2.0
OPTIMISER_BYTES = 12.0
ADAM_COPIES = 3.0
ZERO_STAGES = (0, 1, 2, 3)
# Bytes of activations a token, layer and unit of hidden width, and those of each head's scores
# (Korthikanti et al. 2022, equation 2): 16-bit values, 8-bit dropout masks, a feed-forward width of 4 h.
LAYER_ACTIVATION_BYTES = 34.0
SCORE_ACTIVATION_BYTES = 5.0
INPUT_ACTIVATION_BYTES = 2.0


@dataclass(frozen=True)
class ModelState:
    """Bytes on one device that training keeps for the parameters."""

    weights: Floats
    gradients: Floats
    optimiser: Floats

    @property
    def total(self) -> Floats:
        """All three together."""
        return self.weights + self.gradients + self.optimiser


def adam_bytes(params: Floats, bytes_per_value: Floats) -> Floats:
    """Bytes of a parameter and of Adam's two moments, three values a parameter (Kingma and Ba 2015)."""
    return ADAM_COPIES * params * bytes_per_value


def model_state(params: Floats, ranks: Floats, zero_stage: int) -> ModelState:
    """Bytes of the model state on one of `ranks` data-parallel devices.

    ZeRO (Rajbhandari et al. 2020, figure 1) divides by the ranks: the optimiser at stage 1, also the
    gradients at stage 2, also the weights at stage 3.

    Parameters
    ----------
    params : numpy.ndarray
        Parameters that a group of ranks holds, after tensor and pipeline parallelism.
    zero_stage : int
        0 for plain data parallelism.

    Raises
    ------
    InvalidValue
        If the stage is none of 0 to 3.
    """
    if zero_stage not in ZERO_STAGES:
        raise InvalidValue(f"ZeRO has no stage {zero_stage}: choose 0 (no sharding), 1, 2 or 3.")

    def shared(stage: int) -> Floats:
        return params / ranks if zero_stage >= stage else params * np.ones_like(ranks)

    return ModelState(
        weights=WEIGHT_BYTES * shared(3),
        gradients=GRADIENT_BYTES * shared(2),
        optimiser=OPTIMISER_BYTES * shared(1),
    )


def layer_activation_bytes(
    networks: Networks,
    tokens: Floats,
    sequence_tokens: Floats,
    tensor_parallel: Floats,
    *,
    scores_kept: bool,
) -> Floats:
    """Bytes of activations that one layer keeps for its backward pass.

    ``s b h (34 + 5 a s / h) / t`` with tensor and sequence parallelism (Korthikanti et al. 2022, equation 4).

    Parameters
    ----------
    tokens : numpy.ndarray
        Tokens s b of a micro-batch.
    sequence_tokens : numpy.ndarray
        Length s of a sequence.
    tensor_parallel : numpy.ndarray
        Devices t that share a layer.
    scores_kept : bool
        Whether the attention matrix stays in memory; a fused kernel computes it anew.
    """
    scores = SCORE_ACTIVATION_BYTES * networks.heads * sequence_tokens if scores_kept else 0.0
    return tokens * (LAYER_ACTIVATION_BYTES * networks.hidden + scores) / tensor_parallel


def activation_bytes(
    networks: Networks,
    tokens: Floats,
    sequence_tokens: Floats,
    tensor_parallel: Floats,
    layers: Floats,
    micro_batches: Floats,
    *,
    scores_kept: bool,
    checkpoint_every: int | None,
) -> Floats:
    """Bytes of activations of the micro-batches that are alive on a device of `layers` layers.

    With checkpoints each micro-batch keeps only the input of every k-th layer, ``2 s b h / t``, and one
    segment of k layers of one micro-batch is alive while it is recomputed (Chen et al. 2016).

    Parameters
    ----------
    micro_batches : numpy.ndarray
        Micro-batches whose backward pass is still to come.
    checkpoint_every : int or None
        Layers k between two checkpoints; None keeps all activations.
    """
    one_layer = layer_activation_bytes(
        networks, tokens, sequence_tokens, tensor_parallel, scores_kept=scores_kept
    )
    if checkpoint_every is None:
        return micro_batches * layers * one_layer
    inputs = INPUT_ACTIVATION_BYTES * tokens * networks.hidden / tensor_parallel
    segment = np.minimum(checkpoint_every, layers)
    return micro_batches * np.ceil(layers / checkpoint_every) * inputs + segment * one_layer

"""Neural networks as columns: shapes, parameters, and the operations of one token or item."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devices.columns import Columns, numbers, words
from devices.units import BILLION, GIGA, Floats, Labels

ROUTING_EXPONENT = 0.8


@dataclass(frozen=True)
class Networks(Columns):
    """Models, one an element; NaN where a shape is not known.

    Attributes
    ----------
    position
        Place of the model in the rows that the columns were built from: equal positions are equal models.
    is_decoder, is_latent
        Whether it generates token by token with a cache, and whether the cache holds latents (mla).
    params, active_params
        Parameters in all, and those that one token uses.
    expert_params
        Parameters that sit in routed experts; 0 for a dense network.
    layers, attention_layers
        Blocks, and those of them that hold a key-value cache.
    windowed_layers
        Attention layers that look back no further than `window` tokens.
    operations_per_item
        Operations of one image, frame, denoising step or candidate.
    """

    position: NDArray[np.intp]
    model_id: Labels
    kind: Labels
    is_decoder: NDArray[np.bool_]
    is_latent: NDArray[np.bool_]
    confidence: Labels
    params: Floats
    active_params: Floats
    expert_params: Floats
    layers: Floats
    attention_layers: Floats
    windowed_layers: Floats
    hidden: Floats
    heads: Floats
    kv_heads: Floats
    head_dim: Floats
    ffn: Floats
    ffn_matrices: Floats
    vocabulary: Floats
    tied_embeddings: Floats
    latent: Floats
    rope: Floats
    window: Floats
    experts: Floats
    experts_per_token: Floats
    expert_ffn: Floats
    max_context: Floats
    operations_per_item: Floats

    @property
    def dense_params(self) -> Floats:
        """Parameters outside the routed experts, which every token uses."""
        return self.params - self.expert_params


def network_columns(models: pd.DataFrame) -> Networks:
    """Build `Networks` from rows of the table `models`."""
    params = numbers(models, "params_b", BILLION)
    layers = numbers(models, "layers")
    window = numbers(models, "sliding_window", missing=np.inf)
    attention_layers = _first_known(numbers(models, "attn_layers"), layers)
    windowed = np.where(np.isfinite(window), np.round(attention_layers * _windowed_share(models)), 0.0)
    return Networks(
        position=np.arange(len(models)),
        model_id=words(models, "model_id"),
        kind=words(models, "kind"),
        is_decoder=words(models, "kind") == "decoder",
        is_latent=words(models, "attention") == "mla",
        confidence=words(models, "confidence"),
        params=params,
        active_params=_first_known(numbers(models, "active_params_b", BILLION), params),
        expert_params=np.minimum(_expert_params(models), params),
        layers=layers,
        attention_layers=attention_layers,
        windowed_layers=windowed,
        hidden=numbers(models, "hidden"),
        heads=numbers(models, "heads"),
        kv_heads=numbers(models, "kv_heads"),
        head_dim=numbers(models, "head_dim"),
        ffn=numbers(models, "ffn", missing=0.0),
        ffn_matrices=numbers(models, "ffn_mats", missing=2.0),
        vocabulary=numbers(models, "vocab", missing=0.0),
        tied_embeddings=_truths(models, "tied_embeddings"),
        latent=numbers(models, "kv_latent", missing=0.0),
        rope=numbers(models, "rope_dim", missing=0.0),
        window=window,
        experts=numbers(models, "experts", missing=1.0),
        experts_per_token=numbers(models, "experts_per_token", missing=1.0),
        expert_ffn=numbers(models, "expert_ffn", missing=0.0),
        max_context=numbers(models, "max_context", missing=np.inf),
        operations_per_item=numbers(models, "gflop_per_item", GIGA),
    )


def expert_params(
    moe_layers: Floats, experts: Floats, matrices: Floats, hidden: Floats, expert_ffn: Floats
) -> Floats:
    """Parameters of all routed experts: layers x experts x matrices x hidden x expert width."""
    return moe_layers * experts * matrices * hidden * expert_ffn


def distinct_experts(experts: Floats, experts_per_token: Floats, tokens: Floats) -> Floats:
    """Experts that a batch is expected to touch, ``E (1 - (1 - k / E)^tokens)``, under uniform routing."""
    untouched = np.clip(1.0 - experts_per_token / experts, 0.0, 1.0)
    return experts * (1.0 - untouched**tokens)


def independent_tokens(tokens: Floats) -> Floats:
    """Tokens that would touch as many experts if each chose for itself, ``tokens^0.8``.

    Neighbours in a text and requests of a kind choose alike. The exponent is fitted to decoding of batches of
    2 to 32 with 32 and 128 experts.
    """
    return np.asarray(tokens**ROUTING_EXPONENT)


def looked_up_params(networks: Networks) -> Floats:
    """Parameters of an input embedding table of its own: rows are looked up in it, it is not multiplied."""
    return np.where(networks.tied_embeddings > 0.0, 0.0, networks.vocabulary * _known(networks.hidden))


def touched_expert_params(networks: Networks, tokens: Floats) -> Floats:
    """Parameters of the routed experts that one step of `tokens` tokens reads."""
    touched = distinct_experts(networks.experts, networks.experts_per_token, independent_tokens(tokens))
    share = touched / networks.experts
    return networks.expert_params * share


def touched_dense_params(networks: Networks) -> Floats:
    """Parameters outside the experts that one step reads, however many tokens pass.

    The input embedding is left out, and so are tables that `active_params` leaves out.
    """
    read = np.where(networks.expert_params > 0.0, networks.dense_params, networks.active_params)
    return read - looked_up_params(networks)


def active_expert_params(networks: Networks) -> Floats:
    """Parameters of the routed experts that one token uses."""
    return networks.expert_params * networks.experts_per_token / networks.experts


def expert_operations(networks: Networks, tokens: Floats) -> Floats:
    """Operations of `tokens` tokens in the routed experts."""
    return 2.0 * active_expert_params(networks) * tokens


def dense_operations(networks: Networks, tokens: Floats, sequences: Floats) -> Floats:
    """Operations of `tokens` tokens in the matrices outside the experts.

    The output matrix is needed for the last token of each of `sequences` sequences alone.
    """
    output = networks.vocabulary * _known(networks.hidden)
    inner = networks.active_params - active_expert_params(networks) - looked_up_params(networks) - output
    return 2.0 * (inner * tokens + output * sequences)


def operations_per_token(networks: Networks) -> Floats:
    """Operations of one token in the weight matrices, 2 an active parameter (Kaplan et al. 2020)."""
    return 2.0 * networks.active_params


def _known(values: Floats) -> Floats:
    return np.where(np.isnan(values), 0.0, values)


def _first_known(values: Floats, otherwise: Floats) -> Floats:
    return np.where(np.isnan(values), otherwise, values)


def _windowed_share(models: pd.DataFrame) -> Floats:
    """Share of the attention layers that a window holds for: all, unless a note on the shape says less."""
    notes = pd.Series(words(models, "weights_note"), dtype="string")
    stated = notes.str.extract(r"(\d+) of (\d+) layers sliding window").astype("Float64")
    share = (stated[0] / stated[1]).fillna(1.0).to_numpy(dtype=float)
    return np.where(notes.str.contains("every second layer sliding window").to_numpy(dtype=bool), 0.5, share)


def _truths(models: pd.DataFrame, column: str) -> Floats:
    return models[column].astype("boolean").fillna(False).to_numpy(float)


def _expert_params(models: pd.DataFrame) -> Floats:
    experts = numbers(models, "experts")
    width = _first_known(numbers(models, "expert_ffn"), np.full(len(models), np.nan))
    layers = _first_known(numbers(models, "moe_layers"), numbers(models, "layers"))
    routed = expert_params(layers, experts, numbers(models, "ffn_mats"), numbers(models, "hidden"), width)
    unknown_shape = _routed_from_totals(models, experts)
    return np.where(np.isnan(experts), 0.0, _first_known(routed, unknown_shape))


def _routed_from_totals(models: pd.DataFrame, experts: Floats) -> Floats:
    # Where an expert's width is not published, total and active parameters give it: total - active = (1 -
    # k/E) X.
    idle = numbers(models, "params_b", BILLION) - numbers(models, "active_params_b", BILLION)
    idle_share = 1.0 - numbers(models, "experts_per_token") / experts
    return np.where(idle_share > 0.0, idle / np.where(idle_share > 0.0, idle_share, 1.0), 0.0)

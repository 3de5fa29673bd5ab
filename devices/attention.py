"""Attention: the cache that a token leaves, the positions that it looks back on, what both cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from devices.networks import Networks
from devices.units import Floats


def cache_elements_per_layer(
    latent_attention: NDArray[np.bool_], kv_heads: Floats, head_dim: Floats, latent: Floats, rope: Floats
) -> Floats:
    """Elements that one token adds to the cache of one layer.

    Keys and values of every key-value head for mha, gqa and mqa, ``2 * kv_heads * head_dim``; the shared
    latent and the positional key for mla, ``latent + rope`` (DeepSeek-V2, arXiv 2405.04434).
    """
    return np.where(latent_attention, latent + rope, 2.0 * kv_heads * head_dim)


def kv_cache_bytes_per_token(networks: Networks, bytes_per_element: Floats) -> Floats:
    """Bytes that one token adds to the cache, ``layers * elements * bytes`` over the layers that hold one."""
    elements = cache_elements_per_layer(
        networks.is_latent, networks.kv_heads, networks.head_dim, networks.latent, networks.rope
    )
    return networks.attention_layers * elements * bytes_per_element


def attended_positions(first: Floats, count: Floats, window: Floats) -> Floats:
    """Sum of the context lengths of `count` tokens in a row, each capped by a sliding window.

    ``sum of min(s, window) for s = first .. first + count - 1``: the causal mask, and the window where there
    is one.

    Parameters
    ----------
    first : numpy.ndarray
        Context of the first token, itself included.
    count : numpy.ndarray
        Number of tokens.
    window : numpy.ndarray
        Positions that a layer looks back on; infinite without a window.
    """
    growing = np.clip(np.floor(window) - first + 1.0, 0.0, count)
    capped = count - growing
    return growing * (first + (growing - 1.0) / 2.0) + np.where(
        capped > 0.0, capped * np.minimum(window, first + count), 0.0
    )


def layer_positions(networks: Networks, first: Floats, count: Floats) -> Floats:
    """Positions that `count` tokens attend to, summed over the attention layers; a window caps its own."""
    full = attended_positions(first, count, np.inf * np.ones_like(first))
    windowed = attended_positions(first, count, networks.window)
    return (networks.attention_layers - networks.windowed_layers) * full + np.where(
        networks.windowed_layers > 0.0, networks.windowed_layers * windowed, 0.0
    )


def attention_operations(networks: Networks, first: Floats, count: Floats) -> Floats:
    """Operations of scores and weighted values, ``4 * heads * head_dim`` a position and layer.

    Counts the causal half only: token number i of a sequence attends to i positions.
    """
    return 4.0 * networks.heads * networks.head_dim * layer_positions(networks, first, count)


def cache_bytes_read(networks: Networks, context: Floats, bytes_per_element: Floats) -> Floats:
    """Bytes of cache that one step reads for one sequence whose context is `context` tokens."""
    elements = cache_elements_per_layer(
        networks.is_latent, networks.kv_heads, networks.head_dim, networks.latent, networks.rope
    )
    full = (networks.attention_layers - networks.windowed_layers) * context
    windowed = np.where(
        networks.windowed_layers > 0.0, networks.windowed_layers * np.minimum(context, networks.window), 0.0
    )
    return (full + windowed) * elements * bytes_per_element


def attention_intensity(context: Floats, new_tokens: Floats) -> Floats:
    """Arithmetic intensity of attention, ``S T / (S + T)`` operations a byte at two bytes an element.

    How to Scale Your Model, chapter "All about Transformer Inference"; 1 at decode, T / 2 at full prefill.
    """
    return context * new_tokens / (context + new_tokens)


def score_matrix_bytes(context: Floats, bytes_per_element: Floats) -> Floats:
    """Bytes of one head's full attention matrix, ``L^2`` elements."""
    return context**2 * bytes_per_element


def standard_attention_bytes(length: Floats, head_dim: Floats, bytes_per_element: Floats) -> Floats:
    """Traffic of one head of standard attention: Q, K, V, O and four passes over the L x L matrix.

    Dao et al. 2022 (FlashAttention), theorem 2: order ``L d + L^2``; scores and probabilities are each
    written and read.
    """
    return (4.0 * length * head_dim + 4.0 * length**2) * bytes_per_element


def flash_attention_bytes(
    length: Floats, head_dim: Floats, bytes_per_element: Floats, sram_bytes: Floats
) -> Floats:
    """Traffic of one head of FlashAttention: order ``L^2 d^2 / M`` with M elements on chip.

    Dao et al. 2022, theorem 2: keys and values are read once for each block of queries that fits on chip.
    """
    block = np.maximum(sram_bytes / bytes_per_element / (4.0 * head_dim), 1.0)
    passes = np.maximum(np.ceil(length / block), 1.0)
    return (2.0 * length * head_dim + 2.0 * passes * length * head_dim) * bytes_per_element


def cacheless_positions(prompt: Floats, output: Floats, window: Floats | float = np.inf) -> Floats:
    """Positions attended to without a cache, each token regenerating all before it: cubic in length.

    ``sum over the outputs of n (n + 1) / 2`` with n the length so far; a window caps each of the n.
    """
    last = prompt + output
    width = np.minimum(window, last)
    growing = _tetrahedral(width) - _tetrahedral(np.minimum(prompt, width))
    first = np.maximum(prompt, width)
    beyond = (last - width) * (last - width + 1.0) / 2.0 - (first - width) * (first - width + 1.0) / 2.0
    return growing + (last - first) * width * (width + 1.0) / 2.0 + width * beyond


def score_traffic_bytes(networks: Networks, first: Floats, count: Floats, bytes_per_element: float) -> Floats:
    """Traffic that attention without fusion adds for one sequence: four passes over its score matrices.

    `count` tokens against all positions up to their last, masked or not, for every head and layer; scores and
    probabilities are each written and read (Dao et al. 2022, algorithm 0).
    """
    scores = count * (first + count - 1.0)
    return 4.0 * networks.attention_layers * networks.heads * scores * bytes_per_element


def _tetrahedral(n: Floats) -> Floats:
    return n * (n + 1.0) * (n + 2.0) / 6.0

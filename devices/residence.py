"""Memory of a pair: weights, cache, activations and the system's part, as the options have them laid out."""

from __future__ import annotations

import numpy as np

from devices import memory
from devices.catalogue import Pairs
from devices.networks import Networks
from devices.options import Options
from devices.paging import reserved_waste_share
from devices.settings import Settings
from devices.step import ACTIVATION_BYTES
from devices.units import Floats


def needed_bytes(pairs: Pairs, settings: Settings, reserved: Floats) -> Floats:
    """Memory for weights, cache, activations and what the system keeps, over all devices.

    Parameters
    ----------
    reserved : numpy.ndarray
        Bytes that the system of one device keeps.
    """
    held = np.where(pairs.networks.is_decoder, sequence_bytes(pairs, settings), 0.0)
    return weights_bytes(pairs.networks, settings) + held + reserved * settings.devices


def weights_bytes(networks: Networks, settings: Settings) -> Floats:
    """Bytes of all weights: of every copy, and of the network or the layers that draft."""
    weights = memory.weights_resident_bytes(networks, settings.weight_bytes)
    options, draft = settings.serving.options, settings.serving.draft
    if draft is not None:
        weights = weights + memory.weights_resident_bytes(draft, settings.weight_bytes)
    if options.predicted_tokens:
        weights = weights * (1.0 + options.predicted_tokens / networks.layers)
    if options.layout is not None:
        _, _, experts, copies = options.layout
        weights = copies * (weights + (experts - 1.0) * networks.dense_params * settings.weight_bytes)
    return weights


def sequence_bytes(pairs: Pairs, settings: Settings) -> Floats:
    """Bytes of cache and activations of all sequences in flight."""
    workloads, options = pairs.workloads, settings.serving.options
    prompt, answer = held_tokens(
        options, settings.prompt_tokens, settings.output_tokens * workloads.reasoning
    )
    alive = settings.batch * workloads.samples
    if options.no_cache:
        return memory.activation_resident_bytes(pairs.networks, alive * (prompt + answer))
    held = memory.activation_resident_bytes(pairs.networks, alive)
    for networks in (pairs.networks, settings.serving.draft):
        if networks is not None:
            held = held + memory.cache_resident_bytes(
                networks, settings.kv_bytes, settings.batch, prompt, workloads.samples, answer
            )
    if options.attention_kernel == "standard":
        held = held + pairs.networks.heads * settings.prompt_tokens**2 * ACTIVATION_BYTES
    return held


def cache_waste_share(pairs: Pairs, settings: Settings) -> Floats:
    """Share of the cache that is held and never used; NaN for items and where nothing is held."""
    workloads, options = pairs.workloads, settings.serving.options
    written = settings.output_tokens * workloads.reasoning
    prompt, answer = held_tokens(options, settings.prompt_tokens, written)
    held = prompt + workloads.samples * answer
    used = settings.prompt_tokens + workloads.samples * written
    wasted = reserved_waste_share(held, used)
    return np.where(pairs.networks.is_decoder & (not options.no_cache), wasted, np.nan)


def held_tokens(options: Options, prompt: Floats, answer: Floats) -> tuple[Floats, Floats]:
    """Tokens of cache that are taken up: whole pages, or the whole reservation."""
    if options.page_tokens is not None:
        page = options.page_tokens
        return np.ceil(prompt / page) * page, np.ceil(answer / page) * page
    if options.reserved_tokens is not None:
        return prompt, np.maximum(answer, options.reserved_tokens - prompt)
    return prompt, answer

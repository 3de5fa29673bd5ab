"""What a network takes in memory, what a device can give it, and what is short."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from devices.attention import kv_cache_bytes_per_token
from devices.networks import Networks
from devices.units import Floats, Labels

# Share of the memory that a network does not get: the operating system and other apps on a phone or PC, the
# run time on an accelerator. Estimates: an iOS app may hold about half of the memory, a Mac lends its GPU
# three quarters, vLLM takes nine tenths of a GPU's.
RESERVED_SHARE: dict[str, float] = {
    "phone": 0.45,
    "tablet": 0.45,
    "wearable": 0.45,
    "pc": 0.25,
    "home_iot": 0.25,
    "robot": 0.15,
    "vehicle": 0.15,
    "edge": 0.15,
    "edge_module": 0.15,
    "edge_accelerator": 0.05,
    "workstation": 0.10,
    "datacenter": 0.10,
    "server_cpu": 0.10,
}
OTHER_RESERVED_SHARE = 0.15


def reserved_bytes(segment: Labels, memory_type: Labels, memory_bytes: Floats) -> Floats:
    """Memory that the system keeps for itself; of a graphics card's own memory a tenth."""
    share = np.array([RESERVED_SHARE.get(name, OTHER_RESERVED_SHARE) for name in segment])
    card = np.array([name.startswith(("GDDR", "HBM")) for name in memory_type], dtype=bool)
    share = np.where(card, RESERVED_SHARE["datacenter"], share)
    return np.where(is_on_chip(memory_type), 0.0, share) * memory_bytes


def is_on_chip(memory_type: Labels) -> NDArray[np.bool_]:
    """Whether the main memory of a device is the one on its chip, or wafer."""
    return np.array(["on-chip" in name or "on-wafer" in name for name in memory_type], dtype=bool)


def weights_resident_bytes(networks: Networks, weight_bytes: Floats) -> Floats:
    """Bytes of all weights, whether a token uses them or not."""
    return networks.params * weight_bytes


def cache_resident_bytes(
    networks: Networks,
    kv_bytes: Floats,
    prompts: Floats,
    prompt_tokens: Floats,
    samples: Floats,
    new_tokens: Floats,
) -> Floats:
    """Bytes of key-value cache held at the end: each prompt once, and what each of its samples added.

    A sliding window caps what a windowed layer keeps.
    """
    per_token = kv_cache_bytes_per_token(networks, kv_bytes)
    windowed_share = np.where(
        networks.attention_layers > 0.0,
        networks.windowed_layers / np.fmax(networks.attention_layers, 1.0),
        0.0,
    )
    kept = prompt_tokens + samples * new_tokens
    capped = np.minimum(prompt_tokens, networks.window) + samples * np.minimum(new_tokens, networks.window)
    return (
        prompts
        * per_token
        * ((1.0 - windowed_share) * kept + np.where(windowed_share > 0.0, windowed_share * capped, 0.0))
    )


def activation_resident_bytes(networks: Networks, tokens: Floats) -> Floats:
    """Bytes of activations alive at once: the residual stream and the widest layer."""
    hidden = np.nan_to_num(networks.hidden)
    return tokens * (2.0 * hidden + np.maximum(networks.ffn, 4.0 * hidden)) * 2.0

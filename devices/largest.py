"""The largest batch and the longest prompt that memory holds."""

from __future__ import annotations

import numpy as np

from devices.catalogue import Pairs
from devices.residence import needed_bytes
from devices.settings import Settings
from devices.units import Floats

# Longest prompt that is looked for, in powers of two of a token.
PROMPT_DOUBLINGS = 24


def largest_batch(pairs: Pairs, settings: Settings, needed: Floats) -> Floats:
    """Requests in flight that fit: memory grows evenly with them. 0 where not even one fits.

    NaN for items, whose activations pass through memory, and where sizes are not known.

    Parameters
    ----------
    needed : numpy.ndarray
        Memory needed at the batch of `settings`, bytes.
    """
    room = pairs.hardware.memory_bytes * settings.devices
    reserved = needed - needed_bytes(pairs, settings, np.zeros(len(settings)))
    one = settings.changed(batch=np.ones(len(settings)))
    two = settings.changed(batch=np.full(len(settings), 2.0))
    first = needed_bytes(pairs, one, np.zeros(len(settings))) + reserved
    each = needed_bytes(pairs, two, np.zeros(len(settings))) + reserved - first
    fitting = np.maximum(np.floor((room - first) / each + 1.0), 0.0)
    return np.where(pairs.networks.is_decoder & (each > 0.0), fitting, np.nan)


def longest_prompt(pairs: Pairs, settings: Settings, needed: Floats) -> Floats:
    """Tokens of a prompt that fit beside the answer at the batch of `settings`, up to the model's context.

    Found by bisection, since a sliding window makes the memory a bent function of the length. 0 where not
    even an empty prompt fits, NaN for items.
    """
    room = pairs.hardware.memory_bytes * settings.devices
    nothing = np.zeros(len(settings))
    room = room - (needed - needed_bytes(pairs, settings, nothing))
    written = settings.output_tokens * pairs.workloads.reasoning
    longest = np.minimum(np.maximum(pairs.networks.max_context - written, 0.0), 2.0**PROMPT_DOUBLINGS)
    low, high = np.zeros(len(settings)), longest

    def fits(prompt: Floats) -> np.ndarray:
        return needed_bytes(pairs, settings.changed(prompt_tokens=prompt), nothing) <= room

    low = np.where(fits(longest), longest, low)
    for _ in range(PROMPT_DOUBLINGS):
        middle = np.floor((low + high) / 2.0)
        holds = fits(middle)
        low, high = np.where(holds, middle, low), np.where(holds, high, middle)
    return np.where(pairs.networks.is_decoder, low, np.nan)

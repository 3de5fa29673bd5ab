"""Budgets kept or missed: how far each prediction lies from its limit, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices.catalogue import Pairs
from devices.layouts import layout_obstacles, linked_devices
from devices.options import Options
from devices.outcome import Outcome
from devices.settings import Settings
from devices.units import GB, PRECISION_BITS, Floats, Labels

# A power budget belongs to the thinnest host that a workload is meant for. It binds on what runs from a
# battery or is built in; a mains-powered PC or server that draws more still serves.
MAINS_SEGMENTS = frozenset({"pc", "workstation", "datacenter", "server_cpu"})


Phrase = Callable[[int, Pairs, Outcome], str]


@dataclass(frozen=True)
class Verdict:
    """`margin` is the largest ratio of a prediction to its budget; `reason` is empty when all are kept."""

    margin: Floats
    within: NDArray[np.bool_]
    reason: Labels


def verdict(pairs: Pairs, settings: Settings, found: Outcome) -> Verdict:
    """Judge every pair against its budgets."""
    obstacles, held = why_unknown(pairs, settings), found.is_held
    ratios = _ratios(pairs, settings.serving.options, found)
    margin = _largest(ratios, held, obstacles)
    reasons = obstacles.copy()
    worst = np.nanargmax(np.stack([np.fmax(ratio, -1.0) for ratio in ratios.values()]), axis=0)
    for row in np.flatnonzero((obstacles == "") & ~(margin <= 1.0)):
        phrase = _PHRASES[worst[row]] if held[row] else None
        reasons[row] = _sentence(int(row), pairs, settings.serving.options, found, phrase)
    return Verdict(margin=margin, within=(obstacles == "") & (margin <= 1.0), reason=reasons)


def budget_margin(pairs: Pairs, settings: Settings, found: Outcome) -> Floats:
    """The margin of every pair's `verdict`, without its reasons."""
    ratios = _ratios(pairs, settings.serving.options, found)
    return _largest(ratios, found.is_held, why_unknown(pairs, settings))


def _largest(ratios: dict[str, Floats], held: NDArray[np.bool_], obstacles: Labels) -> Floats:
    margin = np.where(held, np.fmax.reduce(np.stack(list(ratios.values())), axis=0), np.inf)
    return np.where(obstacles != "", np.nan, margin)


def _ratios(pairs: Pairs, options: Options, found: Outcome) -> dict[str, Floats]:
    limits = pairs.workloads
    jitter = 1.0 + (options.jitter_margin or 0.0)
    with np.errstate(invalid="ignore"):
        binding = ~np.isin(pairs.hardware.segment, list(MAINS_SEGMENTS))
        return {
            "first token": found.first_token_s / limits.first_token_budget_s,
            "a token": found.per_token_s / limits.per_token_budget_s,
            "deadline": found.latency_s * jitter / limits.deadline_s,
            "rate": found.latency_s * jitter * np.nan_to_num(limits.rate_per_s),
            "power": np.where(binding, found.added_w / limits.power_budget_w, 0.0),
        }


def why_unknown(pairs: Pairs, settings: Settings) -> Labels:
    """Why a pair cannot be evaluated at all; the empty string where it can."""
    hardware, networks = pairs.hardware, pairs.networks
    why = np.full(len(pairs), "", dtype=object)
    no_peak = np.isnan(hardware.peak_ops_per_s).all(axis=1)
    unknown_weights = ~np.isin(settings.weight_precision, list(PRECISION_BITS))
    unknown_work = ~networks.is_decoder & np.isnan(networks.operations_per_item)
    cases = (
        (pairs.workloads.series == "training", "a training run has no latency budget"),
        (no_peak, "the device has no published peak"),
        (unknown_weights, "no weight precision '{weights}' is known"),
        (settings.compute_precision == "", "the device has no arithmetic for {weights} weights"),
        (np.isnan(hardware.memory_bytes_per_s), "the device's memory bandwidth is not known"),
        (np.isnan(hardware.memory_bytes), "the device's memory size is not known"),
        (networks.is_decoder & np.isnan(settings.prompt_tokens), "the workload gives no tokens to a decoder"),
        (unknown_work, "the model's operations an item are not known"),
        (
            linked_devices(hardware, settings) & np.isnan(hardware.interconnect_bytes_per_s),
            "the device has no known link to others",
        ),
        *layout_obstacles(networks, settings.serving.options),
        (np.isnan(settings.peak_ops_per_s), "the device states no sparse peak for {arithmetic}"),
    )
    for holds, sentence in cases:
        for row in np.flatnonzero(holds & (why == "")):
            why[row] = sentence.format(
                weights=settings.weight_precision[row], arithmetic=settings.compute_precision[row]
            )
    return why


def _sentence(row: int, pairs: Pairs, options: Options, found: Outcome, phrase: Phrase | None) -> str:
    """Why a budget is missed; without a phrase, that memory is short."""
    elsewhere = found.offloaded_bytes[row] / GB
    if phrase is not None:
        said = phrase(row, pairs, found)
        if options.jitter_margin and phrase in (_deadline_phrase, _rate_phrase):
            said = f"{said} with a margin of {options.jitter_margin:.0%}"
        if elsewhere == 0.0:
            return said
        rate = options.offload_bytes_per_s / GB
        return f"{said}; {elsewhere:.3g} GB of weights come over {options.offload} at {rate:.3g} GB/s"
    needed, short = found.memory_needed_bytes[row] / GB, found.memory_short_bytes[row] / GB
    said = f"needs {needed:.3g} GB of {needed - short:.3g} GB: short by {short:.3g} GB"
    return f"{said} even with all weights elsewhere" if elsewhere > 0.0 else said


def _duration(seconds: float) -> str:
    return f"{seconds:.3g} s" if seconds >= 1.0 else f"{seconds * 1e3:.3g} ms"


def _against(found_s: float, limit_s: float, what: str, roof: str) -> str:
    return f"{_duration(found_s)} {what} against a budget of {_duration(limit_s)} ({roof} roof)"


def _first_token_phrase(row: int, pairs: Pairs, found: Outcome) -> str:
    limit = pairs.workloads.first_token_budget_s[row]
    return _against(found.first_token_s[row], limit, "to the first token", found.first_roof[row])


def _per_token_phrase(row: int, pairs: Pairs, found: Outcome) -> str:
    limit = pairs.workloads.per_token_budget_s[row]
    return _against(found.per_token_s[row], limit, "a token", found.roof[row])


def _deadline_phrase(row: int, pairs: Pairs, found: Outcome) -> str:
    limit = pairs.workloads.deadline_s[row]
    return _against(found.latency_s[row], limit, "to the end", found.roof[row])


def _rate_phrase(row: int, pairs: Pairs, found: Outcome) -> str:
    reached, asked = 1.0 / found.latency_s[row], pairs.workloads.rate_per_s[row]
    return f"{reached:.3g} items a second of {asked:.3g} asked for ({found.roof[row]} roof)"


def _power_phrase(row: int, pairs: Pairs, found: Outcome) -> str:
    added, limit = found.added_w[row], pairs.workloads.power_budget_w[row]
    return f"adds {added:.3g} W against a budget of {limit:.3g} W (power roof)"


# In the order of the ratios.
_PHRASES: tuple[Phrase, ...] = (
    _first_token_phrase,
    _per_token_phrase,
    _deadline_phrase,
    _rate_phrase,
    _power_phrase,
)

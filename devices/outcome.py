"""What a device makes of a workload: times, power and memory of each pair, throttled to what heat allows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devices import memory, streams
from devices.backends import usual_software
from devices.catalogue import Pairs
from devices.columns import Columns, distinct_rows, joined_rows
from devices.efficiency import Shares, power_capped, reachable_shares
from devices.power import (
    PowerDraw,
    PowerLimits,
    dynamic_energy_j,
    heat_ceiling,
    power_draw,
    power_limits,
    throttled,
)
from devices.request import answer_tokens, request
from devices.roofline import ridge_point
from devices.settings import Settings
from devices.step import Machine, Step
from devices.units import Floats, Labels, weight_class


@dataclass(frozen=True)
class Outcome(Columns):
    """Predicted quantities, one an element of the pairs; NaN where they do not apply or cannot be known."""

    fits_memory: NDArray[np.bool_]
    memory_needed_bytes: Floats
    memory_short_bytes: Floats
    first_token_s: Floats
    per_token_s: Floats
    tokens_per_s: Floats
    items_per_s: Floats
    latency_s: Floats
    power_w: Floats
    added_w: Floats
    energy_per_token_j: Floats
    energy_per_item_j: Floats
    operations_per_item: Floats
    attained_ops_per_s: Floats
    intensity: Floats
    ridge: Floats
    roof: Labels
    first_roof: Labels
    throttled: NDArray[np.bool_]
    spread: Floats
    power_spread: Floats


@dataclass(frozen=True)
class Case(Columns):
    """Everything that the prediction of a pair rests on, side by side."""

    pairs: Pairs
    settings: Settings
    machine: Machine
    limits: PowerLimits
    reserved_bytes: Floats

    def __len__(self) -> int:
        return len(self.reserved_bytes)


def shares_of(efficiencies: pd.DataFrame, pairs: Pairs, settings: Settings) -> Shares:
    """Reachable shares of each pair, by the usual software, weight width and kind of network."""
    first, place = distinct_rows(settings.combination)
    hardware, kind = pairs.hardware.take(first), pairs.networks.kind[first]
    width = weight_class(settings.weight_bytes[first] * 8.0)
    software = usual_software(hardware, settings.backend[first], kind)
    shares = reachable_shares(efficiencies, software, width, kind)
    peak_w = power_limits(hardware).peak_w
    return power_capped(shares, software, width, settings.peak_ops_per_s[first], peak_w).take(place)


def machine_of(pairs: Pairs, settings: Settings, shares: Shares) -> Machine:
    """The roofs of each pair at the arithmetic of its settings."""
    hardware = pairs.hardware
    return Machine(
        peak_ops_per_s=settings.peak_ops_per_s,
        bytes_per_s=hardware.memory_bytes_per_s,
        sram_bytes=hardware.sram_bytes,
        sram_bytes_per_s=hardware.sram_bytes_per_s,
        link_bytes_per_s=hardware.interconnect_bytes_per_s,
        devices=settings.devices,
        shares=shares,
    )


def outcome(pairs: Pairs, settings: Settings, efficiencies: pd.DataFrame) -> Outcome:
    """Predict every pair; one vectorised evaluation whatever their number.

    Parameters
    ----------
    pairs : Pairs
        Devices, workloads and models side by side, n of each.
    settings : Settings
        Precisions, batch, tokens and devices, n of each.
    efficiencies : pandas.DataFrame
        Rows of the table `efficiencies`.
    """
    case, draw = case_of(pairs, settings, efficiencies), power_draw(efficiencies)
    tokens = pairs.networks.is_decoder
    parts, places = [], []
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for rows, predicted in ((tokens, request_outcome), (~tokens, item_outcome)):
            if rows.all():
                return predicted(case, draw)
            places.append(np.flatnonzero(rows))
            parts.append(predicted(case.take(places[-1]), draw))
    return joined_rows(parts).take(np.argsort(np.concatenate(places)))


def case_of(pairs: Pairs, settings: Settings, efficiencies: pd.DataFrame) -> Case:
    """The roofs, powers and reserved memory of each pair."""
    first, place = distinct_rows(pairs.hardware.position)
    hardware = pairs.hardware.take(first)
    reserve = memory.reserved_bytes(hardware.segment, hardware.memory_type, hardware.memory_bytes)
    machine = machine_of(pairs, settings, shares_of(efficiencies, pairs, settings))
    return Case(pairs, settings, machine, power_limits(hardware).take(place), reserve[place])


def request_outcome(case: Case, draw: PowerDraw) -> Outcome:
    """Outcome of requests to decoders."""
    asked = request(case.pairs.networks, case.machine, case.pairs.workloads, case.settings)
    token_j = dynamic_energy_j(asked.decode, case.limits, draw)
    dynamic_j = dynamic_energy_j(asked.prefill, case.limits, draw) + asked.decode_steps * token_j
    ceiling = heat_ceiling(case.limits, dynamic_j, case.pairs.workloads.rate_per_s)
    asked = asked.stretched(lambda step: throttled(step, ceiling, draw))
    idle_w, count = case.limits.idle_w, case.settings.devices
    return replace(
        _common(case, asked.leading, asked.latency_s, dynamic_j, draw),
        first_token_s=asked.first_token_s,
        per_token_s=asked.per_token_s,
        tokens_per_s=asked.tokens_per_s,
        energy_per_token_j=count * (token_j + idle_w * asked.per_token_s) / asked.sequences,
        operations_per_item=asked.operations,
        first_roof=asked.first.roof,
    )


def item_outcome(case: Case, draw: PowerDraw) -> Outcome:
    """Outcome of items: frames, images, denoising runs, ranked candidates."""
    item = streams.item(case.pairs.networks, case.machine, case.pairs.workloads, case.settings)
    dynamic_j = dynamic_energy_j(item, case.limits, draw)
    ceiling = heat_ceiling(case.limits, dynamic_j, case.pairs.workloads.rate_per_s)
    item = throttled(item, ceiling, draw)
    return _common(case, item, item.time_s, dynamic_j, draw)


def _common(case: Case, leading: Step, latency: Floats, dynamic_j: Floats, draw: PowerDraw) -> Outcome:
    """What requests and items have in common; `leading` is the step that speaks for them."""
    idle_w, count, batch = case.limits.idle_w, case.settings.devices, case.settings.batch
    added = count * dynamic_j * np.fmin(1.0 / latency, case.pairs.workloads.rate_per_s)
    needed, room = needed_bytes(case), case.pairs.hardware.memory_bytes * count
    none, roof = np.full(len(case), np.nan), leading.roof
    return Outcome(
        fits_memory=needed <= room,
        memory_needed_bytes=needed,
        memory_short_bytes=np.maximum(needed - room, 0.0),
        first_token_s=none,
        per_token_s=none,
        tokens_per_s=none,
        items_per_s=batch / latency,
        latency_s=latency,
        power_w=idle_w * count + added,
        added_w=added,
        energy_per_token_j=none,
        energy_per_item_j=count * (dynamic_j + idle_w * latency) / batch,
        operations_per_item=leading.operations / batch,
        attained_ops_per_s=leading.attained_ops_per_s,
        intensity=leading.intensity,
        ridge=ridge_point(case.machine.peak_ops_per_s, case.machine.bytes_per_s),
        roof=roof,
        first_roof=roof,
        throttled=np.asarray(leading.slowdown) > 1.0,
        spread=case.machine.shares.spread,
        power_spread=np.full(len(case), draw.spread),
    )


def needed_bytes(case: Case) -> Floats:
    """Memory for weights, cache, activations and what the system keeps, over all devices."""
    networks, workloads, settings = case.pairs.networks, case.pairs.workloads, case.settings
    answer = answer_tokens(workloads, settings.output_tokens)
    cache = memory.cache_resident_bytes(
        networks, settings.kv_bytes, settings.batch, settings.prompt_tokens, workloads.samples, answer
    )
    alive = memory.activation_resident_bytes(networks, settings.batch * workloads.samples)
    weights = memory.weights_resident_bytes(networks, settings.weight_bytes)
    return (
        weights + np.where(networks.is_decoder, cache + alive, 0.0) + case.reserved_bytes * settings.devices
    )

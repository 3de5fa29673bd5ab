"""What a device makes of a workload: times, power and memory of each pair, throttled to what heat allows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devices import memory, streams
from devices.backends import usual_software
from devices.catalogue import Pairs
from devices.columns import Columns
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
from devices.request import Request, answer_tokens, request
from devices.roofline import ridge_point
from devices.settings import Settings
from devices.step import Machine, Step
from devices.units import Floats, Labels, element_bytes, weight_class


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
class Energy:
    """Energy above rest of one device for a batch and a decode step, its idle power, the model's spread."""

    dynamic_j: Floats
    token_j: Floats
    idle_w: Floats
    spread: float


def shares_of(efficiencies: pd.DataFrame, pairs: Pairs, settings: Settings) -> Shares:
    """Reachable shares of each pair, by the usual software, weight width and kind of network."""
    width = weight_class(element_bytes(settings.weight_precision) * 8.0)
    kind = pairs.networks.kind
    software = usual_software(pairs.hardware, settings.backend, kind)
    shares = reachable_shares(efficiencies, software, width, kind)
    peak_w = power_limits(pairs.hardware).peak_w
    return power_capped(shares, software, width, settings.peak_ops_per_s, peak_w)


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
    machine = machine_of(pairs, settings, shares_of(efficiencies, pairs, settings))
    draw = power_draw(efficiencies)
    limits = power_limits(pairs.hardware)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        asked = request(pairs.networks, machine, pairs.workloads, settings)
        item = streams.item(pairs.networks, machine, pairs.workloads, settings)
        tokens = pairs.networks.is_decoder
        dynamic_j = np.where(tokens, _request_j(asked, limits, draw), dynamic_energy_j(item, limits, draw))
        ceiling = heat_ceiling(limits, dynamic_j, pairs.workloads.rate_per_s)
        token_j = dynamic_energy_j(asked.decode, limits, draw)
        asked = asked.stretched(lambda step: throttled(step, ceiling, draw))
        item = throttled(item, ceiling, draw)
        energy = Energy(dynamic_j, token_j, limits.idle_w, draw.spread)
        return _combined(pairs, settings, machine, asked, item, energy)


def _request_j(asked: Request, limits: PowerLimits, draw: PowerDraw) -> Floats:
    decode = dynamic_energy_j(asked.decode, limits, draw)
    return dynamic_energy_j(asked.prefill, limits, draw) + asked.decode_steps * decode


def _combined(
    pairs: Pairs, settings: Settings, machine: Machine, asked: Request, item: Step, energy: Energy
) -> Outcome:
    tokens = pairs.networks.is_decoder
    latency = np.where(tokens, asked.latency_s, item.time_s)
    count, idle_w = settings.devices, energy.idle_w
    added = count * energy.dynamic_j * np.fmin(1.0 / latency, pairs.workloads.rate_per_s)
    needed = needed_bytes(pairs, settings)
    room = pairs.hardware.memory_bytes * count
    return Outcome(
        fits_memory=needed <= room,
        memory_needed_bytes=needed,
        memory_short_bytes=np.maximum(needed - room, 0.0),
        first_token_s=np.where(tokens, asked.first_token_s, np.nan),
        per_token_s=np.where(tokens, asked.per_token_s, np.nan),
        tokens_per_s=np.where(tokens, asked.tokens_per_s, np.nan),
        items_per_s=settings.batch / latency,
        latency_s=latency,
        power_w=idle_w * count + added,
        added_w=added,
        energy_per_token_j=np.where(
            tokens, count * (energy.token_j + idle_w * asked.per_token_s) / asked.sequences, np.nan
        ),
        energy_per_item_j=count * (energy.dynamic_j + idle_w * latency) / settings.batch,
        operations_per_item=np.where(tokens, asked.operations, item.operations / settings.batch),
        attained_ops_per_s=np.where(tokens, asked.leading.attained_ops_per_s, item.attained_ops_per_s),
        intensity=np.where(tokens, asked.leading.intensity, item.intensity),
        ridge=ridge_point(machine.peak_ops_per_s, machine.bytes_per_s),
        roof=np.where(tokens, asked.leading.roof, item.roof).astype(object),
        first_roof=asked.first.roof,
        throttled=np.where(tokens, asked.leading.slowdown, item.slowdown) > 1.0,
        spread=machine.shares.spread,
        power_spread=np.full(len(pairs), energy.spread),
    )


def needed_bytes(pairs: Pairs, settings: Settings) -> Floats:
    """Memory for weights, cache, activations and what the system keeps, over all devices."""
    networks, workloads, hardware = pairs.networks, pairs.workloads, pairs.hardware
    tokens = networks.is_decoder
    cache = memory.cache_resident_bytes(
        networks,
        element_bytes(settings.kv_precision),
        settings.batch,
        settings.prompt_tokens,
        workloads.samples,
        answer_tokens(workloads, settings.output_tokens),
    )
    alive = memory.activation_resident_bytes(networks, settings.batch * workloads.samples)
    reserve = memory.reserved_bytes(hardware.segment, hardware.memory_type, hardware.memory_bytes)
    weights = memory.weights_resident_bytes(networks, element_bytes(settings.weight_precision))
    return weights + np.where(tokens, cache + alive, 0.0) + reserve * settings.devices

"""What a device makes of a workload: times, power and memory of each pair, throttled to what heat allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devices import memory, residence, streams
from devices.backends import usual_software
from devices.catalogue import Pairs
from devices.columns import Columns, distinct_rows, joined_rows
from devices.coupled_memory import is_coupled, with_coupled_memory
from devices.efficiency import Shares, phase_factors, reachable_shares, software_limited
from devices.power import (
    PowerDraw,
    PowerLimits,
    dynamic_energy_j,
    heat_ceiling,
    power_draw,
    power_limits,
    throttled,
)
from devices.request import request
from devices.roofline import ridge_point
from devices.settings import Settings
from devices.static_schedules import statically_scheduled
from devices.step import Machine, Step
from devices.units import GB, Floats, Labels, weight_class


@dataclass(frozen=True)
class Outcome(Columns):
    """Predicted quantities, one an element of the pairs; NaN where they do not apply or cannot be known."""

    fits_memory: NDArray[np.bool_]
    memory_needed_bytes: Floats
    memory_short_bytes: Floats
    offloaded_bytes: Floats
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
    network_share: Floats
    roof: Labels
    first_roof: Labels
    throttled: NDArray[np.bool_]
    first_spread: Floats
    spread: Floats
    power_spread: Floats
    energy_spread: Floats

    def flat(self, shape: tuple[int, ...], most: int | None = None) -> Outcome:
        """The figures at every point of the shape to which they broadcast, in one line of `most` at most."""
        lines = {name: np.broadcast_to(values, shape).ravel() for name, values in vars(self).items()}
        return Outcome(**{name: line[:most] for name, line in lines.items()})

    @property
    def is_held(self) -> NDArray[np.bool_]:
        """Whether everything is in memory, or reaches it over the link that the options name."""
        return self.memory_short_bytes <= self.offloaded_bytes


@dataclass(frozen=True)
class Case(Columns):
    """Everything that the prediction of a pair rests on, side by side."""

    pairs: Pairs
    settings: Settings
    machine: Machine
    limits: PowerLimits
    reserved_bytes: Floats
    is_on_chip: NDArray[np.bool_]

    @cached_property
    def needed_bytes(self) -> Floats:
        """Memory that weights, cache, activations and the system take over all devices."""
        return residence.needed_bytes(self.pairs, self.settings, self.reserved_bytes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of every figure: (n,), or that to which the settings broadcast against the pairs."""
        return self.needed_bytes.shape

    def roof_of(self, step: Step) -> Labels:
        """Name of the roof that binds a step; the memory of a chip without another is its SRAM."""
        roof, rows = step.roof, np.flatnonzero(self.is_on_chip)
        roof[rows] = np.where(roof[rows] == "memory", "sram", roof[rows])
        return roof

    @property
    def short_bytes(self) -> Floats:
        """Memory that is missing over all devices."""
        room = self.pairs.hardware.memory_bytes * self.settings.devices
        return np.maximum(self.needed_bytes - room, 0.0)

    @property
    def weights_bytes(self) -> Floats:
        """Bytes of all weights."""
        return residence.weights_bytes(self.pairs.networks, self.settings)

    @property
    def offloaded_bytes(self) -> Floats:
        """Weights that stay elsewhere where the options name a link to them; what is short, up to all."""
        if self.settings.serving.options.offload is None:
            return np.zeros(self.shape)
        return np.minimum(self.short_bytes, self.weights_bytes)

    @property
    def offloaded_share(self) -> Floats | float:
        """Share of the weights that is read over the link."""
        offloads = self.settings.serving.options.offload is not None
        return self.offloaded_bytes / self.weights_bytes if offloads else 0.0


def shares_of(efficiencies: pd.DataFrame, pairs: Pairs, settings: Settings) -> Shares:
    """Reachable shares of each pair, by the usual software, weight width and kind of network."""
    first, place = distinct_rows(settings.combination)
    hardware, kind = pairs.hardware.take(first), pairs.networks.kind[first]
    width = weight_class(settings.weight_bytes[first] * 8.0)
    software = usual_software(hardware, settings.backend[first], kind)
    shares = reachable_shares(efficiencies, software, width, kind)
    peak_w = power_limits(hardware).peak_w
    return software_limited(shares, software, width, settings.peak_ops_per_s[first], peak_w).take(place)


def machine_of(pairs: Pairs, settings: Settings, shares: Shares) -> Machine:
    """The roofs of each pair at the arithmetic of its settings; a rack is as many devices as it links."""
    hardware, options = pairs.hardware, settings.serving.options
    link = hardware.interconnect_bytes_per_s
    machine = Machine(
        peak_ops_per_s=settings.peak_ops_per_s,
        bytes_per_s=hardware.memory_bytes_per_s,
        sram_bytes=hardware.sram_bytes,
        sram_bytes_per_s=hardware.sram_bytes_per_s,
        coupled_bytes_per_s=np.full(len(pairs), np.nan),
        link_bytes_per_s=link
        if options.link_gb_per_s is None
        else np.full_like(link, options.link_gb_per_s * GB),
        devices=settings.devices,
        shares=shares,
    )
    machine = with_coupled_memory(machine, is_coupled(hardware, settings.backend))
    linked = hardware.accelerators
    if not np.any(linked > 1.0):
        return machine
    return machine.changed(
        peak_ops_per_s=machine.peak_ops_per_s / linked,
        bytes_per_s=machine.bytes_per_s / linked,
        sram_bytes=machine.sram_bytes / linked,
        sram_bytes_per_s=machine.sram_bytes_per_s / linked,
        link_bytes_per_s=machine.link_bytes_per_s / (linked if options.link_gb_per_s is None else 1.0),
        devices=machine.devices * linked,
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
    return case_outcome(case_of(pairs, settings, efficiencies), efficiencies)


def case_outcome(case: Case, efficiencies: pd.DataFrame) -> Outcome:
    """Predict every pair of a case; arguments as in `outcome`.

    Pairs of shape (n, 1) may meet settings of shape (1, m): what hangs on the pair alone is then worked out
    once for its m points.
    """
    draw, factors = power_draw(efficiencies), phase_factors(efficiencies)
    tokens = case.pairs.networks.is_decoder
    parts, places = [], []
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for rows, predicted in ((tokens, request_outcome), (~tokens, item_outcome)):
            if rows.all():
                return predicted(case, draw, factors)
            places.append(np.flatnonzero(rows))
            parts.append(predicted(case.take(places[-1]), draw, factors))
    return joined_rows(parts).take(np.argsort(np.concatenate(places)))


def case_of(pairs: Pairs, settings: Settings, efficiencies: pd.DataFrame) -> Case:
    """The roofs, powers and reserved memory of each pair."""
    first, place = distinct_rows(pairs.hardware.position)
    hardware = pairs.hardware.take(first)
    reserve = memory.reserved_bytes(hardware.segment, hardware.memory_type, hardware.memory_bytes)
    machine = machine_of(pairs, settings, shares_of(efficiencies, pairs, settings))
    on_chip = memory.is_on_chip(hardware.memory_type)[place]
    shares = statically_scheduled(machine.shares, on_chip & pairs.networks.is_decoder)
    machine = machine.changed(shares=shares)
    return Case(pairs, settings, machine, power_limits(hardware).take(place), reserve[place], on_chip)


def request_outcome(case: Case, draw: PowerDraw, factors: Mapping[str, float]) -> Outcome:
    """Outcome of requests to decoders; `factors` are those of `devices.efficiency.phase_factors`."""
    asked = request(
        case.pairs.networks, case.machine, case.pairs.workloads, case.settings, case.offloaded_share
    )
    token_j = dynamic_energy_j(asked.decode, case.limits, draw)
    dynamic_j = dynamic_energy_j(asked.prefill, case.limits, draw) + asked.batch_steps * token_j
    ceiling = heat_ceiling(case.limits, dynamic_j, case.pairs.workloads.rate_per_s)
    asked = asked.stretched(lambda step: throttled(step, ceiling, draw))
    idle_w, count = case.limits.idle_w, case.settings.devices
    return replace(
        _common(case, asked.leading, asked.latency_s, dynamic_j, draw),
        first_spread=case.machine.shares.spread * factors["prefill"],
        spread=_spread(case, asked.sequences, factors["decode"], factors["batch"]),
        first_token_s=asked.first_token_s,
        per_token_s=asked.per_token_s,
        tokens_per_s=asked.tokens_per_s,
        energy_per_token_j=count * (token_j + idle_w * asked.per_token_s) / asked.useful_sequences,
        operations_per_item=asked.operations,
        first_roof=case.roof_of(asked.first),
    )


def item_outcome(case: Case, draw: PowerDraw, factors: Mapping[str, float]) -> Outcome:
    """Outcome of items: frames, images, denoising runs, ranked candidates."""
    item = streams.item(
        case.pairs.networks, case.machine, case.pairs.workloads, case.settings, case.offloaded_share
    )
    dynamic_j = dynamic_energy_j(item, case.limits, draw)
    ceiling = heat_ceiling(case.limits, dynamic_j, case.pairs.workloads.rate_per_s)
    item = throttled(item, ceiling, draw)
    spread = _spread(case, case.settings.batch, factors["item"], factors["item_batch"])
    return replace(_common(case, item, item.time_s, dynamic_j, draw), spread=spread)


def _spread(case: Case, together: Floats, alone: float, batched: float) -> Floats:
    """Spread of the times of what is served alone, or together with others."""
    return case.machine.shares.spread * np.where(together > 1.0, batched, alone)


def _common(case: Case, leading: Step, latency: Floats, dynamic_j: Floats, draw: PowerDraw) -> Outcome:
    """What requests and items have in common; `leading` is the step that speaks for them."""
    idle_w, count, batch = case.limits.idle_w, case.settings.devices, case.settings.batch
    added = count * dynamic_j * np.fmin(1.0 / latency, case.pairs.workloads.rate_per_s)
    room = case.pairs.hardware.memory_bytes * count
    none, roof = np.full(case.shape, np.nan), case.roof_of(leading)
    return Outcome(
        fits_memory=case.needed_bytes <= room,
        memory_needed_bytes=case.needed_bytes,
        memory_short_bytes=case.short_bytes,
        offloaded_bytes=case.offloaded_bytes,
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
        network_share=leading.network_s / leading.cool_s,
        roof=roof,
        first_roof=roof,
        throttled=np.asarray(leading.slowdown) > 1.0,
        first_spread=none,
        spread=case.machine.shares.spread,
        power_spread=np.full(case.shape, draw.spread),
        energy_spread=np.full(case.shape, draw.energy_spread),
    )

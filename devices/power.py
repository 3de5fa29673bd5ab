"""Power from utilisation, the limit that heat sets, and energy; estimates where a datasheet is silent."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from devices.columns import Columns, words
from devices.efficiency import POWER_KIND, RUNNING_KIND
from devices.hardware import Hardware
from devices.step import Step
from devices.units import GB, TERA, Floats, Labels

# Power at rest over maximum power: medians of the devices whose two figures are both printed, by segment, and
# over all of them for the rest.
IDLE_SHARE: dict[str, float] = {"datacenter": 0.114, "pc": 0.048}
OTHER_IDLE_SHARE = 0.107
# Short-term over sustained power of a passively cooled device: median of the phones for which both are
# published.
BURST_RATIO: dict[str, float] = {"phone": 2.25, "tablet": 2.25, "wearable": 2.25}
# Sustained power that the case of a passively cooled device allows: medians of the segment.
CASE_W: dict[str, float] = {"phone": 3.0, "tablet": 3.0, "wearable": 0.4, "home_iot": 3.25}
# Maximum power a GB/s of memory bandwidth, and a dense TOPS where no bandwidth is known: medians of the
# segment.
WATTS_PER_GB_PER_S: dict[str, float] = {
    "datacenter": 0.196,
    "edge": 0.293,
    "edge_module": 0.269,
    "pc": 0.419,
    "server_cpu": 0.814,
    "vehicle": 0.551,
    "workstation": 0.348,
}
OTHER_WATTS_PER_GB_PER_S = 0.321
WATTS_PER_TOPS: dict[str, float] = {"datacenter": 0.321, "vehicle": 0.678}
OTHER_WATTS_PER_TOPS = 0.608
SMALLEST_W = 1e-9
# Bytes a second of stacked memory (HBM) for each watt of dynamic power at which reading it draws its fitted
# share. Stacked memory sits beside the chip and spends an energy a byte: where it is wider for the power, as
# on later accelerators, reading alone takes more of it.
HBM_BYTES_PER_J = 5.0 * GB


@dataclass(frozen=True)
class PowerDraw:
    """Shares of the dynamic power, and the model's spread.

    Attributes
    ----------
    running
        Drawn while a step runs, whatever waits: clocks are up and the host keeps the device awake.
    compute, memory
        Drawn besides by busy arithmetic and by busy memory.
    spread, energy_spread
        Standard deviation of ln(measured / predicted) of powers, and of energies a token.
    """

    running: float
    compute: float
    memory: float
    spread: float
    energy_spread: float


@dataclass(frozen=True)
class PowerLimits(Columns):
    """Powers of one device.

    Attributes
    ----------
    peak_w : numpy.ndarray
        Power at full utilisation.
    sustained_w : numpy.ndarray
        Power that cooling allows for ever, at most `peak_w`.
    idle_w : numpy.ndarray
        Power at rest, at most `sustained_w`.
    basis : numpy.ndarray
        ``"cited"`` where the datasheet prints both maximum (or sustained) and idle power, else
        ``"estimated"``.
    memory_weight : numpy.ndarray
        Factor on the share of the dynamic power that busy memory draws: 1 without stacked memory.
    """

    peak_w: Floats
    sustained_w: Floats
    idle_w: Floats
    basis: Labels
    memory_weight: Floats


# Used only by a database from which the fitted row was deleted.
DEFAULT_DRAW = PowerDraw(running=0.5, compute=1.0, memory=0.3, spread=0.2, energy_spread=0.4)


def power_draw(efficiencies: pd.DataFrame) -> PowerDraw:
    """Shares of the dynamic power from the rows ``power`` and ``running`` of the table `efficiencies`."""
    kinds = list(words(efficiencies, "kind"))
    if POWER_KIND not in kinds or RUNNING_KIND not in kinds:
        return DEFAULT_DRAW
    busy, running = (efficiencies.iloc[kinds.index(name)] for name in (POWER_KIND, RUNNING_KIND))
    return PowerDraw(
        running=float(running["compute_efficiency"]),
        compute=float(busy["compute_efficiency"]),
        memory=float(busy["bandwidth_efficiency"]),
        spread=float(busy["residual_spread"]),
        energy_spread=float(running["residual_spread"]),
    )


def power_limits(hardware: Hardware) -> PowerLimits:
    """Powers of each device, estimated from its segment's medians where the datasheet is silent."""
    printed = np.fmax(hardware.peak_w, hardware.sustained_w)
    burst = _by_segment(hardware.segment, BURST_RATIO, 1.0)
    case = _by_segment(hardware.segment, CASE_W, np.nan)
    held = np.where(np.isnan(hardware.sustained_w) & np.isnan(hardware.peak_w), case, hardware.sustained_w)
    peak = np.where(np.isnan(hardware.peak_w), held * burst, printed)
    peak = np.where(np.isnan(peak), hardware.typical_w, peak)
    peak = np.where(np.isnan(peak), _power_of_neighbours(hardware), peak)
    sustained = np.where(np.isnan(held), peak, np.fmin(held, peak))
    at_rest = _by_segment(hardware.segment, IDLE_SHARE, OTHER_IDLE_SHARE) * sustained
    idle = np.where(np.isnan(hardware.idle_w), at_rest, hardware.idle_w)
    cited = ~np.isnan(printed) & ~np.isnan(hardware.idle_w)
    idle = np.fmin(idle, sustained)
    return PowerLimits(
        peak_w=peak,
        sustained_w=sustained,
        idle_w=idle,
        basis=np.where(cited, "cited", "estimated").astype(object),
        memory_weight=_memory_weight(hardware, peak - idle),
    )


def _memory_weight(hardware: Hardware, dynamic_w: Floats) -> Floats:
    stacked = np.array([name.startswith("HBM") for name in hardware.memory_type], dtype=bool)
    for_power = hardware.memory_bytes_per_s / np.maximum(dynamic_w, SMALLEST_W) / HBM_BYTES_PER_J
    return np.where(stacked & ~np.isnan(for_power), for_power, 1.0)


def utilisation_mix(step: Step, limits: PowerLimits, draw: PowerDraw) -> Floats:
    """Share of the dynamic power drawn at full speed: by running at all, by busy arithmetic and memory."""
    memory = draw.memory * limits.memory_weight * step.memory_busy
    return np.minimum(draw.running + draw.compute * step.compute_busy + memory, 1.0)


def dynamic_w(step: Step, limits: PowerLimits, draw: PowerDraw) -> Floats:
    """Power above rest of one device at full speed, ``(peak - idle) * mix``."""
    return (limits.peak_w - limits.idle_w) * utilisation_mix(step, limits, draw)


def dynamic_energy_j(step: Step, limits: PowerLimits, draw: PowerDraw) -> Floats:
    """Energy above rest that one device spends on a step; slowing down does not change it."""
    return dynamic_w(step, limits, draw) * step.cool_s


def throttled(step: Step, limits: PowerLimits, draw: PowerDraw) -> Step:
    """The step at the speed that the sustained power leaves: dynamic power goes with speed."""
    room = np.maximum(limits.sustained_w - limits.idle_w, SMALLEST_W)
    return replace(step, slowdown=np.maximum(dynamic_w(step, limits, draw) / room, 1.0))


def heat_ceiling(limits: PowerLimits, energy_j: Floats, rate_per_s: Floats) -> PowerLimits:
    """Limits in force: work of a known rate that leaves time to cool may run at full power in between."""
    room = np.maximum(limits.sustained_w - limits.idle_w, SMALLEST_W)
    cools = energy_j * rate_per_s <= room
    return replace(limits, sustained_w=np.where(cools, limits.peak_w, limits.sustained_w))


def sustained_share(limits: PowerLimits) -> Floats:
    """Share of the dense peak that the sustained power leaves."""
    room = np.maximum(limits.peak_w - limits.idle_w, SMALLEST_W)
    return np.clip((limits.sustained_w - limits.idle_w) / room, 0.0, 1.0)


def battery_hours(battery_j: Floats, power_w: Floats) -> Floats:
    """Hours of continuous use from one charge."""
    return battery_j / power_w / 3600.0


def _power_of_neighbours(hardware: Hardware) -> Floats:
    from_memory = (
        hardware.memory_bytes_per_s
        / GB
        * _by_segment(hardware.segment, WATTS_PER_GB_PER_S, OTHER_WATTS_PER_GB_PER_S)
    )
    top = np.fmax.reduce(hardware.peak_ops_per_s, axis=1)
    from_arithmetic = top / TERA * _by_segment(hardware.segment, WATTS_PER_TOPS, OTHER_WATTS_PER_TOPS)
    return np.where(np.isnan(from_memory), from_arithmetic, from_memory)


def _by_segment(segment: Labels, table: dict[str, float], otherwise: float) -> Floats:
    return np.array([table.get(name, otherwise) for name in segment], dtype=float)

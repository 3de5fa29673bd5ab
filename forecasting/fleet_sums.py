"""A fleet summed over its vintages, draw by draw: units, installed traits, and what of it is able."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.fleets import STOCK_YEARS, Fleet, vintage_mix
from forecasting.placement import NO_GAIN, GainLookup, Host
from forecasting.years import LAST_HISTORY_YEAR, YEARS

Array = NDArray[np.float64]
TRAITS = ("peak_ops_per_s", "sustained_ops_per_s", "peak_w", "sustained_w")


@dataclass(frozen=True)
class Segment:
    """A fleet with the mean traits of its vintages and the workloads that it can host.

    Attributes
    ----------
    fleet : Fleet
    traits : (4, V) array
        Rows in the order of TRAITS, SI units.
    hosts : tuple of Host
    shares : (H, V) array
        Share of each vintage that each host stands for.
    tables : (G, 2 H, V) array
        Able share and joules an item times it of each host in turn, at each gain of GAIN_GRID.
    """

    fleet: Fleet
    traits: Array
    hosts: tuple[Host, ...]
    shares: Array
    tables: Array


@dataclass(frozen=True)
class Ability:
    """Units of one host, mean over the year: all, the able, and joules an item summed over the able."""

    units: Array
    able: Array
    energy_j: Array


@dataclass(frozen=True)
class FleetSums:
    """Sums over the vintages of one segment; arrays (draws, years).

    Attributes
    ----------
    units : array
        In use at the end of the year.
    installed : dict of trait to array
        Sum of each trait over them, SI.
    """

    units: Array
    installed: dict[str, Array]


def segment_of(
    fleet: Fleet, mix: pd.DataFrame, device_traits: pd.DataFrame, hosts: Sequence[Host]
) -> Segment:
    """A segment from its fleet, the normalised mix and the traits of devices; an unknown trait is none."""
    shares = vintage_mix(mix, fleet.segment, fleet.vintages)
    known = np.nan_to_num(device_traits.reindex(shares.index)[list(TRAITS)].to_numpy(float))
    return Segment(
        fleet=fleet,
        traits=known.T @ shares.to_numpy(float),
        hosts=tuple(hosts),
        shares=np.array([h.share for h in hosts]).reshape(len(hosts), len(fleet.vintages)),
        tables=ability_tables(hosts, len(fleet.vintages)),
    )


def ability_tables(hosts: Sequence[Host], vintages: int) -> Array:
    """Able share and energy of hosts in turn, (G, 2 H, V)."""
    if not hosts:
        return np.zeros((0, 0, vintages))
    return np.stack([table for h in hosts for table in (h.able, h.energy_j)], axis=1)


def fleet_sums(
    segment: Segment, lookup: GainLookup, scores: Mapping[str, Array], supply: Array | None = None
) -> tuple[FleetSums, dict[Host, Ability]]:
    """Sum a segment over its vintages without holding the stock of all years at once.

    Parameters
    ----------
    segment : Segment
    lookup : GainLookup
    scores : mapping
        Standard-normal scores of the fleet's inputs, (draws,) each.
    supply : (vintages, draws) array, optional
        As in `Fleet.units_in_use`.

    Returns
    -------
    tuple of FleetSums and dict of Host to Ability
    """
    fleet, hosts = segment.fleet, len(segment.hosts)
    shipped = fleet.shipments(scores, supply)
    alive = fleet.surviving(scores)
    # Over the year in which it is sold, a vintage counts from nothing to its share at the end.
    alive_over_year = alive.copy()
    alive_over_year[1:] += alive[:-1]
    alive_over_year /= 2
    # What hangs on no gain is summed at year ends, its mean over a year being that of both ends.
    fixed = np.vstack([np.ones(len(fleet.vintages)), segment.traits, segment.shares])
    past = np.vstack([fixed, segment.tables[NO_GAIN]]) if hosts else fixed
    ends = np.empty((len(past), len(STOCK_YEARS), shipped.shape[1]))
    able = np.empty((2 * hosts, len(YEARS), shipped.shape[1]))
    for i, year in enumerate(STOCK_YEARS):
        sold = int(np.searchsorted(fleet.vintages, year, side="right"))
        age = year - fleet.vintages[:sold]
        in_use = shipped[:sold] * _by_vintage(alive, age)
        rows = past if year <= LAST_HISTORY_YEAR else fixed
        ends[: len(rows), i] = rows[:, :sold] @ in_use
        if hosts and year > LAST_HISTORY_YEAR:
            over_year = np.multiply(shipped[:sold], _by_vintage(alive_over_year, age), out=in_use)
            able[:, i - 1] = lookup.summed(i - 1, over_year, segment.tables[..., :sold])
    known = LAST_HISTORY_YEAR - STOCK_YEARS[0]
    able[:, :known] = _between(ends[len(fixed) :, : known + 1])
    units = _between(ends[1 + len(TRAITS) : len(fixed)])
    at_end = ends[:, 1:]
    sums = FleetSums(at_end[0].T, {trait: at_end[k + 1].T for k, trait in enumerate(TRAITS)})
    return sums, {
        host: Ability(units[k].T, able[2 * k].T, able[2 * k + 1].T) for k, host in enumerate(segment.hosts)
    }


def _between(ends: Array) -> Array:
    """Means of neighbours along the second axis."""
    return (ends[:, 1:] + ends[:, :-1]) / 2


def _by_vintage(by_age: Array, ages: NDArray[np.int64]) -> Array:
    """Rows of a table by age for vintages of the given ages; a view where no year is left out."""
    if len(ages) and ages[0] - ages[-1] == len(ages) - 1:
        return by_age[ages[-1] : ages[0] + 1][::-1]
    return by_age[ages]


def dedicated_abilities(hosts: Sequence[Host], lookup: GainLookup, draws: int) -> dict[Host, Ability]:
    """Abilities of devices bought for one task: one unit each."""
    one, tables = np.ones((1, draws)), ability_tables(hosts, 1)
    able = np.array([lookup.summed(i, one, tables) for i in range(len(YEARS))]) if hosts else tables
    whole = np.broadcast_to(1.0, (draws, len(YEARS)))
    return {host: Ability(whole, able[:, 2 * k].T, able[:, 2 * k + 1].T) for k, host in enumerate(hosts)}

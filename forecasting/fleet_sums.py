"""A fleet summed over its vintages, draw by draw: units, installed traits, and what of it is able."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.arithmetic import like
from forecasting.fleets import STOCK_YEARS, Fleet
from forecasting.placement import GAIN_GRID, NO_GAIN, GainLookup, Host, rising_tables
from forecasting.years import FIRST_YEAR, LAST_HISTORY_YEAR, YEARS

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
    shares : (U, V) array
        Share of each vintage that hosts stand for, each distinct row once; the first is the whole fleet.
    shares_of : (H,) array
        The row of `shares` of each host.
    tables : (G, K, V) array
        Able share of hosts and joules an item times it at each gain of GAIN_GRID, each distinct table once.
    rising : (G - 1, 2 K, V) array
        `placement.rising_tables` of them.
    tables_of : (H, 2) array
        The tables of each host: able share, energy.
    """

    fleet: Fleet
    traits: Array
    hosts: tuple[Host, ...]
    shares: Array
    shares_of: NDArray[np.intp]
    tables: Array
    rising: Array
    tables_of: NDArray[np.intp]

    @cached_property
    def fixed(self) -> Array:
        """What is summed at the end of every year, (U + 4, V): shares, then traits."""
        return np.vstack([self.shares, self.traits])


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
    """A segment from its fleet, device shares by vintage and traits of devices; an unknown trait is none."""
    known = np.nan_to_num(device_traits.reindex(mix.index)[list(TRAITS)].to_numpy(float))
    shares, shares_of = _distinct([np.ones(len(fleet.vintages)), *(host.share for host in hosts)])
    tables, tables_of = ability_tables(hosts, len(fleet.vintages))
    return Segment(
        fleet=fleet,
        traits=known.T @ mix.to_numpy(float),
        hosts=tuple(hosts),
        shares=shares,
        shares_of=shares_of[1:],
        tables=tables,
        rising=rising_tables(tables),
        tables_of=tables_of,
    )


def ability_tables(hosts: Sequence[Host], vintages: int) -> tuple[Array, NDArray[np.intp]]:
    """Distinct tables (G, K, V) of able share and of energy, and which two are those of each host (H, 2)."""
    listed = [table for host in hosts for table in (host.able, host.energy_j)]
    tables, place = _distinct(listed or [np.zeros((len(GAIN_GRID), vintages))])
    return np.moveaxis(tables, 0, 1), place[: 2 * len(hosts)].reshape(-1, 2)


def _distinct(arrays: Sequence[Array]) -> tuple[Array, NDArray[np.intp]]:
    """Each different array once, in the order in which they first come, and the place of each in them."""
    places: dict[bytes, int] = {}
    place = [places.setdefault(array.tobytes(), len(places)) for array in arrays]
    first = [place.index(number) for number in range(len(places))]
    return np.stack([arrays[number] for number in first]), np.array(place, dtype=np.intp)


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
    fleet, known = segment.fleet, LAST_HISTORY_YEAR - FIRST_YEAR + 1
    shipped, alive = fleet.shipments(scores, supply), fleet.surviving(scores)
    alive_over_year = mean_survival(alive)
    # What hangs on no gain is summed at year ends, its mean over a year being that of both ends.
    fixed, past, rising = (
        like(rows, shipped) for rows in (segment.fixed, segment.tables[NO_GAIN], segment.rising)
    )
    ends = np.empty((len(STOCK_YEARS), len(fixed), shipped.shape[1]), shipped.dtype)
    able_ends = np.empty((known + 1, len(past), shipped.shape[1]), shipped.dtype)
    able = np.empty((len(YEARS), len(past), shipped.shape[1]), shipped.dtype)
    for i, (sold, ages) in enumerate(fleet.sold_by_year):
        in_use = shipped[:sold] * alive[ages]
        np.matmul(fixed[:, :sold], in_use, out=ends[i])
        if i <= known:
            np.matmul(past[:, :sold], in_use, out=able_ends[i])
        elif segment.hosts:
            over_year = np.multiply(shipped[:sold], alive_over_year[ages], out=in_use)
            lookup.summed(i - 1, over_year, rising[..., :sold], out=able[i - 1])
    able[:known] = _between(able_ends)
    units, traits = _between(ends[:, : len(segment.shares)]), ends[1:, len(segment.shares) :]
    sums = FleetSums(ends[1:, 0].T, {name: traits[:, k].T for k, name in enumerate(TRAITS)})
    return sums, {
        host: Ability(units[:, share].T, able[:, table].T, able[:, energy].T)
        for host, share, (table, energy) in zip(
            segment.hosts, segment.shares_of, segment.tables_of, strict=True
        )
    }


def mean_survival(alive: Array) -> Array:
    """Share of a vintage in use over a year, by age; in that of its sale it goes from nothing to its end."""
    over_year = np.concatenate([alive[:1], alive[1:] + alive[:-1]])
    over_year /= 2
    return over_year


def _between(ends: Array) -> Array:
    """Means of neighbours along the first axis."""
    means = ends[1:] + ends[:-1]
    means /= 2
    return means


def dedicated_abilities(hosts: Sequence[Host], lookup: GainLookup) -> dict[Host, Ability]:
    """Abilities of devices bought for one task: one unit each."""
    if not hosts:
        return {}
    tables, tables_of = ability_tables(hosts, 1)
    one, rising = np.ones_like(lookup.weight[:1]), rising_tables(tables)
    able = np.stack([lookup.summed(i, one, like(rising, one)) for i in range(len(YEARS))])
    whole = np.broadcast_to(one[0, 0], (one.shape[1], len(YEARS)))
    return {
        host: Ability(whole, able[:, table].T, able[:, energy].T)
        for host, (table, energy) in zip(hosts, tables_of, strict=True)
    }

"""Edge inference: what the fleets could do, what power lets them do, and what they really do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.demand import WorkloadDemand, family_scale
from forecasting.fleets import Fleet, vintage_mix, year_means
from forecasting.placement import GainLookup, Host, preference

Array = NDArray[np.float64]
Values = Mapping[str, Array]
TRAITS = ("peak_ops_per_s", "sustained_ops_per_s", "peak_w", "sustained_w")


@dataclass(frozen=True)
class SegmentTraits:
    """Mean traits of each vintage of a segment: a column of TRAITS each, (V,) arrays in SI units."""

    by_name: Mapping[str, Array]


def segment_traits(
    fleets: Mapping[str, Fleet], mix: pd.DataFrame, traits: pd.DataFrame
) -> dict[str, SegmentTraits]:
    """Share-weighted mean of the device traits over each vintage; an unknown trait counts as none."""
    result = {}
    for segment, fleet in fleets.items():
        shares = vintage_mix(mix, segment, fleet.vintages)
        known = traits.reindex(shares.index)
        result[segment] = SegmentTraits(
            {name: np.nan_to_num(known[name].to_numpy(float)) @ shares.to_numpy(float) for name in TRAITS}
        )
    return result


@dataclass
class EdgeUse:
    """Items served at the edge and elsewhere, and what serving takes; all arrays (draws, years).

    Attributes
    ----------
    operations, power_w : dict of (segment, workload_id) to array
        Operations a second and watts of what runs on devices.
    items_per_s : dict of (segment, workload_id) to array
    elsewhere_items_per_s : dict of workload_id to array
        Items that arise and are not served on a device.
    dedicated_units : dict of (segment, device_id) to array
        Devices bought for one task, whose number is that of a driver.
    """

    operations: dict[tuple[str, str], Array] = field(default_factory=dict)
    power_w: dict[tuple[str, str], Array] = field(default_factory=dict)
    items_per_s: dict[tuple[str, str], Array] = field(default_factory=dict)
    elsewhere_items_per_s: dict[str, Array] = field(default_factory=dict)
    dedicated_units: dict[tuple[str, str], Array] = field(default_factory=dict)


@dataclass(frozen=True)
class WorkloadSplit:
    """What arises of one workload and where it is served; arrays (draws, years).

    Attributes
    ----------
    arising : array
        Items a second.
    served : list of array
        Items a second on each host, in the hosts' order.
    units, able : arrays
        Devices on which it could arise, and those of them that the core finds able.
    chosen : array
        Share of what arises on able devices that is served there.
    """

    arising: Array
    served: list[Array]
    units: Array
    able: Array
    chosen: Array


@dataclass(frozen=True)
class _Ability:
    """Units of one host: all of them, the able, and joules an item summed over the able."""

    units: Array
    able: Array
    energy_j: Array


def edge_use(
    demands: Mapping[str, WorkloadDemand],
    hosts: Mapping[str, list[Host]],
    stock: Mapping[str, Array],
    lookup: GainLookup,
    values: Values,
    scores: Values,
    operations_per_item: Mapping[str, float],
) -> EdgeUse:
    """What each workload runs on each segment, before supply is checked.

    A workload counted by the fleet arises on every unit of its hosts; one counted by the world spreads over
    its hosts by their number. Of what arises on an able device, the share `preference` is served there;
    workloads pinned to the edge are served wherever able, pinned to the cloud nowhere.

    Parameters
    ----------
    demands, hosts : mappings by workload_id
    stock : mapping of segment to (draws, stock years, V) array
        Units in use at year ends.
    lookup : GainLookup
    values, scores : mappings
        Drawn assumptions, and standard-normal scores of the drivers.
    operations_per_item : mapping by workload_id

    Returns
    -------
    EdgeUse
    """
    ability_of = _abilities(hosts, {s: year_means(units) for s, units in stock.items()}, lookup)
    use = EdgeUse()
    for workload_id, demand in demands.items():
        abilities = [ability_of[host] for host in hosts.get(workload_id, [])]
        split = _split(demand, abilities, values, scores)
        total = np.zeros_like(split.arising)
        for host, ability, items in zip(hosts.get(workload_id, []), abilities, split.served, strict=True):
            key = (host.segment, workload_id)
            mean_energy = np.divide(
                ability.energy_j, ability.able, out=np.zeros_like(items), where=ability.able > 0
            )
            _add(use.items_per_s, key, items)
            _add(use.operations, key, items * operations_per_item[workload_id])
            _add(use.power_w, key, items * mean_energy)
            if host.dedicated:
                use.dedicated_units[host.segment, host.device_id] = _population(demand, scores, items)
            total = total + items
        if demand.elsewhere is not None:
            _add(use.elsewhere_items_per_s, demand.elsewhere, np.maximum(split.arising - total, 0.0))
    return use


def workload_splits(
    demands: Mapping[str, WorkloadDemand],
    hosts: Mapping[str, list[Host]],
    stock: Mapping[str, Array],
    lookup: GainLookup,
    values: Values,
    scores: Values,
) -> dict[str, WorkloadSplit]:
    """How what arises of each workload splits, with ability and preference apart; arguments as `edge_use`."""
    ability_of = _abilities(hosts, {s: year_means(units) for s, units in stock.items()}, lookup)
    return {
        workload_id: _split(demand, [ability_of[h] for h in hosts.get(workload_id, [])], values, scores)
        for workload_id, demand in demands.items()
    }


def _split(
    demand: WorkloadDemand, abilities: list[_Ability], values: Values, scores: Values
) -> WorkloadSplit:
    rate = demand.items_per_s_of_activity(scores) * family_scale(values, demand.family)
    return WorkloadSplit(
        arising=_arising_items(demand, rate, abilities),
        served=_served_items(demand, rate, abilities, values),
        units=np.sum([np.zeros_like(rate), *(a.units for a in abilities)], axis=0),
        able=np.sum([np.zeros_like(rate), *(a.able for a in abilities)], axis=0),
        chosen=np.broadcast_to(_chosen_share(demand, values), rate.shape),
    )


def _abilities(
    hosts: Mapping[str, list[Host]], mean_stock: Mapping[str, Array], lookup: GainLookup
) -> dict[Host, _Ability]:
    """Ability of every host; the hosts of a segment share one pass over its vintages."""
    draws, years = lookup.below.shape
    together: dict[str | None, list[Host]] = {}
    for host in (h for group in hosts.values() for h in group):
        together.setdefault(None if host.dedicated else host.segment, []).append(host)
    found = {}
    for segment, group in together.items():
        units = np.ones((draws, years, 1)) if segment is None else mean_stock[segment]
        tables = np.stack([t for h in group for t in (h.able, h.energy_j)], axis=1)
        sums = lookup.summed(units, tables)
        totals = units @ np.stack([h.share for h in group], axis=1)
        for k, host in enumerate(group):
            found[host] = _Ability(totals[..., k], sums[..., 2 * k], sums[..., 2 * k + 1])
    return found


def _arising_items(demand: WorkloadDemand, rate: Array, abilities: list[_Ability]) -> Array:
    if demand.basis == "world":
        return rate
    return rate * np.sum([a.units for a in abilities], axis=0)


def _served_items(
    demand: WorkloadDemand, rate: Array, abilities: list[_Ability], values: Values
) -> list[Array]:
    """Items a second served on each host."""
    chosen = _chosen_share(demand, values)
    if demand.basis == "fleet":
        return [rate * a.able * chosen for a in abilities]
    # Pinned to the edge and counted by the world: what is counted does run, on the devices that are able.
    pinned = demand.must_run == "edge"
    over = np.sum([a.able if pinned else a.units for a in abilities], axis=0)
    return [
        rate * chosen * np.divide(a.able, over, out=np.zeros_like(over), where=over > 0) for a in abilities
    ]


def _chosen_share(demand: WorkloadDemand, values: Values) -> Array | float:
    if demand.must_run == "cloud":
        return 0.0
    if demand.must_run == "edge" or demand.preference is None:
        return 1.0
    first, last = (values[f"edge_preference_{demand.preference}_{year}"] for year in (2025, 2030))
    return preference(first, last)


def _population(demand: WorkloadDemand, scores: Values, like: Array) -> Array:
    population = np.ones_like(like)
    for driver, role in demand.terms.terms:
        if role == "factor" and driver.unit not in ("share", "h/day", "min/day", "1/day", "1/h", "1/yr"):
            population = population * driver.values(scores)
    return population


def installed(
    stock: Mapping[str, Array],
    traits: Mapping[str, SegmentTraits],
    use: EdgeUse,
    device_traits: pd.DataFrame,
    trait: str,
) -> dict[str, Array]:
    """A trait summed over all units in use at the end of each year, by segment, (draws, years).

    Devices bought for one task add their own number times their own trait.
    """
    totals = {segment: units[:, 1:] @ traits[segment].by_name[trait] for segment, units in stock.items()}
    for (segment, device_id), units in use.dedicated_units.items():
        _add(totals, segment, units * float(np.nan_to_num(device_traits.at[device_id, trait])))
    return totals


def _add(totals: dict, key: object, amount: Array) -> None:
    totals[key] = totals[key] + amount if key in totals else amount

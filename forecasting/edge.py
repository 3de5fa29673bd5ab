"""Edge inference: what the fleets could do, what power lets them do, and what they really do."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from forecasting.arithmetic import like, ratio, total
from forecasting.demand import PRICED_FAMILIES, WorkloadDemand, family_scale, price_response
from forecasting.fleet_sums import Ability, FleetSums
from forecasting.placement import Host
from forecasting.preference import Choices, preferences
from forecasting.years import SECONDS_PER_DAY

Array = NDArray[np.float64]
Values = Mapping[str, Array]


@dataclass
class EdgeUse:
    """Items served at the edge and elsewhere, and what serving takes; all arrays (draws, years).

    Attributes
    ----------
    operations, power_w : dict of segment to array
        Operations a second and watts of what runs on devices.
    tokens_per_day : dict of segment to array
        Tokens of the workloads that process them.
    elsewhere_items_per_s : dict of workload_id to array
        Items that arise and are not served on a device.
    dedicated_units : dict of (segment, device_id) to array
        Devices bought for one task, whose number is that of a driver.
    """

    operations: dict[str, Array] = field(default_factory=dict)
    power_w: dict[str, Array] = field(default_factory=dict)
    tokens_per_day: dict[str, Array] = field(default_factory=dict)
    elsewhere_items_per_s: dict[str, Array] = field(default_factory=dict)
    dedicated_units: dict[tuple[str, str], Array] = field(default_factory=dict)


@dataclass(frozen=True)
class WorkloadSplit:
    """What arises of one workload and where it is served; arrays (draws, years).

    Attributes
    ----------
    arising : array
        Items a second.
    per_able : array
        Items a second served on each able device.
    chosen : array
        Share of what arises on able devices that is served there.
    abilities : tuple of Ability
        Of its hosts, in their order.
    """

    arising: Array
    per_able: Array
    chosen: Array
    abilities: tuple[Ability, ...]

    @property
    def units(self) -> Array:
        """Devices on which it could arise."""
        return total([np.zeros_like(self.arising), *(a.units for a in self.abilities)])

    @property
    def able(self) -> Array:
        """Those of them that the core finds able."""
        return total([np.zeros_like(self.arising), *(a.able for a in self.abilities)])

    @property
    def served(self) -> Array:
        """Items a second served on devices."""
        return self.per_able * self.able


def workload_splits(
    demands: Mapping[str, WorkloadDemand],
    hosts: Mapping[str, list[Host]],
    abilities: Mapping[Host, Ability],
    values: Values,
    scores: Values,
    offered: Choices,
    frontier_workloads: Collection[str] = (),
) -> dict[str, WorkloadSplit]:
    """Where each workload is served, before supply is checked, with ability and preference apart.

    A workload counted by the fleet arises on every unit of its hosts; one counted by the world spreads over
    its hosts by their number. Of what arises on an able device, the share `preference` is served there;
    workloads pinned to the edge are served wherever able, pinned to the cloud nowhere.

    Parameters
    ----------
    demands, hosts : mappings by workload_id
    abilities : mapping of Host to Ability
    values, scores : mappings
        Drawn assumptions, and standard-normal scores of the drivers.
    offered : Choices
        What tells device and cloud apart, for workloads with a choice.
    frontier_workloads : collection of workload_id
        In the cloud these follow the frontier model, which moves their price.

    Returns
    -------
    dict of workload_id to WorkloadSplit
    """
    known: dict[str, Array] = {}
    scales = _demand_scales(demands, values, frontier_workloads)
    chosen = preferences(offered, values)
    return {
        workload_id: _split(
            demand,
            demand.items_per_s_of_activity(scores, known) * scales[workload_id],
            chosen.get(workload_id),
            tuple(abilities[host] for host in hosts.get(workload_id, [])),
        )
        for workload_id, demand in demands.items()
    }


def _demand_scales(
    demands: Mapping[str, WorkloadDemand], values: Values, frontier_workloads: Collection[str]
) -> dict[str, Array]:
    """Levers on the family of each workload, times its response to price where the cloud serves it."""
    families = {family: family_scale(values, family) for family in {d.family for d in demands.values()}}
    response = {follows: price_response(values, follows) for follows in (False, True)}
    return {
        workload_id: families[demand.family] * response[demand.elsewhere in frontier_workloads]
        if demand.elsewhere is not None and demand.family in PRICED_FAMILIES
        else families[demand.family]
        for workload_id, demand in demands.items()
    }


def _split(
    demand: WorkloadDemand, rate: Array, preferred: Array | None, abilities: tuple[Ability, ...]
) -> WorkloadSplit:
    if preferred is None:
        preferred = np.broadcast_to(like(demand.must_run != "cloud", rate), rate.shape)
    if not abilities:
        return WorkloadSplit(rate * (demand.basis == "world"), np.zeros_like(rate), preferred, ())
    per_able = rate * preferred
    if demand.basis == "fleet":
        return WorkloadSplit(rate * total(a.units for a in abilities), per_able, preferred, abilities)
    # Pinned to the edge and counted by the world: what is counted does run, on the devices that are able.
    over = total(a.able if demand.must_run == "edge" else a.units for a in abilities)
    return WorkloadSplit(rate, ratio(per_able, over), preferred, abilities)


def edge_use(
    demands: Mapping[str, WorkloadDemand],
    hosts: Mapping[str, list[Host]],
    splits: Mapping[str, WorkloadSplit],
    scores: Values,
    operations_per_item: Mapping[str, float],
    token_workloads: Mapping[str, float],
) -> EdgeUse:
    """What the workloads run on each segment, before supply is checked.

    Parameters
    ----------
    demands, hosts : mappings by workload_id
    splits : mapping by workload_id
        From `workload_splits`.
    scores : mapping
    operations_per_item : mapping by workload_id
    token_workloads : mapping of workload_id to float
        Tokens an item processes.

    Returns
    -------
    EdgeUse
    """
    use, served = EdgeUse(), dict[str, list[Array]]()
    for segment, placed in _by_segment(hosts, splits).items():
        arising = splits[placed[0][0]].arising.T
        items = np.empty((len(placed), *arising.shape), arising.dtype)
        for at, (workload_id, host, ability) in zip(items, placed, strict=True):
            per_able = splits[workload_id].per_able
            np.multiply(per_able.T, ability.able.T, out=at)
            served.setdefault(workload_id, []).append(at.T)
            _add(use.power_w, segment, per_able * ability.energy_j)
            if host.dedicated:
                population = _population(demands[workload_id], scores, at.T)
                use.dedicated_units[segment, host.device_id] = population
        each = [(operations_per_item[w], token_workloads.get(w, 0.0) * SECONDS_PER_DAY) for w, _, _ in placed]
        sums = like(each, items).T @ items.reshape(len(placed), -1)
        operations, tokens = sums.reshape(2, *arising.shape)
        use.operations[segment] = operations.T
        if any(tokens_of_item > 0 for _, tokens_of_item in each):
            use.tokens_per_day[segment] = tokens.T
    for workload_id, split in splits.items():
        elsewhere = demands[workload_id].elsewhere
        if elsewhere is not None:
            left = split.arising - total(served[workload_id]) if workload_id in served else split.arising
            _add(use.elsewhere_items_per_s, elsewhere, np.maximum(left, 0.0))
    return use


def _by_segment(
    hosts: Mapping[str, list[Host]], splits: Mapping[str, WorkloadSplit]
) -> dict[str, list[tuple[str, Host, Ability]]]:
    """What runs on each segment: workload, host and what the host is able to."""
    placed: dict[str, list[tuple[str, Host, Ability]]] = {}
    for workload_id, split in splits.items():
        for host, ability in zip(hosts.get(workload_id, []), split.abilities, strict=True):
            placed.setdefault(host.segment, []).append((workload_id, host, ability))
    return placed


def assistant_shares(
    demands: Mapping[str, WorkloadDemand],
    splits: Mapping[str, WorkloadSplit],
    token_workloads: Mapping[str, float],
) -> dict[str, Array]:
    """Shares of the assistants' tokens and requests served on devices, and requests a s, (draws, years).

    Requests of one message count once each until 2025, when growth of what a message takes sets in.
    """
    assistants = [w for w, d in demands.items() if d.preference == "assistant" and w in token_workloads]
    if not assistants:
        return {}
    served = {w: splits[w].served for w in assistants}
    shares = {}
    for name, weight in (("tokens", token_workloads), ("requests", dict.fromkeys(assistants, 1.0))):
        on_device = total(served[w] * weight[w] for w in assistants)
        arising = total(splits[w].arising * weight[w] for w in assistants)
        shares[f"assistant_{name}_on_device"] = ratio(on_device, arising)
    # The loop ends with the requests.
    return shares | {"assistant_requests_per_s": arising}


def _population(demand: WorkloadDemand, scores: Values, like: Array) -> Array:
    population = np.ones_like(like)
    for driver, role in demand.terms.terms:
        if role == "factor" and driver.unit not in ("share", "h/day", "min/day", "1/day", "1/h", "1/yr"):
            population = population * driver.values(scores)
    return population


def installed(
    fleets: Mapping[str, FleetSums],
    use: EdgeUse,
    device_traits: Mapping[str, Mapping[str, float]],
    trait: str,
) -> dict[str, Array]:
    """A trait summed over all units in use at the end of each year, by segment, (draws, years).

    Devices bought for one task add their own number times their own trait.
    """
    totals = {segment: sums.installed[trait] for segment, sums in fleets.items()}
    for (segment, device_id), units in use.dedicated_units.items():
        _add(totals, segment, units * device_traits[device_id][trait])
    return totals


def _add(totals: dict, key: object, amount: Array) -> None:
    totals[key] = totals[key] + amount if key in totals else amount

"""Preference: of what an able device could serve, the share that is served there and not in the cloud.

A logit in what tells the two places apart: cost, latency, privacy and offline need, and the gap in quality.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logit

from datasets.errors import InvalidValue
from forecasting.arithmetic import like
from forecasting.breakeven import access_network, payload_bits
from forecasting.demand import WorkloadDemand
from forecasting.energy import JOULES_PER_KWH, serving_cost_usd_per_chip_j
from forecasting.fleets import Fleet, year_means
from forecasting.placement import GAIN_GRID, Host
from forecasting.scenarios import Tables
from forecasting.serving import ServingRates
from forecasting.years import LAST_HISTORY_YEAR, LAST_YEAR, YEARS

Array = NDArray[np.float64]
Values = Mapping[str, Array]
# History is told by what was served: its preference is that of its last year.
CHOICE_YEARS: NDArray[np.int64] = YEARS[YEARS >= LAST_HISTORY_YEAR]
_ELAPSED: Array = (CHOICE_YEARS - LAST_HISTORY_YEAR).astype(float)
_YEAR_OF_CHOICE = np.maximum(YEARS - LAST_HISTORY_YEAR, 0)
# Beyond it a share is none or all to the last digit, and its exponential soon overflows.
_LARGEST_LOGIT = 30.0
DEFAULT_NETWORK = "Wi-Fi + fibre, to nearest cloud region"
TERMS = {
    "base": "habit and default where nothing tells the places apart",
    "cost": "cost of serving in the cloud over cost on the device",
    "latency": "time in the cloud, network included, against time on the device",
    "privacy": "need for privacy and for working without a network",
    "quality": "months by which the model on the device lags behind the one in the cloud",
    "default": "shift of products' defaults by 2030",
}


@dataclass(frozen=True)
class Choices:
    """What tells device and cloud apart for each workload with a choice; W workloads, Y years from 2025.

    Physics is the core's over the devices of each year, at the central gain by software; what the draws move
    is scaled in `choice_terms`.

    Attributes
    ----------
    workload_ids, families : tuple of str
    cloud_h100e_s : (W, Y) array
        Seconds of a busy H100-equivalent an item, at the serving mix of the year.
    network_j : (W, 1) array
        Joules an item in access and core network.
    edge_j : (W, Y) array
        Joules an item on the able devices in use, before the gain by software.
    cloud_s, network_s : (W, Y) and (W, 1) arrays
        Seconds to the first token (else of the whole item) in the cloud, and on the way there and back.
    edge_s : (W, Y) array
        The same on the able devices in use, before the gain by software.
    follows_frontier : (W, 1) array of 0 and 1
    privacy_need, lag_ratio : (W, 1) arrays
    """

    workload_ids: tuple[str, ...]
    families: tuple[str, ...]
    cloud_h100e_s: Array
    network_j: Array
    edge_j: Array
    cloud_s: Array
    network_s: Array
    edge_s: Array
    follows_frontier: Array
    privacy_need: Array
    lag_ratio: Array

    def like(self, draws: Array) -> Choices:
        """The same in the precision of the draws."""
        arrays: dict[str, Any] = {
            name: like(own, draws) for name, own in vars(self).items() if isinstance(own, np.ndarray)
        }
        return replace(self, **arrays)


def choices(
    tables: Tables,
    demands: Mapping[str, WorkloadDemand],
    hosts: Mapping[str, Sequence[Host]],
    fleets: Mapping[str, Fleet],
    serving: ServingRates,
    cloud_operations_per_item: Mapping[str, float],
    h100_ops_per_s: float,
) -> Choices:
    """What tells device and cloud apart, for every workload that may run at either and names its preference.

    Raises
    ------
    InvalidValue
        A row of ``workload_demand`` that names a preference without an assumption.
    UnknownName
        A row that names a network that is not there.
    """
    chosen = [d for d in demands.values() if d.preference is not None and d.must_run == "anywhere"]
    rows = tables["workload_demand"].set_index("workload_id")
    central = tables["assumptions"].set_index("assumption_id")["central"]
    for demand in chosen:
        if f"edge_base_{demand.preference}" not in central.index:
            known = sorted(name.removeprefix("edge_base_") for name in central.index if "edge_base_" in name)
            raise InvalidValue(
                f"workload_demand names the preference '{demand.preference}' for '{demand.workload_id}': "
                f"choose one of {', '.join(known)}, or add the assumption 'edge_base_{demand.preference}'."
            )
    years = np.array([d.elsewhere is not None for d in chosen])[:, None] & np.ones(len(CHOICE_YEARS), bool)
    links = np.array([_network(tables, rows.loc[d.workload_id], d) for d in chosen]).reshape(-1, 2)
    able = [
        _on_able_devices(hosts.get(d.workload_id, []), fleets, float(central["edge_software_gain"]))
        for d in chosen
    ]
    cloud = [_cloud(serving, d.elsewhere, cloud_operations_per_item, h100_ops_per_s) for d in chosen]
    frontier = tables["workloads"].set_index("workload_id")["frontier_track"]
    return Choices(
        workload_ids=tuple(d.workload_id for d in chosen),
        families=tuple(str(d.preference) for d in chosen),
        cloud_h100e_s=np.where(years, _stacked([c[0] for c in cloud]), np.nan),
        network_j=links[:, 1:],
        edge_j=_stacked([a[0] for a in able]),
        cloud_s=np.where(years, _stacked([c[1] for c in cloud]), np.nan),
        network_s=links[:, :1],
        edge_s=_stacked([a[1] for a in able]),
        follows_frontier=np.array([[float(bool(frontier.get(d.elsewhere, False)))] for d in chosen]),
        privacy_need=np.nan_to_num(_column(rows, chosen, "privacy_need")),
        lag_ratio=np.nan_to_num(_column(rows, chosen, "lag_ratio")),
    )


def _stacked(rows: Sequence[Array]) -> Array:
    return np.array(rows, dtype=float).reshape(len(rows), len(CHOICE_YEARS))


def _column(rows: pd.DataFrame, chosen: Sequence[WorkloadDemand], name: str) -> Array:
    return rows.loc[[d.workload_id for d in chosen], [name]].to_numpy(float)


def _network(tables: Tables, row: pd.Series, demand: WorkloadDemand) -> tuple[float, float]:
    """Seconds on the way there and back, and joules that the network spends, an item."""
    named = row["network"] if isinstance(row["network"], str) else DEFAULT_NETWORK
    access = access_network(tables, named)
    up, down = payload_bits(tables, demand.workload_id)
    return access.time_s(up, down), access.carried_j(up, down)


def _on_able_devices(
    hosts: Sequence[Host], fleets: Mapping[str, Fleet], yearly_gain: float
) -> tuple[Array, Array]:
    """Mean joules and seconds an item over the able devices in use, without the gain; NaN if none is able."""
    rows = np.searchsorted(GAIN_GRID, _ELAPSED * np.log(yearly_gain) - 1e-9)
    sums = np.zeros((3, len(CHOICE_YEARS)))
    for host in hosts:
        units = _central_units(fleets, host)
        sums += [(units * table[rows]).sum(axis=1) for table in (host.able, host.energy_j, host.wait_s)]
    with np.errstate(invalid="ignore", divide="ignore"):
        energy, wait = np.exp(GAIN_GRID[rows]) * sums[1:] / sums[0]
    return energy, wait


def _central_units(fleets: Mapping[str, Fleet], host: Host) -> Array:
    """Units in use over each year, by vintage, with every input at its median; one of a device bought."""
    if host.dedicated:
        return np.ones((len(CHOICE_YEARS), 1))
    fleet = fleets[host.segment]
    stock = fleet.units_in_use({name: np.zeros(1) for name in fleet.inputs})
    return year_means(stock)[0, -len(CHOICE_YEARS) :]


def _cloud(
    serving: ServingRates,
    workload_id: str | None,
    operations_per_item: Mapping[str, float],
    h100_ops_per_s: float,
) -> tuple[Array, Array]:
    """Seconds of a busy H100e an item, and seconds that its user waits, at the mix of each year."""
    if workload_id is None:
        nothing = np.full(len(CHOICE_YEARS), np.nan)
        return nothing, nothing
    share = serving.by_year[workload_id][-len(CHOICE_YEARS) :]
    busy_s = operations_per_item[workload_id] / (share * h100_ops_per_s)
    return busy_s, serving.wait_s[workload_id][-len(CHOICE_YEARS) :]


def choice_terms(offered: Choices, values: Values) -> dict[str, Array]:
    """Every term of the preference p for the device, which add up to its logit.

    ``ln(p / (1 - p)) = ln(b / (1 - b)) + w_c ln(C / c) + w_l (T - t) / (T + t) + w_p n - w_q m r + s``

    - base: b, the family's share where nothing tells the places apart;
    - cost: C in the cloud over c on the device, an item: busy time * chip power * (capital written off and
      electricity, `energy.serving_cost_usd_per_chip_j`) and the network's electricity, over the device's own
      electricity, as in `breakeven.break_even`;
    - latency: T in the cloud with the network's round trip and transfer, t on the device;
    - privacy: n, the need for privacy or for working offline;
    - quality: m months of capability lag, times r, the lag ratio of the device;
    - default: s, a shift that grows along a line from 2025 to 2030.

    A term that the core has no figure for (no able device, no cloud) is 0.

    Parameters
    ----------
    offered : Choices
    values : mapping
        Drawn assumptions, (draws,) each.

    Returns
    -------
    dict of term (TERMS) to (W, Y, draws) array, some with axes of length 1
    """
    offered, elapsed = offered.like(values["edge_software_gain"]), _elapsed(values)
    gain = np.exp(-elapsed * np.log(values["edge_software_gain"]))
    to_cloud_s = (offered.cloud_s + offered.network_s)[..., None]
    edge_s = offered.edge_s[..., None] * gain
    shares = np.array([values[f"edge_base_{family}"] for family in offered.families])
    lag = np.exp(elapsed * np.log(values["capability_lag_narrowing"]))
    lag *= values["capability_lag_months"] * values["edge_quality_weight"]
    advantage = (to_cloud_s - edge_s) / (to_cloud_s + edge_s)
    return {
        "base": logit(np.clip(shares, 1e-9, 1 - 1e-9)).reshape(len(offered.families), 1, -1),
        "cost": _known(values["edge_cost_weight"] * np.log(cost_ratio(offered, values))),
        "latency": _known(values["edge_latency_weight"] * advantage),
        "privacy": offered.privacy_need[..., None] * values["edge_privacy_weight"],
        "quality": -offered.lag_ratio[..., None] * lag,
        "default": (elapsed / (LAST_YEAR - LAST_HISTORY_YEAR) * values["edge_default_shift_2030"])[None],
    }


def _elapsed(values: Values) -> Array:
    return like(_ELAPSED[:, None], values["edge_software_gain"])


def _known(term: Array) -> Array:
    return np.nan_to_num(term, copy=False, nan=0.0)


def cost_ratio(offered: Choices, values: Values) -> Array:
    """Cost of an item in the cloud over that on the device, (W, Y, draws); NaN where there is no figure."""
    offered, elapsed = offered.like(values["edge_software_gain"]), _elapsed(values)
    electricity = values["electricity_usd_per_kwh"] / JOULES_PER_KWH
    chip_w = values["chip_w_per_h100e_2025"] * np.exp(elapsed * np.log(values["chip_w_decline"]))
    # In joules that the same money buys, so that electricity cancels where both places pay it.
    busy_w = chip_w * (serving_cost_usd_per_chip_j(values) / electricity)
    frontier = np.exp(elapsed * np.log(values["frontier_model_growth"]))
    follows = offered.follows_frontier[..., None]
    cloud = offered.cloud_h100e_s[..., None] * np.where(follows > 0, busy_w * frontier, busy_w)
    cloud += offered.network_j[..., None]
    gain = np.exp(elapsed * np.log(values["edge_software_gain"]))
    return cloud * gain / offered.edge_j[..., None]


def preferences(offered: Choices, values: Values) -> dict[str, Array]:
    """Preference for the device of each workload with a choice; constant before 2025.

    Parameters
    ----------
    offered : Choices
    values : mapping
        Drawn assumptions, (draws,) each.

    Returns
    -------
    dict of workload_id to (draws, years) array of shares
    """
    base, *rest = choice_terms(offered, values).values()
    odds = base + rest[0]
    for term in rest[1:]:
        odds += term
    np.clip(odds, -_LARGEST_LOGIT, _LARGEST_LOGIT, out=odds)
    share = 1.0 / (1.0 + np.exp(-odds))
    return {
        workload_id: by_year[_YEAR_OF_CHOICE].T
        for workload_id, by_year in zip(offered.workload_ids, share, strict=True)
    }

"""Everything of a forecast that the draws do not touch: tables read once, the core evaluated once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from devices.traits import device_traits
from forecasting.accelerators import (
    AcceleratorHistory,
    accelerator_history,
    h100_peak_ops_per_s,
    yearly_growth,
)
from forecasting.cloud_sums import CloudWeights, cloud_weights
from forecasting.demand import WorkloadDemand, tokens_per_item, workload_demands
from forecasting.fleet_sums import TRAITS, Segment, segment_of
from forecasting.fleets import Fleet, fleets_by_segment, normalised_mix, vintage_mix
from forecasting.placement import (
    REFERENCE_CLOUD_DEVICE,
    CoreResults,
    Host,
    core_results,
    hosts_by_workload,
)
from forecasting.preference import Choices, choices
from forecasting.scenarios import Tables
from forecasting.serving import SEGMENT, ServingRates, serving_rates, stock_mix


@dataclass(frozen=True)
class Plan:
    """The deterministic half of a forecast.

    Attributes
    ----------
    segments : mapping of segment to Segment
        Fleets with the traits of their vintages and the workloads they host.
    dedicated_traits : mapping of device_id to mapping of trait to float
        Of devices bought for one task, SI units; an unknown trait is none.
    edge_operations_per_item, cloud_operations_per_item : mapping of workload_id to float
        Operations an item takes on a device and on the reference cloud device.
    token_workloads : mapping of workload_id to float
        Tokens an item processes, for workloads that process tokens.
    frontier_workloads : frozenset of str
        Workloads whose model grows with the frontier.
    cloud : CloudWeights
        What an item of each workload adds to the cloud's operations, tokens and accelerators.
    choices : Choices
        What tells device and cloud apart, for workloads with a choice.
    """

    segments: Mapping[str, Segment]
    dedicated_traits: Mapping[str, Mapping[str, float]]
    demands: Mapping[str, WorkloadDemand]
    hosts: Mapping[str, list[Host]]
    accelerators: AcceleratorHistory
    serving: ServingRates
    cloud: CloudWeights
    h100_ops_per_s: float
    edge_operations_per_item: Mapping[str, float]
    cloud_operations_per_item: Mapping[str, float]
    token_workloads: Mapping[str, float]
    families: Mapping[str, str]
    frontier_workloads: frozenset[str]
    driver_inputs: frozenset[str]
    choices: Choices


def prepared_plan(tables: Tables, fleet_spread: float) -> Plan:
    """Read the tables and evaluate the core over all fleet devices and workloads in demand.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    fleet_spread : float
        Standard deviation of ln speed around the core's figure (assumption ``fleet_spread``).

    Returns
    -------
    Plan
    """
    fleets = fleets_by_segment(tables)
    mix = normalised_mix(tables["fleet_mix"])
    shares = {name: vintage_mix(mix, name, fleet.vintages) for name, fleet in fleets.items()}
    core = core_results(tables, fleet_spread)
    traits = device_traits(tables)
    hosts = hosts_by_workload(tables, shares, core)
    demands = workload_demands(tables)
    workloads = tables["workloads"].set_index("workload_id")
    elsewhere = {d.elsewhere for d in demands.values() if d.elsewhere is not None}
    involved = sorted(set(demands) | elsewhere)
    accelerators = accelerator_history(tables)
    h100_ops_per_s = h100_peak_ops_per_s(tables)
    serving = _serving(tables, mix, accelerators, sorted(elsewhere), traits)
    cloud_operations = {w: core.operations_per_item(w, REFERENCE_CLOUD_DEVICE) for w in elsewhere}
    rows = workloads.loc[involved].to_dict("index")
    families = {w: str(row["family"]) for w, row in rows.items()}
    tokens = {w: t for w in involved if (t := tokens_per_item(rows[w])) > 0}
    metered = {w: tokens_per_item(rows[w], cached_too=True) for w in involved}
    frontier = frozenset(w for w, row in rows.items() if row["frontier_track"])
    inputs = {name for d in demands.values() for name in d.terms.inputs}
    dedicated = sorted({host.device_id for group in hosts.values() for host in group if host.dedicated})
    return Plan(
        segments=_segments(fleets, shares, traits, hosts),
        dedicated_traits=traits.loc[dedicated, list(TRAITS)].fillna(0.0).to_dict("index"),
        demands=demands,
        hosts=hosts,
        accelerators=accelerators,
        serving=serving,
        cloud=cloud_weights(
            sorted(elsewhere), families, cloud_operations, tokens, metered, frontier, serving, h100_ops_per_s
        ),
        h100_ops_per_s=h100_ops_per_s,
        edge_operations_per_item={w: _edge_operations(core, w) for w in demands},
        cloud_operations_per_item=cloud_operations,
        token_workloads=tokens,
        families=families,
        frontier_workloads=frontier,
        driver_inputs=frozenset(inputs | {name for f in fleets.values() for name in f.inputs}),
        choices=choices(tables, demands, hosts, fleets, serving, cloud_operations, h100_ops_per_s),
    )


def _segments(
    fleets: Mapping[str, Fleet],
    shares: Mapping[str, pd.DataFrame],
    traits: pd.DataFrame,
    hosts: Mapping[str, list[Host]],
) -> dict[str, Segment]:
    sharing = [host for group in hosts.values() for host in group if not host.dedicated]
    return {
        name: segment_of(fleet, shares[name], traits, [host for host in sharing if host.segment == name])
        for name, fleet in fleets.items()
    }


def _serving(
    tables: Tables,
    mix: pd.DataFrame,
    accelerators: AcceleratorHistory,
    workload_ids: list[str],
    traits: pd.DataFrame,
) -> ServingRates:
    """Rates over the stock's mix at the central growth of the table, the same for every scenario."""
    central = tables["assumptions"].set_index("assumption_id")["central"]
    growth = yearly_growth({name: np.array([value]) for name, value in central.items()})[0]
    over = stock_mix(
        mix[mix["segment"] == SEGMENT], accelerators, list(growth), central["accelerator_lifetime_years"]
    )
    return serving_rates(tables, over, workload_ids, traits["peak_ops_per_s"])


def _edge_operations(core: CoreResults, workload_id: str) -> float:
    return core.operations_per_item(workload_id)

"""The three series by segment: operations, power and tokens of every draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting import training_runs
from forecasting.arithmetic import ratio, total
from forecasting.cloud import data_centres, serving_demand
from forecasting.demand import frontier_scale
from forecasting.edge import EdgeUse, installed
from forecasting.fleet_sums import TRAITS, FleetSums
from forecasting.plan import Plan
from forecasting.serving import h100e_needed
from forecasting.years import SECONDS_PER_DAY

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SeriesPart:
    """One half of a projection: the series of the edge, or the two of the data centres."""

    operations: dict[tuple[str, str], dict[str, Array]]
    power_w: dict[tuple[str, str], dict[str, Array]]
    tokens: dict[str, Array]
    checks: dict[str, Array]


def edge_series(plan: Plan, fleets: Mapping[str, FleetSums], use: EdgeUse) -> SeriesPart:
    """Edge inference by fleet segment; what exceeds the sustained peak of a segment is not run."""
    totals = {trait: installed(fleets, use, plan.device_traits, trait) for trait in TRAITS}
    wanted = use.operations
    served = {s: np.minimum(ops, totals["sustained_ops_per_s"][s]) for s, ops in wanted.items()}
    ration = {s: ratio(served[s], wanted[s]) for s in wanted}
    nothing = np.zeros_like(next(iter(totals["peak_w"].values())))
    power = {s: w * ration[s] for s, w in use.power_w.items()}
    tokens: dict[str, Array] = {}
    for (segment, workload_id), items in use.items_per_s.items():
        amount = items * ration[segment] * plan.token_workloads[workload_id] * SECONDS_PER_DAY
        tokens[segment] = tokens.get(segment, nothing) + amount
    segments = sorted(totals["peak_ops_per_s"])
    return SeriesPart(
        operations={
            ("edge_inference", "demand"): {s: served.get(s, nothing) for s in segments},
            ("edge_inference", "available"): {s: totals["sustained_ops_per_s"][s] for s in segments},
            ("edge_inference", "capacity"): {s: totals["peak_ops_per_s"][s] for s in segments},
        },
        power_w={
            ("edge_inference", "demand"): {s: power.get(s, nothing) for s in segments},
            ("edge_inference", "available"): {s: totals["sustained_w"][s] for s in segments},
            ("edge_inference", "capacity"): {s: totals["peak_w"][s] for s in segments},
        },
        tokens=tokens,
        checks={"edge_shortfall": total(wanted[s] - served[s] for s in wanted)},
    )


def data_centre_series(plan: Plan, use: EdgeUse, values: Mapping[str, Array]) -> SeriesPart:
    """Training and cloud inference, which share the accelerator stock."""
    centres = data_centres(plan.accelerators, plan.h100_ops_per_s, values)
    utilisation = values["training_utilisation"][:, None]
    wanted_training = centres.wanted_peak["training"] * utilisation
    built_training = centres.mean_peak["training"] * utilisation
    training = np.minimum(built_training * centres.powered, centres.usable_peak["training"])
    runs = training_runs.by_segment(training, values)
    growth = frontier_scale(values)
    wanted = {
        w: items * plan.cloud_operations_per_item[w] * (growth if w in plan.frontier_workloads else 1.0)
        for w, items in use.elsewhere_items_per_s.items()
    }
    serving = serving_demand(
        wanted, centres.wanted_peak["cloud_inference"], centres.usable_peak["cloud_inference"], values
    )
    # What the drivers count, less what was rationed.
    items = {
        w: items * ratio(serving.operations[w], wanted[w])
        for w, items in use.elsewhere_items_per_s.items()
        if w in plan.token_workloads
    }
    by_family = {(plan.families.get(w, w), w): ops for w, ops in serving.operations.items()}
    operations: dict[tuple[str, str], dict[str, Array]] = {}
    power: dict[tuple[str, str], dict[str, Array]] = {}
    for series, segments in (("training", runs), ("cloud_inference", _summed(by_family, 0))):
        whole = total(segments.values())
        weights = {name: ratio(ops, whole) for name, ops in segments.items()}
        operations[series, "demand"] = segments
        power[series, "demand"] = _weighted(weights, centres.mean_power_w(series, values))
        for sense, share in (("available", centres.available_share), ("capacity", 1.0)):
            operations[series, sense] = _weighted(weights, centres.peak[series] * share)
            power[series, sense] = _weighted(weights, centres.full_load_w[series] * share)
    return SeriesPart(
        operations=operations,
        power_w=power,
        tokens=_cloud_tokens(plan, items),
        checks={
            "cloud_metered_tokens": SECONDS_PER_DAY
            * total([np.zeros_like(growth), *(n * plan.metered_tokens[w] for w, n in items.items())]),
            "stock_h100e": centres.h100e,
            "wanted_stock_h100e": centres.wanted_h100e,
            "powered_share": centres.powered,
            "largest_run_flop": training_runs.largest_run_flop(runs["final_runs"], values),
            "training_shortfall": wanted_training - training,
            "cloud_shortfall": serving.shortfall,
            "cloud_bottom_up": serving.bottom_up,
            "cloud_stock_route": serving.stock_route,
            "cloud_h100e_needed": h100e_needed(
                wanted, plan.serving, plan.h100_ops_per_s, values["serving_busy_ceiling"]
            ),
            "serving_h100e": centres.mean_peak["cloud_inference"] / plan.h100_ops_per_s,
        },
    )


def _cloud_tokens(plan: Plan, items_per_s: Mapping[str, Array]) -> dict[str, Array]:
    """Tokens a day by family, of the items that are served."""
    by_family = {
        (plan.families[w], w): items * plan.token_workloads[w] * SECONDS_PER_DAY
        for w, items in items_per_s.items()
    }
    return _summed(by_family, 0)


def _summed(parts: Mapping[tuple[str, str], Array], axis: int) -> dict[str, Array]:
    """Sum over the other half of the key."""
    totals: dict[str, Array] = {}
    for key, amount in parts.items():
        totals[key[axis]] = totals[key[axis]] + amount if key[axis] in totals else amount
    return totals


def _weighted(weights: Mapping[str, Array], total: Array) -> dict[str, Array]:
    return {name: total * weight for name, weight in weights.items()}

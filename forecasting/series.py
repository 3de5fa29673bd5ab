"""The three series by segment: operations, power and tokens of every draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting import training_runs
from forecasting.arithmetic import ratio, total
from forecasting.cloud import data_centres, serving_demand
from forecasting.cloud_sums import H100E, METERED, OPERATIONS, TOKENS
from forecasting.demand import frontier_scale
from forecasting.edge import EdgeUse, installed
from forecasting.fleet_sums import TRAITS, FleetSums
from forecasting.plan import Plan

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
    totals = {trait: installed(fleets, use, plan.dedicated_traits, trait) for trait in TRAITS}
    wanted = use.operations
    served = {s: np.minimum(ops, totals["sustained_ops_per_s"][s]) for s, ops in wanted.items()}
    ration = {s: ratio(served[s], wanted[s]) for s in wanted}
    nothing = np.zeros_like(next(iter(totals["peak_w"].values())))
    power = {s: w * ration[s] for s, w in use.power_w.items()}
    tokens = {s: n * ration[s] for s, n in use.tokens_per_day.items()}
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
    sums = plan.cloud.sums(use.elsewhere_items_per_s, growth)
    serving = serving_demand(
        _by_family(sums, OPERATIONS),
        centres.wanted_peak["cloud_inference"],
        centres.usable_peak["cloud_inference"],
        values,
    )
    operations: dict[tuple[str, str], dict[str, Array]] = {}
    power: dict[tuple[str, str], dict[str, Array]] = {}
    for series, segments in (("training", runs), ("cloud_inference", serving.operations)):
        whole = total(segments.values())
        operations[series, "demand"] = segments
        power[series, "demand"] = _shared(segments, whole, centres.mean_power_w(series, values))
        for sense, share in (("available", centres.available_share), ("capacity", 1.0)):
            operations[series, sense] = _shared(segments, whole, centres.peak[series] * share)
            power[series, sense] = _shared(segments, whole, centres.full_load_w[series] * share)
    return SeriesPart(
        operations=operations,
        power_w=power,
        # What the drivers count, less what was rationed.
        tokens={family: n * serving.ration for family, n in _by_family(sums, TOKENS).items()},
        checks={
            "cloud_metered_tokens": sums.get((METERED, ""), np.zeros_like(growth)) * serving.ration,
            "stock_h100e": centres.h100e,
            "wanted_stock_h100e": centres.wanted_h100e,
            "powered_share": centres.powered,
            "largest_run_flop": training_runs.largest_run_flop(runs["final_runs"], values),
            "training_shortfall": wanted_training - training,
            "cloud_shortfall": serving.shortfall,
            "cloud_bottom_up": serving.bottom_up,
            "cloud_stock_route": serving.stock_route,
            "cloud_h100e_needed": sums[H100E, ""] / values["serving_busy_ceiling"][:, None],
            "serving_h100e": centres.mean_peak["cloud_inference"] / plan.h100_ops_per_s,
        },
    )


def _by_family(sums: Mapping[tuple[str, str], Array], measure: str) -> dict[str, Array]:
    return {family: amount for (of, family), amount in sums.items() if of == measure}


def _shared(segments: Mapping[str, Array], whole: Array, amount: Array) -> dict[str, Array]:
    """An amount shared out in proportion to the segments, whose sum is the whole."""
    each = ratio(amount, whole)
    return {name: segment * each for name, segment in segments.items()}

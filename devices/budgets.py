"""Devices against workloads: a row a pair with time, power, memory, the binding roof, the failed budget."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from devices.catalogue import (
    Pairs,
    Tables,
    crossed_pairs,
    hardware_named,
    networks_named,
    workloads_named,
)
from devices.largest import largest_batch, longest_prompt
from devices.options import PLAIN, Options, Serving
from devices.outcome import Outcome, outcome
from devices.residence import cache_waste_share
from devices.roofline import attainable_ops_per_s
from devices.running_cost import running_cost
from devices.settings import Overrides, Settings, replaced, settings
from devices.terms import Terms, terms_of
from devices.units import GB, Floats
from devices.verdict import Verdict, verdict

# Standard normal quantile of 90 %: the bounds of an 80 % interval on a logarithmic scale.
INTERVAL_80 = 1.2815515655446004


def budgets(
    tables: Tables,
    device_ids: Sequence[str] | None = None,
    workload_ids: Sequence[str] | None = None,
    *,
    model_id: str | None = None,
    weight_precision: str | None = None,
    compute_precision: str | None = None,
    kv_precision: str | None = None,
    batch: float | None = None,
    prompt_tokens: float | None = None,
    output_tokens: float | None = None,
    devices: float = 1,
    options: Options = PLAIN,
) -> pd.DataFrame:
    """Every device against every workload.

    A device in a data centre takes the workload's cloud batch and weight precision, any other the edge's.
    Times are those of the device alone, without the network. A training run is no latency budget: its row
    carries a reason and no figure (`devices.training` has its arithmetic). A power budget counts what the
    work adds to a device at rest, and does not bind on mains-powered PCs and servers.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        `devices`, `device_peaks`, `models`, `workloads` and `efficiencies`, as in the database.
    device_ids, workload_ids : sequence of str, optional
        Which rows; all when None.
    model_id : str, optional
        A model in place of each workload's own.
    weight_precision, compute_precision, kv_precision : str, optional
        Formats in place of the defaults.
    batch, prompt_tokens, output_tokens : float, optional
        In place of each workload's own.
    devices : float
        Devices that share the model by tensor parallelism.
    options : Options
        Techniques, layout over devices, links and prices, for every pair.

    Returns
    -------
    pandas.DataFrame
        Devices slowest; times in s, power in W, energy in J, memory in GB. `margin` is the largest ratio of a
        prediction to its budget: at most 1 within, infinite without enough memory, NaN where the pair cannot
        be evaluated. `largest_batch` and `longest_prompt` are what memory holds; the columns after them are
        those of `devices.running_cost`.

    Raises
    ------
    UnknownName
        If a device, workload or model is not in the catalogue.
    InvalidValue
        If a setting is out of range, or a single named device lacks a precision that was asked for.
    """
    pairs = named_pairs(tables, device_ids, workload_ids, model_id)
    overrides = Overrides(
        weight_precision,
        compute_precision,
        kv_precision,
        batch,
        prompt_tokens,
        output_tokens,
        devices,
        serving_of(tables, options),
    )
    return budget_frame(pairs, tables["efficiencies"], overrides, terms_of(tables))


def named_pairs(
    tables: Tables,
    device_ids: Sequence[str] | None,
    workload_ids: Sequence[str] | None,
    model_id: str | None,
) -> Pairs:
    """Every device named, or all, with every workload named, or all, and its model or the one named."""
    hardware = hardware_named(tables, device_ids)
    workloads = workloads_named(tables, workload_ids)
    models = workloads.model_id if model_id is None else [model_id] * len(workloads)
    return crossed_pairs(hardware, workloads, networks_named(tables, models))


def serving_of(tables: Tables, options: Options) -> Serving:
    """The options with the network that drafts, from the catalogue."""
    named = options.draft_model
    return Serving(options, None if named is None else networks_named(tables, [named]))


def budget_frame(
    pairs: Pairs, efficiencies: pd.DataFrame, overrides: Overrides | None, terms: Terms
) -> pd.DataFrame:
    """The rows of `budgets` for pairs that already stand side by side; `terms` as `terms_of` gives them."""
    if overrides is not None:
        pairs = replaced(pairs, overrides.serving.options)
    chosen = settings(pairs, overrides)
    found = outcome(pairs, chosen, efficiencies)
    judged = verdict(pairs, chosen, found)
    return _frame(pairs, chosen, _blanked(found, judged), judged, terms)


def _blanked(found: Outcome, judged: Verdict) -> Outcome:
    """Take the figures out of pairs that cannot be evaluated."""
    unknown = np.isnan(judged.margin)
    changed = {}
    for name, values in vars(found).items():
        if values.dtype == np.float64 and not name.startswith("memory"):
            changed[name] = np.where(unknown, np.nan, values)
    roofs = {
        name: np.where(unknown, "", getattr(found, name)).astype(object) for name in ("roof", "first_roof")
    }
    return found.changed(**changed, **roofs, throttled=found.throttled & ~unknown)


def _frame(pairs: Pairs, chosen: Settings, found: Outcome, judged: Verdict, terms: Terms) -> pd.DataFrame:
    leading = {
        "device_id": pairs.hardware.device_id,
        "workload_id": pairs.workloads.workload_id,
        "model_id": pairs.networks.model_id,
        "weight_precision": chosen.weight_precision,
        "batch": chosen.batch,
        "prompt_tokens": chosen.prompt_tokens,
        "output_tokens": chosen.output_tokens,
        "devices": chosen.devices,
        "fits_memory": found.fits_memory,
        "first_token_s": found.first_token_s,
        "per_token_s": found.per_token_s,
        "tokens_per_s": found.tokens_per_s,
        "power_w": found.power_w,
        "energy_per_token_j": found.energy_per_token_j,
        "binding_roof": found.roof,
        "within_budget": judged.within,
        "reason": judged.reason,
        "compute_precision": chosen.compute_precision,
        "kv_precision": chosen.kv_precision,
    }
    with np.errstate(invalid="ignore", divide="ignore"):
        served = {**_serving(pairs, chosen, found), **running_cost(pairs, chosen, found, terms)}
    return pd.DataFrame({**leading, **_further(pairs, chosen, found, judged), **served})


def _serving(pairs: Pairs, chosen: Settings, found: Outcome) -> dict[str, np.ndarray]:
    link = chosen.serving.options.offload or ""
    return {
        "offloaded_gb": found.offloaded_bytes / GB,
        "offload_link": np.where(found.offloaded_bytes > 0.0, link, "").astype(object),
        "network_share": found.network_share,
        "largest_batch": largest_batch(pairs, chosen, found.memory_needed_bytes),
        "cache_waste_share": cache_waste_share(pairs, chosen),
        "longest_prompt": longest_prompt(pairs, chosen, found.memory_needed_bytes),
    }


def headroom(pairs: Pairs, chosen: Settings, found: Outcome) -> Floats:
    """How many times faster the ideal roofline is, ``min(C, I M)`` over the predicted rate.

    Below 1 only where weights are read on chip, faster than the main memory that M stands for.
    """
    peak, bandwidth = chosen.peak_ops_per_s, pairs.hardware.memory_bytes_per_s
    ideal = chosen.devices * attainable_ops_per_s(found.intensity, peak, bandwidth)
    return ideal / found.attained_ops_per_s


def _further(pairs: Pairs, chosen: Settings, found: Outcome, judged: Verdict) -> dict[str, np.ndarray]:
    return {
        "items_per_s": found.items_per_s,
        "latency_s": found.latency_s,
        "operations_per_item": found.operations_per_item,
        "energy_per_item_j": found.energy_per_item_j,
        "margin": judged.margin,
        "memory_needed_gb": found.memory_needed_bytes / GB,
        "memory_short_gb": found.memory_short_bytes / GB,
        "arithmetic_intensity": found.intensity,
        "ridge_point": found.ridge,
        "headroom": headroom(pairs, chosen, found),
        **_interval("first_token_s", found.first_token_s, found.first_spread),
        **_interval("per_token_s", found.per_token_s, found.spread),
        **_interval("power_w", found.power_w, found.power_spread),
        "throttled": found.throttled,
        "device_confidence": pairs.hardware.confidence,
        "workload_confidence": pairs.workloads.confidence,
        "attained_ops_per_s": found.attained_ops_per_s,
        **_interval("tokens_per_s", found.tokens_per_s, found.spread),
        **_interval("energy_per_token_j", found.energy_per_token_j, found.energy_spread),
        **_interval("items_per_s", found.items_per_s, found.spread),
        **_interval("latency_s", found.latency_s, found.spread),
        **_interval("energy_per_item_j", found.energy_per_item_j, found.energy_spread),
    }


def _interval(name: str, central: Floats, spread: Floats) -> dict[str, Floats]:
    factor = np.exp(INTERVAL_80 * spread)
    return {f"{name}_low": central / factor, f"{name}_high": central * factor}

"""The largest training run of each year: what caps it, how many like it could run, and what one takes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devices.catalogue import hardware_named
from devices.cluster_step import TENSOR_WIDTHS, Cluster, cluster_step
from devices.links import link_named
from devices.training import devices_for_run
from devices.training_layouts import MOST_TENSOR
from devices.training_memory import model_state
from devices.training_terms import DATA_LINK, run_terms
from devices.units import GB
from forecasting.bands import BAND_COLUMNS, band_quantiles
from forecasting.draws import Projection
from forecasting.fleets import normalised_mix, vintage_mix
from forecasting.scenarios import Tables
from forecasting.serving import SEGMENT
from forecasting.training_runs import fed_flop
from forecasting.years import DAYS_PER_YEAR, LAST_HISTORY_YEAR, YEARS

Array = NDArray[np.float64]
# Runs grew longer by 1.4 a year and meet their cap at about nine months: beyond it a newer run overtakes.
LONGEST_RUN_YEARS = 0.75
# Tokens a parameter of a run that spends its operations best (Hoffmann et al. 2022).
TOKENS_PER_PARAMETER = 20.0
# Tokens of a step: 16 million for the 3.8e25 FLOP of Llama 3 405B (arXiv 2407.21783), growing with the
# operations to the power 0.3271 (DeepSeek LLM, arXiv 2401.02954).
BATCH_TOKENS, BATCH_FLOP, BATCH_EXPONENT = 16e6, 3.8e25, 0.3271
# Of the 16-bit peak, Llama 3 405B reached 41 % on 16,384 H100 (arXiv 2407.21783); `cluster_step` says 61 %.
REACHED_OVER_BOUND = 0.41 / 0.61
RACKS_FROM, FAST_PORTS_FROM = 2026, 2027
_REFERENCE_DEVICE, _PRECISION = "h100_sxm", "bf16"
MEASURES = {
    "largest_run": "FLOP",
    "fed": "FLOP",
    "runs_like_it": "runs/yr",
    "capped": "share",
    "h100e_for_nine_months": "H100e (8-bit)",
    "share_of_stock": "share",
    "power": "GW",
    "parameters": "parameters",
    "share_of_memory": "share",
    "batch": "token",
    "network_share": "share",
    "utilisation_reached": "share of dense 8-bit peak",
    "network_limited": "share",
}
COLUMNS = ["scenario_id", "measure", "year", "unit", *BAND_COLUMNS]


def largest_runs(drawn: Projection, tables: Tables) -> pd.DataFrame:
    """The largest run by year with its cap, the machines that it takes in nine months, and their memory.

    Parameters
    ----------
    drawn : Projection
    tables : mapping of str to DataFrame

    Returns
    -------
    DataFrame
        Columns scenario_id, measure, year (from 2025), unit, p5, p25, p50, p75, p95. Measures:
        ``largest_run`` and ``fed``, what a year of final runs executes, which caps it; ``runs_like_it``, fed
        over the largest; ``capped``, the share of the draws that the cap binds (the same in every column);
        ``h100e_for_nine_months`` at the utilisation of training, their ``share_of_stock`` and facility
        ``power``; ``parameters`` of a model trained on 20 tokens a parameter (6 N D operations), and the
        ``share_of_memory`` of those machines, counted as H100s, that its weights, gradients and optimiser
        take when each holds its part (ZeRO stage 3): below 1, memory does not stand in the way; ``batch``,
        tokens of a step; ``network_share``, what of a step the links of the year's `clusters` take and
        arithmetic does not hide (`devices.cluster_step`);
        ``utilisation_reached`` with it, as measured runs fall short of such a step; ``network_limited``,
        the share of the draws in which training_utilisation asks for more and would have it over links
        without end: those runs the network cannot feed (the same in every column).
    """
    there = YEARS >= LAST_HISTORY_YEAR
    values, run = drawn.values, drawn.checks["largest_run_flop"][:, there]
    fed = fed_flop(drawn.operations["training", "demand"]["final_runs"])[:, there]
    stock = drawn.checks["stock_h100e"][:, there]
    seconds = np.asarray(LONGEST_RUN_YEARS * DAYS_PER_YEAR * 86_400)
    machines = devices_for_run(
        run, seconds, np.asarray(drawn.h100_ops_per_s), values["training_utilisation"][:, None]
    )
    parameters = np.sqrt(run / (6 * TOKENS_PER_PARAMETER))
    memory = float(tables["devices"].set_index("device_id").at[_REFERENCE_DEVICE, "memory_gb"]) * GB
    cluster = clusters(tables, YEARS[there])
    batch = BATCH_TOKENS * (run / BATCH_FLOP) ** BATCH_EXPONENT
    # An H100e is two 16-bit operations of an H100 for one: half of its 8-bit peak.
    devices = machines * drawn.h100_ops_per_s / (2 * cluster.peak_ops_per_s)
    step, free = (
        cluster_step(parameters, batch, devices, links) for links in (cluster, cluster.with_free_links())
    )
    reached, unhindered = (REACHED_OVER_BOUND * s.model_utilisation / 2 for s in (step, free))
    asked = values["training_utilisation"][:, None]
    limited = np.mean((reached < asked) & (unhindered >= asked), axis=0)
    capped = np.broadcast_to(np.mean(run >= fed * (1 - 1e-9), axis=0), run.shape)
    amounts = {
        "largest_run": run,
        "fed": fed,
        "runs_like_it": fed / run,
        "capped": capped,
        "h100e_for_nine_months": machines,
        "share_of_stock": machines / stock,
        "power": _facility_gw(drawn)[:, there] * machines / stock,
        "parameters": parameters,
        "share_of_memory": model_state(parameters, machines, 3).total / memory,
        "batch": batch,
        "network_share": step.network_share,
        "utilisation_reached": reached,
        "network_limited": np.broadcast_to(limited, run.shape),
    }
    frames = [
        pd.DataFrame(band_quantiles(amounts[measure]), columns=BAND_COLUMNS).assign(
            measure=measure, unit=unit, year=YEARS[there]
        )
        for measure, unit in MEASURES.items()
    ]
    return pd.concat(frames, ignore_index=True).assign(scenario_id=drawn.scenario_id)[COLUMNS]


def clusters(tables: Tables, years: NDArray[np.int64]) -> Cluster:
    """What the largest run of each year is laid out on: the accelerator that was added most the year before.

    Only those whose 16-bit peak and links are known count. Eight devices share fast links until 2025, 64 (of
    the 72 of a GB200 rack) since; each has a port of 400 Gbit/s to the rest, from 2027 of 800 Gbit/s.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    years : (Y,) array
    """
    mix = normalised_mix(tables["fleet_mix"]).query("segment == @SEGMENT")
    hardware = hardware_named(tables, sorted(mix["device_id"].unique()))
    known = ~np.isnan(
        hardware.peak_of(_PRECISION) * hardware.interconnect_bytes_per_s * hardware.memory_bytes
    )
    shares = vintage_mix(mix, SEGMENT, years - 1).reindex(hardware.device_id).to_numpy()
    chosen = np.argmax(np.where(known[:, None], shares, -1.0), axis=0)
    terms = run_terms(tables, tokens=1.0)
    ports = [link_named("ethernet_800g" if year >= FAST_PORTS_FROM else DATA_LINK) for year in years]
    return Cluster(
        peak_ops_per_s=hardware.peak_of(_PRECISION)[chosen],
        reachable_share=terms.reachable_share,
        memory_bytes=hardware.memory_bytes[chosen],
        fast_devices=np.where(years < RACKS_FROM, float(MOST_TENSOR), TENSOR_WIDTHS[-1]),
        fast_link_bytes_per_s=hardware.interconnect_bytes_per_s[chosen],
        data_link_bytes_per_s=np.array(ports),
    )


def _facility_gw(drawn: Projection) -> Array:
    parts = [
        watts for s in ("training", "cloud_inference") for watts in drawn.power_w[s, "capacity"].values()
    ]
    return np.sum(parts, axis=0) / 1e9

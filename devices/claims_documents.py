"""Claims about the world of 2030, workloads and rules of thumb, and those that a document only quotes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from datasets.errors import UnknownName
from devices import document_arithmetic as arithmetic
from devices.claims_evidence import Claim, Evidence, Finding, found, found_between, not_computed, stated
from devices.networks import operations_per_token
from devices.units import TERA, Floats, element_bytes

_FIGURE_4 = "figure_4_{}_2030"
_LITERAL_UNIT = "A published series, kept as printed"


def _figure_4(evidence: Evidence, series: str) -> Floats:
    forecasts = evidence.tables["published_forecasts"]
    rows = forecasts[forecasts["forecast_id"] == _FIGURE_4.format(series)]
    if rows.empty:
        raise UnknownName("published forecast", _FIGURE_4.format(series), forecasts["forecast_id"])
    return stated(float(rows["value"].iloc[0]))


def _published_series(series: str) -> Claim:
    def claim(evidence: Evidence) -> Finding:
        printed = _figure_4(evidence, series)
        chip = evidence.peak_ops_per_s("h100_sxm", "int8") / TERA
        return not_computed(
            f"{_LITERAL_UNIT}; read literally it is the dense 8-bit peak of "
            f"{float((printed / chip)[0]):,.0f} H100s, so the unit cannot be meant."
        )

    return claim


def _edge_share(evidence: Evidence) -> Finding:
    edge = _figure_4(evidence, "edge_inference")
    everything = edge + _figure_4(evidence, "training") + _figure_4(evidence, "cloud_inference")
    return found(edge / everything, "Share of the three printed series; it does not depend on their unit.")


def _training_growth(evidence: Evidence) -> Finding:
    start = _figure_4(evidence, "training") / stated(4.0) ** 8
    return not_computed(
        f"A published growth; four times a year for eight years ends at the printed 2030 value "
        f"if 2022 stood at {float(start):.1f} TOPS."
    )


def _phone_roadmap(evidence: Evidence) -> Finding:
    devices, peaks = evidence.tables["devices"], evidence.tables["device_peaks"]
    phones = devices.loc[devices["segment"] == "phone", ["device_id", "introduced"]]
    engines = peaks.loc[peaks["precision"] == "int8", ["device_id", "dense_tops"]]
    both = phones.merge(engines, on="device_id")
    year = pd.to_numeric(both["introduced"].str[:4])
    best = both["dense_tops"].groupby(year).max()
    coming = best[best.index >= 2026]
    return found_between(
        coming.min() if len(coming) else np.nan,
        coming.max() if len(coming) else np.nan,
        "Fastest phone of each year from 2026 on in the catalogue, dense 8 bit, estimates; the lower end of "
        f"what is stated for the future was reached in {_first_year(best, 60.0)}.",
    )


def _first_year(best: pd.Series, least: float) -> str:
    reached = best[best >= least]
    return str(reached.index.min()) if len(reached) else "no year"


def _driving_rate(evidence: Evidence) -> Finding:
    workloads = evidence.tables["workloads"]
    rates = pd.to_numeric(workloads.loc[workloads["workload_id"].str.startswith("fsd_"), "items_per_s"])
    slowest, fastest = float(rates.min()), float(rates.max())
    return found_between(
        slowest,
        fastest,
        f"Driving loops of the catalogue: {1e3 / slowest:.0f} ms a frame down to {1e3 / fastest:.0f} ms, "
        f"since current cars run end to end at {fastest:g} frames a second, above the range that is stated.",
    )


def _robot_chips(evidence: Evidence) -> Finding:
    board = evidence.peak_ops_per_s("tesla_hw4", "int8")
    chips = evidence.peak_ops_per_s("tesla_optimus", "int8") / (board / 2.0)
    return found(chips, "Peak of the robot's computer over that of one of the two chips of an HW4 board.")


def _fibre_speed(_: Evidence) -> Finding:
    share = arithmetic.fibre_speed_share()
    trip = float(arithmetic.fibre_round_trip_s(stated(1e6))) * 1e3
    return found(
        share,
        f"One over the group index of silica fibre, {share:.3f} before rounding: at least {trip:.1f} ms "
        "there and back for each 1,000 km.",
    )


def _patterson(_: Evidence) -> Finding:
    return found(
        arithmetic.bandwidth_improvement(stated(10.0)),
        "Ten times less latency goes with its square in bandwidth: a rule of thumb over decades, no law.",
    )


def _cpu_instructions(_: Evidence) -> Finding:
    return found(
        arithmetic.naive_matmul_instructions(rows=stated(100), inner=stated(100), columns=stated(1)),
        "The document's own count with M = N = 100 and K = 1; it charges the overhead of the outer loops "
        "to every element.",
    )


def _memory_energy(evidence: Evidence) -> Finding:
    network = evidence.network("llama_3_8b")
    byte_j = evidence.energy_j("HBM3/3E")
    operation_j = (evidence.energy_j("bf16 multiply", "7 nm") + evidence.energy_j("bf16 add", "7 nm")) / 2.0
    moved = network.params * element_bytes(["bf16"])
    shares = [
        float(
            arithmetic.memory_energy_share(moved, byte_j, batch * operations_per_token(network), operation_j)[
                0
            ]
        )
        for batch in (1.0, 256.0)
    ]
    return found(
        shares[0],
        "Quoted for whole systems; the energies an operation and a byte give this share for weights from "
        f"HBM and bare arithmetic at batch 1, and {shares[1]:.0%} at batch 256.",
    )


def _accelerator_power(evidence: Evidence) -> Finding:
    ratio = evidence.device_figure("a100_40", "tdp_w") / evidence.device_figure("tpu_v4", "tdp_w")
    return found(
        ratio,
        "Quoted from measured MLPerf systems; the two chips' maximum powers stand in this ratio.",
    )


DOCUMENT_CLAIMS: Mapping[str, Claim] = {
    "fig4_training_2030": _published_series("training"),
    "fig4_cloud_2030": _published_series("cloud_inference"),
    "fig4_edge_2030": _published_series("edge_inference"),
    "fig4_training_growth": _training_growth,
    "fig4_edge_share_2030": _edge_share,
    "npu_roadmap": _phone_roadmap,
    "fsd_fps": _driving_rate,
    "optimus_chips": _robot_chips,
    "fiber_speed": _fibre_speed,
    "patterson": _patterson,
    "cpu_instructions": _cpu_instructions,
    "memory_energy_share": _memory_energy,
    "tpu4_power": _accelerator_power,
    "training_matmul_share": lambda _: not_computed(
        "Quoted; every operation that the core counts is one of a matrix product, so it has no figure of "
        "its own."
    ),
    "optimal_bits": lambda _: not_computed("Quoted from studies of accuracy, which the core does not model."),
    "prompt_cache": lambda _: not_computed(
        "A provider's price list and latency; the cached share of a prompt is a setting of every workload."
    ),
    "continuous_batching": lambda _: not_computed("Quoted from measured servers."),
}

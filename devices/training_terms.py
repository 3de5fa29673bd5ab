"""What a training run takes as given where nobody says otherwise, and the copies that end it in time."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from datasets.errors import InvalidValue
from devices.catalogue import Tables
from devices.efficiency import ENGINE, reachable_shares
from devices.links import BYTES_PER_GB, link_named
from devices.training_plan import RunTerms, training_plan
from devices.training_step import Layout

# Terms by the assumption whose central value counts.
ASSUMED: dict[str, str] = {
    "power_share": "mean_over_peak_power",
    "server_overhead": "it_over_chip",
    "pue": "pue",
    "usd_per_kwh": "electricity_usd_per_kwh",
    "device_lifetime_years": "accelerator_lifetime_years",
}
# One network port of 400 Gbit/s for each accelerator, as in published clusters (Llama 3, arXiv 2407.21783).
DATA_LINK = "ethernet_400g"
# Share of a copy that counts as none.
ROUNDING = 1e-9


def run_terms(tables: Tables, tokens: float, **given: float | None) -> RunTerms:
    """Terms of a run: those given, and for the rest the fit and the central assumptions.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        With `efficiencies` and `assumptions`.
    tokens : float
        Tokens of the run.
    **given : float or None
        Fields of `RunTerms`; None counts as not given. The reachable share is that of 16-bit matrices in
        engines, as fitted to measured prefill.

    Raises
    ------
    InvalidValue
        If a term is out of range, or an assumption that stands for it is missing.
    """
    known: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if "reachable_share" not in known:
        labels = [np.array([name], dtype=object) for name in (ENGINE, "16", "decoder")]
        known["reachable_share"] = float(reachable_shares(tables["efficiencies"], *labels).compute[0])
    known.setdefault("data_link_gb_per_s", link_named(DATA_LINK) / BYTES_PER_GB)
    central = tables["assumptions"].set_index("assumption_id")["central"]
    for name, assumption in ASSUMED.items():
        if name in known:
            continue
        if assumption not in central.index:
            raise InvalidValue(f"There is no assumption '{assumption}': give {name}, or restore its row.")
        known[name] = float(central[assumption])
    return RunTerms(tokens=tokens, **known)


def layout_in_time(
    tables: Tables,
    model_id: str,
    device_id: str,
    layout: Layout,
    terms: RunTerms,
    days: float,
    precision: str,
) -> Layout:
    """The layout with the fewest copies of the whole that finish the run within `days` on one device type.

    Each copy brings its own part of the batch, so that more copies also make larger and fewer steps.

    Raises
    ------
    InvalidValue
        If the days are not above 0, or the device's time is not known.
    """
    if not (math.isfinite(days) and days > 0.0):
        raise InvalidValue(f"days is {days:g}: it must be a finite number above 0.")

    def taken(copies: int) -> float:
        plan = training_plan(
            tables, model_id, [device_id], replace(layout, data=copies), terms, precision=precision
        )
        return float(plan["days"].iloc[0])

    if math.isnan(taken(1)):
        raise InvalidValue(
            f"Device '{device_id}' has no peak at {precision}, or no link for its layers: "
            "its days are not known."
        )
    copies, wanted = 0, 1
    while wanted > copies:
        copies = wanted
        wanted = math.ceil(copies * taken(copies) / days * (1.0 - ROUNDING))
    while copies > 1 and taken(copies - 1) <= days:
        copies -= 1
    return replace(layout, data=copies)

"""A training run on devices of the catalogue: days, utilisation, memory, energy and cost, a row a device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from datasets.errors import InvalidValue
from devices.catalogue import Tables, hardware_named, networks_named
from devices.hardware import Hardware
from devices.networks import Networks
from devices.power import power_limits
from devices.training import (
    DAY_S,
    KILOWATT_HOUR_J,
    run_capital_usd,
    run_electricity_usd,
    run_energy_j,
    training_operations_per_token,
)
from devices.training_step import Layout, TrainingStep, live_activation_bytes, state_bytes, training_step
from devices.units import GB, Floats

YEAR_S = 365.25 * DAY_S


@dataclass(frozen=True)
class RunTerms:
    """What a plan takes as given beside the layout.

    Attributes
    ----------
    tokens : float
        Tokens of the run.
    reachable_share : float
        Share of the dense peak that matrix products reach.
    data_link_gb_per_s : float
        Bandwidth of one device to the other copies, one direction.
    power_share : float
        Mean power of a device over its maximum.
    server_overhead, pue : float
        Power of the equipment over its accelerators', and of the building over the equipment's.
    usd_per_kwh : float
        Price of electricity.
    device_lifetime_years : float
        Years over which a device is written off.
    """

    tokens: float
    reachable_share: float
    data_link_gb_per_s: float
    power_share: float
    server_overhead: float
    pue: float
    usd_per_kwh: float
    device_lifetime_years: float

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not (np.isfinite(value) and value > 0.0):
                raise InvalidValue(f"{field.name} is {value:g}: it must be a finite number above 0.")
        for name in ("reachable_share", "power_share"):
            if getattr(self, name) > 1.0:
                raise InvalidValue(f"{name} is {getattr(self, name):g}: a share is at most 1.")


def training_plan(
    tables: Tables,
    model_id: str,
    device_ids: Sequence[str],
    layout: Layout,
    terms: RunTerms,
    *,
    precision: str = "bf16",
) -> pd.DataFrame:
    """One run of a model on each of several devices.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        `devices`, `device_peaks` and `models`.
    model_id : str
        A model whose layers, heads and hidden width are known.
    device_ids : sequence of str
    layout, terms : Layout, RunTerms
    precision : str
        Arithmetic of the matrix products.

    Returns
    -------
    pandas.DataFrame
        A row a device: device_id, devices, steps, step_s, compute_s, tensor_s, bubble_s, gradient_s,
        model_utilisation, days, state_gb, activation_gb, memory_gb, fits_memory, energy_mwh, electricity_usd,
        capital_usd, facility_mw (mean power of the building), operations (of the model, recomputation left
        out). NaN where the catalogue is silent (peak, link, price).

    Raises
    ------
    UnknownName
        If a device or the model is not in the catalogue.
    InvalidValue
        If the model's shapes are unknown, or no device has a peak at `precision`.
    """
    hardware = hardware_named(tables, device_ids)
    networks = networks_named(tables, [model_id] * len(hardware))
    _refuse_unknown(networks, hardware.peak_of(precision), precision)
    step = training_step(
        networks,
        layout,
        peak_ops_per_s=hardware.peak_of(precision),
        reachable_share=np.full(len(hardware), terms.reachable_share),
        tensor_link_bytes_per_s=hardware.interconnect_bytes_per_s,
        data_link_bytes_per_s=np.full(len(hardware), terms.data_link_gb_per_s * GB),
    )
    steps = terms.tokens / layout.batch_tokens
    seconds = steps * step.time_s
    return pd.DataFrame(
        {
            "device_id": hardware.device_id,
            "devices": layout.devices,
            "steps": steps,
            **_step_columns(step),
            "days": seconds / DAY_S,
            **_memory_columns(hardware, networks, layout),
            **_energy_and_cost(hardware, layout, terms, seconds),
            "operations": terms.tokens
            * training_operations_per_token(networks, np.asarray(float(layout.sequence_tokens))),
        }
    )


def _refuse_unknown(networks: Networks, peak: Floats, precision: str) -> None:
    if np.isnan(networks.hidden * networks.layers * networks.heads).any():
        model = networks.model_id[0]
        raise InvalidValue(f"Model '{model}' has no layers, heads and hidden width: its training is unknown.")
    if np.isnan(peak).all():
        raise InvalidValue(f"None of the devices has a dense peak at {precision}: choose another precision.")


def _step_columns(step: TrainingStep) -> dict[str, Floats]:
    return {
        "step_s": step.time_s,
        "compute_s": step.compute_s,
        "tensor_s": step.tensor_s,
        "bubble_s": step.bubble_s,
        "gradient_s": step.gradient_s,
        "model_utilisation": step.model_utilisation,
    }


def _memory_columns(hardware: Hardware, networks: Networks, layout: Layout) -> dict[str, np.ndarray]:
    state, alive = state_bytes(networks, layout), live_activation_bytes(networks, layout)
    return {
        "state_gb": state / GB,
        "activation_gb": alive / GB,
        "memory_gb": hardware.memory_bytes / GB,
        "fits_memory": state + alive <= hardware.memory_bytes,
    }


def _energy_and_cost(
    hardware: Hardware, layout: Layout, terms: RunTerms, seconds: Floats
) -> dict[str, Floats]:
    devices = np.asarray(float(layout.devices))
    energy_j = run_energy_j(
        devices,
        terms.power_share * power_limits(hardware).peak_w,
        seconds,
        np.asarray(terms.server_overhead),
        np.asarray(terms.pue),
    )
    return {
        "energy_mwh": energy_j / KILOWATT_HOUR_J / 1e3,
        "electricity_usd": run_electricity_usd(energy_j, np.asarray(terms.usd_per_kwh)),
        "capital_usd": run_capital_usd(
            devices, hardware.price_usd, seconds, np.asarray(terms.device_lifetime_years * YEAR_S)
        ),
        "facility_mw": energy_j / seconds / 1e6,
    }

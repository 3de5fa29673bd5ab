"""Edge against cloud for one request: latency, energy and cost over distance, access network and payload."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.errors import InvalidValue, UnknownName
from devices.budgets import budgets
from forecasting.scenarios import Tables
from forecasting.years import HOURS_PER_YEAR

Array = NDArray[np.float64]
SPEED_OF_LIGHT_M_PER_S = 299_792_458.0
# Signals in fibre travel at about 0.7 c (the glass's refractive index is near 1.47).
FIBRE_SHARE_OF_C = 0.7
# Cable routes are longer than the straight line; 1.5 is the usual allowance for terrestrial paths.
ROUTE_OVER_LINE = 1.5
DISTANCES_KM = (0.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0)


@dataclass(frozen=True)
class AccessNetwork:
    """A row of ``networks`` in SI units."""

    name: str
    round_trip_s: float
    uplink_bits_per_s: float
    downlink_bits_per_s: float
    device_j_per_bit_up: float
    device_j_per_bit_down: float
    network_j_per_bit: float

    def time_s(self, up_bits: float, down_bits: float) -> float:
        """Round trip and transfer of a request's payload, s."""
        return self.round_trip_s + up_bits / self.uplink_bits_per_s + down_bits / self.downlink_bits_per_s

    def carried_j(self, up_bits: float, down_bits: float) -> float:
        """Energy that the network itself spends on a payload, J."""
        return (up_bits + down_bits) * self.network_j_per_bit


def access_network(tables: Tables, name: str) -> AccessNetwork:
    """One access network by its name.

    Raises
    ------
    UnknownName
        If there is none of that name.
    InvalidValue
        If its row lacks a throughput, so that no transfer time exists.
    """
    networks = tables["networks"].set_index("network")
    if name not in networks.index:
        raise UnknownName("network", name, networks.index)
    row = networks.loc[name]
    if pd.isna(row["uplink_mbps"]) or pd.isna(row["downlink_mbps"]):
        raise InvalidValue(f"Network '{name}' is a surcharge without throughput: choose an access network.")
    up, down, infra = (
        float(np.nan_to_num(row[c])) * 1e-9
        for c in ("energy_nj_per_bit", "energy_nj_per_bit_down", "infra_nj_per_bit")
    )
    return AccessNetwork(
        name=name,
        round_trip_s=float(row["rtt_ms_p50"]) / 1e3,
        uplink_bits_per_s=float(row["uplink_mbps"]) * 1e6,
        downlink_bits_per_s=float(row["downlink_mbps"]) * 1e6,
        device_j_per_bit_up=up,
        device_j_per_bit_down=down,
        network_j_per_bit=infra,
    )


def access_networks(tables: Tables) -> list[str]:
    """Names of the networks that have a throughput of their own, in the table's order."""
    networks = tables["networks"]
    whole = networks[["uplink_mbps", "downlink_mbps"]].notna().all(axis=1)
    return [str(name) for name in networks.loc[whole, "network"]]


def fibre_round_trip_s(distance_km: Array | float) -> Array:
    """Round trip of light along the cable to a data centre, ``2 * 1.5 * distance / (0.7 c)``, s."""
    path_m = np.asarray(distance_km, dtype=float) * 1e3 * ROUTE_OVER_LINE
    return 2 * path_m / (FIBRE_SHARE_OF_C * SPEED_OF_LIGHT_M_PER_S)


def break_even(
    tables: Tables,
    workload_id: str,
    device_id: str,
    *,
    cloud_device_id: str = "h100_sxm",
    network: str,
    distances_km: Sequence[float] = DISTANCES_KM,
    payload_scale: float = 1.0,
) -> pd.DataFrame:
    """What one item costs in time, energy and money on a device and in a data centre.

    Cloud latency is access round trip, fibre, transfer of the payload and the core's time on the cloud
    device at its batch; energy adds the radio, the network and the facility's overhead. Cost is electricity
    and, in the cloud, capital written off over the service life at the serving busy share; the device in the
    user's hand was bought for other ends and costs its electricity alone.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    workload_id, device_id, cloud_device_id : str
    network : str
        A row of ``networks`` with throughput.
    distances_km : sequence of float
        Straight-line distances to the data centre, 0 or more.
    payload_scale : float
        Factor on the workload's uplink and downlink bytes.

    Returns
    -------
    DataFrame
        One row a distance: distance_km, edge_latency_s, cloud_latency_s, network_s, edge_energy_j,
        cloud_energy_j (all of it), cloud_device_energy_j (what the user's device spends), edge_cost_usd,
        cloud_cost_usd, edge_fits, faster, thriftier, cheaper (``edge`` or ``cloud``; the edge never wins
        where its memory is too small).

    Raises
    ------
    UnknownName, InvalidValue
        Unknown identifiers; a negative distance or payload; a network without throughput.
    """
    frame = break_even_map(
        tables,
        workload_id,
        device_id,
        cloud_device_id=cloud_device_id,
        networks=[network],
        distances_km=distances_km,
        payload_scales=[payload_scale],
    )
    return frame.drop(columns=["network", "payload_scale"])


def break_even_map(
    tables: Tables,
    workload_id: str,
    device_id: str,
    *,
    cloud_device_id: str = "h100_sxm",
    networks: Sequence[str],
    distances_km: Sequence[float] = DISTANCES_KM,
    payload_scales: Sequence[float] = (1.0,),
) -> pd.DataFrame:
    """`break_even` over several access networks and payloads; the core is evaluated once.

    Parameters
    ----------
    tables, workload_id, device_id, cloud_device_id, distances_km
        As in `break_even`.
    networks : sequence of str
        See `access_networks`.
    payload_scales : sequence of float

    Returns
    -------
    DataFrame
        Columns network, payload_scale, then those of `break_even`; rows in that order.

    Raises
    ------
    UnknownName, InvalidValue
        As in `break_even`.
    """
    distances = np.asarray(distances_km, dtype=float)
    if np.any(~np.isfinite(distances)) or np.any(distances < 0):
        raise InvalidValue(f"Distances are {list(distances_km)} km: each must be 0 or more.")
    for scale in payload_scales:
        if not scale >= 0:
            raise InvalidValue(f"The payload factor is {scale:g}: it must be 0 or more.")
    accesses = [access_network(tables, network) for network in networks]
    edge = budgets(tables, [device_id], [workload_id]).iloc[0]
    cloud = budgets(tables, [cloud_device_id], [workload_id]).iloc[0]
    price = tables["assumptions"].set_index("assumption_id")["central"]
    capital_usd = _cloud_capital_usd(tables, cloud_device_id, cloud, price)
    frames = [
        _compared(
            access, payload_bits(tables, workload_id, scale), distances, edge, cloud, price, capital_usd
        ).assign(network=access.name, payload_scale=scale)
        for access in accesses
        for scale in payload_scales
    ]
    whole = pd.concat(frames, ignore_index=True)
    return whole[["network", "payload_scale", *whole.columns.drop(["network", "payload_scale"])]]


def _compared(
    access: AccessNetwork,
    payload_bits: tuple[float, float],
    distances_km: Array,
    edge: pd.Series,
    cloud: pd.Series,
    price: pd.Series,
    capital_usd: float,
) -> pd.DataFrame:
    up_bits, down_bits = payload_bits
    network_s = access.time_s(up_bits, down_bits) + fibre_round_trip_s(distances_km)
    radio_j = up_bits * access.device_j_per_bit_up + down_bits * access.device_j_per_bit_down
    carried_j = access.carried_j(up_bits, down_bits)
    facility_j = float(cloud["energy_per_item_j"]) * float(price["pue"] * price["it_over_chip"])
    edge_j = float(edge["energy_per_item_j"])
    fits = bool(edge["fits_memory"]) and np.isfinite(edge["latency_s"])
    frame = pd.DataFrame(
        {
            "distance_km": distances_km,
            "edge_latency_s": float(edge["latency_s"]),
            "cloud_latency_s": float(cloud["latency_s"]) + network_s,
            "network_s": network_s,
            "edge_energy_j": edge_j,
            "cloud_energy_j": facility_j + radio_j + carried_j,
            "cloud_device_energy_j": radio_j,
            "edge_cost_usd": _electricity_usd(edge_j, price),
            "cloud_cost_usd": _electricity_usd(facility_j + carried_j, price) + capital_usd,
            "edge_fits": fits,
        }
    )
    for verdict, quantity in (("faster", "latency_s"), ("thriftier", "energy_j"), ("cheaper", "cost_usd")):
        wins = fits & (frame[f"edge_{quantity}"] <= frame[f"cloud_{quantity}"])
        frame[verdict] = np.where(wins, "edge", "cloud")
    return frame


def payload_bits(tables: Tables, workload_id: str, scale: float = 1.0) -> tuple[float, float]:
    """Bits that a request of a workload sends up and down, times a factor."""
    columns = ["uplink_bytes_per_request", "downlink_bytes_per_request"]
    row = tables["workloads"].loc[tables["workloads"]["workload_id"] == workload_id, columns].iloc[0]
    up, down = (float(np.nan_to_num(row[c])) * 8 * scale for c in columns)
    return up, down


def _electricity_usd(energy_j: float, price: pd.Series) -> float:
    return energy_j / 3.6e6 * float(price["electricity_usd_per_kwh"])


def _cloud_capital_usd(tables: Tables, device_id: str, row: pd.Series, price: pd.Series) -> float:
    """Capital an item: all-in capital of the device's IT power over its life, at the serving busy share."""
    power_w = tables["devices"].set_index("device_id").at[device_id, "tdp_w"]
    it_gw = float(power_w) * float(price["it_over_chip"]) / 1e9
    yearly = it_gw * float(price["capex_usd_per_gw_it"] / price["accelerator_lifetime_years"])
    items = float(row["items_per_s"]) * HOURS_PER_YEAR * 3600 * float(price["serving_busy_ceiling"])
    return yearly / items

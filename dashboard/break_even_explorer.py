"""The explorer of one request: on a device or in a data centre, over distance, access network and payload."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import address, analyses, controls, figures, labels, loaders, specs, tables
from dashboard.analyses import Request
from dashboard.charts import break_even
from dashboard.charts.break_even import COMPARED, Compared
from datasets.database import Snapshot
from forecasting.breakeven import access_networks

MOST_NETWORKS = 4
DISTANCES_KM = tuple(float(km) for km in np.geomspace(10, 10_000, 13).round(0))
PAYLOADS = tuple(float(scale) for scale in np.geomspace(0.01, 100, 13).round(4))
_SCALES = {"1": "As listed", "0.01": "1/100", "0.1": "1/10", "10": "10 times", "100": "100 times"}
_OVER = {"distance": ("Distance", "distance_km"), "payload": ("Payload", "payload_scale")}
_AXES = {"distance": "Straight line to the data centre, km", "payload": "Payload over the listed one"}
_REFERENCE_KM = 1000.0
_CLOUD = "the cloud is ahead"
_FIRST_NETWORKS = (
    "wi-fi-fibre-to-nearest-cloud-region",
    "5g-public-sub-6-mostly-nsa-to-nearest-cloud-region",
    "4g-lte-to-nearest-cloud-region",
)
_VERDICTS = {
    "network": "Access network",
    "cloud_latency_s": "Cloud, s",
    "edge_latency_s": "Device, s",
    "faster": "Faster",
    "cloud_energy_j": "Cloud, J",
    "edge_energy_j": "Device, J",
    "thriftier": "Less energy",
    "cloud_cost_usd": "Cloud, US$",
    "edge_cost_usd": "Device, US$",
    "cheaper": "Cheaper",
}


def fields(current: Snapshot) -> list[address.Field]:
    """The explorer's state."""
    devices = list(current.tables["devices"]["device_id"])
    slugs = list(networks(current))
    return [
        address.option("workload", _workloads(current), "humanoid_slow"),
        address.option("device", devices, loaders.first_devices(current, ("jetson_t5000",))[0]),
        address.option("cloud", devices, "h100_sxm"),
        address.options("network", slugs, [s for s in _FIRST_NETWORKS if s in slugs], MOST_NETWORKS),
        address.option("compared", list(COMPARED), "latency"),
        address.option("over", list(_OVER), "distance"),
        address.option("payload", list(_SCALES), "1"),
    ]


def shown(page: str, current: Snapshot) -> None:
    """Draw the explorer.

    Parameters
    ----------
    page : str
        The page whose fields hold its state.
    current : Snapshot
    """
    st.subheader("Where does one request break even?", anchor=False)
    request = _request(page, current)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    titles = {name: compared.title for name, compared in COMPARED.items()}
    name = controls.picked(row, "Compare", address.key(page, "compared"), list(COMPARED), titles, width=220)
    over = controls.picked(
        row, "Over", address.key(page, "over"), list(_OVER), {n: t for n, (t, _) in _OVER.items()}, width=150
    )
    scale = float(
        controls.picked(
            row,
            "Payload",
            address.key(page, "payload"),
            list(_SCALES),
            _SCALES,
            help_="Bytes sent up and down for one item, against what the table `workloads` lists.",
            width=150,
        )
    )
    if not request.networks:
        st.info("Choose at least one access network.")
        return
    _chart(current, request, COMPARED[name], over, scale)
    _verdicts(current, request, scale)


def _workloads(current: Snapshot) -> list[str]:
    workloads = current.tables["workloads"]
    return list(workloads.loc[workloads["series"] != "training", "workload_id"])


def networks(current: Snapshot) -> dict[str, str]:
    """Names of the access networks by what stands for them in the address."""
    # Names of networks hold commas, which part the names in an address.
    return {
        re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"): name for name in access_networks(current.tables)
    }


def first(current: Snapshot) -> Request:
    """The request with which a page opens."""
    values, known = address.defaults(fields(current)), networks(current)
    chosen = tuple(known[slug] for slug in values["network"])
    return Request(values["workload"], values["device"], values["cloud"], chosen)


def over_every_network(current: Snapshot, request: Request, scale: float) -> pd.DataFrame:
    """The request over each access network at one distance."""
    every = replace(request, networks=tuple(access_networks(current.tables)))
    return analyses.broken_even(current, every, (_REFERENCE_KM,), (scale,))


def _request(page: str, current: Snapshot) -> Request:
    devices, workloads = loaders.names(current, "devices"), loaders.names(current, "workloads")
    known = networks(current)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    workload = controls.picked(
        row, "Workload", address.key(page, "workload"), _workloads(current), workloads, width=280
    )
    device = controls.picked(row, "Device", address.key(page, "device"), list(devices), devices, width=280)
    cloud = controls.picked(
        row, "In the cloud", address.key(page, "cloud"), list(devices), devices, width=280
    )
    chosen = st.multiselect(
        f"Access networks (up to {MOST_NETWORKS})",
        list(known),
        format_func=lambda slug: known[slug],
        max_selections=MOST_NETWORKS,
        key=address.key(page, "network"),
    )
    return Request(workload, device, cloud, tuple(known[slug] for slug in chosen))


def _chart(current: Snapshot, request: Request, compared: Compared, over: str, scale: float) -> None:
    distances = DISTANCES_KM if over == "distance" else (_REFERENCE_KM,)
    scales = (scale,) if over == "distance" else PAYLOADS
    frame = analyses.broken_even(current, request, distances, scales)
    column = _OVER[over][1]
    rows = specs.made(break_even.break_even_rows, frame, compared, column)
    device = loaders.names(current, "devices")[request.device_id]
    workload = loaders.names(current, "workloads")[request.workload_id]
    if rows.empty:
        told = f"Neither {device} nor the data centre has known figures for {workload.lower()}."
        st.info(labels.escaped(told))
        return
    if not frame["edge_fits"].iloc[0]:
        told = f"{workload} does not run on {device}: there is only the cloud."
        st.warning(labels.escaped(told), icon=":material/info:")
    ahead = _ahead(frame, compared, column)
    title = f"{compared.title}: {_finding(ahead)}"
    figures.figure(
        partial(
            break_even.break_even_chart,
            rows,
            title=title,
            subtitle=f"{workload} on {device} against "
            f"{loaders.names(current, 'devices')[request.cloud_device_id]} at the workload's batch"
            + (
                f", {_REFERENCE_KM:,.0f} km away"
                if over == "payload"
                else f", payload {_SCALES[f'{scale:g}']}"
            ),
            axes=(_AXES[over], f"{compared.title}, {compared.unit}"),
        ),
        rows=frame,
        name="break_even",
        alt=f"{title}. Lines on logarithmic axes. "
        + "; ".join(
            f"{line}: {group['said'].iloc[0]} to {group['said'].iloc[-1]}"
            for line, group in rows.groupby("line", sort=False)
        )
        + ".",
        source="the roofline core, the table `networks`, light in fibre at 0.7 c over 1.5 times the "
        "straight line; "
        "prices and overheads from `assumptions`.",
    )
    controls.command_lines("break_even", _command(request, distances, scales))
    winners = (f"{break_even.short_name(network)}: {winner}" for network, winner in ahead.items())
    st.caption(labels.escaped(" · ".join(winners)))


def _command(request: Request, distances: tuple[float, ...], scales: tuple[float, ...]) -> list[str]:
    named = ["--workload", request.workload_id, "--device", request.device_id]
    named += ["--cloud-device", request.cloud_device_id, "--network", *request.networks]
    grid = ["--distance", *(f"{km:g}" for km in distances), "--payload", *(f"{scale:g}" for scale in scales)]
    return ["break-even", *named, *grid]


def _ahead(frame: pd.DataFrame, compared: Compared, column: str) -> dict[str, str]:
    """Who is ahead over each network, in words."""
    return {str(name): _winner(rows, compared, column) for name, rows in frame.groupby("network", sort=False)}


def _finding(ahead: Mapping[str, str]) -> str:
    device = sum(winner != _CLOUD for winner in ahead.values())
    if len(set(ahead.values())) == 1:
        return f"{next(iter(ahead.values()))}, whichever the network"
    return f"the device gets ahead over {device} of {labels.counted(len(ahead), 'network')}"


def _winner(rows: pd.DataFrame, compared: Compared, column: str) -> str:
    ordered = rows.sort_values(column)
    edge = (ordered[compared.verdict] == "edge").to_numpy()
    unit = "km" if column == "distance_km" else "times the payload"
    if not edge.any():
        return _CLOUD
    first = labels.number(ordered[column].to_numpy()[edge.argmax()])
    return "the device is ahead" if edge.all() else f"the device is ahead from {first} {unit} on"


def _verdicts(current: Snapshot, request: Request, scale: float) -> None:
    frame = over_every_network(current, request, scale)
    told: Mapping[str, str] = {"edge": "device", "cloud": "cloud"}
    frame = frame.assign(**{column: frame[column].map(told) for column in ("faster", "thriftier", "cheaper")})
    st.caption(f"Every access network, with the data centre {_REFERENCE_KM:,.0f} km away:")
    tables.table(
        frame,
        _VERDICTS,
        name="break_even_networks",
        alt="Latency, energy and cost of one item on the device and in the cloud over each network",
        helps={
            "edge_cost_usd": "Electricity alone: the device was bought for other ends.",
            "cloud_cost_usd": "Electricity and capital written off at the serving busy share.",
            "cloud_energy_j": "Accelerator and facility, radio and network.",
        },
    )

"""`edgewise break-even`: one request on a device against the same in a data centre."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import output, values

if TYPE_CHECKING:
    import pandas as pd

NAME = "break-even"
HELP = "Latency, energy and cost of one request on a device and in the cloud, over distance and network."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--workload", metavar="ID", required=True)
    parser.add_argument("--device", metavar="ID", required=True, help="the device at the edge")
    parser.add_argument("--cloud-device", metavar="ID", default="h100_sxm", help="default: %(default)s")
    parser.add_argument(
        "--network", metavar="NAME", nargs="+", action="extend", help="default: all access networks"
    )
    parser.add_argument(
        "--distance",
        metavar="KM",
        type=values.finite_number,
        nargs="+",
        default=(0.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0),
        help="straight line to the data centre (default: 0 100 300 1000 3000 10000)",
    )
    parser.add_argument(
        "--payload",
        metavar="FACTOR",
        type=values.finite_number,
        nargs="+",
        default=(1.0,),
        help="factors on the bytes sent and received (default: 1)",
    )
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row a network, payload and distance."""
    from datasets import database
    from forecasting.breakeven import access_networks, break_even_map

    tables = database.load(arguments.db).tables
    return break_even_map(
        tables,
        arguments.workload,
        arguments.device,
        cloud_device_id=arguments.cloud_device,
        networks=arguments.network or access_networks(tables),
        distances_km=arguments.distance,
        payload_scales=arguments.payload,
    )

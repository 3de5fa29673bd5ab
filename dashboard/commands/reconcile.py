"""`edgewise reconcile`: what others publish that a scenario contradicts, and by how much."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import output, values

if TYPE_CHECKING:
    import pandas as pd

NAME = "reconcile"
HELP = "Published forecasts and totals (IEA, LBNL, EPRI, Goldman, ...) that a scenario contradicts, by year."
DEFAULT_DRAWS = 2000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--scenario", metavar="ID", nargs="+", action="extend", help="default: central")
    parser.add_argument(
        "--set",
        metavar="ASSUMPTION=VALUE",
        nargs="+",
        action="extend",
        default=[],
        dest="overrides",
        type=values.assignment,
        help="hold an assumption at a value",
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--all", action="store_true", help="what agrees too")
    shown.add_argument(
        "--routes",
        action="store_true",
        help="instead, cloud inference counted from its workloads beside that counted from the stock",
    )
    parser.add_argument("--draws", type=values.positive_integer, default=DEFAULT_DRAWS)
    parser.add_argument("--seed", type=values.non_negative_integer, default=0)
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row a published figure, or a year of a route."""
    import pandas as pd

    from datasets import database
    from forecasting.cloud_routes import cloud_routes
    from forecasting.projection import projection
    from forecasting.reconcile import contradictions, published_comparison

    tables = database.load(arguments.db).tables
    frames = []
    for scenario_id in dict.fromkeys(arguments.scenario or ["central"]):
        drawn = projection(
            tables,
            scenario_id,
            draws=arguments.draws,
            seed=arguments.seed,
            overrides=dict(arguments.overrides),
        )
        if arguments.routes:
            frames.append(cloud_routes(drawn))
            continue
        comparison = published_comparison(drawn, tables)
        against = contradictions(comparison)
        output.say(f"{scenario_id} contradicts {len(against)} of {len(comparison)} published figures.")
        frames.append(comparison if arguments.all else against)
    return pd.concat(frames, ignore_index=True)

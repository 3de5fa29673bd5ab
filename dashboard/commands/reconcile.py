"""`edgewise reconcile`: what others publish that a scenario contradicts, and by how much."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import forecast_options, output

if TYPE_CHECKING:
    import pandas as pd

NAME = "reconcile"
HELP = "Published forecasts and totals (IEA, LBNL, EPRI, Goldman, ...) that a scenario contradicts, by year."
DEFAULT_DRAWS = 2000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    forecast_options.add_scenarios(parser)
    forecast_options.add_overrides(parser)
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--all", action="store_true", help="what agrees too")
    shown.add_argument(
        "--routes",
        action="store_true",
        help="instead, cloud inference counted from its workloads beside that counted from the stock",
    )
    forecast_options.add_draws(parser, DEFAULT_DRAWS)
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row a published figure, or a year of a route."""
    import pandas as pd

    from datasets import database
    from forecasting.cloud_routes import cloud_routes
    from forecasting.reconcile import contradictions, published_comparison

    tables = database.load(arguments.db).tables
    frames = []
    for drawn in forecast_options.projections(arguments, tables):
        if arguments.routes:
            frames.append(cloud_routes(drawn))
            continue
        comparison = published_comparison(drawn, tables)
        against = contradictions(comparison)
        output.say(f"{drawn.scenario_id} contradicts {len(against)} of {len(comparison)} published figures.")
        frames.append(comparison if arguments.all else against)
    return pd.concat(frames, ignore_index=True)

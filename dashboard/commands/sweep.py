"""`edgewise sweep`: a figure of the forecast over a grid of one or two assumptions."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import forecast_options, output, values

if TYPE_CHECKING:
    import pandas as pd

NAME = "sweep"
HELP = "A figure such as twh_2030 over a grid of one or two assumptions: the numbers behind a heat map."
DEFAULT_DRAWS = 500
DEFAULT_FIGURE = "twh_2030"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--vary",
        metavar="ASSUMPTION[=VALUES]",
        nargs="+",
        action="extend",
        required=True,
        type=values.grid_axis,
        help="one or two; values as 1,2,4 or LOW:HIGH:COUNT (default: its low to its high)",
    )
    parser.add_argument(
        "--figure", metavar="FIGURE", nargs="+", action="extend", help=f"default: {DEFAULT_FIGURE}"
    )
    forecast_options.add_scenario(parser)
    forecast_options.add_overrides(parser)
    forecast_options.add_draws(parser, DEFAULT_DRAWS)
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row a figure and point."""
    from datasets import database
    from forecasting.sweep import assumption_axis, sweep

    tables = database.load(arguments.db).tables
    axes = [
        assumption_axis(tables, name, points, scenario_id=arguments.scenario)
        for name, points in arguments.vary
    ]
    return sweep(
        tables,
        axes,
        arguments.figure or [DEFAULT_FIGURE],
        arguments.scenario,
        draws=arguments.draws,
        seed=arguments.seed,
        overrides=dict(arguments.overrides),
    )

"""`edgewise runs`: the largest training run of each year, its cap and what it takes."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import output, values

if TYPE_CHECKING:
    import pandas as pd

NAME = "runs"
HELP = "The largest training run by year: its cap, runs like it, and the machines, power and memory it takes."
DEFAULT_DRAWS = 2000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--scenario", metavar="ID", default="central")
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
    parser.add_argument("--draws", type=values.positive_integer, default=DEFAULT_DRAWS)
    parser.add_argument("--seed", type=values.non_negative_integer, default=0)
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row a measure and year."""
    from datasets import database
    from forecasting.largest_runs import largest_runs
    from forecasting.projection import projection

    tables = database.load(arguments.db).tables
    drawn = projection(
        tables,
        arguments.scenario,
        draws=arguments.draws,
        seed=arguments.seed,
        overrides=dict(arguments.overrides),
    )
    return largest_runs(drawn, tables)

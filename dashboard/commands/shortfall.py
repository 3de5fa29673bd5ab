"""`edgewise shortfall`: what limits of supply leave undone, by series and year."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import output, values

if TYPE_CHECKING:
    import pandas as pd

NAME = "shortfall"
HELP = "What limits on accelerators, capital and power leave undone: wanted, run and missing by series."
DEFAULT_DRAWS = 2000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--scenario", metavar="ID", nargs="+", action="extend", help="default: power_constrained"
    )
    parser.add_argument(
        "--set",
        metavar="ASSUMPTION=VALUE",
        nargs="+",
        action="extend",
        default=[],
        dest="overrides",
        type=values.assignment,
        help="hold an assumption at a value, such as power_limit_gw_2030=90",
    )
    parser.add_argument("--draws", type=values.positive_integer, default=DEFAULT_DRAWS)
    parser.add_argument("--seed", type=values.non_negative_integer, default=0)
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row a scenario, series, measure and year."""
    import pandas as pd

    from datasets import database
    from forecasting.projection import projection
    from forecasting.shortfalls import series_shortfalls

    tables = database.load(arguments.db).tables
    return pd.concat(
        [
            series_shortfalls(
                projection(
                    tables,
                    scenario_id,
                    draws=arguments.draws,
                    seed=arguments.seed,
                    overrides=dict(arguments.overrides),
                )
            )
            for scenario_id in dict.fromkeys(arguments.scenario or ["power_constrained"])
        ],
        ignore_index=True,
    )

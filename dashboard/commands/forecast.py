"""`edgewise forecast`: compute from 2022 to 2030 by scenario, with bands."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import output, values

if TYPE_CHECKING:
    import pandas as pd

NAME = "forecast"
HELP = "Compute for training, cloud inference and edge inference from 2022 to 2030, with bands."
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
    parser.add_argument("--quantity", default="ops", help="ops, h100e, tokens, gw, twh or usd")
    parser.add_argument("--draws", type=values.positive_integer, default=DEFAULT_DRAWS)
    parser.add_argument("--seed", type=values.non_negative_integer, default=0)
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """The forecast's frame."""
    from datasets import database
    from forecasting.projection import forecast

    return forecast(
        database.load(arguments.db).tables,
        list(dict.fromkeys(arguments.scenario or ["central"])),
        quantity=arguments.quantity,
        draws=arguments.draws,
        seed=arguments.seed,
        overrides=dict(arguments.overrides),
    )

"""`edgewise waterfall`: why one scenario differs from another in a figure."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import output, values

if TYPE_CHECKING:
    import pandas as pd

NAME = "waterfall"
HELP = "Why a figure differs between two scenarios: an exact split over the assumptions that differ."
DEFAULT_DRAWS = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("start", metavar="FROM")
    parser.add_argument("end", metavar="TO")
    parser.add_argument("--figure", metavar="FIGURE", default="twh_2030", help="default: twh_2030")
    parser.add_argument("--draws", type=values.positive_integer, default=DEFAULT_DRAWS)
    parser.add_argument("--seed", type=values.non_negative_integer, default=0)
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row a cause, the largest first."""
    from datasets import database
    from forecasting.waterfall import waterfall

    return waterfall(
        database.load(arguments.db).tables,
        arguments.start,
        arguments.end,
        arguments.figure,
        draws=arguments.draws,
        seed=arguments.seed,
    )

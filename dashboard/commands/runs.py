"""`edgewise runs`: the largest training run of each year, its cap and what it takes."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import forecast_options, output

if TYPE_CHECKING:
    import pandas as pd

NAME = "runs"
HELP = "The largest training run by year: its cap, runs like it, and the machines, power and memory it takes."
DEFAULT_DRAWS = 2000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    forecast_options.add_scenarios(parser)
    forecast_options.add_overrides(parser)
    forecast_options.add_draws(parser, DEFAULT_DRAWS)
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row a scenario, measure and year."""
    import pandas as pd

    from datasets import database
    from forecasting.largest_runs import largest_runs

    tables = database.load(arguments.db).tables
    drawn = forecast_options.projections(arguments, tables)
    return pd.concat([largest_runs(one, tables) for one in drawn], ignore_index=True)

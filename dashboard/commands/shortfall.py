"""`edgewise shortfall`: what limits of supply leave undone, by series and year."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import forecast_options, output

if TYPE_CHECKING:
    import pandas as pd

NAME = "shortfall"
HELP = "What limits on accelerators, capital and power leave undone: wanted, run and missing by series."
DEFAULT_DRAWS = 2000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    forecast_options.add_scenarios(parser, "power_constrained")
    forecast_options.add_overrides(parser)
    forecast_options.add_draws(parser, DEFAULT_DRAWS)
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row a scenario, series, measure and year."""
    import pandas as pd

    from datasets import database
    from forecasting.shortfalls import series_shortfalls

    drawn = forecast_options.projections(arguments, database.load(arguments.db).tables)
    return pd.concat([series_shortfalls(one) for one in drawn], ignore_index=True)

"""`edgewise scenarios`: what the forecast can be asked for."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import output

if TYPE_CHECKING:
    import pandas as pd

NAME = "scenarios"
HELP = "The scenarios: their parents, names and descriptions."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row a scenario."""
    from datasets import database
    from forecasting.scenarios import scenario_table

    return scenario_table(database.load(arguments.db).tables)

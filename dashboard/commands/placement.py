"""`edgewise placement`: who runs where, by workload and year."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import forecast_options, output

if TYPE_CHECKING:
    import pandas as pd

NAME = "placement"
HELP = (
    "Where each workload is served by year: able share of the devices, preference and why, share at the edge."
)
DEFAULT_DRAWS = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    forecast_options.add_scenario(parser)
    forecast_options.add_overrides(parser)
    forecast_options.add_draws(parser, DEFAULT_DRAWS)
    parser.add_argument(
        "--terms",
        action="store_true",
        help="why: base, cost, latency, privacy, quality and default, which add up to the preference's logit",
    )
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row a workload, year and measure."""
    from datasets import database
    from forecasting.placement_map import workload_placement
    from forecasting.preference_terms import preference_terms

    rows = preference_terms if arguments.terms else workload_placement
    return rows(
        database.load(arguments.db).tables,
        arguments.scenario,
        draws=arguments.draws,
        seed=arguments.seed,
        overrides=dict(arguments.overrides),
    )

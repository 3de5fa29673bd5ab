"""`edgewise figure-4`: what the published figure could mean, and how probable its shares are."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import output, values

if TYPE_CHECKING:
    import pandas as pd

NAME = "figure-4"
HELP = "Figure 4 as published: its possible readings, and each scenario's probability of its shares."
DEFAULT_DRAWS = 2000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, words, run_action in (
        ("counts", "its end points counted in devices", _counted),
        ("readings", "its points under each reading, against a scenario", _read),
        ("probabilities", "how probable scenarios hold its shares and its growth", _weighed),
    ):
        action = actions.add_parser(name, help=words, description=words)
        action.set_defaults(run_action=run_action)
        if name != "counts":
            action.add_argument("--scenario", metavar="ID", nargs="+", action="extend")
            action.add_argument("--draws", type=values.positive_integer, default=DEFAULT_DRAWS)
            action.add_argument("--seed", type=values.non_negative_integer, default=0)
        output.add_arguments(action)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """The action's frame."""
    frame: pd.DataFrame = arguments.run_action(arguments)
    return frame


def _counted(arguments: argparse.Namespace) -> pd.DataFrame:
    from datasets import database
    from forecasting.readings import literal_counts

    return literal_counts(database.load(arguments.db).tables)


def _read(arguments: argparse.Namespace) -> pd.DataFrame:
    import pandas as pd

    from datasets import database
    from forecasting.projection import projection
    from forecasting.readings import figure_4_readings

    tables = database.load(arguments.db).tables
    frames = {
        name: figure_4_readings(
            tables, projection(tables, name, draws=arguments.draws, seed=arguments.seed)
        ).assign(scenario_id=name)
        for name in arguments.scenario or ["central"]
    }
    return pd.concat(frames.values(), ignore_index=True)


def _weighed(arguments: argparse.Namespace) -> pd.DataFrame:
    from datasets import database
    from forecasting.readings import figure_4_probabilities

    tables = database.load(arguments.db).tables
    return figure_4_probabilities(tables, arguments.scenario, draws=arguments.draws, seed=arguments.seed)

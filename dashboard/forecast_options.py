"""Options that the commands of the forecast share, and the projections that they ask for."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd

    from forecasting.draws import Projection

CENTRAL = "central"


def add_scenario(parser: argparse.ArgumentParser) -> None:
    """Add ``--scenario`` for one scenario."""
    parser.add_argument("--scenario", metavar="ID", default=CENTRAL, help="default: %(default)s")


def add_scenarios(parser: argparse.ArgumentParser, default: str = CENTRAL) -> None:
    """Add ``--scenario`` for several scenarios; `scenario_ids` reads it."""
    parser.add_argument(
        "--scenario", metavar="ID", nargs="+", action="extend", help=f"one or several (default: {default})"
    )
    parser.set_defaults(default_scenario=default)


def scenario_ids(arguments: argparse.Namespace) -> list[str]:
    """Scenarios asked for, each once, in their order."""
    return list(dict.fromkeys(arguments.scenario or [arguments.default_scenario]))


def add_overrides(parser: argparse.ArgumentParser) -> None:
    """Add ``--set``; ``dict(arguments.overrides)`` has its values."""
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


def add_draws(parser: argparse.ArgumentParser, default: int) -> None:
    """Add ``--draws`` and ``--seed``."""
    parser.add_argument("--draws", type=values.positive_integer, default=default, help="default: %(default)s")
    parser.add_argument("--seed", type=values.non_negative_integer, default=0)


def projections(arguments: argparse.Namespace, tables: Mapping[str, pd.DataFrame]) -> Iterator[Projection]:
    """One projection after the other, of each scenario asked for."""
    from forecasting.progress import tracked
    from forecasting.projection import projection

    for scenario_id in tracked(scenario_ids(arguments), "scenarios"):
        yield projection(
            tables,
            scenario_id,
            draws=arguments.draws,
            seed=arguments.seed,
            overrides=dict(arguments.overrides),
        )

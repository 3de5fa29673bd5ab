"""`edgewise sensitivity`: which inputs a figure of the forecast hangs on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard import forecast_options, output, values
from datasets.errors import InvalidValue

if TYPE_CHECKING:
    import pandas as pd

NAME = "sensitivity"
HELP = "Which inputs a figure such as twh_2030 hangs on: total-effect indices and a tornado."
DEFAULT_SAMPLES = 512


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    output.add_database_argument(parser)
    parser.add_argument(
        "--output",
        metavar="FIGURE|FILE",
        nargs="+",
        action="extend",
        default=[],
        dest="outputs",
        help="figures such as twh_2030 (default: the headline ones); a name with a suffix is a file to write",
    )
    parser.add_argument("--format", choices=output.FORMATS)
    forecast_options.add_scenario(parser)
    forecast_options.add_overrides(parser)
    parser.add_argument("--samples", type=values.positive_integer, default=DEFAULT_SAMPLES)
    parser.add_argument("--seed", type=values.non_negative_integer, default=0)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row for each figure and input, the strongest first."""
    from datasets import database
    from forecasting.outputs import HEADLINES
    from forecasting.sensitivity import sensitivity

    figures, arguments.output = _figures_and_file(arguments.outputs)
    return sensitivity(
        database.load(arguments.db).tables,
        arguments.scenario,
        figures or HEADLINES,
        samples=arguments.samples,
        seed=arguments.seed,
        overrides=dict(arguments.overrides),
    )


def _figures_and_file(names: list[str]) -> tuple[list[str], Path | None]:
    """Figures have neither suffix nor folder; a file to write has one of them."""
    files = [Path(name) for name in names if Path(name).suffix or Path(name).name != name]
    if len(files) > 1:
        raise InvalidValue(f"The result goes to one file, not to {' and '.join(map(str, files))}.")
    figures = [name for name in dict.fromkeys(names) if Path(name) not in files]
    return figures, files[0] if files else None

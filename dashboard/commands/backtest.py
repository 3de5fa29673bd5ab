"""`edgewise backtest`: what past forecasts of the record training run would have said, and how they score."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import output, values

if TYPE_CHECKING:
    import pandas as pd

NAME = "backtest"
HELP = (
    "The record training run foreseen from past origins, against what came; or others' published forecasts."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--from", type=int, default=2019, dest="first_origin", metavar="YEAR", help="first origin"
    )
    parser.add_argument("--origins-per-year", type=values.positive_integer, default=1, help="1, 2, 4 or 12")
    parser.add_argument("--summary", action="store_true", help="scores by method and horizon as data")
    parser.add_argument(
        "--targets", action="store_true", help="what is sought of the blend, and reached, as data"
    )
    parser.add_argument("--published", action="store_true", help="forecasts that others published, instead")
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """The backtest's frame; its summary goes to stderr."""
    from datasets import database
    from forecasting.backtest import backtest, backtest_summary
    from forecasting.backtest_published import published_scores
    from forecasting.backtest_targets import backtest_targets, target_sentences

    tables = database.load(arguments.db).tables
    if arguments.published:
        return published_scores(tables)
    frame = backtest(tables, origins_per_year=arguments.origins_per_year, first_origin=arguments.first_origin)
    summary = backtest_summary(frame)
    if arguments.targets:
        return backtest_targets(summary)
    if arguments.summary:
        return summary
    output.say(summary.round(3).to_string(index=False))
    for line in target_sentences(backtest_targets(summary)):
        output.say(line)
    output.say("Training runs: Epoch AI, Notable AI Models, CC BY 4.0.")
    return frame

"""`edgewise score`: forecasts that were kept, against what was observed since."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import output

if TYPE_CHECKING:
    import pandas as pd

NAME = "score"
HELP = "Forecasts kept with `edgewise forecast --record NAME`, against what was observed since."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--record", metavar="NAME", dest="name", help="one kept forecast; default: all")
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """Scores of every figure whose outcome came after the forecast was kept."""
    from datasets import database
    from forecasting.vintages import KEPT, vintage_scores

    tables = database.load(arguments.db).tables
    scores = vintage_scores(tables, arguments.name)
    if not len(tables[KEPT]):
        output.say("No forecast is kept yet: edgewise forecast --record NAME keeps one.")
    elif scores.empty:
        output.say(
            "Nothing that was kept can be scored yet: add observations to history or usage (edgewise sql "
            "'FROM forecast_outcomes' lists the series that count), or newer training runs."
        )
    else:
        output.say(
            f"{len(scores)} figure{'s' if len(scores) > 1 else ''} scored, "
            f"{(scores['lead_years'] > 0).sum()} made before their year was over: "
            f"{scores['inside_90'].mean():.0%} inside the 90 % band, "
            f"median error {scores['error_oom'].abs().median():.2f} orders of magnitude."
        )
    return scores

"""`edgewise widths`: one workload on ever more devices."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import option_flags, output, values

if TYPE_CHECKING:
    import pandas as pd

NAME = "widths"
HELP = "A workload on 1, 2, 4 and more devices: what each width brings, and where communication binds."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--device", metavar="ID", required=True)
    parser.add_argument("--workload", metavar="ID", required=True)
    parser.add_argument("--model", metavar="ID", help="in place of the workload's own")
    parser.add_argument(
        "--kind",
        choices=("tensor", "pipeline", "expert", "data"),
        default="tensor",
        help="which width grows (default: %(default)s)",
    )
    parser.add_argument(
        "--most", type=values.positive_integer, default=64, help="largest width (default: %(default)s)"
    )
    parser.add_argument("--batch", type=values.positive_integer, help="requests served together")
    parser.add_argument("--weights", metavar="PRECISION", help="precision of the weights, such as int4")
    option_flags.add_arguments(parser)
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row a width; the width from which communication binds goes to stderr."""
    from datasets import database
    from devices.widths import widths

    rows = widths(
        database.load(arguments.db).tables,
        arguments.device,
        arguments.workload,
        kind=arguments.kind,
        most=arguments.most,
        model_id=arguments.model,
        batch=arguments.batch,
        weight_precision=arguments.weights,
        options=option_flags.options_of(arguments),
    )
    binds = rows.loc[rows["communication_binds"], "width"]
    if len(binds):
        output.say(f"Communication is the largest part of the time from a width of {binds.iloc[0]} on.")
    else:
        output.say("Communication is the largest part of the time at none of these widths.")
    return rows

"""`edgewise calibrate`: fit the table of efficiencies anew to the built-in measurements."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import output

if TYPE_CHECKING:
    import pandas as pd

NAME = "calibrate"
HELP = (
    "Fit the efficiencies anew to the built-in measurements and print their rows; takes a minute. "
    "The stored rows stay: built-in rows are never overwritten."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--left-out",
        action="store_true",
        help="print instead what each measurement is predicted to be by a fit that has not seen its device",
    )
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """The fitted rows; how many differ from the stored ones goes to stderr."""
    from datasets import database
    from devices.calibration import fit_efficiencies

    tables = database.load(arguments.db).tables
    if arguments.left_out:
        from devices.evidence import left_out_predictions

        return left_out_predictions(tables, progress=output.ProgressBar())
    fitted = fit_efficiencies(tables, output.ProgressBar())
    stored = set(tables["efficiencies"].query("origin == 'builtin'")["efficiency_id"])
    new = sorted(set(fitted["efficiency_id"]) - stored)
    output.say(
        f"{len(fitted)} rows fitted, {len(new)} of them under a name that is not stored; "
        "nothing was written. A row of your own goes in with edgewise sql --write."
    )
    return fitted

"""`edgewise validate`: predicted against measured, per row and in sum."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard import output
from datasets.errors import InvalidFile

if TYPE_CHECKING:
    import pandas as pd

NAME = "validate"
HELP = (
    "Every measurement beside its prediction: the built-in ones by a fit that has not seen their device "
    "(takes a minute), those of a file with the stored efficiencies."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--measurements",
        metavar="FILE.csv",
        type=Path,
        help="rows with columns of measurements, at least device_id, model_id, weight_precision, metric and "
        "value",
    )
    parser.add_argument(
        "--stored", action="store_true", help="predict built-in rows with the stored efficiencies, quickly"
    )
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row a measurement; the summary of clean rows goes to stderr."""
    from datasets import database
    from devices.measured_conditions import left_out_conditions
    from devices.validation import unplaced_rows, validation, validation_summary

    rows = None if arguments.measurements is None else _rows(arguments.measurements)
    tables = database.load(arguments.db).tables
    frame = validation(tables, rows, left_out=not arguments.stored, progress=output.ProgressBar())
    for sentence in [] if rows is None else [*unplaced_rows(tables, rows), left_out_conditions(rows)]:
        if sentence:
            output.say(sentence)
    for _, found in validation_summary(frame).iterrows():
        output.say(_sentence(found))
    without = int(frame["predicted"].isna().sum())
    if without:
        output.say(f"{without} of {len(frame)} rows without a prediction.")
    return frame


def _sentence(found: pd.Series) -> str:
    target = f" (aim {found['target_median_pct']:g} and {found['target_p80_pct']:g})"
    rows = "row" if found["rows"] == 1 else "rows"
    aimed = target if found["target_median_pct"] == found["target_median_pct"] else ""
    return (
        f"{found['class']}, {found['quantity']}: {found['rows']} clean {rows}, absolute error "
        f"{found['median_pct']:.1f} % in the median, {found['p80_pct']:.1f} % at the 80th percentile{aimed}, "
        f"{found['coverage_pct']:.0f} % inside the 80 % interval."
    )


def _rows(file: Path) -> pd.DataFrame:
    from datasets.measurement_file import measurements_from_csv

    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidFile(f"{file} cannot be read ({error.strerror}): name a CSV file.") from error
    except UnicodeDecodeError as error:
        raise InvalidFile(f"{file} is not UTF-8 text: save it as CSV in UTF-8.") from error
    return measurements_from_csv(text)

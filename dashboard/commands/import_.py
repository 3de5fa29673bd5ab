"""`edgewise import`: tables that others publish, and rows of one's own for any table, from CSV or Parquet."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard import file_import, output
from datasets.errors import InvalidValue

if TYPE_CHECKING:
    import pandas as pd

NAME = "import"
HELP = (
    "Take a file over, all of it or nothing: Epoch AI's notable models, or rows of a table such as history."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "what", metavar="WHAT", help="a table's name, or epoch for Epoch AI's notable_ai_models.csv"
    )
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE", help="CSV in UTF-8 or Parquet")
    file_import.add_arguments(parser)
    parser.add_argument("--withdraw", action="store_true", help="remove an earlier import of epoch instead")
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame | None:
    """What changed; sentences about it go to stderr."""
    if arguments.withdraw:
        _withdraw(arguments)
        return None
    if arguments.file is None:
        raise InvalidValue(f"Nothing to import: name a file, edgewise import {arguments.what} FILE.csv.")
    if arguments.what != "epoch":
        return file_import.imported(arguments, file_import.of_table(arguments.what))
    changes = _epoch(arguments)
    if arguments.dry_run:
        output.say("A dry run: nothing was changed.")
    return changes


def _withdraw(arguments: argparse.Namespace) -> None:
    from datasets.epoch_import import withdraw_epoch_import

    if arguments.what != "epoch" or arguments.file is not None:
        raise InvalidValue("Only an import of epoch can be withdrawn: edgewise import epoch --withdraw.")
    rows = withdraw_epoch_import(arguments.db)
    output.say(f"{rows} imported training runs removed; the built-in ones count again.")


def _epoch(arguments: argparse.Namespace) -> pd.DataFrame:
    from datasets.epoch_import import import_epoch_runs

    result = import_epoch_runs(arguments.db, arguments.file, dry_run=arguments.dry_run)
    for sentence in result.in_words():
        output.say(sentence)
    return result.changes

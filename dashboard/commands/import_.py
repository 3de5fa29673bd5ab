"""`edgewise import epoch`: Epoch AI's table of notable models as the history of training runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard import output
from datasets.errors import InvalidValue

if TYPE_CHECKING:
    import pandas as pd

NAME = "import"
HELP = "Take a table that others publish over, all of it or nothing: epoch FILE.csv."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("what", choices=("epoch",), help="Epoch AI's notable_ai_models.csv")
    parser.add_argument("file", type=Path, nargs="?", metavar="FILE.csv")
    parser.add_argument("--dry-run", action="store_true", help="only say what would change")
    parser.add_argument("--withdraw", action="store_true", help="remove an earlier import instead")
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame | None:
    """Runs that are new, changed or gone; sentences about them go to stderr."""
    from datasets.epoch_import import import_epoch_runs, withdraw_epoch_import

    if arguments.withdraw == (arguments.file is not None):
        raise InvalidValue("Import either takes a file, or --withdraw alone: edgewise import epoch FILE.csv.")
    if arguments.withdraw:
        rows = withdraw_epoch_import(arguments.db)
        output.say(f"{rows} imported training runs removed; the built-in ones count again.")
        return None
    result = import_epoch_runs(arguments.db, arguments.file, dry_run=arguments.dry_run)
    for sentence in result.in_words():
        output.say(sentence)
    if arguments.dry_run:
        output.say("A dry run: nothing was changed.")
    return result.changes

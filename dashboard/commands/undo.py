"""`edgewise undo`: the last changes of the database, and taking one back."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import output, values

if TYPE_CHECKING:
    import pandas as pd

NAME = "undo"
HELP = "Take back the last change of the database or one by its number; --list shows the last fifty."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "change", nargs="?", type=values.positive_integer, metavar="NUMBER", help="default: the last one"
    )
    parser.add_argument("--list", action="store_true", help="only list them: number, time, who, what")
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame | None:
    """The changes with ``--list``; else what the undoing changed goes to stderr."""
    from datasets import undo

    if arguments.list:
        return undo.change_log(arguments.db)
    for words in undo.undo_change(arguments.db, arguments.change).in_words():
        output.say(f"Undone: {words}.")
    return None

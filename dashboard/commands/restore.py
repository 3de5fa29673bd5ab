"""`edgewise restore`: the backups of the database, and putting one in its place."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard import output

if TYPE_CHECKING:
    import pandas as pd

NAME = "restore"
HELP = "List the backups of the database, or put one in its place; what stood there becomes a backup itself."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "backup", nargs="?", metavar="NAME", help="as listed, latest, or a file; without it they are listed"
    )
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame | None:
    """The backups, or, when one was put in place, where the former database is now."""
    from datasets import backups, database

    path = Path(arguments.db).expanduser() if arguments.db else database.default_path()
    if arguments.backup is None:
        listed = backups.backups(path)
        if listed.empty:
            output.say(f"There is no backup of {path} yet: edgewise backup makes one.")
        return listed
    kept = backups.restore(path, arguments.backup)
    database.load(path)
    output.say(f"{path} is the backup now." + (f" What stood there is {kept}." if kept else ""))
    return None

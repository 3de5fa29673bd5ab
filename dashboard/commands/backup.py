"""`edgewise backup`: a copy of the database as it is now."""

from __future__ import annotations

import argparse
from pathlib import Path

from dashboard import output

NAME = "backup"
HELP = "Copy the database, with what its write-ahead log holds, into its folder of backups or to a file."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="default: beside the database")
    output.add_database_argument(parser)


def run(arguments: argparse.Namespace) -> None:
    """Say where the copy is."""
    from datasets import backups, database

    path = database.ensure(arguments.db)
    output.say(f"Copied to {backups.make_backup(path, to=arguments.file)}.")

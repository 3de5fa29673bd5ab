"""`edgewise doctor`: whether the database file is whole, and what to do where it is not."""

from __future__ import annotations

import argparse
from pathlib import Path

from dashboard import output

NAME = "doctor"
HELP = "Examine the database file, its write-ahead log, rows, checksums and backups; exit 1 on a problem."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--set-log-aside",
        action="store_true",
        help="move the write-ahead log among the backups, so that the file opens without it",
    )
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> None:
    """Write a row a check: check, status (ok, note, problem), found, remedy."""
    from dashboard.cli import COULD_NOT
    from datasets import backups, database, doctor

    path = Path(arguments.db).expanduser() if arguments.db else database.default_path()
    if arguments.set_log_aside:
        output.say(f"The log lies beside {backups.set_log_aside(path)} now.")
    found = doctor.findings(path)
    output.deliver(found, arguments)
    problems = int((found["status"] == doctor.PROBLEM).sum())
    if problems:
        output.say(f"{problems} {'problem' if problems == 1 else 'problems'} found.")
        raise SystemExit(COULD_NOT)

"""`edgewise sql`: an analyst's statements on the tables, the roofline functions and the view of budgets."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from dashboard import output, values

if TYPE_CHECKING:
    import pandas as pd

NAME = "sql"
HELP = "Run SQL on the database; a statement that changes rows needs --write."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("statement", metavar="SQL", help="one or more statements; - reads them from stdin")
    parser.add_argument("--write", action="store_true", help="allow rows to be inserted, updated and deleted")
    parser.add_argument("--yes", action="store_true", help="confirm figures that look wrong")
    parser.add_argument("--max-rows", type=values.positive_integer, default=10_000, help="default: 10000")
    parser.add_argument("--timeout", type=values.positive_number, default=30.0, help="seconds; default: 30")
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """The last statement's rows."""
    from datasets import sandbox_process

    sandbox_process.keep_ready()  # It starts while this process reads its modules and the tables.
    from datasets import sandbox

    statement = sys.stdin.read() if arguments.statement == "-" else arguments.statement
    result = sandbox.run(
        arguments.db,
        statement,
        write=arguments.write,
        max_rows=arguments.max_rows,
        timeout_s=arguments.timeout,
        confirmed=arguments.yes,
        rehearsal=sandbox_process.rehearse,
    )
    for words in (*result.changes.in_words(), *result.notes):
        output.say(words)
    if result.truncated:
        output.say(f"Only the first {arguments.max_rows} rows are given: --max-rows raises that.")
    return result.frame

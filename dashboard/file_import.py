"""What every command that imports a file has in common: its options, its dry run, its words."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from dashboard import output

if TYPE_CHECKING:
    import pandas as pd

    from datasets.imports import FileImport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--dry-run``, ``--replace`` and ``--yes``."""
    parser.add_argument("--dry-run", action="store_true", help="only check; list every problem of the file")
    parser.add_argument(
        "--replace",
        action="store_true",
        help="put rows in the place of your own or built-in ones with their key",
    )
    parser.add_argument("--yes", action="store_true", help="confirm figures that look wrong")


def imported(arguments: argparse.Namespace, importer: Callable[..., FileImport]) -> pd.DataFrame | None:
    """Import the file of the arguments, or check it.

    Parameters
    ----------
    arguments : argparse.Namespace
        With db, file, dry_run, replace and yes.
    importer : callable
        `datasets.imports.import_devices`, or `import_rows` for one table.

    Returns
    -------
    pandas.DataFrame or None
        The problems that a dry run found, else rows by table; exit status 1 when there is a problem.
    """
    from dashboard.cli import COULD_NOT
    from datasets.file_cells import file_content

    result = importer(
        arguments.db,
        file_content(arguments.file),
        arguments.file.name,
        dry_run=arguments.dry_run,
        replace=arguments.replace,
        confirmed=arguments.yes,
    )
    for words in (*result.changes.in_words(), *result.notes):
        output.say(f"{words}.".replace("..", "."))
    if not arguments.dry_run:
        return None
    for words in result.doubts:
        output.say(f"To be confirmed with --yes: {words}.")
    output.say("A dry run: nothing was changed.")
    if result.problems.empty:
        return result.changes.summary()
    output.deliver(result.problems, arguments)
    output.say(f"{len(result.problems)} {'problem' if len(result.problems) == 1 else 'problems'} found.")
    raise SystemExit(COULD_NOT)


def of_table(name: str) -> Callable[..., FileImport]:
    """`datasets.imports.import_rows` for one table."""
    from datasets import imports

    def importer(path: str | None, content: bytes, file_name: str, **options: Any) -> FileImport:
        return imports.import_rows(path, name, content, file_name, **options)

    return importer

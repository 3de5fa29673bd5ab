"""Where a command's result goes: to stdout or, whole or not at all, into a file."""

from __future__ import annotations

import argparse
import sys
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from datasets.errors import InvalidValue

if TYPE_CHECKING:
    import pandas as pd

FORMATS = ("csv", "json", "parquet", "table")


def add_database_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--db``, which every command takes."""
    parser.add_argument(
        "--db", metavar="FILE", help="database file (default: $EDGEWISE_DB, else in the user's data folder)"
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--db``, ``--format`` and ``--output``."""
    add_database_argument(parser)
    parser.add_argument(
        "--format", choices=FORMATS, help="default: table on a terminal, the file's suffix, else csv"
    )
    parser.add_argument("--output", metavar="FILE", type=Path, help="write there instead of to stdout")


def say(words: str) -> None:
    """Print a sentence to stderr."""
    print(words, file=sys.stderr)


def progress(done: int, total: int) -> None:
    """Show on a terminal how far a long computation has come; elsewhere say nothing."""
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        print(f"\r{done} of {total} devices left out", end=end, file=sys.stderr, flush=True)


def deliver(frame: pd.DataFrame, arguments: argparse.Namespace) -> None:
    """Write a frame where and how the arguments ask.

    Parameters
    ----------
    frame : pandas.DataFrame
    arguments : argparse.Namespace
        With ``format`` and ``output``.

    Raises
    ------
    InvalidValue
        When the file cannot be written, or Parquet would go to a terminal.
    """
    from datasets import exports

    chosen = format_name(arguments)
    if chosen == "parquet" and arguments.output is None and sys.stdout.isatty():
        raise InvalidValue("Parquet is not for a terminal: name a file with --output.")
    write(exports.render(frame, chosen), arguments.output)


def format_name(arguments: argparse.Namespace) -> str:
    """The format asked for, else that of the file's suffix, else a table on a terminal and CSV elsewhere."""
    if arguments.format:
        return str(arguments.format)
    if arguments.output is not None:
        suffix = arguments.output.suffix.removeprefix(".").lower()
        return suffix if suffix in FORMATS else "csv"
    return "table" if sys.stdout.isatty() else "csv"


def write(content: bytes, file: Path | None) -> None:
    """Write to a file, replaced only once it is complete, or to stdout when there is none.

    Parameters
    ----------
    content : bytes
    file : pathlib.Path, optional

    Raises
    ------
    InvalidValue
        When the file cannot be written.
    """
    if file is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
        return
    draft = file.with_name(f".{file.name}.{uuid.uuid4().hex}.draft")
    try:
        draft.write_bytes(content)
        draft.replace(file)
    except OSError as error:
        raise InvalidValue(
            f"The output {file} cannot be written ({error.strerror}): name another file with --output."
        ) from error
    finally:
        draft.unlink(missing_ok=True)

"""Where a command's result goes: to stdout or, whole or not at all, into a file."""

from __future__ import annotations

import argparse
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from datasets.errors import InvalidValue

if TYPE_CHECKING:
    import pandas as pd

# Below a second nobody wonders; then a bar of so many characters.
QUIET_S, BAR_WIDTH = 1.0, 24
CLEAR_LINE = "\x1b[K"
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
    """Print a sentence to stderr, on a line of its own."""
    ProgressBar.take_away()
    print(words, file=sys.stderr)


class ProgressBar:
    """A line on stderr that fills up while something long runs, and goes when it ends; only on a terminal.

    Nothing shows in the first second.
    """

    shown: ClassVar[bool] = False

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, done: int, total: int, what: str = "devices left out") -> None:
        """Show how many of how many are done; the last takes the line away."""
        if done >= total:
            self.take_away()
            return
        taken = time.monotonic() - self._began
        if not sys.stderr.isatty() or taken < QUIET_S:
            return
        filled = BAR_WIDTH * done // total
        line = f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {done} of {total} {what}, {taken:.0f} s"
        print(f"\r{CLEAR_LINE}{line}", end="", file=sys.stderr, flush=True)
        ProgressBar.shown = True

    @staticmethod
    def take_away() -> None:
        """Clear the line, if there is one, so that words and data begin a line of their own."""
        if ProgressBar.shown:
            print(f"\r{CLEAR_LINE}", end="", file=sys.stderr, flush=True)
            ProgressBar.shown = False


@contextmanager
def progress_shown() -> Iterator[ProgressBar]:
    """Show how far whatever runs within has come."""
    from forecasting.progress import heard

    bar = ProgressBar()
    with heard(bar):
        try:
            yield bar
        finally:
            bar.take_away()


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

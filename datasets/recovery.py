"""A change that was cut short: noticed when the file is opened next, and taken back if it did damage."""

from __future__ import annotations

from pathlib import Path

from datasets.connections import held
from datasets.errors import DatabaseUnavailable
from datasets.safety_copy import drop_copy, put_back, read_everything, safety_path

# Told of a file that is in order, but not to be had now.
_NO_DAMAGE = ("is held by", "may not be opened", "newer DuckDB", "open read-only in this process")


def settle_cut_change(path: Path) -> None:
    """Wait for a writer that is at work; take back what one that was killed left damaged.

    Parameters
    ----------
    path : pathlib.Path
        A database that exists.

    Raises
    ------
    DatabaseUnavailable
        When a writer holds the file for long, or the copy made before its change cannot be put back.
    """
    if not safety_path(path).exists():
        return
    try:
        with held(path, read_only=True) as connection:
            read_everything(connection)
            drop_copy(path)  # Whoever writes holds the file, so nobody does.
    except DatabaseUnavailable as error:
        if not safety_path(path).exists():
            return
        if any(words in str(error) for words in _NO_DAMAGE):
            raise
        put_back(path)

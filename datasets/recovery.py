"""A change that was cut short: noticed when the file is opened next, and taken back if it did damage."""

from __future__ import annotations

from pathlib import Path

import duckdb

from datasets.connections import held
from datasets.errors import DatabaseUnavailable
from datasets.safety_copy import drop_copy, put_back, read_everything, safety_path

# What `connections.held` tells of a damaged file; one that is held, or may not be opened, may be in order.
_DAMAGE = ("is damaged", "is not a DuckDB database")


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
        if not any(words in str(error) for words in _DAMAGE):
            raise
        put_back(path)
    except duckdb.Error:
        put_back(path)  # A block that cannot be read in a way that DuckDB has no sentence for.

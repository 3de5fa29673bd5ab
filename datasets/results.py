"""The first rows of a result: no more than were asked for, and no more bytes than a reader can take."""

from __future__ import annotations

import duckdb
import pandas as pd

from datasets.errors import InvalidStatement

MOST_BYTES = 50_000_000


def first_rows(
    connection: duckdb.DuckDBPyConnection, max_rows: int, *, to_its_end: bool = False
) -> tuple[pd.DataFrame, bool]:
    """Rows of the statement that a connection has just executed.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    max_rows : int
        Rows at most.
    to_its_end : bool
        Whether the statement has to be run to its end, since it changes rows, and not only up to `max_rows`.

    Returns
    -------
    tuple of pandas.DataFrame and bool
        The rows, and whether there were more.

    Raises
    ------
    InvalidStatement
        When a part of the result is larger than `MOST_BYTES`.
    """
    chunks = [connection.fetch_df_chunk(1)]
    rows, size = len(chunks[0]), _bytes(chunks[0])
    while len(chunks[-1]) and rows <= max_rows and size <= MOST_BYTES:
        chunks.append(connection.fetch_df_chunk(1))
        rows, size = rows + len(chunks[-1]), size + _bytes(chunks[-1])
    if to_its_end:
        connection.complete()
    else:
        connection.abort()
    if size > MOST_BYTES:
        raise InvalidStatement(
            f"The result is larger than {MOST_BYTES // 10**6} MB: select fewer rows or columns, or aggregate."
        )
    filled = [chunk for chunk in chunks if len(chunk)] or chunks[:1]
    frame = pd.concat(filled, ignore_index=True) if len(filled) > 1 else filled[0]
    return frame.iloc[:max_rows], rows > max_rows


def _bytes(frame: pd.DataFrame) -> int:
    return int(frame.memory_usage(index=False, deep=True).sum())

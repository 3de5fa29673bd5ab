"""Figures that break no rule and are still most likely wrong: their author has to confirm them."""

from __future__ import annotations

import duckdb
import pandas as pd

from datasets.changes import Changes
from datasets.schema import tables

# A view that a higher floor may offer on a working copy: columns device_id, precision and sentence.
VIEW = "doubts"


def doubts_about(connection: duckdb.DuckDBPyConnection, changes: Changes) -> list[str]:
    """Sentences on new or changed peaks that look like a slip of unit or of sparsity.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A working copy that holds the changes.
    changes : Changes

    Returns
    -------
    list of str
        Each names row, value, and what to check; empty when nothing looks wrong.
    """
    return [*_sparse_given_as_dense(changes), *_offered_doubts(connection, changes)]


def _sparse_given_as_dense(changes: Changes) -> list[str]:
    if "device_peaks" not in changes.tables:
        return []
    change = changes.tables["device_peaks"]
    builtin, own = change.overriding()
    told = [
        f"{_peak_in_words(row)}: dense_tops is {row.dense_tops:g}, but the built-in row has {sparse:g} as "
        "its sparse peak; is it the vendor's figure with sparsity?"
        for row, sparse in zip(own.itertuples(), builtin["sparse_tops"], strict=True)
        if row.dense_tops >= sparse
    ]
    fresh = pd.concat([change.inserted, change.updated[change.updated["origin"] == "user"]])
    return told + [
        f"{_peak_in_words(row)}: dense_tops and sparse_tops are both {row.dense_tops:g}; is the dense one "
        "the vendor's figure with sparsity?"
        for row in fresh[fresh["dense_tops"] == fresh["sparse_tops"]].itertuples()
    ]


def _peak_in_words(row: object) -> str:
    return f"device_peaks row '{', '.join(str(getattr(row, name)) for name in tables()['device_peaks'].key)}'"


def _offered_doubts(connection: duckdb.DuckDBPyConnection, changes: Changes) -> list[str]:
    changed = [
        (device_id, getattr(row, "precision", None))
        for name in ("devices", "device_peaks")
        if name in changes.tables
        for frame in (changes.tables[name].inserted, changes.tables[name].updated)
        for row in frame[frame["origin"] == "user"].itertuples()
        if (device_id := row.device_id)
    ]
    there = connection.execute(
        "SELECT count(*) FROM duckdb_views() WHERE temporary AND view_name = ?", [VIEW]
    ).fetchone()
    if not changed or there == (0,):
        return []
    found = connection.execute(
        f"SELECT device_id, precision, sentence FROM {VIEW} WHERE list_contains(?, device_id) ORDER BY ALL",  # noqa: S608
        [sorted({device_id for device_id, _ in changed})],
    ).fetchall()
    wanted = set(changed)
    return [
        sentence
        for device_id, precision, sentence in found
        if {(device_id, precision), (device_id, None)} & wanted
    ]

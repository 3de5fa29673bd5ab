"""What differs between two states of the tables, row by row: what an analyst added, changed, removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from datasets.schema import Table, tables

# A figure that a person put in the place of a built-in one is no longer what the built-in source says.
OWN_PROVENANCE = {"source_id": "user_entry", "confidence": "estimated"}
_VERBS = ("inserted", "updated", "deleted", "overridden", "withdrawn")


@dataclass(frozen=True)
class TableChanges:
    """Rows of one table: new ones, changed ones before (`replaced`) and after (`updated`), removed ones."""

    inserted: pd.DataFrame
    updated: pd.DataFrame
    replaced: pd.DataFrame
    deleted: pd.DataFrame

    def __bool__(self) -> bool:
        return bool(len(self.inserted) or len(self.updated) or len(self.deleted))

    def counts(self) -> dict[str, int]:
        """Rows by what became of them.

        Returns
        -------
        dict of str to int
            inserted, updated, deleted, overridden (a user's row stands in the place of a built-in one),
            withdrawn (the built-in row is back).
        """
        overridden, withdrawn = (int(rows.sum()) for rows in (self._overriding(), self._withdrawing()))
        return {
            "inserted": len(self.inserted),
            "updated": len(self.updated) - overridden - withdrawn,
            "deleted": len(self.deleted),
            "overridden": overridden,
            "withdrawn": withdrawn,
        }

    def overriding(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Built-in rows, and the user's rows that take their place."""
        rows = self._overriding()
        return self.replaced[rows], self.updated[rows]

    def withdrawing(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """A user's rows, and the built-in rows that are back in their place."""
        rows = self._withdrawing()
        return self.replaced[rows], self.updated[rows]

    def _overriding(self) -> pd.Series:
        return _is_builtin(self.replaced) & ~_is_builtin(self.updated)

    def _withdrawing(self) -> pd.Series:
        return _is_builtin(self.updated) & ~_is_builtin(self.replaced)


def _is_builtin(frame: pd.DataFrame) -> pd.Series:
    if "origin" not in frame:
        return pd.Series(False, index=frame.index)
    return frame["origin"] == "builtin"


@dataclass(frozen=True)
class Changes:
    """Changes by table; false when nothing changed."""

    tables: Mapping[str, TableChanges]

    def __bool__(self) -> bool:
        return bool(self.tables)

    def summary(self) -> pd.DataFrame:
        """How many rows of each table were changed.

        Returns
        -------
        pandas.DataFrame
            Columns table, inserted, updated, deleted, overridden, withdrawn.
        """
        rows = [{"table": name, **change.counts()} for name, change in self.tables.items()]
        return pd.DataFrame(rows, columns=["table", *_VERBS])

    def in_words(self) -> list[str]:
        """Such as ``"devices: 1 inserted, 2 deleted"``, one for each table."""
        return [
            f"{row.table}: "
            + ", ".join(f"{getattr(row, verb)} {verb}" for verb in _VERBS if getattr(row, verb))
            for row in self.summary().itertuples()
        ]


def changes_between(
    before: Mapping[str, pd.DataFrame],
    after: Mapping[str, pd.DataFrame],
    overridden: Mapping[str, pd.DataFrame] | None = None,
) -> Changes:
    """Difference of two states of the tables by primary key.

    New and changed rows become the user's own whatever origin they name. A user's row in the place of a
    built-in one that keeps the built-in source and confidence takes those of a user's entry. Where such a row
    is gone, the built-in one is back.

    Parameters
    ----------
    before, after : mapping of str to pandas.DataFrame
        As `datasets.schema.table_frame` gives them.
    overridden : mapping of str to pandas.DataFrame, optional
        Built-in rows that a user's row stands in the place of, by table.

    Returns
    -------
    Changes
    """
    kept = overridden or {}
    found = {
        name: _table_changes(tables()[name], before[name], frame, kept.get(name, before[name].iloc[:0]))
        for name, frame in after.items()
        if not frame.equals(before[name])
    }
    return Changes({name: change for name, change in found.items() if change})


def _table_changes(
    table: Table, before: pd.DataFrame, after: pd.DataFrame, overridden: pd.DataFrame
) -> TableChanges:
    key = list(table.key)
    old, new, kept = (frame.set_index(key, drop=False) for frame in (before, after, overridden))
    gone = old.index.difference(new.index, sort=False)
    # Taking an override out brings the built-in row back.
    new = pd.concat([new, kept.loc[kept.index.intersection(gone, sort=False)]])
    common = old.index.intersection(new.index)
    was, becomes = old.loc[common], new.loc[common]
    changed = ~_same_rows(was, becomes)
    was, becomes = was[changed], becomes[changed]
    inserted = new[~new.index.isin(old.index)]
    if table.has_origin:
        back = _rows_among(becomes, kept)
        inserted, becomes = inserted.assign(origin="user"), becomes.assign(origin="user")
        becomes.loc[back, "origin"] = "builtin"
        becomes = _with_own_provenance(was, becomes)
    deleted = old[~old.index.isin(new.index)]
    return TableChanges(*(frame.reset_index(drop=True) for frame in (inserted, becomes, was, deleted)))


def _same_rows(one: pd.DataFrame, other: pd.DataFrame) -> pd.Series:
    same = (one == other).fillna(False) | (one.isna() & other.isna())
    return same.all(axis=1).astype(bool)


def _rows_among(rows: pd.DataFrame, kept: pd.DataFrame) -> pd.Series:
    there = rows.index.isin(kept.index)
    found = pd.Series(there, index=rows.index)
    if there.any():
        found[there] = _same_rows(rows[there], kept.loc[rows.index[there]])
    return found


def _with_own_provenance(was: pd.DataFrame, becomes: pd.DataFrame) -> pd.DataFrame:
    if not set(OWN_PROVENANCE) <= set(becomes.columns):
        return becomes
    names = list(OWN_PROVENANCE)
    unsaid = (
        (was["origin"] == "builtin")
        & (becomes["origin"] == "user")
        & (was[names] == becomes[names]).all(axis=1)
    )
    return becomes.assign(
        **{name: becomes[name].mask(unsaid, value) for name, value in OWN_PROVENANCE.items()}
    )

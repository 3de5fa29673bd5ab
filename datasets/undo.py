"""Taking a change back: each of the last ones that the ledger holds, unless a later change builds on it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import duckdb
import pandas as pd

from datasets import rules
from datasets.changes import Changes, apply, changes_between
from datasets.connections import held
from datasets.database import Snapshot, load, working_copy
from datasets.errors import InvalidValue
from datasets.ledger import KEPT_CHANGES, has_ledger
from datasets.row_texts import key_in_words, key_texts, rows_from_texts
from datasets.schema import Table, tables

COLUMNS = ["change_id", "made", "who", "changed", "cause", "state"]
_NO_CHANGES = pd.DataFrame(columns=["change_id", "made", "who", "cause", "undoes"])
_NO_ROWS = pd.DataFrame(columns=["change_id", "table_name", "row_key", "was", "became"])


def change_log(path: Path | str | None) -> pd.DataFrame:
    """The changes that can be taken back, newest first.

    Parameters
    ----------
    path : pathlib.Path or str, optional
        The database, the default one when None.

    Returns
    -------
    pandas.DataFrame
        Columns change_id, made (UTC), who, changed (rows by table, in words), cause, state (made, ``undone by
        7`` or ``undoes 3``).
    """
    return _log(*_ledger(load(path).path))


def _ledger(path: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    with held(path, read_only=True) as connection:
        if not has_ledger(connection):
            return _NO_CHANGES, _NO_ROWS
        changes = connection.execute("FROM ledger.changes ORDER BY change_id DESC").df()
        return changes, connection.execute("FROM ledger.changed_rows").df()


def _log(changes: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    undone = _undone(changes)
    states = [
        f"undone by {undone[row.change_id]}"
        if row.change_id in undone
        else f"undoes {int(row.undoes)}"
        if pd.notna(row.undoes)
        else "made"
        for row in changes.itertuples()
    ]
    words = {number: _in_words(part) for number, part in rows.groupby("change_id")}
    return changes.assign(changed=[words.get(number, "") for number in changes["change_id"]], state=states)[
        COLUMNS
    ]


def _undone(changes: pd.DataFrame) -> dict[int, int]:
    """The change that undid each one that is undone now; an undo that is itself undone does not count."""
    undone: dict[int, int] = {}
    for row in changes.sort_values("change_id", ascending=False).itertuples():
        if pd.notna(row.undoes) and row.change_id not in undone:
            undone[int(row.undoes)] = int(row.change_id)
    return undone


def _in_words(rows: pd.DataFrame) -> str:
    kind = pd.Series("changed", index=rows.index)
    kind = kind.mask(rows["was"].isna(), "added").mask(rows["became"].isna(), "removed")
    counts = rows.groupby(["table_name", kind], sort=False).size()
    return "; ".join(f"{table}: {count} {verb}" for (table, verb), count in counts.items())


def undo_change(path: Path | str | None, change_id: int | None = None, *, who: str | None = None) -> Changes:
    """Take a change back; the undoing is a change of its own and can be taken back as well.

    Parameters
    ----------
    path : pathlib.Path or str, optional
    change_id : int, optional
        As `change_log` numbers it; when left out the newest that is neither undone nor an undo.
    who : str, optional
        Who does it, for the ledger.

    Returns
    -------
    Changes

    Raises
    ------
    InvalidValue
        When there is no such change, it is undone already, or a later change builds on it; nothing was
        changed.
    DatabaseUnavailable
        When the file cannot be written, or was changed meanwhile.
    """
    snapshot = load(path)
    changes, rows = _ledger(snapshot.path)
    number = _chosen(changes, change_id)
    found = _reversal(snapshot, number, rows)
    apply(snapshot.path, found, snapshot.version, cause=f"undo of change {number}", who=who, undoes=number)
    return found


def _chosen(changes: pd.DataFrame, change_id: int | None) -> int:
    undone = _undone(changes)
    if change_id is None:
        open_ones = changes[changes["undoes"].isna() & ~changes["change_id"].isin(list(undone))]
        if open_ones.empty:
            raise InvalidValue("There is no change to undo: all that were made are undone, or none was.")
        return int(open_ones["change_id"].max())
    if change_id not in set(changes["change_id"]):
        span = (
            f"known are {changes['change_id'].min()} to {changes['change_id'].max()}"
            if len(changes)
            else "nothing was changed yet"
        )
        raise InvalidValue(
            f"There is no change {change_id} to undo: {span}; the last {KEPT_CHANGES} are kept."
        )
    if change_id in undone:
        raise InvalidValue(
            f"Change {change_id} is undone already, by change {undone[change_id]}: "
            f"undo {undone[change_id]} to make it again."
        )
    return change_id


def _reversal(snapshot: Snapshot, number: int, rows: pd.DataFrame) -> Changes:
    changed = rows[rows["change_id"] == number]
    later = rows[rows["change_id"] > number]
    after = dict(snapshot.tables)
    for name, part in changed.groupby("table_name"):
        after[str(name)] = _table_before(snapshot, tables()[str(name)], part, number, later)
    _refuse_broken_state(snapshot, after, set(changed["table_name"]), number, later)
    return changes_between(snapshot.tables, after, snapshot.overridden)


def _table_before(
    snapshot: Snapshot, table: Table, part: pd.DataFrame, number: int, later: pd.DataFrame
) -> pd.DataFrame:
    present = snapshot.tables[table.name]
    by_key = present.set_index(pd.Index(key_texts(table, present)))
    became = _by_key(table, part, "became")
    was = _by_key(table, part, "was")
    for key in part["row_key"]:
        if not _stands_as_left(by_key, became, key):
            raise InvalidValue(_conflict(table, key, number, later))
    builtin = was.index[was["origin"] == "builtin"]
    if missing := sorted(set(builtin) - set(_kept(snapshot, table).index)):
        raise InvalidValue(
            f"Change {number} cannot be undone: the built-in {table.name} row '{key_in_words(missing[0])}' "
            "does not come with this Edgewise any more; change or delete your own row instead."
        )
    # A later Edgewise may have brought another built-in row: that one comes back.
    was.loc[builtin] = _kept(snapshot, table).loc[builtin]
    rest = by_key[~by_key.index.isin(part["row_key"])]
    return pd.concat([rest, was]).reset_index(drop=True)


def _by_key(table: Table, part: pd.DataFrame, side: str) -> pd.DataFrame:
    there = part[part[side].notna()]
    return rows_from_texts(table, there[side].tolist()).set_index(pd.Index(there["row_key"]))


def _kept(snapshot: Snapshot, table: Table) -> pd.DataFrame:
    kept = snapshot.overridden.get(table.name, snapshot.tables[table.name].iloc[:0])
    return kept.set_index(pd.Index(key_texts(table, kept), dtype="str"))


def _stands_as_left(present: pd.DataFrame, became: pd.DataFrame, key: str) -> bool:
    if key not in became.index:
        return key not in present.index
    if key not in present.index:
        return False
    here, left = present.loc[key], became.loc[key]
    if here["origin"] == left["origin"] == "builtin":
        return True
    return bool(((here == left).fillna(False) | (here.isna() & left.isna())).all())


def _conflict(table: Table, key: str, number: int, later: pd.DataFrame) -> str:
    touching = later[(later["table_name"] == table.name) & (later["row_key"] == key)]["change_id"]
    row = f"{table.name} row '{key_in_words(key)}'"
    if touching.empty:
        return (
            f"Change {number} cannot be undone: {row} was changed since by something other than Edgewise; "
            "change it back with SQL instead."
        )
    return (
        f"Change {number} cannot be undone: change {touching.max()} builds on it ({row}); "
        f"undo {touching.max()} first."
    )


def _refuse_broken_state(
    snapshot: Snapshot,
    after: dict[str, pd.DataFrame],
    names: Collection[str],
    number: int,
    later: pd.DataFrame,
) -> None:
    state = Snapshot(snapshot.path, snapshot.version, after, snapshot.overridden)
    try:
        with working_copy(state) as connection:
            clauses = rules.broken_references(connection, names) + rules.broken_rules(connection, names)
            clauses += rules.circular_references(connection, names)
    except duckdb.Error as error:
        raise InvalidValue(f"Change {number} cannot be undone: its rows no longer fit the tables.") from error
    if clauses:
        newer = f"undo change {later['change_id'].max()} first" if len(later) else "delete that row first"
        raise InvalidValue(
            rules.sentence([f"Change {number} cannot be undone: {clauses[0]}", *clauses[1:]], f"{newer}.")
        )

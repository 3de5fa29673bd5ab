"""What statements changed in a working copy, once every rule of the schema holds for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import duckdb

from datasets import rules, schema
from datasets.changes import Changes, changes_between, refuse_builtin_changes
from datasets.database import Snapshot
from datasets.doubts import doubts_about
from datasets.errors import InvalidStatement
from datasets.overrides import override_notes, restore_withdrawn

MOST_NEW_ROWS = 200_000
# Rows that are part of another row: they go when it goes.
PARTS = {
    "devices": (
        ("device_peaks", "device_id"),
        ("fleet_mix", "device_id"),
        ("measurements", "device_id"),
        ("workload_hosts", "device_id"),
    ),
    "scenarios": (("scenario_overrides", "scenario_id"),),
    "forecast_vintages": (("forecast_vintage_bands", "name"),),
    "workloads": (
        ("workload_demand", "workload_id"),
        ("workload_demand_terms", "workload_id"),
        ("workload_hosts", "workload_id"),
        ("workload_drivers", "workload_id"),
    ),
}


@dataclass(frozen=True)
class Settled:
    """Changes that break no rule, sentences about them, and what is so unlikely that it needs a word more."""

    changes: Changes
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


def tables_named(sql: str) -> set[str]:
    """Tables that statements can change: those that they name, and those with parts of their rows."""
    text = sql.lower()
    named = {name for name in schema.tables() if name in text}
    return named | {part for whole in named & set(PARTS) for part, _ in PARTS[whole]}


def refuse_broken_rules(connection: duckdb.DuckDBPyConnection, names: Collection[str] | None = None) -> None:
    """Raise `InvalidStatement` when a row of the working copy, of these tables, breaks a rule."""
    if clauses := rules.broken_rules(connection, names):
        raise InvalidStatement(rules.sentence(clauses, "nothing was changed."))


def settled_changes(
    connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, names: Collection[str] | None = None
) -> Settled:
    """Changes of a working copy against its snapshot, once every rule holds.

    A user's row takes the user's rows that are part of it along when it goes; a built-in row is back when the
    user's row in its place is gone.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        The working copy.
    snapshot : datasets.database.Snapshot
        What it was made from.
    names : collection of str, optional
        The tables that may have changed, all when left out.

    Returns
    -------
    Settled

    Raises
    ------
    InvalidStatement
        When a built-in row was deleted, or a row breaks a rule or refers to a row that is not there.
    """
    looked_at = [name for name in snapshot.tables if names is None or name in names]
    _refuse_floods(connection, snapshot, looked_at)
    restore_withdrawn(connection, snapshot.overridden)
    first = _changes(connection, snapshot, looked_at)
    if not first:
        return Settled(first)
    refuse_builtin_changes(first)
    refuse_broken_rules(connection, first.tables)
    notes = _remove_parts(connection, first)
    changes = _changes(connection, snapshot, looked_at) if notes else first
    if clauses := rules.broken_references(connection, changes.tables):
        raise InvalidStatement(
            rules.sentence(clauses, "insert the row referred to first, or keep it; nothing was changed.")
        )
    if clauses := rules.circular_references(connection, changes.tables):
        raise InvalidStatement(
            rules.sentence(clauses, "leave the reference of one of them empty; nothing was changed.")
        )
    notes += override_notes(changes) + _missing_peaks(connection, changes)
    return Settled(changes, tuple(notes), tuple(doubts_about(connection, changes)))


def _refuse_floods(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, names: Collection[str]) -> None:
    for name in names:
        ((rows,),) = connection.execute(f"SELECT count(*) FROM {schema.quoted(name)}").fetchall()  # noqa: S608
        if rows > len(snapshot.tables[name]) + MOST_NEW_ROWS:
            raise InvalidStatement(
                f"{name} would get {rows - len(snapshot.tables[name]):,} rows more, but at most "
                f"{MOST_NEW_ROWS:,} are taken over at once: add fewer; nothing was changed."
            )


def _changes(connection: duckdb.DuckDBPyConnection, snapshot: Snapshot, names: Collection[str]) -> Changes:
    after = {name: schema.table_frame(connection, schema.tables()[name]) for name in names}
    return changes_between(snapshot.tables, after, snapshot.overridden)


def _remove_parts(connection: duckdb.DuckDBPyConnection, changes: Changes) -> list[str]:
    notes = []
    for whole, parts in PARTS.items():
        if whole not in changes.tables:
            continue
        gone = changes.tables[whole].deleted[schema.tables()[whole].key[0]].tolist()
        for part, column in parts:
            removed = connection.execute(
                f"DELETE FROM {schema.quoted(part)} WHERE origin = 'user' "  # noqa: S608
                f"AND list_contains(?, {schema.quoted(column)}) RETURNING 1",
                [gone],
            ).fetchall()
            if removed:
                rows = "1 row" if len(removed) == 1 else f"{len(removed)} rows"
                notes.append(f"With {', '.join(gone)} went {rows} of {part}.")
    return notes


def _missing_peaks(connection: duckdb.DuckDBPyConnection, changes: Changes) -> list[str]:
    if "devices" not in changes.tables:
        return []
    inserted = changes.tables["devices"].inserted["device_id"].tolist()
    rows = connection.execute(
        "SELECT device_id FROM devices WHERE list_contains(?, device_id) "
        "AND device_id NOT IN (SELECT device_id FROM device_peaks) ORDER BY device_id",
        [inserted],
    ).fetchall()
    return [
        f"Device {name} has no row in device_peaks yet: until then it can run nothing." for (name,) in rows
    ]

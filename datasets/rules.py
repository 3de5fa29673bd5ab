"""Which rules of the schema rows break, in words: table, row, column, value, rule and remedy."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection

import duckdb

from datasets.schema import Column, Reference, Table, literal, quoted, tables

TYPES_IN_WORDS = {
    "DOUBLE": "a number",
    "INTEGER": "a whole number",
    "BOOLEAN": "true or false",
    "DATE": "a date such as 2027-06-30",
    "VARCHAR": "text",
}
# References that a foreign key cannot hold because one value stands for no row.
SOFT_REFERENCES = {"workload_hosts": (Reference("device_id", "devices", "device_id"), "any")}
SHOWN = 3


def broken_rules(
    connection: duckdb.DuckDBPyConnection, names: Collection[str] | None = None, *, limit: int = 20
) -> list[str]:
    """One clause for each cell that its type's range, ``NOT NULL`` or a ``CHECK`` forbids.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A working copy, whose tables do not hold the rules themselves.
    names : collection of str, optional
        The tables to look at, all when left out.
    limit : int
        Rows of a table named at most.

    Returns
    -------
    list of str
        Such as ``"devices row 'mine': tdp_w is -5, but must be above 0"``; empty when all is well.
    """
    return [
        clause
        for table in tables().values()
        if names is None or table.name in names
        for clause in _broken_rules_of(connection, table, limit)
    ]


def _broken_rules_of(connection: duckdb.DuckDBPyConnection, table: Table, limit: int) -> list[str]:
    tests = _tests(table)
    if not tests:
        return []
    columns = ", ".join(f"CAST({quoted(name)} AS VARCHAR)" for name in table.column_names)
    failed = ", ".join(f"coalesce({test}, false)" for test, _, _ in tests)
    rows = connection.execute(
        f"SELECT [{columns}], [{failed}] AS failed FROM {quoted(table.name)} "  # noqa: S608
        f"WHERE list_contains(failed, true) LIMIT {int(limit)}"
    ).fetchall()
    return [
        f"{row_in_words(table, cells)}: {_told(table, cells, told, rule)}"
        for cells, failures in rows
        for told, rule in _first_by_column(tests, failures)
    ]


def _first_by_column(
    tests: list[tuple[str, tuple[str, ...], str]], failures: list[bool]
) -> list[tuple[tuple[str, ...], str]]:
    found: dict[tuple[str, ...], str] = {}
    for (_, columns, rule), broken in zip(tests, failures, strict=True):
        if broken:
            found.setdefault(columns, rule)
    return list(found.items())


def _tests(table: Table) -> list[tuple[str, tuple[str, ...], str]]:
    missing = [
        (f"{quoted(column.name)} IS NULL", (column.name,), "must be given")
        for column in table.columns
        if not column.nullable
    ]
    infinite = [
        (f"NOT isfinite({quoted(column.name)})", (column.name,), "must be a finite number")
        for column in table.columns
        if column.data_type == "DOUBLE"
    ]
    checks = [
        (f"NOT ({check.expression})", check.columns, rule_in_words(check.expression))
        for check in table.checks
        if check.columns != ("origin",)
    ]
    return missing + infinite + checks


def _told(table: Table, cells: list[str | None], columns: tuple[str, ...], rule: str) -> str:
    values = dict(zip(table.column_names, cells, strict=True))
    told = " and ".join(
        f"{name} is {'missing' if values[name] is None else values[name]}" for name in dict.fromkeys(columns)
    )
    return f"{told}, but {rule}{_nearest_choice(rule, values[columns[0]])}"


def _nearest_choice(rule: str, value: str | None) -> str:
    if value is None or not rule.startswith("must be one of "):
        return ""
    return _nearest(value, rule.removeprefix("must be one of ").split(", "))


def row_in_words(table: Table, cells: list[str | None]) -> str:
    """A row by the table's name and its key, e.g. ``"device_peaks row 'mine, int8'"``."""
    values = dict(zip(table.column_names, cells, strict=True))
    return f"{table.name} row '{', '.join(str(values[name]) for name in table.key)}'"


def rule_in_words(expression: str) -> str:
    """A ``CHECK`` expression as an English requirement.

    Parameters
    ----------
    expression : str
        As `duckdb_constraints` gives it, e.g. ``"((tdp_w > 0) AND isfinite(tdp_w))"``.

    Returns
    -------
    str
        Such as ``"must be above 0"``.
    """
    rule = re.sub(r'\s+AND\s+isfinite\("?\w+"?\)', "", expression)
    rule = re.sub(r'"(\w+)"', r"\1", rule).strip()
    while rule.startswith("(") and rule.endswith(")") and _encloses(rule):
        rule = rule[1:-1].strip()
    for pattern, words in _PATTERNS:
        if match := re.fullmatch(pattern, rule):
            return match.expand(words).replace("'", "")
    if rule.startswith("length("):
        return "must not be empty"
    return f"must fulfil {rule}"


def _encloses(rule: str) -> bool:
    depth = 0
    for position, character in enumerate(rule):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            return position == len(rule) - 1
    return False


_PATTERNS = (
    (r"\w+ > (-?[\d.]+)", r"must be above \1"),
    (r"\w+ >= (-?[\d.]+)", r"must be at least \1"),
    (r"\w+ BETWEEN (-?[\d.]+) AND (-?[\d.]+)", r"must be between \1 and \2"),
    (r"\(?\w+ > (-?[\d.]+)\)? AND \(?\w+ <= (-?[\d.]+)\)?", r"must be above \1 and at most \2"),
    (r"\w+ IN \((.*)\)", r"must be one of \1"),
    (r"\w+ >= (\w+)", r"must be at least \1"),
    (r"\(?(\w+) <= (\w+)\)? AND \(?\2 <= (\w+)\)?", r"must be in the order \1 <= \2 <= \3"),
    (r"isfinite\(\w+\)", r"must be a finite number"),
)


def broken_references(
    connection: duckdb.DuckDBPyConnection, names: Collection[str] | None = None
) -> list[str]:
    """One clause for each row that refers to a row that is not there, with the nearest that is.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A working copy.
    names : collection of str, optional
        Tables that changed: only references from and to them are looked at; all when left out.

    Returns
    -------
    list of str
    """
    clauses = []
    for table in tables().values():
        references: list[tuple[Reference, str | None]] = [(each, None) for each in table.references]
        if table.name in SOFT_REFERENCES:
            references.append(SOFT_REFERENCES[table.name])
        for reference, wildcard in references:
            if names is not None and not {table.name, reference.target} & set(names):
                continue
            clauses += _broken_references_of(connection, table, reference, wildcard)
    return clauses


def circular_references(
    connection: duckdb.DuckDBPyConnection, names: Collection[str] | None = None
) -> list[str]:
    """One clause for each row that refers to itself, at once or over other rows of its table.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        A working copy.
    names : collection of str, optional
        Tables that changed; all when left out.

    Returns
    -------
    list of str
    """
    return [
        clause
        for table in tables().values()
        for reference in table.references
        if reference.target == table.name and (names is None or table.name in names)
        for clause in _circular_references_of(connection, table, reference)
    ]


def _circular_references_of(
    connection: duckdb.DuckDBPyConnection, table: Table, reference: Reference
) -> list[str]:
    columns = ", ".join(f"CAST({quoted(name)} AS VARCHAR)" for name in table.column_names)
    name, own, target = (quoted(n) for n in (table.name, reference.column, reference.target_column))
    # All that hangs on a row without a reference, or on one that is not there, is in order.
    rows = connection.execute(
        f"WITH RECURSIVE sound AS (SELECT {target} AS id FROM {name} WHERE {own} IS NULL "  # noqa: S608
        f"OR {own} NOT IN (SELECT {target} FROM {name}) UNION "
        f"SELECT {target} FROM {name} JOIN sound ON {own} = sound.id) "
        f"SELECT [{columns}], {own} FROM {name} WHERE {target} NOT IN (SELECT id FROM sound) "
        f"ORDER BY {target} LIMIT 20"
    ).fetchall()
    return [
        f"{row_in_words(table, cells)}: {reference.column} '{value}' leads back to the row itself"
        for cells, value in rows
    ]


def _broken_references_of(
    connection: duckdb.DuckDBPyConnection, table: Table, reference: Reference, wildcard: str | None
) -> list[str]:
    columns = ", ".join(f"CAST({quoted(name)} AS VARCHAR)" for name in table.column_names)
    spared = f"AND {quoted(reference.column)} <> {literal(wildcard)} " if wildcard else ""
    known = f"SELECT {quoted(reference.target_column)} FROM {quoted(reference.target)}"  # noqa: S608
    rows = connection.execute(
        f"SELECT [{columns}], {quoted(reference.column)} FROM {quoted(table.name)} "  # noqa: S608
        f"WHERE {quoted(reference.column)} IS NOT NULL {spared}"
        f"AND {quoted(reference.column)} NOT IN ({known}) LIMIT 20"
    ).fetchall()
    names = [row[0] for row in connection.execute(known).fetchall()] if rows else []
    return [
        f"{row_in_words(table, cells)}: {reference.column} '{value}' is not in {reference.target}"
        f"{_nearest(value, names)}"
        for cells, value in rows
    ]


def _nearest(value: str, names: list[str]) -> str:
    near = difflib.get_close_matches(value, names, n=2, cutoff=0.6)
    return f" (nearest: {' or '.join(near)})" if near else ""


def unreadable_cells(connection: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    """One clause for each text that the column's type cannot hold, in a table made with all-text columns."""
    clauses = []
    for column in table.columns:
        columns = ", ".join(quoted(name) for name in table.column_names)
        rows = connection.execute(
            f"SELECT [{columns}] FROM {quoted(table.name)} WHERE {quoted(column.name)} IS NOT NULL "  # noqa: S608
            f"AND TRY_CAST({quoted(column.name)} AS {column.data_type}) IS NULL LIMIT 20"
        ).fetchall()
        clauses += [f"{row_in_words(table, cells)}: {_misread(table, column, cells)}" for (cells,) in rows]
    return clauses


def _misread(table: Table, column: Column, cells: list[str | None]) -> str:
    value = cells[table.column_names.index(column.name)]
    return f"{column.name} is '{value}', but must be {TYPES_IN_WORDS.get(column.data_type, column.data_type)}"


def sentence(clauses: list[str], remedy: str, shown: int = SHOWN) -> str:
    """The first few clauses and how many there are besides, as one sentence."""
    more = f"; and {len(clauses) - shown} more" if len(clauses) > shown else ""
    return f"{'; '.join(clauses[:shown])}{more}: {remedy}"

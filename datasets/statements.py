"""Which SQL statements an analyst may run, and a sentence for each kind that may not."""

from __future__ import annotations

import re

import duckdb

from datasets import sql_errors
from datasets.errors import InvalidStatement

_Kind = duckdb.StatementType
READING = frozenset({_Kind.SELECT, _Kind.EXPLAIN, _Kind.MULTI, _Kind.RELATION})
CHANGING = frozenset({_Kind.INSERT, _Kind.UPDATE, _Kind.DELETE, _Kind.MERGE_INTO})

MOST_KEYWORD_LETTERS = 40
_TABLES_ARE_FIXED = "the tables are fixed; use SELECT, INSERT, UPDATE, DELETE or MERGE."
_SETTINGS_ARE_FIXED = "settings are fixed; DESCRIBE and SHOW TABLES tell about the tables."
_REMEDIES: dict[duckdb.StatementType | None, str] = {
    _Kind.COPY: "a result is written with --output and --format.",
    _Kind.EXPORT: "a result is written with --output and --format.",
    _Kind.COPY_DATABASE: "copy the database file itself instead.",
    _Kind.ATTACH: "name another database with --db.",
    _Kind.DETACH: "name another database with --db.",
    _Kind.SET: _SETTINGS_ARE_FIXED,
    _Kind.VARIABLE_SET: _SETTINGS_ARE_FIXED,
    _Kind.PRAGMA: _SETTINGS_ARE_FIXED,
    _Kind.LOAD: "extensions cannot be added.",
    _Kind.EXTENSION: "extensions cannot be added.",
    _Kind.TRANSACTION: "everything in one call is one transaction already.",
}


def may_change_rows(sql: str) -> bool:
    """Whether the text has a word without which no statement, and no part of one, changes rows."""
    return re.search(r"insert|update|delete|merge|truncate", sql, re.IGNORECASE) is not None


def runnable_statements(sql: str) -> list[duckdb.Statement]:
    """The statements in a text, in order, if all of them may be run.

    Parameters
    ----------
    sql : str
        One or more statements.

    Returns
    -------
    list of duckdb.Statement

    Raises
    ------
    InvalidStatement
        When the text has a syntax error, no statement, or one of a kind that may not be run.
    """
    statements = _parsed(sql)
    if not statements:
        raise InvalidStatement("There is no SQL statement to run: give one such as SELECT * FROM devices.")
    for statement in statements:
        kind = _kind(statement)
        if kind not in READING | CHANGING:
            keyword = statement.query.split(maxsplit=1)[0].strip(";(").upper()[:MOST_KEYWORD_LETTERS]
            raise InvalidStatement(f"{keyword} cannot be run here: {_REMEDIES.get(kind, _TABLES_ARE_FIXED)}")
    return statements


def _parsed(sql: str) -> list[duckdb.Statement]:
    try:
        sql.encode()
        return duckdb.extract_statements(sql)
    except UnicodeEncodeError as error:
        raise InvalidStatement(
            f"Letter {error.start + 1} of the statement is half of one: leave it out."
        ) from error
    except duckdb.Error as error:
        raise InvalidStatement(sql_errors.sentence(error, sql)) from error


def _kind(statement: duckdb.Statement) -> duckdb.StatementType | None:
    try:
        return statement.type
    except ValueError:
        return None  # A kind so new that the package has no name for it, such as UPDATE EXTENSIONS.

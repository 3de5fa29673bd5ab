"""DuckDB's errors in one sentence each: what was wrong, the value received, what would be right."""

from __future__ import annotations

import re

import duckdb

from datasets.errors import UnknownName
from datasets.schema import tables

VIEWS = ("budgets",)
MOST_LETTERS = 300
_FILE_SENTENCE = (
    "SQL cannot read or write files here: use --output for a result, and edgewise devices add for an import."
)


def sentence(error: duckdb.Error, statement: str) -> str:
    """One sentence for an error of a statement.

    Parameters
    ----------
    error : duckdb.Error
    statement : str
        The SQL that raised it.

    Returns
    -------
    str
    """
    text = str(error)
    for kind, words in _KINDS:
        if isinstance(error, kind) and (told := words(text, statement)):
            return told
    return f"The statement cannot be run: {_first_line(text)}."


def _first_line(text: str) -> str:
    line = text.strip().splitlines()[0] if text.strip() else "unknown reason"
    return _short(re.sub(r"^(\w+ )+Error: ", "", line).rstrip(".! "))


def _short(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]}…"


def _place(text: str) -> str:
    match = re.search(r"^LINE (\d+): (.*)$", text, re.MULTILINE)
    return f" (line {match[1]}: {_short(match[2].strip())})" if match else ""


def _syntax(text: str, statement: str) -> str:
    return f"SQL {_first_line(text)}{_place(text)}: correct it and run it again."


def _catalog(text: str, statement: str) -> str | None:
    if match := re.search(r"Table with name (.+?) does not exist", text):
        return str(UnknownName("table", match[1], [*tables(), *VIEWS]))
    if match := re.search(r"Function with name (\S+) does not exist!(?:\nDid you mean \"(\w+)\")?", text):
        remedy = f"did you mean {match[2]}?" if match[2] else "check its name."
        return f"There is no function '{match[1]}': {remedy}"
    return None


def _binder(text: str, statement: str) -> str | None:
    if match := re.search(r'Referenced column "(.+?)" not found', text):
        if f'"{match[1]}"' in statement:
            return f"There is no column '{match[1]}': text goes in single quotes."
        candidates = re.findall(r'"(\w+)"', text.partition("Candidate bindings:")[2].partition("\n")[0])
        return str(UnknownName("column", match[1], candidates))
    if match := re.search(r'Table "(\w+)" does not have a column (?:with name|named) "(.+?)"', text):
        table = tables().get(match[1])
        return str(UnknownName("column", match[2], table.column_names if table else []))
    return None


def _constraint(text: str, statement: str) -> str | None:
    table = target_table(statement)
    if match := re.search(r'[Dd]uplicate key "(.+?)"', text):
        where = f"{table} has" if table else "There is"
        return (
            f"{where} a row with the key '{match[1]}' already: "
            "choose another key, or UPDATE the row if it is your own."
        )
    if match := re.search(r"NOT NULL constraint failed: (\w+)\.(\w+)", text):
        return f"{match[1]}: {match[2]} is missing, but must be given: name it in the INSERT."
    return None


def target_table(statement: str) -> str | None:
    """The table that an INSERT or UPDATE names, if there is one of that name."""
    match = re.search(r'\b(?:INTO|UPDATE)\s+"?(\w+)"?', statement, re.IGNORECASE)
    return match[1] if match and match[1] in tables() else None


def _conversion(text: str, statement: str) -> str:
    return (
        f"A value has the wrong type: {_first_line(text)}{_place(text)}; write it as the column's type asks."
    )


def _function(text: str, statement: str) -> str | None:
    # A registered Python function raised: its own sentence is the last thing in the message.
    match = re.search(r"(?:UDF|function)[^:]*: (?:[\w.]+: )?(.+)", text, re.DOTALL)
    return " ".join(match[1].split()) if match and "Python exception" in text else None


_KINDS = (
    (duckdb.ParserException, _syntax),
    (duckdb.CatalogException, _catalog),
    (duckdb.BinderException, _binder),
    (duckdb.ConstraintException, _constraint),
    (duckdb.ConversionException, _conversion),
    (duckdb.PermissionException, lambda text, statement: _FILE_SENTENCE),
    (
        duckdb.OutOfMemoryException,
        lambda text, statement: "The statement needs more than 1 GB of memory: filter or aggregate first.",
    ),
    (duckdb.Error, _function),
)

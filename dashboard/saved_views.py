"""Views that a user kept under a name: a page and its address, in the database."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from urllib.parse import urlencode

import pandas as pd

from datasets import sandbox
from datasets.database import Snapshot
from datasets.errors import InvalidValue, UnknownName

TABLE = "saved_views"
LONGEST_NAME = 80
_INSERT = "INSERT INTO saved_views (name, page, address, saved) VALUES (?, ?, ?, ?)"
_DELETE = "DELETE FROM saved_views WHERE name = ?"


def keep(current: Snapshot, name: str, page: str, parameters: dict[str, str]) -> None:
    """Keep a page with its settings under a name.

    Parameters
    ----------
    current : Snapshot
    name : str
    page : str
        As the address names it.
    parameters : dict of str to str
        What the address holds after the question mark.

    Raises
    ------
    InvalidValue
        When the name is empty, too long, or taken.
    DatabaseUnavailable
        When the database cannot be written.
    """
    wanted = " ".join(name.split())
    if not wanted:
        raise InvalidValue("The view has no name: give it one.")
    if len(wanted) > LONGEST_NAME:
        raise InvalidValue(
            f"The view's name has {len(wanted)} letters: {LONGEST_NAME} are the most that it may have."
        )
    if wanted in set(current.tables[TABLE]["name"]):
        raise InvalidValue(f"There is a view '{wanted}' already: choose another name, or delete that one.")
    values = [wanted, page, urlencode(parameters), date.today()]
    sandbox.run(current.path, _INSERT, write=True, parameters=values)


def forget(current: Snapshot, name: str) -> None:
    """Delete a view by its name.

    Raises
    ------
    UnknownName
        When it is gone already.
    DatabaseUnavailable
        When the database cannot be written.
    """
    found(current, name)
    sandbox.run(current.path, _DELETE, write=True, parameters=[name])


def found(current: Snapshot, name: str) -> pd.Series:
    """The row of a view.

    Raises
    ------
    UnknownName
        When no view bears the name; another tab may have deleted it.
    """
    rows = current.tables[TABLE].set_index("name", drop=False)
    if name not in rows.index:
        raise UnknownName("saved view", name, rows.index)
    return rows.loc[name]


def kept_views(current: Snapshot, pages: Iterable[str]) -> pd.DataFrame:
    """The views whose page exists, newest first: columns name, page, address, saved."""
    rows = current.tables[TABLE]
    rows = rows[rows["page"].isin(list(pages))].sort_values(["saved", "name"], ascending=[False, True])
    return rows[["name", "page", "address", "saved"]]

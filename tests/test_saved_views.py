"""Named views: kept in the database, refused in words, gone when deleted."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard import saved_views
from datasets import database
from datasets.errors import InvalidValue, UnknownName

SETTINGS = {"v": "1", "scenario": "edge_first", "note": "a & b"}


def test_a_view_is_kept_and_can_be_deleted(database_path: Path) -> None:
    saved_views.keep(database.load(database_path), "  My   view ", "forecast", SETTINGS)
    kept = database.load(database_path)
    row = saved_views.found(kept, "My view")
    assert (row["page"], row["address"]) == ("forecast", "v=1&scenario=edge_first&note=a+%26+b")
    assert saved_views.kept_views(kept, ["forecast"])["name"].tolist() == ["My view"]
    assert saved_views.kept_views(kept, ["devices"]).empty
    saved_views.forget(kept, "My view")
    assert database.load(database_path).tables["saved_views"].empty


def test_a_name_must_be_there_short_and_new(database_path: Path) -> None:
    current = database.load(database_path)
    with pytest.raises(InvalidValue, match=r"The view has no name: give it one\."):
        saved_views.keep(current, "  ", "forecast", {})
    with pytest.raises(InvalidValue, match="has 81 letters: 80 are the most that it may have"):
        saved_views.keep(current, "x" * 81, "forecast", {})
    saved_views.keep(current, "Mine", "forecast", {})
    with pytest.raises(InvalidValue, match="There is a view 'Mine' already: choose another name"):
        saved_views.keep(database.load(database_path), "Mine", "devices", {})


def test_a_view_that_is_gone_is_named(database_path: Path) -> None:
    with pytest.raises(UnknownName, match="There is no saved view 'Gone': the catalogue holds none"):
        saved_views.forget(database.load(database_path), "Gone")

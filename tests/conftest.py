"""A database of one's own for each test: built once a session, copied for each that asks."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from datasets import database


@pytest.fixture(scope="session")
def built_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return database.ensure(tmp_path_factory.mktemp("built") / "edgewise.duckdb")


@pytest.fixture(scope="session")
def snapshot(built_database: Path) -> database.Snapshot:
    """All tables as they come with Edgewise; not to be changed in place."""
    return database.load(built_database)


@pytest.fixture(scope="session")
def tables(snapshot: database.Snapshot) -> Mapping[str, pd.DataFrame]:
    return snapshot.tables


@pytest.fixture
def database_path(built_database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh copy of the database, which is also the default one while the test runs."""
    path = tmp_path / "edgewise.duckdb"
    shutil.copy(built_database, path)
    monkeypatch.setenv("EDGEWISE_DB", str(path))
    return path

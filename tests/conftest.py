"""A database of one's own for each test: built once a session, copied for each that asks."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import settings
from threadpoolctl import threadpool_limits

from dashboard import cli, statement_run
from datasets import connections, database

# Speed is measured elsewhere; a busy machine must not fail a property.
settings.register_profile("edgewise", deadline=None)
settings.load_profile("edgewise")
DRAWS = 64


@pytest.fixture(scope="session", autouse=True)
def _one_thread_of_linear_algebra() -> Iterator[None]:
    """Tests run side by side: threads that wait for work would take the other's time."""
    with threadpool_limits(1, user_api="blas"):
        yield


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


@pytest.fixture
def few_draws(built_database: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw little; share the database, and what is cached of it, between the tests that change no row."""
    if "database_path" not in request.fixturenames:
        monkeypatch.setenv("EDGEWISE_DB", str(built_database))
    monkeypatch.setattr("dashboard.loaders.DRAWS", DRAWS)
    monkeypatch.setattr("dashboard.analyses.SWEEP_STEPS", 2)
    monkeypatch.delenv("EDGEWISE_READ_ONLY", raising=False)


@pytest.fixture(autouse=True)
def _patient_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page driven without a browser is not drawn again by itself: it waits for its statement."""
    monkeypatch.setattr(statement_run, "PATIENCE_S", 60.0)


class Run:
    """One run of the command in this process."""

    def __init__(self, capsysbinary: pytest.CaptureFixture[bytes]):
        self.captured = capsysbinary

    def __call__(self, *arguments: str, status: int = cli.DONE) -> str:
        try:
            returned = cli.main(arguments)
        except SystemExit as left:
            returned = int(left.code or 0)
        out, error = self.captured.readouterr()
        self.words = error.decode()
        assert returned == status, self.words
        return out.decode()

    def refused(self, *arguments: str) -> str:
        """The one sentence on stderr of a run that is refused and prints nothing."""
        assert self(*arguments, status=cli.WRONG_INPUT) == ""
        assert self.words.count("\n") == 1, self.words
        return self.words


@pytest.fixture
def edgewise(
    capsysbinary: pytest.CaptureFixture[bytes], database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """The command line; a locked database is given up soon."""
    monkeypatch.setattr(connections, "LOCK_PATIENCE_S", 0.5)
    return Run(capsysbinary)

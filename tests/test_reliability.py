"""The trial of the reliability itself: a small part of it is run, and it sees faults where there are some."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dashboard.reliability import kills, readers, trial
from datasets import database


def test_a_change_told_as_made_outlives_the_kill(built_database: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(built_database, tmp_path / "killed.duckdb"))
    report = kills.kills(path, 2, seed=3)
    assert report.faults == []
    assert report.kills == 2
    assert report.made + sum(report.interrupted.values()) > 0


def test_a_lost_row_and_a_file_that_does_not_open_are_seen(built_database: Path, tmp_path: Path) -> None:
    expected = kills._Expected()
    expected.note(
        ["begun insert a", "made insert a", "made undo h100_sxm", "begun update c"], kills.KillReport()
    )
    path = Path(shutil.copy(built_database, tmp_path / "a.duckdb"))
    assert expected.faults(path) == ["lost a", "brought back h100_sxm"]
    path.write_bytes(b"no database" * 1000)
    assert expected.faults(path)[0].startswith("did not open: ")


def test_readers_see_all_of_a_change_or_none(built_database: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(built_database, tmp_path / "read.duckdb"))
    report = readers.reads_while_writing(path, 3, 0.5)
    assert report.faults == []
    assert report.writes >= 1
    assert report.reads >= 3


def test_half_a_change_is_seen(built_database: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(built_database, tmp_path / "half.duckdb"))
    with database.open_file(path) as connection:
        connection.execute(readers.ADDED.format(1, 5).partition(";")[0])
    assert readers._seen(path, 3) == (
        1,
        ["r1 has peaks [] beside 5.0 GB", "3 devices were there, and then 1"],
    )


def test_figures_and_faults_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = [lambda share: ([("tries", 1.0, "1")], ["a fault"])] * 5
    for name, replacement in zip(
        ("_malformed", "_reads", "_hostile", "_kills", "_crowd"), tried, strict=True
    ):
        monkeypatch.setattr(trial, name, lambda *given, found=replacement: found(given[-1]))
    said: list[str] = []
    found = list(trial.trials(said.append, 0.01))
    assert [faults for _, faults in found] == [["a fault"]] * 5
    assert said[3] == "Now: 2 kills …"

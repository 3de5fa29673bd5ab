"""A change cut short: the file as it was before comes back if it was damaged, and only then."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

import duckdb
import pytest

from datasets import database, sandbox
from datasets.connections import held
from datasets.errors import DatabaseUnavailable
from datasets.safety_copy import keep_copy, safety_path

ADD_SOURCE = "INSERT INTO sources (source_id, title) VALUES ('mine', 'My notes')"


def damage(path: Path) -> None:
    """Zeros in the middle of the file, as a checkpoint that was killed may leave it."""
    with path.open("r+b") as stream:
        stream.seek(12_288)
        stream.write(bytes(path.stat().st_size - 12_288))


def test_the_copy_lies_there_while_the_file_is_written_to(database_path: Path) -> None:
    left = database_path.with_name(f".{safety_path(database_path).name}.0f.draft")
    left.write_bytes(b"of a writer that was killed while it copied")
    with held(database_path, read_only=False) as connection:
        assert safety_path(database_path).exists()
        connection.execute(ADD_SOURCE)
    assert not left.exists()
    assert not safety_path(database_path).exists()
    with pytest.raises(duckdb.ConstraintException), held(database_path, read_only=False) as connection:
        connection.execute(ADD_SOURCE)
    assert not safety_path(database_path).exists()
    with held(database_path, read_only=True):
        assert not safety_path(database_path).exists()


def test_a_damaged_file_is_put_back_as_it_was_before_the_change(
    database_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.run(database_path, ADD_SOURCE, write=True)
    shutil.copy(database_path, safety_path(database_path))
    damage(database_path)
    with caplog.at_level(logging.WARNING, "edgewise"):
        held_now = database.load(database_path).tables["sources"]["source_id"]
    assert "mine" in set(held_now)
    assert "that change is taken back, all saved before is there" in caplog.text
    assert [file.name for file in database_path.parent.iterdir() if file.is_file()] == [database_path.name]


def test_a_file_that_a_killed_writer_left_in_order_is_kept(database_path: Path) -> None:
    shutil.copy(database_path, safety_path(database_path))
    with duckdb.connect(str(database_path)) as connection:
        connection.execute(ADD_SOURCE)
    assert "mine" in set(database.load(database_path).tables["sources"]["source_id"])
    assert not safety_path(database_path).exists()


def test_a_copy_of_a_writer_that_died_is_not_replaced_by_damage(database_path: Path) -> None:
    shutil.copy(database_path, safety_path(database_path))
    before = safety_path(database_path).stat().st_mtime_ns
    with duckdb.connect(str(database_path)) as connection:
        keep_copy(connection, database_path)
    assert safety_path(database_path).stat().st_mtime_ns > before


def test_damage_without_a_copy_or_where_it_cannot_be_put_back_is_a_sentence(
    database_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = database_path.with_name("whole")
    shutil.copy(database_path, whole)
    damage(database_path)
    with pytest.raises(DatabaseUnavailable, match="is damaged or cut short"):
        database.load(database_path)
    shutil.copy(whole, safety_path(database_path))

    def refused(self: Path, target: Path) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refused)
    with pytest.raises(DatabaseUnavailable, match=r"cannot be put back \(Permission denied\)"):
        database.load(database_path)
    assert safety_path(database_path).exists()

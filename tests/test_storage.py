"""The database file when things go wrong: nothing destroyed, everything named, a way back each time."""

from __future__ import annotations

import json
import logging
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from conftest import Run

from datasets import backups, changes, connections, database, doctor, sandbox, write_ahead_log
from datasets.errors import DatabaseUnavailable, InvalidValue, UnknownName

ADD_SOURCE = "INSERT INTO sources (source_id, title) VALUES ('mine', 'Mine')"
KILLED = """
import duckdb, os, sys
connection = duckdb.connect(sys.argv[1])
for number in range(8):
    connection.execute(f"INSERT INTO sources (source_id, title) VALUES ('row_{number}', 'R')")
os._exit(0)
"""


@pytest.fixture(scope="session")
def killed_writer(built_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database whose last eight rows are in its write-ahead log alone."""
    path = tmp_path_factory.mktemp("killed") / "edgewise.duckdb"
    shutil.copy(built_database, path)
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=True)
    return path


@pytest.fixture
def with_log(killed_writer: Path, tmp_path: Path) -> Path:
    for file in (killed_writer, write_ahead_log.log_path(killed_writer)):
        shutil.copy(file, tmp_path)
    return tmp_path / killed_writer.name


def sources(path: Path) -> set[str]:
    return set(database.load(path).tables["sources"].query("origin == 'user'")["source_id"])


def problems(path: Path) -> pd.DataFrame:
    found = doctor.findings(path)
    return found[found["status"] == doctor.PROBLEM].set_index("check")


def cut_log(path: Path, size: int | None = None) -> None:
    log = write_ahead_log.log_path(path)
    content = log.read_bytes()
    log.write_bytes(content[: size or len(content) // 2])


class TestWriteAheadLog:
    def test_a_whole_log_is_read_to_its_end(self, with_log: Path) -> None:
        state = write_ahead_log.log_state(with_log)
        assert state is not None
        assert (state.transactions, state.fault) == (8, None)

    def test_no_log_and_an_empty_one(self, database_path: Path) -> None:
        assert write_ahead_log.log_state(database_path) is None
        write_ahead_log.log_path(database_path).touch()
        assert write_ahead_log.log_state(database_path) == write_ahead_log.LogState(0, 0)

    def test_every_cut_is_noticed_but_one_between_two_transactions(self, with_log: Path) -> None:
        content = write_ahead_log.log_path(with_log).read_bytes()
        whole = 0
        for size in range(1, len(content)):
            write_ahead_log.log_path(with_log).write_bytes(content[:size])
            state = write_ahead_log.log_state(with_log)
            assert state is not None
            whole += state.fault is None
        assert whole == 8  # Behind the header and behind each transaction but the last.

    def test_every_flipped_byte_behind_the_header_is_noticed(self, with_log: Path) -> None:
        log = write_ahead_log.log_path(with_log)
        content = log.read_bytes()
        first = content.find(b"\xff\xff") + 2
        for place in range(first, len(content), 7):
            log.write_bytes(content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :])
            state = write_ahead_log.log_state(with_log)
            assert state is not None
            assert state.fault is not None, place

    def test_duckdb_opens_a_cut_log_without_a_word_and_the_doctor_does_not(
        self, with_log: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        cut_log(with_log)
        with duckdb.connect(str(with_log), read_only=True) as connection:
            rows = connection.execute("SELECT count(*) FROM sources WHERE source_id LIKE 'row__'").fetchall()
        assert rows[0][0] < 8
        found = problems(with_log)
        assert found.index.tolist() == ["write-ahead log"]
        assert "it ends in the middle of a transaction: rows that were written last are missing" in str(
            found["found"].iloc[0]
        )
        assert "edgewise backup" in str(found["remedy"].iloc[0])
        with caplog.at_level(logging.WARNING, "edgewise"):
            database.load(with_log)
        assert "rows may be missing; edgewise doctor says what to do" in caplog.text

    def test_a_write_keeps_the_cut_log_before_it_replaces_it(self, with_log: Path) -> None:
        cut_log(with_log)
        content = write_ahead_log.log_path(with_log).read_bytes()
        sandbox.run(with_log, ADD_SOURCE, write=True)
        kept = backups.backup_folder(with_log) / backups.backups(with_log)["backup"].iloc[0]
        assert kept.name.endswith("_log-cut.duckdb")
        assert write_ahead_log.log_path(kept).read_bytes() == content
        assert "mine" in sources(with_log)

    def test_a_log_of_another_database_or_a_damaged_one_is_named_and_can_be_set_aside(
        self, with_log: Path, tmp_path: Path, edgewise: Run
    ) -> None:
        other = database.ensure(tmp_path / "other" / "edgewise.duckdb")
        log = write_ahead_log.log_path(other)
        shutil.copy(write_ahead_log.log_path(with_log), log)
        with pytest.raises(DatabaseUnavailable, match=r"log .* does not fit the database or is damaged"):
            database.load(other)
        assert "--set-log-aside" in str(problems(other).loc["opening", "remedy"])
        words = edgewise("doctor", "--set-log-aside", "--db", str(other))
        assert "ok" in words
        assert not log.exists()
        assert len(list(backups.backup_folder(other).glob("*.wal"))) == 1
        with pytest.raises(InvalidValue, match=r"no write-ahead log beside .*: nothing has to be set aside"):
            backups.set_log_aside(other)

    def test_a_log_that_is_no_log(self, with_log: Path) -> None:
        write_ahead_log.log_path(with_log).write_bytes(b"garbage" * 50)
        assert "it does not begin as a write-ahead log" in str(problems(with_log)["found"].iloc[0])


class TestBackups:
    def test_a_backup_holds_what_the_log_holds_and_is_put_back(self, with_log: Path) -> None:
        kept = backups.make_backup(with_log)
        assert not write_ahead_log.log_path(kept).exists()
        sandbox.run(with_log, "DELETE FROM sources WHERE origin = 'user'", write=True)
        assert sources(with_log) == set()
        former = backups.restore(with_log, "latest")
        assert sources(with_log) == {f"row_{number}" for number in range(8)}
        assert former is not None
        backups.restore(with_log, former.name)
        assert sources(with_log) == set()

    def test_a_backup_is_made_before_an_update(self, database_path: Path) -> None:
        sandbox.run(database_path, ADD_SOURCE, write=True)
        with duckdb.connect(str(database_path)) as connection:
            connection.execute("UPDATE meta SET value = 'older' WHERE key = 'facts_version'")
        assert sources(database_path) == {"mine"}
        listed = backups.backups(database_path)
        assert listed["reason"].tolist() == ["before-update"]
        with duckdb.connect(
            str(backups.backup_folder(database_path) / listed["backup"][0]), read_only=True
        ) as connection:
            assert ("older",) in connection.execute("SELECT value FROM meta").fetchall()

    def test_automatic_backups_do_not_pile_up(
        self, database_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(backups, "KEPT_AUTOMATIC", 1)
        for _ in range(2):
            backups.make_backup(database_path, backups.BEFORE_UPDATE)
        backups.make_backup(database_path)
        assert sorted(backups.backups(database_path)["reason"]) == ["before-update", "on-demand"]

    @pytest.mark.parametrize(
        "damage",
        [
            lambda path: path.write_bytes(path.read_bytes()[:100_000]),
            lambda path: path.write_bytes(b"\0" * 5_000),
            lambda path: path.write_text("notes " * 1000),
            lambda path: path.unlink(),
        ],
        ids=["truncated", "zeroed", "swapped", "gone"],
    )
    def test_a_damaged_database_is_restored_and_kept(
        self, database_path: Path, damage: Callable[[Path], object]
    ) -> None:
        sandbox.run(database_path, ADD_SOURCE, write=True)
        backups.make_backup(database_path)
        damage(database_path)
        content = database_path.read_bytes() if database_path.exists() else None
        assert len(problems(database_path)) == 1
        former = backups.restore(database_path, "latest")
        assert sources(database_path) == {"mine"}
        assert (former.read_bytes() if former else None) == content

    def test_commands(self, edgewise: Run, database_path: Path, tmp_path: Path) -> None:
        assert (
            "edgewise backup makes one" in (edgewise("restore") and "") or "edgewise backup" in edgewise.words
        )
        edgewise("backup")
        assert "Copied to" in edgewise.words
        name = edgewise("restore", "--format", "csv").splitlines()[1].split(",")[0]
        sandbox.run(database_path, ADD_SOURCE, write=True)
        edgewise("restore", name)
        assert "is the backup now. What stood there is" in edgewise.words
        assert sources(database_path) == set()
        edgewise("backup", str(tmp_path / "mine.duckdb"))
        assert "There is a file" in edgewise.refused("backup", str(tmp_path / "mine.duckdb"))
        edgewise("restore", str(tmp_path / "mine.duckdb"))
        assert "There is no backup 'nonsense'" in edgewise.refused("restore", "nonsense")

    def test_a_file_that_is_no_database_is_not_put_in_place(
        self, database_path: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "notes.txt").write_text("notes " * 1000)
        content = database_path.read_bytes()
        with pytest.raises(DatabaseUnavailable, match="is not a DuckDB database"):
            backups.restore(database_path, str(tmp_path / "notes.txt"))
        with duckdb.connect(str(tmp_path / "other.duckdb")) as connection:
            connection.execute("CREATE TABLE meta (key VARCHAR, value VARCHAR)")
        with pytest.raises(DatabaseUnavailable, match="is no whole database of Edgewise: edgewise restore"):
            backups.restore(database_path, str(tmp_path / "other.duckdb"))
        with duckdb.connect(str(tmp_path / "other.duckdb")) as connection:
            connection.execute("INSERT INTO meta VALUES ('schema_version', '99')")
        with pytest.raises(DatabaseUnavailable, match="has schema version 99, this Edgewise knows"):
            backups.restore(database_path, str(tmp_path / "other.duckdb"))
        with pytest.raises(UnknownName, match="There is no backup 'latest': the catalogue holds none"):
            backups.restore(database_path, "latest")
        assert database_path.read_bytes() == content

    def test_a_backup_that_cannot_be_written(self, database_path: Path, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(DatabaseUnavailable, match=r"The backup .* cannot be written \(.+\): free some"):
            backups.make_backup(database_path, to=tmp_path / "file" / "copy.duckdb")

    def test_a_restore_waits_for_whoever_holds_the_file(
        self, database_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        backups.make_backup(database_path)
        monkeypatch.setattr(connections, "LOCK_PATIENCE_S", 0.2)
        code = (
            "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
        )
        with subprocess.Popen(
            [sys.executable, "-c", code, str(database_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as holder:
            assert holder.stdout is not None
            assert holder.stdin is not None
            holder.stdout.readline()
            with pytest.raises(DatabaseUnavailable, match=rf"is held by process {holder.pid}"):
                backups.restore(database_path, "latest")
            holder.stdin.close()


class TestDoctor:
    def test_a_sound_database(self, edgewise: Run, database_path: Path) -> None:
        found = pd.DataFrame(json.loads(edgewise("doctor", "--format", "json")))
        assert set(found["status"]) <= {"ok", "note"}
        assert {"file", "write-ahead log", "version", "rows", "rules", "backups", "disk"} <= set(
            found["check"]
        )
        assert "counts and checksums as recorded" in found.set_index("check").loc["rows", "found"]

    def test_rows_that_are_gone_and_rows_that_came_from_elsewhere(
        self, edgewise: Run, database_path: Path
    ) -> None:
        sandbox.run(database_path, ADD_SOURCE, write=True)
        with duckdb.connect(str(database_path)) as connection:
            connection.execute(
                "DELETE FROM sources WHERE source_id = 'mine';"
                "UPDATE networks SET notes = 'x' WHERE notes IS NULL;"
                "INSERT INTO devices (device_id, name, segment) VALUES ('m', 'M', 'phone')"
            )
        edgewise("doctor", status=1)
        assert "1 problem found." in edgewise.words
        found = doctor.findings(database_path).set_index("check")
        assert "1 rows more than after the last change" in found.loc["rows of devices", "found"]
        assert found.loc["rows of sources", "status"] == "problem"
        assert "after the last change by Edgewise" in found.loc["rows of sources", "found"]
        assert "other rows than" in found.loc["rows of networks", "found"]

    def test_a_damaged_block(self, database_path: Path) -> None:
        content = bytearray(database_path.read_bytes())
        for place in range(20_000, len(content), 16_384):
            content[place] ^= 0xFF
        database_path.write_bytes(bytes(content))
        found = problems(database_path)
        assert "damaged or cut short" in str(found["found"].iloc[0])
        assert "edgewise restore" in str(found["remedy"].iloc[0])
        with pytest.raises(DatabaseUnavailable, match="damaged or cut short"):
            database.load(database_path)

    def test_a_newer_database_and_a_missing_table(self, database_path: Path) -> None:
        with database.open_file(database_path) as connection:
            connection.execute("DROP TABLE claims")
        assert "missing: claims" in str(problems(database_path).loc["tables", "found"])
        with pytest.raises(DatabaseUnavailable, match=r"lacks a table or column .*edgewise restore"):
            database.load(database_path)
        with duckdb.connect(str(database_path)) as connection:
            connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
        assert "schema version 99" in str(problems(database_path)["found"].iloc[0])

    @pytest.mark.parametrize(
        ("made", "said"),
        [
            (lambda path: None, "there is no file"),
            (lambda path: path.mkdir(), "is no file"),
            (lambda path: path.touch(), "is empty"),
        ],
    )
    def test_no_file(self, tmp_path: Path, made: Callable[[Path], object], said: str) -> None:
        made(tmp_path / "x.duckdb")
        assert said in str(problems(tmp_path / "x.duckdb").loc["file", "found"])


def test_a_full_disk_is_named_and_nothing_is_lost(database_path: Path) -> None:
    code = (
        "import resource, signal, sys\n"
        "from datasets import database, sandbox\n"
        "from datasets.errors import EdgewiseError\n"
        "database.load(sys.argv[1])\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "import os; size = os.path.getsize(sys.argv[1])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))\n"
        "sql = \"INSERT INTO sources (source_id, title) SELECT range, repeat(md5('' || range), 60) \"\n"
        "try: sandbox.run(sys.argv[1], sql + 'FROM range(9000)', write=True)\n"
        "except EdgewiseError as error: print(error)\n"
    )
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
    done = subprocess.run(
        [sys.executable, "-c", code, str(database_path)], capture_output=True, text=True, check=False
    )
    assert "The disk that holds" in done.stdout, (done.stdout, done.stderr)
    assert "is full: free some space and try again; nothing was changed." in done.stdout
    assert sources(database_path) == set()
    assert problems(database_path).empty


@pytest.mark.skipif(os.name != "posix", reason="permissions")
def test_a_read_only_folder_is_read_and_a_write_is_refused(database_path: Path) -> None:
    code = (
        "import os, sys\n"
        "from datasets import database, sandbox\n"
        "from datasets.errors import EdgewiseError\n"
        f"sandbox.run(sys.argv[2], {ADD_SOURCE!r}, write=True)\n"
        "if os.getuid() == 0: os.seteuid(65534)\n"
        "print(len(database.load(sys.argv[1]).tables['devices']) > 0)\n"
        f"try: sandbox.run(sys.argv[1], {ADD_SOURCE!r}, write=True)\n"
        "except EdgewiseError as error: print(error)\n"
    )
    folder = Path(tempfile.mkdtemp())  # pytest's own folders are closed to other users.
    try:
        path = Path(shutil.copy(database_path, folder / "edgewise.duckdb"))
        path.chmod(0o444)
        folder.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", code, str(path), str(database_path)],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)
    assert done.stdout.startswith("True"), done.stderr
    assert "may not be opened by this user: check the permissions" in done.stdout


def test_what_is_acknowledged_is_in_the_file_itself(database_path: Path) -> None:
    result = sandbox.rehearse(database.load(database_path), ADD_SOURCE)
    changes.apply(database_path, result.changes)
    assert not write_ahead_log.log_path(database_path).exists()
    assert sources(database_path) == {"mine"}

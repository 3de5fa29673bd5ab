"""Making, refreshing, loading and watching the database file."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path

import duckdb
import pytest

from datasets import building, connections, database, facts, sandbox, schema
from datasets.errors import DatabaseUnavailable, NotAllowed

INSERT_DEVICE = "INSERT INTO devices (device_id, name, segment, tdp_w) VALUES ('mine', 'Mine', 'phone', 4)"

INSERT_SCENARIO = "INSERT INTO scenarios (scenario_id, parent_id, name, description) VALUES"
INSERT_SOURCE = "INSERT INTO sources (source_id, title, origin) VALUES"


def in_other_process(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )


def test_default_path_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("EDGEWISE_DB", str(tmp_path / "own.duckdb"))
    assert database.default_path() == tmp_path / "own.duckdb"
    monkeypatch.delenv("EDGEWISE_DB")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert database.default_path().parts[-2:] == ("edgewise", "edgewise.duckdb")


def test_ensure_makes_folder_and_database_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "edgewise.duckdb"
    assert database.ensure(path) == path
    assert [file.name for file in path.parent.iterdir()] == ["edgewise.duckdb"]


def test_ensure_leaves_a_current_database_untouched(database_path: Path) -> None:
    before = database_path.read_bytes()
    database.ensure(database_path)
    assert database_path.read_bytes() == before


def test_two_processes_that_start_at_once_both_succeed(tmp_path: Path) -> None:
    path = tmp_path / "edgewise.duckdb"
    code = (
        "import sys; from datasets import database; print(len(database.load(sys.argv[1]).tables['devices']))"
    )
    starts = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    answers = [start.communicate(timeout=60) for start in starts]
    expected = str(len(database.load(path).tables["devices"]))
    assert [answer[0].strip() for answer in answers] == [expected] * 3, answers
    assert [file.name for file in tmp_path.iterdir()] == ["edgewise.duckdb"]


def test_a_draft_left_by_a_killed_process_is_removed_in_time(tmp_path: Path) -> None:
    old, new = tmp_path / ".edgewise.duckdb.aa.draft", tmp_path / ".edgewise.duckdb.bb.draft"
    for draft in (old, new):
        draft.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    database.ensure(tmp_path / "edgewise.duckdb")
    assert not old.exists()
    assert new.exists()


def test_the_file_is_in_the_storage_format_of_duckdb_1_4(database_path: Path) -> None:
    with duckdb.connect(str(database_path), read_only=True) as connection:
        tags = connection.execute("SELECT tags FROM duckdb_databases() WHERE NOT internal").fetchone()
    assert tags is not None
    assert tags[0]["storage_version"].startswith("v1.4.0")


def test_load_gives_every_table_in_the_order_of_its_key(database_path: Path) -> None:
    snapshot = database.load(database_path)
    assert set(snapshot.tables) == set(schema.tables())
    for name, frame in snapshot.tables.items():
        key = list(schema.tables()[name].key)
        assert frame[key].equals(frame[key].sort_values(key, ignore_index=True)), name
        assert not frame.duplicated(key).any(), name


def test_types_do_not_depend_on_the_rows(database_path: Path) -> None:
    full = database.load(database_path).tables
    with database.working_copy(database.load(database_path)) as connection:
        for name, table in schema.tables().items():
            connection.execute(f"DELETE FROM {schema.quoted(name)}")
            empty = schema.table_frame(connection, table)
            assert len(empty) == 0
            assert empty.dtypes.to_dict() == full[name].dtypes.to_dict(), name
    assert full["models"]["experts"].dtype == "float64"
    assert full["fleet_mix"]["year"].dtype == "int64"
    assert full["usage"]["date"].dtype == "datetime64[us]"


def test_loading_twice_gives_the_same(database_path: Path) -> None:
    first, second = database.load(database_path), database.load(database_path)
    assert first.version == second.version
    assert all(frame.equals(second.tables[name]) for name, frame in first.tables.items())


@pytest.mark.parametrize(
    ("sql", "changed"),
    [
        (INSERT_DEVICE, {"devices"}),
        ("UPDATE networks SET rtt_ms_p50 = nextafter(rtt_ms_p50, 'inf'::DOUBLE)", {"networks"}),
        ("UPDATE sources SET publisher = 'NULL' WHERE publisher IS NULL", {"sources"}),
        ("CREATE TABLE mine AS SELECT 1 AS one", set()),
    ],
)
def test_the_fingerprints_of_the_changed_tables_alone_differ(
    database_path: Path, sql: str, changed: set[str]
) -> None:
    before = database.load(database_path)
    with duckdb.connect(str(database_path)) as connection:
        connection.execute(sql)
    after = database.load(database_path)
    assert after.version != before.version
    assert {n for n, mark in after.fingerprints.items() if mark != before.fingerprints[n]} == changed
    assert {n for n, frame in after.tables.items() if not frame.equals(before.tables[n])} == changed


def test_a_table_changed_in_place_by_its_reader_is_whole_for_the_next(database_path: Path) -> None:
    first = database.load(database_path).tables["sources"]
    title = first["title"].iloc[0]
    first.loc[0, "title"] = "Changed"
    first["extra"] = 1
    second = database.load(database_path).tables["sources"]
    assert second["title"].iloc[0] == title
    assert "extra" not in second.columns


def test_load_does_not_keep_the_file_locked(database_path: Path) -> None:
    database.load(database_path)
    in_other_process(
        "import duckdb, sys; duckdb.connect(sys.argv[1]).execute(sys.argv[2])",
        str(database_path),
        INSERT_DEVICE,
    )
    assert "mine" in set(database.load(database_path).tables["devices"]["device_id"])


@pytest.mark.parametrize("ending", ["connection.close()", "os._exit(0)"], ids=["checkpointed", "killed"])
def test_another_process_changes_the_data_version(database_path: Path, ending: str) -> None:
    before = database.data_version(database_path)
    connected = "import duckdb, os, sys; connection = duckdb.connect(sys.argv[1])"
    code = f"{connected}; connection.execute(sys.argv[2]); {ending}"
    in_other_process(code, str(database_path), INSERT_DEVICE)
    assert database.data_version(database_path) != before
    assert "mine" in set(database.load(database_path).tables["devices"]["device_id"])


def test_reading_does_not_change_the_data_version(database_path: Path) -> None:
    before = database.data_version(database_path)
    with database.open_file(database_path, read_only=True) as connection:
        connection.execute("FROM devices").fetchall()
    database.load(database_path)
    assert database.data_version(database_path) == before


def test_a_notebook_that_holds_the_file_can_load_it_too(database_path: Path) -> None:
    with database.open_file(database_path) as connection:
        connection.execute(INSERT_DEVICE)
        assert "mine" in set(database.load(database_path).tables["devices"]["device_id"])


def test_a_working_copy_holds_the_same_rows_and_is_apart_from_the_file(database_path: Path) -> None:
    snapshot = database.load(database_path)
    with database.working_copy(snapshot) as connection:
        for name, table in schema.tables().items():
            assert schema.table_frame(connection, table).equals(snapshot.tables[name]), name
        connection.execute("DELETE FROM sources")
    assert database.load(database_path).tables["sources"].equals(snapshot.tables["sources"])


class TestRefresh:
    """A database made by another version of the facts."""

    @staticmethod
    def outdated(path: Path, *statements: str) -> None:
        with database.open_file(path) as connection:
            connection.execute("UPDATE meta SET value = 'older' WHERE key = 'facts_version'")
            for statement in statements:
                connection.execute(statement)

    def test_users_rows_survive_and_builtin_rows_are_restored(self, database_path: Path) -> None:
        original = database.load(database_path)
        self.outdated(
            database_path,
            INSERT_DEVICE,
            "INSERT INTO device_peaks (device_id, precision, dense_tops) VALUES ('mine', 'int8', 80)",
            "INSERT INTO fleet_mix (segment, year, device_id, share) VALUES ('robot', 2027, 'mine', 0.1)",
            f"{INSERT_SCENARIO} ('s1', 'central', 'S', 'D')",
            f"{INSERT_SCENARIO} ('s2', 's1', 'S', 'D')",
            "UPDATE networks SET notes = 'changed' WHERE origin = 'builtin'",
            "DELETE FROM claims WHERE origin = 'builtin'",
        )
        refreshed = database.load(database_path).tables
        for name, frame in original.tables.items():
            if "origin" in frame.columns:
                builtin = refreshed[name].query("origin == 'builtin'").reset_index(drop=True)
                assert builtin.equals(frame), name
        users = {
            name: set(frame.query("origin == 'user'").iloc[:, 0])
            for name, frame in refreshed.items()
            if "origin" in frame
        }
        assert {name: keys for name, keys in users.items() if keys} == {
            "devices": {"mine"},
            "device_peaks": {"mine"},
            "fleet_mix": {"robot"},
            "scenarios": {"s1", "s2"},
        }
        assert refreshed["meta"].set_index("key").at["facts_version", "value"] != "older"

    def test_a_users_row_wins_over_a_builtin_row_of_the_same_key(self, database_path: Path) -> None:
        self.outdated(
            database_path,
            "UPDATE networks SET origin = 'user', notes = 'own' WHERE network LIKE '5G mmWave%'",
        )
        networks = database.load(database_path).tables["networks"]
        assert networks.query("origin == 'user'")["notes"].tolist() == ["own"]
        assert not networks.duplicated("network").any()

    def test_a_builtin_row_that_is_gone_stays_while_a_users_row_needs_it(self, database_path: Path) -> None:
        self.outdated(
            database_path,
            f"{INSERT_SOURCE} ('gone', 'G', 'builtin'), ('unused', 'U', 'builtin')",
            "INSERT INTO devices (device_id, name, segment, source_id, origin) "
            "VALUES ('old', 'O', 'phone', 'gone', 'builtin')",
            "INSERT INTO device_peaks (device_id, precision, dense_tops) VALUES ('old', 'int8', 80)",
        )
        tables = database.load(database_path).tables
        assert "old" in set(tables["devices"]["device_id"])
        assert {"gone", "unused"} & set(tables["sources"]["source_id"]) == {"gone"}

    def test_tables_of_the_analysts_own_stay(self, database_path: Path) -> None:
        self.outdated(database_path, "CREATE TABLE my_notes AS SELECT 42 AS answer")
        database.ensure(database_path)
        with database.open_file(database_path, read_only=True) as connection:
            assert connection.execute("FROM my_notes").fetchall() == [(42,)]

    def test_an_older_database_is_read_where_nothing_can_be_written(self) -> None:
        code = (
            "import os, sys\n"
            "from datasets import database, facts\n"
            "facts.facts_version()\n"
            "database.load(sys.argv[2])\n"  # Imports all that is needed while it may still be read.
            "if os.getuid() == 0: os.seteuid(65534)\n"
            "print(database.load(sys.argv[1]).tables['meta'].value.tolist())"
        )
        with tempfile.TemporaryDirectory() as name:
            path = database.ensure(Path(name) / "edgewise.duckdb")
            other = shutil.copy(path, Path(name) / "other.duckdb")
            self.outdated(path)
            path.chmod(0o444)
            path.parent.chmod(0o555)
            content = path.read_bytes()
            try:
                # Through a copy that is up to date.
                assert facts.facts_version() in in_other_process(code, str(path), str(other)).stdout
                assert path.read_bytes() == content
            finally:
                path.parent.chmod(0o755)


class TestSentences:
    """What cannot be opened, and what is said about it."""

    @pytest.fixture(autouse=True)
    def impatient(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connections, "LOCK_PATIENCE_S", 0.2)

    def test_no_database(self, tmp_path: Path) -> None:
        path = tmp_path / "notes.duckdb"
        path.write_text("these are notes, " * 1000)
        with pytest.raises(
            DatabaseUnavailable, match="is not a DuckDB database: name another file with --db"
        ):
            database.load(path)
        assert path.read_text() == "these are notes, " * 1000

    def test_cut_short(self, database_path: Path) -> None:
        content = database_path.read_bytes()[:100_000]
        database_path.write_bytes(content)
        with pytest.raises(DatabaseUnavailable, match=r"damaged or cut short \(.+\): restore a backup"):
            database.load(database_path)
        assert database_path.read_bytes() == content

    def test_empty(self, tmp_path: Path) -> None:
        (tmp_path / "empty.duckdb").touch()
        with pytest.raises(DatabaseUnavailable, match="is empty: remove it to have a new database made"):
            database.load(tmp_path / "empty.duckdb")

    def test_folder(self, tmp_path: Path) -> None:
        with pytest.raises(DatabaseUnavailable, match="is a folder: name a database file"):
            database.load(tmp_path)

    def test_a_database_of_something_else(self, tmp_path: Path) -> None:
        path = tmp_path / "other.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute("CREATE TABLE meta (key VARCHAR, value VARCHAR)")
        content = path.read_bytes()
        with pytest.raises(DatabaseUnavailable, match="is a DuckDB database, but none of Edgewise"):
            database.load(path)
        assert path.read_bytes() == content

    def test_newer_schema(self, database_path: Path) -> None:
        with database.open_file(database_path) as connection:
            connection.execute("UPDATE meta SET value = '99' WHERE key = 'schema_version'")
        content = database_path.read_bytes()
        with pytest.raises(
            DatabaseUnavailable, match="schema version 99, this Edgewise knows up to 1: update"
        ):
            database.load(database_path)
        assert database_path.read_bytes() == content

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(DatabaseUnavailable, match=r"The folder .* cannot be made \(.+\): choose one"):
            database.load(tmp_path / "file" / "edgewise.duckdb")

    @pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder that even root cannot write")
    def test_a_folder_that_cannot_be_written(self) -> None:
        with pytest.raises(
            DatabaseUnavailable, match=r"cannot be made \(.+\): choose a folder that can be written"
        ):
            database.load("/proc/edgewise.duckdb")

    def test_held_by_another_process(self, database_path: Path) -> None:
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
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(
                DatabaseUnavailable, match=rf"is held by process {holder.pid} \(.+\): close it"
            ):
                database.load(database_path)
            holder.stdin.close()
        assert len(database.load(database_path).tables["devices"])

    def test_disk_full(self, database_path: Path) -> None:
        with (
            pytest.raises(DatabaseUnavailable, match=r"The disk that holds .* is full: free some space"),
            connections.held(database_path, read_only=True),
        ):
            raise duckdb.IOException("Could not write file: No space left on device")

    def test_writing_while_this_process_reads(self, database_path: Path) -> None:
        with (
            database.open_file(database_path, read_only=True),
            pytest.raises(DatabaseUnavailable, match="open read-only in this process: close that connection"),
            connections.held(database_path, read_only=False),
        ):
            pass


class TestGuardedWrites:
    @pytest.fixture(autouse=True)
    def _no_permission_stays(self) -> Iterator[None]:
        yield
        connections._permissions.clear()

    def test_a_permission_is_asked_for_the_tables_that_change(self, database_path: Path) -> None:
        asked: list[list[str] | None] = []
        connections.guard_writes(lambda tables: asked.append(None if tables is None else sorted(tables)))
        sandbox.run(database_path, "INSERT INTO sources (source_id, title) VALUES ('a', 'A')", write=True)
        database.open_file(database_path).close()
        assert asked == [["sources"], None]

    def test_a_refusal_changes_nothing_and_reading_goes_on(self, database_path: Path) -> None:
        def refuse(tables: Collection[str] | None) -> None:
            raise NotAllowed("You may look, but not change anything.")

        connections.guard_writes(refuse)
        with pytest.raises(NotAllowed, match="You may look, but not change anything"):
            sandbox.run(database_path, "INSERT INTO sources (source_id, title) VALUES ('a', 'A')", write=True)
        assert (database.load(database_path).tables["sources"]["origin"] == "builtin").all()


def test_a_file_system_that_lets_nothing_be_removed_either(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", refused)
    with pytest.raises(DatabaseUnavailable, match=r"cannot be made \(.+\): choose a folder that can be"):
        building.build(Path("/no such folder/edgewise.duckdb"))

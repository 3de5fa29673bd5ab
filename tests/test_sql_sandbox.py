"""An analyst's SQL: what it gives, what it changes, what is refused and in which words."""

from __future__ import annotations

import csv
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

from dashboard import cli
from datasets import changes, database, sandbox
from datasets.errors import InvalidStatement, NeedsConfirmation

ADD_DEVICE = "INSERT INTO devices (device_id, name, segment) VALUES ('mine', 'Mine', 'phone')"
ADD_PEAK = "INSERT INTO device_peaks (device_id, precision, dense_tops) VALUES ('mine', 'int8', 80)"
ADD_SHARE = "INSERT INTO fleet_mix (segment, year, device_id, share) VALUES ('smartphone', 2027, 'mine', 0.3)"
ENDLESS = "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b"
ADD_ALL = f"{ADD_DEVICE}; {ADD_PEAK}; {ADD_SHARE}"

with (Path(__file__).parent / "reference" / "sql_refusals.csv").open(encoding="utf-8", newline="") as stream:
    REFUSALS = [(row["sql"], row["sentence"]) for row in csv.DictReader(stream)]


def same_tables(one: Mapping[str, pd.DataFrame], other: Mapping[str, pd.DataFrame]) -> bool:
    return all(frame.equals(other[name]) for name, frame in one.items())


def users_rows(path: Path, table: str) -> pd.DataFrame:
    return database.load(path).tables[table].query("origin == 'user'")


class TestReading:
    def test_the_last_statements_rows(self, database_path: Path) -> None:
        result = sandbox.run(database_path, "SELECT 1 AS a; SELECT device_id FROM devices ORDER BY 1")
        devices = database.load(database_path).tables["devices"]["device_id"]
        assert result.frame["device_id"].tolist() == devices.tolist()
        assert not result.changes
        assert not result.truncated

    def test_parameters(self, database_path: Path) -> None:
        frame = sandbox.run(
            database_path, "SELECT name FROM devices WHERE device_id = ?", parameters=["h100_sxm"]
        ).frame
        assert frame["name"].tolist() == ["NVIDIA H100 SXM5 80GB"]

    @pytest.mark.parametrize(("rows", "truncated"), [(2999, False), (3000, False), (3001, True)])
    def test_rows_are_capped(self, database_path: Path, rows: int, truncated: bool) -> None:
        result = sandbox.run(database_path, f"SELECT * FROM range({rows})", max_rows=3000)
        assert result.frame["range"].tolist() == list(range(min(rows, 3000)))
        assert result.truncated is truncated

    @pytest.mark.parametrize(
        "sql", ["SHOW TABLES", "DESCRIBE devices", "EXPLAIN SELECT 1", "VALUES (1)", "FROM meta"]
    )
    def test_other_ways_of_reading(self, database_path: Path, sql: str) -> None:
        assert len(sandbox.run(database_path, sql).frame) > 0

    def test_an_endless_statement_is_stopped(self, database_path: Path) -> None:
        begun = time.monotonic()
        with pytest.raises(
            InvalidStatement, match=r"ran longer than 0\.5 s and was stopped: filter or aggregate"
        ):
            sandbox.run(database_path, ENDLESS, timeout_s=0.5)
        assert time.monotonic() - begun < 10

    def test_a_statement_that_takes_too_much_memory(self, database_path: Path) -> None:
        with pytest.raises(InvalidStatement, match="more than 1 GB of memory: filter or aggregate first"):
            sandbox.run(database_path, "SELECT * FROM range(500000000) ORDER BY hash(range)")

    def test_python_variables_cannot_be_seen(self, database_path: Path) -> None:
        secret = pd.DataFrame({"a": [1]})
        with pytest.raises(InvalidStatement, match="There is no table 'secret'"):
            sandbox.run(database_path, "SELECT * FROM secret")
        assert len(secret) == 1


class TestWriting:
    def test_rows_are_inserted_with_provenance(self, database_path: Path) -> None:
        result = sandbox.run(database_path, ADD_ALL, write=True)
        assert result.changes.in_words() == [
            "devices: 1 inserted",
            "device_peaks: 1 inserted",
            "fleet_mix: 1 inserted",
        ]
        row = users_rows(database_path, "devices").iloc[0]
        assert (row["device_id"], row["source_id"], row["confidence"]) == ("mine", "user_entry", "estimated")
        assert users_rows(database_path, "fleet_mix")["share"].tolist() == [0.3]

    def test_a_row_cannot_pass_for_builtin(self, database_path: Path) -> None:
        sandbox.run(
            database_path,
            "INSERT INTO devices (device_id, name, segment, origin) VALUES ('mine', 'M', 'phone', 'builtin')",
            write=True,
        )
        assert users_rows(database_path, "devices")["device_id"].tolist() == ["mine"]

    def test_deleting_restores_every_table_exactly(self, database_path: Path) -> None:
        before = database.load(database_path).tables
        sandbox.run(database_path, ADD_ALL, write=True)
        result = sandbox.run(database_path, "DELETE FROM devices WHERE device_id = 'mine'", write=True)
        assert result.notes == ("With mine went 1 row of device_peaks.", "With mine went 1 row of fleet_mix.")
        assert same_tables(database.load(database_path).tables, before)

    def test_updating_a_row_that_others_refer_to(self, database_path: Path) -> None:
        sandbox.run(database_path, ADD_ALL, write=True)
        result = sandbox.run(
            database_path, "UPDATE devices SET tdp_w = 6 WHERE device_id = 'mine'", write=True
        )
        assert result.changes.in_words() == ["devices: 1 updated"]
        assert users_rows(database_path, "devices")["tdp_w"].tolist() == [6.0]
        assert len(users_rows(database_path, "device_peaks")) == 1

    def test_renaming_a_device_needs_its_parts_renamed(self, database_path: Path) -> None:
        sandbox.run(database_path, f"{ADD_DEVICE}; {ADD_PEAK}", write=True)
        sandbox.run(
            database_path,
            "UPDATE devices SET device_id = 'ours' WHERE device_id = 'mine';"
            "UPDATE device_peaks SET device_id = 'ours' WHERE device_id = 'mine'",
            write=True,
        )
        assert users_rows(database_path, "device_peaks")["device_id"].tolist() == ["ours"]

    def test_a_chain_of_scenarios_comes_and_goes_in_one_statement(self, database_path: Path) -> None:
        before = database.load(database_path).tables
        sandbox.run(
            database_path,
            "INSERT INTO scenarios (scenario_id, parent_id, name, description) "
            "VALUES ('a', 'b', 'A', 'first'), ('b', 'central', 'B', 'second')",
            write=True,
        )
        assert users_rows(database_path, "scenarios")["parent_id"].tolist() == ["b", "central"]
        sandbox.run(database_path, "DELETE FROM scenarios WHERE origin = 'user'", write=True)
        assert same_tables(database.load(database_path).tables, before)

    @pytest.mark.parametrize(
        ("statement", "named"),
        [
            (
                "INSERT INTO scenarios (scenario_id, parent_id, name, description) "
                "VALUES ('a', 'b', 'A', 'first'), ('b', 'a', 'B', 'second')",
                "'a': parent_id 'b' leads back to the row itself",
            ),
            (
                "UPDATE scenarios SET parent_id = 'edge_first' WHERE scenario_id = 'central'",
                "'central': parent_id 'edge_first' leads back to the row itself",
            ),
        ],
    )
    def test_scenarios_whose_parents_run_in_a_circle_are_refused(
        self, snapshot: database.Snapshot, statement: str, named: str
    ) -> None:
        with pytest.raises(InvalidStatement, match="leave the reference of one") as refused:
            sandbox.rehearse(snapshot, statement)
        assert named in str(refused.value)

    def test_returning_gives_rows_and_a_plain_change_gives_counts(self, database_path: Path) -> None:
        assert sandbox.run(database_path, f"{ADD_DEVICE} RETURNING device_id", write=True).frame.to_dict(
            "records"
        ) == [{"device_id": "mine"}]
        counts = sandbox.run(database_path, ADD_PEAK, write=True).frame
        nothing = {"updated": 0, "overridden": 0, "withdrawn": 0, "deleted": 0}
        assert counts.to_dict("records") == [{"table": "device_peaks", "inserted": 1, **nothing}]

    def test_a_change_inside_a_with_clause_counts_as_a_change(self, database_path: Path) -> None:
        hidden = f"WITH hidden AS ({ADD_DEVICE} RETURNING *) SELECT count(*) FROM hidden"
        with pytest.raises(InvalidStatement, match=r"would change rows \(devices: 1 inserted\)"):
            sandbox.run(database_path, hidden)

    def test_without_write_nothing_is_kept(self, database_path: Path) -> None:
        content = database_path.read_bytes()
        with pytest.raises(InvalidStatement, match="allow that with --write; nothing was changed"):
            sandbox.run(database_path, ADD_ALL)
        assert database_path.read_bytes() == content

    def test_rehearsing_shows_changes_and_keeps_none(self, database_path: Path) -> None:
        content = database_path.read_bytes()
        result = sandbox.rehearse(database.load(database_path), ADD_DEVICE)
        assert result.changes.in_words() == ["devices: 1 inserted"]
        assert result.notes == ("Device mine has no row in device_peaks yet: until then it can run nothing.",)
        assert database_path.read_bytes() == content

    def test_a_change_on_rows_that_are_no_longer_current_is_refused(self, database_path: Path) -> None:
        result = sandbox.rehearse(database.load(database_path), ADD_DEVICE)
        stale = database.data_version(database_path)
        sandbox.run(database_path, "INSERT INTO sources (source_id, title) VALUES ('new', 'New')", write=True)
        with pytest.raises(
            changes.StaleSnapshot, match="was changed by another process meanwhile: try again"
        ):
            changes.apply(database_path, result.changes, stale)
        assert len(users_rows(database_path, "devices")) == 0

    def test_writers_at_the_same_time_lose_no_row(self, database_path: Path) -> None:
        code = (
            "import sys; from datasets import sandbox\n"
            "insert = f\"INSERT INTO sources (source_id, title) VALUES ('{sys.argv[2]}', 'T')\"\n"
            "sandbox.run(sys.argv[1], insert, write=True)"
        )
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", code, str(database_path), f"writer_{number}"], stderr=subprocess.PIPE
            )
            for number in range(3)
        ]
        assert [writer.communicate()[1].decode()[-500:] for writer in writers] == [""] * 3
        assert set(users_rows(database_path, "sources")["source_id"]) == {f"writer_{n}" for n in range(3)}


class TestStopping:
    def test_a_statement_is_stopped_on_request(self, snapshot: database.Snapshot) -> None:
        stop = threading.Event()
        threading.Timer(0.3, stop.set).start()
        with pytest.raises(InvalidStatement, match="stopped on request; nothing was changed"):
            sandbox.rehearse(
                snapshot, "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b", stop=stop
            )

    def test_rows_beyond_the_cap_are_changed_too(self, snapshot: database.Snapshot) -> None:
        many = (
            "INSERT INTO sources (source_id, title) SELECT 's' || range, 'S' FROM range(9000) RETURNING title"
        )
        result = sandbox.rehearse(snapshot, many, max_rows=10)
        assert (len(result.frame), result.truncated) == (10, True)
        assert result.changes.in_words() == ["sources: 9000 inserted"]

    def test_control_c_ends_the_command(self, built_database: Path) -> None:
        threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
        assert cli.main(["sql", ENDLESS, "--db", str(built_database)]) == cli.INTERRUPTED

    def test_the_ceiling_on_memory_is_lifted_again(self, snapshot: database.Snapshot) -> None:
        before = resource.getrlimit(resource.RLIMIT_AS)
        sandbox.rehearse(snapshot, "SELECT 1")
        assert resource.getrlimit(resource.RLIMIT_AS) == before


class TestDoubts:
    """Figures that break no rule but look like a slip."""

    def test_a_peak_that_no_memory_can_feed_has_to_be_confirmed(self, database_path: Path) -> None:
        columns = "device_id, name, segment, memory_bandwidth_gb_per_s"
        device = f"INSERT INTO devices ({columns}) VALUES ('m', 'M', 'phone', 50)"
        peak = "INSERT INTO device_peaks (device_id, precision, dense_tops) VALUES ('m', 'int8', 40000)"
        content = database_path.read_bytes()
        with pytest.raises(
            NeedsConfirmation,
            match=r"device_peaks row 'm, int8': its dense peak is 8e\+05 operations for each byte of memory "
            r"bandwidth, outside 1 to 5,000; check dense_tops .*: correct it, or confirm .* \(--yes\)",
        ):
            sandbox.run(database_path, f"{device}; {peak}", write=True)
        assert database_path.read_bytes() == content
        sandbox.run(database_path, f"{device}; {peak}", write=True, confirmed=True)
        assert len(users_rows(database_path, "device_peaks")) == 1
        # What stands already is not asked again.
        sandbox.run(database_path, "INSERT INTO sources (source_id, title) VALUES ('s', 'S')", write=True)

    @pytest.mark.parametrize(
        ("sql", "told"),
        [
            (
                "UPDATE device_peaks SET dense_tops = sparse_tops "
                "WHERE device_id = 'h100_sxm' AND precision = 'fp8'",
                "dense_tops is 3957.8, but the built-in row has 3957.8 as its sparse peak; is it the",
            ),
            (
                f"{ADD_DEVICE}; INSERT INTO device_peaks (device_id, precision, dense_tops, sparse_tops) "
                "VALUES ('mine', 'int8', 80, 80)",
                "device_peaks row 'mine, int8': dense_tops and sparse_tops are both 80; is the dense one",
            ),
        ],
    )
    def test_sparse_given_as_dense(self, snapshot: database.Snapshot, sql: str, told: str) -> None:
        assert any(told in doubt for doubt in sandbox.rehearse(snapshot, sql).doubts)

    def test_a_plausible_peak_is_not_doubted(self, snapshot: database.Snapshot) -> None:
        halved = "UPDATE device_peaks SET dense_tops = dense_tops / 2 WHERE device_id = 'h100_sxm'"
        assert sandbox.rehearse(snapshot, halved).doubts == ()


class TestRefusals:
    """Each broken rule: table, row, column, value, what would be right; and nothing changed."""

    @pytest.mark.parametrize(("sql", "sentence"), REFUSALS)
    def test_sentence(self, snapshot: database.Snapshot, sql: str, sentence: str) -> None:
        with pytest.raises(InvalidStatement) as raised:
            sandbox.rehearse(snapshot, sql)
        assert sentence in str(raised.value)
        assert "\n" not in str(raised.value)

    def test_a_refused_statement_leaves_the_file_as_it_was(self, database_path: Path) -> None:
        content = database_path.read_bytes()
        with pytest.raises(InvalidStatement):
            sandbox.run(
                database_path,
                f"{ADD_ALL}; UPDATE devices SET tdp_w = -1 WHERE device_id = 'mine'",
                write=True,
            )
        assert database_path.read_bytes() == content

    def test_several_broken_rules_are_told_together(self, database_path: Path) -> None:
        rows = ", ".join(f"('a{number}', 'A', 'phone', -{number})" for number in range(1, 6))
        with pytest.raises(
            InvalidStatement, match=r"'a1': tdp_w is -1\.0.*'a2'.*'a3'.*; and 2 more: nothing was changed"
        ):
            sandbox.run(
                database_path,
                f"INSERT INTO devices (device_id, name, segment, tdp_w) VALUES {rows}",
                write=True,
            )

    def test_a_source_in_use_cannot_be_deleted(self, database_path: Path) -> None:
        sandbox.run(
            database_path,
            "INSERT INTO sources (source_id, title) VALUES ('s', 'S');"
            "INSERT INTO devices (device_id, name, segment, source_id) VALUES ('mine', 'M', 'phone', 's')",
            write=True,
        )
        with pytest.raises(InvalidStatement, match=r"devices row 'mine': source_id 's' is not in sources"):
            sandbox.run(database_path, "DELETE FROM sources WHERE source_id = 's'", write=True)
        assert users_rows(database_path, "sources")["source_id"].tolist() == ["s"]

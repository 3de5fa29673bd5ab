"""A user's row in the place of a built-in one, and every change taken back."""

from __future__ import annotations

import getpass
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from datasets import changes, database, differences, facts, ledger, row_texts, sandbox, schema, undo
from datasets.errors import EdgewiseError, InvalidStatement, InvalidValue

FASTER = "UPDATE devices SET tdp_w = 650 WHERE device_id = 'h100_sxm'"
WITHDRAWN = "DELETE FROM devices WHERE device_id = 'h100_sxm'"
ADD_DEVICE = "INSERT INTO devices (device_id, name, segment) VALUES ('mine', 'Mine', 'phone')"
ADD_PEAK = "INSERT INTO device_peaks (device_id, precision, dense_tops) VALUES ('mine', 'int8', 80)"


def written(path: Path, sql: str) -> sandbox.SandboxResult:
    return sandbox.run(path, sql, write=True)


def row_of(path: Path, device_id: str) -> pd.Series:
    return database.load(path).tables["devices"].set_index("device_id").loc[device_id]


def tables_of(path: Path) -> dict[str, pd.DataFrame]:
    return dict(database.load(path).tables)


def assert_same(one: dict[str, pd.DataFrame], other: dict[str, pd.DataFrame]) -> None:
    for name, frame in one.items():
        pd.testing.assert_frame_equal(frame, other[name], obj=name)


def test_rows_of_every_table_survive_as_text(snapshot: database.Snapshot) -> None:
    for name, frame in snapshot.tables.items():
        table = schema.tables()[name]
        pd.testing.assert_frame_equal(
            row_texts.rows_from_texts(table, row_texts.row_texts(frame)), frame, obj=name
        )


class TestOverrides:
    def test_an_update_puts_a_users_row_in_the_place_of_the_builtin_one(self, database_path: Path) -> None:
        before = tables_of(database_path)
        result = written(database_path, FASTER)
        assert result.changes.in_words() == ["devices: 1 overridden"]
        assert result.notes == (
            "Yours instead of the built-in: devices row 'h100_sxm', your own estimate unless you set "
            "source_id and confidence; DELETE brings that back.",
        )
        own = row_of(database_path, "h100_sxm")
        assert own[["tdp_w", "origin", "source_id", "confidence"]].tolist() == [
            650.0,
            "user",
            "user_entry",
            "estimated",
        ]
        kept = database.load(database_path).overridden["devices"]
        assert kept["tdp_w"].tolist() == [700.0]
        gone = written(database_path, f"{WITHDRAWN}; SELECT tdp_w, origin FROM devices d WHERE d.tdp_w = 700")
        assert gone.changes.in_words() == ["devices: 1 withdrawn"]
        assert {"tdp_w": 700.0, "origin": "builtin"} in gone.frame.to_dict("records")
        assert_same(tables_of(database_path), before)
        assert not database.load(database_path).overridden

    def test_a_source_that_is_named_stays(self, database_path: Path) -> None:
        written(
            database_path,
            "UPDATE devices SET tdp_w = 650, confidence = 'derived' WHERE device_id = 'h100_sxm'",
        )
        assert row_of(database_path, "h100_sxm")["confidence"] == "derived"

    def test_an_insert_with_a_builtin_key_does_so_too(self, database_path: Path) -> None:
        result = written(
            database_path,
            "INSERT INTO device_peaks SELECT * REPLACE (dense_tops / 2 AS dense_tops) FROM device_peaks "
            "WHERE device_id = 'h100_sxm' AND precision IN ('bf16', 'fp8') RETURNING precision",
        )
        assert result.changes.in_words() == ["device_peaks: 2 overridden"]
        assert sorted(result.frame["precision"]) == ["bf16", "fp8"]
        peaks = database.load(database_path).tables["device_peaks"].query("device_id == 'h100_sxm'")
        assert peaks.set_index("precision").loc["bf16", ["dense_tops", "origin"]].tolist() == [494.7, "user"]
        assert not peaks.duplicated("precision").any()

    def test_a_builtin_row_cannot_be_deleted_or_renamed(self, snapshot: database.Snapshot) -> None:
        renamed = "UPDATE devices SET device_id = 'other' WHERE device_id = 'h100_sxm'"
        for statement in (WITHDRAWN, renamed):
            with pytest.raises(InvalidStatement, match=r"'h100_sxm' came with Edgewise and cannot"):
                sandbox.rehearse(snapshot, statement)

    def test_a_key_that_comes_twice_is_refused(self, snapshot: database.Snapshot) -> None:
        values = "('h100_sxm', 'A', 'phone'), ('h100_sxm', 'B', 'phone')"
        with pytest.raises(InvalidStatement, match="has a row with the key 'h100_sxm' already"):
            sandbox.rehearse(snapshot, f"INSERT INTO devices (device_id, name, segment) VALUES {values}")

    def test_every_reader_sees_the_users_row(self, database_path: Path) -> None:
        seen = "SELECT max(per_token_s) AS t FROM budgets WHERE device_id = 'h100_sxm'"
        before = sandbox.run(database_path, seen).frame["t"][0]
        halved = "UPDATE devices SET memory_bandwidth_gb_per_s = 1675 WHERE device_id = 'h100_sxm'"
        assert written(database_path, f"{halved}; {seen}").frame["t"][0] > 1.5 * before

    def test_a_newer_edgewise_refreshes_the_kept_row_and_not_the_users(self, database_path: Path) -> None:
        written(database_path, FASTER)
        with duckdb.connect(str(database_path)) as connection:
            connection.execute(
                "UPDATE ledger.overridden_rows SET builtin_row = replace(builtin_row, '700.0', '1.0');"
                "UPDATE meta SET value = 'older' WHERE key = 'facts_version'"
            )
        assert row_of(database_path, "h100_sxm")["tdp_w"] == 650.0
        assert database.load(database_path).overridden["devices"]["tdp_w"].tolist() == [700.0]
        written(database_path, WITHDRAWN)
        assert row_of(database_path, "h100_sxm")[["tdp_w", "origin"]].tolist() == [700.0, "builtin"]

    def test_a_database_made_before_there_was_a_ledger(self, database_path: Path) -> None:
        # As the first version wrote it: no ledger, rows of the user's own, one in a built-in row's place.
        with duckdb.connect(str(database_path)) as connection:
            connection.execute(
                "DROP SCHEMA ledger CASCADE; UPDATE meta SET value = 'older' WHERE key = 'facts_version';"
                f"{ADD_DEVICE}; {ADD_PEAK}; UPDATE networks SET origin = 'user', notes = 'own' "
                "WHERE network LIKE '5G mmWave%'"
            )
        snapshot = database.load(database_path)
        assert snapshot.tables["networks"].query("origin == 'user'")["notes"].tolist() == ["own"]
        assert len(snapshot.overridden["networks"]) == 1
        assert "mine" in set(snapshot.tables["devices"]["device_id"])
        assert undo.change_log(database_path).empty
        written(database_path, "DELETE FROM networks WHERE origin = 'user'")
        assert "own" not in set(database.load(database_path).tables["networks"]["notes"])

    def test_the_ledger_counts_towards_the_version_of_the_facts(self) -> None:
        assert "ledger.overridden_rows" in ledger.ledger_sql()
        assert len(facts.facts_version()) == 16


class TestUndo:
    def test_each_kind_of_change_is_taken_back(self, database_path: Path) -> None:
        states = [tables_of(database_path)]
        for statement in (
            f"{ADD_DEVICE}; {ADD_PEAK}",
            "UPDATE devices SET tdp_w = 6 WHERE device_id = 'mine'",
            FASTER,
            WITHDRAWN,
            "DELETE FROM devices WHERE device_id = 'mine'",
        ):
            written(database_path, statement)
            states.append(tables_of(database_path))
        for state in states[-2::-1]:
            undo.undo_change(database_path)
            assert_same(tables_of(database_path), state)
        with pytest.raises(InvalidValue, match="no change to undo: all that were made are undone"):
            undo.undo_change(database_path)

    def test_the_log_says_who_did_what_and_what_became_of_it(self, database_path: Path) -> None:
        sandbox.run(database_path, ADD_DEVICE, write=True, who="ada")
        written(database_path, FASTER)
        undo.undo_change(database_path, 1)
        log = undo.change_log(database_path).set_index("change_id")
        assert log.index.tolist() == [3, 2, 1]
        assert log.loc[1, ["who", "changed", "cause", "state"]].tolist() == [
            "ada",
            "devices: 1 added",
            ADD_DEVICE,
            "undone by 3",
        ]
        assert log.loc[2, ["who", "changed", "state"]].tolist() == [
            getpass.getuser(),
            "devices: 1 changed",
            "made",
        ]
        assert log.loc[3, ["cause", "changed", "state"]].tolist() == [
            "undo of change 1",
            "devices: 1 removed",
            "undoes 1",
        ]
        with pytest.raises(InvalidValue, match="Change 1 is undone already, by change 3: undo 3 to make it"):
            undo.undo_change(database_path, 1)
        undo.undo_change(database_path, 3)
        assert row_of(database_path, "mine")["name"] == "Mine"
        assert undo.change_log(database_path).set_index("change_id").loc[1, "state"] == "made"

    def test_a_change_that_a_later_one_builds_on(self, database_path: Path) -> None:
        written(database_path, ADD_DEVICE)
        written(database_path, ADD_PEAK)
        with pytest.raises(
            InvalidValue,
            match=r"Change 1 cannot be undone: device_peaks row 'mine, int8': device_id 'mine' is not in "
            r"devices.*undo change 2 first",
        ):
            undo.undo_change(database_path, 1)
        written(database_path, "UPDATE device_peaks SET dense_tops = 90 WHERE device_id = 'mine'")
        with pytest.raises(
            InvalidValue,
            match=r"Change 2 cannot be undone: change 3 builds on it \(device_peaks row 'mine, int8'\)",
        ):
            undo.undo_change(database_path, 2)
        for number in (3, 2, 1):
            undo.undo_change(database_path, number)
        assert "mine" not in set(database.load(database_path).tables["devices"]["device_id"])

    def test_a_row_changed_outside_and_a_number_that_is_none(self, database_path: Path) -> None:
        with pytest.raises(InvalidValue, match="There is no change 7 to undo: nothing was changed yet"):
            undo.undo_change(database_path, 7)
        written(database_path, ADD_DEVICE)
        with database.open_file(database_path) as connection:
            connection.execute("UPDATE devices SET name = 'Other' WHERE device_id = 'mine'")
        with pytest.raises(InvalidValue, match="was changed since by something other than Edgewise"):
            undo.undo_change(database_path)
        with pytest.raises(InvalidValue, match="no change 7 to undo: known are 1 to 1; the last 50 are kept"):
            undo.undo_change(database_path, 7)

    def test_a_builtin_row_that_no_longer_comes(self, database_path: Path) -> None:
        written(database_path, FASTER)
        with duckdb.connect(str(database_path)) as connection:
            connection.execute("DELETE FROM ledger.overridden_rows")
        with pytest.raises(InvalidValue, match="row 'h100_sxm' does not come with this Edgewise any more"):
            undo.undo_change(database_path)

    def test_only_the_last_changes_are_kept(
        self, database_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ledger, "KEPT_CHANGES", 2)
        for number in range(3):
            written(database_path, f"INSERT INTO sources (source_id, title) VALUES ('s{number}', 'S')")
        assert undo.change_log(database_path)["change_id"].tolist() == [3, 2]

    def test_a_refused_undo_changes_nothing(self, database_path: Path) -> None:
        written(database_path, ADD_DEVICE)
        written(database_path, ADD_PEAK)
        content = database_path.read_bytes()
        with pytest.raises(EdgewiseError):
            undo.undo_change(database_path, 1)
        assert database_path.read_bytes() == content


def test_counts_and_words_tell_every_kind_of_change(snapshot: database.Snapshot) -> None:
    devices = snapshot.tables["devices"]
    after = devices.assign(tdp_w=devices["tdp_w"].mask(devices["device_id"] == "h100_sxm", 1.0))
    found = differences.changes_between(snapshot.tables, {"devices": after.iloc[1:]})
    assert found.tables["devices"].counts() == {
        "inserted": 0,
        "updated": 0,
        "overridden": 1,
        "withdrawn": 0,
        "deleted": 1,
    }
    assert found.in_words() == ["devices: 1 deleted, 1 overridden"]


def test_rows_that_cannot_be_put_in_are_refused_and_not_left_out(database_path: Path) -> None:
    before = tables_of(database_path)
    scenarios = before["scenarios"]
    model = scenarios[scenarios["scenario_id"] == "central"].assign(origin="user")
    circle = pd.concat(
        [model.assign(scenario_id=own, parent_id=other) for own, other in (("a", "b"), ("b", "a"))]
    )
    after = {"scenarios": pd.concat([scenarios, circle], ignore_index=True)}
    with pytest.raises(InvalidStatement, match="Rows of scenarios refer to each other in a circle"):
        changes.apply(database_path, differences.changes_between(before, after))
    assert_same(tables_of(database_path), before)

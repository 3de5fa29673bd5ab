"""The command line as a script sees it: stdout, stderr, files and exit status."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from conftest import Run

ADD_DEVICE = "INSERT INTO devices (device_id, name, segment) VALUES ('mine', 'Mine', 'phone')"


class TestOutput:
    def test_json(self, edgewise: Run) -> None:
        rows = json.loads(edgewise("scenarios", "--format", "json"))
        assert list(rows[0])[:4] == ["scenario_id", "parent_id", "name", "description"]
        assert rows[0]["parent_id"] is None

    def test_table(self, edgewise: Run) -> None:
        assert (
            edgewise("sql", "SELECT 1 AS one, 'a' AS letter", "--format", "table") == "one  letter\n  1  a\n"
        )

    @pytest.mark.parametrize("name", ["out.csv", "out.json", "out.parquet", "out.txt"])
    def test_a_file_gets_the_format_of_its_suffix(self, edgewise: Run, tmp_path: Path, name: str) -> None:
        file = tmp_path / "made" / name
        file.parent.mkdir()
        assert edgewise("sql", "SELECT 7 AS a", "--output", str(file)) == ""
        read = {".json": pd.read_json, ".parquet": pd.read_parquet}.get(file.suffix, pd.read_csv)
        assert read(file)["a"].tolist() == [7]
        assert [path.name for path in file.parent.iterdir()] == [name]

    def test_format_wins_over_suffix(self, edgewise: Run, tmp_path: Path) -> None:
        edgewise("sql", "SELECT 7 AS a", "--format", "json", "--output", str(tmp_path / "out.csv"))
        assert json.loads((tmp_path / "out.csv").read_text()) == [{"a": 7}]

    def test_a_refused_run_leaves_the_old_output(self, edgewise: Run, tmp_path: Path) -> None:
        (tmp_path / "out.csv").write_text("old")
        edgewise.refused("sql", "SELEC", "--output", str(tmp_path / "out.csv"))
        assert (tmp_path / "out.csv").read_text() == "old"

    def test_an_output_that_cannot_be_written(self, edgewise: Run, tmp_path: Path) -> None:
        sentence = edgewise.refused("scenarios", "--output", str(tmp_path / "no" / "out.csv"))
        assert "out.csv cannot be written (No such file or directory): name another file" in sentence

    def test_an_unknown_format(self, edgewise: Run) -> None:
        assert "argument --format: invalid choice: 'cvs'" in edgewise.refused("scenarios", "--format", "cvs")


class TestDatabaseFaults:
    @pytest.mark.parametrize(
        "command", [["scenarios"], ["devices", "list"], ["sql", "SELECT 1"], ["dashboard"]]
    )
    def test_a_file_that_is_no_database(self, edgewise: Run, tmp_path: Path, command: list[str]) -> None:
        (tmp_path / "notes.txt").write_text("notes, " * 4000)
        sentence = edgewise.refused(*command, "--db", str(tmp_path / "notes.txt"))
        assert "is not a DuckDB database: name another file with --db or EDGEWISE_DB." in sentence

    def test_a_folder_that_cannot_be_written(self, edgewise: Run) -> None:
        assert "choose" in edgewise.refused("scenarios", "--db", "/proc/edgewise/edgewise.duckdb")

    def test_a_database_that_another_process_holds(self, edgewise: Run, database_path: Path) -> None:
        code = (
            "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
        )
        with subprocess.Popen(
            [sys.executable, "-c", code, str(database_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as holder:
            assert holder.stdout is not None
            assert holder.stdin is not None
            assert holder.stdout.readline() == b"held\n"
            assert f"is held by process {holder.pid} " in edgewise.refused("sql", "--write", ADD_DEVICE)
            holder.stdin.close()
        assert "mine" not in edgewise("devices", "list").split("\n")

    def test_another_database_can_be_named(self, edgewise: Run, tmp_path: Path, database_path: Path) -> None:
        other = tmp_path / "other.duckdb"
        edgewise("sql", "--write", ADD_DEVICE, "--db", str(other))
        assert "mine,Mine" in edgewise("devices", "list", "--db", str(other))
        assert "mine,Mine" not in edgewise("devices", "list")


class TestProcess:
    """What only a process of its own can show."""

    @staticmethod
    def command(*arguments: str) -> list[str]:
        return [sys.executable, "-W", "error", "-m", "dashboard.cli", *arguments]

    def test_help_is_quick_and_without_warnings(self) -> None:
        done = subprocess.run(self.command("--help"), capture_output=True, text=True, check=True)
        assert done.stderr == ""
        for name in ("budget", "dashboard", "devices", "forecast", "scenarios", "sql"):
            assert f"\n    {name}" in done.stdout

    def test_help_loads_nothing_heavy(self) -> None:
        code = (
            "import sys; from dashboard import cli; cli.parser()\n"
            "print(sorted({'pandas', 'numpy', 'duckdb', 'streamlit', 'scipy'} & set(sys.modules)))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout == "[]\n"

    @pytest.mark.parametrize("command", ["budget", "dashboard", "devices", "forecast", "scenarios", "sql"])
    def test_each_command_explains_itself(self, edgewise: Run, command: str) -> None:
        assert "--db FILE" in edgewise(command, "--help") or "ACTION" in edgewise(command, "--help")

    @pytest.mark.skipif(os.name != "posix", reason="pipes close otherwise elsewhere")
    def test_a_closed_pipe_is_no_error(self, database_path: Path) -> None:
        with subprocess.Popen(
            self.command("sql", "FROM range(200000)", "--max-rows", "200000"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert process.stdout.readline() == b"range\n"
            process.stdout.close()
            assert process.stderr.read() == b""
            assert process.wait() == 0

    def test_another_datasets_package_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "datasets").mkdir()
        (tmp_path / "datasets" / "__init__.py").touch()
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                "import sys; sys.path.insert(0, sys.argv[1]); import dashboard.cli",
                str(tmp_path),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert done.stderr.startswith("edgewise: Python finds another package called 'datasets' in ")
        assert done.stderr.count("\n") == 1


def test_no_command_at_all(edgewise: Run) -> None:
    assert (
        edgewise.refused()
        == "edgewise: the following arguments are required: COMMAND; see edgewise --help.\n"
    )


def test_an_unknown_command(edgewise: Run) -> None:
    assert "invalid choice: 'forcast'" in edgewise.refused("forcast")


def test_csv_is_read_by_any_reader(edgewise: Run) -> None:
    text = edgewise("scenarios")
    assert "\r" not in text
    rows = list(csv.reader(io.StringIO(text)))
    assert {len(row) for row in rows} == {len(rows[0])}

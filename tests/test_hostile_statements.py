"""Statements that try to read, write, reach, hang or break what they must not: each gets one sentence.

A sixth of the corpus that ends at once runs here; `edgewise benchmark --reliability` runs all of it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from dashboard.reliability import hostile
from dashboard.reliability.hostile import HostileStatement
from datasets import database, sandbox, sandbox_process
from datasets.database import Snapshot
from datasets.errors import MOST_LETTERS, InvalidStatement

CORPUS = hostile.hostile_statements()
SLOW = ("endless", "memory", "huge text", "functions of the core")
QUICK = [
    statement for statement in CORPUS if statement.kind not in SLOW and "range(" not in statement.template
]

pytestmark = pytest.mark.skipif(not sandbox_process.IS_SUPPORTED, reason="needs POSIX")


@pytest.fixture(scope="module")
def _no_guest_stays() -> Iterator[None]:
    yield
    sandbox_process.end()


@pytest.fixture
def around(built_database: Path, tmp_path: Path) -> Iterator[hostile.Surroundings]:
    with hostile.surroundings(tmp_path, built_database) as found:
        yield found


@pytest.fixture
def bare(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> Snapshot:
    """Three tables and no function of the core: what a statement does to files does not hang on them."""
    monkeypatch.setattr(database, "EXTENSION_GROUP", "edgewise.none")
    tables = {name: snapshot.tables[name] for name in ("sources", "devices", "meta")}
    return Snapshot(snapshot.path, snapshot.version, tables)


def test_the_corpus_is_large_and_of_every_kind() -> None:
    assert len({statement.template for statement in CORPUS}) == len(CORPUS) > 600
    assert len({statement.kind for statement in CORPUS}) == 12


def test_nothing_outside_is_read_written_or_reached(bare: Snapshot, around: hostile.Surroundings) -> None:
    chosen = [statement for statement in QUICK[::6] if "DELETE FROM" not in statement.template]
    answers = list(hostile.answers(chosen, bare, around, partial(sandbox.rehearse, timeout_s=20)))
    assert [(answer.statement.template, answer.faults) for answer in answers if answer.faults] == []
    assert {answer.outcome for answer in answers} == {"answered", "refused"}


def test_the_watch_sees_what_a_statement_does(bare: Snapshot, around: hostile.Surroundings) -> None:
    def careless(snapshot: Snapshot, sql: str) -> sandbox.SandboxResult:
        (around.folder / "written").write_text(sql)
        result = sandbox.rehearse(snapshot, f"SELECT '{hostile.CANARY}' AS a")
        if sql == "2":
            raise InvalidStatement(" ")
        if sql == "3":
            raise ValueError("a fault")
        return result

    statements = [HostileStatement("test", text) for text in ("1", "2", "3")]
    faults = [answer.faults for answer in hostile.answers(statements, bare, around, careless)]
    assert faults[0] == (f"showed '{hostile.CANARY}'", f"changed {around.folder / 'written'}")
    assert "not told in one sentence" in faults[1][0]
    assert faults[2][0] == "raised ValueError: a fault"


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("SELECT '\ud800'", "Letter 9 of the statement is half of one: leave it out."),
        ("UPDATE EXTENSIONS", "UPDATE cannot be run here: the tables are fixed"),
        ("SELECT CAST(repeat('[', 100000) AS INTEGER[])", "…"),
    ],
)
def test_what_no_statement_is_is_told_shortly(bare: Snapshot, sql: str, sentence: str) -> None:
    with pytest.raises(InvalidStatement) as raised:
        sandbox.rehearse(bare, sql)
    assert sentence in str(raised.value)
    assert len(str(raised.value)) < MOST_LETTERS


@pytest.mark.usefixtures("_no_guest_stays")
class TestProcessApart:
    """One process, then what ends it: its last word, its results and its limits."""

    def test_rows_errors_and_parameters_come_back(self, snapshot: Snapshot) -> None:
        result = sandbox_process.rehearse(snapshot, "SELECT ? + 1 AS n", parameters=[1])
        assert result.frame["n"].tolist() == [2]
        with pytest.raises(InvalidStatement, match="There is no table 'devicez': did you mean devices"):
            sandbox_process.rehearse(snapshot, "SELECT * FROM devicez")

    def test_a_large_result_is_refused(self, snapshot: Snapshot) -> None:
        with pytest.raises(InvalidStatement, match="The result is larger than 50 MB: select fewer"):
            sandbox_process.rehearse(snapshot, "SELECT repeat('x', 60000) FROM range(1500)", max_rows=2000)

    def test_a_function_that_never_stops_is_killed(self, snapshot: Snapshot) -> None:
        with pytest.raises(InvalidStatement, match=r"ran longer than 0\.3 s and was stopped"):
            sandbox_process.rehearse(
                snapshot,
                "SELECT damerau_levenshtein(repeat('ab', 20000), repeat('ba', 20000))",
                timeout_s=0.3,
            )

    def test_memory_and_another_thread_end_it(self, snapshot: Snapshot) -> None:
        with pytest.raises(InvalidStatement, match=r"more (than 1 GB of )?memory"):
            sandbox_process.rehearse(snapshot, "SELECT length(repeat('x', 900000000))", memory_mb=400)
        stop = threading.Event()
        threading.Timer(0.3, stop.set).start()
        begun = time.monotonic()
        with pytest.raises(InvalidStatement, match="was stopped; nothing was changed"):
            sandbox_process.rehearse(snapshot, "SELECT count(*) FROM range(1000000000000)", stop=stop)
        assert time.monotonic() - begun < sandbox_process.START_PATIENCE_S

    def test_it_knows_nothing_of_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("EDGEWISE_CANARY", hostile.CANARY)
        assert hostile.CANARY not in sandbox_process._environment().values()
        assert "PATH" in sandbox_process._environment() or "PATH" not in os.environ

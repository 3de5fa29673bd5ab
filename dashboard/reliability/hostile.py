"""Statements that try to read, write, reach, hang or break what they must not, run one by one and watched."""

from __future__ import annotations

import contextlib
import pickle
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import pandas as pd

from datasets.database import Snapshot
from datasets.errors import MOST_LETTERS, EdgewiseError
from datasets.sandbox import SandboxResult

CANARY = "canary-4711-not-to-be-seen"
MARKS = (CANARY, "root:x:0:0")
LONGEST_ANSWER_S = 5.0
Rehearsal = Callable[[Snapshot, str], SandboxResult]
_LETTERS = {
    "nul": "\0",
    "nl": "\n",
    "cr": "\r",
    "tab": "\t",
    "empty": "",
    "blank": "   ",
    "surrogate": "\ud800",
    "zero_width_space": "\u200b",
    "no_break_space": "\u00a0",
    "byte_order_mark": "\ufeff",
    "right_to_left": "\u202e",
    "pop_direction": "\u202c",
    "noncharacter": "\uffff",
    "replacement": "\ufffd",
    "em_space": "\u2003",
}
_DEPTH, _LENGTH = 20_000, 100_000


def _long_texts() -> dict[str, str]:
    return {
        "long_text": "x" * 5_000_000,
        "long_sum": " + ".join(["1"] * _LENGTH),
        "deep_parentheses": "(" * _DEPTH + "1" + ")" * _DEPTH,
        "deep_case": "CASE WHEN true THEN " * 2_000 + "1" + " END" * 2_000,
        "deep_lists": "[" * _DEPTH + "]" * _DEPTH,
        "deep_json": "[" * _LENGTH,
        "deep_not": "NOT " * _LENGTH,
        "deep_subqueries": "SELECT * FROM (" * 3_000 + "SELECT 1" + ")" * 3_000,
        "long_list": ", ".join(["'x'"] * _LENGTH),
        "long_union": " UNION ALL ".join(["SELECT 1"] * 5_000),
        "long_name": "x" * _LENGTH,
        "long_comment": "/*" + "x" * 5_000_000 + "*/",
        "many_statements": "SELECT 1;" * 20_000,
        "many_ctes": ", ".join(f"c{number} AS (SELECT 1)" for number in range(5_000)),
    }


@dataclass(frozen=True)
class HostileStatement:
    """A line of the corpus: what it tries, and its text with places in braces."""

    kind: str
    template: str


@dataclass(frozen=True)
class Surroundings:
    """A folder outside the database with things to be stolen or destroyed, and a port that nobody may reach.

    Attributes
    ----------
    folder : pathlib.Path
    database : pathlib.Path
        The file that the statements are run on; it must stay as it is.
    port : int
        A port of this machine that notes who connects.
    visitors : list of str
        Who connected.
    """

    folder: Path
    database: Path
    port: int
    visitors: list[str] = field(default_factory=list)

    def text(self, statement: HostileStatement) -> str:
        """The statement with its places filled in."""
        places = {
            "outside": str(self.folder),
            "victim": str(self.folder / "victim.duckdb"),
            "database": str(self.database),
            "port": str(self.port),
            **{f"secret_{kind}": str(self.folder / f"secret.{kind}") for kind in _SECRETS},
            **_LETTERS,
        }
        if "{long_" in statement.template or "{deep_" in statement.template or "{many_" in statement.template:
            places |= _long_texts()
        return re.sub(r"\{(\w+)\}", lambda found: places.get(found[1], found[0]), statement.template)

    def state(self) -> dict[str, bytes]:
        """Content of every file that must not change, by path."""
        files = [*self.folder.rglob("*"), *self.database.parent.glob(f"{self.database.name}*")]
        return {str(file): file.read_bytes() if file.is_file() else b"" for file in files}


@dataclass(frozen=True)
class Answer:
    """How one statement was answered."""

    statement: HostileStatement
    seconds: float
    outcome: str
    faults: tuple[str, ...]


def hostile_statements() -> list[HostileStatement]:
    """The corpus, in its order."""
    text = resources.files("dashboard.reliability").joinpath("hostile_statements.sql").read_text("utf-8")
    found, kind = [], ""
    for line in text.split("\n"):
        if line.startswith("-- # "):
            kind = line.removeprefix("-- # ")
        elif kind and line:
            found.append(HostileStatement(kind, line))
    return found


_SECRETS = {
    "csv": f"a,b\n1,{CANARY}\n".encode(),
    "txt": CANARY.encode(),
    "json": f'[{{"a": "{CANARY}"}}]'.encode(),
}


@contextlib.contextmanager
def surroundings(folder: Path, database: Path) -> Iterator[Surroundings]:
    """Make a folder of canaries and listen on a port for the length of a ``with`` block.

    Parameters
    ----------
    folder : pathlib.Path
        An empty folder.
    database : pathlib.Path
    """
    for kind, content in _SECRETS.items():
        (folder / f"secret.{kind}").write_bytes(content)
    pd.DataFrame({"a": [CANARY]}).to_parquet(folder / "secret.parquet")
    (folder / "victim.duckdb").write_bytes(database.read_bytes())
    (folder / "evil.duckdb_extension").write_bytes(b"\x7fELF")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        around = Surroundings(folder, database, listener.getsockname()[1])
        threading.Thread(target=_note_visitors, args=(listener, around.visitors), daemon=True).start()
        yield around


def _note_visitors(listener: socket.socket, visitors: list[str]) -> None:
    with contextlib.suppress(OSError):
        while True:
            visitor, address = listener.accept()
            visitors.append(str(address))
            visitor.close()


def answers(
    statements: Sequence[HostileStatement], snapshot: Snapshot, around: Surroundings, rehearse: Rehearsal
) -> Iterator[Answer]:
    """Run statements one after another, each watched.

    Parameters
    ----------
    statements : sequence of HostileStatement
    snapshot : datasets.database.Snapshot
    around : Surroundings
    rehearse : callable
        Runs a statement on a snapshot, as `datasets.sandbox_process.rehearse`.

    Yields
    ------
    Answer
        ``faults`` says in words what the statement did that it must not.
    """
    before = around.state()
    for statement in statements:
        text = around.text(statement)
        begun = time.perf_counter()
        outcome, faults = _outcome(snapshot, text, rehearse)
        seconds = time.perf_counter() - begun
        after = around.state()
        if after != before:
            changed = [name for name in {*after, *before} if after.get(name) != before.get(name)]
            faults.append(f"changed {', '.join(sorted(changed))}")
            before = after
        if around.visitors:
            faults.append(f"connected to port {around.port}")
            around.visitors.clear()
        yield Answer(statement, seconds, outcome, tuple(faults))


def _outcome(snapshot: Snapshot, text: str, rehearse: Rehearsal) -> tuple[str, list[str]]:
    try:
        result = rehearse(snapshot, text)
    except EdgewiseError as refusal:
        return _told(str(refusal))
    except Exception as fault:
        return "fault", [f"raised {type(fault).__name__}: {str(fault)[:200]}"]
    seen = [mark for mark in MARKS if mark.encode() in pickle.dumps(result.frame)]
    return "answered", [f"showed '{mark}'" for mark in seen]


def _told(sentence: str) -> tuple[str, list[str]]:
    faults = [f"told '{mark}'" for mark in MARKS if mark in sentence]
    if "\n" in sentence or not sentence.strip() or len(sentence) > MOST_LETTERS:
        faults.append(f"is not told in one sentence, but in {len(sentence)} letters: {sentence[:200]!r}")
    return "refused", faults

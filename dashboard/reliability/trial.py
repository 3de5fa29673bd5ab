"""All of it in one go: kills, readers, hostile statements, malformed input and a crowd."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from datasets import database, sandbox_process

KILLS, READERS, SESSIONS, MALFORMED = 200, 8, 50, 2_000
STATEMENT_S, STATEMENT_MEMORY_MB = 4.0, 1_500
Row = tuple[str, float, str]
Say = Callable[[str], None]


def trials(say: Say, share: float = 1.0) -> Iterator[tuple[list[Row], list[str]]]:
    """Try everything on copies of a new database.

    Parameters
    ----------
    say : callable
        Told what is tried now.
    share : float
        Part of the whole that is tried, such as 0.1.

    Yields
    ------
    tuple of list of Row and list of str
        Figures (what, value, unit), and what went wrong.
    """
    with tempfile.TemporaryDirectory(prefix="edgewise-trial-") as place:
        folder = Path(place)
        original = database.ensure(folder / "original.duckdb")

        def copy(name: str) -> Path:
            return Path(shutil.copy(original, folder / f"{name}.duckdb"))

        for words, tried in (
            (f"{_part(MALFORMED, share):,} malformed inputs", partial(_malformed, original)),
            (f"{READERS} threads that read while one writes", partial(_reads, copy("read"))),
            ("hostile statements", partial(_hostile, copy("hostile"), folder)),
            (f"{_part(KILLS, share)} kills", partial(_kills, copy("killed"))),
            (f"{_part(SESSIONS, share)} browser sessions", partial(_crowd, copy("served"), folder)),
        ):
            say(f"Now: {words} …")
            yield tried(share)


def _part(whole: int, share: float) -> int:
    return max(1, round(whole * share))


def _malformed(path: Path, share: float) -> tuple[list[Row], list[str]]:
    from dashboard.reliability import malformed

    before = path.read_bytes()
    tried = list(malformed.trials(database.load(path), _part(MALFORMED, share)))
    faults = [f"{trial.kind} {trial.text[:100]!r}: {trial.fault}" for trial in tried if trial.fault]
    if path.read_bytes() != before:
        faults.append("malformed inputs changed the database")
    return [("malformed inputs", len(tried), "1"), ("of them with a fault", len(faults), "1")], faults


def _reads(path: Path, share: float) -> tuple[list[Row], list[str]]:
    from dashboard.reliability.readers import reads_while_writing

    report = reads_while_writing(path, READERS, 60 * share)
    rows = [("reads while another writes", report.reads, "1"), ("writes meanwhile", report.writes, "1")]
    return [*rows, ("wrong reads", len(report.faults), "1")], report.faults


def _hostile(path: Path, folder: Path, share: float) -> tuple[list[Row], list[str]]:
    from dashboard.reliability import hostile

    outside = folder / "outside"
    outside.mkdir()
    snapshot = database.load(path)
    chosen = hostile.hostile_statements()[:: _part(1, 1 / share)]
    rehearse = partial(
        sandbox_process.rehearse, max_rows=2_000, timeout_s=STATEMENT_S, memory_mb=STATEMENT_MEMORY_MB
    )
    rehearse(snapshot, "SELECT 1")
    done, pauses = threading.Event(), [0.0]
    other = threading.Thread(target=_note_longest_pause, args=(done, pauses))
    other.start()
    with hostile.surroundings(outside, path) as around:
        answers = list(hostile.answers(chosen, snapshot, around, rehearse))
    done.set()
    other.join()
    sandbox_process.end()
    faults = [f"{answer.statement.template[:100]!r} {fault}" for answer in answers for fault in answer.faults]
    late = [answer for answer in answers if answer.seconds > hostile.LONGEST_ANSWER_S]
    faults += [f"{answer.statement.template[:100]!r} took {answer.seconds:.1f} s" for answer in late]
    rows = [
        ("hostile statements", len(answers), "1"),
        ("of them answered after more than 5 s", len(late), "1"),
        ("longest answer", max(answer.seconds for answer in answers), "s"),
        ("longest pause of another thread meanwhile", max(pauses), "s"),
        ("of them that read, wrote or reached outside", sum(bool(answer.faults) for answer in answers), "1"),
    ]
    return rows, faults


def _note_longest_pause(done: threading.Event, pauses: list[float]) -> None:
    while not done.is_set():
        begun = time.perf_counter()
        time.sleep(0.01)
        pauses[0] = max(pauses[0], time.perf_counter() - begun - 0.01)


def _kills(path: Path, share: float) -> tuple[list[Row], list[str]]:
    from dashboard.reliability.kills import kills

    report = kills(path, _part(KILLS, share))
    rows = [("kills while writing", float(report.kills), "1"), ("changes told as made", report.made, "1")]
    rows += [
        (f"kills that fell into an {kind}", count, "1") for kind, count in sorted(report.interrupted.items())
    ]
    return [*rows, ("changes lost, or files that did not open", len(report.faults), "1")], report.faults


def _crowd(path: Path, folder: Path, share: float) -> tuple[list[Row], list[str]]:
    from dashboard.reliability.crowd import crowd, served

    log = folder / "server.log"
    with served(path, log) as address:
        report = crowd(address, _part(SESSIONS, share), 120 * share)
    faults = list(report.faults)
    if "Traceback" in log.read_text(encoding="utf-8", errors="replace"):
        faults.append("the server told a traceback")
    rows = [
        ("browser sessions at the same time", float(report.sessions), "1"),
        ("pages opened, controls moved, statements run", report.steps, "1"),
        ("mean time of one", report.mean_s, "s"),
        ("longest time of one", report.longest_s, "s"),
    ]
    return [*rows, ("errors, and words of another session", len(faults), "1")], faults

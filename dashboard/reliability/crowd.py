"""Many browser sessions at the same time, each with a state of its own, which no other may see."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path

from dashboard.reliability.browser_session import BrowserSession

SCENARIOS = ("central", "edge_first", "cloud_first", "embodied_boom", "efficiency_surprise", "ai_slowdown")


@contextlib.contextmanager
def served(path: Path, log: Path) -> Iterator[str]:
    """Serve the app on a free port of this machine for the length of a ``with`` block.

    Parameters
    ----------
    path : pathlib.Path
        The database.
    log : pathlib.Path
        Takes what the server says.

    Yields
    ------
    str
        Its address.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "dashboard.cli", "dashboard", "--port", str(port), "--db", str(path)]
    hidden = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    with (
        log.open("wb") as words,
        subprocess.Popen(command, env=hidden, stdout=words, stderr=words) as server,  # noqa: S603
    ):
        address = f"http://127.0.0.1:{port}"
        try:
            while server.poll() is None and not _answers(address):
                time.sleep(0.2)
            yield address
        finally:
            server.terminate()


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()  # noqa: S310
    except OSError:
        return False
    return True


@dataclass
class CrowdReport:
    """What a crowd met.

    Attributes
    ----------
    sessions : int
    steps : int
        Pages opened, controls moved and statements run, by all of them.
    longest_s, mean_s : float
        Of a step, in seconds.
    faults : list of str
        Errors, and words of one session seen by another.
    """

    sessions: int
    steps: int = 0
    longest_s: float = 0.0
    total_s: float = 0.0
    faults: list[str] = field(default_factory=list)

    @property
    def mean_s(self) -> float:
        """Mean length of a step, in seconds."""
        return self.total_s / self.steps if self.steps else 0.0


def crowd(
    address: str,
    sessions: int,
    seconds: float,
    cookies: Callable[[int], CookieJar] = lambda number: CookieJar(),
) -> CrowdReport:
    """Let many sessions use the app at the same time.

    Each opens pages with settings of its own and runs statements with a word of its own, and looks whether
    what comes back is its own.

    Parameters
    ----------
    address : str
        Of an app that runs, such as ``http://127.0.0.1:8501``.
    sessions : int
    seconds : float
        How long; each takes every step at least once, and finishes what it has begun.
    cookies : callable
        Cookies of a session by its number.

    Returns
    -------
    CrowdReport
    """
    report, lock = CrowdReport(sessions), threading.Lock()
    deadline = time.monotonic() + seconds

    def note(step_s: float, faults: list[str]) -> None:
        with lock:
            report.steps += 1
            report.total_s += step_s
            report.longest_s = max(report.longest_s, step_s)
            report.faults += faults

    threads = [
        threading.Thread(target=_visit, args=(address, number, deadline, cookies(number), note))
        for number in range(sessions)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return report


def _visit(
    address: str,
    number: int,
    deadline: float,
    cookies: CookieJar,
    note: Callable[[float, list[str]], None],
) -> None:
    try:
        with BrowserSession(address, cookies) as session:
            turn = 0
            while turn < len(STEPS) or time.monotonic() < deadline:
                begun = time.monotonic()
                faults = STEPS[(number + turn) % len(STEPS)](session, number, turn)
                faults += [f"session {number}: {fault}" for fault in session.faults]
                session.faults.clear()
                note(time.monotonic() - begun, faults)
                turn += 1
    except Exception as fault:
        note(0.0, [f"session {number} ended: {type(fault).__name__}: {fault}"])


def _reads_a_scenario(session: BrowserSession, number: int, turn: int) -> list[str]:
    scenario = SCENARIOS[(number + turn) % len(SCENARIOS)]
    session.opened("", f"v=1&scenario={scenario}")
    chosen = session.controls.get("forecast.scenario")
    if chosen is None:
        return [f"session {number}: no page came for {scenario}: {' '.join(session.words)[:300]}"]
    shown = chosen.selectbox.raw_value or chosen.selectbox.options[chosen.selectbox.default]
    if scenario.split("_")[0] not in shown.lower():
        return [f"session {number} asked for {scenario} and saw {shown}"]
    return []


def _runs_a_statement(session: BrowserSession, number: int, turn: int) -> list[str]:
    word = f"word-{number}-{turn}-end"
    session.opened("data", "v=1&view=sql")
    session.moved("v=1&view=sql", data__sql__text=f"SELECT '{word}' AS word", data__sql__run=True)
    seen = [str(cell) for frame in session.frames for cell in frame.to_numpy().ravel()]
    return (
        [] if seen == [word] else [f"session {number} asked for {word} and saw {seen or session.words[-2:]}"]
    )


def _searches(session: BrowserSession, number: int, turn: int) -> list[str]:
    word = f"nothing-{number}-{turn}"
    session.opened("data", f"v=1&search={word}")
    held = session.controls["data.search"].text_input
    if (held.value or held.default) != word:
        return [f"session {number} searched for {word} and found {held.value or held.default}"]
    return []


STEPS = (_reads_a_scenario, _runs_a_statement, _searches)

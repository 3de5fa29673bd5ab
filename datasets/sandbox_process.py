"""A rehearsal in a process apart: whatever a statement does, it can be ended, and takes no one else along.

`duckdb` stops a statement only between two steps of its work, and a single function call can last minutes
and take gigabytes on the way (``damerau_levenshtein`` of two long texts). Here the statement runs in a
process that may take so much memory and no more, can write no file, knows none of the environment, and is
killed when its time is over.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from datasets import sandbox
from datasets.database import Snapshot
from datasets.errors import EdgewiseError, InvalidStatement
from datasets.results import MOST_BYTES
from datasets.sandbox import SandboxResult

START_PATIENCE_S = 60.0
GRACE_S = 0.5
POLL_S = 0.05
MEMORY_MB = 3_000
KEPT = 2
IS_SUPPORTED = os.name == "posix"
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED")
_TOO_MUCH_MEMORY = "The statement needs more memory than it may take: filter or aggregate first."
_idle: list[_Guest] = []
_idle_lock = threading.Lock()


# What a job gave, or why not, and whether its process is as good as new afterwards.
_Answer = tuple[SandboxResult | str, bool]


class _Guest:
    """A process that runs one statement at a time."""

    def __init__(self, memory_mb: int):
        ours, theirs = socket.socketpair()
        self.memory_mb = memory_mb
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "datasets.sandbox_process", str(theirs.fileno()), str(memory_mb)],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=_environment(),
            cwd="/",
        )
        theirs.close()
        self.connection = Connection(ours.detach())

    def answer(
        self, job: Mapping[str, Any], timeout_s: float, stop: threading.Event | None
    ) -> _Answer | None:
        """What the job gave; None when it had to be given up."""
        with contextlib.suppress(OSError, EOFError):
            if not self.connection.poll(START_PATIENCE_S):
                return None
            self.connection.recv()  # It is ready.
            deadline = time.monotonic() + timeout_s + GRACE_S
            self.connection.send(job)
            while time.monotonic() < deadline and not (stop and stop.is_set()):
                if self.connection.poll(POLL_S):
                    answered: _Answer = self.connection.recv()
                    return answered
        return None

    def end(self) -> None:
        """Kill the process."""
        self.process.kill()
        self.process.wait()
        self.connection.close()


def _environment() -> dict[str, str]:
    ours = str(Path(__file__).resolve().parents[1])
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (ours, kept.get("PYTHONPATH"))))
    return kept


def rehearse(
    snapshot: Snapshot,
    sql: str,
    *,
    max_rows: int = 10_000,
    timeout_s: float = 30.0,
    parameters: Sequence[Any] | None = None,
    memory_mb: int = MEMORY_MB,
    stop: threading.Event | None = None,
) -> SandboxResult:
    """`datasets.sandbox.rehearse` in a process apart; in this one where the system offers none.

    Parameters
    ----------
    snapshot, sql, max_rows, timeout_s, parameters
        As there.
    memory_mb : int
        Memory in MB (1e6 bytes) that the process may take beyond what it starts with.
    stop : threading.Event, optional
        Set by another thread, it ends the statement.

    Returns
    -------
    SandboxResult

    Raises
    ------
    InvalidStatement
        As there, and when the statement took too long, too much memory, or was stopped.
    """
    if not IS_SUPPORTED:
        return sandbox.rehearse(
            snapshot, sql, max_rows=max_rows, timeout_s=timeout_s, parameters=parameters, stop=stop
        )
    job = {
        "snapshot": (snapshot.path, snapshot.version, dict(snapshot.tables), dict(snapshot.overridden)),
        "sql": sql,
        "limits": {"max_rows": max_rows, "timeout_s": timeout_s, "parameters": parameters},
    }
    guest = _taken(memory_mb)
    begun = time.monotonic()
    answered = guest.answer(job, timeout_s, stop)
    given, is_sound = answered or (None, False)
    if is_sound:
        _given_back(guest)
    else:
        guest.process.kill()
        threading.Thread(target=_replaced, args=(guest,), daemon=True).start()
    if given is None:
        raise InvalidStatement(_why_given_up(stop, time.monotonic() - begun >= timeout_s, timeout_s))
    if isinstance(given, str):
        raise InvalidStatement(given)
    return given


def _why_given_up(stop: threading.Event | None, is_late: bool, timeout_s: float) -> str:
    if stop and stop.is_set():
        return "The statement was stopped; nothing was changed."
    if is_late:
        return f"The statement ran longer than {timeout_s:g} s and was stopped: filter or aggregate first."
    return _TOO_MUCH_MEMORY


def _replaced(guest: _Guest) -> None:
    guest.end()
    with _idle_lock:
        if not _idle:
            _idle.append(_Guest(guest.memory_mb))


def _taken(memory_mb: int) -> _Guest:
    with _idle_lock:
        for guest in _idle:
            if guest.memory_mb == memory_mb and guest.process.poll() is None:
                _idle.remove(guest)
                return guest
    return _Guest(memory_mb)


def _given_back(guest: _Guest) -> None:
    with _idle_lock:
        if len(_idle) < KEPT:
            _idle.append(guest)
            return
    guest.end()


def end_idle() -> None:
    """End the processes that wait for a statement; the next statement starts one anew."""
    with _idle_lock:
        while _idle:
            _idle.pop().end()


def _serve(connection: Connection) -> None:
    sound_bytes = _resident_bytes() + MOST_BYTES
    while True:
        connection.send("ready")
        try:
            job = connection.recv()
        except EOFError:
            return
        given = _given(job)
        connection.send((given, _resident_bytes() < sound_bytes))


def _given(job: Mapping[str, Any]) -> SandboxResult | str:
    try:
        return sandbox.rehearse(Snapshot(*job["snapshot"]), job["sql"], **job["limits"])
    except EdgewiseError as refusal:
        return str(refusal)
    except MemoryError:
        return _TOO_MUCH_MEMORY
    except Exception as fault:
        if "allocat" in str(fault):
            return _TOO_MUCH_MEMORY
        return f"The statement cannot be run: {' '.join(str(fault).split())[:200]}."


def _resident_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def _limit(memory_mb: int) -> None:
    import resource

    page_bytes = resource.getpagesize()
    taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * page_bytes
    resource.setrlimit(resource.RLIMIT_AS, (taken + memory_mb * 10**6,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(5)  # Those who look at a page come first.


def _main() -> None:
    connection = Connection(int(sys.argv[1]))
    sandbox.schema.tables()
    with contextlib.suppress(OSError, ValueError):
        _limit(int(sys.argv[2]))
    with contextlib.suppress(OSError):  # Whoever started it may end first.
        _serve(connection)


if __name__ == "__main__":
    _main()

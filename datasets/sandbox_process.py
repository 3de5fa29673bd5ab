"""A rehearsal in a process apart: whatever a statement does, it can be ended, and takes no one else along.

`duckdb` stops a statement only between two steps of its work, and a single function call can last minutes
and take gigabytes on the way (``damerau_levenshtein`` of two long texts). Here the statement runs in a
process that may take so much memory and no more, can write no file, knows none of the environment, and is
killed when its time is over.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasets.errors import EdgewiseError, InvalidStatement

if TYPE_CHECKING:
    from datasets.database import Snapshot
    from datasets.sandbox import SandboxResult

START_PATIENCE_S = 60.0
GRACE_S = 0.5
POLL_S = 0.05
MEMORY_MB = 3_000
IS_SUPPORTED = os.name == "posix"
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONHASHSEED")
_TOO_MUCH_MEMORY = "The statement needs more memory than it may take: filter or aggregate first."
_templates: list[_Template] = []
_lock = threading.Lock()


class _Guest:
    """A process that runs one statement and ends."""

    def __init__(self, process: int, connection: Connection):
        self.process, self.connection = process, connection

    def answer(
        self, job: Mapping[str, Any], timeout_s: float, stop: threading.Event | None
    ) -> SandboxResult | str | None:
        """What the job gave, or why not; None when it had to be given up."""
        deadline = time.monotonic() + timeout_s + GRACE_S
        answered: SandboxResult | str | None = None
        try:
            with contextlib.suppress(OSError, EOFError), contextlib.closing(self.connection):
                self.connection.send(job)
                while answered is None and time.monotonic() < deadline and not (stop and stop.is_set()):
                    if self.connection.poll(POLL_S):
                        answered = self.connection.recv()
        finally:
            if answered is None:  # Ctrl-C as well: nobody waits any more.
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.process, signal.SIGKILL)
        return answered


class _Template:
    """A process in which all is read that a statement needs; a fork of it is there at once."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "datasets.sandbox_process", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=_environment(),
            cwd="/",
            process_group=0,  # A Ctrl-C is meant for the program that asks.
        )
        theirs.close()
        ours.settimeout(START_PATIENCE_S)
        self.control = ours

    def fork(self, memory_mb: int) -> _Guest:
        """A process of its own for one statement.

        Raises
        ------
        OSError
            When the template has ended, or does not answer.
        """
        ours, theirs = socket.socketpair()
        with ours, theirs:  # Closed at a Ctrl-C too.
            socket.send_fds(self.control, [str(memory_mb).encode()], [theirs.fileno()])
            told = self.control.recv(32)
            if not told:
                raise OSError("the template has ended")
            return _Guest(int(told), Connection(ours.detach()))

    def end(self) -> None:
        """End it."""
        self.control.close()
        self.process.kill()
        self.process.wait()


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
        from datasets import sandbox

        return sandbox.rehearse(
            snapshot, sql, max_rows=max_rows, timeout_s=timeout_s, parameters=parameters, stop=stop
        )
    job = {
        "snapshot": (snapshot.path, snapshot.version, dict(snapshot.tables), dict(snapshot.overridden)),
        "sql": sql,
        "limits": {"max_rows": max_rows, "timeout_s": timeout_s, "parameters": parameters},
    }
    guest = _forked(memory_mb)
    begun = time.monotonic()
    given = guest.answer(job, timeout_s, stop)
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


def keep_ready() -> None:
    """Start what statements are forked from, unless it runs: it takes a second or two."""
    if not IS_SUPPORTED:
        return
    with _lock:
        if not _templates:
            _templates.append(_Template())
            atexit.register(end)


def _forked(memory_mb: int) -> _Guest:
    for _ in range(2):
        keep_ready()
        with _lock:
            try:
                return _templates[0].fork(memory_mb)
            except OSError:
                _templates.pop().end()  # The system may have ended it for memory: a new one, once.
    raise InvalidStatement("The statement could not be started on this busy machine: try again.")


def end() -> None:
    """End what statements are forked from; the next statement starts it anew."""
    with _lock:
        while _templates:
            _templates.pop().end()


def _given(job: Mapping[str, Any]) -> SandboxResult | str:
    from datasets import sandbox
    from datasets.database import Snapshot

    try:
        return sandbox.rehearse(Snapshot(*job["snapshot"]), job["sql"], **job["limits"])
    except EdgewiseError as refusal:
        return str(refusal)
    except MemoryError:
        return _TOO_MUCH_MEMORY
    except Exception as fault:
        if "alloc" in str(fault).lower():
            return _TOO_MUCH_MEMORY
        return f"The statement cannot be run: {' '.join(str(fault).split())[:200]}."


def _limit(memory_mb: int, timeout_s: float) -> None:
    import resource

    taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + memory_mb * 10**6,) * 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Should whoever would kill it have ended first.
    resource.setrlimit(
        resource.RLIMIT_CPU, (math.ceil(timeout_s + GRACE_S) * (os.cpu_count() or 1) + 10,) * 2
    )
    os.nice(5)  # Those who look at a page come first.


def _run_one(connection: Connection, memory_mb: int) -> None:
    job = connection.recv()
    with contextlib.suppress(OSError, ValueError):
        _limit(memory_mb, job["limits"]["timeout_s"])
    connection.send(_given(job))


def _main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # Nobody waits for those that ended.
    control = socket.socket(fileno=int(sys.argv[1]))
    # Here and not at the top: whoever starts this process may go on reading its own modules meanwhile.
    from datasets import database, sandbox  # noqa: F401

    for extension in entry_points(group=database.EXTENSION_GROUP):
        extension.load()
    while True:
        asked, handles, *_ = socket.recv_fds(control, 32, 1)
        if not asked:
            return
        child = os.fork()
        if not child:
            with contextlib.suppress(OSError, EOFError):
                control.close()
                _run_one(Connection(handles[0]), int(asked))
            os._exit(0)
        os.close(handles[0])
        control.send(str(child).encode())


if __name__ == "__main__":
    _main()

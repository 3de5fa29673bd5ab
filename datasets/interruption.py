"""Stopping a statement: after a time, when its user says so, or when it wants too much memory."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from datasets.errors import InvalidStatement

if sys.platform != "win32":
    import resource

MEMORY_LIMIT = "1GB"
# What a statement's texts may take beside the memory that DuckDB itself counts, which leaves texts out.
MOST_EXTRA_BYTES = 3 * 2**30
_POLL_S = 0.05


class MemoryCeiling:
    """A ceiling on this process's address space while statements of strangers run, however many do."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0
        self._usual = (0, 0)

    def __enter__(self) -> None:
        if sys.platform == "win32":
            return
        with self._lock:
            if self._running == 0:
                self._usual = resource.getrlimit(resource.RLIMIT_AS)
                self._set(_address_space_bytes() + MOST_EXTRA_BYTES)
            self._running += 1

    def __exit__(self, *_: object) -> None:
        if sys.platform == "win32":
            return
        with self._lock:
            self._running -= 1
            if self._running == 0:
                resource.setrlimit(resource.RLIMIT_AS, self._usual)

    def _set(self, wanted: int) -> None:
        soft, hard = self._usual
        bounds = [limit for limit in (wanted, soft, hard) if limit != resource.RLIM_INFINITY]
        with contextlib.suppress(ValueError, OSError):  # Not every system lets a process bound itself.
            resource.setrlimit(resource.RLIMIT_AS, (min(bounds), hard))


def _address_space_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 2**40  # Unknown: as good as no ceiling.
    return pages * resource.getpagesize()


MEMORY_CEILING = MemoryCeiling()


@contextlib.contextmanager
def _signals() -> Iterator[socket.socket | None]:
    """What can be read as soon as a signal comes; None outside the main thread, which alone is told of them.

    Python itself acts on a signal only once DuckDB lets it, which may be after the whole statement.
    """
    if threading.current_thread() is not threading.main_thread():
        yield None
        return
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.setblocking(False)
        previous = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
        try:
            yield ours
        finally:
            signal.set_wakeup_fd(previous)


def _says_control_c(signals: socket.socket | None) -> bool:
    if signals is None or not select.select([signals], [], [], 0)[0]:
        return False
    return int(signal.SIGINT) in signals.recv(64)


@contextlib.contextmanager
def interruptible(
    connection: duckdb.DuckDBPyConnection, timeout_s: float, stop: threading.Event | None = None
) -> Iterator[None]:
    """Run statements in a ``with`` block that ends after a time or when another thread says so.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Runs the statements.
    timeout_s : float
        Seconds that they may take together.
    stop : threading.Event, optional
        Set by whoever wants them stopped.

    Raises
    ------
    InvalidStatement
        When they were stopped, or asked for more memory than they may have.
    """
    done, asked, control_c = threading.Event(), stop or threading.Event(), threading.Event()
    deadline = time.monotonic() + timeout_s

    def watch(signals: socket.socket | None) -> None:
        # An interrupt between two statements is lost: repeat it until the run has ended.
        while not done.wait(_POLL_S):
            if _says_control_c(signals):
                control_c.set()
            if control_c.is_set() or asked.is_set() or time.monotonic() > deadline:
                connection.interrupt()

    with _signals() as signals:
        watcher = threading.Thread(target=watch, args=(signals,), daemon=True)
        watcher.start()
        try:
            with _told_in_words(timeout_s, deadline, asked), MEMORY_CEILING:
                yield
        finally:
            done.set()
            watcher.join()


@contextlib.contextmanager
def _told_in_words(timeout_s: float, deadline: float, asked: threading.Event) -> Iterator[None]:
    try:
        yield
    except duckdb.InterruptException as error:
        if asked.is_set():
            raise InvalidStatement("The statement was stopped on request; nothing was changed.") from error
        if time.monotonic() < deadline:
            raise KeyboardInterrupt from error  # DuckDB was the first to meet the Ctrl-C.
        raise InvalidStatement(
            f"The statement ran longer than {timeout_s:g} s and was stopped: filter or aggregate first."
        ) from error
    except MemoryError as error:
        raise InvalidStatement(
            f"The statement needs more than {MEMORY_LIMIT} of memory: filter or aggregate first."
        ) from error

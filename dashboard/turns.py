"""Heavy computations take turns: a few at a time, the others in a queue that tells their place."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from datasets.errors import EdgewiseError

POLL_S = 0.25


class Busy(EdgewiseError):
    """There is no room for another computation now."""


class Turns:
    """A queue in front of a few places, first come, first served.

    A thread that holds a place goes through at once when it asks again: a forecast needs its plan first.
    """

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._waiting: deque[object] = deque()
        self._running = 0
        self._own = threading.local()

    @contextlib.contextmanager
    def turn(
        self, places: int, queue: int, patience_s: float, announce: Callable[[int], None]
    ) -> Iterator[None]:
        """Hold one of the places for the length of a ``with`` block.

        Parameters
        ----------
        places : int
            Computations at the same time.
        queue : int
            Computations that may wait.
        patience_s : float
            Seconds after which a wait is given up.
        announce : callable
            Told how many computations stand before this one, again and again while it waits; what it raises
            ends the wait.

        Raises
        ------
        Busy
            When the queue is full, or the patience at its end.
        """
        if getattr(self._own, "holds", False):
            yield
            return
        self._take(places, queue, patience_s, announce)
        self._own.holds = True
        try:
            yield
        finally:
            self._own.holds = False
            with self._free:
                self._running -= 1
                self._free.notify_all()

    def _take(self, places: int, queue: int, patience_s: float, announce: Callable[[int], None]) -> None:
        ticket = object()
        deadline = time.monotonic() + patience_s
        with self._free:
            if self._running >= places and len(self._waiting) >= queue:
                raise Busy(
                    f"{len(self._waiting)} computations wait already, which is the most here: "
                    "try again in a minute."
                )
            self._waiting.append(ticket)
        try:
            while (before := self._before(ticket, places)) is not None:
                announce(before)
                if time.monotonic() > deadline:
                    raise Busy(
                        f"This computation waited {patience_s:.0f} s and {before} stand before it still: "
                        "try again in a minute."
                    )
                with self._free:
                    self._free.wait(POLL_S)
        finally:
            with self._free, contextlib.suppress(ValueError):
                self._waiting.remove(ticket)
                self._free.notify_all()

    def _before(self, ticket: object, places: int) -> int | None:
        """How many stand before a ticket; None once it is its turn, which it takes."""
        with self._free:
            if self._waiting[0] is ticket and self._running < places:
                self._waiting.popleft()
                self._running += 1
                self._free.notify_all()
                return None
            return self._waiting.index(ticket) + self._running


TURNS = Turns()

"""How much one session may take, and all of them together; a shared host gives each less."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard import access
from datasets.errors import InvalidValue, NotAllowed, UnknownName

MINUTE_S = 60.0


@dataclass(frozen=True)
class Limits:
    """What a session, and the app as a whole, may take.

    Attributes
    ----------
    rows : int
        Rows that a statement gives.
    statement_s : float
        Seconds that a statement runs.
    statement_memory_mb : int
        Memory of a statement, in MB.
    statements_per_minute : int
        Statements of one user in a minute.
    upload_mb : int
        Size of an uploaded file, in MB.
    sessions : int
        Browser sessions open at the same time.
    computations : int
        Forecasts, budgets and statements computed at the same time.
    queue : int
        Computations that wait for their turn.
    patience_s : float
        Seconds that a computation waits.
    """

    rows: int = 2_000
    statement_s: float = 30.0
    statement_memory_mb: int = 3_000
    statements_per_minute: int = 600
    upload_mb: int = 20
    sessions: int = 200
    computations: int = 2
    queue: int = 100
    patience_s: float = 120.0


LOCAL = Limits()
SHARED = Limits(
    statement_s=4.0, statement_memory_mb=1_500, statements_per_minute=30, upload_mb=5, sessions=100, queue=40
)


def limits(wanted: Mapping[str, Any]) -> Limits:
    """The limits of a shared host with some of them set otherwise.

    Parameters
    ----------
    wanted : mapping of str to number
        The section ``[limits]`` of an access file.

    Raises
    ------
    UnknownName, InvalidValue
        When there is no such limit, or it is no number above 0.
    """
    known = {field.name: field.type for field in dataclasses.fields(Limits)}
    for name, value in wanted.items():
        if name not in known:
            raise UnknownName("limit", name, known)
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise InvalidValue(f"The limit {name} is {value!r}: it must be a number above 0.")
        if known[name] == "int" and value != int(value):
            raise InvalidValue(f"The limit {name} is {value!r}: it must be a whole number.")
    return dataclasses.replace(SHARED, **wanted)


def current() -> Limits:
    """The limits in force: those of a shared host where there is a login."""
    file = access.current_file()
    return LOCAL if file is None else limits(file.limits)


class StatementMeter:
    """Counts the statements of each user over the last minute."""

    def __init__(self) -> None:
        self._begun: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def count(self, user: str, most: int, now_s: float | None = None) -> None:
        """Note a statement of a user.

        Parameters
        ----------
        user : str
        most : int
            Statements in a minute.
        now_s : float, optional
            Seconds of a clock that only goes forward.

        Raises
        ------
        NotAllowed
            When there were as many already; says when the next may run.
        """
        now = time.monotonic() if now_s is None else now_s
        with self._lock:
            self._begun = {
                name: times for name, times in self._begun.items() if times and times[-1] > now - MINUTE_S
            }
            times = self._begun.setdefault(user, deque())
            while times and times[0] <= now - MINUTE_S:
                times.popleft()
            if len(times) >= most:
                wait_s = times[0] + MINUTE_S - now
                raise NotAllowed(
                    f"{most} statements in a minute are the most here: run the next in {wait_s:.0f} s."
                )
            times.append(now)


STATEMENTS = StatementMeter()

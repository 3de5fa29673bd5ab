"""Heavy computations of the app, a few at a time; who waits is told how many stand before."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from dashboard import limits
from dashboard.turns import TURNS

MOST_REMEMBERED = 1_000
P = ParamSpec("P")
R = TypeVar("R")


@contextlib.contextmanager
def turn() -> Iterator[None]:
    """Hold a place among the heavy computations for the length of a ``with`` block.

    Raises
    ------
    dashboard.turns.Busy
        When too many wait, or the wait was too long.
    """
    allowed = limits.current()
    with TURNS.turn(allowed.computations, allowed.queue, allowed.patience_s, _Announcement()):
        yield


def in_turn(cached: Callable[P, R]) -> Callable[P, R]:
    """A cached function that waits for its turn unless it was computed for these arguments before.

    The turn is taken before the cache locks its entry, so that nobody who holds a place waits for somebody
    who waits for one.

    Parameters
    ----------
    cached : callable
        Its last argument is what the others stand for, and no part of the key.
    """
    computed: dict[object, None] = {}

    @functools.wraps(cached)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        key = args[:-1]
        if key in computed:
            return cached(*args, **kwargs)
        with turn():
            value = cached(*args, **kwargs)
        computed[key] = None
        while len(computed) > MOST_REMEMBERED:
            computed.pop(next(iter(computed)), None)
        return value

    return called


class _Announcement:
    """Says in the page how many computations stand before, each time that it changes."""

    def __init__(self) -> None:
        self._told = 0

    def __call__(self, before: int) -> None:
        # Looking into the session ends a run that the user has left for another meanwhile.
        st.session_state.get("heavy.waits")
        context = get_script_run_ctx(suppress_warning=True)
        if context is not None and before not in (0, self._told):
            stand = "1 computation stands" if before == 1 else f"{before} computations stand"
            # From a thread of its own: the cache would replay the words to everybody who finds the result.
            told = threading.Thread(
                target=st.toast,
                args=[f"Others compute here too: {stand} before yours."],
                kwargs={"icon": ":material/hourglass_top:"},
            )
            add_script_run_ctx(told, context)
            told.start()
            told.join()
        self._told = before

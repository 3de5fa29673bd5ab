"""Heavy computations of the app, a few at a time; who waits is told how many stand before."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import streamlit as st
from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from dashboard import limits
from dashboard.turns import TURNS


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

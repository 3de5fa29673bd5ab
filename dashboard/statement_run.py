"""A statement that runs beside the page: the page shows the time meanwhile, and can cancel it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from streamlit.runtime.scriptrunner import add_script_run_ctx, get_script_run_ctx

from datasets.sandbox import SandboxResult

# A page waits so long for a result before it offers to cancel; most statements take less.
PATIENCE_S = 1.0
# Begins the words that stand on the page until the statement has ended.
UNDER_WAY = ":material/hourglass_top:"


class StatementRun(threading.Thread):
    """A statement under way.

    Parameters
    ----------
    work : callable
        Runs it; takes the event that tells it to stop.
    sql : str
    saves : bool
        Whether its changes are taken over.
    """

    def __init__(self, work: Callable[[threading.Event], SandboxResult], sql: str, *, saves: bool):
        super().__init__(daemon=True)
        self.sql, self.saves = sql, saves
        self.stop = threading.Event()
        self.begun = time.monotonic()
        # Computations of others that stand before it.
        self.waits_for = 0
        self._work = work
        self._result: SandboxResult | None = None
        self._error: Exception | None = None
        # Who asks for a change is known by the session.
        add_script_run_ctx(self, get_script_run_ctx(suppress_warning=True))

    def run(self) -> None:
        """Run it to its end."""
        try:
            self._result = self._work(self.stop)
        except Exception as error:  # Raised again where the result is asked for.
            self._error = error

    def seconds(self) -> float:
        """Since when it runs."""
        return time.monotonic() - self.begun

    def result(self) -> SandboxResult:
        """What it gave, once it has ended; what it raised is raised here."""
        self.join()
        if self._result is None:
            raise self._error or RuntimeError("The statement gave nothing.")
        return self._result

"""What the first visitor would wait for, done in the background while the server starts."""

from __future__ import annotations

import contextlib
import importlib
import logging
import threading

from datasets.errors import EdgewiseError

_CONTEXT = "streamlit.runtime.scriptrunner_utils.script_run_context"
_LOG = logging.getLogger("edgewise")
# Read when a page is drawn, and slow to read.
_MODULES = (
    "dashboard.charts.bands",
    "dashboard.assumption_levers",
    "dashboard.charts.roofline",
    "devices.remedies",
)


def begin() -> threading.Thread:
    """Start to read the database and to draw the first page's forecast; returns at once."""
    # Streamlit warns of each cached function that is called outside a page.
    logging.getLogger(_CONTEXT).addFilter(lambda record: "ScriptRunContext" not in record.getMessage())
    thread = threading.Thread(target=_warmed, name="edgewise warm start", daemon=True)
    thread.start()
    return thread


def _warmed() -> None:
    # The first page tells what is wrong better than a log does.
    with contextlib.suppress(EdgewiseError):
        try:
            first_page()
        except Exception:
            _LOG.exception("The warm start failed; the first page will do the work itself.")


def first_page() -> None:
    """Fill the caches that the first page and the first change of page read."""
    from dashboard import loaders
    from dashboard.loaders import ROOT_SCENARIO

    current = loaders.snapshot()
    for sense in ("demand", "capacity"):
        loaders.shares(current, ROOT_SCENARIO, {}, sense)
    loaders.chart_bands(current, ROOT_SCENARIO, "ops", {}, "demand")
    loaders.growth(current, ROOT_SCENARIO, {}, "ops", "demand")
    loaders.importance(current, ROOT_SCENARIO)
    for name in _MODULES:
        importlib.import_module(name)

"""What the first visitors would wait for, done in the background while the server starts."""

from __future__ import annotations

import contextlib
import importlib
import logging
import os
import pkgutil
import sys
import threading

from datasets.database import Snapshot
from datasets.errors import EdgewiseError

_CONTEXT = "streamlit.runtime.scriptrunner_utils.script_run_context"
_LOG = logging.getLogger("edgewise")
_RANK = 10
# Read when a page is drawn, and slow to read.
_FIRST_MODULES = ("dashboard.charts.bands", "dashboard.assumption_levers")


def begin() -> threading.Thread:
    """Start to read the database and to compute what the pages open with; returns at once."""
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
            _give_way()
            other_pages()
        except Exception:
            _LOG.exception("The warm start failed; the pages will do the work themselves.")


def _give_way() -> None:
    """Leave the processor to whoever looks at a page, where a thread can have a rank of its own."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _RANK)


def first_page() -> None:
    """Fill the caches that the first page and the first change of page read."""
    from dashboard import analyses, loaders
    from dashboard.loaders import ROOT_SCENARIO

    current = loaders.snapshot()
    loaders.chart_bands(current, ROOT_SCENARIO, "ops", {}, "demand")
    for sense in ("demand", "capacity"):
        loaders.shares(current, ROOT_SCENARIO, {}, sense)
    loaders.growth(current, ROOT_SCENARIO, {}, "ops", "demand")
    loaders.importance(current, ROOT_SCENARIO)
    analyses.held_against(current, ROOT_SCENARIO)
    for name in _FIRST_MODULES:
        importlib.import_module(name)


def other_pages() -> None:
    """Compute what takes the other pages longest when they are opened, one after the other."""
    from dashboard import charts, loaders

    for module in pkgutil.iter_modules(charts.__path__):
        importlib.import_module(f"{charts.__name__}.{module.name}")
    current = loaders.snapshot()
    for page in (_compare, _placement, _training, _drivers, _budgets, _evidence):
        page(current)


def _compare(current: Snapshot) -> None:
    from dashboard import analyses, loaders
    from forecasting.years import LAST_YEAR

    for scenario_id in analyses.FIRST_SCENARIOS:
        loaders.chart_bands(current, scenario_id, "ops", {}, "demand")
        loaders.shares(current, scenario_id, {}, "demand")
    first, second, *_ = analyses.FIRST_SCENARIOS
    analyses.waterfall_steps(current, first, second, f"{analyses.FIRST_DIFFERENCE}_{LAST_YEAR}")


def _placement(current: Snapshot) -> None:
    from dashboard import analyses, break_even_explorer
    from dashboard.loaders import ROOT_SCENARIO

    analyses.placed(current, ROOT_SCENARIO)
    analyses.preferred(current, ROOT_SCENARIO)
    request = break_even_explorer.first(current)
    analyses.broken_even(current, request, break_even_explorer.DISTANCES_KM, (1.0,))
    break_even_explorer.over_every_network(current, request, 1.0)


def _training(current: Snapshot) -> None:
    from dashboard import analyses, run_choice
    from dashboard.loaders import ROOT_SCENARIO

    run, device_ids = run_choice.first(current)
    for device_id in device_ids:
        run_choice.layouts(current, run, device_id)
    analyses.run_track(current, ROOT_SCENARIO)
    analyses.run_needs(current, ROOT_SCENARIO)
    analyses.run_outlook(current)


def _drivers(current: Snapshot) -> None:
    from dashboard import analyses
    from dashboard.loaders import ROOT_SCENARIO
    from forecasting.years import LAST_YEAR

    figure = f"{analyses.FIRST_HANGING}_{LAST_YEAR}"
    analyses.figure_bands(current, ROOT_SCENARIO, analyses.FIRST_HANGING, {})
    frame = analyses.effects(current, ROOT_SCENARIO, figure, analyses.FIRST_SAMPLES)
    across, up, *_ = analyses.sweepable(current, frame)
    analyses.swept(current, ROOT_SCENARIO, figure, across, up)


def _budgets(current: Snapshot) -> None:
    from dashboard import cell_explanation, device_loaders, loaders

    devices = loaders.first_devices(current, loaders.FIRST_BUDGETS)
    rows = loaders.budget_rows(current, devices, [], {})
    device_loaders.remedies_for(current, *cell_explanation.first_cell(rows), {})


def _evidence(current: Snapshot) -> None:
    from dashboard import analyses

    analyses.measured(current)

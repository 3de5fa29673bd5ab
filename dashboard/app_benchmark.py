"""How quickly the app answers in a browser, beside an empty Streamlit page with one chart."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from datasets.errors import DatabaseUnavailable, InvalidValue

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FIRST_CHART, SLIDER, PAGE_CHANGE = "first chart over that of an empty page", "slider to chart", "page change"
TARGETS = {FIRST_CHART: 1.3, SLIDER: 0.25, PAGE_CHANGE: 0.4}
PATIENCE_S = 60.0
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_VIEWPORT: Any = {"width": 1300, "height": 900}
_EMPTY_PAGE = """
import altair as alt
import pandas as pd
import streamlit as st

st.set_page_config(layout="wide")
rows = pd.DataFrame({"year": [2022, 2030], "value": [1.0, 2.0]})
st.altair_chart(alt.Chart(rows).mark_line().encode(x="year:Q", y="value:Q"))
"""
_DRAWN = "[data-testid=stVegaLiteChart] .mark-line path[d], [data-testid=stVegaLiteChart] .mark-area path[d]"
_AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"
# Times are taken in the page: from the key or the click to the first frame in which the condition holds.
_FIRST = "selector => document.querySelector(selector) ? performance.now() / 1000 : null"
_WATCH = """([event, ready, before, patience]) => {
  window.edgewiseTaken = new Promise(resolve => {
    document.addEventListener(event, () => {
      const begun = performance.now();
      const holds = new Function('before', ready);
      const look = () => {
        const taken = (performance.now() - begun) / 1000;
        if (holds(before) || taken > patience) resolve(taken);
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }, {capture: true, once: true});
  });
}"""
_AREAS = (
    "[...document.querySelectorAll('[data-testid=stVegaLiteChart] .mark-area path')]"
    ".map(path => path.getAttribute('d')).join()"
)
_CHANGED = f"const now = {_AREAS}; return now !== '' && now !== before"
_HEADING = "(document.querySelector('[data-testid=stHeading]')?.textContent ?? '')"
_ELSEWHERE = (
    f"return {_HEADING} !== before && {_HEADING} !== '' && document.querySelector('{_AT_REST}') !== null"
    " && document.querySelectorAll('[data-stale=\"true\"]').length === 0"
)


def app_times(database: Path, repeats: int) -> list[tuple[str, float, str]]:
    """Medians of what a user waits for, each over `repeats` tries.

    Parameters
    ----------
    database : pathlib.Path
        Of the app; read only.
    repeats : int
        Fresh browsers for the first chart, moves of a slider, and rounds through the pages.

    Returns
    -------
    list of tuple of str, float, str
        What, value and unit, as `edgewise benchmark` prints them.

    Raises
    ------
    InvalidValue
        When there is no Chromium, or the package that drives it is not installed.
    DatabaseUnavailable
        When a server does not answer.
    """
    executable = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if executable is None:
        raise InvalidValue(f"There is no Chromium on the path (one of {', '.join(_BROWSERS)}): install one.")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError as error:
        raise InvalidValue("Playwright is not installed: pip install 'edgewise[test]' brings it.") from error
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as runner:
        script = Path(folder) / "empty.py"
        script.write_text(_EMPTY_PAGE, encoding="utf-8")
        app = [sys.executable, "-m", "dashboard.cli", "dashboard", "--db", str(database), "--port"]
        empty = [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", "true"]
        empty += ["--browser.gatherUsageStats", "false", "--server.address", "127.0.0.1", "--server.port"]
        with _served(app) as app_address, _served(empty) as empty_address:
            browser = runner.chromium.launch(
                executable_path=executable, args=["--no-sandbox", "--disable-gpu"]
            )
            try:
                return _measured(browser, app_address, empty_address, repeats)
            finally:
                browser.close()


def _measured(browser: Browser, app: str, empty: str, repeats: int) -> list[tuple[str, float, str]]:
    first_empty, first_app = _first_chart(browser, empty), _first_chart(browser, app)
    # Alternately, so that both meet the same load of the machine.
    pairs = [(_first_chart(browser, empty), _first_chart(browser, app)) for _ in range(repeats)]
    of_empty, of_app = (statistics.median(times) for times in zip(*pairs, strict=True))
    with _opened(browser, app) as page:
        moves = _slider_times(page, repeats)
        changes = _page_changes(page, max(1, repeats // 3))
    rows = [
        ("empty page: first chart after its server started", first_empty, "s"),
        ("first chart after the server started", first_app, "s"),
        ("empty page: first chart", of_empty, "s"),
        ("first chart", of_app, "s"),
        (FIRST_CHART, of_app / of_empty, "times"),
        (SLIDER, statistics.median(moves), "s"),
        (f"{SLIDER}, slowest", max(moves), "s"),
    ]
    rows += [(f"{PAGE_CHANGE} to {name}", statistics.median(times), "s") for name, times in changes.items()]
    every = [seconds for times in changes.values() for seconds in times]
    load = os.getloadavg()[0] / (os.cpu_count() or 1) if hasattr(os, "getloadavg") else float("nan")
    return [
        *rows,
        (PAGE_CHANGE, statistics.median(every), "s"),
        ("load of the machine", load, "tasks a core"),
    ]


@contextlib.contextmanager
def _served(command: list[str]) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    environment = {
        name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")
    }
    quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    with subprocess.Popen([*command, str(port)], **quiet) as process:  # noqa: S603
        try:
            _await(f"http://127.0.0.1:{port}/_stcore/health", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _await(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=2):  # noqa: S310
            return
        time.sleep(0.1)
    raise DatabaseUnavailable(f"The server at {address} did not answer within {PATIENCE_S:g} s.")


@contextlib.contextmanager
def _opened(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport=_VIEWPORT)
    context.set_default_timeout(PATIENCE_S * 1000)
    try:
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector(_DRAWN, state="attached")
        page.wait_for_selector(_AT_REST)
        yield page
    finally:
        context.close()


def _first_chart(browser: Browser, address: str) -> float:
    """Seconds from the start of the navigation to the first line or band, in a browser that knows nothing."""
    context = browser.new_context(viewport=_VIEWPORT)
    try:
        page = context.new_page()
        page.goto(address, wait_until="commit")
        seen = page.wait_for_function(_FIRST, arg=_DRAWN, polling="raf", timeout=PATIENCE_S * 1000)
        return float(seen.json_value())
    finally:
        context.close()


def _slider_times(page: Page, repeats: int) -> list[float]:
    """Seconds from a key on the first slider to the first frame in which the bands are other ones."""
    page.get_by_role("slider").first.focus()
    taken = []
    for _ in range(repeats):
        page.evaluate(_WATCH, ["keydown", _CHANGED, page.evaluate(_AREAS), PATIENCE_S])
        page.keyboard.press("ArrowRight")
        taken.append(float(page.evaluate("window.edgewiseTaken")))
        page.wait_for_selector(_AT_REST)
        page.wait_for_timeout(300)
    return taken


def _page_changes(page: Page, rounds: int) -> dict[str, list[float]]:
    """Seconds from a click on a page's name until that page stands complete, by name."""
    names = [name.strip() for name in page.locator("[data-testid=stTopNavLink]").all_inner_texts()]
    names = [name.splitlines()[-1] for name in names if name]
    taken: dict[str, list[float]] = {name: [] for name in [*names[1:], names[0]]}
    for _ in range(rounds):
        for name in taken:
            page.evaluate(_WATCH, ["click", _ELSEWHERE, page.evaluate(_HEADING), PATIENCE_S])
            page.locator("[data-testid=stTopNavLink]").filter(has_text=name).first.click()
            taken[name].append(float(page.evaluate("window.edgewiseTaken")))
            page.wait_for_timeout(300)
    return taken

"""What the app's benchmark needs, and what it says when that is missing; speed itself is never tested."""

from __future__ import annotations

import shutil
import sys

import pytest
from conftest import Run

from dashboard import app_benchmark, warm_start
from dashboard.app_benchmark import _AREAS, _CHANGED, _ELSEWHERE, TARGETS
from datasets.errors import DatabaseUnavailable


def test_without_a_browser_the_benchmark_says_so(edgewise: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "There is no Chromium on the path" in edgewise.refused("benchmark", "--app")


def test_without_its_driver_the_benchmark_says_so(edgewise: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/true")
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    assert "Playwright is not installed" in edgewise.refused("benchmark", "--app")


def test_a_server_that_ends_is_told() -> None:
    with (
        pytest.raises(DatabaseUnavailable, match="did not answer within"),
        app_benchmark._served([sys.executable, "-c", "pass"]),
    ):
        pass


def test_every_target_has_a_figure_and_conditions_are_expressions() -> None:
    assert set(TARGETS.values()) == {1.3, 0.25, 0.4}
    for condition in (_AREAS, _CHANGED, _ELSEWHERE):
        assert condition.count("(") == condition.count(")")


@pytest.mark.usefixtures("few_draws")
def test_a_warm_start_fills_what_the_first_page_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard import loaders

    warm_start.begin().join(timeout=120)
    monkeypatch.setattr(loaders, "projection", lambda *_, **__: pytest.fail("drawn again"))
    current = loaders.snapshot()
    assert len(loaders.chart_bands(current, "central", "ops", {}, "demand"))
    assert len(loaders.importance(current, "central"))

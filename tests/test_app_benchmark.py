"""What the app's benchmark needs, and what it says when that is missing; speed itself is never tested."""

from __future__ import annotations

import shutil
import sys
from typing import Any

import pytest
from app_driver import opened, sound
from conftest import Run

from dashboard import app_benchmark, kept, warm_start
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
def test_after_a_warm_start_no_page_computes_what_it_opens_with(monkeypatch: pytest.MonkeyPatch) -> None:
    warm_start.begin().join(timeout=120)
    computed: list[str] = []
    compute = kept._computed

    def noted(function: Any, *arguments: Any) -> Any:
        computed.append(function.__name__)
        return compute(function, *arguments)

    monkeypatch.setattr(kept, "_computed", noted)
    for page in ("forecast", "compare", "drivers", "budgets", "placement", "training", "evidence"):
        sound(opened(page))
    # What is left takes a moment.
    assert set(computed) <= {"differing_assumptions"}

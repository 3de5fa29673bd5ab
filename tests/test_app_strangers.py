"""Names that a user chose are shown as they stand: no link, no colour, no formula, on any page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from app_driver import opened
from conftest import DRAWS
from streamlit.testing.v1 import AppTest

from dashboard import saved_views
from datasets import database, sandbox
from forecasting.vintages import record_forecast

NAME = "**x** [a](javascript:alert(1)) <img src=x onerror=alert(1)> $y$ :red[z] |"
# What would act, were it not escaped; the letters alone stay.
ACTING = ("[a](", " **x** ", " $y$", " :red[", " <img", "***x**")
_ROWS = """
INSERT INTO devices (device_id, name, segment, memory_gb, memory_bandwidth_gb_per_s, tdp_w, introduced)
VALUES ('odd', '{0}', 'phone', 1, 60, 6, '2025');
INSERT INTO device_peaks (device_id, precision, dense_tops) VALUES ('odd', 'int8', 30);
INSERT INTO scenarios (scenario_id, parent_id, name, description) VALUES ('odd', 'central', '{0}', '{0}');
INSERT INTO scenario_overrides (scenario_id, assumption_id, low, central, high)
VALUES ('odd', 'pue', 1.1, 1.2, 1.3);
"""
VISITS = [
    ("forecast", {"scenario": "odd"}),
    ("compare", {"scenario": "central,odd"}),
    ("drivers", {"scenario": "odd"}),
    ("devices", {"device": "odd", "workload": "chat_phone"}),
    ("devices", {"view": "pair", "pair": "odd,h100_sxm"}),
    ("devices", {"view": "growth", "segment": "phone"}),
    ("devices", {"view": "table"}),
    ("budgets", {"device": "odd", "workload": "chat_small", "cell": "odd,chat_small", "draft_tokens": "2"}),
    ("placement", {"scenario": "odd", "device": "odd"}),
    ("training", {"device": "odd,h100_sxm"}),
    ("evidence", {"view": "published", "scenario": "odd"}),
    ("evidence", {"view": "kept"}),
    ("data", {"view": "mine"}),
    ("data", {"view": "history"}),
]
_KINDS = (
    "markdown", "caption", "info", "warning", "success", "error", "toast", "header", "subheader", "button",
    "slider", "selectbox", "multiselect", "toggle", "metric", "number_input", "text_input", "expander",
)  # fmt: skip

pytestmark = pytest.mark.usefixtures("few_draws")


@pytest.fixture(scope="module")
def odd_database(built_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("odd") / "edgewise.duckdb"
    shutil.copy(built_database, path)
    sandbox.run(path, _ROWS.format(NAME), write=True)
    record_forecast(path, NAME, "odd", draws=DRAWS)
    saved_views.keep(database.load(path), NAME, "devices", {})
    yield path
    st.cache_resource.clear()


def markdown_of(app: AppTest) -> list[str]:
    """Everything on the page that Markdown reads."""
    texts = []
    for kind in _KINDS:
        for element in app.get(kind):
            told = [getattr(element, name, "") for name in ("label", "help")]
            shown = getattr(element, "value", "") if not hasattr(element, "set_value") else ""
            texts += [str(text) for text in (*told, shown) if text]
    return texts


@pytest.mark.parametrize(("page", "query"), VISITS)
def test_a_strangers_name_acts_nowhere(
    page: str, query: dict[str, str], odd_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEWISE_DB", str(odd_database))
    app = opened(page, query)
    app.session_state["tools.views"] = True
    app.run()
    assert not app.exception
    texts = markdown_of(app)
    assert [(part, text) for text in texts for part in ACTING if part in f" {text}"] == []
    assert any("alert" in text for text in texts), "the name stands somewhere"

"""Serving options on the Budgets page: the same numbers as the command line, one sentence a fault."""

from __future__ import annotations

import io
import shlex
from collections.abc import Iterator
from dataclasses import fields

import pandas as pd
import pytest
import streamlit as st
from app_driver import opened, plain, sound
from conftest import Run
from streamlit.testing.v1 import AppTest

from dashboard.serving_settings import FIRST, SETTINGS, TOPICS
from devices.options import Options

PAIR = {"device": "h100_sxm", "workload": "chat_small"}

pytestmark = pytest.mark.usefixtures("few_draws")


@pytest.fixture(scope="module", autouse=True)
def _empty_cache() -> Iterator[None]:
    yield
    st.cache_resource.clear()


def told(app: AppTest) -> str:
    return plain(" ".join(text.value for text in app.markdown))


def test_every_option_of_the_core_stands_in_one_topic() -> None:
    placed = [*FIRST, *(name for names in TOPICS.values() for name in names)]
    assert sorted(placed) == sorted(SETTINGS)
    assert {option.name for option in fields(Options)} <= set(SETTINGS)


@pytest.mark.parametrize(
    "query",
    [
        {"weights": "fp16", "kv": "fp8", "batch": "8", "prompt": "4000", "answer": "200"},
        {"draft_tokens": "4", "acceptance": "0.8", "draft_cost": "0.1", "cached_share": "0.5"},
        {"tensor": "4", "pipeline": "2", "link_gb_per_s": "100", "no_cache": "on"},
        {"model": "llama_3_1_70b", "offload": "pcie5_x16", "window_tokens": "1024", "pue": "1.3"},
    ],
)
def test_the_page_shows_what_its_command_line_prints(query: dict[str, str], edgewise: Run) -> None:
    app = sound(opened("budgets", PAIR | query, ["command.budgets"]))
    assert not app.warning or "is not" not in app.warning[0].value
    command = shlex.split(app.code[0].value)
    printed = pd.read_csv(io.StringIO(edgewise(*command[1:])))
    shown = app.dataframe[0].value
    for column in ("per_token_s", "first_token_s", "power_w", "memory_needed_gb", "margin"):
        assert shown[column].tolist() == pytest.approx(printed[column].tolist(), rel=1e-12), column
    assert query.items() <= app.query_params.items()


def test_the_explanation_follows_the_options() -> None:
    app = sound(opened("budgets", PAIR | {"devices": "4", "kv": "fp8"}))
    assert "4 devices work together and spend" in told(app)
    assert "cache in fp8" in told(app)
    assert "Computed with: Key-value cache: fp8; Devices together: 4." in told(app)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"acceptance": "0.8"}, "acceptance needs draft_tokens or predicted_tokens"),
        ({"draft_tokens": "4"}, "draft_tokens needs draft_model or draft_cost"),
        ({"devices": "3", "tensor": "2"}, "devices is 3, but the layout has 2 x 1 x 1 x 1 of them"),
        ({"page_tokens": "16", "reserved_tokens": "4096"}, "exclude each other"),
        ({"compute": "fp4"}, "Device 'h100_sxm' has no arithmetic for fp4"),
    ],
)
def test_a_wrong_combination_is_one_sentence_and_the_map_stays(query: dict[str, str], sentence: str) -> None:
    app = sound(opened("budgets", PAIR | query))
    assert [sentence in box.value for box in app.warning] == [True]
    assert "no option is in force" in app.warning[0].value
    assert "Computed with" not in told(app)
    assert len(app.dataframe[0].value) == 1


@pytest.mark.parametrize("topic", TOPICS)
def test_the_controls_of_a_topic_set_the_address_and_are_reset(topic: str) -> None:
    app = opened("budgets", PAIR)
    app.session_state["budgets.options"] = True
    app.session_state["budgets.topic"] = topic
    sound(app.run())
    kinds = ("number_input", "selectbox", "toggle")
    drawn = {widget.key: widget for kind in kinds for widget in getattr(app, kind)}
    for name in TOPICS[topic]:
        widget = drawn[f"budgets.{name}"]
        assert widget.help
        assert widget.label == SETTINGS[name].label
        if widget.type == "selectbox":
            widget.select_index(0)
        else:
            widget.set_value(True if widget.type == "toggle" else SETTINGS[name].highest or 2)
    sound(app.run())
    assert set(TOPICS[topic]) <= set(app.query_params)
    app.button(key="budgets.reset").click()
    sound(app.run())
    assert not set(TOPICS[topic]) & set(app.query_params)

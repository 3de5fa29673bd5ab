"""Pages driven without a browser: opened at an address, every control moved."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from streamlit.testing.v1 import AppTest

import dashboard

APP = Path(dashboard.__file__).with_name("app.py")


def opened(page: str, query: dict[str, str] | None = None, boxes: Sequence[str] = ()) -> AppTest:
    """The page at an address, some of its boxes open."""
    app = AppTest.from_file(str(APP), default_timeout=120)
    if page != "forecast":
        # Before any run a page is found by its file's name, which is its address here.
        app.switch_page(f"app_pages/{page}.py")
    for name, value in (query or {}).items():
        app.query_params[name] = value
    for box in boxes:
        app.session_state[box] = True
    return app.run()


def sound(app: AppTest) -> AppTest:
    assert not app.exception, app.exception[0].message
    assert not app.error, app.error[0].value
    return app


def charts(app: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in app.get("vega_lite_chart")]


def rows_of(app: AppTest) -> int:
    datasets = [dataset.data.data for chart in app.get("vega_lite_chart") for dataset in chart.proto.datasets]
    return sum(pa.ipc.open_stream(data).read_all().num_rows for data in datasets)


def titles(app: AppTest) -> list[str]:
    """The titles above the charts, as they are read."""
    told = [str(text.value) for text in app.markdown if "**  \n:small[" in text.value]
    return [re.sub(r"\\(.)", r"\1", plain(title).partition("**  \n")[0][2:]) for title in told]


def plain(text: str) -> str:
    """Markdown without the links that explain terms."""
    return re.sub(r'\[([^\[\]]*)\]\(method\?\S+ "[^"]*"\)', r"\1", text)


def said(app: AppTest) -> str:
    """The words that stand for the charts whose drawing the browser keeps."""
    bodies = [str(element.proto.body) for element in app.get("html")]
    return " ".join(body for body in bodies if "edgewise-unseen" in body)


def moved(app: AppTest, widget: Any) -> None:
    kind = widget.type
    if kind == "selectbox":
        widget.select_index(len(widget.options) - 1)
    elif kind == "multiselect" and widget.value:
        widget.set_value(widget.value[:-1])
    elif kind == "multiselect":
        widget.set_value(widget.options[:1])
    elif kind in ("toggle", "checkbox"):
        widget.set_value(not widget.value)
    elif kind == "slider":
        widget.set_value(widget.max)
    elif kind == "number_input":
        widget.set_value(4)
    elif kind == "text_input":
        widget.set_value("phone")


def controls(app: AppTest) -> list[tuple[str, str]]:
    kinds = ("slider", "toggle", "number_input", "multiselect", "text_input", "selectbox")
    return [(kind, widget.key) for kind in kinds for widget in getattr(app, kind)]


def move_every_control(app: AppTest) -> None:
    """Move the controls one after another; none may end in a fault."""
    for kind, key in controls(app):
        present = [widget for widget in getattr(app, kind) if widget.key == key]
        if present and not present[0].disabled:
            moved(app, present[0])
            app.run()
            assert not app.exception, f"{key}: {app.exception[0].message}"
            assert not app.error, f"{key}: {app.error[0].value}"

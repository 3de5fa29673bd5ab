"""Files of the page out of memory: as they are on disk, nothing beside them, a chart's code named early."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import streamlit

from dashboard.browser_files import CHART, BrowserFiles

FOLDER = Path(streamlit.__file__).with_name("static")


async def the_app(scope: Any, receive: Any, send: Any) -> None:
    kind = b"text/html; charset=utf-8" if scope["path"] == "/compare" else b"application/json"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", kind)]})
    await send({"type": "http.response.body", "body": b"the app's own answer"})


def answer(path: str, method: str = "GET", kind: str = "http") -> tuple[dict[str, str], bytes]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": kind, "path": path, "method": method}
    asyncio.run(BrowserFiles(the_app, FOLDER)(scope, None, send))  # type: ignore[arg-type]
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return headers, sent[1]["body"]


def test_a_file_is_the_one_on_disk_and_may_be_kept_for_ever() -> None:
    path = next((FOLDER / "static" / "js").glob(f"{CHART}.*.js"))
    headers, body = answer(f"/static/js/{path.name}")
    assert body == path.read_bytes()
    assert headers["content-type"] == "text/javascript"
    assert headers["content-length"] == str(len(body))
    assert "immutable" in headers["cache-control"]


@pytest.mark.parametrize(
    "path",
    [
        "/static/../index.html",
        "/static/js/../../../../__init__.py",
        "/static/js/none.js",
        "/static/js",
        "/index.html",
        "/_stcore/health",
    ],
)
def test_everything_else_is_left_to_the_app(path: str) -> None:
    headers, body = answer(path)
    assert body == b"the app's own answer"
    assert "link" not in headers


def test_a_page_names_the_code_of_a_chart_that_it_does_not_ask_for_itself() -> None:
    links = answer("/compare")[0]["link"].split(", ")
    named = [link.removesuffix(">; rel=modulepreload").removeprefix("</static/js/") for link in links]
    page = (FOLDER / "index.html").read_text(encoding="utf-8")
    assert named[0].startswith(CHART)
    assert len(set(named)) == len(named) > 10
    for name in named:
        assert (FOLDER / "static" / "js" / name).is_file()
        assert name not in page


def test_a_session_passes_through() -> None:
    assert answer("/static/js/none.js", kind="websocket")[1] == b"the app's own answer"

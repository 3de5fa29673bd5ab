"""The files of Streamlit's own page, answered out of memory, and those of a chart asked for from the start.

A page consists of a hundred small files, and each takes Streamlit several hops between threads to answer.
Their names hold a digest of their content, so they never change while the server runs.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cached_property
from pathlib import Path
from typing import Any

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
CHART = "ArrowVegaLiteChart"
_FOLDER = "static"
_A_YEAR = b"public, immutable, max-age=31536000"
_IMPORTED = re.compile(r'(?:from|import)"\./([^"]+\.js)"')


class BrowserFiles:
    """ASGI middleware that answers files with a digest in their name, and has a page ask for a chart's code.

    Otherwise the browser learns only from the first chart that it needs another thirty files.

    Parameters
    ----------
    app : ASGI application
    folder : pathlib.Path
        Streamlit's own static files: ``index.html`` and, below ``static``, whatever it names.
    """

    def __init__(self, app: App, folder: Path):
        self.app, self.folder = app, folder
        files = (path for path in (folder / _FOLDER).rglob("*") if path.is_file())
        self.known = {f"/{path.relative_to(folder).as_posix()}": path for path in files}
        self.held: dict[str, tuple[list[tuple[bytes, bytes]], bytes]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] != "GET":
            await self.app(scope, receive, send)
        elif path in self.known:
            headers, body = self._answer(path)
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": body})
        else:
            await self.app(scope, receive, self._with_links(send))

    def _answer(self, path: str) -> tuple[list[tuple[bytes, bytes]], bytes]:
        if path not in self.held:
            body = self.known[path].read_bytes()
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            headers = {"content-type": kind, "content-length": str(len(body))}
            named = [(name.encode(), value.encode()) for name, value in headers.items()]
            self.held[path] = ([*named, (b"cache-control", _A_YEAR)], body)
        return self.held[path]

    def _with_links(self, send: Send) -> Send:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                if dict(headers).get(b"content-type", b"").startswith(b"text/html"):
                    message["headers"] = [*headers, (b"link", self.links)]
            await send(message)

        return sent

    @cached_property
    def links(self) -> bytes:
        """The header that names the code of a chart which the page itself does not ask for."""
        page = self.folder / "index.html"
        asked = set(re.findall(r"static/js/([^\"]+\.js)", page.read_text(encoding="utf-8")))
        first = [path.name for path in self.known.values() if path.name.startswith(f"{CHART}.")]
        needed, waiting = dict.fromkeys(first), first
        while waiting:
            code = (self.folder / _FOLDER / "js" / waiting.pop()).read_text(encoding="utf-8")
            found = [name for name in _IMPORTED.findall(code) if name not in needed and name not in asked]
            needed |= dict.fromkeys(found)
            waiting += found
        return ", ".join(f"</static/js/{name}>; rel=modulepreload" for name in needed).encode()

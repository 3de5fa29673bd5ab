"""A browser's half of Streamlit's protocol, without a browser: connect, move controls, read what is drawn."""

from __future__ import annotations

import contextlib
import re
import time
import urllib.request
from http.cookiejar import CookieJar
from types import TracebackType
from typing import Any, Self

import pandas as pd
import pyarrow as pa
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from dashboard.statement_run import UNDER_WAY

_XSRF = "_streamlit_xsrf"
LOOKS_AGAIN_S = 0.5


class BrowserSession:
    """One tab: its websocket, its controls and what stands on its page.

    Parameters
    ----------
    address : str
        Such as ``http://127.0.0.1:8501``.
    cookies : http.cookiejar.CookieJar, optional
        Those of a browser that signed in.
    patience_s : float
        Seconds that a page may take.
    """

    def __init__(self, address: str, cookies: CookieJar | None = None, patience_s: float = 120.0):
        self.address, self.patience_s = address, patience_s
        self.cookies = CookieJar() if cookies is None else cookies
        self.controls: dict[str, Any] = {}
        self.words: list[str] = []
        self.frames: list[pd.DataFrame] = []
        self.faults: list[str] = []
        self.redirect = ""
        self._states: dict[str, WidgetState] = {}
        self._page = ""
        self._open = contextlib.ExitStack()
        self._socket = self._connected()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the tab."""
        self._open.close()

    def _connected(self) -> ClientConnection:
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        opener.open(f"{self.address}/_stcore/health", timeout=self.patience_s).close()
        held = {cookie.name: cookie.value or "" for cookie in self.cookies}
        token = held.get(_XSRF, "").strip('"')
        connection = connect(
            f"ws{self.address.removeprefix('http')}/_stcore/stream",
            origin=Origin(self.address),
            subprotocols=[Subprotocol(part) for part in ("streamlit", token) if part],
            additional_headers={"Cookie": "; ".join(f"{name}={value}" for name, value in held.items())},
            max_size=None,
            compression=None,
            open_timeout=self.patience_s,
        )
        return self._open.enter_context(connection)

    def opened(self, page: str = "", query: str = "") -> Self:
        """Open a page by its name in the address, with what follows the question mark."""
        self._states.clear()
        self._page = page
        self._run(query)
        return self

    def moved(self, query: str = "", **values: Any) -> Self:
        """Set controls by their keys and let the page run; a button is pressed with True.

        Dots in a key are written as two underscores.
        """
        pressed = []
        for name, value in values.items():
            key = name.replace("__", ".")
            kind, state = _state(self.controls[key], value)
            self._states[state.id] = state
            if kind == "button":
                pressed.append(state.id)
        self._run(query)
        for name in pressed:
            del self._states[name]
        # A page that runs a statement asks to be looked at again; so does a browser.
        deadline = time.monotonic() + self.patience_s
        while any(UNDER_WAY in words for words in self.words) and time.monotonic() < deadline:
            time.sleep(LOOKS_AGAIN_S)
            self._run(query)
        return self

    def _run(self, query: str) -> None:
        message = BackMsg()
        message.rerun_script.query_string = query
        message.rerun_script.page_name = self._page
        message.rerun_script.widget_states.CopyFrom(WidgetStates(widgets=self._states.values()))
        self._socket.send(message.SerializeToString())
        self.words, self.frames, self.controls, self.redirect = [], [], {}, ""
        deadline = time.monotonic() + self.patience_s
        while not self._finished(deadline):
            pass

    def _finished(self, deadline: float) -> bool:
        told = ForwardMsg()
        told.ParseFromString(self._socket.recv(max(deadline - time.monotonic(), 0.01), decode=False))
        kind = told.WhichOneof("type")
        if kind == "delta" and told.delta.WhichOneof("type") == "new_element":
            self._note(told.delta.new_element)
        elif kind == "auth_redirect":
            self.redirect = told.auth_redirect.url
        elif kind == "session_event" and told.session_event.HasField("script_compilation_exception"):
            self.faults.append(told.session_event.script_compilation_exception.message)
        # A page that asks to be run anew is not finished yet.
        return kind == "script_finished" and told.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN

    def _note(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        drawn: Any = getattr(element, kind) if kind else None
        if kind in ("markdown", "alert", "heading", "text", "html"):
            self.words.append(drawn.body)
        elif kind == "dataframe":
            self.frames.append(pa.ipc.open_stream(drawn.arrow_data.data).read_all().to_pandas())
        elif kind == "exception":
            self.faults.append(f"{drawn.type}: {drawn.message}")
        elif found := re.match(r"\$\$ID-[0-9a-f]+-(.+)", str(getattr(drawn, "id", ""))):
            self.controls[found[1]] = element


def _state(element: Any, value: Any) -> tuple[str, WidgetState]:
    kind = element.WhichOneof("type")
    drawn = getattr(element, kind)
    state = WidgetState(id=drawn.id)
    if kind == "button":
        state.trigger_value = bool(value)
    elif kind == "checkbox":
        state.bool_value = bool(value)
    elif kind == "slider":
        state.double_array_value.data.append(float(value))
    elif isinstance(value, list | tuple):
        state.string_array_value.data.extend(value)
    else:
        state.string_value = str(value)
    return kind, state

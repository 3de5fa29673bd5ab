"""Serving the app: Streamlit's options, security headers, and a limit on sessions."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError

from dashboard.access import AccessFile
from dashboard.browser_files import App, BrowserFiles, Message, Receive, Scope, Send
from dashboard.limits import Limits

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
WIDGET_STATE_MB = 4
TRY_AGAIN_LATER = 1013
HIDDEN = ("/_stcore/metrics",)  # What sessions and caches hold is nobody's business.
# Vega compiles the expressions of a chart, and Streamlit sets styles as it draws: both need 'unsafe'.
_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob: ws: wss:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
    "frame-src": "'self' blob:",
    "frame-ancestors": "'none'",
}


def streamlit_options(
    address: str, port: int, *, headless: bool, limits: Limits, access: AccessFile | None, access_path: str
) -> dict[str, Any]:
    """Streamlit's options by their dotted names.

    Parameters
    ----------
    address, port : str, int
        Where the app listens.
    headless : bool
        Whether no browser is opened.
    limits : Limits
    access : AccessFile, optional
        Gives the host name by which the app is reached; without it only this machine's own are answered.
    access_path : str
        The file of `access`, which holds Streamlit's section ``[auth]``.
    """
    options = {
        "server.address": address,
        "server.port": port,
        "server.headless": headless,
        "server.maxUploadSize": limits.upload_mb,
        "server.maxWidgetStateSize": max(WIDGET_STATE_MB, limits.upload_mb),
        "server.fileWatcherType": "none",
        # A page elsewhere whose name is made to point at this machine gets no answer.
        "server.allowedHosts": [*LOOPBACK_HOSTS, *([public_host(access)] if access else [])],
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "client.toolbarMode": "minimal",
        "runner.magicEnabled": False,
        "logger.hideWelcomeMessage": True,
        "theme.primaryColor": "#0072B2",
        "theme.dark.primaryColor": "#4A9BD4",
    }
    return options | ({"secrets.files": [access_path]} if access else {})


def public_host(access: AccessFile) -> str:
    """The host name in the redirect address, which is the one that users type."""
    return urlsplit(str(access.login["redirect_uri"])).hostname or ""


def security_headers(access: AccessFile | None) -> dict[str, str]:
    """Headers of every answer.

    Parameters
    ----------
    access : AccessFile, optional
        Where its redirect address is one of https, browsers are told to use no other.
    """
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in _POLICY.items()),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    if access and str(access.login["redirect_uri"]).startswith("https://"):
        headers["Strict-Transport-Security"] = "max-age=31536000"
    return headers


class SecurityHeaders:
    """ASGI middleware that adds headers to every answer."""

    def __init__(self, app: App, headers: dict[str, str]):
        self.app = app
        self.headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self.headers]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


class SessionGuard:
    """ASGI middleware that turns away sessions beyond so many, and requests that would touch all of them.

    Streamlit lets any browser clear what all of them computed; nothing in Edgewise needs it.
    """

    def __init__(self, app: App, most: int):
        self.app, self.most, self.open = app, most, 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or hold one session for its whole length."""
        if scope.get("path") in HIDDEN:
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        elif scope["type"] != "websocket":
            await self.app(scope, receive, send)
        elif self.open >= self.most:
            await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": "too many sessions"})
        else:
            self.open += 1
            try:
                await self.app(scope, _harmless(receive), send)
            finally:
                self.open -= 1


def _harmless(receive: Receive) -> Receive:
    from streamlit.proto.BackMsg_pb2 import BackMsg

    async def received() -> Message:
        message = await receive()
        content = message.get("bytes")
        if content:
            with contextlib.suppress(DecodeError):
                if BackMsg.FromString(content).WhichOneof("type") in ("clear_cache", "set_run_on_save"):
                    message["bytes"] = BackMsg(app_heartbeat=True).SerializeToString()
        return message

    return received


def serve(options: dict[str, Any], limits: Limits, access: AccessFile | None) -> None:
    """Serve the app until it is told to end."""
    import streamlit as st
    from starlette.middleware import Middleware

    import dashboard
    from dashboard import warm_start
    from datasets import sandbox_process

    warm_start.begin()
    sandbox_process.keep_ready()
    middleware = [
        Middleware(SecurityHeaders, headers=security_headers(access)),
        Middleware(SessionGuard, most=limits.sessions),
        Middleware(BrowserFiles, folder=Path(st.__file__).with_name("static")),
    ]
    st.App(Path(dashboard.__file__).with_name("app.py"), middleware=middleware).run(config=options)

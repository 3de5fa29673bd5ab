"""`edgewise dashboard`: the app in the browser, served on this machine alone."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from pathlib import Path

from dashboard import output, values
from datasets.errors import InvalidValue

NAME = "dashboard"
HELP = "Open the app in the browser; it is served to this machine alone."
ADDRESS, DEFAULT_PORT = "127.0.0.1", 8501


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--port", type=values.port_number, default=DEFAULT_PORT, help="default: 8501")
    parser.add_argument("--read-only", action="store_true", help="rows can be seen, but not changed")
    output.add_database_argument(parser)


def run(arguments: argparse.Namespace) -> None:
    """Serve the app until it is interrupted."""
    from datasets import database

    refuse_taken_port(arguments.port)
    os.environ["EDGEWISE_DB"] = str(database.ensure(arguments.db).resolve())
    os.environ["EDGEWISE_READ_ONLY"] = "1" if arguments.read_only else "0"
    output.say(f"Edgewise runs at http://{ADDRESS}:{arguments.port} (Ctrl-C ends it).")
    _serve(server_options(arguments.port))


def refuse_taken_port(port: int) -> None:
    """Raise `InvalidValue` when something listens on the port already, or it may not be used."""
    with socket.socket() as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise InvalidValue(
                f"Port {port} cannot be used ({error.strerror}): choose another with --port."
            ) from error


def server_options(port: int) -> dict[str, object]:
    """Streamlit's options, under the names of its command-line flags."""
    return {
        "server_address": ADDRESS,
        "server_port": port,
        "server_headless": not has_desktop(),
        "server_maxUploadSize": 20,
        "server_fileWatcherType": "none",
        "browser_gatherUsageStats": False,
        "client_showErrorDetails": "none",
        "client_toolbarMode": "minimal",
        "runner_magicEnabled": False,
        "logger_hideWelcomeMessage": True,
        "theme_primaryColor": "#0072B2",
        "theme_dark_primaryColor": "#2680BE",
    }


def has_desktop() -> bool:
    """Whether a browser could be opened here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _serve(options: dict[str, object]) -> None:
    from streamlit.web import bootstrap

    import dashboard

    app = Path(dashboard.__file__).with_name("app.py")
    bootstrap.load_config_options(options)
    bootstrap.run(str(app), False, [], options)

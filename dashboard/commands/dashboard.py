"""`edgewise dashboard`: the app in the browser, served to this machine alone unless there is a login."""

from __future__ import annotations

import argparse
import importlib.util
import os
import socket
import sys
from pathlib import Path

from dashboard import output, values
from datasets.errors import InvalidValue

NAME = "dashboard"
HELP = "Open the app in the browser; it is served to this machine alone unless there is a login."
ADDRESS, DEFAULT_PORT = "127.0.0.1", 8501


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--port", type=values.port_number, default=DEFAULT_PORT, help="default: 8501")
    parser.add_argument(
        "--address", default=ADDRESS, help="where to listen (default: 127.0.0.1); others need --access"
    )
    parser.add_argument(
        "--access",
        metavar="FILE",
        help="TOML with login, roles and limits: docs/hosting.md (default: $EDGEWISE_ACCESS)",
    )
    parser.add_argument(
        "--read-only", action="store_true", help="nobody can change anything: rows, views, scenarios"
    )
    output.add_database_argument(parser)


def run(arguments: argparse.Namespace) -> None:
    """Serve the app until it is interrupted."""
    from dashboard import access, hosting, limits
    from datasets import database

    refuse_taken_port(arguments.address, arguments.port)
    chosen = arguments.access or os.environ.get(access.ACCESS_FILE)
    file = access.access_file(Path(chosen).expanduser()) if chosen else None
    refuse_open_server(arguments.address, has_login=file is not None)
    allowed = limits.limits(file.limits) if file else limits.LOCAL
    os.environ["EDGEWISE_DB"] = str(database.ensure(arguments.db).resolve())
    os.environ[access.READ_ONLY] = "1" if arguments.read_only else "0"
    path = str(Path(chosen).expanduser().resolve()) if chosen else ""
    os.environ[access.ACCESS_FILE] = path
    output.say(f"Edgewise runs at http://{_in_address(arguments.address)}:{arguments.port} (Ctrl-C ends it).")
    options = hosting.streamlit_options(
        arguments.address,
        arguments.port,
        headless=not has_desktop(),
        limits=allowed,
        access=file,
        access_path=path,
    )
    hosting.serve(options, allowed, file)


def refuse_open_server(address: str, *, has_login: bool) -> None:
    """Raise `InvalidValue` when others could reach the app without signing in, or nobody could sign in."""
    from dashboard.gate import is_loopback

    if not has_login and not is_loopback(address):
        raise InvalidValue(
            f"Without a login Edgewise is served to this machine alone, not at {address}: name a file with "
            "--access (docs/hosting.md), or leave out --address."
        )
    if has_login and importlib.util.find_spec("authlib") is None:
        raise InvalidValue("A login needs Authlib: install it with pip install 'edgewise[auth]'.")


def refuse_taken_port(address: str, port: int) -> None:
    """Raise `InvalidValue` when something listens on the port already, or it may not be used."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        if os.name == "posix":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except socket.gaierror as error:
            raise InvalidValue(
                f"There is no address '{address}' here: give one such as 127.0.0.1."
            ) from error
        except OSError as error:
            raise InvalidValue(
                f"Port {port} cannot be used ({error.strerror}): choose another with --port."
            ) from error


def _in_address(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def has_desktop() -> bool:
    """Whether a browser could be opened here."""
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))

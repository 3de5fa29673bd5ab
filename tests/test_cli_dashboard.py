"""`edgewise dashboard`: the port, and the server behind it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from conftest import Run


class TestDashboard:
    def test_a_port_in_use(self, edgewise: Run) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            sentence = edgewise.refused("dashboard", "--port", str(port))
        assert (
            sentence
            == f"edgewise: Port {port} cannot be used (Address already in use): choose another with --port.\n"
        )

    @pytest.mark.parametrize("port", ["0", "65536"])
    def test_a_port_that_is_none(self, edgewise: Run, port: str) -> None:
        assert f"must be between 1 and 65535, but is {port}" in edgewise.refused("dashboard", "--port", port)

    def test_it_serves_this_machine_until_it_is_told_to_end(self, database_path: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        command = [sys.executable, "-m", "dashboard.cli", "dashboard", "--port", str(port), "--read-only"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
            try:
                assert answer(f"http://127.0.0.1:{port}/_stcore/health") == "ok"
            finally:
                server.terminate()
            out, error = server.communicate(timeout=20)
        assert out.strip() in ("", "Stopping...")
        assert error.startswith(f"Edgewise runs at http://127.0.0.1:{port} (Ctrl-C ends it).\n")


def answer(url: str, patience_s: float = 60.0) -> str:
    deadline = time.monotonic() + patience_s
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - a loopback address
                return str(response.read().decode())
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)

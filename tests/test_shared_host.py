"""The app on a shared host, walked through without a browser: sign in, look, try, keep, change, and not."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookiejar import CookieJar
from pathlib import Path

import oidc_provider
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import InvalidStatus

from dashboard.reliability.browser_session import BrowserSession
from dashboard.reliability.crowd import STEPS, crowd
from datasets import database

INSERT = "INSERT INTO sources (source_id, title) VALUES ('{0}', 'A source')"
SESSIONS = 12


@dataclass(frozen=True)
class Host:
    address: str
    database: Path
    provider: oidc_provider.Provider
    log: Path

    def signed_in(self, email: str, **claims: object) -> CookieJar:
        """Cookies of a browser that pressed Sign in and came back from the provider."""
        self.provider.person = {"email": email, "name": email.partition("@")[0], **claims}
        with BrowserSession(self.address) as session:
            session.opened("").moved(gate__in__None=True)
            redirect, jar = session.redirect, session.cookies
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        with opener.open(f"{self.address}{redirect}", timeout=60) as answer:
            assert answer.url == f"{self.address}/"
        return jar


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def host(built_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder, port = tmp_path_factory.mktemp("host"), free_port()
    file = folder / "edgewise.duckdb"
    shutil.copy(built_database, file)
    address = f"http://127.0.0.1:{port}"
    with oidc_provider.provider() as provider, (folder / "log").open("wb") as log:
        access = folder / "access.toml"
        access.write_text(
            f"""[auth]
redirect_uri = "{address}/oauth2callback"
cookie_secret = "{"0123456789abcdef" * 2}"
client_id = "{oidc_provider.CLIENT_ID}"
client_secret = "{oidc_provider.CLIENT_SECRET}"
server_metadata_url = "{provider.issuer}/.well-known/openid-configuration"
[roles]
"ana@example.org" = "editor"
"tom@example.org" = "analyst"
"@example.org" = "viewer"
[limits]
sessions = {SESSIONS}
statements_per_minute = 200
statement_s = 20
""",
            encoding="utf-8",
        )
        command = [sys.executable, "-m", "dashboard.cli", "dashboard", "--port", str(port)]
        command += ["--db", str(file), "--access", str(access)]
        environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
        with subprocess.Popen(command, env=environment, stderr=log, stdout=log) as process:
            wait_for(address, process)
            yield Host(address, file, provider, folder / "log")
            process.terminate()
            process.wait(timeout=30)


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 90
    while True:
        assert process.poll() is None, "the server ended before it answered"
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).close()  # noqa: S310
            return
        except OSError:
            assert time.monotonic() < deadline, "the server did not answer"
            time.sleep(0.2)


def ran(session: BrowserSession, sql: str, *, save: bool = False) -> str:
    """All words of the page after a statement."""
    session.opened("data", "v=1&view=sql")
    values: dict[str, object] = {"data__sql__text": sql, "data__sql__run": True}
    if save:
        values["data__sql__save"] = True
    session.moved("v=1&view=sql", **values)
    return " ".join(session.words)


def sources(host: Host) -> set[str]:
    rows = database.load(host.database).tables["sources"]
    return set(rows.loc[rows["origin"] == "user", "source_id"])


def test_who_has_not_signed_in_sees_the_door_alone(host: Host) -> None:
    for page, query in (("", ""), ("data", "v=1&view=sql"), ("devices", "device=h100_sxm")):
        with BrowserSession(host.address) as session:
            session.opened(page, query)
            assert list(session.controls) == ["gate.in.None"]
            assert not session.frames


def test_an_address_without_a_role_stays_outside(host: Host) -> None:
    for email, claims, why in (
        ("eve@far.example", {}, "has no role here"),
        ("ana@example.org", {"email_verified": False}, "is not verified by its provider"),
    ):
        with BrowserSession(host.address, host.signed_in(email, **claims)) as session:
            session.opened("data", "v=1&view=sql")
            assert list(session.controls) == ["gate.out"]
            assert f"{why}: ask whoever runs this app to let you in" in " ".join(session.words)


def test_a_viewer_looks_and_changes_nothing(host: Host) -> None:
    with BrowserSession(host.address, host.signed_in("bob@example.org")) as session:
        assert "bob@example.org (viewer)" in ran(session, "SELECT 6 * 7 AS n")
        assert [frame.to_numpy().tolist() for frame in session.frames] == [[[42]]]
        assert "only an analyst or an editor may try that here" in ran(session, INSERT.format("by_bob"))
        # Who presses what the page does not offer is refused by what stands behind it.
        assert "A viewer cannot change anything here" in ran(session, INSERT.format("by_bob"), save=True) or (
            "only an analyst or an editor" in " ".join(session.words)
        )
    assert "by_bob" not in sources(host)


def test_an_analyst_tries_and_keeps_scenarios_alone(host: Host) -> None:
    with BrowserSession(host.address, host.signed_in("tom@example.org")) as session:
        assert "nothing is saved" in ran(session, INSERT.format("by_tom"))
    assert "by_tom" not in sources(host)


def test_an_editor_changes_the_database(host: Host) -> None:
    with BrowserSession(host.address, host.signed_in("ana@example.org")) as session:
        assert "sources: 1 inserted" in ran(session, INSERT.format("by_ana"), save=True)
    assert "by_ana" in sources(host)


def test_a_forged_cookie_opens_nothing(host: Host) -> None:
    jar = host.signed_in("ana@example.org")
    for cookie in jar:
        if cookie.name.startswith("_streamlit_user"):
            cookie.value = f"{(cookie.value or '')[:-4]}AAAA"
    with BrowserSession(host.address, jar) as session:
        session.opened("data", "v=1&view=sql")
        assert list(session.controls) == ["gate.in.None"]


def test_every_answer_bears_the_headers(host: Host) -> None:
    for place in ("/", "/data", "/_stcore/health", "/media/none.csv"):
        try:
            headers = urllib.request.urlopen(f"{host.address}{place}", timeout=30).headers  # noqa: S310
        except urllib.error.HTTPError as error:
            headers = error.headers
        assert headers["X-Content-Type-Options"] == "nosniff", place
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"], place


def test_what_sessions_and_caches_hold_is_not_told(host: Host) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{host.address}/_stcore/metrics", timeout=30)  # noqa: S310


def test_a_name_that_was_made_to_point_here_is_not_answered(host: Host) -> None:
    for name, status in (("evil.example", b"403"), ("localhost", b"101")):
        with socket.create_connection(("127.0.0.1", int(host.address.rpartition(":")[2])), 10) as wire:
            wire.sendall(
                f"GET /_stcore/stream HTTP/1.1\r\nHost: {name}\r\nUpgrade: websocket\r\n"
                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
            )
            assert wire.recv(1000).split()[1] == status


def test_nobody_clears_what_others_computed(host: Host) -> None:
    with BrowserSession(host.address, host.signed_in("ana@example.org")) as session:
        session.opened("data", "v=1&search=phone")
        session._socket.send(BackMsg(clear_cache=True).SerializeToString())
        session.moved("v=1&search=phone")
        assert session.controls["data.search"].text_input.value in ("phone", "")
        assert not session.faults


def test_a_crowd_sees_each_its_own(host: Host) -> None:
    jar = host.signed_in("ana@example.org")
    report = crowd(host.address, 3, 3.0, lambda number: jar)
    assert report.faults == []
    assert report.steps >= 3 * len(STEPS)


def test_sessions_beyond_the_most_are_turned_away(host: Host) -> None:
    held = [BrowserSession(host.address) for _ in range(SESSIONS)]
    try:
        with pytest.raises(InvalidStatus, match="403"):
            BrowserSession(host.address)
    finally:
        for session in held:
            session.close()
    deadline = time.monotonic() + 10
    while True:
        try:
            BrowserSession(host.address).close()
            break
        except InvalidStatus:
            assert time.monotonic() < deadline, "a place that was left is not given to another"
            time.sleep(0.1)


def test_nothing_failed_behind_the_pages(host: Host) -> None:
    assert "Traceback" not in host.log.read_text(encoding="utf-8")

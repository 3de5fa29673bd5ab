"""Roles, the file that gives them, and what each may change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from app_driver import opened, sound

from dashboard import access, gate, hosting, limits
from dashboard.commands.dashboard import refuse_open_server
from datasets import connections, database
from datasets.errors import InvalidFile, InvalidValue, NotAllowed, UnknownName

LOGIN = """
[auth]
redirect_uri = "https://edgewise.example.org/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "edgewise"
client_secret = "secret"
server_metadata_url = "https://login.example.org/.well-known/openid-configuration"
"""
ROLES = """
[roles]
"Ana@Example.org" = "editor"
"@example.org" = "viewer"
"tom@elsewhere.example" = "analyst"
"""


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in (access.ACCESS_FILE, access.ROLE_LIST, access.READ_ONLY):
        monkeypatch.delenv(name, raising=False)
    yield
    connections._permissions.clear()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "access.toml"
    path.write_text(LOGIN + ROLES, encoding="utf-8")
    monkeypatch.setenv(access.ACCESS_FILE, str(path))
    return path


class TestRoles:
    @pytest.mark.parametrize(
        ("email", "role"),
        [
            ("ana@example.org", "editor"),
            ("ANA@example.org ", "editor"),
            ("bob@example.org", "viewer"),
            ("bob@sub.example.org", None),
            ("tom@elsewhere.example", "analyst"),
            ("ana@example.org@evil.example", None),
            ("@example.org", "viewer"),
            ("", None),
            (None, None),
        ],
    )
    def test_an_address_before_its_domain(self, file: Path, email: str | None, role: str | None) -> None:
        assert access.role(email) == role

    def test_everyone_who_signs_in(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(access.ROLE_LIST, "everyone = viewer, bob@example.org=analyst")
        assert access.role("stranger@far.example") == "viewer"
        assert access.role("bob@example.org") == "analyst"
        assert access.role("") is None

    def test_a_changed_file_counts_at_once(self, file: Path) -> None:
        assert access.role("ana@example.org") == "editor"
        file.write_text(LOGIN + '[roles]\n"@example.org" = "viewer"\n# changed', encoding="utf-8")
        assert access.role("ana@example.org") == "viewer"

    def test_without_a_login_this_machine_is_ones_own(self) -> None:
        assert access.role(None) == "editor"
        assert limits.current() == limits.LOCAL

    @pytest.mark.parametrize(
        ("email", "tables", "sentence"),
        [
            ("ana@example.org", None, None),
            ("tom@elsewhere.example", {"scenarios", "scenario_overrides"}, None),
            ("tom@elsewhere.example", (), None),
            ("tom@elsewhere.example", {"scenarios", "devices"}, "An analyst keeps views and scenarios here"),
            ("tom@elsewhere.example", None, "ask an editor to save them"),
            ("bob@example.org", {"saved_views"}, "A viewer cannot change anything here"),
            (None, {"devices"}, "A viewer cannot change anything here"),
        ],
    )
    def test_what_a_role_may_change(
        self, file: Path, email: str | None, tables: set[str] | None, sentence: str | None
    ) -> None:
        if sentence is None:
            access.refuse_writes(email, tables)
        else:
            with pytest.raises(NotAllowed, match=sentence):
                access.refuse_writes(email, tables)

    def test_read_only_holds_for_editors_too(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(access.READ_ONLY, "1")
        with pytest.raises(NotAllowed, match="This app is read-only: rows, views and scenarios can be seen"):
            access.refuse_writes("ana@example.org", {"devices"})


class TestAccessFile:
    @pytest.mark.parametrize(
        ("text", "error", "sentence"),
        [
            ("[auth", InvalidFile, "is not readable as TOML"),
            ("auth = 1" + ROLES, InvalidFile, r"auth in .* is 1: it must be a section, \[auth\]"),
            (ROLES, InvalidFile, "lacks redirect_uri, cookie_secret, client_id, client_secret, server_meta"),
            (LOGIN.replace("client_id", "x") + ROLES, InvalidFile, r"lacks client_id under \[auth\]"),
            (LOGIN.replace("0123456789abcdef", "a") + ROLES, InvalidFile, "has 2 letters: take at least 32"),
            (LOGIN, InvalidFile, r"lets nobody in: give addresses their role under \[roles\]"),
            (
                LOGIN + '[roles]\neveryone = "editr"',
                UnknownName,
                "no role for 'everyone' called 'editr': did you mean editor",
            ),
        ],
    )
    def test_what_is_wrong_is_said(
        self, tmp_path: Path, text: str, error: type[Exception], sentence: str
    ) -> None:
        path = tmp_path / "access.toml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(error, match=sentence):
            access.access_file(path)

    def test_no_file(self, tmp_path: Path) -> None:
        with pytest.raises(InvalidFile, match=r"cannot be read \(No such file or directory\): name another"):
            access.access_file(tmp_path / "none.toml")

    def test_a_list_of_roles_that_cannot_be_read(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(access.ROLE_LIST, "ana@example.org")
        with pytest.raises(
            InvalidValue, match=r"has 'ana@example.org': it must look like ana@example\.com=e"
        ):
            access.access_file(file)

    def test_several_providers(self, tmp_path: Path) -> None:
        keys = "\n".join(LOGIN.splitlines()[4:])
        head = "\n".join(LOGIN.splitlines()[:4])
        path = tmp_path / "access.toml"
        path.write_text(f"{head}\n[auth.one]\n{keys}\n[auth.two]\n{keys}\n{ROLES}", encoding="utf-8")
        assert access.access_file(path).providers == ["one", "two"]


class TestServing:
    def test_without_a_login_only_this_machine_is_served(self) -> None:
        refuse_open_server("127.0.0.1", has_login=False)
        refuse_open_server("::1", has_login=False)
        for address in ("0.0.0.0", "192.168.1.5", "::", "myhost"):  # noqa: S104
            with pytest.raises(InvalidValue, match="is served to this machine alone, not at "):
                refuse_open_server(address, has_login=False)

    def test_a_login_needs_its_library(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        with pytest.raises(InvalidValue, match="A login needs Authlib: install it with pip"):
            refuse_open_server("127.0.0.1", has_login=True)

    def test_hosts_limits_and_headers_follow_the_login(self, file: Path) -> None:
        found = access.access_file(file)
        options = hosting.streamlit_options(
            "127.0.0.1", 8501, headless=True, limits=limits.SHARED, access=found, access_path=str(file)
        )
        assert options["server.allowedHosts"][-1] == "edgewise.example.org"
        assert options["secrets.files"] == [str(file)]
        assert options["server.maxUploadSize"] == limits.SHARED.upload_mb
        assert "max-age" in hosting.security_headers(found)["Strict-Transport-Security"]
        assert "Strict-Transport-Security" not in hosting.security_headers(None)
        assert "frame-ancestors 'none'" in hosting.security_headers(None)["Content-Security-Policy"]

    def test_a_page_without_an_access_file_that_was_there_is_not_drawn(self, file: Path) -> None:
        file.unlink()
        app = opened("data")
        assert [error.value for error in app.error] == [
            "The access file is gone: whoever runs this app must put it back."
        ]
        assert not app.header

    def test_a_read_only_app_says_so(self, built_database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(access.READ_ONLY, "1")
        monkeypatch.setenv("EDGEWISE_DB", str(built_database))
        app = sound(opened("data"))
        assert "Read-only: rows, views and scenarios can be seen, but not changed." in app.caption[0].value
        assert not gate.may_save()
        with pytest.raises(NotAllowed), database.open_file(built_database):
            pass


class TestLimits:
    def test_some_are_set_and_the_others_stay(self) -> None:
        assert limits.limits({"rows": 10}).rows == 10
        assert limits.limits({}) == limits.SHARED

    @pytest.mark.parametrize(
        ("wanted", "error", "sentence"),
        [
            ({"row": 1}, UnknownName, "no limit 'row': did you mean rows"),
            ({"rows": "many"}, InvalidValue, "The limit rows is 'many': it must be a number above 0"),
            ({"rows": True}, InvalidValue, "must be a number above 0"),
            ({"rows": -1}, InvalidValue, "must be a number above 0"),
            ({"rows": 1.5}, InvalidValue, r"The limit rows is 1\.5: it must be a whole number"),
        ],
    )
    def test_what_is_wrong_is_said(
        self, wanted: dict[str, object], error: type[Exception], sentence: str
    ) -> None:
        with pytest.raises(error, match=sentence):
            limits.limits(wanted)

    def test_statements_in_a_minute(self) -> None:
        meter = limits.StatementMeter()
        for second in (0.0, 10.0):
            meter.count("ana", 2, second)
        meter.count("bob", 2, 20.0)
        with pytest.raises(NotAllowed, match=r"2 statements in a minute are the most here: run the .* 40 s"):
            meter.count("ana", 2, 20.0)
        meter.count("ana", 2, 61.0)

"""Who may do what: roles, the file that gives them, and the permission asked before any write of the app."""

from __future__ import annotations

import functools
import os
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datasets.errors import InvalidFile, InvalidValue, NotAllowed, UnknownName

VIEWER, ANALYST, EDITOR = ROLES = ("viewer", "analyst", "editor")
EVERYONE = "everyone"
# What an analyst may keep: it moves no number of anybody who does not choose it.
ANALYST_TABLES = frozenset({"saved_views", "scenarios", "scenario_overrides"})
ACCESS_FILE, ROLE_LIST, READ_ONLY = "EDGEWISE_ACCESS", "EDGEWISE_ROLES", "EDGEWISE_READ_ONLY"
LOGIN_KEYS = ("redirect_uri", "cookie_secret")
PROVIDER_KEYS = ("client_id", "client_secret", "server_metadata_url")
SHORTEST_SECRET = 32


@dataclass(frozen=True)
class AccessFile:
    """What an access file says.

    Attributes
    ----------
    login : mapping of str to object
        The section ``[auth]``, which is Streamlit's own.
    roles : mapping of str to str
        Role by e-mail address in small letters, by ``@domain``, or of ``everyone`` who signs in.
    limits : mapping of str to object
        The section ``[limits]``.
    """

    login: Mapping[str, Any]
    roles: Mapping[str, str]
    limits: Mapping[str, Any]

    @property
    def providers(self) -> list[str | None]:
        """Names of the sections ``[auth.NAME]``; None where ``[auth]`` itself is the provider."""
        if "client_id" in self.login:
            return [None]
        return [name for name, section in self.login.items() if isinstance(section, dict)]

    def role_of(self, email: str) -> str | None:
        """The role of an address: its own, else its domain's, else everyone's; None where it has none."""
        address = email.strip().lower()
        for name in (address, f"@{address.rpartition('@')[2]}", EVERYONE):
            if address and name in self.roles:
                return self.roles[name]
        return None


def access_file(path: Path) -> AccessFile:
    """Read and check an access file.

    Parameters
    ----------
    path : pathlib.Path
        TOML with ``[auth]``, ``[roles]`` and, if wanted, ``[limits]``. The environment variable
        ``EDGEWISE_ROLES`` adds to its roles.

    Returns
    -------
    AccessFile

    Raises
    ------
    InvalidFile
        When it cannot be read, or lacks what a login needs.
    UnknownName
        When a role is none of viewer, analyst, editor.
    """
    content = _content(path)
    login = _section(content, "auth", path)
    roles = _section(content, "roles", path) | _listed_roles(os.environ.get(ROLE_LIST, ""))
    _refuse_incomplete_login(login, path)
    if not roles:
        raise InvalidFile(
            f"{path} lets nobody in: give addresses their role under [roles], such as "
            f'"ana@example.com" = "editor", or {EVERYONE} = "viewer".'
        )
    for name, role in roles.items():
        if role not in ROLES:
            raise UnknownName(f"role for '{name}' called", str(role), ROLES)
    lowered = {name.strip().lower(): str(role) for name, role in roles.items()}
    return AccessFile(login, lowered, _section(content, "limits", path))


def _content(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidFile(
            f"The access file {path} cannot be read ({error.strerror}): name another with --access."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reason = str(error).rstrip(".")
        raise InvalidFile(f"The access file {path} is not readable as TOML: {reason}.") from error


def _section(content: Mapping[str, Any], name: str, path: Path) -> dict[str, Any]:
    section = content.get(name, {})
    if not isinstance(section, dict):
        raise InvalidFile(f"{name} in {path} is {section!r}: it must be a section, [{name}].")
    return dict(section)


def _listed_roles(text: str) -> dict[str, str]:
    found = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        name, equals, role = entry.partition("=")
        if not (equals and name.strip()):
            raise InvalidValue(f"{ROLE_LIST} has '{entry}': it must look like ana@example.com=editor.")
        found[name.strip()] = role.strip()
    return found


def _refuse_incomplete_login(login: Mapping[str, Any], path: Path) -> None:
    providers = [section for section in login.values() if isinstance(section, dict)]
    missing = [key for key in LOGIN_KEYS if not login.get(key)]
    for section in providers if providers and "client_id" not in login else [login]:
        missing += [key for key in PROVIDER_KEYS if not section.get(key)]
    if missing:
        raise InvalidFile(f"{path} lacks {', '.join(dict.fromkeys(missing))} under [auth]: login needs them.")
    if len(str(login["cookie_secret"])) < SHORTEST_SECRET:
        raise InvalidFile(
            f"cookie_secret in {path} has {len(str(login['cookie_secret']))} letters: take at least "
            f"{SHORTEST_SECRET}, drawn at random."
        )


def current_file() -> AccessFile | None:
    """The access file that this app was started with, as it stands now; None where there is no login."""
    path = os.environ.get(ACCESS_FILE)
    if not path:
        return None
    state = Path(path).stat()
    return _read(path, state.st_mtime_ns, os.environ.get(ROLE_LIST, ""))


@functools.lru_cache(maxsize=4)
def _read(path: str, modified_ns: int, roles: str) -> AccessFile:
    return access_file(Path(path))


def is_read_only() -> bool:
    """Whether this app was started so that nobody can change anything."""
    return os.environ.get(READ_ONLY, "") not in ("", "0")


def role(email: str | None) -> str | None:
    """What somebody is here.

    Parameters
    ----------
    email : str, optional
        The address signed in with; it counts only where there is a login.

    Returns
    -------
    str or None
        One of `ROLES`; None where a login lets this address do nothing.
    """
    access = current_file()
    return EDITOR if access is None else access.role_of(email or "")


def refuse_writes(email: str | None, tables: Collection[str] | None) -> None:
    """Raise `NotAllowed` unless this address may change these tables.

    Parameters
    ----------
    email : str, optional
    tables : collection of str, optional
        Names of the tables; None stands for any of them.
    """
    if is_read_only():
        raise NotAllowed("This app is read-only: rows, views and scenarios can be seen, but not changed.")
    held = role(email)
    if held == EDITOR or (held == ANALYST and tables is not None and ANALYST_TABLES.issuperset(tables)):
        return
    if held == ANALYST:
        raise NotAllowed(
            "An analyst keeps views and scenarios here, and tries other changes on a copy: "
            "ask an editor to save them."
        )
    raise NotAllowed("A viewer cannot change anything here: ask whoever runs this app for another role.")

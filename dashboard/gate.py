"""The door of the app: who is signed in, what they may do, and a sentence for those who may not."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import access, labels
from datasets.errors import EdgewiseError

_LOCK, _PERSON = ":material/lock:", ":material/person:"


def email() -> str | None:
    """Address that this session is signed in with, if its provider does not call it unverified."""
    if access.current_file() is None or get_script_run_ctx(suppress_warning=True) is None:
        return None
    told: dict[str, Any] = st.user.to_dict()
    if not told.get("is_logged_in") or told.get("email_verified") is False:
        return None
    address = told.get("email")
    return address if isinstance(address, str) else None


def user() -> str:
    """What tells this user from others: the address where there is a login, else the session."""
    context = get_script_run_ctx(suppress_warning=True)
    return email() or (context.session_id if context else "")


def role() -> str | None:
    """Role of this session; None where it may not even look."""
    return access.role(email())


def may_save() -> bool:
    """Whether this session may change any table of the database."""
    return role() == access.EDITOR and not access.is_read_only()


def may_try() -> bool:
    """Whether this session may try changes on a copy."""
    return role() in (access.ANALYST, access.EDITOR)


def refuse_writes(tables: Collection[str] | None) -> None:
    """Raise `NotAllowed` unless this session may change these tables; asked before any write of the app."""
    access.refuse_writes(email(), tables)


def entered() -> bool:
    """Draw what stands before the page, and tell whether the page may be drawn at all."""
    try:
        access_file = access.current_file()
        if access_file is None:
            return _is_loopback_or_refused()
        if role() is None:
            _door(access_file)
            return False
    except EdgewiseError as error:
        st.error(labels.escaped(str(error)), icon=":material/error:")
        return False
    except OSError:
        st.error("The access file is gone: whoever runs this app must put it back.", icon=":material/error:")
        return False
    return True


def frame() -> None:
    """One line that says who is signed in, or that the app is read-only; else nothing."""
    signed_in = email()
    if signed_in is None:
        if access.is_read_only():
            st.caption(f"{_LOCK} Read-only: rows, views and scenarios can be seen, but not changed.")
        return
    row = st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center")
    read_only = ", this app is read-only" if access.is_read_only() else ""
    row.caption(f"{_PERSON} {labels.escaped(signed_in)} ({role()}{read_only})", width="content")
    row.button("Sign out", key="gate.out", type="tertiary", on_click=st.logout)


def _is_loopback_or_refused() -> bool:
    address = st.get_option("server.address")
    if address is None or is_loopback(str(address)):
        return True
    st.error(
        f"This app is served at {address} without a login: start it with edgewise dashboard --access FILE, "
        "or serve it to this machine alone.",
        icon=":material/error:",
    )
    return False


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach what listens on an address."""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address.strip("[]")).is_loopback
    except ValueError:
        return False


def _door(file: access.AccessFile) -> None:
    st.header("Edgewise", anchor=False)
    told = st.user.to_dict()
    if told.get("is_logged_in"):
        named = labels.escaped(str(told.get("email") or told.get("name") or "This account"))
        unverified = told.get("email_verified") is False
        why = "is not verified by its provider" if unverified else "has no role here"
        st.warning(f"{named} {why}: ask whoever runs this app to let you in.", icon=_LOCK)
        st.button("Sign out", key="gate.out", on_click=st.logout)
        return
    st.write("Where will AI compute run through 2030, on edge devices or in the cloud, and why?")
    for provider in file.providers:
        label = "Sign in" if provider is None else f"Sign in with {provider}"
        st.button(label, key=f"gate.in.{provider}", type="primary", on_click=st.login, args=[provider])

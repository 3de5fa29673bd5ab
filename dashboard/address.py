"""The state of a page in its address: readable, versioned; what cannot be read is left out, with a note."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from datasets.errors import EdgewiseError, InvalidValue, UnknownName

VERSION = "1"
_KEPT, _PAGE = "address.kept", "address.page"


@dataclass(frozen=True)
class Field:
    """One value of a page's state; it lives in ``st.session_state`` under ``key(page, name)``.

    Attributes
    ----------
    name : str
        Name of the query parameter.
    default : object
        Left out of the address.
    read : callable
        Value from the parameter's text; raises an EdgewiseError where it is none.
    write : callable
        The parameter's text from the value.
    """

    name: str
    default: Any
    read: Callable[[str], Any]
    write: Callable[[Any], str] = str


def defaults(fields: Sequence[Field]) -> dict[str, Any]:
    """The values with which a page opens."""
    return {field.name: field.default for field in fields}


def key(page: str, name: str) -> str:
    """Key of a value in the session state, and of the control that shows it."""
    return f"{page}.{name}"


def option(name: str, options: Sequence[str], default: str | None) -> Field:
    """A field that holds one of some identifiers, or nothing where that is the default."""

    def read(text: str) -> str:
        if text not in options:
            raise UnknownName(name, text, options)
        return text

    return Field(name, default, read)


def options(name: str, known: Sequence[str], default: Sequence[str], most: int | None = None) -> Field:
    """A field that holds several identifiers, apart by commas, and at most so many."""

    def read(text: str) -> list[str]:
        chosen = [part for part in text.split(",") if part]
        for part in chosen:
            if part not in known:
                raise UnknownName(name, part, known)
        if most is not None and len(chosen) > most:
            raise InvalidValue(f"{name} holds {len(chosen)} names: it may hold {most} at most.")
        return chosen

    return Field(name, list(default), read, ",".join)


def switch(name: str, default: bool) -> Field:
    """A field that is on or off."""

    def read(text: str) -> bool:
        if text not in ("on", "off"):
            raise InvalidValue(f"{name} is '{text}': it must be on or off.")
        return text == "on"

    return Field(name, default, read, lambda value: "on" if value else "off")


def text(name: str) -> Field:
    """A field that holds any short text."""
    return Field(name, "", lambda value: value[:200])


def figure(name: str, lowest: float | None, highest: float | None, default: float | None = None) -> Field:
    """A field that holds a number within bounds, or nothing where that is the default."""

    def read(value: str) -> float:
        try:
            parsed = float(value)
        except ValueError as error:
            raise InvalidValue(f"{name} is '{value}': it must be a number.") from error
        if not math.isfinite(parsed):
            raise InvalidValue(f"{name} is {parsed:g}: it must be a finite number.")
        if not (lowest is None or parsed >= lowest) or not (highest is None or parsed <= highest):
            raise InvalidValue(f"{name} is {parsed:g}: it must {_within(lowest, highest)}.")
        return parsed

    return Field(name, default, read, lambda value: f"{value:.10g}")


def _within(lowest: float | None, highest: float | None) -> str:
    if lowest is None:
        return f"be at most {highest:g}"
    return f"be at least {lowest:g}" if highest is None else f"lie between {lowest:g} and {highest:g}"


def count(name: str, lowest: int, highest: int, default: int | None = None) -> Field:
    """A field that holds a whole number within bounds, or nothing where that is the default."""
    within = figure(name, lowest, highest)

    def read(value: str) -> int:
        parsed = within.read(value)
        if parsed != int(parsed):
            raise InvalidValue(f"{name} is {value}: it must be a whole number.")
        return int(parsed)

    return Field(name, default, read)


def restored(page: str, fields: Sequence[Field]) -> list[str]:
    """Set the page's values from the address, from the last visit, or from the defaults.

    Call it before the controls are drawn. The address counts on arrival, and when the browser's own buttons
    changed it; a rerun in which the user moved a control never reads it, since it may lag behind.

    Returns
    -------
    list of str
        A sentence for each part of the address, or of the kept state, that could not be used.
    """
    kept: dict[str, Any] | None = st.session_state.setdefault(_KEPT, {}).get(page)
    arrived = st.session_state.get(_PAGE) != page
    st.session_state[_PAGE] = page
    parameters = st.query_params.to_dict()
    current = _current(page, fields, kept or {})
    walked = not arrived and kept is not None and _unmoved(fields, current, kept, parameters)
    if walked or (arrived and (parameters or kept is None)):
        values, notes = _parsed(fields, parameters)
    else:
        values, notes = _checked(fields, kept if arrived and kept is not None else current)
    for name, value in values.items():
        if st.session_state.get(key(page, name), _KEPT) != value:
            st.session_state[key(page, name)] = value
    return notes


def keep(page: str, fields: Sequence[Field]) -> None:
    """Write the page's values into the address and remember them; call it after the controls are drawn.

    A value that is the default is not kept: should the default change, the page follows it.
    """
    kept = st.session_state.setdefault(_KEPT, {})
    current = _current(page, fields, kept.get(page, {}))
    kept[page] = {field.name: current[field.name] for field in fields if current[field.name] != field.default}
    parameters = _parameters(fields, current)
    if st.query_params.to_dict() != parameters:
        st.query_params.from_dict(parameters)


def last(page: str) -> Mapping[str, Any]:
    """What a page of this session held when it was last drawn, by field; what was a default is left out."""
    held: Mapping[str, Any] = st.session_state.get(_KEPT, {}).get(page, {})
    return held


def value(page: str, name: str) -> Any:
    """The value of a field of the page."""
    return st.session_state.get(key(page, name))


def _current(page: str, fields: Sequence[Field], kept: Mapping[str, Any]) -> dict[str, Any]:
    return {
        field.name: st.session_state.get(key(page, field.name), kept.get(field.name, field.default))
        for field in fields
    }


def _unmoved(
    fields: Sequence[Field],
    current: Mapping[str, Any],
    kept: Mapping[str, Any],
    parameters: Mapping[str, str],
) -> bool:
    # No control moved since the address was written, and yet it is another one: the browser walked.
    written = _parameters(fields, {field.name: kept.get(field.name, field.default) for field in fields})
    return _parameters(fields, current) == written != dict(parameters)


def _parameters(fields: Sequence[Field], values: Mapping[str, Any]) -> dict[str, str]:
    written = {
        field.name: field.write(values[field.name])
        for field in fields
        if values[field.name] is not None and values[field.name] != field.default
    }
    return {"v": VERSION, **written} if written else {}


def _parsed(fields: Sequence[Field], parameters: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {field.name: field.default for field in fields}
    by_name = {field.name: field for field in fields}
    notes = []
    for name, written in parameters.items():
        if name == "v":
            if written != VERSION:
                notes.append(f"The address is of version '{written}', this app writes version {VERSION}.")
            continue
        try:
            if name not in by_name:
                raise UnknownName("setting", name, by_name)
            values[name] = by_name[name].read(written)
        except EdgewiseError as error:
            notes.append(f"Left out of the address: {error}")
    return values, notes


def _checked(fields: Sequence[Field], values: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    checked: dict[str, Any] = {}
    notes = []
    for field in fields:
        current = values.get(field.name, field.default)
        checked[field.name] = current
        if current is None or current == field.default:
            continue
        try:
            field.read(field.write(current))
        except EdgewiseError as error:
            checked[field.name] = field.default
            notes.append(f"No longer there: {error}")
    return checked, notes

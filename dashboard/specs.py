"""Charts as finished specifications, made once for the same builder and the same content of its arguments."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ParamSpec, TypeVar

import altair
import pandas as pd
import pyarrow as pa
import streamlit as st

from dashboard.theme import AnyChart

_NESTED = ("layer", "hconcat", "vconcat", "concat")
_DIGEST_BYTES = 16
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Specification:
    """A chart in the grammar's own terms, its rows apart.

    Attributes
    ----------
    body : mapping
        The specification, in which rows are called by name.
    frames : mapping of str to pandas.DataFrame
        The rows.
    """

    body: Mapping[str, Any]
    frames: Mapping[str, pd.DataFrame]

    def whole(self) -> dict[str, Any]:
        """The specification with its rows, to be changed freely at the top."""
        return {**self.body, "datasets": {**self.body.get("datasets", {}), **self.frames}}


def made(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """What a function makes of nothing but its arguments, from the last time if they held the same.

    The value is shared: read it, never change it.

    Parameters
    ----------
    function : callable
        Of frames, texts, numbers, and tuples, lists and mappings of them, such as the rows of a chart.
    """
    named = function.__module__, function.__qualname__
    value: R = _value((*named, _content(args), _content(kwargs)), partial(function, *args, **kwargs))
    return value


@st.cache_resource(max_entries=256, show_spinner=False)
def _value(content: Hashable, _compute: partial[Any]) -> Any:
    return _compute()


def specification(build: partial[Any]) -> Specification:
    """The specification of a chart, from the last time if it was built of the same before.

    Parameters
    ----------
    build : functools.partial
        A function that makes an altair chart of nothing but its arguments: frames, texts, numbers, and
        tuples, lists and mappings of them.
    """
    return _finished(
        (build.func.__module__, build.func.__qualname__, _content((build.args, build.keywords))), build
    )


def parted(chart: AnyChart) -> Specification:
    """The specification of a chart that is built already."""
    named = chart.copy()
    frames: dict[int, tuple[str, pd.DataFrame]] = {}
    _name_data(named, frames)
    body = named.to_dict()
    # Altair's own sizes, which give way to the page's.
    body.pop("config", None)
    return Specification(body, dict(frames.values()))


@st.cache_resource(max_entries=128, show_spinner=False)
def _finished(content: Hashable, _build: partial[Any]) -> Specification:
    return parted(_build())


def frame_name(place: int) -> str:
    """What a chart calls the frame that it met at this place, from 0."""
    return f"rows{place}"


def _name_data(chart: Any, frames: dict[int, tuple[str, pd.DataFrame]]) -> None:
    if isinstance(chart.data, pd.DataFrame):
        name, _ = frames.setdefault(id(chart.data), (frame_name(len(frames)), chart.data))
        chart.data = altair.NamedData(name=name)
    for kind in _NESTED:
        for part in getattr(chart, kind, None) or ():
            _name_data(part, frames)


def _content(argument: Any) -> Hashable:
    if isinstance(argument, pd.DataFrame):
        return frame_digest(argument)
    if isinstance(argument, Mapping):
        return tuple((name, _content(value)) for name, value in argument.items())
    if isinstance(argument, list | tuple):
        return tuple(_content(value) for value in argument)
    content: Hashable = argument
    return content


def frame_digest(frame: pd.DataFrame) -> str:
    """Fingerprint of a frame's columns and cells; its index is no part of it."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return hashlib.blake2b(sink.getvalue(), digest_size=_DIGEST_BYTES).hexdigest()

"""The app's memory: what was computed is kept until a table changes that it was computed from.

A computation is handed the tables in a mapping that notes which of them it reads. Its value holds for every
snapshot in which those tables have the same rows: a view that is saved costs nobody a forecast, and nothing
has to be declared. What is returned is shared between sessions: read it, never change it.
"""

from __future__ import annotations

import contextlib
import functools
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

import pandas as pd
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import heavy
from datasets.database import Snapshot

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class _Value(Generic[R]):
    value: R
    read: Mapping[str, str | None]

    def holds_for(self, current: Snapshot) -> bool:
        # A draft of tables that no file holds bears no fingerprints, and nothing holds for it.
        marks = current.fingerprints
        return all(mark is not None and marks.get(name) == mark for name, mark in self.read.items())


class _Noted(Mapping[str, pd.DataFrame]):
    """Tables that note which of them were read."""

    def __init__(self, tables: Mapping[str, pd.DataFrame]):
        self.tables, self.read = tables, set[str]()

    def __getitem__(self, name: str) -> pd.DataFrame:
        self.read.add(name)
        return self.tables[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tables)

    def __len__(self) -> int:
        return len(self.tables)


class _Shelf(Generic[R]):
    """The values of one function, by its arguments; the least recently used is given up first."""

    def __init__(self) -> None:
        self._values: OrderedDict[Hashable, _Value[R]] = OrderedDict()
        self._own = threading.Lock()
        self._computing: defaultdict[Hashable, threading.Lock] = defaultdict(threading.Lock)

    def found(self, key: Hashable, current: Snapshot) -> _Value[R] | None:
        with self._own:
            kept = self._values.get(key)
        if kept is None or not kept.holds_for(current):
            return None
        with self._own, contextlib.suppress(KeyError):
            self._values.move_to_end(key)
        return kept

    def put(self, key: Hashable, value: _Value[R], most: int) -> None:
        with self._own:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > most:
                self._computing.pop(self._values.popitem(last=False)[0], None)

    def computing(self, key: Hashable) -> threading.Lock:
        with self._own:
            return self._computing[key]


def kept(
    most: int, *, says: str | None = None, in_turn: bool = True, further: Callable[[], Hashable] | None = None
) -> Callable[[Callable[Concatenate[Snapshot, P], R]], Callable[Concatenate[Snapshot, P], R]]:
    """A function of a snapshot and hashable arguments, mappings or lists, computed once for the same content.

    Parameters
    ----------
    most : int
        Values that are kept at most.
    says : str, optional
        What the page says meanwhile.
    in_turn : bool
        Whether it is heavy, or calls what is heavy: it waits for its turn (`heavy.turn`), and the others who
        ask for the same wait for its value. What is not may be computed twice at the same time.
    further : callable, optional
        What else the value hangs on.
    """

    def decorated(
        compute: Callable[Concatenate[Snapshot, P], R],
    ) -> Callable[Concatenate[Snapshot, P], R]:
        name = f"{compute.__module__}.{compute.__qualname__}"

        @functools.wraps(compute)
        def called(current: Snapshot, /, *args: P.args, **kwargs: P.kwargs) -> R:
            key = (_frozen(args), _frozen(kwargs), further() if further else None)
            shelf: _Shelf[R] = _shelves()[name]
            found = shelf.found(key, current)
            if found is None:
                with _alone(shelf, key) if in_turn else contextlib.nullcontext(), _told(says, current):
                    found = shelf.found(key, current) or _computed(compute, current, *args, **kwargs)
                shelf.put(key, found, most)
            if isinstance(current.tables, _Noted):
                current.tables.read.update(found.read)
            return found.value

        return called

    return decorated


@contextlib.contextmanager
def _alone(shelf: _Shelf[Any], key: Hashable) -> Iterator[None]:
    # The turn first, so that nobody who holds a place waits for somebody who waits for one.
    with heavy.turn(), shelf.computing(key):
        yield


def _computed(
    compute: Callable[Concatenate[Snapshot, P], R], current: Snapshot, *args: P.args, **kwargs: P.kwargs
) -> _Value[R]:
    noted = _Noted(current.tables)
    value = compute(replace(current, tables=noted), *args, **kwargs)
    return _Value(value, {name: current.fingerprints.get(name) for name in noted.read})


def _told(says: str | None, current: Snapshot) -> AbstractContextManager[None]:
    # What is computed within another computation is told by that one.
    nested = isinstance(current.tables, _Noted)
    if says is None or nested or get_script_run_ctx(suppress_warning=True) is None:
        return contextlib.nullcontext()
    return st.spinner(says)


def _frozen(value: Any) -> Hashable:
    if isinstance(value, Mapping):
        return tuple(sorted((name, _frozen(inner)) for name, inner in value.items() if inner is not None))
    if isinstance(value, list | tuple):
        return tuple(_frozen(inner) for inner in value)
    frozen: Hashable = value
    return frozen


# Streamlit's own cache holds them, so that whatever empties it empties them too.
@st.cache_resource(show_spinner=False)
def _shelves() -> defaultdict[str, _Shelf[Any]]:
    return defaultdict(_Shelf)

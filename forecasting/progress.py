"""How far a long computation has come, told to whoever listens, with no word of it in any signature."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

Item = TypeVar("Item")
Listener = Callable[[int, int, str], None]
_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def heard(listener: Listener) -> Iterator[None]:
    """Tell the listener of every `tracked` loop that runs within, as (done, total, what).

    Parameters
    ----------
    listener : callable
        Called in the thread that runs the loop, after each item.
    """
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


def tracked(items: Sequence[Item], what: str) -> Iterator[Item]:
    """The items one after the other, each told of when the next is asked for.

    Of loops within loops only the outermost with more than one item is told of.

    Parameters
    ----------
    items : sequence
    what : str
        What the items are, in the plural.
    """
    listener = _LISTENER.get()
    if listener is None or len(items) < 2:
        yield from items
        return
    for done, item in enumerate(items, 1):
        token = _LISTENER.set(None)
        try:
            yield item
        finally:
            _LISTENER.reset(token)
        listener(done, len(items), what)

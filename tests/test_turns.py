"""Heavy computations: a few at a time, the others told their place, none of them for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import edits, heavy, limits, loaders
from dashboard.turns import Busy, Turns
from datasets.errors import InvalidStatement


@contextmanager
def occupied(turns: Turns, places: int) -> Iterator[threading.Event]:
    """All places taken by other threads until the event is set."""
    done, begun = threading.Event(), threading.Semaphore(0)

    def compute() -> None:
        with turns.turn(places, 10, 30, lambda before: None):
            begun.release()
            done.wait(30)

    threads = [threading.Thread(target=compute) for _ in range(places)]
    for thread in threads:
        thread.start()
    for _ in threads:
        begun.acquire()
    yield done
    done.set()
    for thread in threads:
        thread.join()


def test_as_many_as_there_are_places_and_first_come_first_served() -> None:
    turns, order, running, most = Turns(), [], [], []
    with occupied(turns, 2) as done:

        def compute(number: int) -> None:
            with turns.turn(2, 10, 30, lambda before: None):
                order.append(number)
                running.append(number)
                most.append(len(running))
                time.sleep(0.02)
                running.remove(number)

        waiting = []
        for number in range(5):
            waiting.append(threading.Thread(target=compute, args=[number]))
            waiting[-1].start()
            while len(turns._waiting) <= number:
                time.sleep(0.002)
        assert order == []
        done.set()
        for thread in waiting:
            thread.join()
    assert order == [0, 1, 2, 3, 4]
    assert max(most) <= 2


def test_who_waits_is_told_how_many_stand_before() -> None:
    turns, told = Turns(), []
    with occupied(turns, 1) as done:

        def told_and_ended(before: int) -> None:
            told.append(before)
            done.set()

        with turns.turn(1, 10, 30, told_and_ended):
            pass
    assert told[0] == 1


def test_a_wait_ends_with_a_sentence() -> None:
    turns = Turns()
    with occupied(turns, 1):
        with (
            pytest.raises(Busy, match=r"waited 0 s and 1 stand before it still: try again in a minute"),
            turns.turn(1, 10, 0.01, lambda before: None),
        ):
            pass
        with (
            pytest.raises(Busy, match="0 computations wait already, which is the most here"),
            turns.turn(1, 0, 30, lambda before: None),
        ):
            pass
    with turns.turn(1, 10, 1, lambda before: None):
        pass


def test_who_holds_a_place_goes_through_and_gives_it_back_after_a_fault() -> None:
    turns = Turns()

    def computed() -> None:
        with turns.turn(1, 0, 1, lambda before: None), turns.turn(1, 0, 1, lambda before: None):
            raise ValueError("a fault")

    with pytest.raises(ValueError, match="fault"):
        computed()
    with turns.turn(1, 1, 1, lambda before: None):
        pass


def page() -> None:
    import streamlit as st

    from dashboard import heavy

    with heavy.turn():
        st.write("computed")


def test_a_page_that_waits_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "current", lambda: limits.Limits(computations=1))
    with occupied(heavy.TURNS, 1) as done:
        announce = heavy._Announcement.__call__

        def announce_and_end(self: heavy._Announcement, before: int) -> None:
            announce(self, before)
            done.set()

        monkeypatch.setattr(heavy._Announcement, "__call__", announce_and_end)
        app = AppTest.from_function(page, default_timeout=30).run()
    assert [toast.value for toast in app.toast] == [
        "Others compute here too: 1 computation stands before yours."
    ]
    assert app.markdown[0].value == "computed"


@pytest.mark.usefixtures("database_path")
def test_a_statement_that_waits_says_for_how_many_and_can_be_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "current", lambda: limits.SHARED)
    turns = Turns()
    monkeypatch.setattr(edits, "TURNS", turns)
    with occupied(turns, limits.SHARED.computations):
        started = edits.started_statement(loaders.snapshot(), "SELECT 1", write=False)
        while not started.waits_for:
            time.sleep(0.002)
        assert started.waits_for == limits.SHARED.computations
        started.stop.set()
        with pytest.raises(InvalidStatement, match="stopped before its turn; nothing was changed"):
            started.result()

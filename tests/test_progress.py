"""How far a long command has come: on a terminal alone, after a second, and gone when it ends."""

import io

import numpy as np
import pytest

from dashboard import output
from forecasting.progress import heard, tracked
from forecasting.sweep import Axis, sweep


class Terminal(io.StringIO):
    def isatty(self):
        return True


def terminal(monkeypatch):
    """A terminal in the place of stderr; pytest puts its own back between set-up and test."""
    shown = Terminal()
    monkeypatch.setattr("sys.stderr", shown)
    monkeypatch.setattr(output, "QUIET_S", 0.0)
    return shown


def test_a_loop_tells_of_each_item_and_hides_the_loops_within():
    told = []
    with heard(lambda *step: told.append(step)):
        for _ in tracked([1, 2], "outer"):
            assert list(tracked([1, 2, 3], "inner")) == [1, 2, 3]
        list(tracked([1], "single"))
        list(tracked([1, 2], "after"))
    list(tracked([1, 2], "unheard"))
    assert told == [(1, 2, "outer"), (2, 2, "outer"), (1, 2, "after"), (2, 2, "after")]


def test_a_loop_that_fails_hides_nothing_from_the_next():
    told = []
    with heard(lambda *step: told.append(step)):
        with pytest.raises(ZeroDivisionError):
            [1 / item for item in tracked([0, 1], "broken")]
        list(tracked([1, 2], "whole"))
    assert told[-1] == (2, 2, "whole")


def test_the_bar_fills_and_goes_when_the_work_is_done(monkeypatch):
    shown = terminal(monkeypatch)
    with output.progress_shown():
        for _ in tracked(range(4), "points of the grid"):
            pass
    lines = shown.getvalue().split("\r")
    assert "[######..................] 1 of 4 points of the grid, 0 s" in lines[1]
    assert lines[-1] == output.CLEAR_LINE


def test_words_take_the_bars_line(monkeypatch):
    shown = terminal(monkeypatch)
    with output.progress_shown() as bar:
        bar(1, 2)
        output.say("Done.")
    assert shown.getvalue().endswith(f"\r{output.CLEAR_LINE}Done.\n")


def test_nothing_shows_in_the_first_second_nor_away_from_a_terminal(monkeypatch):
    shown = terminal(monkeypatch)
    monkeypatch.setattr(output, "QUIET_S", 60.0)
    with output.progress_shown() as bar:
        bar(1, 2)
    monkeypatch.setattr(output, "QUIET_S", 0.0)
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with output.progress_shown() as bar:
        bar(1, 2)
        assert output.sys.stderr.getvalue() == ""
    assert shown.getvalue() == ""


def test_long_computations_tell_how_far_they_are(tables):
    told = []
    with heard(lambda *step: told.append(step)):
        sweep(tables, [Axis("pue", tuple(np.linspace(1.1, 1.3, 3)))], ["twh_2030"], draws=16)
    assert told == [(1, 3, "points of the grid"), (2, 3, "points of the grid"), (3, 3, "points of the grid")]

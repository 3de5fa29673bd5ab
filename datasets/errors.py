"""Errors that carry one clear sentence: what was wrong, the value received, what would be right."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

SHOWN = 8
MOST_LETTERS = 2_000


class EdgewiseError(Exception):
    """Base of every error that a user can cause or repair; its text is one line of bearable length."""

    def __str__(self) -> str:
        # What was received stands in the sentence, whatever it holds.
        line = re.sub(r"\s*[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]+\s*", " ", super().__str__()).strip()
        if len(line) <= MOST_LETTERS:
            return line
        return f"{line[: MOST_LETTERS // 2]} … {line[-MOST_LETTERS // 4 :]}"


class UnknownName(EdgewiseError):
    """An identifier that the catalogue does not hold; the message names the nearest that it does.

    Parameters
    ----------
    kind : str
        What was looked for, e.g. ``"device"``.
    value : str
        The identifier received.
    known : iterable of str
        The identifiers that exist.
    """

    def __init__(self, kind: str, value: str, known: Iterable[str]):
        names = sorted(known)
        near = difflib.get_close_matches(str(value), names, n=3, cutoff=0.5)
        if near:
            remedy = f"did you mean {' or '.join(near)}?"
        elif names:
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            remedy = f"known are {', '.join(names[:SHOWN])}{more}."
        else:
            remedy = "the catalogue holds none."
        super().__init__(f"There is no {kind} '{value}': {remedy}")
        self.kind, self.value, self.nearest = kind, value, near


class InvalidValue(EdgewiseError):
    """A value outside the range or vocabulary of its field."""


class DatabaseUnavailable(EdgewiseError):
    """The database file cannot be opened, read or written; the message says why and what to do."""


class NotAllowed(EdgewiseError):
    """Something that this user, or this way of running Edgewise, may not do."""


class InvalidStatement(EdgewiseError):
    """SQL that cannot be run, or that may not be."""


class NeedsConfirmation(InvalidStatement):
    """Rows that break no rule but look wrong; nothing was changed, and running it confirmed changes them.

    Parameters
    ----------
    doubts : iterable of str
        A sentence for each figure in doubt.
    """

    def __init__(self, doubts: Iterable[str]):
        self.doubts = tuple(doubts)
        more = f"; and {len(self.doubts) - SHOWN} more" if len(self.doubts) > SHOWN else ""
        super().__init__(
            f"{'; '.join(self.doubts[:SHOWN])}{more}: correct it, or confirm that it is meant so (--yes); "
            "nothing was changed."
        )


class InvalidFile(EdgewiseError):
    """An imported file that lacks a column, or holds a cell that cannot be read."""

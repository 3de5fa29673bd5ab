"""Comparing a finding with what the document states: the only place where the stated figure is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from devices.claims_evidence import Finding

REPRODUCED = "reproduced"
DIFFERS = "differs"
PUBLISHED = "published"
FORMULA = "formula"
# Relative departure that rounding of floating-point numbers explains.
ROUNDING = 1e-9
# Whole numbers below this are written with all their digits.
WRITTEN_OUT = 1e7

_NUMBER = r"\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_STATED = re.compile(rf"({_NUMBER})(?:-({_NUMBER}))?")


@dataclass(frozen=True)
class Stated:
    """A figure as a document states it: a number, or a range, with the place of its last digit."""

    low: Decimal
    high: Decimal

    @property
    def last_digit(self) -> float:
        """Value of one unit in the last place printed."""
        exponents = [int(end.as_tuple().exponent) for end in (self.low, self.high)]
        return float(Decimal(1).scaleb(min(exponents)))


def stated_figure(text: str) -> Stated | None:
    """Read ``"295.2"`` or ``"4-5"``; None if the text is neither."""
    match = _STATED.fullmatch(str(text).strip())
    if match is None:
        return None
    low, high = match.group(1), match.group(2) or match.group(1)
    return Stated(Decimal(low), Decimal(high))


def verdict(kind: str, expected: str, tolerance: str, finding: Finding) -> str:
    """``reproduced``, ``differs`` or ``published``.

    A tolerance is relative; 0 asks for the digits that are printed; ``>`` and ``>=`` for the order alone. A
    range is reproduced if the computed ends, so rounded, lie in it.

    Parameters
    ----------
    kind, expected, tolerance : str
        Cells of the row in the table `claims`.
    finding : Finding
    """
    if kind == PUBLISHED:
        return PUBLISHED
    if expected == FORMULA:
        return REPRODUCED if finding.is_formula and finding.high <= ROUNDING else DIFFERS
    stated = stated_figure(expected)
    if stated is None or finding.is_formula or np.isnan(finding.low):
        return DIFFERS
    return REPRODUCED if _agrees(stated, tolerance.strip(), finding) else DIFFERS


def computed_text(finding: Finding) -> str:
    """The result as text: a number, a range ``"4-5"``, the word ``formula``, or nothing."""
    if finding.is_formula:
        return FORMULA if finding.high <= ROUNDING else f"off by {finding.high:.2%}"
    if np.isnan(finding.low):
        return ""
    if finding.low == finding.high:
        return _number_text(finding.low, 6)
    return f"{_number_text(finding.low, 4)}-{_number_text(finding.high, 4)}"


def _number_text(value: float, digits: int) -> str:
    whole = value == round(value) and abs(value) < WRITTEN_OUT
    return f"{value:.0f}" if whole else f"{value:.{digits}g}"


def _agrees(stated: Stated, tolerance: str, finding: Finding) -> bool:
    low, high = float(stated.low), float(stated.high)
    if tolerance == ">=":
        return finding.low >= low
    if tolerance == ">":
        return finding.low > low
    allowed = float(tolerance or 0.0)
    slack = max(allowed * high, ROUNDING * high) if allowed > 0.0 else stated.last_digit / 2.0
    return finding.low >= low - slack and finding.high <= high + slack

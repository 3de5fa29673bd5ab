"""Words, units and tracks: how numbers reach a reader."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import controls, labels, theme
from dashboard.search import matching


@pytest.mark.parametrize(
    ("value", "digits", "said"),
    [(0.0342, 2, "0.034"), (2.14, 2, "2.1"), (340.4, 3, "340"), (12_345.0, 2, "12,000"), (0, 2, "0")],
)
def test_a_number_keeps_its_significant_digits(value: float, digits: int, said: str) -> None:
    assert labels.number(value, digits) == said


def test_a_number_that_is_none_is_a_dash() -> None:
    assert labels.number(math.inf) == "–"
    assert labels.number(math.nan) == "–"
    assert labels.percent(math.nan) == "–"


@pytest.mark.parametrize(
    ("unit", "largest", "divisor", "shown"),
    [
        ("OP/s", 3.2e22, 1e21, "ZOP/s"),
        ("OP/s", 999.0, 1.0, "OP/s"),
        ("TWh/yr", 1_140.0, 1.0, "TWh/yr"),
        ("H100e", 1.6e7, 1e6, "million H100e"),
        ("token/day", 3e14, 1e12, "trillion token/day"),
        ("OP/s", 1e40, 1e30, "QOP/s"),
    ],
)
def test_display_units_follow_the_largest_value(
    unit: str, largest: float, divisor: float, shown: str
) -> None:
    scale = labels.scale_for(unit, largest)
    assert (scale.divisor, scale.unit) == (pytest.approx(divisor), shown)


def test_a_prefix_is_explained() -> None:
    assert labels.scale_for("OP/s", 5e24).note == "Y = 10²⁴"


@given(st.floats(min_value=1e-3, max_value=1e29))
def test_a_prefixed_value_stays_below_a_thousand(largest: float) -> None:
    scale = labels.scale_for("OP/s", largest)
    assert largest / scale.divisor < 1000 * (1 + 1e-9)


@pytest.mark.parametrize(
    ("share", "said"), [(0.0034, "0.34 %"), (0.79, "79 %"), (1.0, "100 %"), (0.000801, "0.080 %")]
)
def test_shares_are_percentages(share: float, said: str) -> None:
    assert labels.percent(share) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1.2e-5, "12 µs"),
        (0.034, "34 ms"),
        (2.14, "2.1 s"),
        (3000, "50 min"),
        (50_000, "14 h"),
        (864_000, "10 d"),
    ],
)
def test_durations_take_the_unit_that_suits_them(seconds: float, said: str) -> None:
    assert labels.duration(seconds) == said


def test_milliseconds_become_durations() -> None:
    assert labels.milliseconds(9_500_000_000) == "110 d"


def test_counts_and_lists_read_as_words() -> None:
    assert labels.counted(1, "row") == "1 row"
    assert labels.counted(1200, "row") == "1,200 rows"
    assert labels.listed(["a", "b", "c"]) == "a, b and c"
    assert labels.listed(["a"]) == "a"
    assert labels.listed([]) == ""


def test_a_title_wraps_between_words() -> None:
    assert theme.wrapped("one two three", 7) == ["one two", "three"]
    assert theme.wrapped("unbreakable", 4) == ["unbreakable"]


def test_every_confidence_has_its_mark_and_its_meaning() -> None:
    assert set(theme.CONFIDENCE_MARKS) == set(theme.CONFIDENCE_MEANINGS)
    assert len(set(theme.CONFIDENCE_MARKS.values())) == len(theme.CONFIDENCE_MARKS)


@given(
    st.floats(min_value=1e-3, max_value=1e12),
    st.floats(min_value=0.05, max_value=0.9),
    st.floats(min_value=1.05, max_value=5.0),
)
def test_a_slider_holds_the_documented_range_with_its_central_value_on_a_step(
    central: float, below: float, above: float
) -> None:
    low, high = central * below, central * above
    found = controls.track(low, central, high, math.nan, math.nan, None)
    assert found.lowest <= low
    assert found.highest >= high
    steps = (central - found.lowest) / found.step
    assert steps == pytest.approx(round(steps), abs=1e-4)


def test_a_slider_keeps_to_the_bounds_of_its_assumption() -> None:
    found = controls.track(0.6, 0.85, 0.96, 0.0, 1.0, None)
    assert found.highest <= 1.0
    assert found.lowest >= 0.0


def test_a_slider_grows_to_hold_a_value_from_the_address() -> None:
    found = controls.track(1.3, 1.7, 2.2, 0.8, 4.0, 3.9)
    assert found.highest >= 3.9


def test_a_slider_over_a_fixed_assumption_reaches_a_quarter_and_four_times() -> None:
    found = controls.track(1.0, 1.0, 1.0, 0.01, 1000.0, None)
    assert found.lowest <= 0.25
    assert found.highest >= 4.0


@pytest.mark.parametrize(
    ("low", "central", "high", "number_format"),
    [
        (12e6, 16e6, 20e6, "compact"),
        (1.3, 1.7, 2.2, "%.3f"),
        (0.45, 0.6, 0.75, "%.2f"),
        (560, 628, 700, "%.0f"),
    ],
)
def test_a_sliders_numbers_have_the_digits_of_its_step(
    low: float, central: float, high: float, number_format: str
) -> None:
    assert controls.track(low, central, high, math.nan, math.nan, None).format == number_format


@pytest.mark.parametrize(
    ("words", "found"),
    [("", 3), ("apple", 2), ("APPLE 35", 1), ("apple nothing", 0), ("nothing at all", 0), ("none", 0)],
)
def test_a_search_wants_every_word_in_some_cell(words: str, found: int) -> None:
    rows = pd.DataFrame({"name": ["Apple A18", "Apple A9", None], "tops": [35.0, None, 4.0]})
    assert len(matching(rows, words)) == found


def test_a_search_may_look_in_some_columns_alone() -> None:
    rows = pd.DataFrame({"name": ["Apple"], "note": ["pear"]})
    assert matching(rows, "pear", ["name"]).empty
    assert matching(rows.iloc[:0], "pear").empty

"""One frame in four formats: numbers keep every digit, text cannot become a formula."""

from __future__ import annotations

import csv
import datetime
import io
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasets import exports
from datasets.errors import UnknownName

FRAME = pd.DataFrame(
    {
        "name": ["plain", "=1+1", None, "two\nlines, comma"],
        "value": [0.1 + 0.2, -1e300, np.nan, 3.0],
        "count": [1, -2, 3, 4],
        "fits": pd.array([True, False, None, True], dtype="boolean"),
        "day": pd.to_datetime(["2027-01-31", None, "2024-02-29", "2030-12-31"]),
    }
)


def read_back(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_csv_of_every_kind_of_cell() -> None:
    assert exports.csv_text(FRAME) == (
        "name,value,count,fits,day\n"
        "plain,0.30000000000000004,1,true,2027-01-31\n"
        "'=1+1,-1e+300,-2,false,\n"
        ",,3,,2024-02-29\n"
        '"two\nlines, comma",3.0,4,true,2030-12-31\n'
    )


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_quoted(start: str) -> None:
    dangerous = f"{start}HYPERLINK(1)"
    frame = pd.DataFrame({dangerous: [dangerous]})
    assert read_back(exports.csv_text(frame)) == [[f"'{dangerous}"], [f"'{dangerous}"]]


@given(st.lists(st.floats(), min_size=1))
def test_floats_read_back_the_same(numbers: list[float]) -> None:
    cells = [row[0] for row in read_back(exports.csv_text(pd.DataFrame({"x": numbers, "y": 0})))[1:]]
    for number, cell in zip(numbers, cells, strict=True):
        assert cell == "" if math.isnan(number) else float(cell) == number


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_integers_read_back_the_same(numbers: list[int]) -> None:
    rows = read_back(exports.csv_text(pd.DataFrame({"x": numbers})))[1:]
    assert [int(row[0]) for row in rows] == numbers


@given(
    st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1)
)
def test_text_reads_back_the_same_but_for_the_apostrophe(texts: list[str]) -> None:
    rows = read_back(exports.csv_text(pd.DataFrame({"x": texts, "y": 0})))[1:]
    for text, row in zip(texts, rows, strict=True):
        assert row[0] in (text, f"'{text}")
        assert not row[0].startswith(exports.FORMULA_STARTS)


def test_json_keeps_digits_and_has_null_for_what_is_missing() -> None:
    rows = json.loads(exports.json_text(FRAME.assign(value=[0.1 + 0.2, math.inf, np.nan, 3.0])))
    assert rows[0] == {"name": "plain", "value": 0.1 + 0.2, "count": 1, "fits": True, "day": "2027-01-31"}
    assert rows[1]["value"] is None
    assert rows[1]["name"] == "=1+1"
    assert rows[2]["name"] is rows[2]["fits"] is None


def test_numbers_in_a_column_of_mixed_kinds_are_plain() -> None:
    mixed = pd.DataFrame(
        {"x": pd.Series([np.float64(0.5), np.int64(2), np.bool_(True), "text", None], dtype=object)}
    )
    assert exports.csv_text(mixed) == 'x\n0.5\n2\ntrue\ntext\n""\n'
    assert [row["x"] for row in json.loads(exports.json_text(mixed))] == [0.5, 2, True, "text", None]


def test_json_of_no_rows_is_an_empty_array() -> None:
    assert json.loads(exports.json_text(FRAME.head(0))) == []


def test_table_is_aligned_and_one_line_a_row() -> None:
    assert exports.table_text(FRAME[["name", "value"]]) == (
        "name                value\n"
        "plain                 0.3\n"
        "=1+1              -1e+300\n"
        "-                       -\n"
        "two lines, comma        3\n"
    )


def test_parquet_reads_back_the_same_frame() -> None:
    back = pd.read_parquet(io.BytesIO(exports.parquet_bytes(FRAME)))
    pd.testing.assert_frame_equal(back, FRAME, check_dtype=False)
    assert back["value"].tolist()[0] == 0.1 + 0.2


def test_dates_with_a_time_of_day_keep_it() -> None:
    frame = pd.DataFrame({"at": [datetime.datetime(2027, 1, 2, 3, 4, 5)]})
    assert exports.csv_text(frame) == "at\n2027-01-02T03:04:05\n"


@pytest.mark.parametrize("name", exports.FORMATS)
def test_render_knows_every_format(name: str) -> None:
    assert len(exports.render(FRAME, name)) > 50


def test_unknown_format() -> None:
    with pytest.raises(UnknownName, match="There is no format 'cvs': did you mean csv"):
        exports.render(FRAME, "cvs")

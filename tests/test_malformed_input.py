"""What comes from outside and is malformed is taken, or refused in one sentence.

`edgewise benchmark --reliability` tries two thousand of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from app_driver import opened

from dashboard import address
from dashboard.reliability import malformed
from datasets import database, measurement_file
from datasets.database import Snapshot
from datasets.errors import MOST_LETTERS, InvalidFile, InvalidValue

HEADER = "measurement_id,device_id,model_id,weight_bits,compute_precision,metric,value,class"


def test_each_is_taken_or_refused_in_a_sentence(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "EXTENSION_GROUP", "edgewise.none")
    tried = list(malformed.trials(snapshot, 500))
    assert [(trial.kind, trial.text[:200], trial.fault) for trial in tried if trial.fault] == []
    assert len({trial.kind for trial in tried}) == 5


def test_a_fault_is_seen() -> None:
    def two_lines() -> None:
        raise InvalidValue(" ")

    def fault() -> None:
        raise KeyError("a")

    assert malformed.fault_of(two_lines) == "not told in one sentence: ''"
    assert malformed.fault_of(fault) == "KeyError: 'a'"
    assert malformed.fault_of(lambda: None) is None


def test_a_sentence_is_one_line_whatever_it_quotes() -> None:
    assert str(InvalidValue("a\n b\r\n\u2028c: 'd  e'.")) == "a b c: 'd  e'."
    assert len(str(InvalidValue("x" * 100_000 + " end."))) <= MOST_LETTERS
    assert str(InvalidValue("x" * 100_000 + " end.")).endswith(" end.")


@pytest.mark.parametrize(
    ("bounds", "text", "sentence"),
    [
        ((None, None), "nan", "value is nan: it must be a finite number."),
        ((None, None), "1e999", "value is inf: it must be a finite number."),
        ((0.0, None), "-1", "value is -1: it must be at least 0."),
        ((None, 5.0), "7", "value is 7: it must be at most 5."),
        ((0.0, 5.0), "7", "value is 7: it must lie between 0 and 5."),
        ((0.0, 5.0), "x", "value is 'x': it must be a number."),
    ],
)
def test_a_number_in_the_address(bounds: tuple[float | None, float | None], text: str, sentence: str) -> None:
    with pytest.raises(InvalidValue) as raised:
        address.figure("value", *bounds).read(text)
    assert str(raised.value) == sentence


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "there is nothing in it"),
        (f"{HEADER}\na,b,c,4,fp16,m,1,edge,and,more\n", "Row 2 has more cells than there are columns"),
        (f"{HEADER},value\n", "has the column value more than once: keep one"),
    ],
)
def test_a_file_of_measurements(text: str, sentence: str) -> None:
    with pytest.raises(InvalidFile, match=sentence):
        measurement_file.measurements_from_csv(text)


@pytest.mark.parametrize("page", ["forecast", "data"])
def test_an_address_of_nonsense_draws_the_page(
    page: str, built_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEWISE_DB", str(built_database))
    query: Mapping[str, str] = {
        "v": "\n9",
        "scenario": "<script>",
        "view": "../..",
        "quantity": "nan",
        "stock_growth_2030": "nan",
        "serving_utilisation": "-1e999",
        "log": "maybe",
        "\u202e": "x" * 5_000,
    }
    app = opened(page, dict(query))
    assert not app.exception
    assert not app.error
    assert app.header[0].value

"""Finished charts: made once for the same content, never for other content, and complete."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import altair as alt
import pandas as pd
import pytest
import streamlit as st

from dashboard import specs, theme
from dashboard.specs import specification

built: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_built() -> Iterator[None]:
    st.cache_resource.clear()
    built.clear()
    yield
    st.cache_resource.clear()


def rows(*values: float) -> pd.DataFrame:
    return pd.DataFrame({"year": range(len(values)), "value": values})


def layered_chart(frame: pd.DataFrame, other: pd.DataFrame, *, title: str) -> alt.LayerChart:
    built.append(title)
    line = alt.Chart(frame).mark_line().encode(x="year:Q", y="value:Q")
    points = alt.Chart(other).mark_point().encode(x="year:Q", y="value:Q")
    return theme.styled([line, points, line.mark_area()], title, "What is drawn", 200)


def test_equal_content_gives_the_same_chart_and_other_content_another() -> None:
    first = specification(partial(layered_chart, rows(1, 2), rows(3), title="A"))
    assert specification(partial(layered_chart, rows(1, 2), rows(3), title="A")) is first
    assert built == ["A"]
    for frame, other, title in (
        (rows(1, 4), rows(3), "A"),
        (rows(1, 2), rows(4), "A"),
        (rows(1, 2), rows(3), "B"),
    ):
        assert specification(partial(layered_chart, frame, other, title=title)) is not first
    assert built == ["A", "A", "A", "B"]


def test_every_layer_finds_its_rows_by_name() -> None:
    spec = specification(partial(layered_chart, rows(1, 2), rows(3), title="A"))
    frames = [spec.frames[layer["data"]["name"]]["value"].tolist() for layer in spec.body["layer"]]
    assert frames == [[1, 2], [3], [1, 2]]
    whole = spec.whole()
    assert set(whole["datasets"]) == set(spec.frames)
    whole.pop("title")
    assert "title" in spec.body


def doubled(frame: pd.DataFrame, factors: dict[str, float]) -> pd.DataFrame:
    built.append("doubled")
    return frame * factors["value"]


def test_rows_are_made_once_for_the_same_content() -> None:
    first = specs.made(doubled, rows(1, 2), {"value": 2.0})
    assert first["value"].tolist() == [2, 4]
    assert specs.made(doubled, rows(1, 2), {"value": 2.0}) is first
    assert specs.made(doubled, rows(1, 2), {"value": 3.0})["value"].tolist() == [3, 6]
    assert specs.made(doubled, rows(1, 3), {"value": 2.0})["value"].tolist() == [2, 6]
    assert built == ["doubled"] * 3


@pytest.mark.parametrize("change", [{"value": [1.0, 3.0]}, {"other": [1.0, 2.0]}, {"value": [1, 2]}])
def test_a_fingerprint_changes_with_cells_names_and_types(change: dict[str, list[float]]) -> None:
    frame = pd.DataFrame({"value": [1.0, 2.0]})
    assert specs.frame_digest(frame) == specs.frame_digest(frame.copy().set_axis([5, 9]))
    assert specs.frame_digest(frame) != specs.frame_digest(pd.DataFrame(change))

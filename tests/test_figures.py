"""Charts as pictures that stand alone, and the line that says where their figures come from."""

from __future__ import annotations

import struct
from xml.etree import ElementTree

import altair as alt
import pandas as pd
import pytest

from dashboard import images, provenance, theme

_SVG = "{http://www.w3.org/2000/svg}"
_SOURCE = "Source: <Maker> & Sons (2024), who wrote a title so long that it cannot stand in one line. " * 3


def _chart() -> alt.LayerChart:
    rows = pd.DataFrame({"year": [2024, 2025], "value": [1.0, 3.0]})
    line = alt.Chart(rows).mark_line().encode(x="year:Q", y="value:Q")
    return theme.styled([line], "A finding that holds at every width of the page", "What is drawn", 200)


@pytest.fixture(scope="module")
def svg() -> str:
    return images.chart_svg(_chart(), alternative="It <rises> & rises", source=_SOURCE)


def test_a_drawing_holds_its_title_its_words_and_its_source(svg: str) -> None:
    root = ElementTree.fromstring(svg)  # noqa: S314
    said = ["".join(text.itertext()) for text in root.iter(f"{_SVG}text")]
    assert any("A finding that holds" in text for text in said)
    assert root.findtext(f"{_SVG}desc") == "It <rises> & rises"
    assert "Source: <Maker> & Sons (2024)" in " ".join(said)
    assert float(root.get("width", 0)) > 900


def test_the_source_lies_below_the_chart_and_inside_the_picture(svg: str) -> None:
    root = ElementTree.fromstring(svg)  # noqa: S314
    written = [text for text in root if text.tag == f"{_SVG}text"]
    assert len(written) >= 2
    assert all(200 < float(text.get("y", 0)) < float(root.get("height", 0)) for text in written)


def test_exponents_are_raised_digits_that_every_font_has() -> None:
    rows = pd.DataFrame({"year": [2024, 2025], "value": [1.0, 3.0]})
    line = alt.Chart(rows).mark_line().encode(x="year:Q", y=alt.Y("value:Q", title="FLOP (Y = 10²⁴), 10⁻³ s"))
    svg = images.chart_svg(theme.styled([line], "t", "s", 200), alternative="10²⁴", source="Z = 10²¹")
    root = ElementTree.fromstring(svg)  # noqa: S314
    said = ["".join(text.itertext()).replace("\u200b", "") for text in root.iter(f"{_SVG}text")]
    assert "FLOP (Y = 1024), 10−3 s" in said
    assert [part.text for part in root.iter(f"{_SVG}tspan") if part.get("font-size")] == ["24", "−3", "21"]


def test_a_picture_is_a_png_at_twice_the_size_of_the_drawing(svg: str) -> None:
    png = images.chart_png(_chart(), alternative="It rises", source=_SOURCE)
    assert png.startswith(b"\x89PNG")
    width = struct.unpack(">I", png[16:20])[0]
    assert width == pytest.approx(2 * float(ElementTree.fromstring(svg).get("width", 0)), abs=2)  # noqa: S314


def test_a_title_is_told_as_one_line_whatever_it_holds() -> None:
    for title in (
        "A finding: 3 of 4, even so, and long enough to be wrapped at any width",
        "x : y : [z]",
        "t",
    ):
        assert theme.spoken_title(theme.styled([_chart().layer[0]], title, "s", 200).title.to_dict()) == title


def _sources() -> dict[str, pd.DataFrame]:
    columns = ["source_id", "title", "publisher", "published"]
    rows = [
        ("a", "Sheet A", "Maker", "2021-05"),
        ("b", "Sheet B", None, "2026"),
        ("c", "Sheet C", None, None),
    ]
    return {"sources": pd.DataFrame(rows, columns=columns)}


@pytest.mark.parametrize(
    ("named", "line"),
    [
        (["a"], "Sheet A (Maker, 2021-05)"),
        (["b", "a", "a"], "Sheet A (Maker, 2021-05); Sheet B (2026). Documents of 2021 to 2026"),
        (["a", "a", "b", "c"], "Sheet A (Maker, 2021-05); and 2 more. Documents of 2021 to 2026"),
        (["c", None], "Sheet C"),
        ([], "none stated"),
        (["unknown"], "unknown"),
    ],
)
def test_a_source_line_names_the_documents_and_their_years(named: list[str], line: str) -> None:
    assert provenance.source_line(_sources(), named, most=1 if len(named) == 4 else 4) == line

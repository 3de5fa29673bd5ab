"""A chart as a reader meets it: with its source line, its text alternative and its downloads."""

from __future__ import annotations

import html
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, TypeAlias

import pandas as pd
import streamlit as st

from dashboard import glossary, images, labels, specs, theme
from dashboard.theme import AnyChart
from datasets.exports import csv_text

_VIEW = "figures.view"
Rows: TypeAlias = pd.DataFrame | Callable[[], pd.DataFrame]


@dataclass(frozen=True)
class Figure:
    """A chart that stands on the page, with what a report needs of it; chart and rows are made on call."""

    chart: Callable[[], AnyChart]
    rows: Callable[[], pd.DataFrame]
    alternative: str
    source: str


@dataclass
class PageView:
    """What stands on the page now: figures by name, sentences of its answer, settings, terms explained."""

    figures: dict[str, Figure] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    terms: set[str] = field(default_factory=set)


def figure(
    build: partial[Any],
    *,
    rows: Rows,
    name: str,
    alt: str,
    source: str,
    file_name: str | None = None,
    width: Literal["stretch", "content"] = "stretch",
    selection: str | None = None,
) -> Any:
    """Draw a chart under its title, its source line, and buttons that save its rows and itself.

    The title stands in the page's own type: it wraps, and it keeps the contrast of the page's text. A file
    is made only when its button is pressed.

    Parameters
    ----------
    build : functools.partial
        Makes the chart, of nothing but its arguments (`specs.specification`).
    rows : pandas.DataFrame or callable
        What the CSV holds: the numbers behind the chart, or what makes them.
    name : str
        Of the figure on its page, the same at each run.
    alt : str
        The chart in words, for those who do not see it.
    source : str
        Where the figures come from, and of when they are; `provenance.source_line` makes it.
    file_name : str, optional
        Stem of the files; the figure's name when left out.
    width : {"stretch", "content"}
        That of the page, or the chart's own.
    selection : str, optional
        Name of a selection in the chart that reruns the page.

    Returns
    -------
    object
        What is selected, where there is a selection; it has the key ``selection``.
    """
    chosen: Any = {"on_select": "rerun", "selection_mode": [selection]} if selection else {}
    spec = specs.specification(build).whole()
    _heading(theme.spoken_title(spec["title"]), " ".join(spec.pop("title")["subtitle"]))
    event = st.vega_lite_chart(spec, width=width, alt=alt, key=f"figure.{name}", **chosen)
    _below(Figure(build, _made(rows), alt, source), name, file_name)
    return event


def live_figure(
    build: Callable[[], AnyChart],
    *,
    shape: Hashable,
    frames: Sequence[pd.DataFrame],
    title: str,
    subtitle: str,
    rows: Rows,
    name: str,
    alt: str,
    source: str,
    file_name: str | None = None,
) -> None:
    """Draw a chart whose numbers move under the reader's hand: only the numbers are sent anew.

    Title and text alternative stand beside the drawing, in the page's own type, so that the browser keeps the
    drawing and moves its marks.

    Parameters
    ----------
    build : callable
        Makes the whole chart, titled, from the frames.
    shape : hashable
        Everything that the chart depends on but the cells of the frames, title and subtitle.
    frames : sequence of pandas.DataFrame
        The very frames that the chart draws, in the order in which its layers meet them.
    title, subtitle : str
    rows, name, alt, source, file_name
        As in `figure`.
    """
    _heading(title, subtitle)
    spec = _structure((name, shape), build).whole()
    del spec["title"]
    spec["datasets"] |= {specs.frame_name(place): frame for place, frame in enumerate(frames)}
    st.vega_lite_chart(spec, alt="Chart, in words in the text that follows", key=f"figure.{name}")
    st.html(f'<p class="edgewise-unseen">{html.escape(alt)}</p>')
    _below(Figure(build, _made(rows), alt, source), name, file_name)


def begin() -> None:
    """Forget what stood on the page before."""
    view().figures.clear()
    view().sentences.clear()
    view().terms.clear()


def prose(text: str) -> None:
    """Draw Markdown in which a term of the glossary tells its meaning where the page first uses it."""
    st.markdown(glossary.explained(text, view().terms))


def view() -> PageView:
    """What stands on the page of this session; the same object at each run."""
    kept: PageView = st.session_state.setdefault(_VIEW, PageView())
    return kept


def _heading(title: str, subtitle: str) -> None:
    prose(f"**{labels.escaped(title)}**  \n:small[{labels.escaped(subtitle)}]")


def _made(rows: Rows) -> Callable[[], pd.DataFrame]:
    return rows if callable(rows) else lambda: rows


@st.cache_resource(max_entries=64, show_spinner=False)
def _structure(shape: Hashable, _build: Callable[[], AnyChart]) -> specs.Specification:
    return specs.parted(_build())


def _below(figure: Figure, name: str, file_name: str | None) -> None:
    view().figures[name] = figure
    stem = file_name or f"edgewise_{name}"
    row = st.container(horizontal=True, vertical_alignment="top", gap="small", key=f"figure.{name}.below")
    # Tables stand in it as code; what else a source's title holds is shown as it is.
    source = labels.escaped(figure.source).replace("\\`", "`")
    row.caption(f"Source: {source}", width="stretch")
    buttons = row.container(horizontal=True, gap="small", wrap=False, width="content")
    files = (
        ("CSV", "csv", "text/csv", partial(_csv, figure), "The numbers behind the chart"),
        ("PNG", "png", "image/png", partial(_png, figure), "A picture"),
        ("SVG", "svg", "image/svg+xml", partial(svg, figure), "A drawing to scale"),
    )
    for label, ending, mime, made, says in files:
        buttons.download_button(
            label,
            data=made,
            file_name=f"{stem}.{ending}",
            mime=mime,
            key=f"figure.{name}.{ending}",
            on_click="ignore",
            type="tertiary",
            icon=":material/download:",
            help=f"{says}, as {label}",
        )


def _csv(figure: Figure) -> str:
    return csv_text(figure.rows())


def _png(figure: Figure) -> bytes:
    return images.chart_png(figure.chart(), alternative=figure.alternative, source=f"Source: {figure.source}")


def svg(figure: Figure) -> str:
    """The figure as a drawing that stands alone, its source below it."""
    return images.chart_svg(figure.chart(), alternative=figure.alternative, source=f"Source: {figure.source}")

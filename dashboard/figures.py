"""A chart as a reader meets it: with its source line, its text alternative and its downloads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import images
from dashboard.theme import AnyChart
from datasets.exports import csv_text

_DRAWN = "figures.drawn"


@dataclass(frozen=True)
class Figure:
    """A chart that stands on the page, with what a report needs of it."""

    chart: AnyChart
    rows: pd.DataFrame
    alternative: str
    source: str


def figure(
    chart: AnyChart,
    *,
    rows: pd.DataFrame,
    name: str,
    alt: str,
    source: str,
    file_name: str | None = None,
    width: Literal["stretch", "content"] = "stretch",
    selection: str | None = None,
) -> Any:
    """Draw a chart, its source line, and buttons that save its rows as CSV and itself as PNG and SVG.

    A file is made only when its button is pressed.

    Parameters
    ----------
    chart : altair chart
    rows : pandas.DataFrame
        What the CSV holds: the numbers behind the chart.
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
    drawn = Figure(chart, rows, alt, source)
    st.session_state.setdefault(_DRAWN, {})[name] = drawn
    chosen: Any = {"on_select": "rerun", "selection_mode": [selection]} if selection else {}
    event = st.altair_chart(chart, width=width, alt=alt, key=f"figure.{name}", **chosen)
    _below(drawn, name, file_name or f"edgewise_{name}")
    return event


def begin() -> None:
    """Forget the figures of the page before."""
    st.session_state[_DRAWN] = {}


def drawn() -> dict[str, Figure]:
    """The figures that stand on the page now, by name, in the order in which they were drawn."""
    figures: dict[str, Figure] = st.session_state.setdefault(_DRAWN, {})
    return figures


def _below(figure: Figure, name: str, stem: str) -> None:
    row = st.container(horizontal=True, vertical_alignment="top", gap="small", key=f"figure.{name}.below")
    row.caption(f"Source: {figure.source}", width="stretch")
    told = {"alternative": figure.alternative, "source": f"Source: {figure.source}"}
    files = (
        ("CSV", "csv", "text/csv", partial(csv_text, figure.rows), "The numbers behind the chart"),
        ("PNG", "png", "image/png", partial(images.chart_png, figure.chart, **told), "A picture"),
        (
            "SVG",
            "svg",
            "image/svg+xml",
            partial(images.chart_svg, figure.chart, **told),
            "A drawing to scale",
        ),
    )
    for label, ending, mime, made, says in files:
        row.download_button(
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

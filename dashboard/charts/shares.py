"""Counts stacked by kind, one bar a row."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from dashboard import theme

_ROW_HEIGHT = 26


def stacked_chart(
    rows: pd.DataFrame,
    colours: Mapping[str, str],
    *,
    title: str,
    subtitle: str,
    axis: str,
    told: tuple[str, str],
    normalised: bool = False,
) -> alt.LayerChart:
    """Bars of counts stacked in the order of the colours.

    Parameters
    ----------
    rows : pandas.DataFrame
        Columns label, kind, count; the order of the labels is that of the chart.
    colours : mapping of str to str
        Colour of each kind.
    title, subtitle, axis : str
    told : tuple of str
        Titles of label and kind in the tooltip.
    normalised : bool
        Stack to a whole, so that the bars show shares.
    """
    present = [kind for kind in colours if kind in set(rows["kind"])]
    ranked = rows.assign(rank=rows["kind"].map({kind: rank for rank, kind in enumerate(present)}))
    number = alt.Axis(format="%" if normalised else "d", tickMinStep=0 if normalised else 1)
    bars = (
        alt.Chart(ranked)
        .mark_bar()
        .encode(
            x=alt.X("count:Q", title=axis, stack="normalize" if normalised else "zero", axis=number),
            y=alt.Y(
                "label:N",
                sort=list(dict.fromkeys(rows["label"])),
                title=None,
                axis=alt.Axis(labelLimit=theme.label_limit(), ticks=False, labelOverlap=False),
            ),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=present, range=[colours[kind] for kind in present]),
                legend=alt.Legend(orient="top", title=None, columns=theme.legend_columns(2, 0)),
            ),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("label:N", title=told[0]),
                alt.Tooltip("kind:N", title=told[1]),
                alt.Tooltip("count:Q", title="Count", format=","),
            ],
        )
    )
    return theme.styled([bars], title, subtitle, alt.Step(_ROW_HEIGHT))

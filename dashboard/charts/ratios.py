"""Figures over what they are held against, on a logarithmic axis around one."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from dashboard import theme

_ROW_HEIGHT = 30
# Beyond a factor of a million the axis would leave no room for the others.
_FARTHEST = 1e6


def ratio_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows that the chart can place: with a positive ratio, drawn at most at a factor of a million.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns label, ratio, low, high (the ends of its range, NaN without one), held (whether it agrees),
        verdict, ours, theirs, source (in words).
    """
    rows = frame[(frame["ratio"] > 0)].copy()
    for name in ("ratio", "low", "high"):
        rows[name] = rows[name].clip(1 / _FARTHEST, _FARTHEST)
    return rows.reset_index(drop=True)


def ratio_chart(
    rows: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    axis: str,
    held: tuple[str, str],
    told: tuple[str, str],
) -> alt.LayerChart:
    """Points and ranges of ratios, one a row, with a line at one.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `ratio_rows` gives them, in the order of the chart.
    title, subtitle, axis : str
    held : tuple of str
        What the legend calls rows that agree, and those that do not.
    told : tuple of str
        Titles of the columns ours and theirs in the tooltip.
    """
    named = rows.assign(group=rows["held"].map({True: held[0], False: held[1]}))
    legend = alt.Legend(
        orient="top", title=None, symbolOpacity=1, labelLimit=300, columns=theme.legend_columns(1, 2)
    )
    colour = alt.Scale(domain=list(held), range=[theme.BLUE, theme.ORANGE])
    shape = alt.Scale(domain=list(held), range=["circle", "triangle-up"])
    base = alt.Chart(named).encode(
        y=alt.Y(
            "label:N",
            sort=list(named["label"]),
            title=None,
            axis=alt.Axis(labelLimit=theme.label_limit(), ticks=False, labelOverlap=False),
        ),
        color=alt.Color("group:N", scale=colour, legend=legend),
    )
    ends = np.log10([rows[["ratio", "low"]].min().min(), rows[["ratio", "high"]].max().max(), 1.0])
    # One tick a power of ten: the axis would draw a line for each of its nine parts.
    powers = [10.0**power for power in range(int(np.floor(ends.min())), int(np.ceil(ends.max())) + 1)]
    x = alt.X(
        "ratio:Q",
        title=axis,
        scale=alt.Scale(type="log", domain=[powers[0], powers[-1]]),
        axis=alt.Axis(format="~g", values=powers),
    )
    tooltip = [
        alt.Tooltip("label:N", title="Figure"),
        alt.Tooltip("ours:N", title=told[0]),
        alt.Tooltip("theirs:N", title=told[1]),
        alt.Tooltip("ratio:Q", title="Ratio", format=".3~g"),
        alt.Tooltip("verdict:N", title="Verdict"),
        alt.Tooltip("source:N", title="Source"),
    ]
    one = alt.Chart(pd.DataFrame({"ratio": [1.0]})).mark_rule(color=theme.GREY, strokeWidth=1.5)
    ranged = named.dropna(subset=["low", "high"])
    ranges = [
        base.properties(data=ranged)
        .mark_rule(strokeWidth=3, opacity=0.45)
        .encode(x="low:Q", x2="high:Q", tooltip=tooltip)
    ]
    return theme.styled(
        [
            one.encode(x=x),
            *(ranges if len(ranged) else []),
            base.mark_point(size=100, filled=True, opacity=1).encode(
                x="ratio:Q", shape=alt.Shape("group:N", scale=shape, legend=legend), tooltip=tooltip
            ),
        ],
        title,
        subtitle,
        alt.Step(_ROW_HEIGHT),
    )

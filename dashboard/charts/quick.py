"""A first look at the result of a statement: one column over another."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import theme

MOST_BARS = 40
KINDS = ("bars", "line", "points")
_HEIGHT = 360


def plottable(frame: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Columns that can stand below, and those with numbers that can stand beside, in the frame's order."""
    numbers = [str(name) for name in frame.columns if pd.api.types.is_numeric_dtype(frame[name])]
    flags = [name for name in numbers if pd.api.types.is_bool_dtype(frame[name])]
    return [str(name) for name in frame.columns], [name for name in numbers if name not in flags]


def suggested_kind(frame: pd.DataFrame, below: str) -> str:
    """Bars over words, a line over distinct numbers or dates in order, points over others."""
    column = frame[below]
    if not (pd.api.types.is_numeric_dtype(column) or pd.api.types.is_datetime64_any_dtype(column)):
        return "bars"
    return "line" if column.is_unique and column.is_monotonic_increasing else "points"


def quick_chart(frame: pd.DataFrame, below: str, beside: str, kind: str) -> theme.AnyChart:
    """One column of numbers over another column.

    Parameters
    ----------
    frame : pandas.DataFrame
    below, beside : str
        Columns of the axes; bars lie, so that their names can be read, the first `MOST_BARS` of them.
    kind : {'bars', 'line', 'points'}
    """
    rows = pd.DataFrame({"below": frame[below].tolist(), "beside": frame[beside].astype(float).tolist()})
    rows = rows.dropna().head(MOST_BARS) if kind == "bars" else rows.dropna()
    below_type = "N" if kind == "bars" else _type(rows["below"])
    tooltip = [
        alt.Tooltip(f"below:{below_type}", title=below),
        alt.Tooltip("beside:Q", title=beside, format=".6~g"),
    ]
    axis = alt.Axis(format="~s")
    if kind == "bars":
        words = rows.assign(below=rows["below"].astype(str))
        chart = alt.Chart(words).mark_bar(color=theme.BLUE)
        chart = chart.encode(
            x=alt.X("beside:Q", title=beside, axis=axis),
            y=alt.Y("below:N", sort=None, title=below),
            tooltip=tooltip,
        )
    else:
        mark = alt.Chart(rows)
        chart = (
            mark.mark_line(color=theme.BLUE, point=True)
            if kind == "line"
            else mark.mark_point(color=theme.BLUE)
        )
        chart = chart.encode(
            x=alt.X(f"below:{below_type}", title=below, scale=alt.Scale(zero=False)),
            y=alt.Y("beside:Q", scale=alt.Scale(zero=False), title=beside, axis=axis),
            tooltip=tooltip,
        )
    height = alt.Step(22) if kind == "bars" else _HEIGHT
    return theme.styled([chart], f"{beside} by {below}", f"{len(rows):,} rows of the statement", height)


def _type(column: pd.Series) -> str:
    if pd.api.types.is_datetime64_any_dtype(column):
        return "T"
    is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return "Q" if is_number else "N"

"""A figure over the years as the reader moves assumptions, beside the scenario as it stands."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import labels, theme
from dashboard.labels import Scale
from forecasting.bands import BAND_COLUMNS

_HEIGHT = 380
# A figure that changes by more over the years is drawn on a logarithmic axis, or its last years lie flat.
_MOST_LINEAR = 20.0


def what_if_rows(bands: pd.DataFrame, own: pd.DataFrame, scale: Scale) -> pd.DataFrame:
    """The rows that the chart draws: quantiles and the scenario's own median in the display unit, with words.

    Parameters
    ----------
    bands, own : pandas.DataFrame
        As `outputs.output_bands` gives them, with the reader's values in force and without.
    scale : Scale
    """
    rows = bands.merge(own[["year", "p50"]].rename(columns={"p50": "own"}), on="year")
    amounts = [*BAND_COLUMNS, "own"]
    rows[amounts] = rows[amounts] / scale.divisor
    if is_logarithmic(rows):
        rows[amounts] = rows[amounts].clip(lower=rows[["p50", "own"]].min().min() / 1000)
    words = {name: [labels.number(value, 3) for value in rows[name]] for name in amounts}
    rows["median"] = [f"{value} {scale.unit}" for value in words["p50"]]
    rows["half"] = [f"{low} to {high}" for low, high in zip(words["p25"], words["p75"], strict=True)]
    rows["most"] = [f"{low} to {high}" for low, high in zip(words["p5"], words["p95"], strict=True)]
    rows["itself"] = [f"{value} {scale.unit}" for value in words["own"]]
    return rows


def is_logarithmic(rows: pd.DataFrame) -> bool:
    """Whether the figure changes so much over the years that its axis is logarithmic."""
    least = float(rows[["p50", "own"]].min().min())
    return least > 0 and float(rows["p50"].max()) > _MOST_LINEAR * least


def what_if_chart(rows: pd.DataFrame, *, title: str, subtitle: str, y_title: str) -> alt.LayerChart:
    """Bands (5 to 95 and 25 to 75 %) and median, and a dashed line where the scenario itself lies.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `what_if_rows` gives them.
    title, subtitle, y_title : str
    """
    axis = alt.Axis(format="d", tickMinStep=1, grid=False, labelOverlap="parity")
    domain = [int(rows["year"].min()), int(rows["year"].max())]
    x = alt.X("year:Q", title=None, axis=axis, scale=alt.Scale(domain=domain, nice=False, zero=False))
    scale = alt.Scale(type="log", nice=True) if is_logarithmic(rows) else alt.Scale(zero=True, nice=True)
    values = theme.decades(rows["p5"].min(), rows["p95"].max()) if is_logarithmic(rows) else None
    marks = alt.Axis(format=",.4~f", tickCount=6, values=values or alt.Undefined)
    base = alt.Chart(rows).encode(x=x)
    tooltip = [
        alt.Tooltip("year:Q", title="Year", format="d"),
        alt.Tooltip("median:N", title="Median"),
        alt.Tooltip("half:N", title="Half of the draws"),
        alt.Tooltip("most:N", title="5 to 95 %"),
        alt.Tooltip("itself:N", title="The scenario itself"),
    ]
    bands = [
        base.mark_area(color=theme.BLUE, opacity=opacity, line=False).encode(
            y=alt.Y(f"{low}:Q", title=y_title, scale=scale, axis=marks), y2=f"{high}:Q"
        )
        for low, high, opacity in (("p5", "p95", 0.14), ("p25", "p75", 0.26))
    ]
    median = base.encode(y="p50:Q")
    return theme.styled(
        [
            *bands,
            base.mark_line(color=theme.GREY, strokeDash=[6, 3], strokeWidth=2).encode(y="own:Q"),
            median.mark_line(color=theme.BLUE, strokeWidth=2.6),
            median.mark_point(color=theme.BLUE, filled=True, opacity=1, size=36).encode(tooltip=tooltip),
        ],
        title,
        subtitle,
        _HEIGHT,
    )

"""A figure over two assumptions at once, as a heat map."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import labels, theme
from dashboard.labels import Scale

_ROW_HEIGHT = 44
# From pale to deep; dark letters on the one half and white ones on the other keep a contrast of 4.5 to 1.
_PALE, _MIDDLE, _DEEP = "#E7F0F7", "#7DB3D8", "#0B4F86"
_WHITE_FROM = 0.72


def cell_rows(swept: pd.DataFrame, scale: Scale) -> pd.DataFrame:
    """The cells with their words.

    Parameters
    ----------
    swept : pandas.DataFrame
        As `sweep.sweep` gives them over two assumptions, of one output.
    scale : Scale
        Display unit.
    """
    quantiles = ["p5", "p50", "p95"]
    rows = swept[["x", "y", *quantiles]].copy()
    rows[quantiles] = rows[quantiles] / scale.divisor
    rows["text"] = [labels.number(value) for value in rows["p50"]]
    rows["median"] = [f"{labels.number(value, 3)} {scale.unit}" for value in rows["p50"]]
    pairs = zip(rows["p5"], rows["p95"], strict=True)
    rows["most"] = [
        f"{labels.number(low, 3)} to {labels.number(high, 3)} {scale.unit}" for low, high in pairs
    ]
    for name in ("x", "y"):
        rows[f"{name}_said"] = [labels.number(value, 3) for value in rows[name]]
    span = rows["p50"].max() - rows["p50"].min()
    rows["strong"] = (rows["p50"] - rows["p50"].min()) > _WHITE_FROM * span
    return rows


def two_way_chart(
    rows: pd.DataFrame, *, title: str, subtitle: str, axes: tuple[str, str], unit: str
) -> alt.LayerChart:
    """Cells coloured by the median of the figure, which also stands in them.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `cell_rows` gives them.
    title, subtitle : str
    axes : tuple of str
        Names of both assumptions with their units.
    unit : str
        Of the figure.
    """
    across = list(dict.fromkeys(rows.sort_values("x")["x_said"]))
    upwards = list(dict.fromkeys(rows.sort_values("y", ascending=False)["y_said"]))
    flat = alt.Axis(labelAngle=0, ticks=False, domain=False, titleLimit=420)
    base = alt.Chart(rows).encode(
        x=alt.X("x_said:O", sort=across, title=axes[0], axis=flat),
        y=alt.Y("y_said:O", sort=upwards, title=theme.wrapped(axes[1], 40), axis=flat),
        tooltip=[
            alt.Tooltip("x_said:N", title=axes[0]),
            alt.Tooltip("y_said:N", title=axes[1]),
            alt.Tooltip("median:N", title="Median"),
            alt.Tooltip("most:N", title="5 to 95 %"),
        ],
    )
    colour = alt.Color(
        "p50:Q",
        scale=alt.Scale(range=[_PALE, _MIDDLE, _DEEP], zero=False, nice=False),
        legend=alt.Legend(
            orient="bottom", title=f"Median, {unit}", titleLimit=320, gradientLength=240, format=",.4~g"
        ),
    )
    ink = alt.condition("datum.strong", alt.value("white"), alt.value("#1b1f24"))
    return theme.styled(
        [
            base.mark_rect(stroke="white", strokeWidth=1).encode(color=colour),
            base.mark_text(fontSize=12).encode(text="text:N", color=ink),
        ],
        title,
        subtitle,
        alt.Step(_ROW_HEIGHT),
    )

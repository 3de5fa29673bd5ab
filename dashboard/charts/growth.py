"""Devices over their year of introduction, with the trend through those that shipped."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from dashboard import labels, theme
from dashboard.labels import Scale
from forecasting.device_growth import DeviceGrowth

_HEIGHT = 460
COLOURS = {
    "Memory bandwidth": theme.BLUE,
    "Dense": theme.BLUE,
    "2:4 sparse": theme.ORANGE,
    "Dense over peak power": theme.GREEN,
}
_TICKS = "datum.value < 0.001 ? format(datum.value, '.1~e') : format(datum.value, ',.3~f')"
_SHAPES = {"2:4 sparse": "diamond"}


def growth_rows(
    grown: Mapping[str, DeviceGrowth], scale: Scale, sources: pd.Series
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Points and trends that the chart draws, in the display unit, with their words for the tooltip.

    Parameters
    ----------
    grown : mapping of str to DeviceGrowth
        By the name of what grows.
    scale : Scale
    sources : pandas.Series
        Titles by source_id.
    """
    points = pd.concat([found.points.assign(kind=kind) for kind, found in grown.items()], ignore_index=True)
    points["value"] = points["value"] / scale.divisor
    points["said"] = [f"{labels.number(value, 3)} {scale.unit}" for value in points["value"]]
    points["standing"] = points["fitted"].map({True: "in the trend", False: "planned or estimated"})
    points["certainty"] = points["confidence"].map(theme.CONFIDENCE_MARKS).fillna(points["confidence"])
    points["source"] = points["source_id"].map(sources).fillna(points["source_id"])
    trends = pd.concat([found.curve.assign(kind=kind) for kind, found in grown.items()], ignore_index=True)
    trends[["value", "low", "high"]] = trends[["value", "low", "high"]].astype(float) / scale.divisor
    kept = ["name", "segment", "year", "value", "kind", "said", "standing", "certainty", "source", "fitted"]
    return points[kept], trends


def growth_chart(
    points: pd.DataFrame, trends: pd.DataFrame, *, title: str, subtitle: str, y_title: str
) -> alt.LayerChart:
    """Points (hollow where planned or estimated), trend lines and their 80 % bands, on a logarithmic axis.

    Parameters
    ----------
    points, trends : pandas.DataFrame
        As `growth_rows` gives them; trends may be empty.
    title, subtitle, y_title : str
    """
    kinds = list(dict.fromkeys(points["kind"]))
    scale = alt.Scale(domain=kinds, range=[COLOURS[kind] for kind in kinds])
    colour = alt.Color("kind:N", scale=scale, legend=None)
    layers = []
    if not trends.empty:
        base = alt.Chart(trends).encode(x=_x(points), color=colour)
        layers = [
            base.mark_area(opacity=0.13).encode(y=_y("low", y_title), y2="high:Q"),
            base.mark_line(strokeWidth=2.2).encode(y=_y("value", y_title)),
        ]
    return theme.styled([*layers, _points(points, scale, y_title)], title, subtitle, _HEIGHT)


def _x(points: pd.DataFrame) -> alt.X:
    first, last = int(points["year"].min()), int(points["year"].max()) + 1
    axis = alt.Axis(format="d", tickMinStep=1, grid=False)
    return alt.X("year:Q", title=None, axis=axis, scale=alt.Scale(domain=[first, last], nice=False))


def _y(field: str, title: str) -> alt.Y:
    return alt.Y(
        f"{field}:Q", title=title, scale=alt.Scale(type="log"), axis=alt.Axis(labelExpr=_TICKS, tickCount=6)
    )


def _points(points: pd.DataFrame, scale: alt.Scale, y_title: str) -> alt.Chart:
    kinds = list(dict.fromkeys(points["kind"]))
    legend = alt.Legend(orient="top", title=None) if len(kinds) > 1 else None
    shapes = alt.Scale(domain=kinds, range=[_SHAPES.get(kind, "circle") for kind in kinds])
    tooltip = [
        alt.Tooltip("name:N", title="Device"),
        alt.Tooltip("segment:N", title="Segment"),
        alt.Tooltip("year:Q", title="Introduced", format=".1f"),
        alt.Tooltip("kind:N", title="Figure"),
        alt.Tooltip("said:N", title="Value"),
        alt.Tooltip("standing:N", title="Counts as"),
        alt.Tooltip("certainty:N", title="Confidence"),
        alt.Tooltip("source:N", title="Source"),
    ]
    return (
        alt.Chart(points)
        .mark_point(size=46, strokeWidth=1.6, opacity=0.9)
        .encode(
            x=_x(points),
            y=_y("value", y_title),
            stroke=alt.Stroke("kind:N", scale=scale, legend=legend),
            shape=alt.Shape("kind:N", scale=shapes, legend=legend),
            fill=alt.Fill("kind:N", scale=scale, legend=legend),
            fillOpacity=alt.condition("datum.fitted", alt.value(0.75), alt.value(0)),
            tooltip=tooltip,
        )
    )

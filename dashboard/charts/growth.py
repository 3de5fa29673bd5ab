"""Devices over their year of introduction, with the trend through those that shipped."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from dashboard import labels, theme
from dashboard.labels import Scale
from forecasting.device_growth import DeviceGrowth

_HEIGHT = 500
_BAND = 0.11
# Segments that one trend stands for.
GROUPS = {
    "Data centre": ("datacenter",),
    "PC and workstation": ("pc", "workstation"),
    "Phone and tablet": ("phone", "tablet"),
    "Car and robot": ("vehicle", "robot"),
    "Edge board": ("edge", "edge_module", "edge_accelerator"),
    "Wearable and home": ("wearable", "home_iot"),
    "Server processor": ("server_cpu",),
}
_COLOURS = dict(
    zip(
        GROUPS,
        (theme.BLUE, theme.GREEN, theme.ORANGE, theme.PURPLE, theme.AMBER, theme.SKY, theme.GREY),
        strict=True,
    )
)
_SHAPES = dict(
    zip(
        GROUPS,
        ("square", "circle", "triangle-up", "diamond", "triangle-down", "cross", "triangle-right"),
        strict=True,
    )
)
_TICKS = "datum.value < 0.001 ? format(datum.value, '.1~e') : format(datum.value, ',.3~f')"


def growth_rows(
    grown: Mapping[str, DeviceGrowth], scale: Scale, sources: pd.Series
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Points and trends that the chart draws, in the display unit, with their words for the tooltip.

    Parameters
    ----------
    grown : mapping of str to DeviceGrowth
        By the name of the group.
    scale : Scale
    sources : pandas.Series
        Titles by source_id.
    """
    points = pd.concat([found.points.assign(kind=kind) for kind, found in grown.items()], ignore_index=True)
    points["value"] = points["value"] / scale.divisor
    points["said"] = [f"{labels.number(value, 3)} {scale.unit}" for value in points["value"]]
    points["standing"] = points["left_out"].replace("", "in the trend")
    points["certainty"] = points["confidence"].map(theme.CONFIDENCE_MARKS).fillna(points["confidence"])
    points["source"] = points["source_id"].map(sources).fillna(points["source_id"])
    trends = pd.concat([found.curve.assign(kind=kind) for kind, found in grown.items()], ignore_index=True)
    trends[["value", "low", "high"]] = trends[["value", "low", "high"]].astype(float) / scale.divisor
    kept = ["name", "segment", "year", "value", "kind", "said", "standing", "certainty", "source", "fitted"]
    return points[kept], trends


def growth_chart(
    points: pd.DataFrame, trends: pd.DataFrame, *, title: str, subtitle: str, y_title: str
) -> alt.LayerChart:
    """Points (hollow where no trend counts them), trend lines and their 80 % bands, on a logarithmic axis.

    Parameters
    ----------
    points, trends : pandas.DataFrame
        As `growth_rows` gives them; trends may be empty.
    title, subtitle, y_title : str
    """
    layers = [_points(points, y_title)]
    if not trends.empty:
        base = alt.Chart(trends).encode(x=_x(points), color=_colour(points))
        band = base.mark_area(opacity=_BAND).encode(y=_y("low", y_title, points), y2="high:Q")
        line = base.mark_line(strokeWidth=2.6).encode(y=_y("value", y_title, points))
        layers = [band, *layers, line]
    return theme.styled(layers, title, subtitle, _HEIGHT)


def _x(points: pd.DataFrame) -> alt.X:
    first, last = int(points["year"].min()), int(points["year"].max()) + 1
    axis = alt.Axis(format="d", tickMinStep=1, grid=False)
    return alt.X("year:Q", title=None, axis=axis, scale=alt.Scale(domain=[first, last], nice=False))


def _y(field: str, title: str, points: pd.DataFrame) -> alt.Y:
    marks = theme.decades(points["value"].min(), points["value"].max())
    chosen = {"tickCount": 6} if marks is None else {"values": marks}
    axis = alt.Axis(labelExpr=_TICKS, **chosen)
    return alt.Y(f"{field}:Q", title=title, scale=alt.Scale(type="log"), axis=axis)


def _colour(points: pd.DataFrame) -> alt.Color:
    kinds = list(dict.fromkeys(points["kind"]))
    return alt.Color("kind:N", scale=_scale(kinds), legend=_legend(kinds))


def _scale(kinds: list[str]) -> alt.Scale:
    return alt.Scale(domain=kinds, range=[_COLOURS[kind] for kind in kinds])


def _legend(kinds: list[str]) -> alt.Legend | None:
    if len(kinds) < 2:
        return None
    return alt.Legend(orient="top", title=None, symbolOpacity=1, columns=theme.legend_columns(1, 4))


def _points(points: pd.DataFrame, y_title: str) -> alt.Chart:
    kinds = list(dict.fromkeys(points["kind"]))
    shapes = alt.Scale(domain=kinds, range=[_SHAPES[kind] for kind in kinds])
    tooltip = [
        alt.Tooltip("name:N", title="Device"),
        alt.Tooltip("segment:N", title="Segment"),
        alt.Tooltip("year:Q", title="Introduced", format=".1f"),
        alt.Tooltip("said:N", title="Value"),
        alt.Tooltip("standing:N", title="Counts as"),
        alt.Tooltip("certainty:N", title="Confidence"),
        alt.Tooltip("source:N", title="Source"),
    ]
    return (
        alt.Chart(points)
        .mark_point(size=40, strokeWidth=1.4, opacity=0.85)
        .encode(
            x=_x(points),
            y=_y("value", y_title, points),
            color=_colour(points),
            shape=alt.Shape("kind:N", scale=shapes, legend=_legend(kinds)),
            fill=alt.Fill("kind:N", scale=_scale(kinds), legend=None),
            fillOpacity=alt.condition("datum.fitted", alt.value(0.75), alt.value(0)),
            tooltip=tooltip,
        )
    )

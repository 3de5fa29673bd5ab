"""Median and bands of the three series over the years, with what others published beside them."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboard import labels, theme
from dashboard.labels import Scale

_QUANTILES = ["p5", "p25", "p50", "p75", "p95"]
_HEIGHT = 500


def band_rows(forecast: pd.DataFrame, scale: Scale, *, log: bool) -> pd.DataFrame:
    """The rows that the chart draws: quantiles in the display unit, with their words for the tooltip.

    A logarithmic axis has no place for zero: medians that are not positive are left out there, and a band's
    lower edge stops at a thousandth of the smallest median.

    Parameters
    ----------
    forecast : pandas.DataFrame
        Columns year, series and p5 to p95; one sense, one quantity, totals.
    scale : Scale
        Display unit.
    log : bool
    """
    rows = forecast[["year", "series", *_QUANTILES]].copy()
    rows[_QUANTILES] = rows[_QUANTILES] / scale.divisor
    rows = rows[rows["p50"].notna()]
    if log:
        rows = rows[rows["p50"] > 0]
        rows[_QUANTILES] = rows[_QUANTILES].clip(lower=rows["p50"].min() / 1000)
    rows["name"] = rows["series"].map(labels.SERIES)
    rows["median"] = [f"{labels.number(p50, 3)} {scale.unit}" for p50 in rows["p50"]]
    rows["half"] = _range_words(rows, "p25", "p75")
    rows["most"] = _range_words(rows, "p5", "p95")
    return rows.reset_index(drop=True)


def published_rows(published: pd.DataFrame, scale: Scale) -> pd.DataFrame:
    """Published figures in the display unit: columns year, value, low, high, entity, source.

    Parameters
    ----------
    published : pandas.DataFrame
        Columns year, value, low, high, entity, source in the unit of the forecast; value, or both low and
        high, may be missing.
    scale : Scale
    """
    rows = published[["year", "value", "low", "high", "entity", "source"]].copy()
    rows[["value", "low", "high"]] = rows[["value", "low", "high"]].astype(float) / scale.divisor
    rows["said"] = [
        f"{labels.number(row.value, 3)} {scale.unit}" if pd.notna(row.value) else "–"
        for row in rows.itertuples()
    ]
    rows["most"] = _range_words(rows, "low", "high")
    return rows


def band_chart(
    rows: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    y_title: str,
    log: bool,
    last_history_year: int,
    published: pd.DataFrame | None = None,
) -> alt.LayerChart:
    """Bands (5 to 95 and 25 to 75 %) and medians by series: solid in history, dashed in projection.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `band_rows` gives them.
    title, subtitle, y_title : str
        The finding, what is drawn, and the axis with its unit.
    log : bool
        Logarithmic axis.
    last_history_year : int
        Medians up to this year are solid, later ones dashed.
    published : pandas.DataFrame, optional
        As `published_rows` gives them.
    """
    x = _year_axis(rows)
    layers = [*_bands(rows, x, y_title, log), *_medians(rows, x, last_history_year)]
    if published is not None and not published.empty:
        layers += _published(published, x)
    layers += _eras(rows, x, last_history_year)
    return theme.styled(layers, title, subtitle, _HEIGHT)


def _range_words(rows: pd.DataFrame, low: str, high: str) -> list[str]:
    pairs = zip(rows[low], rows[high], strict=True)
    return [
        f"{labels.number(a, 3)} to {labels.number(b, 3)}" if pd.notna(a) and pd.notna(b) and a != b else "–"
        for a, b in pairs
    ]


def _year_axis(rows: pd.DataFrame) -> alt.X:
    axis = alt.Axis(format="d", tickMinStep=1, grid=False, labelOverlap="parity")
    domain = [int(rows["year"].min()), int(rows["year"].max())]
    # Every layer bears this scale: one without it would pull the axis down to the year 0.
    return alt.X("year:Q", title=None, axis=axis, scale=alt.Scale(domain=domain, nice=False, zero=False))


def _colour() -> alt.Color:
    names = [labels.SERIES[series] for series in theme.SERIES_COLOURS]
    scale = alt.Scale(domain=names, range=list(theme.SERIES_COLOURS.values()))
    return alt.Color("name:N", scale=scale, legend=_legend())


def _legend() -> alt.Legend:
    columns = theme.legend_columns(2, 0)
    return alt.Legend(orient="top", title=None, symbolOpacity=1, labelFontSize=13, columns=columns)


def _bands(rows: pd.DataFrame, x: alt.X, y_title: str, log: bool) -> list[alt.Chart]:
    y_scale = alt.Scale(type="log", nice=True) if log else alt.Scale(zero=True, nice=True)
    y_axis = alt.Axis(format=",.4~f", tickCount=6)
    base = alt.Chart(rows).encode(x=x, color=_colour())
    y = [alt.Y(f"{low}:Q", title=y_title, scale=y_scale, axis=y_axis) for low in ("p5", "p25")]
    return [
        base.mark_area(opacity=0.14, line=False).encode(y=y[0], y2="p95:Q"),
        base.mark_area(opacity=0.26, line=False).encode(y=y[1], y2="p75:Q"),
    ]


def _medians(rows: pd.DataFrame, x: alt.X, last_history_year: int) -> list[alt.Chart]:
    base = alt.Chart(rows).encode(x=x, y="p50:Q", color=_colour())
    tooltip = [
        alt.Tooltip("name:N", title="Series"),
        alt.Tooltip("year:Q", title="Year", format="d"),
        alt.Tooltip("median:N", title="Median"),
        alt.Tooltip("half:N", title="Half of the draws"),
        alt.Tooltip("most:N", title="5 to 95 %"),
        alt.Tooltip("source:N", title="Source"),
    ]
    base = base.transform_calculate(
        source=f"datum.year <= {last_history_year} ? 'facts of the history and fleets tables' : "
        "'Edgewise, from the assumptions below'"
    )
    past, future = f"datum.year <= {last_history_year}", f"datum.year >= {last_history_year}"
    names = [labels.SERIES[series] for series in theme.SERIES_SHAPES]
    scale = alt.Scale(domain=names, range=list(theme.SERIES_SHAPES.values()))
    shape = alt.Shape("name:N", scale=scale, legend=_legend())
    return [
        base.transform_filter(past).mark_line(strokeWidth=2.6),
        base.transform_filter(future).mark_line(strokeWidth=2.6, strokeDash=[7, 4]),
        base.mark_point(size=52, filled=True, opacity=1).encode(shape=shape, tooltip=tooltip),
    ]


def _eras(rows: pd.DataFrame, x: alt.X, last_history_year: int) -> list[alt.Chart]:
    if not rows["year"].min() < last_history_year < rows["year"].max():
        return []
    edge = pd.DataFrame({"year": [last_history_year], "past": ["history"], "future": ["projection"]})
    base = alt.Chart(edge).encode(x=x)
    mark: Any = {"baseline": "top", "fontSize": 12, "aria": False}
    text = {"y": alt.value(4), "color": alt.value(theme.INK_SOFT)}
    return [
        base.mark_rule(color=theme.GREY, strokeDash=[2, 3], aria=False),
        base.mark_text(align="right", dx=-6, **mark).encode(text="past:N", **text),
        base.mark_text(align="left", dx=6, **mark).encode(text="future:N", **text),
    ]


def _published(published: pd.DataFrame, x: alt.X) -> list[alt.Chart]:
    base = alt.Chart(published).encode(x=x)
    tooltip = [
        alt.Tooltip("entity:N", title="Published"),
        alt.Tooltip("year:Q", title="Year", format="d"),
        alt.Tooltip("said:N", title="Value"),
        alt.Tooltip("most:N", title="Range"),
        alt.Tooltip("source:N", title="Source"),
    ]
    ranged = published[["low", "high"]].notna().all(axis=1).any()
    ranges = base.transform_filter("isValid(datum.low) && isValid(datum.high)").mark_rule(
        color=theme.GREY, strokeWidth=1.5
    )
    return [
        *([ranges.encode(y="low:Q", y2="high:Q")] if ranged else []),
        base.transform_filter("isValid(datum.value)")
        .mark_point(shape="cross", size=120, filled=True, color=theme.GREY, opacity=1)
        .encode(y="value:Q", tooltip=tooltip),
    ]

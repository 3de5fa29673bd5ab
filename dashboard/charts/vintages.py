"""A kept forecast beside the present one and what was observed."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd

from dashboard import labels, theme
from dashboard.labels import Scale
from forecasting.bands import BAND_COLUMNS

KEPT, PRESENT = "As kept", "As of now"
KNOWN, CAME = "Known when it was kept", "Observed since"
_COLOURS = {KEPT: theme.BLUE, PRESENT: theme.ORANGE}
_HEIGHT = 420
# On a logarithmic axis a band ends at this part of the smallest median.
_FLOOR = 1e-3


def vintage_rows(bands: pd.DataFrame, scale: Scale, *, log: bool) -> pd.DataFrame:
    """The rows of both bands in the display unit, with their words.

    Parameters
    ----------
    bands : pandas.DataFrame
        Columns which (`KEPT` or `PRESENT`), year, p5, p25, p50, p75, p95.
    scale : Scale
    log : bool
        Leave out medians that are not positive, and end the bands above zero.
    """
    rows = bands[["which", "year", *BAND_COLUMNS]].copy()
    rows[BAND_COLUMNS] = rows[BAND_COLUMNS].astype(float) / scale.divisor
    if log:
        rows = rows[rows["p50"] > 0]
        rows[BAND_COLUMNS] = rows[BAND_COLUMNS].clip(lower=rows["p50"].min() * _FLOOR)
    rows["median"] = [f"{labels.number(value, 3)} {scale.unit}" for value in rows["p50"]]
    rows["most"] = [
        f"{labels.number(low, 3)} to {labels.number(high, 3)}"
        for low, high in zip(rows["p5"], rows["p95"], strict=True)
    ]
    return rows.reset_index(drop=True)


def observed_rows(observed: pd.DataFrame, scale: Scale) -> pd.DataFrame:
    """What was observed, in the display unit.

    Parameters
    ----------
    observed : pandas.DataFrame
        Columns year, actual, when (`KNOWN` or `CAME`).
    scale : Scale
    """
    rows = observed[["year", "when"]].copy()
    rows["actual"] = observed["actual"].astype(float) / scale.divisor
    rows["said"] = [f"{labels.number(value, 3)} {scale.unit}" for value in rows["actual"]]
    return rows.reset_index(drop=True)


def vintage_chart(
    rows: pd.DataFrame, observed: pd.DataFrame, *, title: str, subtitle: str, axis: str, log: bool
) -> alt.LayerChart:
    """The kept median with its bands, the present median within dashed limits, crosses for what was observed.

    Parameters
    ----------
    rows, observed : pandas.DataFrame
        As `vintage_rows` and `observed_rows` give them; `observed` may be empty.
    title, subtitle, axis : str
    log : bool
        Logarithmic axis.
    """
    years = [int(rows["year"].min()), int(rows["year"].max())]
    x = alt.X(
        "year:Q",
        title=None,
        axis=alt.Axis(format="d", tickMinStep=1, grid=False, labelOverlap="parity"),
        scale=alt.Scale(domain=years, nice=False, zero=False),
    )
    y = _value_axis(rows, axis, log)
    layers = [*_kept(rows, x, y), *_present(rows, x), *_observed(observed, x)]
    return theme.styled(layers, title, subtitle, _HEIGHT)


def _value_axis(rows: pd.DataFrame, title: str, log: bool) -> dict[str, Any]:
    scale = alt.Scale(type="log", nice=True) if log else alt.Scale(zero=True, nice=True)
    values = theme.decades(rows["p5"].min(), rows["p95"].max()) if log else None
    chosen = {"tickCount": 6} if values is None else {"values": values}
    return {"title": title, "scale": scale, "axis": alt.Axis(format=",.4~f", **chosen)}


def _colour() -> alt.Color:
    return alt.Color(
        "which:N",
        scale=alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values())),
        legend=alt.Legend(orient="top", title=None, symbolOpacity=1),
    )


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("which:N", title="Forecast"),
        alt.Tooltip("year:Q", title="Year", format="d"),
        alt.Tooltip("median:N", title="Median"),
        alt.Tooltip("most:N", title="5 to 95 %"),
    ]


def _kept(rows: pd.DataFrame, x: alt.X, y: dict[str, Any]) -> list[alt.Chart]:
    base = alt.Chart(rows).transform_filter(f"datum.which === '{KEPT}'").encode(x=x, color=_colour())
    low, half = (alt.Y(f"{name}:Q", **y) for name in ("p5", "p25"))
    return [
        base.mark_area(opacity=0.14, line=False).encode(y=low, y2="p95:Q"),
        base.mark_area(opacity=0.26, line=False).encode(y=half, y2="p75:Q"),
        base.mark_line(strokeWidth=2.6).encode(y="p50:Q"),
        base.mark_point(size=45, filled=True, opacity=1).encode(y="p50:Q", tooltip=_tooltip()),
    ]


def _present(rows: pd.DataFrame, x: alt.X) -> list[alt.Chart]:
    base = alt.Chart(rows).transform_filter(f"datum.which === '{PRESENT}'").encode(x=x, color=_colour())
    limits = base.mark_line(strokeWidth=1.4, strokeDash=[3, 3])
    return [
        limits.encode(y="p5:Q"),
        limits.encode(y="p95:Q"),
        base.mark_line(strokeWidth=2.2).encode(y="p50:Q"),
        base.mark_point(size=45, shape="square", filled=True, opacity=1).encode(
            y="p50:Q", tooltip=_tooltip()
        ),
    ]


def _observed(observed: pd.DataFrame, x: alt.X) -> list[alt.Chart]:
    if observed.empty:
        return []
    shape = alt.Shape(
        "when:N",
        scale=alt.Scale(domain=[KNOWN, CAME], range=["cross", "triangle-up"]),
        legend=alt.Legend(
            orient="bottom",
            title=None,
            columns=theme.legend_columns(1, 0),
            symbolFillColor=theme.GREY,
            symbolStrokeColor=theme.GREY,
        ),
    )
    tooltip = [
        alt.Tooltip("when:N", title="What"),
        alt.Tooltip("year:Q", title="Year", format="d"),
        alt.Tooltip("said:N", title="Value"),
    ]
    return [
        alt.Chart(observed)
        .mark_point(size=130, filled=True, color=theme.GREY, opacity=1)
        .encode(x=x, y="actual:Q", shape=shape, tooltip=tooltip)
    ]

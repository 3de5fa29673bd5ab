"""Scenarios side by side: one panel each on one axis, so that heights compare at a glance."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import labels, theme
from dashboard.charts.bands import band_rows
from dashboard.labels import Scale

# Pixels between the legend and the panels under one line of names, and those of each further line.
_LEGEND_OFFSET, _LINE = 18, 15
_HEIGHT = 430


def panel_rows(frames: dict[str, pd.DataFrame], scale: Scale, *, log: bool) -> pd.DataFrame:
    """The bands of each scenario, moved to the right of the one before.

    Parameters
    ----------
    frames : dict of str to pandas.DataFrame
        Name of each scenario and its totals of one sense and quantity: columns year, series, p5 to p95.
    scale : Scale
        Display unit, the same for all.
    log : bool

    Returns
    -------
    pandas.DataFrame
        As `bands.band_rows`, with the columns panel, at (number of the panel) and x (place on the axis).
    """
    drawn = {panel: band_rows(frame, scale, log=log) for panel, frame in frames.items()}
    whole = pd.concat([rows.assign(panel=panel, at=at) for at, (panel, rows) in enumerate(drawn.items())])
    stride = _stride(whole)
    return whole.assign(x=whole["at"] * stride + whole["year"] - whole["year"].min()).reset_index(drop=True)


def multiples_chart(
    rows: pd.DataFrame, *, title: str, subtitle: str, y_title: str, log: bool, last_history_year: int
) -> alt.LayerChart:
    """Bands and medians of the series in a panel for each scenario; dashed from the last year of history.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `panel_rows` gives them.
    title, subtitle, y_title : str
    log : bool
        Logarithmic axis.
    last_history_year : int
    """
    x = _axis(rows)
    scale = alt.Scale(type="log", nice=True) if log else alt.Scale(zero=True, nice=True)
    y = alt.Y("p5:Q", title=y_title, scale=scale, axis=alt.Axis(format=",.4~f", tickCount=6))
    base = alt.Chart(rows).encode(x=x, color=_colour(_most_lines(rows)), detail="panel:N")
    median = base.encode(y=alt.Y("p50:Q", scale=scale))
    tooltip = [
        alt.Tooltip("panel:N", title="Scenario"),
        alt.Tooltip("name:N", title="Series"),
        alt.Tooltip("year:Q", title="Year", format="d"),
        alt.Tooltip("median:N", title="Median"),
        alt.Tooltip("half:N", title="Half of the draws"),
        alt.Tooltip("most:N", title="5 to 95 %"),
    ]
    return theme.styled(
        [
            base.mark_area(opacity=0.18, line=False).encode(y=y, y2="p95:Q"),
            median.transform_filter(f"datum.year <= {last_history_year}").mark_line(strokeWidth=2.4),
            median.transform_filter(f"datum.year >= {last_history_year}").mark_line(
                strokeWidth=2.4, strokeDash=[6, 3]
            ),
            median.mark_point(size=30, filled=True, opacity=1).encode(tooltip=tooltip),
            *_heads(rows, x),
        ],
        title,
        subtitle,
        _HEIGHT,
    )


def _stride(rows: pd.DataFrame) -> int:
    # A year's width of air between two panels.
    return int(rows["year"].max() - rows["year"].min()) + 1


def _axis(rows: pd.DataFrame) -> alt.X:
    first, stride, panels = int(rows["year"].min()), _stride(rows), int(rows["at"].max()) + 1
    span = stride - 1
    ticks = [at * stride + step for at in range(panels) for step in (0, span // 2, span)]
    axis = alt.Axis(
        values=ticks,
        labelExpr=f'width < {150 * panels} ? "\'" + ({first - 2000} + datum.value % {stride}) : '
        f"{first} + datum.value % {stride}",
        labelOverlap="parity",
        grid=False,
        domain=False,
    )
    domain = [-0.4, (panels - 1) * stride + span + 0.4]
    return alt.X("x:Q", title=None, axis=axis, scale=alt.Scale(domain=domain, nice=False, zero=False))


def _colour(head_lines: int) -> alt.Color:
    names = [labels.SERIES[series] for series in theme.SERIES_COLOURS]
    return alt.Color(
        "name:N",
        scale=alt.Scale(domain=names, range=list(theme.SERIES_COLOURS.values())),
        legend=alt.Legend(
            orient="top",
            title=None,
            symbolOpacity=1,
            labelFontSize=13,
            columns=theme.legend_columns(2, 0),
            offset=_LEGEND_OFFSET + _LINE * (head_lines - 1),
        ),
    )


def _head_lines(rows: pd.DataFrame) -> list[list[str]]:
    """The name of each panel in lines that fit it, empty ones above where others have more."""
    names = rows.drop_duplicates("at")["panel"]
    lines = [theme.wrapped(str(name), 13 if len(names) > 2 else 24) for name in names]
    most = max(map(len, lines))
    return [[" "] * (most - len(part)) + part for part in lines]


def _most_lines(rows: pd.DataFrame) -> int:
    return len(_head_lines(rows)[0])


def _heads(rows: pd.DataFrame, x: alt.X) -> list[alt.Chart]:
    stride = _stride(rows)
    panels = rows.drop_duplicates("at")[["panel", "at"]]
    heads = panels.assign(x=panels["at"] * stride + (stride - 1) / 2)
    edges = pd.DataFrame({"x": [at * stride - 0.5 for at in heads["at"] if at]})
    # Names longer than a panel is wide run over two lines.
    heads["head"] = ["\n".join(lines) for lines in _head_lines(rows)]
    text = alt.Chart(heads).mark_text(
        fontSize=13, fontWeight="bold", baseline="bottom", color=theme.INK_SOFT, lineBreak="\n"
    )
    rules = alt.Chart(edges).mark_rule(color=theme.GREY, opacity=0.5)
    return [
        *([rules.encode(x=x)] if len(edges) else []),
        text.encode(x=x, y=alt.value(-6 - _LINE * (_most_lines(rows) - 1)), text="head:N"),
    ]

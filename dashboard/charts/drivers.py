"""What a figure hangs on: a tornado, and total-effect indices with their errors."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import labels, theme
from dashboard.labels import Scale

_ROW_HEIGHT = 28
# Of the standard error of an index, either way.
_ERRORS = 2.0
KINDS = {"assumption": "Assumption", "drivers": "Drivers of a workload", "fleet": "Fleet"}
_KIND_COLOURS = dict(zip(KINDS.values(), (theme.BLUE, theme.GREEN, theme.AMBER), strict=True))
_ENDS = {"Input at its 5 %": theme.SKY, "Input at its 95 %": theme.BLUE}


def tornado_rows(frame: pd.DataFrame, scale: Scale, most: int) -> pd.DataFrame:
    """The inputs that move the figure most, two rows each: at its low and at its high.

    Parameters
    ----------
    frame : pandas.DataFrame
        As `sensitivity.sensitivity` gives it, of one output.
    scale : Scale
        Display unit.
    most : int
        Inputs at most.

    Returns
    -------
    pandas.DataFrame
        Columns label, end, central, value (in the display unit), said, swing, kind; the widest swing first.
    """
    swing = (frame["at_high"] - frame["at_low"]).abs()
    widest = frame.assign(swing=swing).nlargest(most, "swing")
    widest = widest[widest["swing"] > 0]
    rows = pd.concat(
        [
            widest.assign(end=end, value=widest[column])
            for end, column in zip(_ENDS, ("at_low", "at_high"), strict=True)
        ],
        ignore_index=True,
    )
    rows["said"] = [f"{labels.number(value / scale.divisor, 3)} {scale.unit}" for value in rows["value"]]
    rows["central"] = rows["at_central"] / scale.divisor
    rows[["value", "swing"]] = rows[["value", "swing"]] / scale.divisor
    rows["kind"] = rows["kind"].map(KINDS)
    rows = rows.rename(columns={"name": "label"}).sort_values("swing", ascending=False, kind="stable")
    kept = ["label", "end", "central", "value", "said", "swing", "kind", "inputs"]
    return rows[kept].reset_index(drop=True)


def tornado_chart(rows: pd.DataFrame, *, title: str, subtitle: str, axis: str) -> alt.LayerChart:
    """Bars from the central figure to the one with an input at its low or at its high.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `tornado_rows` gives them.
    title, subtitle, axis : str
    """
    base = alt.Chart(rows).encode(y=_inputs(rows))
    x = alt.X("central:Q", title=axis, scale=alt.Scale(zero=False, nice=True), axis=alt.Axis(tickCount=6))
    colour = alt.Color(
        "end:N",
        scale=alt.Scale(domain=list(_ENDS), range=list(_ENDS.values())),
        legend=alt.Legend(orient="top", title=None, columns=theme.legend_columns(1, 0)),
    )
    tooltip = [
        alt.Tooltip("label:N", title="Input"),
        alt.Tooltip("end:N", title="At"),
        alt.Tooltip("said:N", title="The figure is"),
        alt.Tooltip("kind:N", title="Kind"),
        alt.Tooltip("inputs:Q", title="Inputs in it"),
    ]
    centre = alt.Chart(rows.head(1)).mark_rule(color=theme.GREY, strokeWidth=1.5).encode(x="central:Q")
    return theme.styled(
        [
            base.mark_bar(size=16).encode(x=x, x2="value:Q", color=colour, tooltip=tooltip),
            centre,
        ],
        title,
        subtitle,
        alt.Step(_ROW_HEIGHT),
    )


def effect_rows(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """The inputs with the largest total effect, with two standard errors either way.

    Parameters
    ----------
    frame : pandas.DataFrame
        As `sensitivity.sensitivity` gives it, of one output.
    most : int
        Inputs at most.
    """
    rows = frame[frame["total_effect"] > 0].nlargest(most, "total_effect").rename(columns={"name": "label"})
    spread = _ERRORS * rows["total_effect_error"]
    rows = rows.assign(
        low=(rows["total_effect"] - spread).clip(lower=0.0),
        high=rows["total_effect"] + spread,
        kind=rows["kind"].map(KINDS),
    )
    rows["said"] = [
        f"{labels.percent(effect)} ± {labels.percent(error)}"
        for effect, error in zip(rows["total_effect"], spread, strict=True)
    ]
    kept = ["label", "total_effect", "total_effect_error", "low", "high", "said", "kind", "inputs"]
    return rows[kept].reset_index(drop=True)


def effect_chart(rows: pd.DataFrame, *, title: str, subtitle: str) -> alt.LayerChart:
    """Points of total effect with their error bars.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `effect_rows` gives them.
    title, subtitle : str
    """
    present = [kind for kind in _KIND_COLOURS if kind in set(rows["kind"])]
    legend = alt.Legend(orient="top", title=None, symbolOpacity=1, columns=theme.legend_columns(1, 0))
    base = alt.Chart(rows).encode(
        y=_inputs(rows),
        color=alt.Color(
            "kind:N",
            scale=alt.Scale(domain=present, range=[_KIND_COLOURS[kind] for kind in present]),
            legend=legend,
        ),
        tooltip=[
            alt.Tooltip("label:N", title="Input"),
            alt.Tooltip("said:N", title="Total effect"),
            alt.Tooltip("kind:N", title="Kind"),
            alt.Tooltip("inputs:Q", title="Inputs in it"),
        ],
    )
    x = alt.X(
        "low:Q",
        title="Share of the variance",
        scale=alt.Scale(zero=True),
        axis=alt.Axis(format="%", tickCount=6),
    )
    return theme.styled(
        [
            base.mark_rule(strokeWidth=3, opacity=0.5).encode(x=x, x2="high:Q"),
            base.mark_point(size=90, filled=True, opacity=1).encode(x="total_effect:Q"),
        ],
        title,
        subtitle,
        alt.Step(_ROW_HEIGHT),
    )


def _inputs(rows: pd.DataFrame) -> alt.Y:
    axis = alt.Axis(labelLimit=theme.label_limit(), ticks=False, labelOverlap=False)
    return alt.Y("label:N", sort=list(dict.fromkeys(rows["label"])), title=None, axis=axis)

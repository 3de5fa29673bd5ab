"""Forecasts made from past dates against what came, and how far each method misses."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import labels, theme

_HEIGHT = 430
_APART_DAYS = 24
METHODS = {
    "blend": "Blend (used here)",
    "refit": "Refit of the trend",
    "declining_growth": "Declining growth",
    "logistic": "Logistic",
    "gompertz": "Gompertz",
    "constant_growth": "Constant growth (baseline)",
    "no_change": "No change (baseline)",
}
_COLOURS = dict(
    zip(
        METHODS,
        [
            theme.ORANGE,
            theme.BLUE,
            theme.GREEN,
            theme.PURPLE,
            theme.AMBER,
            theme.GREY,
            theme.GREY,
        ],
        strict=True,
    )
)
_DASHES = {
    name: [5, 4] if name == "constant_growth" else [2, 3] if name == "no_change" else [1, 0]
    for name in METHODS
}


def outlook_rows(frame: pd.DataFrame) -> pd.DataFrame:
    """One method's forecasts, in words for the tooltip.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of a backtest of one method.
    """
    rows = frame[["origin", "target", "horizon_years", "predicted", "low", "high", "actual", "inside"]].copy()
    for name in ("origin", "target"):
        rows[name] = pd.to_datetime(rows[name])
    # Intervals that end on the same date stand side by side.
    rows["shown"] = rows["target"] + pd.to_timedelta((rows["horizon_years"] - 3) * _APART_DAYS, unit="D")
    rows["ahead"] = [labels.counted(int(years), "year") + " ahead" for years in rows["horizon_years"]]
    for name in ("predicted", "actual"):
        rows[f"{name}_said"] = [labels.power_of_ten(value, "FLOP") for value in rows[name]]
    rows["interval"] = [
        f"{labels.power_of_ten(low, '').strip()} to {labels.power_of_ten(high, 'FLOP')}"
        for low, high in zip(rows["low"], rows["high"], strict=True)
    ]
    rows["hit"] = rows["inside"].map({True: "inside the interval", False: "outside the interval"})
    rows["made"] = rows["origin"].dt.strftime("%b %Y")
    rows["due"] = rows["target"].dt.strftime("%b %Y")
    return rows.reset_index(drop=True)


def outlook_chart(rows: pd.DataFrame, *, title: str, subtitle: str) -> alt.LayerChart:
    """Medians and 80 % intervals at the date that they speak of, over the record that came.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `outlook_rows` gives them.
    title, subtitle : str
    """
    x = alt.X("target:T", title=None, axis=alt.Axis(format="%Y", tickCount="year", grid=False))
    scale = alt.Scale(type="log", nice=True)
    axis = alt.Axis(format="~e", tickCount=6)
    y = alt.Y("low:Q", title="Largest run so far, FLOP", scale=scale, axis=axis)
    ahead = list(dict.fromkeys(rows.sort_values("horizon_years")["ahead"]))
    base = alt.Chart(rows).encode(
        x=alt.X("shown:T", title=None),
        color=alt.Color(
            "ahead:N",
            sort=ahead,
            scale=alt.Scale(domain=ahead, range=theme.LINE_COLOURS[: len(ahead)]),
            legend=alt.Legend(orient="top", title=None, symbolOpacity=1, columns=theme.legend_columns(2, 0)),
        ),
    )
    tooltip = [
        alt.Tooltip(f"{field}:N", title=told)
        for field, told in (
            ("made", "Made"),
            ("due", "Of"),
            ("ahead", "Ahead"),
            ("predicted_said", "Median"),
            ("interval", "80 % interval"),
            ("actual_said", "Came"),
            ("hit", "The outcome lies"),
        )
    ]
    came = alt.Chart(rows.drop_duplicates("target")).encode(
        x=x,
        y=alt.Y("actual:Q", scale=scale),
        tooltip=[alt.Tooltip("due:N", title="Date"), alt.Tooltip("actual_said:N", title="Came")],
    )
    return theme.styled(
        [
            came.mark_line(color=theme.GREY, strokeWidth=2, interpolate="step-after"),
            base.mark_rule(strokeWidth=2, opacity=0.6).encode(y=y, y2="high:Q", tooltip=tooltip),
            base.mark_point(size=60, filled=True, opacity=1).encode(
                y=alt.Y("predicted:Q", scale=scale), tooltip=tooltip
            ),
            came.mark_point(color=theme.GREY, shape="diamond", size=90, filled=True, opacity=1),
        ],
        title,
        subtitle,
        _HEIGHT,
    )


def miss_rows(summary: pd.DataFrame) -> pd.DataFrame:
    """How far the methods miss by horizon, in words for the tooltip.

    Parameters
    ----------
    summary : pandas.DataFrame
        As `backtest.backtest_summary` gives it.
    """
    rows = summary[["method", "horizon_years", "forecasts", "mae_oom", "bias_oom", "coverage"]].copy()
    rows["name"] = rows["method"].map(METHODS).fillna(rows["method"])
    rows["factor"] = [f"a factor of {labels.number(10**miss)}" for miss in rows["mae_oom"]]
    rows["inside"] = [labels.percent(share) for share in rows["coverage"]]
    return rows


def miss_chart(rows: pd.DataFrame, *, title: str, subtitle: str) -> alt.LayerChart:
    """Mean absolute error in orders of magnitude over the horizon, a line a method, baselines dashed.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `miss_rows` gives them.
    title, subtitle : str
    """
    order = [METHODS[name] for name in METHODS if name in set(rows["method"])]
    names = [name for name in METHODS if name in set(rows["method"])]
    legend = alt.Legend(
        orient="top",
        title=None,
        symbolOpacity=1,
        symbolType="stroke",
        symbolStrokeWidth=3,
        columns=theme.legend_columns(1, 4),
    )
    base = alt.Chart(rows).encode(
        x=alt.X(
            "horizon_years:Q",
            title="Years ahead",
            axis=alt.Axis(format="d", tickMinStep=1, grid=False),
            scale=alt.Scale(nice=False, padding=14),
        ),
        y=alt.Y("mae_oom:Q", title="Mean miss, orders of magnitude", scale=alt.Scale(zero=True)),
        color=alt.Color(
            "name:N", scale=alt.Scale(domain=order, range=[_COLOURS[name] for name in names]), legend=legend
        ),
    )
    dash = alt.StrokeDash(
        "name:N", scale=alt.Scale(domain=order, range=[_DASHES[name] for name in names]), legend=legend
    )
    tooltip = [
        alt.Tooltip("name:N", title="Method"),
        alt.Tooltip("horizon_years:Q", title="Years ahead"),
        alt.Tooltip("mae_oom:Q", title="Mean miss, orders of magnitude", format=".2f"),
        alt.Tooltip("factor:N", title="That is"),
        alt.Tooltip("bias_oom:Q", title="Mean of the error", format="+.2f"),
        alt.Tooltip("inside:N", title="Inside the 80 % interval"),
        alt.Tooltip("forecasts:Q", title="Forecasts"),
    ]
    return theme.styled(
        [
            base.mark_line(strokeWidth=2.4).encode(strokeDash=dash),
            base.mark_point(size=56, filled=True, opacity=1).encode(tooltip=tooltip),
        ],
        title,
        subtitle,
        _HEIGHT,
    )

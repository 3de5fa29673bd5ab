"""From one scenario's figure to another's, a bar for each cause."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import labels, theme
from dashboard.labels import Scale

_ROW_HEIGHT = 34
KINDS = {"level": theme.GREY, "more": theme.ORANGE, "less": theme.BLUE}
_NAMES = {"level": "Median of a scenario", "more": "Raises it", "less": "Lowers it"}


def step_rows(steps: pd.DataFrame, start: str, end: str, scale: Scale) -> pd.DataFrame:
    """The bars: both scenarios' levels, and between them what each cause adds or takes.

    Parameters
    ----------
    steps : pandas.DataFrame
        As `waterfall.waterfall` gives them; at least one row.
    start, end : str
        Names of the scenarios.
    scale : Scale
        Display unit.

    Returns
    -------
    pandas.DataFrame
        Columns label, low, high, kind (``level``, ``more``, ``less``), said, assumptions, in the order drawn.
    """
    first, last = float(steps["level_before"].iloc[0]), float(steps["level_after"].iloc[-1])
    bars = [(start, 0.0, first, "level", first, "")]
    for row in steps.itertuples():
        kind = "more" if row.effect >= 0 else "less"
        bars.append((row.name, row.level_before, row.level_after, kind, row.effect, row.assumptions))
    bars.append((end, 0.0, last, "level", last, ""))
    rows = pd.DataFrame(bars, columns=["label", "low", "high", "kind", "amount", "assumptions"])
    rows[["low", "high", "amount"]] = rows[["low", "high", "amount"]] / scale.divisor
    rows["said"] = [
        f"{'+' if kind == 'more' else ''}{labels.number(amount, 3)} {scale.unit}"
        for kind, amount in zip(rows["kind"], rows["amount"], strict=True)
    ]
    rows["group"] = rows["kind"].map(_NAMES)
    rows["end"] = rows[["low", "high"]].max(axis=1)
    return rows


def waterfall_chart(rows: pd.DataFrame, *, title: str, subtitle: str, axis: str) -> alt.LayerChart:
    """Horizontal bars that lead from one level to the other; the numbers stand beside them.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `step_rows` gives them.
    title, subtitle, axis : str
    """
    names = [_NAMES[kind] for kind in KINDS]
    base = alt.Chart(rows).encode(
        y=alt.Y(
            "label:N",
            sort=list(rows["label"]),
            title=None,
            axis=alt.Axis(labelLimit=theme.label_limit(), ticks=False, labelOverlap=False),
        ),
        tooltip=[
            alt.Tooltip("label:N", title="Step"),
            alt.Tooltip("said:N", title="Amount"),
            alt.Tooltip("assumptions:N", title="Assumptions"),
        ],
    )
    highest = float(rows["end"].max())
    x = alt.X(
        "low:Q",
        title=axis,
        scale=alt.Scale(domain=[0, highest * 1.25], nice=False),
        axis=alt.Axis(tickCount=6),
    )
    colour = alt.Color(
        "group:N",
        scale=alt.Scale(domain=names, range=list(KINDS.values())),
        legend=alt.Legend(orient="top", title=None, columns=theme.legend_columns(1, 0)),
    )
    return theme.styled(
        [
            base.mark_bar(size=20).encode(x=x, x2="high:Q", color=colour),
            base.mark_text(align="left", dx=5, color=theme.INK_SOFT, fontSize=12).encode(
                x="end:Q", text="said:N"
            ),
        ],
        title,
        subtitle,
        alt.Step(_ROW_HEIGHT),
    )

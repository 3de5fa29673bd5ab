"""One request on a device and in a data centre: latency, energy and cost over distance or payload."""

from __future__ import annotations

import re
from dataclasses import dataclass

import altair as alt
import pandas as pd

from dashboard import labels, theme

_HEIGHT = 480
ON_DEVICE = "On the device"
# Orange is the edge's on every page.
NETWORK_COLOURS = [theme.BLUE, theme.GREEN, theme.PURPLE, theme.SKY]


@dataclass(frozen=True)
class Compared:
    """What of a request is compared: columns, unit, and the verdict's column."""

    title: str
    edge: str
    cloud: str
    verdict: str
    unit: str


COMPARED = {
    "latency": Compared("Latency of one item", "edge_latency_s", "cloud_latency_s", "faster", "s"),
    "energy": Compared("Energy of one item", "edge_energy_j", "cloud_energy_j", "thriftier", "J"),
    "cost": Compared("Cost of one item", "edge_cost_usd", "cloud_cost_usd", "cheaper", "US$"),
}


def break_even_rows(frame: pd.DataFrame, compared: Compared, over: str) -> pd.DataFrame:
    """A line for the device and one for each network, in words for the tooltip.

    Parameters
    ----------
    frame : pandas.DataFrame
        As `breakeven.break_even_map` gives it.
    compared : Compared
    over : str
        The column on the axis: distance_km or payload_scale.
    """
    cloud = frame[["network", over]].assign(
        value=frame[compared.cloud], line=["Cloud: " + short_name(name) for name in frame["network"]]
    )
    edge = frame.drop_duplicates(over)[[over]].assign(line=ON_DEVICE, network="none")
    edge["value"] = frame.drop_duplicates(over)[compared.edge].where(frame.drop_duplicates(over)["edge_fits"])
    rows = pd.concat([edge, cloud], ignore_index=True)
    rows = rows[rows["value"] > 0].rename(columns={over: "x"})
    rows["said"] = [_said(value, compared.unit) for value in rows["value"]]
    return rows.reset_index(drop=True)


def short_name(network: str) -> str:
    """The network's name without where it ends, which is the same for most."""
    return re.sub(r",? to nearest cloud region$", "", network)


def break_even_chart(
    rows: pd.DataFrame, *, title: str, subtitle: str, axes: tuple[str, str]
) -> alt.LayerChart:
    """Lines on two logarithmic axes; the device's line is thick and orange.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `break_even_rows` gives them.
    title, subtitle : str
    axes : tuple of str
        Titles of both axes with units.
    """
    lines = [ON_DEVICE, *(line for line in dict.fromkeys(rows["line"]) if line != ON_DEVICE)]
    ticks = alt.Axis(format="~g", tickCount=6, grid=False)
    legend = alt.Legend(
        orient="top", title=None, symbolOpacity=1, labelLimit=300, columns=theme.legend_columns(1, 2)
    )
    base = alt.Chart(rows).encode(
        x=alt.X("x:Q", title=axes[0], scale=alt.Scale(type="log", nice=False), axis=ticks),
        y=alt.Y(
            "value:Q",
            title=axes[1],
            scale=alt.Scale(type="log", nice=True),
            axis=alt.Axis(format="~g", tickCount=5),
        ),
        color=alt.Color(
            "line:N",
            scale=alt.Scale(domain=lines, range=[theme.ORANGE, *NETWORK_COLOURS][: len(lines)]),
            legend=legend,
        ),
    )
    tooltip = [
        alt.Tooltip("line:N", title="Where"),
        alt.Tooltip("x:Q", title=axes[0], format=",.3~g"),
        alt.Tooltip("said:N", title=axes[1]),
    ]
    return theme.styled(
        [
            base.transform_filter(f"datum.line == '{ON_DEVICE}'").mark_line(strokeWidth=4),
            base.transform_filter(f"datum.line != '{ON_DEVICE}'").mark_line(strokeWidth=2.2),
            base.mark_point(size=40, filled=True, opacity=1).encode(tooltip=tooltip),
        ],
        title,
        subtitle,
        _HEIGHT,
    )


def _said(value: float, unit: str) -> str:
    return labels.duration(value) if unit == "s" else f"{labels.number(value, 3)} {unit}"

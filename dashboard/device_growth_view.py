"""How bandwidth, operations and operations a watt of devices grow over the years."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import address, controls, device_loaders, figures, labels, provenance
from dashboard.charts import growth
from datasets.database import Snapshot
from forecasting.device_growth import ON_CHIP, RACK, DeviceGrowth
from forecasting.device_growth import QUANTITIES as UNITS

# A quantity by its name in the address, and its title.
QUANTITIES = {"bandwidth": "bandwidth", "peak": "dense", "sparse": "sparse", "efficiency": "dense_per_watt"}
_TITLES = {
    "bandwidth": "Memory bandwidth",
    "peak": "Dense 8-bit peak",
    "sparse": "2:4 sparse 8-bit peak",
    "efficiency": "Dense 8-bit operations a watt",
}
_MOST_TOLD = 3


def shown(current: Snapshot, page: str, within: pd.DataFrame) -> None:
    """Draw the choice of quantity and the chart.

    Parameters
    ----------
    current : Snapshot
    page : str
        The page whose field ``quantity`` holds the choice.
    within : pandas.DataFrame
        Rows of the table ``devices`` that pass the page's filter.
    """
    quantity = str(
        st.segmented_control(
            "Quantity",
            list(QUANTITIES),
            required=True,
            format_func=controls.named(pd.Series(_TITLES)),
            key=address.key(page, "quantity"),
        )
    )
    grown = _by_group(current, QUANTITIES[quantity], within)
    if not grown:
        st.info("No device that passes the filter states this figure: clear a segment or a year.")
        return
    points = pd.concat([found.points for found in grown.values()])
    scale = labels.scale_for(UNITS[QUANTITIES[quantity]], float(points["value"].median()))
    title = _finding(_TITLES[quantity], grown)
    rows, trends = growth.growth_rows(grown, scale, pd.Series(provenance.source_titles(current.tables)))
    chart = partial(
        growth.growth_chart,
        rows,
        trends,
        title=title,
        subtitle="By year of introduction. Line and band: trend of a group and 80 % of its devices; "
        "hollow: not in the trend. Hover for source and confidence",
        y_title=f"{_TITLES[quantity]}, {scale.unit}",
    )
    figures.figure(
        chart,
        rows=rows,
        name="growth",
        alt=f"{title}. Scatter chart of {labels.counted(len(points), 'device')}, logarithmic axis.",
        source=provenance.source_line(current.tables, points["source_id"]),
    )
    _left_out(points)


def _by_group(current: Snapshot, quantity: str, within: pd.DataFrame) -> dict[str, DeviceGrowth]:
    """Growth of each group of segments that has a device with this figure."""
    found = {}
    for group, segments in growth.GROUPS.items():
        chosen = tuple(within.loc[within["segment"].isin(segments), "device_id"])
        grown = device_loaders.grown(current, quantity, chosen)
        if len(grown.points):
            found[group] = grown
    return found


def _finding(what: str, grown: dict[str, DeviceGrowth]) -> str:
    trends = {group: found for group, found in grown.items() if not found.curve.empty}
    if not trends:
        return f"{what}: too few devices for a trend"
    first, *others = trends
    leading = trends[first]
    told = [
        f"{labels.number(trends[group].growth_per_year, 3)}-fold in {labels.lowered(group)}"
        for group in others[:_MOST_TOLD]
    ]
    return (
        f"{what} grows {labels.number(leading.growth_per_year, 3)}-fold a year in {labels.lowered(first)} "
        f"({labels.number(leading.growth_low, 3)} to {labels.number(leading.growth_high, 3)})"
        + (f", {labels.listed(told)}" if told else "")
    )


def _left_out(points: pd.DataFrame) -> None:
    """Name the devices that shipped and yet bear no trend."""
    odd = points[points["left_out"].isin([ON_CHIP, RACK])]
    told = [
        f"{labels.listed([labels.escaped(name) for name in rows['name']])} ({why})"
        for why, rows in odd.groupby("left_out", sort=True)
    ]
    if told:
        st.caption(f"Drawn, but in no trend: {'; '.join(told)}.")

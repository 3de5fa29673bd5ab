"""How bandwidth, operations and operations a watt of devices grow over the years."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import address, controls, device_loaders, figures, labels, provenance
from dashboard.charts import growth
from datasets.database import Snapshot
from forecasting.device_growth import QUANTITIES as UNITS
from forecasting.device_growth import DeviceGrowth

# What is drawn together: name of each line, and the quantity behind it.
QUANTITIES = {
    "bandwidth": {"Memory bandwidth": "bandwidth"},
    "peak": {"Dense": "dense", "2:4 sparse": "sparse"},
    "efficiency": {"Dense over peak power": "dense_per_watt"},
}
_TITLES = {
    "bandwidth": "Memory bandwidth",
    "peak": "8-bit peak, dense and sparse",
    "efficiency": "Dense 8-bit operations a watt",
}


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
    chosen = tuple(within["device_id"])
    grown = {kind: device_loaders.grown(current, name, chosen) for kind, name in QUANTITIES[quantity].items()}
    if all(found.points.empty for found in grown.values()):
        st.info("No device that passes the filter states this figure: clear a segment or a year.")
        return
    usual = float(pd.concat([found.points["value"] for found in grown.values()]).median())
    scale = labels.scale_for(UNITS[next(iter(QUANTITIES[quantity].values()))], usual)
    titles = pd.Series(provenance.source_titles(current.tables))
    points, trends = growth.growth_rows(grown, scale, titles)
    title = _finding(grown)
    chart = partial(
        growth.growth_chart,
        points,
        trends,
        title=title,
        subtitle="By year of introduction. Line and band: trend and 80 % of devices; hollow: planned or "
        "estimated, not in the trend",
        y_title=f"{_TITLES[quantity]}, {scale.unit}",
    )
    ids = pd.concat([found.points for found in grown.values()])["source_id"]
    figures.figure(
        chart,
        rows=points,
        name="growth",
        alt=f"{title}. Scatter chart of {labels.counted(len(points), 'device')}, logarithmic axis.",
        source=provenance.source_line(current.tables, ids),
    )


def _finding(grown: dict[str, DeviceGrowth]) -> str:
    parts = []
    for kind, found in grown.items():
        if found.curve.empty:
            parts.append(f"{kind}: too few devices for a trend")
        else:
            span = f"{labels.number(found.growth_low, 3)} to {labels.number(found.growth_high, 3)}"
            parts.append(f"{kind} grows {labels.number(found.growth_per_year, 3)}-fold a year ({span})")
    return "; ".join(parts)

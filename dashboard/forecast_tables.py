"""The tables under the forecast: segments of the last year, assumptions with their sources."""

from __future__ import annotations

import streamlit as st

from dashboard import controls, labels, loaders, provenance
from datasets.database import Snapshot
from forecasting.years import LAST_YEAR


def segments(
    current: Snapshot, scenario_id: str, quantity: str, overrides: dict[str, float], sense: str
) -> None:
    """Draw every segment of the last year in one sense."""
    frame = loaders.forecast_bands(current, scenario_id, quantity, overrides)
    rows = frame[(frame["sense"] == sense) & (frame["year"] == frame["year"].max())].copy()
    unit = str(rows["unit"].iloc[0]) if not rows.empty else ""
    scale = labels.scale_for(unit, float(rows["p50"].max()) if not rows.empty else 0.0)
    quantiles = ["p5", "p25", "p50", "p75", "p95"]
    rows[quantiles] = rows[quantiles] / scale.divisor
    rows["series"] = rows["series"].map(labels.SERIES)
    rows["segment"] = rows["segment"].replace({"all": "total"}).str.replace("_", " ")
    st.caption(f"{labels.SENSES[sense]}, {scale.unit}")
    st.dataframe(
        rows.sort_values(["series", "p50"], ascending=[True, False]),
        hide_index=True,
        placeholder="–",
        column_order=["series", "segment", *quantiles],
        column_config={
            "series": "Series",
            "segment": "Segment",
            **{q: st.column_config.NumberColumn(f"{q[1:]} %", format="%.3g") for q in quantiles},
        },
        alt=f"{labels.SENSES[sense]} of every segment in {LAST_YEAR}",
    )


def sources(current: Snapshot, scenario_id: str, overrides: dict[str, float]) -> None:
    """Draw every assumption in force with its range, its source and how sure it is."""
    if loaders.is_replay(current, scenario_id):
        st.write("The published points stand in the table `published_forecasts` with their source.")
        return
    controls.confidence_legend()
    rows = loaders.assumptions(current, scenario_id, overrides).copy()
    rows["confidence"] = controls.marked(rows["confidence"])
    rows["source"] = provenance.source_of(current.tables, rows["source_id"])
    numbers = {
        name: st.column_config.NumberColumn(title, format="%.4g")
        for name, title in (("low", "5 %"), ("central", "Median"), ("high", "95 %"))
    }
    st.dataframe(
        rows,
        hide_index=True,
        placeholder="–",
        column_order=[
            "group",
            "name",
            "unit",
            *numbers,
            "confidence",
            "source",
            "meaning",
            "overridden_by",
        ],
        column_config={
            "group": "Group",
            "name": st.column_config.TextColumn("Assumption", width="medium"),
            "unit": "Unit",
            **numbers,
            "confidence": "Confidence",
            "source": st.column_config.TextColumn("Source", width="medium"),
            "meaning": st.column_config.TextColumn("Meaning", width="large"),
            "overridden_by": "Set by",
        },
        alt="All assumptions of the scenario with their sources",
    )

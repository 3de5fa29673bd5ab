"""What a figure becomes as the assumptions that it hangs on most are moved."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import analyses, assumption_levers, controls, figures, labels, loaders
from dashboard.charts import what_if
from dashboard.figure_choice import Figure
from datasets.database import Snapshot
from forecasting.outputs import output_and_year

MOST_SLIDERS = 8


def shown(
    page: str, current: Snapshot, scenario: tuple[str, str], figure: Figure, frame: pd.DataFrame
) -> None:
    """Draw the figure's band over the years with sliders beside it.

    Parameters
    ----------
    page : str
        The page whose fields hold the user's own values (`assumption_levers.fields`).
    current : Snapshot
    scenario : tuple of str
        Identifier and name.
    figure : Figure
    frame : pandas.DataFrame
        As `analyses.effects` gives it for the figure.
    """
    scenario_id, _ = scenario
    st.subheader("What if?", anchor=False)
    own = assumption_levers.overrides(page, current, scenario_id)
    chart_side, lever_side = st.columns([7, 3], gap="medium")
    with chart_side:
        _chart(current, scenario, figure, own)
    assumed = loaders.assumptions(current, scenario_id, {}).set_index("assumption_id", drop=False)
    effects = frame[frame["assumption_id"].isin(assumed.index)].set_index("assumption_id")["total_effect"]
    effects = effects.head(MOST_SLIDERS)
    said = {
        str(name): f"{labels.percent(effect)} of the variance hangs on it."
        for name, effect in effects.items()
    }
    with lever_side:
        assumption_levers.sliders(page, current, scenario_id, own, assumed.loc[effects.index], said)
    command = ["forecast", "--scenario", scenario_id, *assumption_levers.settings(own), "--format", "csv"]
    controls.command_lines("what_if", command)


def _chart(current: Snapshot, scenario: tuple[str, str], figure: Figure, own: dict[str, float]) -> None:
    scenario_id, name = scenario
    output, year = output_and_year(figure.name)
    bands = analyses.figure_bands(current, scenario_id, output.name, own)
    itself = analyses.figure_bands(current, scenario_id, output.name, {})
    scale = labels.scale_for(output.unit, float(bands["p50"].max()))
    rows = what_if.what_if_rows(bands, itself, scale)
    title = _finding(
        bands[bands["year"] == year].iloc[0], itself[itself["year"] == year].iloc[0], name, figure, own
    )
    subtitle = (
        f"{output.meaning}. Median, half and nine tenths of {loaders.DRAWS:,} draws; dashed: {name} itself"
    )
    axis = scale.unit + (f" ({scale.note})" if scale.note else "")
    figures.live_figure(
        partial(what_if.what_if_chart, rows, title=title, subtitle=subtitle, y_title=axis),
        shape=(axis, tuple(rows["year"]), what_if.is_logarithmic(rows)),
        frames=[rows],
        title=title,
        subtitle=subtitle,
        rows=bands,
        name="what_if",
        alt=f"{title}. Line with bands over the years. "
        + "; ".join(f"{row.year}: {row.median} ({row.most})" for row in rows.itertuples())
        + ".",
        source=f"Edgewise, the forecast of {name} with the values set here; a value that is set is certain.",
    )


def _finding(there: pd.Series, itself: pd.Series, name: str, figure: Figure, own: dict[str, float]) -> str:
    median, low, high = (labels.amount(there[column], figure.unit) for column in ("p50", "p5", "p95"))
    if not own:
        return f"{figure.title}: {median} ({low} to {high}) in {name}; move a slider to see it change"
    changed = labels.counted(len(own), "assumption")
    before = labels.amount(itself["p50"], figure.unit)
    return f"{figure.title}: {median} ({low} to {high}) with {changed} of yours, {before} in {name}"

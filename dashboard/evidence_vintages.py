"""Forecasts that were kept: what they said, what the present one says, what came, and their scores."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from dashboard import address, controls, figure_choice, figures, kept_forecasts, labels, loaders, tables
from dashboard.charts import vintages
from dashboard.glossary import TERMS
from datasets.database import Snapshot
from datasets.errors import EdgewiseError
from forecasting.outcomes import observed_outcomes
from forecasting.outputs import OUTPUTS
from forecasting.vintages import BANDS, KEPT, vintage_scores

_LIST = {
    "name": "Name",
    "made": "Made",
    "scenario": "Scenario",
    "held": "Assumptions held",
    "draws": "Draws",
    "program_version": "Edgewise",
    "hash": "Inputs, first 16 of their hash",
    "figures": "Figures scored",
}
_SCORES = {
    "title": "Figure",
    "year": "Of",
    "lead_years": "Years ahead",
    "p5": "Foreseen, 5 %",
    "p50": "Median",
    "p95": "95 %",
    "actual": "Came",
    "unit": "Unit",
    "error_oom": "Error, orders of magnitude",
    "inside_50": "Inside the middle half",
    "inside_90": "Inside 5 to 95 %",
    "quantile_score_oom": "Quantile score, orders of magnitude",
}
_HELPS = {
    "error_oom": TERMS["Order of magnitude"],
    "quantile_score_oom": "Mean loss of the five quantiles on a logarithmic scale; lower is better.",
    "lead_years": "From the day that it was made to the end of the year that it speaks of.",
}
_DEFAULT_FIGURE = "data_centre_capacity_h100e"
_SAME = 0.005


def fields(current: Snapshot) -> list[address.Field]:
    """The view's state: the kept forecast and the figure of it."""
    return [
        address.option("kept", kept_forecasts.names(current), None),
        address.option("figure", list(OUTPUTS), _DEFAULT_FIGURE),
    ]


def shown(page: str, current: Snapshot) -> None:
    """Draw the view.

    Parameters
    ----------
    page : str
        The page whose fields hold the view's state.
    current : Snapshot
    """
    names = kept_forecasts.names(current)
    if not names:
        st.info(
            "No forecast is kept yet. Keep one on the page Forecast, or with "
            "`edgewise forecast --record NAME`: it is scored as observations come in."
        )
        return
    scores = vintage_scores(current.tables)
    _list(current, scores)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    name = controls.picked(row, "Kept forecast", address.key(page, "kept"), names, {}, width=300)
    figure = controls.picked(
        row, "Figure", address.key(page, "figure"), list(OUTPUTS), figure_choice.TITLES, width=300
    )
    kept = current.tables[KEPT].set_index("name", drop=False).loc[name]
    _held_against_now(current, kept, figure)
    _scored(scores[scores["name"] == name], name)
    controls.command_lines("score", ["score", "--record", name, "--format", "csv"])


def _list(current: Snapshot, scores: pd.DataFrame) -> None:
    kept = current.tables[KEPT].set_index("name", drop=False).loc[kept_forecasts.names(current)]
    scenarios = loaders.names(current, "scenarios")
    tables.table(
        kept.assign(
            made=pd.to_datetime(kept["made"]).dt.date,
            scenario=[scenarios.get(name, f"{name} (deleted)") for name in kept["scenario_id"]],
            held=[_held_in_words(row) for _, row in kept.iterrows()],
            hash=kept["inputs_hash"].str[:16],
            figures=kept["name"].map(scores["name"].value_counts()).fillna(0).astype(int),
        ),
        _LIST,
        name="kept_forecasts",
        alt="Forecasts that were kept, with their date, scenario and the hash of their inputs",
    )


def _held_in_words(row: pd.Series) -> str:
    held = kept_forecasts.held_assumptions(row)
    return ", ".join(f"{name} = {value:g}" for name, value in held.items()) or "none"


def _held_against_now(current: Snapshot, kept: pd.Series, figure: str) -> None:
    output, name = OUTPUTS[figure], str(kept["name"])
    bands = current.tables[BANDS]
    own = bands[(bands["name"] == name) & (bands["output"] == figure)]
    if own.empty:
        st.info(f"{figure_choice.TITLES[figure]} is not in this kept forecast: choose another figure.")
        return
    now = _now(current, kept, figure)
    both = pd.concat([own.assign(which=vintages.KEPT), now.assign(which=vintages.PRESENT)], ignore_index=True)
    scale = labels.scale_for(output.unit, float(both["p50"].max()))
    log = output.unit != "share"
    rows = vintages.vintage_rows(both, scale, log=log)
    observed = _observed(current, own, figure)
    title = _finding(name, figure, own, now)
    axis = f"{figure_choice.TITLES[figure]}, {scale.unit}" + (f" ({scale.note})" if scale.note else "")
    figures.figure(
        partial(
            vintages.vintage_chart,
            rows,
            vintages.observed_rows(observed, scale),
            title=title,
            subtitle="Kept: median, half and nine tenths of the draws. Now: median, 5 to 95 % dashed",
            axis=axis,
            log=log,
        ),
        rows=both[["which", "output", "year", "unit", "p5", "p25", "p50", "p75", "p95"]],
        name="kept_forecast",
        alt=f"{title}. Bands over the years, {scale.unit}; {len(observed)} observed values.",
        source=f"the tables `{KEPT}` and `{BANDS}`; observations from `history`, `usage` and "
        f"`training_runs`. {_inputs(current, kept)}",
    )


def _now(current: Snapshot, kept: pd.Series, figure: str) -> pd.DataFrame:
    """The present forecast of the same scenario and held assumptions; no rows where there is none."""
    try:
        bands = kept_forecasts.present_bands(current, kept)
    except EdgewiseError as error:
        st.warning(
            f"There is no present forecast to hold it against. {labels.escaped(str(error))}",
            icon=":material/info:",
        )
        return current.tables[BANDS].iloc[:0]
    return bands[bands["output"] == figure]


def _observed(current: Snapshot, own: pd.DataFrame, figure: str) -> pd.DataFrame:
    seen = observed_outcomes(current.tables)
    seen = seen[seen["output"] == figure].merge(own[["year", "known"]], on="year")
    return seen.assign(when=np.where(seen["known"].notna(), vintages.KNOWN, vintages.CAME))


def _finding(name: str, figure: str, own: pd.DataFrame, now: pd.DataFrame) -> str:
    last = own.loc[own["year"].idxmax()]
    unit = str(last["unit"])
    told = _amount(float(last["p50"]), unit)
    begun = f"{name} foresaw {told} for {int(last['year'])}"
    later: Any = now.loc[now["year"] == last["year"], "p50"]
    if later.empty or not last["p50"] > 0:
        return begun
    change = float(later.iloc[0]) / float(last["p50"]) - 1.0
    if abs(change) < _SAME:
        return f"{begun}; the present forecast says the same"
    side = "more" if change > 0 else "less"
    return f"{begun}; now it is {_amount(float(later.iloc[0]), unit)}, {labels.percent(abs(change))} {side}"


def _amount(value: float, unit: str) -> str:
    return labels.percent(value) if unit == "share" else labels.amount(value, unit, 3)


def _inputs(current: Snapshot, kept: pd.Series) -> str:
    same = kept_forecasts.has_the_inputs_of_now(current, kept)
    return "Its inputs are those of now." if same else "Its inputs have changed since it was kept."


def _scored(scores: pd.DataFrame, name: str) -> None:
    st.subheader("Scores", anchor=False)
    if scores.empty:
        st.info(
            "Nothing that was observed since can score it yet. Add rows to `history` or `usage` (the table "
            "`forecast_outcomes` names the series that count), or newer training runs."
        )
        return
    st.markdown(
        f"{labels.counted(len(scores), 'figure')} scored: {labels.percent(scores['inside_90'].mean())} lie "
        f"inside the 5 to 95 % band, the median error is "
        f"{labels.number(scores['error_oom'].abs().median())} orders of magnitude."
    )
    tables.table(
        scores.assign(title=scores["output"].map(figure_choice.TITLES).fillna(scores["output"])),
        _SCORES,
        name="kept_scores",
        alt=f"What {name} foresaw, what came, and how far apart they are",
        helps=_HELPS,
    )

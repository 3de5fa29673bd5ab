"""What others forecast: against what came, and against a scenario."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import (
    address,
    analyses,
    controls,
    figures,
    labels,
    loaders,
    provenance,
    scenario_choice,
    tables,
)
from dashboard.charts import ratios
from datasets.database import Snapshot
from forecasting.backtest_published import published_scores
from forecasting.reconcile import AGREES, contradictions

_SCORES = {
    "forecast": "Forecast",
    "made": "Made",
    "target_year": "Of",
    "predicted": "Foreseen",
    "actual": "Came",
    "unit": "Unit",
    "ratio": "Foreseen over what came",
    "inside": "Inside its range",
    "lesson": "What it teaches",
    "source": "Source",
    "confidence": "Confidence",
}
_HELD = {
    "label": "Published figure",
    "theirs": "Published",
    "ours": "Here: median (5 to 95 %)",
    "ratio": "Median over published",
    "draws_above": "Draws above it, share",
    "verdict": "Verdict",
    "note": "What of ours is compared",
    "source": "Source",
    "confidence": "Confidence",
}
_STATEMENTS = {
    "edge_share_at_least": "The edge's share is at least the published one",
    "cloud_share_at_most": "The cloud's share is at most the published one",
    "training_share_at_most": "Training's share is at most the published one",
    "all_shares": "All three at once",
    "training_growth_at_least": "Training grows at least as fast, times a year",
}
_FIGURE_4 = {
    "sense": "Sense",
    "statement": "Statement",
    "published": "Published",
    "p5": "Here in 2030, 5 %",
    "p50": "Median",
    "p95": "95 %",
    "probability": "Draws that hold it, %",
    "median_holds_until": "The median holds it until",
}
# A miss by less than half as much again, either way.
_NEAR = 1.5


def fields(current: Snapshot) -> list[address.Field]:
    """The view's state: the scenario that is held against what others publish."""
    return [scenario_choice.field(current)]


def shown(page: str, current: Snapshot) -> None:
    """Draw the view.

    Parameters
    ----------
    page : str
        The page whose fields hold the view's state.
    current : Snapshot
    """
    _against_outcomes(current)
    _against_scenario(page, current)


def _against_outcomes(current: Snapshot) -> None:
    scores = published_scores(current.tables)
    scores = scores.assign(source=provenance.source_of(current.tables, scores["source_id"]))
    if scores.empty:
        st.info("No published forecast has an outcome yet: add one to `forecast_backtests` or `history`.")
        return
    ours, theirs = (
        [
            f"{labels.amount(value, str(unit), 3)}"
            for value, unit in zip(scores[name], scores["unit"], strict=True)
        ]
        for name in ("predicted", "actual")
    )
    within = scores["ratio"].between(1 / _NEAR, _NEAR)
    rows = ratios.ratio_rows(
        scores.assign(
            label=scores["forecast"],
            low=scores["low"] / scores["actual"],
            high=scores["high"] / scores["actual"],
            held=within,
            verdict=[f"{ratio:.2g} times what came" for ratio in scores["ratio"]],
            ours=ours,
            theirs=theirs,
        )
    )
    beyond = int((~within & scores["ratio"].notna()).sum()) + int(scores["ratio"].isna().sum())
    title = (
        f"{beyond} of {labels.counted(len(scores), 'published forecast')} missed by more "
        "than half as much again"
    )
    without = list(scores.loc[scores["ratio"].isna(), "forecast"])
    figures.figure(
        partial(
            ratios.ratio_chart,
            rows,
            title=title,
            subtitle="What was foreseen over what came; the line stands where both are equal",
            axis="Foreseen over what came",
            held=("Within half as much again", "Farther off"),
            told=("Foreseen", "Came"),
        ),
        rows=scores,
        name="published_scores",
        alt=f"{title}. Points on a logarithmic axis. "
        + "; ".join(f"{row.label}: {row.verdict}" for row in rows.itertuples())
        + ".",
        source="the tables `forecast_backtests` and `published_forecasts`, each row with its document.",
    )
    if without:
        st.caption(f"Not drawn, since nothing came of it: {labels.listed(without)}.")
    with st.expander("All of them, and what they teach", icon=":material/table:"):
        tables.table(
            scores.assign(confidence=controls.marked(scores["confidence"])),
            _SCORES,
            name="published_scores",
            alt="Published forecasts, what came, and what they teach",
        )
        controls.confidence_legend()


def _against_scenario(page: str, current: Snapshot) -> None:
    st.subheader("What a scenario contradicts", anchor=False)
    scenario_id, scenario = scenario_choice.picked(page, st.container(), current)
    held = analyses.held_against(current, scenario_id)
    if held.empty:
        st.info("No published figure has a counterpart in this scenario.")
        return
    held = held.assign(
        label=[_label(row) for row in held.itertuples()],
        source=provenance.source_of(current.tables, held["source_id"]),
    )
    ours = [_range(row.p50, row.p5, row.p95, row.unit) for row in held.itertuples()]
    theirs = [
        _range(row.published, row.published_low, row.published_high, row.unit) for row in held.itertuples()
    ]
    # Where only a range is published, the high end is what ours is held against.
    against = held["published"].fillna(held["published_high"])
    rows = ratios.ratio_rows(
        held.assign(
            ratio=held["p50"] / against,
            low=held["p5"] / against,
            high=held["p95"] / against,
            held=held["verdict"] == AGREES,
            ours=ours,
            theirs=theirs,
        )
    )
    contradicted = contradictions(held)
    title = (
        f"{scenario} contradicts {len(contradicted)} of "
        f"{labels.counted(len(held), 'published figure')}"
        + (f", most by {_farthest(contradicted)}" if len(contradicted) else "")
    )
    figures.figure(
        partial(
            ratios.ratio_chart,
            rows,
            title=title,
            subtitle="Median and 5 to 95 % of the draws over the published figure; the line stands where "
            "both are equal. A part of a published whole contradicts only where it exceeds it",
            axis="Here over published",
            held=("Agrees", "Contradicts"),
            told=("Here", "Published"),
        ),
        rows=held,
        name="contradicted",
        alt=f"{title}. Ranges on a logarithmic axis. "
        + "; ".join(f"{row.label}: {row.verdict}" for row in held.itertuples())
        + ".",
        source=f"the tables `published_forecasts` and `history`; {loaders.DRAWS:,} draws of {scenario}.",
    )
    tables.table(
        held.assign(confidence=controls.marked(held["confidence"]), ours=ours, theirs=theirs),
        _HELD,
        name="published_against_scenario",
        alt="Published figures beside the draws of their year",
    )
    st.caption("The same from the command line: `edgewise reconcile --all`.")
    _figure_4(current, scenario_id, scenario)


def _figure_4(current: Snapshot, scenario_id: str, scenario: str) -> None:
    st.subheader("How probable the shares of figure 4 are", anchor=False)
    rows = analyses.figure_4(current, scenario_id)
    together = rows[rows["statement"] == "all_shares"].set_index("sense")
    chances = labels.listed(
        [
            f"**{labels.percent(row.probability)}** of the draws as {sense}"
            for sense, row in together.iterrows()
        ]
    )
    st.markdown(
        f"The published figure gives shares of the operations in 2030. In {scenario} all three hold at "
        f"once in "
        f"{chances}."
    )
    shown = rows.assign(
        sense=rows["sense"].map(labels.SENSES),
        statement=rows["statement"].map(_STATEMENTS).fillna(rows["statement"]),
        probability=100.0 * rows["probability"],
    )
    tables.table(
        shown,
        _FIGURE_4,
        name="figure_4_probabilities",
        alt="Probability of each statement of figure 4 in each sense",
        helps={"probability": "0 means rarer than so many draws can tell."},
    )
    st.caption("The same from the command line: `edgewise figure-4 probabilities`.")


def _label(row: object) -> str:
    entity, series = str(row.entity), str(row.series).replace("_", " ")  # type: ignore[attr-defined]
    kind = "observed" if str(row.forecast_id).startswith("history") else "published"  # type: ignore[attr-defined]
    number = str(row.forecast_id).rpartition("_")[2]  # type: ignore[attr-defined]
    own = f" ({number})" if number.isdigit() and len(number) == 1 else ""
    return f"{row.year} {kind}: {series}, {entity}{own}"  # type: ignore[attr-defined]


def _range(value: float, low: float, high: float, unit: str) -> str:
    ends = f"{labels.amount(low, unit, 3)} to {labels.amount(high, unit, 3)}"
    if pd.isna(value):
        return ends
    said = labels.amount(value, unit, 3)
    return said if low == high else f"{said} ({ends})"


def _farthest(rows: pd.DataFrame) -> str:
    factor = rows["ratio"].where(rows["ratio"] >= 1, 1 / rows["ratio"])
    row = rows.loc[factor.idxmax()]
    return f"a factor of {labels.number(factor.max())} ({row['series']}, {row['year']})"

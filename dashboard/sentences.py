"""The answer in sentences, made from the numbers, with their uncertainty in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from dashboard import labels


@dataclass(frozen=True)
class Answer:
    """The numbers that the Forecast page's sentences are made of, all of the last year.

    Attributes
    ----------
    scenario, reference : str
        Names of the scenario and of the one that it is held against.
    year : int
    shares, reference_shares : pandas.DataFrame
        Quantiles of each series' share of demand, here and in the reference; indexed by series.
    capacity_shares : pandas.DataFrame
        Quantiles of each series' share of the installed peak; indexed by series.
    growth : pandas.DataFrame
        Quantiles of each series' yearly growth; indexed by series.
    medians, reference_medians : mapping of str to float
        Median demand of each series, here and in the reference.
    changed : int
        Number of assumptions that the user set.
    is_reference : bool
        Whether this is the reference itself, nothing changed.
    """

    scenario: str
    reference: str
    year: int
    shares: pd.DataFrame
    capacity_shares: pd.DataFrame
    reference_shares: pd.DataFrame
    growth: pd.DataFrame
    medians: Mapping[str, float]
    reference_medians: Mapping[str, float]
    changed: int
    is_reference: bool


def answer_sentences(answer: Answer) -> list[str]:
    """Three sentences: the edge's share, the largest series' growth, what differs from the reference."""
    return [_share_sentence(answer), _growth_sentence(answer), _difference_sentence(answer)]


def chart_title(bands: pd.DataFrame, scenario: str, sense: str) -> str:
    """The finding of the forecast's chart: which series leads in the last year, and by how much.

    Parameters
    ----------
    bands : pandas.DataFrame
        Columns year, series, p50; one sense and quantity, totals.
    scenario : str
        The scenario's name.
    sense : str
        demand, available or capacity.
    """
    last = bands[bands["year"] == bands["year"].max()].sort_values("p50", ascending=False)
    last = last[last["p50"] > 0]
    if last.empty:
        return f"{scenario}: nothing to show in {labels.SENSES[sense].lower()}"
    names = [labels.SERIES[series] for series in last["series"]]
    year = int(last["year"].iloc[0])
    if len(last) == 1:
        return f"{scenario}: only {names[0].lower()} has figures for {year}"
    ratio = float(last["p50"].iloc[0] / last["p50"].iloc[1])
    lead = (
        f"{labels.number(ratio)} times {names[1].lower()}"
        if ratio >= 1.15
        else f"level with {names[1].lower()}"
    )
    return f"{scenario}: {names[0].lower()} is largest in {year}, {lead}"


def band_alternative(bands: pd.DataFrame, title: str, unit: str, divisor: float) -> str:
    """The chart in words, for those who do not see it: first and last median of each series, and band."""
    parts = [f"{title}. Line chart with bands, {unit}."]
    for series, rows in bands.groupby("series", sort=False):
        ordered = rows.sort_values("year")
        first, last = ordered.iloc[0], ordered.iloc[-1]
        words = [labels.number(value / divisor) for value in (first.p50, last.p50, last.p5, last.p95)]
        parts.append(
            f"{labels.SERIES[str(series)]}: {words[0]} in {int(first.year)}, {words[1]} in {int(last.year)} "
            f"(5 to 95 %: {words[2]} to {words[3]})."
        )
    return " ".join(parts)


def budget_title(rows: pd.DataFrame) -> str:
    """The finding of the budget map: how many pairs hold, how many do not fit, what binds the others.

    Parameters
    ----------
    rows : pandas.DataFrame
        Columns margin (NaN where a pair cannot be evaluated), within_budget, fits_memory, binding_roof.
    """
    known = rows[rows["margin"].notna()]
    if known.empty:
        return "None of these pairs can be evaluated"
    within = known["within_budget"].astype(bool)
    fits = known["fits_memory"].astype(bool)
    if within.all():
        return f"Every budget holds ({labels.counted(len(known), 'pair')})"
    parts = [f"{int(within.sum()):,} of {labels.counted(len(known), 'pair')} keep every budget"]
    if not fits.all():
        parts.append(f"{int((~fits).sum()):,} short of memory")
    missing = known.loc[~within & fits, "binding_roof"]
    if len(missing):
        parts.append(f"of the others most meet the {missing.mode().iloc[0]} roof")
    return "; ".join(parts)


def _share_sentence(answer: Answer) -> str:
    edge = answer.shares.loc["edge_inference"]
    known = _certainty(float(edge.p5), float(edge.p95))
    held = answer.capacity_shares.loc["edge_inference"].p50
    return (
        f"In {answer.year}, **edge devices run about {labels.percent(edge.p50)}** of all AI operations in "
        f"the {answer.scenario} scenario and hold {labels.percent(held)} of the installed peak, data centres "
        f"the rest; nine draws in ten put what they run between {labels.percent(edge.p5)} and "
        f"{labels.percent(edge.p95)}, {known}."
    )


def _growth_sentence(answer: Answer) -> str:
    largest = max(answer.medians, key=lambda series: answer.medians[series])
    share, grown = answer.shares.loc[largest], answer.growth.loc[largest]
    return (
        f"**{labels.SERIES[largest]}** is the largest series with {labels.percent(share.p50)} of the demand; "
        f"it grows {labels.number(grown.p50)}-fold a year to {answer.year} ({labels.number(grown.p5)} to "
        f"{labels.number(grown.p95)})."
    )


def _difference_sentence(answer: Answer) -> str:
    if answer.is_reference:
        return (
            f"{answer.reference} takes every assumption at its documented range: choose another scenario, or "
            "move an assumption, to see what the answer hangs on."
        )
    here = float(answer.shares.loc["edge_inference", "p50"])
    there = float(answer.reference_shares.loc["edge_inference", "p50"])
    ratios = {
        series: answer.medians[series] / answer.reference_medians[series]
        for series in answer.medians
        if answer.reference_medians.get(series, 0) > 0
    }
    moved = [
        f"{labels.SERIES[series].lower()} {_times(ratio)}"
        for series, ratio in ratios.items()
        if abs(ratio - 1) >= 0.02
    ]
    own = f" with {labels.counted(answer.changed, 'assumption')} of yours" if answer.changed else ""
    share = (
        f"the edge's share moves from {labels.percent(there)} to {labels.percent(here)}"
        if abs(here - there) >= 0.001
        else "the edge's share stays where it is"
    )
    moves = labels.listed(moved) or "no series moves by 2 %"
    return f"Against {answer.reference}, {answer.scenario}{own}: {share}; {moves}."


def replay_sentences(points: pd.DataFrame, description: str, reference_shares: pd.DataFrame) -> list[str]:
    """Sentences for a scenario that only replays published points: what they say, and how Central sees it.

    Parameters
    ----------
    points : pandas.DataFrame
        Columns series, year, p50; the published points.
    description : str
        The scenario's own description.
    reference_shares : pandas.DataFrame
        Quantiles of each series' share of demand in Central, indexed by series.
    """
    last = points[points["year"] == points["year"].max()].set_index("series")["p50"]
    published = labels.listed(
        [f"{labels.SERIES[series].lower()} {labels.amount(last[series], 'OP/s', 3)}" for series in last.index]
    )
    edge = reference_shares.loc["edge_inference"]
    return [
        f"As published for {int(points['year'].max())}: {published}.",
        f"Central gives edge devices {labels.percent(edge.p50)} of the demand ({labels.percent(edge.p5)} to "
        f"{labels.percent(edge.p95)}).",
        description,
    ]


def _times(ratio: float) -> str:
    return f"is {labels.number(ratio)} times as large"


def _certainty(low: float, high: float) -> str:
    if low <= 0:
        return "so it may be next to nothing"
    if high / low >= 10:
        return "so even its order of magnitude is open"
    if high / low >= 3:
        return "a wide range that the assumptions below decide"
    return "a fairly tight range, given these assumptions"

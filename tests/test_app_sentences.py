"""The answer in sentences: each is made from the numbers, and says how sure they are."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboard import sentences

_SERIES = ["training", "cloud_inference", "edge_inference"]


def _quantiles(rows: dict[str, tuple[float, float, float]]) -> pd.DataFrame:
    return pd.DataFrame(
        [{"series": s, "p5": a, "p25": b, "p50": b, "p75": b, "p95": c} for s, (a, b, c) in rows.items()]
    ).set_index("series")


def _answer(**changed: object) -> sentences.Answer:
    shares = _quantiles(
        {
            "training": (0.1, 0.2, 0.3),
            "cloud_inference": (0.5, 0.68, 0.8),
            "edge_inference": (0.05, 0.12, 0.3),
        }
    )
    given = {
        "reference": "Central",
        "scenario": "Edge first",
        "year": 2030,
        "shares": shares,
        "capacity_shares": _quantiles(dict.fromkeys(_SERIES, (0.2, 0.3, 0.4))),
        "reference_shares": _quantiles(dict.fromkeys(_SERIES, (0.01, 0.06, 0.2))),
        "growth": _quantiles(dict.fromkeys(_SERIES, (1.5, 2.0, 2.5))),
        "medians": {"training": 2e22, "cloud_inference": 6.8e22, "edge_inference": 1.2e22},
        "reference_medians": {"training": 2e22, "cloud_inference": 8.5e22, "edge_inference": 0.6e22},
        "changed": 0,
        "is_reference": False,
    }
    return sentences.Answer(**{**given, **changed})  # type: ignore[arg-type]


def test_three_sentences_give_share_growth_and_difference() -> None:
    share, growth, difference = sentences.answer_sentences(_answer())
    assert "edge devices run about 12 %" in share
    assert "hold 30 % of the installed peak" in share
    assert "between 5.0 % and 30 %" in share
    assert "**Cloud inference** is the largest series with 68 % of the demand" in growth
    assert "2.0-fold a year to 2030 (1.5 to 2.5)" in growth
    assert "the edge's share moves from 6.0 % to 12 %" in difference
    assert "cloud inference is 0.80 times as large and edge inference is 2.0 times as large" in difference
    assert "training" not in difference.lower()


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0.02, 0.3, "even its order of magnitude is open"),
        (0.06, 0.3, "a wide range"),
        (0.1, 0.15, "a fairly tight range"),
        (0.0, 0.15, "next to nothing"),
    ],
)
def test_the_width_of_the_band_becomes_words(low: float, high: float, words: str) -> None:
    shares = _quantiles({"cloud_inference": (0.5, 0.68, 0.8), "edge_inference": (low, 0.12, high)})
    medians = {"cloud_inference": 1.0, "edge_inference": 0.5}
    assert words in sentences.answer_sentences(_answer(shares=shares, medians=medians))[0]


def test_central_is_not_compared_with_itself() -> None:
    said = sentences.answer_sentences(_answer(is_reference=True))[2]
    assert "Against Central" not in said
    assert "choose another scenario" in said


def test_own_assumptions_are_counted() -> None:
    assert "with 2 assumptions of yours" in sentences.answer_sentences(_answer(changed=2))[2]


def _bands(last: dict[str, float]) -> pd.DataFrame:
    rows = [(2022, s, v / 10) for s, v in last.items()] + [(2030, s, v) for s, v in last.items()]
    frame = pd.DataFrame(rows, columns=["year", "series", "p50"])
    return frame.assign(p5=frame["p50"] / 2, p95=frame["p50"] * 2)


def test_the_chart_is_titled_by_its_finding() -> None:
    title = sentences.chart_title(_bands({"training": 2.0, "cloud_inference": 6.0}), "Central", "demand")
    assert title == "Central: cloud inference is largest in 2030, 3.0 times training"


def test_a_lead_that_is_none_is_not_claimed() -> None:
    title = sentences.chart_title(_bands({"training": 2.0, "cloud_inference": 2.1}), "Central", "demand")
    assert title.endswith("level with training")


def test_a_chart_without_figures_says_so() -> None:
    assert "nothing to show" in sentences.chart_title(_bands({"training": 0.0}), "Central", "capacity")
    assert "only training" in sentences.chart_title(_bands({"training": 1.0}), "Central", "capacity")


def test_the_chart_has_words_for_those_who_do_not_see_it() -> None:
    said = sentences.band_alternative(_bands({"edge_inference": 4e21}), "Title", "ZOP/s", 1e21)
    assert said == (
        "Title. Line chart with bands, ZOP/s. Edge inference: 0.40 in 2022, 4.0 in 2030 "
        "(5 to 95 %: 2.0 to 8.0)."
    )


def test_a_replayed_figure_is_told_as_published() -> None:
    points = pd.DataFrame({"year": [2030, 2030], "series": _SERIES[:2], "p50": [1.23e18, 7.5e18]})
    reference = _quantiles(dict.fromkeys(_SERIES, (0.01, 0.06, 0.2)))
    first, second, third = sentences.replay_sentences(points, "A replay.", reference)
    assert first == "As published for 2030: training 1.23 EOP/s and cloud inference 7.50 EOP/s."
    assert "6.0 % of the demand (1.0 % to 20 %)" in second
    assert third == "A replay."


def _pairs(rows: list[tuple[float, bool, bool, str]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["margin", "within_budget", "fits_memory", "binding_roof"])


def test_the_budget_map_is_titled_by_what_holds_and_what_binds() -> None:
    rows = _pairs(
        [
            (0.5, True, True, "memory"),
            (2.0, False, True, "power"),
            (3.0, False, True, "power"),
            (4.0, False, True, "compute"),
            (float("inf"), False, False, "memory"),
            (float("nan"), False, True, ""),
        ]
    )
    assert sentences.budget_title(rows) == (
        "1 of 5 pairs keep every budget; 1 short of memory; of the others most meet the power roof"
    )
    assert sentences.budget_title(rows.iloc[:1]) == "Every budget holds (1 pair)"
    assert sentences.budget_title(rows.iloc[5:]) == "None of these pairs can be evaluated"
    assert "short of memory" not in sentences.budget_title(rows.iloc[:3])

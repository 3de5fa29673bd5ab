"""The forecast against what others publish: every row it can be held to, and by how much it disagrees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.arithmetic import ratio
from forecasting.draws import Projection
from forecasting.energy import new_capital_usd_per_year
from forecasting.quantities import quantity_draws
from forecasting.replay import SERIES
from forecasting.scenarios import Tables
from forecasting.years import DAYS_PER_YEAR, LAST_HISTORY_YEAR, SECONDS_PER_DAY, YEARS

Array = NDArray[np.float64]
_DATA_CENTRES = ("training", "cloud_inference")
# LBNL 2024: the 176 TWh of 2023 are 4.4 % of the electricity of the United States.
_US_SHARE_OF_ELECTRICITY = 0.044
# Of the messages of all assistants: our judgement from weekly users of each.
CHATGPT_SHARE = (0.4, 0.6)
COLUMNS = [
    "forecast_id", "entity", "series", "year", "published", "published_low", "published_high", "unit",
    "p5", "p50", "p95", "ratio", "verdict", "note", "source_id", "confidence", "scenario_id", "excess",
    "draws_above",
]  # fmt: skip
AGREES = "agrees"


@dataclass(frozen=True)
class Counterpart:
    """What of a projection stands against a published series.

    Attributes
    ----------
    draws : callable
        Projection to (draws, years) array in the published unit.
    part : bool
        True where ours is a part of what is published (AI in all data centres): then only exceeding it
        contradicts.
    note : str
        What is compared.
    scale : callable
        Factor on the draws that follows from observed figures.
    """

    draws: Callable[[Projection], Array]
    part: bool
    note: str
    scale: Callable[[Tables], float] = field(default=lambda _: 1.0)


def _summed(projection: Projection, quantity: str, sense: str, series: tuple[str, ...]) -> Array:
    parts = [amount for s in series for amount in quantity_draws(projection, quantity, s, sense).values()]
    return np.sum(parts, axis=0)


def _centre_twh(projection: Projection) -> Array:
    return _summed(projection, "twh", "demand", _DATA_CENTRES)


def _centre_gw(projection: Projection) -> Array:
    return _summed(projection, "gw", "capacity", _DATA_CENTRES)


def _new_capital(projection: Projection) -> Array:
    return new_capital_usd_per_year(_centre_gw(projection) * 1e9, projection.values)


def us_share_of_data_centres(tables: Tables) -> float:
    """Electricity of the United States' data centres, newest count, over the world's of the nearest year."""
    counted = tables["history"].query("series == 'electricity'").dropna(subset=["value"])
    counted = counted.assign(date=pd.to_datetime(counted["date"])).sort_values("date")
    newest = counted[counted["entity"] == "US data centres"].iloc[-1]
    world = counted[counted["entity"] == "world data centres"]
    nearest = (world["date"] - newest["date"]).abs().argmin()
    return float(newest["value"] / world["value"].iloc[nearest])


def us_electricity_twh(tables: Tables) -> float:
    """Electricity of all uses in the United States, from what LBNL gives its data centres and their share."""
    rows = tables["history"].query("series == 'electricity' and entity == 'US data centres'")
    return float(rows.sort_values("date")["value"].iloc[-1] / _US_SHARE_OF_ELECTRICITY)


def _fleet(segment: str, scale: float = 1.0) -> Callable[[Projection], Array]:
    return lambda projection: projection.units_in_use[segment] / scale


COUNTERPARTS: dict[tuple[str, str], Counterpart] = {
    ("electricity", "world data centres"): Counterpart(
        _centre_twh, True, "AI accelerators with their facilities against all data centres"
    ),
    ("electricity", "US data centres"): Counterpart(
        _centre_twh,
        True,
        "AI at the share that the United States have of all data centres' electricity (LBNL 2023 over IEA "
        "2024), against all their data centres",
        us_share_of_data_centres,
    ),
    ("share of electricity", "US data centres"): Counterpart(
        _centre_twh,
        True,
        "AI at the United States' share, in percent of their electricity of 2023 (LBNL: 176 TWh are 4.4 %)",
        lambda t: 100 * us_share_of_data_centres(t) / us_electricity_twh(t),
    ),
    ("capacity", "world data centres"): Counterpart(
        _centre_gw, True, "nameplate of AI facilities against the capacity of all data centres"
    ),
    ("capacity", "AI data centres"): Counterpart(
        _centre_gw, False, "nameplate of AI facilities at the end of the year"
    ),
    ("power", "AI total"): Counterpart(_centre_gw, False, "nameplate of AI facilities"),
    ("capex", "hyperscalers top-5"): Counterpart(
        _new_capital,
        False,
        "capital for the AI power added in the year, whoever pays, against all that five companies plan",
    ),
    ("tokens", "world"): Counterpart(
        lambda p: p.checks["cloud_metered_tokens"] * DAYS_PER_YEAR / 12,
        False,
        "tokens of the listed workloads in data centres, cached prompts counted, the mean of the year",
    ),
    ("assistant tokens on device", "world"): Counterpart(
        lambda p: p.checks["assistant_tokens_on_device"],
        False,
        "before rationing; most of these tokens are of reasoning and long documents, and even a local model "
        "of 16 GB for those fits few devices in memory and time; of requests, mostly short, a larger share is"
        " served there",
    ),
    ("edge share of operations", "world"): Counterpart(
        lambda p: ratio(
            _summed(p, "ops", "demand", ("edge_inference",)), _summed(p, "ops", "demand", SERIES)
        ),
        False,
        "operations really executed on devices over those of all series",
    ),
    ("accelerators installed", "WORLD deployed (1-quarter lag)"): Counterpart(
        lambda p: p.checks["stock_h100e"], False, "accelerators deployed at the end of the year"
    ),
    ("accelerator chip power, cumulative sold", "tracked total"): Counterpart(
        lambda p: _centre_gw(p) * 1e3 / (p.values["it_over_chip"] * p.values["pue"])[:, None],
        True,
        "power of the deployed chips alone against all that were sold by the end of the year",
    ),
    ("messages", "assistants"): Counterpart(
        lambda p: p.checks["assistant_requests_per_s"] * SECONDS_PER_DAY,
        False,
        "chat and document requests of all assistants, of which ChatGPT's messages are 40 to 60 %",
    ),
    ("accelerator stock", "WORLD (AI 2027 forecast, made Apr 2025)"): Counterpart(
        lambda p: p.checks["stock_h100e"], False, "accelerators deployed at the end of the year"
    ),
    ("fleet", "robotaxi world"): Counterpart(_fleet("robotaxi"), False, "robotaxis in use"),
    ("figure 4: training", "world"): Counterpart(
        lambda p: _summed(p, "ops", "demand", ("training",)) / 1e12, False, "training really executed"
    ),
    ("figure 4: cloud_inference", "world"): Counterpart(
        lambda p: _summed(p, "ops", "demand", ("cloud_inference",)) / 1e12,
        False,
        "cloud inference really executed",
    ),
    ("figure 4: edge_inference", "world"): Counterpart(
        lambda p: _summed(p, "ops", "demand", ("edge_inference",)) / 1e12,
        False,
        "edge inference really executed",
    ),
}


def published_comparison(projection: Projection, tables: Tables) -> pd.DataFrame:
    """Every published forecast and total that the projection has a counterpart for, year by year.

    Rows of ``published_forecasts`` and of ``history`` (yearly totals) are both held against the draws of
    their year, and the tokens of the world and messages of assistants that follow from what providers
    publish. ``ratio`` is our median over the published value. ``verdict``:

    - ``agrees``: the published range overlaps our 5 to 95 % band (a part: our median stays below it);
    - ``exceeds the whole``: ours is a part and its median exceeds the published whole (the high end, where
      only a range is published);
    - ``above`` / ``below``: the ranges do not overlap;
    - ``median outside``: they overlap, but our median lies outside the published range.

    Parameters
    ----------
    projection : Projection
    tables : mapping of str to DataFrame

    Returns
    -------
    DataFrame
        Columns COLUMNS, published rows in order of year. ``excess`` is our median less the published value
        (or the nearest end of a range that leaves it out), ``draws_above`` the share of draws above the value
        (or the high end).
    """
    published = tables["published_forecasts"][
        ["forecast_id", "series", "entity", "year", "value", "low", "high", "unit", "source_id", "confidence"]
    ]
    observed = tables["history"].assign(
        year=pd.to_datetime(tables["history"]["date"]).dt.year,
        forecast_id=lambda h: "history: " + h["entity"] + ", " + h["series"],
    )
    # Cumulative series have a row a quarter: ours stand at the end of the year.
    ends = pd.to_datetime(observed["date"]).dt.month.eq(12) | ~observed["series"].str.contains("cumulative")
    counted = [observed.loc[ends, published.columns], _world_tokens(tables), _assistant_messages(tables)]
    candidates = pd.concat([published, *counted], ignore_index=True).dropna(
        subset=["value", "high"], how="all"
    )
    rows, drawn = [], {}
    for row in candidates.itertuples(index=False):
        what = row.series, row.entity
        if what not in COUNTERPARTS or not YEARS[0] <= row.year <= YEARS[-1]:
            continue
        counterpart = COUNTERPARTS[what]
        if what not in drawn:
            drawn[what] = counterpart.draws(projection) * counterpart.scale(tables)
        ours = drawn[what][:, int(row.year) - int(YEARS[0])]
        if np.isfinite(ours).all():
            rows.append(_compared(row, counterpart, ours) | {"scenario_id": projection.scenario_id})
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.sort_values(["year", "forecast_id"], ignore_index=True)


def contradictions(comparison: pd.DataFrame) -> pd.DataFrame:
    """The rows of `published_comparison` whose verdict is not that both agree."""
    return comparison[comparison["verdict"] != AGREES].reset_index(drop=True)


def _world_tokens(tables: Tables) -> pd.DataFrame:
    assumed = tables["assumptions"].query("assumption_id == 'tokens_per_month_2026'")
    return assumed.rename(columns={"central": "value"}).assign(
        forecast_id="world_tokens_2026", series="tokens", entity="world", year=2026
    )[["forecast_id", "series", "entity", "year", "value", "low", "high", "unit", "source_id", "confidence"]]


def _assistant_messages(tables: Tables) -> pd.DataFrame:
    """Messages of all assistants a day in the last year of history, from ChatGPT's newest count and share."""
    rows = (
        tables["usage"]
        .query("series == 'messages' and entity == 'ChatGPT'")
        .assign(year=lambda u: pd.to_datetime(u["date"]).dt.year)
    )
    newest = rows[rows["year"] == LAST_HISTORY_YEAR].sort_values("date").tail(1)
    low, high = CHATGPT_SHARE
    return newest.assign(
        forecast_id="usage: messages of all assistants",
        entity="assistants",
        low=newest["value"] / high,
        high=newest["value"] / low,
        value=newest["value"] / ((low + high) / 2),
    )[["forecast_id", "series", "entity", "year", "value", "low", "high", "unit", "source_id", "confidence"]]


def _compared(row: object, counterpart: Counterpart, ours: Array) -> dict[str, object]:
    value, low, high = (float(getattr(row, c)) for c in ("value", "low", "high"))
    low, high = (value if np.isnan(low) else low), (value if np.isnan(high) else high)
    band = np.quantile(ours, [0.05, 0.5, 0.95])
    whole = high if np.isnan(value) else value
    nearest = float(np.clip(band[1], low, high)) if np.isnan(value) else value
    return {
        **{c: getattr(row, c) for c in ("forecast_id", "entity", "series", "year", "unit")},
        "published": value,
        "published_low": low,
        "published_high": high,
        "p5": band[0],
        "p50": band[1],
        "p95": band[2],
        "ratio": band[1] / value,
        "verdict": _verdict(band, low, whole, high, counterpart.part),
        "note": counterpart.note,
        "source_id": row.source_id,  # type: ignore[attr-defined]
        "confidence": row.confidence,  # type: ignore[attr-defined]
        "excess": band[1] - nearest,
        "draws_above": float(np.mean(ours > whole)),
    }


def _verdict(band: Array, low: float, whole: float, high: float, part: bool) -> str:
    if part:
        return "exceeds the whole" if band[1] > whole else AGREES
    if band[0] > high:
        return "above"
    if band[2] < low:
        return "below"
    return AGREES if low == high or low <= band[1] <= high else "median outside"

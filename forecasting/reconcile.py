"""The forecast against what others publish: every row it can be held to, and by how much it disagrees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.draws import Projection
from forecasting.quantities import quantity_draws
from forecasting.scenarios import Tables
from forecasting.years import YEARS

Array = NDArray[np.float64]
_DATA_CENTRES = ("training", "cloud_inference")
COLUMNS = [
    "forecast_id", "entity", "series", "year", "published", "published_low", "published_high", "unit",
    "p5", "p50", "p95", "ratio", "verdict", "note", "source_id", "confidence",
]  # fmt: skip


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
    """

    draws: Callable[[Projection], Array]
    part: bool
    note: str


def _summed(projection: Projection, quantity: str, sense: str, series: tuple[str, ...]) -> Array:
    parts = [amount for s in series for amount in quantity_draws(projection, quantity, s, sense).values()]
    return np.sum(parts, axis=0)


def _fleet(segment: str, scale: float = 1.0) -> Callable[[Projection], Array]:
    return lambda projection: projection.units_in_use[segment] / scale


COUNTERPARTS: dict[tuple[str, str], Counterpart] = {
    ("electricity", "world data centres"): Counterpart(
        lambda p: _summed(p, "twh", "demand", _DATA_CENTRES),
        True,
        "AI accelerators with their facilities against all data centres",
    ),
    ("capacity", "world data centres"): Counterpart(
        lambda p: _summed(p, "gw", "capacity", _DATA_CENTRES),
        True,
        "nameplate of AI facilities against the capacity of all data centres",
    ),
    ("capacity", "AI data centres"): Counterpart(
        lambda p: _summed(p, "gw", "capacity", _DATA_CENTRES),
        False,
        "nameplate of AI facilities at the end of the year",
    ),
    ("power", "AI total"): Counterpart(
        lambda p: _summed(p, "gw", "capacity", _DATA_CENTRES), False, "nameplate of AI facilities"
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
    their year. ``ratio`` is our median over the published value. ``verdict``:

    - ``agrees``: the published range overlaps our 5 to 95 % band (a part: our median stays below it);
    - ``exceeds the whole``: ours is a part and its median exceeds the published whole;
    - ``above`` / ``below``: the ranges do not overlap.

    Parameters
    ----------
    projection : Projection
    tables : mapping of str to DataFrame

    Returns
    -------
    DataFrame
        Columns COLUMNS, published rows in order of year.
    """
    published = tables["published_forecasts"][
        ["forecast_id", "series", "entity", "year", "value", "low", "high", "unit", "source_id", "confidence"]
    ]
    observed = tables["history"].assign(
        year=pd.to_datetime(tables["history"]["date"]).dt.year,
        forecast_id=lambda h: "history: " + h["entity"] + ", " + h["series"],
    )
    candidates = pd.concat([published, observed[published.columns]], ignore_index=True)
    rows = []
    for row in candidates.itertuples(index=False):
        counterpart = COUNTERPARTS.get((row.series, row.entity))
        if counterpart is not None and YEARS[0] <= row.year <= YEARS[-1] and pd.notna(row.value):
            ours = counterpart.draws(projection)[:, int(row.year) - int(YEARS[0])]
            rows.append(_compared(row, counterpart, np.quantile(ours, [0.05, 0.5, 0.95])))
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.sort_values(["year", "forecast_id"], ignore_index=True)


def _compared(row: object, counterpart: Counterpart, band: Array) -> dict[str, object]:
    value, low, high = (float(getattr(row, c)) for c in ("value", "low", "high"))
    low, high = (value if np.isnan(low) else low), (value if np.isnan(high) else high)
    return {
        **{c: getattr(row, c) for c in ("forecast_id", "entity", "series", "year", "unit")},
        "published": value,
        "published_low": low,
        "published_high": high,
        "p5": band[0],
        "p50": band[1],
        "p95": band[2],
        "ratio": band[1] / value,
        "verdict": _verdict(band, low, value, high, counterpart.part),
        "note": counterpart.note,
        "source_id": row.source_id,  # type: ignore[attr-defined]
        "confidence": row.confidence,  # type: ignore[attr-defined]
    }


def _verdict(band: Array, low: float, value: float, high: float, part: bool) -> str:
    if part:
        return "exceeds the whole" if band[1] > value else "agrees"
    if band[0] > high:
        return "above"
    return "below" if band[2] < low else "agrees"

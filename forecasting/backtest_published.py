"""Forecasts that others published, against what came of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecasting.scenarios import Tables

COLUMNS = [
    "forecast", "made", "target_year", "predicted", "low", "high", "actual", "unit", "ratio", "error_oom",
    "inside", "lesson", "source_id", "confidence",
]  # fmt: skip


def published_scores(tables: Tables) -> pd.DataFrame:
    """Every published forecast whose outcome is a number by now.

    Rows of ``forecast_backtests`` carry their outcome. Rows of ``published_forecasts`` find theirs in
    ``history`` or ``usage`` under the same series, entity and unit, the newest of the target year, so that an
    outcome added later scores them.

    Parameters
    ----------
    tables : mapping of str to DataFrame

    Returns
    -------
    DataFrame
        Columns forecast, made, target_year, predicted, low, high, actual, unit, ratio (predicted over
        actual), error_oom (its log10), inside (whether low to high held the outcome; missing without a
        range), lesson, source_id, confidence; worst ratio first. Ratio and error are missing where either
        side is zero.
    """
    logged = tables["forecast_backtests"].dropna(subset=["predicted", "actual"])
    observed = _with_outcomes(tables)
    frame = pd.concat([logged, observed], ignore_index=True).astype({"target_year": "int64"})
    positive = (frame["predicted"] > 0) & (frame["actual"] > 0)
    ratio = (frame["predicted"] / frame["actual"].where(positive)).where(positive)
    ranged = frame["low"].notna() & frame["high"].notna()
    held = (frame["low"] <= frame["actual"]) & (frame["actual"] <= frame["high"])
    frame = frame.assign(ratio=ratio, error_oom=np.log10(ratio), inside=held.astype("boolean").where(ranged))
    worst_first = frame["error_oom"].abs().fillna(np.inf).sort_values(ascending=False, kind="stable").index
    return frame.loc[worst_first, COLUMNS].reset_index(drop=True)


def _with_outcomes(tables: Tables) -> pd.DataFrame:
    """Rows of ``published_forecasts`` that an observation of the target year answers."""
    keys = ["series", "entity", "unit", "year"]
    seen = pd.concat([tables["history"], tables["usage"]], ignore_index=True).dropna(subset=["value"])
    seen = seen.assign(year=pd.to_datetime(seen["date"]).dt.year).sort_values("date", kind="stable")
    newest = seen.drop_duplicates(keys, keep="last")[[*keys, "value"]].rename(columns={"value": "actual"})
    central = tables["published_forecasts"].rename(
        columns={"forecast_id": "forecast", "value": "predicted", "note": "lesson"}
    )
    answered = central.dropna(subset=["predicted"]).merge(newest, on=keys)
    return answered.assign(target_year=answered["year"])[
        [c for c in COLUMNS if c in answered or c == "target_year"]
    ]

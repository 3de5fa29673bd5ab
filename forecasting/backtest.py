"""Rolling-origin backtest of the record training run: what would have been said, and what came."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta

from datasets.errors import InvalidValue
from forecasting.backtest_history import RunHistory, dates_of, run_history
from forecasting.backtest_methods import (
    BASELINES,
    FITTED,
    HORIZONS,
    QUARTER,
    BlendMembers,
    BlendSettings,
    Method,
    blend,
    blend_members,
    spread_factor,
)
from forecasting.backtest_outlooks import INTERVAL, Outlook
from forecasting.progress import tracked
from forecasting.scenarios import Tables
from forecasting.years import DAYS_PER_YEAR

Array = NDArray[np.float64]
SCORED_FROM = 2019
EARLIEST_ORIGIN = 2015
_FIRST_SETTINGS_ORIGIN = 2013.0
RETENTIONS = tuple(np.round(np.arange(0.84, 1.001, 0.02), 2))
WIDENINGS = (0.55, 0.7, 0.85, 1.0, 1.15, 1.3, 1.5, 1.75)
# Not zero: the outcomes before 2019 are too few to show that growth is known for certain.
GROWTH_DOUBTS = (0.05, 0.1, 0.15, 0.2)
COLUMNS = [
    "method", "origin", "horizon_years", "target", "predicted", "low", "high", "actual", "error_oom",
    "inside", "crps_oom", "log_score",
]  # fmt: skip


def backtest(tables: Tables, *, origins_per_year: int = 1, first_origin: int = SCORED_FROM) -> pd.DataFrame:
    """Every method's forecast from every origin, one to five years ahead, against the record that came.

    Each forecast uses only runs published before its origin. Three constants of ``blend`` are chosen by log
    score on outcomes before 2019, or before the first origin where that is earlier (`blend_settings`); its
    spread follows its errors known at the origin (`backtest_methods.spread_factor`). FLOP are today's
    estimates of past runs, which is more than was known then.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    origins_per_year : int
        1, 2, 4 or 12, the first on 1 January.
    first_origin : int
        Year.

    Returns
    -------
    DataFrame
        Columns method, origin and target (dates), horizon_years, predicted (median), low and high (80 %
        interval), actual (all FLOP), error_oom (log10 of predicted over actual), inside, crps_oom, log_score.

    Raises
    ------
    InvalidValue
        When the origins do not fall on months, lie before 2015, or no outcome is known after the first.
    """
    if origins_per_year not in (1, 2, 4, 12):
        raise InvalidValue(f"{origins_per_year} origins a year do not fall on months: ask for 1, 2, 4 or 12.")
    if first_origin < EARLIEST_ORIGIN:
        raise InvalidValue(
            f"Origins from {first_origin} have too little history behind them: begin in {EARLIEST_ORIGIN} "
            "or later."
        )
    history = run_history(tables)
    origins = np.arange(first_origin, history.known_until - HORIZONS[0] + 1e-9, 1 / origins_per_year)
    if not len(origins):
        raise InvalidValue(
            f"No outcome is known a year after {first_origin}: the record is known up to "
            f"{history.known_until:.1f}, begin earlier."
        )
    settings = blend_settings(history, min(SCORED_FROM, first_origin))
    methods = {**BASELINES, **FITTED, "blend": _tuned(settings)}
    asked = [(name, float(origin)) for name in methods for origin in origins]
    frames = [
        _scored(name, methods[name], history, origin) for name, origin in tracked(asked, "past forecasts")
    ]
    return pd.concat(frames, ignore_index=True)[COLUMNS]


def backtest_summary(frame: pd.DataFrame) -> pd.DataFrame:
    """Mean scores of a backtest by method and horizon.

    Parameters
    ----------
    frame : DataFrame
        As `backtest` returns it.

    Returns
    -------
    DataFrame
        Columns method, horizon_years, forecasts, mae_oom, bias_oom, coverage (share of outcomes inside the
        80 % interval), crps_oom, log_score, apart (how many of the forecasts can lie a horizon apart: the
        others share most of what they foresee), coverage_low and coverage_high (95 % interval of the share
        that so many independent outcomes would tell, `coverage_interval`); methods in the frame's order.
    """
    grouped = frame.assign(missed=frame["error_oom"].abs()).groupby(["method", "horizon_years"], sort=False)
    scores = grouped.agg(
        forecasts=("missed", "size"),
        mae_oom=("missed", "mean"),
        bias_oom=("error_oom", "mean"),
        coverage=("inside", "mean"),
        crps_oom=("crps_oom", "mean"),
        log_score=("log_score", "mean"),
        first=("origin", "min"),
        last=("origin", "max"),
    ).reset_index()
    span_years = (scores["last"] - scores["first"]).dt.days / DAYS_PER_YEAR
    apart = 1 + np.floor(span_years / scores["horizon_years"] + 0.01)
    low, high = coverage_interval(scores["coverage"].to_numpy(float), apart.to_numpy(float))
    return scores.drop(columns=["first", "last"]).assign(
        apart=apart.astype("int64"), coverage_low=low, coverage_high=high
    )


def coverage_interval(share: Array, outcomes: Array, level: float = 0.95) -> tuple[Array, Array]:
    """What an observed share says of the true one: Clopper and Pearson's exact interval (Biometrika, 1934).

    Quantiles of beta distributions with k, n - k + 1 and k + 1, n - k degrees, k being the share of the n
    outcomes, which need not be whole.

    Parameters
    ----------
    share, outcomes : arrays
        Share inside, and independent outcomes behind it.
    level : float

    Returns
    -------
    tuple of arrays
    """
    inside = share * outcomes
    tail = (1 - level) / 2
    low = np.where(inside > 0, beta.ppf(tail, np.maximum(inside, 1e-9), outcomes - inside + 1), 0.0)
    left = np.maximum(outcomes - inside, 1e-9)
    high = np.where(inside < outcomes, beta.ppf(1 - tail, inside + 1, left), 1.0)
    return low, high


def blend_settings(history: RunHistory, known_by: float = SCORED_FROM) -> BlendSettings:
    """The blend's constants with the best mean log score on quarterly origins and outcomes known by a date.

    Every horizon counts the same, however many origins it has.

    Parameters
    ----------
    history : RunHistory
    known_by : float
        Decimal year; nothing published later is looked at.

    Returns
    -------
    BlendSettings
    """
    known = history.until(known_by)
    cases = _cases(known)
    choices = [BlendSettings(float(q), w, d) for q in RETENTIONS for w in WIDENINGS for d in GROWTH_DOUBTS]
    return max(choices, key=lambda settings: _mean_log_score(cases, settings))


def record_outlook(tables: Tables, years: NDArray[np.int64]) -> pd.DataFrame:
    """The blend's forecast of the record from the newest date that is known.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    years : (Y,) array
        Whole years; the forecast is of the record at their ends.

    Returns
    -------
    DataFrame
        Columns year, p5, p25, p50, p75, p95, FLOP; years that are over are left out.
    """
    history = run_history(tables)
    origin = history.known_until
    ahead = years[years + 1 > origin]
    outlook = _tuned(blend_settings(history))(
        history.until(origin), origin, (ahead + 1 - origin).astype(np.float64)
    )
    bands = {f"p{q}": 10.0 ** outlook.quantile(q / 100) for q in (5, 25, 50, 75, 95)}
    return pd.DataFrame({"year": ahead, **bands})


def _tuned(settings: BlendSettings) -> Method:
    """The blend with its spread as its one-year errors known at the origin were."""
    seen: dict[float, float] = {}

    def outlook(known: RunHistory, origin: float, horizons: Array) -> Outlook:
        told = blend(blend_members(known, origin, horizons), settings)
        return replace(told, sd=told.sd * spread_factor(known, origin, settings, seen))

    return outlook


def _cases(known: RunHistory) -> list[tuple[BlendMembers, Array]]:
    """Members at each origin that has an outcome, and the outcomes."""
    cases = []
    for origin in np.arange(_FIRST_SETTINGS_ORIGIN, known.known_until, QUARTER):
        due = HORIZONS[origin + HORIZONS <= known.known_until + 1e-9].astype(np.float64)
        if len(due):
            cases.append((blend_members(known.until(origin), float(origin), due), known.record(origin + due)))
    return cases


def _mean_log_score(cases: list[tuple[BlendMembers, Array]], settings: BlendSettings) -> float:
    scores = np.full((len(cases), len(HORIZONS)), np.nan)
    for row, (members, actual) in zip(scores, cases, strict=True):
        row[: len(actual)] = blend(members, settings).log_score(actual)
    return float(np.mean([np.nanmean(column) for column in scores.T if np.isfinite(column).any()]))


def _scored(name: str, method: Method, history: RunHistory, origin: float) -> pd.DataFrame:
    horizons = HORIZONS[origin + HORIZONS <= history.known_until + 1e-9]
    outlook = method(history.until(origin), origin, horizons.astype(np.float64))
    return _against(outlook, history.record(origin + horizons)).assign(
        method=name,
        origin=dates_of([origin] * len(horizons)),
        horizon_years=horizons,
        target=dates_of(origin + horizons),
    )


def _against(outlook: Outlook, actual: Array) -> pd.DataFrame:
    low, high = (outlook.quantile((1 + sign * INTERVAL) / 2) for sign in (-1, 1))
    median = outlook.quantile(0.5)
    return pd.DataFrame(
        {
            "predicted": 10.0**median,
            "low": 10.0**low,
            "high": 10.0**high,
            "actual": 10.0**actual,
            "error_oom": median - actual,
            "inside": (low <= actual + 1e-12) & (actual <= high + 1e-12),
            "crps_oom": outlook.crps(actual),
            "log_score": outlook.log_score(actual),
        }
    )

"""Ways to foresee the record training run from what was published before an origin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.backtest_history import RunHistory
from forecasting.backtest_outlooks import Outlook
from forecasting.trends import (
    MINIMUM_POINTS,
    TrendFit,
    damped_years,
    declining_growth_fit,
    exponential_fit,
    gompertz_fit,
    logistic_fit,
)

Array = NDArray[np.float64]
Method = Callable[[RunHistory, float, Array], Outlook]
HORIZONS: NDArray[np.int64] = np.arange(1, 6)
REFIT_WINDOW_YEARS = 6.0
BLEND_WINDOWS_YEARS = (4.0, 6.0, 8.0)
QUARTER = 0.25
# The earliest origin with two years of runs behind it.
FIRST_ORIGIN = 2012.5


@dataclass(frozen=True)
class BlendSettings:
    """The three constants of `blend`.

    Attributes
    ----------
    retention : float
        Share of the exponentials' yearly growth that is left a year later.
    widening : float
        Factor on the record's scatter around its trend.
    growth_doubt : float
        Standard deviation of yearly growth, orders of magnitude a year.
    """

    retention: float
    widening: float
    growth_doubt: float


@dataclass(frozen=True)
class BlendMembers:
    """What the members of `blend` make of an origin.

    Attributes
    ----------
    level, growth : (M,) arrays
        log10 of the record that each exponential implies at the origin, and its orders of magnitude a year.
    declining : (H,) array
        What the trend of declining growth expects, log10.
    scatter : (M,) array
        Standard deviation of the record around each exponential, orders of magnitude.
    horizons : (H,) array
        Years.
    floor : float
        log10 of the record at the origin.
    """

    level: Array
    growth: Array
    declining: Array
    scatter: Array
    horizons: Array
    floor: float


def no_change(known: RunHistory, origin: float, horizons: Array) -> Outlook:
    """The record stands; it errs as it erred in the past at the same horizon."""
    floor = float(known.record(origin))
    return Outlook(np.full(len(horizons), floor), _past_errors(known, origin, horizons, _standing), floor)


def constant_growth(known: RunHistory, origin: float, horizons: Array) -> Outlook:
    """The record grows on at its mean rate since the first run; it errs as it erred in the past."""
    floor = float(known.record(origin))
    centre = _growing(known, origin, horizons)
    return Outlook(centre, _past_errors(known, origin, horizons, _growing), floor)


def refit(known: RunHistory, origin: float, horizons: Array) -> Outlook:
    """An exponential through the top-ten runs of the last six years, the record riding above it."""
    window = _window(known, origin, REFIT_WINDOW_YEARS)
    return _above_trend(exponential_fit(*window), known, origin, horizons, REFIT_WINDOW_YEARS)


def declining_growth(known: RunHistory, origin: float, horizons: Array) -> Outlook:
    """Growth that declines at a fitted rate, through all top-ten runs."""
    return _above_trend(declining_growth_fit(known.years, known.log10_flop), known, origin, horizons)


def logistic(known: RunHistory, origin: float, horizons: Array) -> Outlook:
    """A logistic curve through all top-ten runs."""
    return _above_trend(logistic_fit(known.years, known.log10_flop), known, origin, horizons)


def gompertz(known: RunHistory, origin: float, horizons: Array) -> Outlook:
    """A Gompertz curve through all top-ten runs."""
    return _above_trend(gompertz_fit(known.years, known.log10_flop), known, origin, horizons)


def blend_members(known: RunHistory, origin: float, horizons: Array) -> BlendMembers:
    """Exponentials through the last four, six and eight years, and declining growth through all.

    Parameters
    ----------
    known : RunHistory
        What was published before the origin.
    origin : float
        Decimal year.
    horizons : (H,) array
        Years.

    Returns
    -------
    BlendMembers
    """
    rows = []
    for years in BLEND_WINDOWS_YEARS:
        fit = exponential_fit(*_window(known, origin, years))
        gap, scatter = _record_gap(fit, known, origin, years)
        rows.append((float(fit.level(origin)) + gap, float(fit.growth(origin)), scatter))
    level, growth, scatters = np.array(rows).T
    declining = declining_growth(known, origin, horizons).centre
    return BlendMembers(level, growth, declining, scatters, horizons, float(known.record(origin)))


def blend(members: BlendMembers, settings: BlendSettings) -> Outlook:
    """The members' quantiles averaged, each with the same weight.

    An exponential expects ``a + b (1 - q^h) / (-ln q)``: its level a at the origin, and its growth b, of
    which the share q is left each year; declining growth brings a decline of its own. ``sd^2 = (w s)^2 +
    (d h)^2`` with s the record's scatter around the trend and d the doubt about growth. Averaging
    quantiles and not densities keeps the blend as sharp as its members (Lichtendahl, Grushka-Cockayne and
    Winkler, Management Science 59, 2013).

    Parameters
    ----------
    members : BlendMembers
    settings : BlendSettings

    Returns
    -------
    Outlook
    """
    gained = members.growth[:, None] * damped_years(members.horizons, settings.retention)
    centre = np.vstack([members.level[:, None] + gained, members.declining]).mean(axis=0)
    scatter = settings.widening * members.scatter.mean()
    return Outlook(centre, np.hypot(scatter, settings.growth_doubt * members.horizons), members.floor)


def spread_factor(
    known: RunHistory, origin: float, settings: BlendSettings, seen: dict[float, float]
) -> float:
    """How much wider or narrower than told the blend's one-year errors were.

    Over every quarter whose outcome was known by the origin: root mean square of (outcome - centre) / sd,
    shrunk towards 1 by the weight of a year of quarters. Factors of each horizon's own errors were tried and
    left: records leapt before 2019, and such factors widen the long horizons.

    Parameters
    ----------
    known : RunHistory
        What was published before the origin.
    origin : float
    settings : BlendSettings
    seen : dict of quarter to float
        Squares worked out before; what is missing is put there.

    Returns
    -------
    float
    """
    year = np.array([1.0])
    due = [q for q in np.arange(FIRST_ORIGIN, origin, QUARTER) if q + 1 <= origin + 1e-9]
    for quarter in due:
        if quarter not in seen:
            told = blend(blend_members(known.until(quarter), float(quarter), year), settings)
            seen[quarter] = float(((known.record(quarter + year) - told.centre) / told.sd)[0] ** 2)
    quarters = round(1 / QUARTER)
    return float(np.sqrt((sum(seen[q] for q in due) + quarters) / (len(due) + quarters)))


BASELINES: dict[str, Method] = {"no_change": no_change, "constant_growth": constant_growth}
FITTED: dict[str, Method] = {
    "refit": refit,
    "declining_growth": declining_growth,
    "logistic": logistic,
    "gompertz": gompertz,
}


def _above_trend(
    fit: TrendFit, known: RunHistory, origin: float, horizons: Array, years: float = np.inf
) -> Outlook:
    gap, scatter = _record_gap(fit, known, origin, years)
    ahead = origin + horizons
    return Outlook(fit.level(ahead) + gap, fit.spread(ahead, scatter), float(known.record(origin)))


def _window(known: RunHistory, origin: float, years: float) -> tuple[Array, Array]:
    """Runs of the last years, or the newest `MINIMUM_POINTS` where they are fewer."""
    begin = min(origin - years, known.years[-MINIMUM_POINTS])
    inside = known.years >= begin
    return known.years[inside], known.log10_flop[inside]


def _record_gap(fit: TrendFit, known: RunHistory, origin: float, years: float) -> tuple[float, float]:
    """Mean and standard deviation of the record over the trend, month by month through the window."""
    begin = max(origin - years, float(known.years[0]))
    months = np.arange(origin, begin, -1 / 12)[::-1]
    above = known.record(months) - fit.level(months)
    return float(above.mean()), float(above.std())


def _standing(known: RunHistory, origin: float, horizons: Array) -> Array:
    return np.full(len(horizons), float(known.record(origin)))


def _growing(known: RunHistory, origin: float, horizons: Array) -> Array:
    gained = float(known.record(origin)) - float(known.log10_flop[0])
    return float(known.record(origin)) + gained / (origin - float(known.years[0])) * horizons


def _past_errors(
    known: RunHistory, origin: float, horizons: Array, expected: Callable[[RunHistory, float, Array], Array]
) -> Array:
    """Root mean square of what the same rule missed by, over every quarter whose outcome was known by then.

    Where no quarter was, the longest horizon that has one is scaled up by the horizons' ratio.
    """
    earlier = np.arange(FIRST_ORIGIN, origin, QUARTER)
    sd = np.full(len(horizons), np.nan)
    for i, horizon in enumerate(horizons):
        due = earlier[earlier + horizon <= origin]
        if len(due):
            missed = [
                float(expected(known.until(o), o, np.array([horizon]))[0] - known.record(o + horizon))
                for o in due
            ]
            sd[i] = np.sqrt(np.mean(np.square(missed)))
    last = int(np.flatnonzero(np.isfinite(sd))[-1])
    return np.where(np.isfinite(sd), sd, sd[last] * horizons / horizons[last])

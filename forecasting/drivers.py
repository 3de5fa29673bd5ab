"""Demand drivers: population, activity and adoption of each workload, year by year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.errors import InvalidValue
from forecasting.quantiles import TwoPieceCurve
from forecasting.scenarios import Tables
from forecasting.years import DAYS_PER_YEAR, LAST_HISTORY_YEAR, YEARS, interpolated

# What a driver's unit means for the product of a workload's terms: a factor that turns it into "a day" or
# "hours a day", and the dimension that it adds.
_PER_DAY = {"1/day": 1.0, "1/yr": 1 / DAYS_PER_YEAR, "token/month": 12 / DAYS_PER_YEAR}
_HOURS = {"h/day": 1.0, "min/day": 1 / 60}
_PER_HOUR = {"1/h": 1.0}
_SHARES = {"share"}


@dataclass(frozen=True)
class Driver:
    """One driver with its quantiles in each year of YEARS."""

    workload_id: str
    name: str
    unit: str
    low: NDArray[np.float64]
    central: NDArray[np.float64]
    high: NDArray[np.float64]

    @property
    def input(self) -> str:
        """Name of its uncertain input."""
        return f"driver.{self.workload_id}.{self.name}"

    def values(self, scores: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Values (draws, years); one score moves all years together."""
        return self._curve.values(scores[self.input]).T

    @cached_property
    def _curve(self) -> TwoPieceCurve:
        kind = "logitnormal" if self.unit in _SHARES else "lognormal"
        return TwoPieceCurve(self.low, self.central, self.high, kind)


@dataclass(frozen=True)
class DemandTerms:
    """The terms whose product is a workload's activity, and what the product counts."""

    workload_id: str
    terms: tuple[tuple[Driver, str], ...]

    @property
    def inputs(self) -> list[str]:
        """Names of the uncertain inputs."""
        return [driver.input for driver, _ in self.terms]

    @property
    def unit_factor(self) -> float:
        """Factor that takes the product of the drivers' own units to "a day"."""
        factor = 1.0
        for driver, role in self.terms:
            if role != "growth":
                factor *= _PER_DAY.get(driver.unit, 1.0) * _HOURS.get(driver.unit, 1.0)
        return factor

    @property
    def counts_hours(self) -> bool:
        """Whether the product is in hours a day and not in events a day."""
        units = [driver.unit for driver, role in self.terms if role != "growth"]
        return sum(u in _HOURS for u in units) > sum(u in _PER_HOUR for u in units)

    @property
    def counts_events(self) -> bool:
        """Whether the product is in events a day."""
        units = [driver.unit for driver, role in self.terms if role != "growth"]
        return any(u in _PER_DAY for u in units) or any(u in _PER_HOUR for u in units)

    def product(
        self,
        scores: Mapping[str, NDArray[np.float64]],
        known: dict[str, NDArray[np.float64]] | None = None,
    ) -> NDArray[np.float64]:
        """Product of the terms (draws, years), in a day (or hours a day, or a bare count or share).

        Parameters
        ----------
        scores : mapping
            Standard-normal scores of the drivers.
        known : dict of input to (draws, years) array, optional
            Drivers worked out already at these scores; what is missing is put there.
        """
        known = {} if known is None else known
        result: NDArray[np.float64] | float = self.unit_factor
        for driver, role in self.terms:
            if driver.input not in known:
                known[driver.input] = driver.values(scores)
            values = known[driver.input]
            if role == "complement":
                values = 1.0 - values
            elif role == "growth":
                values = _growth_index(values)
            result = result * values
        return np.asarray(result)


def _growth_index(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Level relative to the last year of history from yearly growth factors (draws, years)."""
    level = np.cumsum(np.log(rates), axis=1)
    base = level[:, np.searchsorted(YEARS, LAST_HISTORY_YEAR)]
    return np.exp(level - base[:, None])


def drivers_by_name(tables: Tables) -> dict[tuple[str, str], Driver]:
    """Every driver of ``workload_drivers`` in YEARS; shares move along lines, the rest in logarithms."""
    drivers = {}
    listed = ["workload_id", "driver", "unit", "year", "low", "central", "high"]
    by_year = tables["workload_drivers"][listed].sort_values("year")
    for (workload_id, name), rows in by_year.groupby(["workload_id", "driver"]):
        unit = str(rows["unit"].iloc[0])
        known = rows["year"].to_numpy(np.int64)
        central = rows["central"].to_numpy(float)
        curves = [
            interpolated(YEARS, known, _filled(rows[column], central), log=unit not in _SHARES)
            for column in ("low", "central", "high")
        ]
        drivers[str(workload_id), str(name)] = Driver(str(workload_id), str(name), unit, *curves)
    return drivers


def _filled(column: pd.Series, central: NDArray[np.float64]) -> NDArray[np.float64]:
    """The column with its gaps (an observed value has no spread) filled by the central figure."""
    values = column.to_numpy(float)
    return np.where(np.isnan(values), central, values)


def demand_terms(tables: Tables) -> dict[str, DemandTerms]:
    """The terms of each workload of ``workload_demand``.

    Raises
    ------
    InvalidValue
        If a term names a driver that ``workload_drivers`` does not hold.
    """
    drivers = drivers_by_name(tables)
    terms: dict[str, list[tuple[Driver, str]]] = {w: [] for w in tables["workload_demand"]["workload_id"]}
    for row in tables["workload_demand_terms"].itertuples(index=False):
        key = (str(row.driver_workload_id), str(row.driver))
        if key not in drivers:
            raise InvalidValue(
                f"The demand of workload '{row.workload_id}' hangs on driver '{key[1]}' of '{key[0]}', which "
                "workload_drivers does not hold: add its years there."
            )
        if row.workload_id in terms:
            terms[str(row.workload_id)].append((drivers[key], str(row.role)))
    return {w: DemandTerms(w, tuple(t)) for w, t in terms.items()}

"""Device fleets: how many of each year's shipments are still in use, and which devices they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from datasets.errors import InvalidValue
from forecasting.arithmetic import like
from forecasting.quantiles import TwoPieceCurve
from forecasting.scenarios import Tables
from forecasting.years import FIRST_YEAR, LAST_YEAR

# One year before the first, so that a mean over the first year has both its ends.
STOCK_YEARS: NDArray[np.int64] = np.arange(FIRST_YEAR - 1, LAST_YEAR + 1)


def surviving_share(age_years: ArrayLike, scale_years: ArrayLike, shape: ArrayLike) -> NDArray[np.float64]:
    """Share of a vintage still in use: the Weibull survival function, ``exp(-(age / scale)^shape)``.

    Parameters
    ----------
    age_years : array_like
        Years since sale; negative ages (not yet sold) give 0.
    scale_years, shape : array_like
        Weibull parameters; broadcast.

    Returns
    -------
    array of shares in [0, 1]
    """
    scale = np.asarray(scale_years)
    scale = scale if np.issubdtype(scale.dtype, np.floating) else scale.astype(float)
    age, shape = like(age_years, scale), like(shape, scale)
    # Two small powers and a product are far cheaper than a power of each quotient.
    hazard = np.maximum(age, 0.0) ** shape * scale**-shape
    share = np.exp(-hazard)
    return np.where(age < 0, 0.0, share) if np.any(age < 0) else share


@dataclass(frozen=True)
class Fleet:
    """One segment's shipments by vintage with their spread, and its lifetime."""

    segment: str
    vintages: NDArray[np.int64]
    low: NDArray[np.float64]
    central: NDArray[np.float64]
    high: NDArray[np.float64]
    scale_years: tuple[float, float, float]
    shape: float

    @property
    def inputs(self) -> tuple[str, str]:
        """Names of the uncertain inputs of this fleet."""
        return f"fleet.{self.segment}.shipments", f"fleet.{self.segment}.lifetime"

    def units_in_use(
        self, scores: Mapping[str, NDArray[np.float64]], supply: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """Units in use at the end of each year of STOCK_YEARS, by vintage.

        stock(y) = sum over vintages v <= y of shipments(v) * survival(y - v + 1/2), a vintage being sold in
        the middle of its year.

        Parameters
        ----------
        scores : mapping
            Standard-normal scores (draws,) of this fleet's inputs.
        supply : (vintages, draws) array, optional
            Factor on shipments (`supply.shipment_factor`).

        Returns
        -------
        (draws, stock years, vintages) array, units
        """
        shipped, alive = self.shipments(scores, supply), self.surviving(scores)
        stock = np.zeros((len(STOCK_YEARS), *shipped.shape), dtype=shipped.dtype)
        for at_end, (sold, ages) in zip(stock, self.sold_by_year, strict=True):
            np.multiply(shipped[:sold], alive[ages], out=at_end[:sold])
        return np.moveaxis(stock, -1, 0)

    @cached_property
    def sold_by_year(self) -> list[tuple[int, slice | NDArray[np.int64]]]:
        """By stock year: how many vintages are sold, and their rows in a table by age."""
        sold = np.searchsorted(self.vintages, STOCK_YEARS, side="right").tolist()
        ages = [year - self.vintages[:n] for year, n in zip(STOCK_YEARS, sold, strict=True)]
        return [(n, _rows_in_turn(rows)) for n, rows in zip(sold, ages, strict=True)]

    def shipments(
        self, scores: Mapping[str, NDArray[np.float64]], supply: NDArray[np.float64] | None = None
    ) -> NDArray[np.float64]:
        """Units sold of each vintage, (vintages, draws); arguments as in `units_in_use`."""
        shipped = self._shipped.values(scores[self.inputs[0]])
        return shipped if supply is None else shipped * supply

    def surviving(self, scores: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """Share of a vintage in use half a year after its sale, one and a half years, ...: (ages, draws)."""
        scale = self._scale.values(scores[self.inputs[1]])
        ages = np.arange(LAST_YEAR - min(int(self.vintages[0]), LAST_YEAR) + 1) + 0.5
        return surviving_share(ages[:, None], scale, self.shape)

    @cached_property
    def _shipped(self) -> TwoPieceCurve:
        return TwoPieceCurve(self.low, self.central, self.high, "lognormal")

    @cached_property
    def _scale(self) -> TwoPieceCurve:
        low, central, high = (np.array([years]) for years in self.scale_years)
        return TwoPieceCurve(low, central, high, "lognormal")


def _rows_in_turn(rows: NDArray[np.int64]) -> slice | NDArray[np.int64]:
    """Falling row numbers as a slice, which copies nothing, where none is left out."""
    if len(rows) and rows[0] - rows[-1] == len(rows) - 1:
        return slice(int(rows[0]), int(rows[-1]) - 1 if rows[-1] else None, -1)
    return rows


def year_means(at_year_ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over each year from the stocks at its ends; the second axis goes from STOCK_YEARS to YEARS."""
    return (at_year_ends[:, 1:] + at_year_ends[:, :-1]) / 2


def fleets_by_segment(tables: Tables) -> dict[str, Fleet]:
    """Every segment of ``fleets`` as a Fleet, shipments in units.

    Raises
    ------
    InvalidValue
        If a segment has shipments but no lifetime.
    """
    lifetimes = tables["fleet_lifetimes"].set_index("segment")
    fleets = {}
    for segment, rows in tables["fleets"].sort_values("year").groupby("segment"):
        if segment not in lifetimes.index:
            raise InvalidValue(
                f"Segment '{segment}' has shipments but no row in fleet_lifetimes: add its Weibull "
                "scale and shape."
            )
        life = lifetimes.loc[segment]
        central = rows["shipments_m"].to_numpy(float)
        low = np.where(rows["shipments_m_low"].isna(), central, rows["shipments_m_low"])
        high = np.where(rows["shipments_m_high"].isna(), central, rows["shipments_m_high"])
        fleets[str(segment)] = Fleet(
            segment=str(segment),
            vintages=rows["year"].to_numpy(np.int64),
            # A low end of zero has no logarithm; a thousandth of the central figure stands for it.
            low=np.maximum(low, central * 1e-3) * 1e6,
            central=central * 1e6,
            high=high * 1e6,
            scale_years=(
                float(life["weibull_scale_years_low"]),
                float(life["weibull_scale_years"]),
                float(life["weibull_scale_years_high"]),
            ),
            shape=float(life["weibull_shape"]),
        )
    return fleets


def normalised_mix(fleet_mix: pd.DataFrame) -> pd.DataFrame:
    """Shares of the devices in each segment and year, summing to one.

    What a user's row takes, the built-in devices give up in proportion; if the user's rows claim more than
    the whole, they are scaled down to it.

    Parameters
    ----------
    fleet_mix : DataFrame
        The table ``fleet_mix``.

    Returns
    -------
    DataFrame
        Columns segment, year, device_id, share.
    """
    mix = fleet_mix[["segment", "year", "device_id", "share", "origin"]].copy()
    mine = mix["origin"].eq("user")
    keys = [mix["segment"], mix["year"]]
    claimed = mix["share"].where(mine, 0.0).groupby(keys).transform("sum")
    given = mix["share"].where(~mine, 0.0).groupby(keys).transform("sum")
    taken = claimed.clip(upper=1.0).where(given > 0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        user_scale = taken / claimed
        # Unclaimed years keep their shares to the last bit, so that a withdrawn row leaves no trace.
        builtin_scale = np.where(claimed > 0, (1 - taken) / given, 1.0)
    mix["share"] = mix["share"] * np.where(mine, user_scale, builtin_scale)
    return mix.drop(columns="origin").sort_values(["segment", "year", "device_id"], ignore_index=True)


def vintage_mix(mix: pd.DataFrame, segment: str, vintages: NDArray[np.int64]) -> pd.DataFrame:
    """Device shares by vintage; a vintage without rows takes those of the nearest earlier (else later) year.

    Parameters
    ----------
    mix : DataFrame
        As returned by `normalised_mix`.
    segment : str
    vintages : (V,) array

    Returns
    -------
    DataFrame
        Index device_id, one column for each vintage, shares.
    """
    rows = mix[mix["segment"] == segment]
    if rows.empty:
        return pd.DataFrame(columns=pd.Index(vintages))
    shares = rows.pivot(index="device_id", columns="year", values="share").fillna(0.0)
    known = shares.columns.to_numpy()
    position = np.maximum(np.searchsorted(known, vintages, side="right") - 1, 0)
    return pd.DataFrame(shares.to_numpy()[:, position], index=shares.index, columns=pd.Index(vintages))

"""What a busy hour of the world's accelerators yields: the core's rates over the serving mix of the year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devices.budgets import named_pairs
from devices.outcome import outcome
from devices.settings import settings
from devices.verdict import why_unknown
from forecasting.accelerators import AcceleratorHistory
from forecasting.fleets import STOCK_YEARS, surviving_share, vintage_mix
from forecasting.placement import waiting_s
from forecasting.scenarios import Tables
from forecasting.years import YEARS

Array = NDArray[np.float64]
SEGMENT = "accelerator"
# Widths of tensor parallelism tried, narrowest first, until the model fits: an NVLink domain at the widest.
DEVICE_GROUPS = (1, 2, 4, 8, 16, 32, 64)
_RETIREMENT_SHAPE = 3.0


@dataclass(frozen=True)
class ServingRates:
    """Share of the dense 8-bit peak that each workload reaches while its devices are busy.

    Attributes
    ----------
    by_device : DataFrame
        Index (device_id, workload_id): devices (in the group that holds the model), items_per_s of the group,
        peak_share, wait_s; NaN where no group holds it.
    mix : DataFrame
        Index device_id, a column a year of STOCK_YEARS: share of the stock's H100e.
    by_year : dict of workload_id to (stock years,) array
        Mean of peak_share over the mix.
    wait_s : dict of workload_id to (stock years,) array
        Mean over the mix of what a user waits for (`placement.waiting_s`).
    """

    by_device: pd.DataFrame
    mix: pd.DataFrame
    by_year: dict[str, Array]
    wait_s: dict[str, Array]


def stock_mix(
    mix: pd.DataFrame, history: AcceleratorHistory, growth: Sequence[float], lifetime_years: float
) -> pd.DataFrame:
    """Share of each device in the accelerator stock at the end of each year, by H100e.

    Additions of a year are the stock less what survives of the stock before; each vintage then thins out by
    Weibull survival. Shares follow from medians and are the same in every draw.

    Parameters
    ----------
    mix : DataFrame
        Normalised shares of the H100e added, segment ``accelerator`` (`fleets.normalised_mix`).
    history : AcceleratorHistory
    growth : sequence of float
        Median growth of the stock in each projected year.
    lifetime_years : float
        Weibull scale.

    Returns
    -------
    DataFrame
        Index device_id, columns STOCK_YEARS.
    """
    stock = np.concatenate([history.relative_stock, np.cumprod(growth)])
    age = STOCK_YEARS[:, None] - STOCK_YEARS[None, :]
    survival = surviving_share(age, lifetime_years, _RETIREMENT_SHAPE)
    added = np.zeros(len(STOCK_YEARS))
    for i in range(len(STOCK_YEARS)):
        added[i] = max(stock[i] - survival[i, :i] @ added[:i], 0.0)
    vintages = survival * added
    shares = vintage_mix(mix, SEGMENT, STOCK_YEARS)
    totals = shares.to_numpy(float) @ vintages.T
    return pd.DataFrame(totals / totals.sum(axis=0), index=shares.index, columns=pd.Index(STOCK_YEARS))


def serving_rates(
    tables: Tables, mix: pd.DataFrame, workload_ids: Sequence[str], peak_ops_per_s: pd.Series
) -> ServingRates:
    """Evaluate the core for every accelerator of the mix and every cloud workload.

    Each pair runs on the narrowest group of devices that holds the model at the workload's cloud batch.

    Parameters
    ----------
    tables : mapping
    mix : DataFrame
        From `stock_mix`.
    workload_ids : sequence of str
    peak_ops_per_s : Series
        Dense 8-bit peak by device_id.

    Returns
    -------
    ServingRates
    """
    rates = _on_narrowest_groups(tables, list(mix.index), list(workload_ids))
    peak = peak_ops_per_s.reindex(rates.index.get_level_values("device_id")).to_numpy(float)
    executed = (rates["items_per_s"] * rates["operations_per_item"]).to_numpy(float)
    rates = rates.assign(peak_share=executed / (rates["devices"].to_numpy(float) * peak))
    by_year, waits = (_means_over_mix(rates[column], mix) for column in ("peak_share", "wait_s"))
    return ServingRates(rates, mix, by_year, waits)


def _on_narrowest_groups(tables: Tables, device_ids: list[str], workload_ids: list[str]) -> pd.DataFrame:
    """Every device with every workload on the narrowest group that holds it; NaN where none does.

    All widths are one call of the core.
    """
    pairs = named_pairs(tables, device_ids, workload_ids, None)
    group, place = np.divmod(np.arange(len(DEVICE_GROUPS) * len(pairs)), len(pairs))
    every = pairs.take(place)
    chosen = settings(pairs).take(place).changed(devices=np.array(DEVICE_GROUPS, dtype=float)[group])
    found = outcome(every, chosen, tables["efficiencies"])
    fits = found.fits_memory.reshape(len(DEVICE_GROUPS), -1)
    rows = fits.argmax(axis=0) * len(pairs) + np.arange(len(pairs))
    held, chosen = found.take(rows), chosen.take(rows)
    frame = pd.DataFrame(
        {
            "devices": chosen.devices,
            "items_per_s": held.items_per_s,
            "operations_per_item": held.operations_per_item,
            "wait_s": waiting_s(held.first_token_s, held.latency_s),
        },
        index=pd.MultiIndex.from_arrays(
            [pairs.hardware.device_id, pairs.workloads.workload_id], names=["device_id", "workload_id"]
        ),
    )
    frame.loc[~fits.any(axis=0) | (why_unknown(pairs, chosen) != "")] = np.nan
    return frame


def _means_over_mix(rates: pd.Series, mix: pd.DataFrame) -> dict[str, Array]:
    """By workload, the mean over the part of the mix that can serve at all; NaN where none can."""
    by_workload = rates.unstack("workload_id").reindex(mix.index)
    shares, weights = by_workload.to_numpy(float).T, mix.to_numpy(float)
    served = np.isfinite(shares)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = (np.where(served, shares, 0.0) @ weights) / (served @ weights)
    return dict(zip(by_workload.columns.astype(str), means, strict=True))


def busy_h100e(rates: ServingRates, workload_id: str, h100_ops_per_s: float) -> Array:
    """H100e that an operation a second of a workload keeps busy, by the core: ``1 / (share * peak)``.

    Parameters
    ----------
    rates : ServingRates
    workload_id : str
        One that no accelerator of the mix can hold keeps none.
    h100_ops_per_s : float
        Dense 8-bit peak of one H100.

    Returns
    -------
    (years,) array
    """
    share = rates.by_year.get(workload_id, np.array([np.nan]))
    return 1.0 / (share[1:] * h100_ops_per_s) if np.isfinite(share).all() else np.zeros(len(YEARS))

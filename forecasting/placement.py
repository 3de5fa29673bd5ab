"""Placement: which share of a fleet the roofline core finds able to run a workload within its budgets."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr

from devices.budgets import named_pairs
from devices.outcome import outcome
from devices.settings import settings
from devices.verdict import budget_margin
from forecasting.arithmetic import like
from forecasting.scenarios import Tables
from forecasting.years import LAST_HISTORY_YEAR, YEARS

ANY_DEVICE = "any"
REFERENCE_CLOUD_DEVICE = "h100_sxm"
# Logarithms of the speed gained by software since the last year of history at which ability is tabulated.
GAIN_GRID: NDArray[np.float64] = np.arange(-2.0, 6.0 + 1e-9, 0.125)
NO_GAIN = int(np.searchsorted(GAIN_GRID, 0.0))


def able_probability(
    margin: NDArray[np.float64], log_gain: NDArray[np.float64], spread: float
) -> NDArray[np.float64]:
    """Probability that a device meets every budget of a workload.

    Real devices' speed and users' patience scatter around the core's figure with a log-normal spread, so the
    probability is ``Phi((ln gain - ln margin) / spread)``.

    Parameters
    ----------
    margin : array
        Largest ratio of predicted to budget over all budgets of the workload; infinite where the model does
        not fit into memory, NaN where the device cannot be evaluated (both give 0).
    log_gain : array
        Natural logarithm of the speed gained by software; broadcast.
    spread : float
        Standard deviation of the logarithm.

    Returns
    -------
    array of probabilities
    """
    usable = np.isfinite(margin) & (margin > 0)
    log_margin = np.log(np.where(usable, margin, 1.0))
    return np.where(usable, ndtr((log_gain - log_margin) / spread), 0.0)


def attained_rate(margin: NDArray[np.float64], log_gain: NDArray[np.float64]) -> NDArray[np.float64]:
    """Share of the wanted rate that a machine built for a workload runs it at: min(1, gain / margin).

    A car too slow for its network at full rate runs it slower, or a smaller one, but it runs.

    Parameters
    ----------
    margin, log_gain : arrays
        As in `able_probability`; broadcast.

    Returns
    -------
    array of shares; 0 where the model does not fit or the device cannot be evaluated.
    """
    usable = np.isfinite(margin) & (margin > 0)
    return np.where(usable, np.minimum(np.exp(log_gain) / np.where(usable, margin, 1.0), 1.0), 0.0)


@dataclass(frozen=True, eq=False)
class Host:
    """A workload on a segment (or on one device of it), as the core sees its vintages.

    Attributes
    ----------
    share : (V,) array
        Share of each vintage that the host stands for: 1 for a whole segment, the device's share for one.
    able : (G, V) array
        Share of each vintage that is able, at each gain of GAIN_GRID.
    energy_j : (G, V) array
        Joules an item on the able devices, times `able`: what runs faster on a device takes less of it.
    wait_s : (G, V) array
        Seconds that its user waits on the able devices (`waiting_s`), times `able`, likewise.
    """

    workload_id: str
    segment: str
    device_id: str
    dedicated: bool
    share: NDArray[np.float64]
    able: NDArray[np.float64]
    energy_j: NDArray[np.float64]
    wait_s: NDArray[np.float64]


@dataclass(frozen=True)
class CoreResults:
    """What the core says of every device and workload of the forecast, evaluated once.

    Attributes
    ----------
    by_workload : mapping of workload_id to DataFrame
        Index device_id: margin, energy_per_item_j, operations_per_item, wait_s.
    spread : float
    """

    by_workload: Mapping[str, pd.DataFrame]
    spread: float

    def operations_per_item(self, workload_id: str, device_id: str | None = None) -> float:
        """Operations that one item of a workload takes; the same on every device of like precision."""
        rows = self.by_workload[workload_id]["operations_per_item"].dropna()
        if device_id is not None and device_id in rows.index:
            return float(rows[device_id])
        return float(rows.median())


def core_results(tables: Tables, spread: float) -> CoreResults:
    """Budgets of all devices of the fleets (and the reference cloud device) for all workloads in demand."""
    hosts, demand = tables["workload_hosts"], tables["workload_demand"]
    devices = set(tables["fleet_mix"]["device_id"]) | {REFERENCE_CLOUD_DEVICE}
    devices |= set(hosts.loc[hosts["device_id"] != ANY_DEVICE, "device_id"])
    workloads = set(demand["workload_id"]) | set(demand["elsewhere"].dropna())
    pairs = named_pairs(tables, sorted(devices), sorted(workloads), None)
    chosen = settings(pairs)
    found = outcome(pairs, chosen, tables["efficiencies"])
    told = pd.DataFrame(
        {
            "margin": budget_margin(pairs, chosen, found),
            "energy_per_item_j": found.energy_per_item_j,
            "operations_per_item": found.operations_per_item,
            "wait_s": waiting_s(found.first_token_s, found.latency_s),
        },
        index=pd.Index(pairs.hardware.device_id, name="device_id"),
    )
    told.loc[told["margin"].isna()] = np.nan
    return CoreResults(dict(iter(told.groupby(pairs.workloads.workload_id))), spread)


def hosts_by_workload(
    tables: Tables, shares: Mapping[str, pd.DataFrame], core: CoreResults
) -> dict[str, list[Host]]:
    """Every row of ``workload_hosts``, evaluated over the vintages of its segment.

    Parameters
    ----------
    tables : mapping
    shares : mapping of segment to DataFrame
        Device shares by vintage (`fleets.vintage_mix`).
    core : CoreResults

    Returns
    -------
    dict of workload_id to list of Host
    """
    hosts: dict[str, list[Host]] = {}
    for row in tables["workload_hosts"].itertuples(index=False):
        if row.dedicated:
            share = pd.DataFrame({0: [1.0]}, index=[row.device_id])
        elif row.segment in shares:
            share = shares[row.segment]
            if row.device_id != ANY_DEVICE:
                share = share[share.index == row.device_id]
        else:
            continue
        hosts.setdefault(str(row.workload_id), []).append(_host(row, share, core))
    return hosts


def waiting_s(first_token_s: NDArray[np.float64], latency_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a user waits for, s: the first token where an answer streams, else the whole item."""
    return np.where(np.isnan(first_token_s), latency_s, first_token_s)


def _host(row: object, share: pd.DataFrame, core: CoreResults) -> Host:
    workload_id = str(row.workload_id)  # type: ignore[attr-defined]
    results = core.by_workload[workload_id].reindex(share.index)
    margin = results["margin"].to_numpy(float)
    energy, wait = (np.nan_to_num(results[name].to_numpy(float)) for name in ("energy_per_item_j", "wait_s"))
    weights = share.to_numpy(float)
    faster = np.exp(GAIN_GRID)[:, None]
    able = able_probability(margin[None, :], GAIN_GRID[:, None], core.spread)
    if row.built_for:  # type: ignore[attr-defined]
        able = attained_rate(margin[None, :], GAIN_GRID[:, None])
    return Host(
        workload_id=workload_id,
        segment=str(row.segment),  # type: ignore[attr-defined]
        device_id=str(row.device_id),  # type: ignore[attr-defined]
        dedicated=bool(row.dedicated),  # type: ignore[attr-defined]
        share=weights.sum(axis=0),
        able=able @ weights,
        energy_j=(able / faster * energy) @ weights,
        wait_s=(able / faster * wait) @ weights,
    )


@dataclass(frozen=True)
class GainLookup:
    """Where each year and draw stands on GAIN_GRID.

    Attributes
    ----------
    below : (years, draws) array
        The grid point below.
    weight : (years, draws) array
        Weight of the one above.
    runs : tuple, by year, of (first, last) draws
        Neighbouring draws between the same two grid points; few where the draws are in order of their gain.
    """

    below: NDArray[np.int64]
    weight: NDArray[np.float64]
    runs: tuple[list[tuple[int, int]], ...]

    def summed(
        self,
        year: int,
        units: NDArray[np.float64],
        rising: NDArray[np.float64],
        out: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Sum over vintages of units times tabulated shares, interpolated to each draw's gain.

        Parameters
        ----------
        year : int
            Position in YEARS.
        units : (V, draws) array
        rising : (G - 1, 2 K, V) array
            From `rising_tables`.
        out : (K, draws) array, optional
            Where the sums go.

        Returns
        -------
        (K, draws) array
        """
        kinds = rising.shape[1] // 2
        out = np.empty((kinds, units.shape[1]), units.dtype) if out is None else out
        for first, last in self.runs[year]:
            # Both in one matrix product: picking the vintages one by one costs far more.
            sums = rising[self.below[year, first]] @ units[:, first:last]
            rise = sums[kinds:]
            rise *= self.weight[year, first:last]
            np.add(sums[:kinds], rise, out=out[:, first:last])
        return out


def rising_tables(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """Tables at each point of GAIN_GRID, and below them their rises to the next.

    Parameters
    ----------
    tables : (G, K, V) array

    Returns
    -------
    (G - 1, 2 K, V) array
    """
    return np.concatenate([tables[:-1], np.diff(tables, axis=0)], axis=1)


def gain_lookup(edge_software_gain: NDArray[np.float64]) -> GainLookup:
    """Software gain since the last year of history, ln(gain) * (year - 2025), placed on GAIN_GRID.

    History carries no gain: its models are those of the table.

    Parameters
    ----------
    edge_software_gain : (draws,) array
        Yearly factor on speed; the sums are fastest where it is in rising order.
    """
    elapsed = np.maximum(YEARS - LAST_HISTORY_YEAR, 0)
    log_gain = elapsed[:, None] * np.log(edge_software_gain)
    position = (np.clip(log_gain, GAIN_GRID[0], GAIN_GRID[-1]) - GAIN_GRID[0]) / (GAIN_GRID[1] - GAIN_GRID[0])
    below = np.minimum(position.astype(np.int64), len(GAIN_GRID) - 2)
    weight = like(position - below, edge_software_gain)
    return GainLookup(below, weight, tuple(_runs(row) for row in below))


def _runs(below: NDArray[np.int64]) -> list[tuple[int, int]]:
    ends = [0, *(np.flatnonzero(np.diff(below)) + 1).tolist(), len(below)]
    return list(itertools.pairwise(ends))

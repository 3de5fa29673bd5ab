"""The world's stock of data-centre accelerators, in H100-equivalents of dense 8-bit peak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.errors import InvalidValue
from forecasting.arithmetic import like
from forecasting.scenarios import Tables
from forecasting.years import FIRST_YEAR, LAST_HISTORY_YEAR, LAST_YEAR

Values = Mapping[str, NDArray[np.float64]]
_SOLD, _POWER = "accelerators sold, cumulative", "accelerator chip power, cumulative sold"
_TRACKED = ("tracked total", "NVIDIA")


@dataclass(frozen=True)
class AcceleratorHistory:
    """Observed stock relative to the last year of history, and its chip power an H100e.

    Attributes
    ----------
    relative_stock : (H,) array
        Stock at the end of the year before FIRST_YEAR up to LAST_HISTORY_YEAR, over that of the last.
    chip_w_per_h100e : (H,) array
        Chip power over H100e of all sold by then, W; the first year takes the second's figure.
    """

    relative_stock: NDArray[np.float64]
    chip_w_per_h100e: NDArray[np.float64]


def h100_peak_ops_per_s(tables: Tables) -> float:
    """Dense 8-bit peak of one H100 SXM, OP/s: the unit behind every H100e here."""
    peaks = tables["device_peaks"]
    row = peaks[(peaks["device_id"] == "h100_sxm") & (peaks["precision"] == "int8")]
    if row.empty:
        raise InvalidValue("Device 'h100_sxm' has no int8 peak: the unit H100e hangs on it, restore the row.")
    return float(row["dense_tops"].iloc[0]) * 1e12


def accelerator_history(tables: Tables) -> AcceleratorHistory:
    """Observed stock and chip power from ``history``.

    Deployed is taken as sold one quarter earlier, plus what was installed before the sales series begins.

    Raises
    ------
    InvalidValue
        If ``history`` lacks a year that the forecast starts from.
    """
    history = tables["history"].assign(date=pd.to_datetime(tables["history"]["date"]))
    before = history[
        (history["series"] == "accelerators installed") & history["entity"].str.startswith("before")
    ]
    installed_before = float(before["value"].sum())
    years = range(FIRST_YEAR, LAST_HISTORY_YEAR + 1)
    deployed = [installed_before]
    deployed += [installed_before + _tracked(history, _SOLD, f"{year}-09-30") for year in years]
    watts = [
        _tracked(history, _POWER, f"{year}-12-31") * 1e6 / _tracked(history, _SOLD, f"{year}-12-31")
        for year in years
    ]
    return AcceleratorHistory(np.array(deployed) / deployed[-1], np.array([watts[0], *watts]))


def _tracked(history: pd.DataFrame, series: str, date: str) -> float:
    """Value of a series on a date: the tracked total where there is one, else NVIDIA's."""
    rows = history[(history["series"] == series) & (history["date"] == pd.Timestamp(date))].set_index(
        "entity"
    )
    for entity in _TRACKED:
        if entity in rows.index:
            return float(rows.at[entity, "value"])
    raise InvalidValue(
        f"history has no row '{series}' of {' or '.join(_TRACKED)} on {date}: the forecast starts from it."
    )


def yearly_growth(values: Values) -> NDArray[np.float64]:
    """Growth factors of the stock in each projected year, gliding in logarithms from 2026 to 2030.

    Returns
    -------
    (draws, projected years) array
    """
    projected = np.arange(LAST_HISTORY_YEAR + 1, LAST_YEAR + 1)
    weight = (projected - projected[0]) / (projected[-1] - projected[0])
    first, last = np.log(values["stock_growth_2026"]), np.log(values["stock_growth_2030"])
    weight = like(weight, first)
    return np.exp(first * (1 - weight)[:, None] + last * weight[:, None]).T


def stock_h100e(history: AcceleratorHistory, values: Values) -> NDArray[np.float64]:
    """Accelerators deployed at the end of each year of ``fleets.STOCK_YEARS``.

    Returns
    -------
    (draws, stock years) array, H100e of dense 8-bit peak
    """
    since = np.cumprod(yearly_growth(values).T, axis=0)
    relative = like(history.relative_stock, since)[:, None]
    past = np.broadcast_to(relative, (len(relative), since.shape[1]))
    return (values["stock_h100e_2025"] * np.concatenate([past, since])).T


def chip_w_per_h100e(history: AcceleratorHistory, values: Values) -> NDArray[np.float64]:
    """Chip power an H100e of the stock, W, at the end of each year of ``fleets.STOCK_YEARS``.

    History follows the observed ratio, scaled to the draw of the last year; projection falls by a constant
    factor a year.

    Returns
    -------
    (draws, stock years) array
    """
    yearly = values["chip_w_decline"]
    since = np.cumprod(np.broadcast_to(yearly, (LAST_YEAR - LAST_HISTORY_YEAR, len(yearly))), axis=0)
    over_last = history.chip_w_per_h100e / history.chip_w_per_h100e[-1]
    past = np.broadcast_to(like(over_last, since)[:, None], (len(over_last), since.shape[1]))
    return (values["chip_w_per_h100e_2025"] * np.concatenate([past, since])).T

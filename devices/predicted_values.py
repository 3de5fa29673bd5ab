"""Predictions in the units of the metrics that were published: times, rates, powers and energies."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devices.efficiency import Shares
from devices.measured import Measured
from devices.power import PowerDraw, power_limits, throttled
from devices.power_calibration import predicted_w
from devices.predicted import decode_step, measured_machine, predicted_s
from devices.units import Floats, Labels

# Power at the wall of a whole server.
WHOLE_SYSTEM_CLASS = "E_system_power"


def predicted_values(measured: Measured, shares: Shares, draw: PowerDraw) -> Floats:
    """Prediction of each measurement in the unit of its metric, NaN where it cannot be known.

    The energy of a token is that of a decode step. The power of a server with its processors and fans is none
    that the core predicts.

    Parameters
    ----------
    measured : Measured
        Measurements, shape (n,).
    shares : Shares
        Reachable shares of each.
    draw : PowerDraw
        Shares of the dynamic power.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        slower = predicted_s(measured, shares) / measured.measured_s
        of_times = measured.value * np.where(is_rate(measured.metric), 1.0 / slower, slower)
        power_w = predicted_w(measured, shares, draw)
        step = decode_step(measured, measured_machine(measured, shares))
        token_s = throttled(step, power_limits(measured.hardware), draw).time_s / measured.batch
    kinds = [
        measured.is_time,
        measured.group == WHOLE_SYSTEM_CLASS,
        measured.metric == "power_w",
        measured.networks.is_decoder,
    ]
    return np.select(kinds, [of_times, np.full(len(measured), np.nan), power_w, power_w * token_s], np.nan)


def measured_phase(measured: Measured) -> Labels:
    """Phase that each measurement took: its interval is that of the phase (`devices.efficiency`)."""
    single, tokens = measured.batch <= 1.0, measured.networks.is_decoder
    prefill = np.isin(measured.metric, ["prefill_tokens_per_s", "first_token_ms"])
    energy = measured.metric == "energy_per_token_j"
    cases = [measured.metric == "power_w", energy, tokens & prefill, tokens & single, tokens, single]
    names = ["power", "energy", "prefill", "decode", "batch", "item"]
    return np.select(cases, [np.array(name, dtype=object) for name in names], "item_batch").astype(object)


def is_rate(metrics: pd.Series | NDArray[np.object_]) -> NDArray[np.bool_]:
    """Whether a metric counts things a second."""
    return np.array([str(metric).endswith("_per_s") for metric in metrics], dtype=bool)

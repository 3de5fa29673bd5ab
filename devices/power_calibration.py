"""Fitting the power model: shares of dynamic power for running at all, busy arithmetic and busy memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from devices.efficiency import Shares
from devices.measured import Measured
from devices.power import PowerDraw, PowerLimits, dynamic_w, power_limits, throttled
from devices.predicted import decode_step, item_batch, measured_machine
from devices.step import Step
from devices.units import Floats

DEVICE_POWER_CLASS = "E_gpu_power"
# Shares that no measurement has moved, and how far one as a whole may move them: a few devices alone cannot
# tell busy memory from running at all, and would give one of the two everything.
START = np.array([0.3, 0.9, 0.5])
PULL = 0.1
SCALE = 0.1


def power_rows(measured: Measured) -> NDArray[np.bool_]:
    """Which measurements state the clean power of the device itself, with the batch that it served."""
    stated = (measured.metric == "power_w") & (measured.group == DEVICE_POWER_CLASS)
    return stated & (measured.quality == "clean")


def predicted_w(measured: Measured, shares: Shares, draw: PowerDraw) -> Floats:
    """Power that the core predicts for each measurement, over all its devices."""
    machine = measured_machine(measured, shares)
    limits = power_limits(measured.hardware)
    with np.errstate(divide="ignore", invalid="ignore"):
        decode, items = decode_step(measured, machine), item_batch(measured, machine)
        tokens = measured.networks.is_decoder
        drawn = np.where(tokens, _limited_w(decode, limits, draw), _limited_w(items, limits, draw))
    return measured.devices * drawn


def fitted_draw(measured: Measured, shares: Shares) -> PowerDraw:
    """Shares of the dynamic power that explain the measured powers best, each drawn to its start.

    Spreads are not fitted here.
    """
    rows = np.flatnonzero(power_rows(measured))
    used, known = measured.take(rows), shares.take(rows)

    def error(values: Floats) -> Floats:
        draw = PowerDraw(values[0], values[1], values[2], 0.0, 0.0)
        missed = np.log(predicted_w(used, known, draw) / used.value)
        return np.concatenate([missed, SCALE * (values - START) / PULL])

    running, compute, memory = least_squares(
        error, START, bounds=(0.01, 1.0), loss="soft_l1", f_scale=SCALE
    ).x.tolist()
    return PowerDraw(running, compute, memory, 0.0, 0.0)


def _limited_w(step: Step, limits: PowerLimits, draw: PowerDraw) -> Floats:
    """Power while the step runs, held to what can be sustained."""
    return limits.idle_w + dynamic_w(step, limits, draw) / throttled(step, limits, draw).slowdown

"""What each measurement is predicted to be by a fit that has not seen its device."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from devices.efficiency import Shares, reachable_shares
from devices.kind_fits import KindFit, share_rows
from devices.measured import Measured
from devices.power import PowerDraw
from devices.power_calibration import fitted_draw, power_rows
from devices.predicted_values import predicted_values
from devices.units import Floats

Progress = Callable[[int, int], None]


def shares_of_fits(fits: list[KindFit], measured: Measured) -> Shares:
    """Shares of each measurement as the table of these fits would give them, without spreads."""
    frame = share_rows(fits).assign(residual_spread=0.0)
    return reachable_shares(frame, measured.software, measured.weight_class, measured.networks.kind)


def left_out_values(
    measured: Measured,
    fits: list[KindFit],
    devices: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Floats:
    """Predictions in the unit of each metric, one fit for each device; NaN for devices not left out.

    Parameters
    ----------
    measured : Measured
        Measurements, shape (n,).
    fits : list of KindFit
        Of all of them.
    devices : sequence of str, optional
        Devices to leave out, in place of all.
    progress : callable, optional
        Told after each device how many of how many are done.
    """
    values = np.full(len(measured), np.nan)
    everywhere = shares_of_fits(fits, measured)
    names = sorted(set(measured.hardware.device_id if devices is None else devices))
    for done, device in enumerate(names, start=1):
        own = measured.hardware.device_id == device
        rows = measured.take(np.flatnonzero(own))
        shares = shares_of_fits([fit.without(device) for fit in fits], rows)
        values[own] = predicted_values(rows, shares, _draw_without(measured, everywhere, own))
        if progress is not None:
            progress(done, len(names))
    return values


def _draw_without(measured: Measured, shares: Shares, own: NDArray[np.bool_]) -> PowerDraw:
    others = power_rows(measured) & ~own
    seen = np.flatnonzero(others if others.any() else power_rows(measured))
    return fitted_draw(measured.take(seen), shares.take(seen))

"""What a predicted time is made of apart from the fitted shares: it is linear in their inverses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from devices.columns import Columns
from devices.efficiency import Shares
from devices.measured import Measured
from devices.predicted import predicted_s
from devices.units import Floats


@dataclass(frozen=True)
class Terms(Columns):
    """Terms of ``t = compute / e + routed / (e x) + routed_power / x + memory / m + layers o + fixed``.

    With e and m the shares of the peak and of the bandwidth, x the rate in routed experts over that elsewhere
    and o the overhead a layer.

    Attributes
    ----------
    compute, routed
        Seconds of arithmetic at the peak, outside and in routed experts.
    routed_power
        Seconds that the power limit adds to the arithmetic in routed experts.
    memory
        Seconds of traffic at full bandwidth.
    layers
        Times that the overhead is paid.
    fixed
        Seconds that no share changes: exchanges between devices, the host, and what the power limit adds.
    """

    compute: Floats
    routed: Floats
    routed_power: Floats
    memory: Floats
    layers: Floats
    fixed: Floats


def measured_terms(measured: Measured) -> Terms:
    """Terms of each measurement's time, from six evaluations of the core; NaN where it predicts none."""
    whole = _time(measured)
    both = _time(measured, compute=0.5) - whole
    capped = _time(measured, experts=0.5) - whole
    routed = _time(measured, compute=0.5, experts=0.5) - _time(measured, compute=0.5) - capped
    memory = _time(measured, bandwidth=0.5) - whole
    layers = _time(measured, overhead_s=1.0) - whole
    return Terms(
        compute=both - routed,
        routed=routed,
        routed_power=capped - routed,
        memory=memory,
        layers=layers,
        fixed=whole - both - (capped - routed) - memory,
    )


def terms_s(terms: Terms, values: Floats) -> tuple[Floats, Floats]:
    """Predicted times and their slopes.

    Parameters
    ----------
    terms : Terms
        Of n measurements.
    values : numpy.ndarray
        Logarithms of e, m, o and x, shape (n, 4); shares above 1 are cut.

    Returns
    -------
    time_s : numpy.ndarray
        Shape (n,).
    slopes : numpy.ndarray
        Change of the time with each logarithm, shape (n, 4).
    """
    share, bandwidth, expert = (np.exp(-np.minimum(values[:, place], 0.0)) for place in (0, 1, 3))
    plain, routed = terms.compute * share, terms.routed * share * expert
    limited, memory = terms.routed_power * expert, terms.memory * bandwidth
    overhead = terms.layers * np.exp(values[:, 2])
    slopes = np.stack([-(plain + routed), -memory, overhead, -(routed + limited)], axis=1)
    slopes[:, [0, 1, 3]] *= values[:, [0, 1, 3]] <= 0.0
    return plain + routed + limited + memory + overhead + terms.fixed, slopes


def _time(
    measured: Measured,
    compute: float = 1.0,
    bandwidth: float = 1.0,
    overhead_s: float = 0.0,
    experts: float = 1.0,
) -> Floats:
    columns = (np.full(len(measured), value) for value in (compute, bandwidth, overhead_s, 0.0, experts, 0.0))
    return predicted_s(measured, Shares(*columns))

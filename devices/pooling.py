"""Partial pooling: parameters of nested groups, each group leaning on the wider ones around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices.efficiency import ANY, FITTED_KIND, Shares, software_family
from devices.measured import Measured
from devices.predicted import predicted_s
from devices.units import MICROSECOND_S, Floats

Key = tuple[str, str, str]
# What no measurement has moved: half of the peak, four fifths of the bandwidth, 60 us a layer, and half of
# the rate in routed experts. The fit works on logarithms.
START = np.log([0.5, 0.8, 60.0 * MICROSECOND_S, 0.5])
# How far a group may differ from the wider group around it: standard deviations of the logarithms of its
# parameters. Kernel quality differs most, launch overhead by processor, reachable bandwidth hardly at all,
# the rate in experts not. Chosen by the error on devices left out.
SPREADS = {
    "kind": np.array([0.5, 0.15, 1.0, 0.3]),
    "family": np.array([0.3, 0.12, 1.0, 1e-3]),
    "other": np.array([0.3, 0.12, 0.7, 1e-3]),
    "device": np.array([0.08, 0.1, 0.3, 1e-3]),
}
NARROW = "narrow"
# A device's own effect takes up what is peculiar to it, so that one measured a hundred times does not stand
# for its whole group. It is in no prediction for another device.
DEVICE = "device"
NARROW_CLASSES = frozenset({"4", "8"})
# Errors beyond this size, as a difference of logarithms, count by their size and no longer by its square.
ROBUST_SCALE = 0.1
# Pull of a share's logarithm back to 0, where it is cut, so that it does not drift where nothing holds it.
EXCESS_WEIGHT = 3.0
# The first two parameters are shares.
SHARES = 2
MOST_STEPS = 30
LARGEST_DAMPING = 1e8
SMALLEST_GAIN = 1e-5


@dataclass(frozen=True)
class Groups:
    """Effects that add up to the parameters of each measurement.

    Attributes
    ----------
    keys : tuple
        (software or family, weight class, kind) of each effect.
    own : list
        Key of each measurement: its software, weight class and kind.
    membership : numpy.ndarray
        1 where an effect acts on a measurement, shape (measurements, effects).
    """

    keys: tuple[Key, ...]
    own: tuple[Key, ...]
    membership: Floats


def effects(key: Key) -> Iterator[Key]:
    """Effects that add up to the parameters of a key: kind, family, software, and weight width in both."""
    software, width, kind = key
    yield ANY, ANY, kind
    for name in dict.fromkeys((software_family(software), software)):
        if name == ANY:
            continue
        yield name, ANY, kind
        if width in NARROW_CLASSES:
            yield name, NARROW, kind
        if width != ANY:
            yield name, width, kind


def nested_groups(measured: Measured) -> Groups:
    """Groups of the measurements."""
    kinds = [FITTED_KIND.get(kind, kind) for kind in measured.networks.kind]
    own = tuple(zip(measured.software, measured.weight_class, kinds, strict=True))
    devices = measured.hardware.device_id
    acting = [
        [*effects(key), (DEVICE, str(device), key[2])] for key, device in zip(own, devices, strict=True)
    ]
    keys = tuple(dict.fromkeys(effect for row in acting for effect in row))
    position = {key: column for column, key in enumerate(keys)}
    rows = [row for row, found in enumerate(acting) for _ in found]
    columns = [position[effect] for found in acting for effect in found]
    membership = np.zeros((len(own), len(keys)))
    membership[rows, columns] = 1.0
    return Groups(keys, own, membership)


def deviations_sum(groups: Groups, deviations: Floats, key: Key) -> Floats:
    """Logarithms of the parameters of a key, shape (4,); effects without a measurement are zero."""
    position = {name: column for column, name in enumerate(groups.keys)}
    acting = [position[effect] for effect in effects(key) if effect in position]
    return np.asarray(START + deviations[acting].sum(axis=0))


def fitted_deviations(
    measured: Measured, groups: Groups, rows: NDArray[np.bool_], start: Floats | None = None
) -> Floats:
    """Effects fitted to the given measurements, shape (effects, 4), on logarithms of the parameters.

    Each effect is drawn to zero with the spread of its level (`SPREADS`): few measurements move it little.
    The loss is robust, soft L1 on the logarithm of predicted over measured time.

    Parameters
    ----------
    measured : Measured
        Measurements, shape (n,).
    groups : Groups
        Their groups.
    rows : numpy.ndarray
        Which of them the fit may see, shape (n,).
    start : numpy.ndarray, optional
        Effects to start from, of an earlier fit.
    """
    chosen = np.flatnonzero(rows)
    acting = groups.membership[chosen]
    present = np.flatnonzero(acting.any(axis=0))
    problem = Problem(measured.take(chosen), acting[:, present], _spreads(groups)[present])
    found = np.zeros((len(groups.keys), len(START)))
    found[present] = _minimised(problem, np.zeros_like(problem.spreads) if start is None else start[present])
    return found


@dataclass(frozen=True)
class Problem:
    """Measurements to explain, the effects that act on each, and how far each effect may go."""

    measured: Measured
    membership: Floats
    spreads: Floats

    def values(self, deviations: Floats) -> Floats:
        """Logarithms of the parameters of each measurement, shape (n, 4)."""
        return START + self.membership @ deviations

    def error(self, values: Floats) -> Floats:
        """Robust error of each measurement, in units of `ROBUST_SCALE`."""
        predicted = predicted_s(self.measured, shares_from(values))
        return _soft(np.log(predicted / self.measured.measured_s) / ROBUST_SCALE)

    def cost(self, deviations: Floats) -> float:
        """Sum of squares that the fit minimises: errors, shares beyond 1, and effects beyond zero."""
        values = self.values(deviations)
        parts = self.error(values), _excess(values), deviations / self.spreads
        return float(sum(np.sum(part**2) for part in parts))

    def slopes(self, values: Floats) -> list[Floats]:
        """Change of each error with each of its four parameters."""
        here, step = self.error(values), 1e-4
        moved = (values + step * unit for unit in np.eye(len(START)))
        return [(self.error(there) - here) / step for there in moved]


def _minimised(problem: Problem, start: Floats) -> Floats:
    """Levenberg and Marquardt's method on the normal equations, small where measurements are many."""
    point, cost, damping = start, problem.cost(start), 1e-3
    for _ in range(MOST_STEPS):
        normal, gradient = _normal_equations(problem, point)
        while damping < LARGEST_DAMPING:
            step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), -gradient)
            reached = problem.cost(point + step.reshape(point.shape))
            if reached < cost:
                break
            damping *= 10.0
        else:
            break
        gain = (cost - reached) / cost
        point, cost, damping = point + step.reshape(point.shape), reached, damping / 10.0
        if gain < SMALLEST_GAIN:
            break
    return point


def _normal_equations(problem: Problem, point: Floats) -> tuple[Floats, Floats]:
    values, width = problem.values(point), len(START)
    error, excess, slopes = problem.error(values), _excess(values), problem.slopes(values)
    weighted = [problem.membership * slope[:, None] for slope in slopes]
    normal = np.zeros((point.size, point.size))
    gradient = point / problem.spreads**2
    for first in range(width):
        gradient[:, first] += weighted[first].T @ error
        for second in range(width):
            normal[first::width, second::width] = weighted[first].T @ weighted[second]
    for share in range(SHARES):
        beyond = problem.membership * (EXCESS_WEIGHT * (values[:, share] > 0.0))[:, None]
        normal[share::width, share::width] += beyond.T @ beyond
        gradient[:, share] += beyond.T @ excess[:, share]
    return normal + np.diag((1.0 / problem.spreads**2).ravel()), gradient.ravel()


def own_shares(groups: Groups, deviations: Floats, rows: NDArray[np.intp]) -> Shares:
    """Shares of the measurements at the given positions."""
    return shares_from(START + groups.membership[rows] @ deviations)


def shares_from(values: Floats) -> Shares:
    """Shares from logarithms of the four parameters, shape (n, 4); a share above 1 is cut."""
    return Shares(
        compute=np.exp(np.minimum(values[:, 0], 0.0)),
        bandwidth=np.exp(np.minimum(values[:, 1], 0.0)),
        overhead_s=np.exp(values[:, 2]),
        spread=np.zeros(len(values)),
        experts=np.exp(np.minimum(values[:, 3], 0.0)),
    )


def _spreads(groups: Groups) -> Floats:
    levels = []
    for software, width, _ in groups.keys:
        plain = width == ANY and software == software_family(software)
        levels.append(
            "device" if software == DEVICE else "kind" if software == ANY else "family" if plain else "other"
        )
    return np.array([SPREADS[level] for level in levels])


def _soft(error: Floats) -> Floats:
    return np.sign(error) * np.sqrt(2.0 * (np.sqrt(1.0 + error**2) - 1.0))


def _excess(values: Floats) -> Floats:
    return EXCESS_WEIGHT * np.maximum(values[:, :SHARES], 0.0)

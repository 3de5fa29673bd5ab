"""Fitting nested groups to measured times by Levenberg and Marquardt's method."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve
from threadpoolctl import threadpool_limits

from devices.measured_terms import Terms, terms_s
from devices.pooling import DECODER, START, Groups
from devices.units import Floats

# An error counts by its square up to about this size, as a difference of logarithms, and less beyond it.
# Decoders are explained so well that what misses by far was measured under conditions that are not stated:
# the loss lets it go (Cauchy). Items vary by network, and every miss counts by its size (soft L1).
CAUCHY_SCALE = 0.07
# Scales of the loss in turn: a wide one has one valley, and each leads into the right one of the next. So the
# fit depends on its measurements alone, not on where it starts.
CAUCHY_SCALES = (0.28, 0.14, CAUCHY_SCALE)
SOFT_SCALE = 0.1
# Error that weighs as much as an effect that goes as far as its spread.
DECODER_UNIT = 0.07
# Pull of a share's logarithm back to 0, where it is cut, so that it does not drift where nothing holds it.
EXCESS_WEIGHT = 3.0
# The first two parameters are shares.
SHARES = 2
MOST_STEPS = 60
LARGEST_DAMPING = 1e8
LEAST_DAMPING = 1e-6
# The valley is flat: the search goes on where steps still gain a little.
SMALLEST_GAIN = 3e-7


@dataclass(frozen=True)
class Effects:
    """Fitted effects on the logarithms of the four parameters.

    Attributes
    ----------
    shared : numpy.ndarray
        Of the groups, shape (effects, 4).
    device : numpy.ndarray
        Of the devices, shape (devices, 4).
    """

    shared: Floats
    device: Floats


@dataclass(frozen=True)
class Problem:
    """Measured times to explain.

    Attributes
    ----------
    seconds : numpy.ndarray
        Measured times, shape (n,).
    kind : str
        Kind of network, which decides the loss.
    scale : float
        Scale of the loss.
    """

    terms: Terms
    groups: Groups
    seconds: Floats
    kind: str
    scale: float = CAUCHY_SCALE

    def without(self, rows: NDArray[np.bool_]) -> Problem:
        """The problem that has not seen the given measurements."""
        kept = np.flatnonzero(~rows)
        groups = self.groups
        seen = Groups(
            groups.keys,
            tuple(groups.own[row] for row in kept),
            groups.membership[kept],
            groups.device[kept],
            groups.spreads,
            groups.device_spread,
        )
        return Problem(self.terms.take(kept), seen, self.seconds[kept], self.kind)


@dataclass(frozen=True)
class _State:
    """A point of the search: its cost, and errors with slopes for each measurement."""

    effects: Effects
    cost: float
    error: Floats
    slopes: Floats
    excess: Floats


def fitted_effects(problem: Problem) -> Effects:
    """Effects that explain the measurements best, each drawn to zero with the spread of its level."""
    groups = problem.groups
    devices = int(groups.device.max()) + 1
    found = Effects(np.zeros_like(groups.spreads), np.zeros((devices, len(START))))
    # A few hundred unknowns: threads of the linear algebra would wait for one another longer than they work.
    with threadpool_limits(limits=1, user_api="blas"):
        for scale in CAUCHY_SCALES if problem.kind == DECODER else (SOFT_SCALE,):
            found = _searched(replace(problem, scale=scale), found)
    return found


def _searched(problem: Problem, start: Effects) -> Effects:
    state = _state(problem, start)
    damping = LEAST_DAMPING
    for _ in range(MOST_STEPS):
        normal = _Normal(problem, state)
        reached, damping = _improved(problem, state, normal, damping)
        if reached is None:
            break
        gain = (state.cost - reached.cost) / state.cost
        state = reached
        if gain < SMALLEST_GAIN:
            break
    return state.effects


def _improved(
    problem: Problem, state: _State, normal: _Normal, damping: float
) -> tuple[_State | None, float]:
    """The next point, and the damping to try after it; None where no step lowers the cost."""
    while damping < LARGEST_DAMPING:
        reached = _state(problem, normal.moved(damping))
        if reached.cost < state.cost:
            return reached, max(damping / 10.0, LEAST_DAMPING)
        damping *= 10.0
    return None, damping


def _state(problem: Problem, found: Effects) -> _State:
    groups = problem.groups
    values = START + groups.membership @ found.shared + found.device[groups.device]
    time_s, slopes = terms_s(problem.terms, values)
    error, weight = _robust(np.log(time_s / problem.seconds), problem)
    excess = EXCESS_WEIGHT * np.maximum(values[:, :SHARES], 0.0)
    parts = error, excess, found.shared / groups.spreads, found.device / groups.device_spread
    cost = float(sum(np.sum(part**2) for part in parts))
    return _State(found, cost, error, slopes * (weight / time_s)[:, None], excess)


def _robust(error: Floats, problem: Problem) -> tuple[Floats, Floats]:
    """Errors whose squares are the robust loss, and their slopes with the plain error."""
    scale, decoders = problem.scale, problem.kind == DECODER
    unit = DECODER_UNIT if decoders else SOFT_SCALE
    square = (error / scale) ** 2
    if decoders:
        loss, slope = np.log1p(square), 1.0 / (1.0 + square)
    else:
        root = np.sqrt(1.0 + square)
        loss, slope = 2.0 * square / (1.0 + root), 1.0 / root
    size = np.sqrt(np.maximum(loss, 1e-30))
    weight = np.where(square < 1e-12, 1.0, np.abs(error) / scale * slope / size)
    return np.sign(error) * size * scale / unit, weight / unit


class _Normal:
    """Normal equations at a point; measurements of equal groups and device are summed first."""

    def __init__(self, problem: Problem, state: _State) -> None:
        groups, width = problem.groups, len(START)
        self.state, self.groups = state, groups
        keyed = np.column_stack([groups.membership, groups.device])
        _, first, place = np.unique(keyed, axis=0, return_index=True, return_inverse=True)
        place = place.ravel()
        curvature, slope = _summed(state, place, len(first))
        self.shown = np.flatnonzero(groups.membership.any(axis=0))
        member, device = groups.membership[first][:, self.shown], groups.device[first]
        effects, devices = len(self.shown), len(state.effects.device)
        belongs = (device[:, None] == np.arange(devices)).astype(float)
        self.shared = np.empty((effects * width, effects * width))
        self.across = np.empty((effects * width, devices * width))
        self.own = np.empty((devices, width, width))
        for one, other in np.ndindex(width, width):
            bent = member * curvature[:, one, other, None]
            self.shared[one::width, other::width] = bent.T @ member
            self.across[one::width, other::width] = bent.T @ belongs
            self.own[:, one, other] = belongs.T @ curvature[:, one, other]
        self.own += np.diag(1.0 / groups.device_spread**2)
        spreads = groups.spreads[self.shown]
        self.shared[np.diag_indices(effects * width)] += (1.0 / spreads**2).ravel()
        self.shared_slope = member.T @ slope + state.effects.shared[self.shown] / spreads**2
        self.own_slope = belongs.T @ slope + state.effects.device / groups.device_spread**2

    def moved(self, damping: float) -> Effects:
        """The point that solves the damped equations, devices eliminated: they meet only in the groups."""
        width, count = len(START), len(self.shown)
        shared, own = self.shared.copy(), self.own.copy()
        shared[np.diag_indices(count * width)] *= 1.0 + damping
        own[:, np.arange(width), np.arange(width)] *= 1.0 + damping
        inverse = np.linalg.inv(own)
        parts = self.across.reshape(count * width, -1, width).transpose(1, 0, 2)
        eliminated = (parts @ inverse).transpose(1, 0, 2).reshape(count * width, -1)
        step = solve(
            shared - eliminated @ self.across.T,
            eliminated @ self.own_slope.ravel() - self.shared_slope.ravel(),
            assume_a="pos",
            check_finite=False,
        )
        back = self.own_slope + (self.across.T @ step).reshape(self.own_slope.shape)
        moved = self.state.effects.shared.copy()
        moved[self.shown] += step.reshape(count, width)
        return Effects(moved, self.state.effects.device - np.einsum("dij,dj->di", inverse, back))


def _summed(state: _State, place: NDArray[np.intp], count: int) -> tuple[Floats, Floats]:
    width = len(START)
    beyond = np.zeros((len(place), width))
    beyond[:, :SHARES] = EXCESS_WEIGHT * (state.excess > 0.0)
    excess = np.zeros((len(place), width))
    excess[:, :SHARES] = state.excess
    products = state.slopes[:, :, None] * state.slopes[:, None, :]
    products[:, np.arange(width), np.arange(width)] += beyond**2
    curvature, slope = np.zeros((count, width, width)), np.zeros((count, width))
    np.add.at(curvature, place, products)
    np.add.at(slope, place, state.slopes * state.error[:, None] + beyond * excess)
    return curvature, slope

"""Partial pooling: parameters of nested groups, each group leaning on the wider ones around it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.sparse import csr_matrix, vstack

from devices.efficiency import ANY, FITTED_KIND, Shares
from devices.measured import Measured
from devices.predicted import predicted_s
from devices.units import MICROSECOND_S, Floats

# Where a fit starts and what no measurement has moved: half of the peak, four fifths of the bandwidth, 60 us
# a layer.
START = np.log([0.5, 0.8, 60.0 * MICROSECOND_S])
# How far a group may differ from the wider group around it, as the standard deviation of the logarithm of
# each parameter: kernel quality differs most, launch overhead by processor, reachable bandwidth hardly at
# all.
LEVEL_SPREAD = np.array([0.5, 0.15, 1.0])
# Errors beyond this size, as a difference of logarithms, count by their size and no longer by its square.
ROBUST_SCALE = 0.1
# Rate in routed experts over the rate elsewhere: fitted once, with all groups, to prefill of mixtures of
# experts.
EXPERT_SHARE = 0.43


@dataclass(frozen=True)
class Groups:
    """Nested groups of measurements; `chain[i, k]` is the group of measurement i at level k."""

    keys: tuple[tuple[str, str, str], ...]
    chain: NDArray[np.intp]


def nested_groups(measured: Measured) -> Groups:
    """Groups of each measurement: kind, back end, software, and software with weight width."""
    kinds = [FITTED_KIND.get(kind, kind) for kind in measured.networks.kind]
    levels = [
        [(ANY, ANY, kind) for kind in kinds],
        [(name.split("/")[0], ANY, kind) for name, kind in zip(measured.software, kinds, strict=True)],
        [(name, ANY, kind) for name, kind in zip(measured.software, kinds, strict=True)],
        [
            (name, width, kind)
            for name, width, kind in zip(measured.software, measured.weight_class, kinds, strict=True)
        ],
    ]
    keys = list(dict.fromkeys(key for level in levels for key in level))
    position = {key: row for row, key in enumerate(keys)}
    return Groups(tuple(keys), np.array([[position[key] for key in level] for level in levels]).T)


def fitted_parameters(measured: Measured, groups: Groups, rows: NDArray[np.bool_]) -> Floats:
    """Logarithms of the parameters of every group, fitted to the given measurements, shape (groups, 3).

    See `fitted_deviations`.
    """
    return group_parameters(groups, fitted_deviations(measured, groups, rows))


def fitted_deviations(
    measured: Measured, groups: Groups, rows: NDArray[np.bool_], start: Floats | None = None
) -> Floats:
    """Deviation of every group's parameters from those of the wider group, fitted to the given measurements.

    Each group's parameters are those of the wider group plus a deviation that is drawn to zero with the
    spread `LEVEL_SPREAD`: few measurements move it little (partial pooling). The loss is robust (soft L1 on
    the logarithm of predicted over measured time).

    Parameters
    ----------
    measured : Measured
        Measurements, shape (n,).
    groups : Groups
        Their nested groups.
    rows : numpy.ndarray
        Which of them the fit may see.
    start : numpy.ndarray, optional
        Deviations to start from, of an earlier fit.

    Returns
    -------
    numpy.ndarray
        Shape (number of groups, 3): logarithms of compute share, bandwidth share, and overhead a layer in s.
    """
    used = measured.take(np.flatnonzero(rows))
    membership = _membership(groups, groups.chain[rows])
    target = np.log(used.measured_s)
    shape = (len(groups.keys), len(START))

    def residual(deviations: Floats) -> Floats:
        values = START + membership @ deviations.reshape(shape)
        error = (np.log(predicted_s(used, shares_from(values))) - target) / ROBUST_SCALE
        prior = (deviations.reshape(shape) / LEVEL_SPREAD).ravel()
        return np.concatenate([_soft(error), prior, _excess(values)])

    def jacobian(deviations: Floats) -> csr_matrix:
        return _jacobian(used, membership, START + membership @ deviations.reshape(shape), target)

    first, steps = (np.zeros(shape), 40) if start is None else (start, 8)
    found = least_squares(residual, first.ravel(), jac=jacobian, max_nfev=steps, ftol=1e-5, xtol=1e-6)
    return np.asarray(found.x.reshape(shape))


def _membership(groups: Groups, chain: NDArray[np.intp]) -> csr_matrix:
    count, levels = chain.shape
    rows = np.repeat(np.arange(count), levels)
    # A group that repeats on two levels (a back end with one software) is one parameter, counted once.
    matrix = csr_matrix((np.ones(count * levels), (rows, chain.ravel())), shape=(count, len(groups.keys)))
    matrix.data[:] = 1.0
    return matrix


def group_parameters(groups: Groups, deviations: Floats) -> Floats:
    """Parameters of each group itself: the start and the deviations of all groups around it."""
    totals = np.tile(START, (len(groups.keys), 1))
    for key in range(len(groups.keys)):
        row, level = np.argwhere(groups.chain == key)[0]
        around = list(dict.fromkeys(groups.chain[row, : level + 1]))
        totals[key] = START + deviations[around].sum(axis=0)
    return totals


def shares_from(values: Floats, experts: float = EXPERT_SHARE) -> Shares:
    """Shares from logarithms of the three parameters, shape (n, 3); a share above 1 is cut."""
    shares = np.exp(np.minimum(values[:, :2], 0.0))
    count = len(values)
    return Shares(
        compute=shares[:, 0],
        bandwidth=shares[:, 1],
        overhead_s=np.exp(values[:, 2]),
        spread=np.zeros(count),
        experts=np.full(count, experts),
    )


def _soft(error: Floats) -> Floats:
    return np.sign(error) * np.sqrt(2.0 * (np.sqrt(1.0 + error**2) - 1.0))


def _excess(values: Floats) -> Floats:
    # A share above 1 is cut; this pulls its logarithm back to 0, so that it does not drift where nothing
    # holds it.
    return 3.0 * np.maximum(values[:, :2], 0.0).ravel()


def _jacobian(used: Measured, membership: csr_matrix, values: Floats, target: Floats) -> csr_matrix:
    step = 1e-4
    error = (np.log(predicted_s(used, shares_from(values))) - target) / ROBUST_SCALE
    columns = []
    for parameter in range(len(START)):
        moved = values.copy()
        moved[:, parameter] += step
        shifted = (np.log(predicted_s(used, shares_from(moved))) - target) / ROBUST_SCALE
        columns.append((_soft(shifted) - _soft(error)) / step)
    prior = _prior_block(membership.shape[1])
    blocks = [_interleaved(membership, columns), prior, _excess_block(membership, values)]
    return csr_matrix(vstack(blocks))


def _interleaved(membership: csr_matrix, columns: list[Floats]) -> csr_matrix:
    entries = membership.tocoo()
    rows = np.tile(entries.row, len(columns))
    places = np.concatenate([entries.col * len(columns) + parameter for parameter in range(len(columns))])
    data = np.concatenate([column[entries.row] for column in columns])
    return csr_matrix((data, (rows, places)), shape=(membership.shape[0], membership.shape[1] * len(columns)))


def _prior_block(groups: int) -> csr_matrix:
    size = groups * len(START)
    return csr_matrix(
        (np.tile(1.0 / LEVEL_SPREAD, groups), (np.arange(size), np.arange(size))), shape=(size, size)
    )


def _excess_block(membership: csr_matrix, values: Floats) -> csr_matrix:
    entries = membership.tocoo()
    over = 3.0 * (values[:, :2] > 0.0)
    rows = np.concatenate([entries.row * 2, entries.row * 2 + 1])
    places = np.concatenate([entries.col * 3, entries.col * 3 + 1])
    data = np.concatenate([over[entries.row, 0], over[entries.row, 1]])
    return csr_matrix((data, (rows, places)), shape=(2 * membership.shape[0], 3 * membership.shape[1]))

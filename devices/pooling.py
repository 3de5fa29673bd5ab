"""Partial pooling: parameters of nested groups, each group leaning on the wider ones around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from devices.efficiency import ANY, FITTED_KIND, Shares, software_family
from devices.measured import Measured
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
    "other": np.array([0.45, 0.18, 1.05, 1e-3]),
}
# A device's own effect takes up what is peculiar to it, so that one measured a hundred times does not stand
# for its whole group. It is in no prediction for another device. Neural units state peaks of very different
# honesty, so theirs is wider.
DECODER = "decoder"
DEVICE_SPREAD = {DECODER: np.array([0.08, 0.1, 0.3, 1e-3])}
ITEM_DEVICE_SPREAD = np.array([0.3, 0.2, 0.6, 1e-3])
NARROW = "narrow"
NARROW_CLASSES = frozenset({"4", "8"})


@dataclass(frozen=True)
class Groups:
    """Effects that add up to the parameters of each measurement.

    Attributes
    ----------
    keys : tuple
        (software or family, weight class, kind) of each effect.
    own : tuple
        Key of each measurement: its software, weight class and kind.
    membership : numpy.ndarray
        1 where an effect acts on a measurement, shape (measurements, effects).
    device : numpy.ndarray
        Number of each measurement's device.
    spreads : numpy.ndarray
        How far each effect may go from zero, shape (effects, 4).
    device_spread : numpy.ndarray
        How far a device's own effect may go, shape (4,).
    """

    keys: tuple[Key, ...]
    own: tuple[Key, ...]
    membership: Floats
    device: NDArray[np.intp]
    spreads: Floats
    device_spread: Floats


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
    """Groups of the measurements, which are all of one kind."""
    kinds = [FITTED_KIND.get(kind, kind) for kind in measured.networks.kind]
    own = tuple(zip(measured.software, measured.weight_class, kinds, strict=True))
    acting = [list(effects(key)) for key in own]
    keys = tuple(dict.fromkeys(effect for row in acting for effect in row))
    position = {key: column for column, key in enumerate(keys)}
    rows = [row for row, found in enumerate(acting) for _ in found]
    membership = np.zeros((len(own), len(keys)))
    membership[rows, [position[effect] for found in acting for effect in found]] = 1.0
    return Groups(
        keys=keys,
        own=own,
        membership=membership,
        device=np.unique(measured.hardware.device_id, return_inverse=True)[1],
        spreads=np.array([SPREADS[_level(key)] for key in keys]),
        device_spread=DEVICE_SPREAD.get(kinds[0], ITEM_DEVICE_SPREAD),
    )


def deviations_sum(groups: Groups, deviations: Floats, key: Key) -> Floats:
    """Logarithms of the parameters of a key, shape (4,); effects without a measurement are zero."""
    position = {name: column for column, name in enumerate(groups.keys)}
    acting = [position[effect] for effect in effects(key) if effect in position]
    return np.asarray(START + deviations[acting].sum(axis=0))


def own_values(groups: Groups, deviations: Floats, rows: NDArray[np.intp]) -> Floats:
    """Logarithms of the parameters of the measurements at the given positions, without their devices' own."""
    return np.asarray(START + groups.membership[rows] @ deviations)


def shares_from(values: Floats) -> Shares:
    """Shares from logarithms of the four parameters, shape (n, 4); a share above 1 is cut."""
    return Shares(
        compute=np.exp(np.minimum(values[:, 0], 0.0)),
        bandwidth=np.exp(np.minimum(values[:, 1], 0.0)),
        overhead_s=np.exp(values[:, 2]),
        spread=np.zeros(len(values)),
        experts=np.exp(np.minimum(values[:, 3], 0.0)),
        host_s=np.zeros(len(values)),
    )


def _level(key: Key) -> str:
    software, width, _ = key
    if software == ANY:
        return "kind"
    return "family" if width == ANY and software == software_family(software) else "other"

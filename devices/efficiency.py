"""What real software reaches of a roof: shares fitted for software, weight width and kind of network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from datasets.errors import InvalidValue
from devices.columns import Columns, numbers, words
from devices.units import MICROSECOND_S, PICOJOULE_J, Floats, Labels

ANY = "any"
POWER_KIND = "power"
RUNNING_KIND = "running"
# Phases whose measurements miss by more or by less than all of their kind, each with that kind.
PHASE_BASE = {
    "prefill": "decoder",
    "decode": "decoder",
    "batch": "decoder",
    "item": "vision",
    "item_batch": "vision",
}
EXPERTS_KIND = "experts"
# Kinds of network that share the fit of another.
FITTED_KIND: dict[str, str] = {
    "encoder": "vision",
    "speech": "vision",
    "vla": "vision",
    "recommender": "vision",
}
# Energy of an operation in a library's kernels, moving operands included. At full speed it must not exceed
# the power of the device, which is why a larger machine reaches less of its peak. Fitted to prefill on cards
# of 50 to 1,200 W; llama.cpp's products of packed weights cost three times those of plain ones.
ENGINE_J = 0.2 * PICOJOULE_J
LLAMA_CPP_J = 1.0 * PICOJOULE_J
LLAMA_CPP_PACKED_J = 3.0 * PICOJOULE_J
LLAMA_CPP = "llama.cpp"
ENGINE = "engine"
PACKED_CLASSES = frozenset({"4", "8"})
# Host time that each sequence of a batch adds to a step: sampling, scheduling and text. An engine that runs
# in C++ needs microseconds (static batches of up to 2,429), one whose loop and server are Python the more.
ENGINE_HOST_S = 8.0 * MICROSECOND_S
PYTHON_HOST_S = 50.0 * MICROSECOND_S
PYTHON_SERVERS = frozenset({"vllm"})


@dataclass(frozen=True)
class Shares(Columns):
    """Reachable shares of the roofs, one an element.

    Attributes
    ----------
    compute, bandwidth
        Shares of the dense peak and of the memory bandwidth that software reaches, in (0, 1].
    overhead_s
        Time a layer (an item, where layers are not known) that no roof explains.
    spread
        Standard deviation of ln(measured / predicted) over the measurements behind the row.
    experts
        Rate in routed experts, whose matrices are small and gathered, over the rate elsewhere.
    host_s
        Time of the host a step for each sequence of the batch.
    """

    compute: Floats
    bandwidth: Floats
    overhead_s: Floats
    spread: Floats
    experts: Floats
    host_s: Floats


def share_columns(efficiencies: pd.DataFrame) -> Shares:
    """Build `Shares` from rows of the table `efficiencies`."""
    return Shares(
        compute=numbers(efficiencies, "compute_efficiency"),
        bandwidth=numbers(efficiencies, "bandwidth_efficiency"),
        overhead_s=numbers(efficiencies, "overhead_us_per_layer", MICROSECOND_S),
        spread=numbers(efficiencies, "residual_spread"),
        experts=np.ones(len(efficiencies)),
        host_s=np.zeros(len(efficiencies)),
    )


def reachable_shares(
    efficiencies: pd.DataFrame, software: Labels, weight_class: Labels, kind: Labels
) -> Shares:
    """Shares for each (software, weight class, kind of network), from the closest row of the table.

    Parameters
    ----------
    efficiencies : pandas.DataFrame
        Rows of the table `efficiencies`; `backend` holds a family such as ``engine`` or, more closely,
        ``cuda/vllm``.
    software, weight_class, kind : numpy.ndarray
        Labels, shape (n,).

    Raises
    ------
    InvalidValue
        If not even a row for ``any`` back end, class and kind answers.
    """
    columns = (words(efficiencies, name) for name in ("backend", "weight_class", "kind"))
    known = {key: row for row, key in enumerate(zip(*columns, strict=True))}
    asked = list(zip(software, weight_class, kind, strict=True))
    closest = {key: _closest_row(known, key) for key in dict.fromkeys(asked)}
    rows = np.array([closest[key] for key in asked], dtype=np.intp)
    experts = np.full(len(rows), _expert_share(efficiencies, known))
    return share_columns(efficiencies).take(rows).changed(experts=experts)


def phase_factors(efficiencies: pd.DataFrame) -> dict[str, float]:
    """Factor on the spread of a group in each phase of `PHASE_BASE`; 1 where the table is silent."""
    general = (words(efficiencies, "backend") == ANY) & (words(efficiencies, "weight_class") == ANY)
    kinds, spreads = words(efficiencies, "kind")[general], numbers(efficiencies, "residual_spread")[general]
    spread = dict(zip(kinds, spreads, strict=True))
    return {
        phase: float(spread[phase] / spread[base]) if phase in spread and spread.get(base, 0.0) > 0.0 else 1.0
        for phase, base in PHASE_BASE.items()
    }


def software_family(software: str) -> str:
    """Family of a back end with or without a name of software: what it shares kernels and habits with."""
    backend, _, name = software.partition("/")
    if backend in ("metal", "cpu", "npu"):
        return backend
    return LLAMA_CPP if LLAMA_CPP in (backend, name) else ENGINE


def host_s_per_sequence(software: str) -> float:
    """Host time a step for each sequence; other software than engines was measured with few sequences."""
    _, _, name = software.partition("/")
    if software_family(software) != ENGINE:
        return 0.0
    return PYTHON_HOST_S if name in PYTHON_SERVERS else ENGINE_HOST_S


def software_limited(
    shares: Shares, software: Labels, weight_class: Labels, peak_ops_per_s: Floats, peak_w: Floats
) -> Shares:
    """Shares with the host time of the software, and the compute share that power leaves.

    The latter is ``1 / (1 / e + C j / P)``.

    Parameters
    ----------
    shares : Shares
        As fitted, shape (n,).
    software, weight_class : numpy.ndarray
        They decide the energy j of an operation; it is not known to bind on Macs, processors and neural
        units.
    peak_ops_per_s, peak_w : numpy.ndarray
        Dense peak C and maximum power P of one device.
    """
    energy = np.array(
        [_operation_j(name, width) for name, width in zip(software, weight_class, strict=True)], dtype=float
    )
    demand = np.where(energy > 0.0, energy * peak_ops_per_s / peak_w, 0.0)
    host = np.array([host_s_per_sequence(name) for name in software], dtype=float)
    return shares.changed(compute=shares.compute / (1.0 + shares.compute * demand), host_s=host)


def _operation_j(software: str, weight_class: str) -> float:
    family = software_family(software)
    if family == LLAMA_CPP:
        return LLAMA_CPP_PACKED_J if weight_class in PACKED_CLASSES else LLAMA_CPP_J
    return ENGINE_J if family == ENGINE else 0.0


def closest_keys(software: str, weight_class: str, kind: str) -> Iterator[tuple[str, str, str]]:
    """Keys of the rows that may answer, the most particular first."""
    names = dict.fromkeys((software, software.partition("/")[0], software_family(software), ANY))
    for fitted in dict.fromkeys((kind, FITTED_KIND.get(kind, kind), ANY)):
        for name in names:
            for width in (weight_class, ANY):
                yield name, width, fitted


def _closest_row(known: dict[tuple[str, ...], int], key: tuple[str, str, str]) -> int:
    for candidate in closest_keys(*key):
        if candidate in known:
            return known[candidate]
    raise InvalidValue(
        f"The efficiencies table holds no row for {' / '.join(key)} nor for any: "
        "restore its built-in rows or insert one with backend, weight_class and kind 'any'."
    )


def _expert_share(efficiencies: pd.DataFrame, known: dict[tuple[str, ...], int]) -> float:
    row = known.get((ANY, ANY, EXPERTS_KIND))
    return 1.0 if row is None else float(efficiencies["compute_efficiency"].iloc[row])

"""What real software reaches of a roof: shares fitted for software, weight width and kind of network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from datasets.errors import InvalidValue
from devices.columns import Columns, numbers, words
from devices.units import MICROSECOND_S, TERA, Floats, Labels

ANY = "any"
POWER_KIND = "power"
EXPERTS_KIND = "experts"
# Kinds of network that share the fit of another.
FITTED_KIND: dict[str, str] = {
    "encoder": "vision",
    "speech": "vision",
    "vla": "vision",
    "recommender": "vision",
}
# Dense peak at which a kernel library reaches half of the share that it reaches on a small machine: larger
# ones are harder to fill. Fitted to prefill on devices from 2 to 2,000 dense TFLOP/s; llama.cpp falls off
# sooner.
SATURATION_OPS_PER_S = 3200.0 * TERA
LLAMA_CPP_SATURATION_OPS_PER_S = 1400.0 * TERA
LLAMA_CPP = "llama.cpp"


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
    """

    compute: Floats
    bandwidth: Floats
    overhead_s: Floats
    spread: Floats
    experts: Floats


def share_columns(efficiencies: pd.DataFrame) -> Shares:
    """Build `Shares` from rows of the table `efficiencies`."""
    return Shares(
        compute=numbers(efficiencies, "compute_efficiency"),
        bandwidth=numbers(efficiencies, "bandwidth_efficiency"),
        overhead_s=numbers(efficiencies, "overhead_us_per_layer", MICROSECOND_S),
        spread=numbers(efficiencies, "residual_spread"),
        experts=np.full(len(efficiencies), _expert_share(efficiencies)),
    )


def reachable_shares(
    efficiencies: pd.DataFrame, software: Labels, weight_class: Labels, kind: Labels
) -> Shares:
    """Shares for each (software, weight class, kind of network), from the closest row of the table.

    Parameters
    ----------
    efficiencies : pandas.DataFrame
        Rows of the table `efficiencies`; `backend` holds ``cuda`` or, more closely, ``cuda/llama.cpp``.
    software, weight_class, kind : numpy.ndarray
        Labels, shape (n,).

    Raises
    ------
    InvalidValue
        If not even a row for ``any`` back end, class and kind answers.
    """
    columns = (words(efficiencies, name) for name in ("backend", "weight_class", "kind"))
    known = {key: row for row, key in enumerate(zip(*columns, strict=True))}
    codes, distinct = pd.factorize(pd.MultiIndex.from_arrays([software, weight_class, kind]))
    rows = np.array([_closest_row(known, key) for key in distinct], dtype=np.intp)
    return share_columns(efficiencies).take(rows[codes])


def saturated(shares: Shares, software: Labels, peak_ops_per_s: Floats) -> Shares:
    """Shares with the compute share that is left on a machine of the given peak, ``e / (1 + C / C_half)``."""
    llama = np.array([name.endswith(LLAMA_CPP) for name in software], dtype=bool)
    half = np.where(llama, LLAMA_CPP_SATURATION_OPS_PER_S, SATURATION_OPS_PER_S)
    return shares.changed(compute=shares.compute / (1.0 + peak_ops_per_s / half))


def closest_keys(software: str, weight_class: str, kind: str) -> Iterator[tuple[str, str, str]]:
    """Keys of the rows that may answer, the most particular first."""
    for fitted in dict.fromkeys((kind, FITTED_KIND.get(kind, kind), ANY)):
        for name in dict.fromkeys((software, software.split("/")[0], ANY)):
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


def _expert_share(efficiencies: pd.DataFrame) -> float:
    rows = efficiencies.loc[efficiencies["kind"] == EXPERTS_KIND, "compute_efficiency"]
    return float(rows.iloc[0]) if len(rows) else 1.0

"""What real software reaches of a roof: shares fitted for back end, weight width and kind of network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from datasets.errors import InvalidValue
from devices.columns import Columns, numbers, words
from devices.units import MICROSECOND_S, Floats, Labels

ANY = "any"
POWER_KIND = "power"
# A row is looked for from the most particular to the most general.
LOOKUP_ORDER: tuple[tuple[bool, bool, bool], ...] = (
    (True, True, True),
    (True, False, True),
    (False, True, True),
    (False, False, True),
    (True, True, False),
    (True, False, False),
    (False, True, False),
    (False, False, False),
)


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
    """

    compute: Floats
    bandwidth: Floats
    overhead_s: Floats
    spread: Floats


def share_columns(efficiencies: pd.DataFrame) -> Shares:
    """Build `Shares` from rows of the table `efficiencies`."""
    return Shares(
        compute=numbers(efficiencies, "compute_efficiency"),
        bandwidth=numbers(efficiencies, "bandwidth_efficiency"),
        overhead_s=numbers(efficiencies, "overhead_us_per_layer", MICROSECOND_S),
        spread=numbers(efficiencies, "residual_spread"),
    )


def reachable_shares(
    efficiencies: pd.DataFrame, backend: Labels, weight_class: Labels, kind: Labels
) -> Shares:
    """Shares for each (back end, weight class, kind of network), from the closest row of the table.

    Parameters
    ----------
    efficiencies : pandas.DataFrame
        Rows of the table `efficiencies`.
    backend, weight_class, kind : numpy.ndarray
        Labels, shape (n,).

    Raises
    ------
    InvalidValue
        If not even a row for ``any`` back end, class and kind answers.
    """
    known = {
        key: row
        for row, key in enumerate(
            zip(*(words(efficiencies, name) for name in ("backend", "weight_class", "kind")), strict=True)
        )
    }
    wanted = pd.MultiIndex.from_arrays([backend, weight_class, kind])
    codes, distinct = pd.factorize(wanted)
    rows = np.array([_closest_row(known, key) for key in distinct], dtype=np.intp)
    return share_columns(efficiencies).take(rows[codes])


def _closest_row(known: dict[tuple[str, ...], int], key: tuple[str, str, str]) -> int:
    for kept in LOOKUP_ORDER:
        candidate = tuple(part if keep else ANY for part, keep in zip(key, kept, strict=True))
        if candidate in known:
            return known[candidate]
    raise InvalidValue(
        f"The efficiencies table holds no row for {' / '.join(key)} nor for any: "
        "restore its built-in rows or insert one with backend, weight_class and kind 'any'."
    )

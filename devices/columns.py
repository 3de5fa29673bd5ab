"""Columnar rows: frozen dataclasses whose every field is an array of one length."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Self, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devices.units import Floats, Labels


@dataclass(frozen=True)
class Columns:
    """Base of the typed columns; a subclass adds arrays that share their first axis."""

    def __len__(self) -> int:
        return len(getattr(self, fields(self)[0].name))

    def take(self, rows: NDArray[np.intp]) -> Self:
        """Return the rows at the given positions, in that order, as contiguous arrays."""
        return replace(self, **{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    __getitem__ = take  # a column of columns is taken like an array

    def changed(self, **arrays: Any) -> Self:
        """Return a copy in which the named fields hold other arrays."""
        return replace(self, **arrays)


Rows = TypeVar("Rows", bound=Columns)


def joined_rows(parts: list[Rows]) -> Rows:
    """Columns of the same kind, one below the other."""
    first = parts[0]
    arrays = {
        field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(first)
    }
    return first.changed(**arrays)


def distinct_rows(*keys: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """First row of each distinct combination of keys, and for every row the place of its combination.

    What depends on the keys alone is computed once for each: ``f(first)[place]`` equals ``f(every row)``.
    """
    codes = np.zeros(len(keys[0]), dtype=np.intp)
    for key in keys:
        own = key if key.dtype.kind == "i" else pd.factorize(key, use_na_sentinel=key.dtype.kind == "O")[0]
        codes = codes * (int(own.max(initial=0)) + 1) + own
    place, distinct = pd.factorize(codes)
    first = np.empty(len(distinct), dtype=np.intp)
    first[place[::-1]] = np.arange(len(codes))[::-1]
    return first, place


def numbers(rows: pd.DataFrame, column: str, scale: float = 1.0, missing: float = np.nan) -> Floats:
    """Return a numeric column times `scale`; empty cells and a column not there become `missing`."""
    if column not in rows.columns:
        return np.full(len(rows), missing)
    values = pd.to_numeric(rows[column]).to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isnan(values), missing, values * scale)


def words(rows: pd.DataFrame, column: str) -> Labels:
    """Return a text column as an array of str, the empty string where a cell is empty."""
    if column not in rows.columns:
        return np.full(len(rows), "", dtype=object)
    values = rows[column].to_numpy(dtype=object, na_value=None)
    return np.array([value if isinstance(value, str) else "" for value in values], dtype=object)

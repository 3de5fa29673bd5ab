"""Assumptions as a scenario sees them: inherited, overridden, and held to their bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.errors import InvalidValue, UnknownName
from forecasting.quantiles import quantile_values
from forecasting.scenarios import Tables, scenario_lineage

_QUANTILES = ["low", "central", "high"]
_CHANGING = [*_QUANTILES, "source_id", "confidence"]


def resolved_assumptions(
    tables: Tables, scenario_id: str = "central", overrides: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Each assumption with the quantiles that hold in a scenario.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The tables ``assumptions``, ``scenarios`` and ``scenario_overrides``.
    scenario_id : str
        Its ancestors' overrides apply first, its own last.
    overrides : mapping of str to float, optional
        Values that fix an assumption: all three quantiles become the value.

    Returns
    -------
    DataFrame
        The columns of ``assumptions`` plus ``overridden_by`` (a scenario_id, ``you``, or None), sorted by
        assumption_id; source and confidence are those of whoever set the value.

    Raises
    ------
    UnknownName
        If the scenario or an overridden assumption does not exist.
    InvalidValue
        If a value lies outside the bounds of its assumption or is no number.
    """
    frame = tables["assumptions"].sort_values("assumption_id").reset_index(drop=True)
    listed = tables["scenario_overrides"]
    changed: dict[str, list[object]] = {}
    for ancestor in scenario_lineage(tables, scenario_id):
        rows = listed.loc[listed["scenario_id"] == ancestor, ["assumption_id", *_CHANGING]]
        changed |= {name: [*cells, ancestor] for name, *cells in rows.itertuples(index=False)}
    known = {name: place for place, name in enumerate(frame["assumption_id"])}
    for name, value in (overrides or {}).items():
        if name not in known:
            raise UnknownName("assumption", name, known)
        changed[name] = [*[float(value)] * len(_QUANTILES), "user_entry", "judgement", "you"]
    # Column by column: a cell of a frame at a time takes a hundred times as long.
    cells = {column: frame[column].tolist() for column in _CHANGING} | {"overridden_by": [None] * len(frame)}
    for name, values in changed.items():
        for column, cell in zip(cells.values(), values, strict=True):
            column[known[name]] = cell
    types = dict(frame.dtypes) | {"overridden_by": object}
    frame = frame.assign(**{name: pd.Series(column, dtype=types[name]) for name, column in cells.items()})
    _refuse_out_of_bounds(frame)
    return frame


def _refuse_out_of_bounds(frame: pd.DataFrame) -> None:
    for row in frame.itertuples(index=False):
        lowest = row.minimum if pd.notna(row.minimum) else -math.inf
        highest = row.maximum if pd.notna(row.maximum) else math.inf
        for value in (row.low, row.central, row.high):
            if not (math.isfinite(value) and lowest <= value <= highest):
                raise InvalidValue(
                    f"Assumption '{row.assumption_id}' is {value:g}: it must lie between {lowest:g} and "
                    f"{highest:g} {row.unit}."
                )


def assumption_values(
    assumed: pd.DataFrame, scores: Mapping[str, NDArray[np.float64]]
) -> dict[str, NDArray[np.float64]]:
    """Drawn assumptions from their standard-normal scores, (draws,) each.

    Parameters
    ----------
    assumed : DataFrame
        As `resolved_assumptions` gives it.
    scores : mapping of str to (draws,) array

    Returns
    -------
    dict of assumption_id to array, in the order of `assumed`
    """
    return {
        row.assumption_id: quantile_values(
            scores[row.assumption_id], row.low, row.central, row.high, row.distribution
        )
        for row in assumed.itertuples(index=False)
    }


def scenario_difference(tables: Tables, before: str, after: str) -> pd.DataFrame:
    """Assumptions in which two scenarios differ, and by how much.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    before, after : str
        Scenarios.

    Returns
    -------
    DataFrame
        As `changed_assumptions`.

    Raises
    ------
    UnknownName
        If a scenario does not exist.
    InvalidValue
        If one replays a published figure and so has no assumptions.
    """
    return changed_assumptions(_modelled(tables, before), _modelled(tables, after))


def _modelled(tables: Tables, scenario_id: str) -> pd.DataFrame:
    resolved = resolved_assumptions(tables, scenario_id)
    if tables["scenarios"].set_index("scenario_id").at[scenario_id, "kind"] == "replay":
        raise InvalidValue(
            f"Scenario '{scenario_id}' replays a published figure and has no assumptions: choose another."
        )
    return resolved


def changed_assumptions(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Assumptions whose quantiles differ.

    Parameters
    ----------
    before, after : DataFrame
        As `resolved_assumptions` gives them.

    Returns
    -------
    DataFrame
        Columns assumption_id, name, group, unit, then low, central and high before (``_a``) and after
        (``_b``), central_change (after less before) and central_ratio (after over before, NaN from zero);
        sorted by group and assumption_id.
    """
    keys = ["assumption_id", "name", "group", "unit"]
    both = before[keys + _QUANTILES].merge(
        after[["assumption_id", *_QUANTILES]], on="assumption_id", suffixes=("_a", "_b")
    )
    same = np.all([both[f"{q}_a"] == both[f"{q}_b"] for q in _QUANTILES], axis=0)
    differing = both[~same]
    old, new = differing["central_a"], differing["central_b"]
    changed = differing.assign(central_change=new - old, central_ratio=(new / old).where(old != 0))
    return changed.sort_values(["group", "assumption_id"], ignore_index=True)

"""Assumptions as a scenario sees them: inherited, overridden, and held to their bounds."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from datasets.errors import InvalidValue, UnknownName
from forecasting.scenarios import Tables, scenario_lineage

_QUANTILES = ["low", "central", "high"]


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
        assumption_id.

    Raises
    ------
    UnknownName
        If the scenario or an overridden assumption does not exist.
    InvalidValue
        If a value lies outside the bounds of its assumption or is no number.
    """
    frame = tables["assumptions"].sort_values("assumption_id").reset_index(drop=True)
    frame["overridden_by"] = pd.Series([None] * len(frame), dtype=object)
    frame = frame.set_index("assumption_id", drop=False).rename_axis(None)
    listed = tables["scenario_overrides"]
    for ancestor in scenario_lineage(tables, scenario_id):
        rows = listed[listed["scenario_id"] == ancestor].set_index("assumption_id")
        frame.loc[rows.index, _QUANTILES] = rows[_QUANTILES]
        frame.loc[rows.index, "overridden_by"] = ancestor
    for assumption_id, value in (overrides or {}).items():
        if assumption_id not in frame.index:
            raise UnknownName("assumption", assumption_id, frame.index)
        frame.loc[assumption_id, _QUANTILES] = float(value)
        frame.loc[assumption_id, "overridden_by"] = "you"
    _refuse_out_of_bounds(frame)
    return frame.reset_index(drop=True)


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

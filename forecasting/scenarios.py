"""Scenarios: named lists of changed assumptions over a parent."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from datasets.errors import InvalidValue, UnknownName

Tables = Mapping[str, pd.DataFrame]
_COLUMNS = ["scenario_id", "parent_id", "name", "description", "kind", "source_id", "confidence", "origin"]


def scenario_table(tables: Tables) -> pd.DataFrame:
    """All scenarios, built-in ones first, in the order in which they are listed to a user.

    Returns
    -------
    DataFrame
        Columns scenario_id, parent_id (None for a root), name, description, kind (``model`` or ``replay``),
        source_id, confidence, origin.
    """
    frame = tables["scenarios"][_COLUMNS].copy()
    frame["parent_id"] = frame["parent_id"].astype(object).where(frame["parent_id"].notna(), None)
    rank = frame["scenario_id"].map({"central": 0}).fillna(1) + (frame["kind"] == "replay") * 1.5
    order = frame.assign(rank=rank, mine=frame["origin"] == "user")
    return order.sort_values(["mine", "rank", "scenario_id"])[_COLUMNS].reset_index(drop=True)


def scenario_lineage(tables: Tables, scenario_id: str) -> list[str]:
    """The scenario and its ancestors, root first.

    Raises
    ------
    UnknownName
        If the scenario, or one of its ancestors, does not exist.
    InvalidValue
        If the parents run in a circle.
    """
    scenarios = tables["scenarios"].set_index("scenario_id")
    lineage: list[str] = []
    current: str | None = scenario_id
    while current is not None:
        if current in lineage:
            circle = " -> ".join([*lineage[lineage.index(current) :], current])
            raise InvalidValue(f"The parents of scenario '{scenario_id}' run in a circle: {circle}.")
        if current not in scenarios.index:
            raise UnknownName("scenario", current, scenarios.index)
        lineage.append(current)
        parent = scenarios.at[current, "parent_id"]
        current = str(parent) if isinstance(parent, str) and parent else None
    return lineage[::-1]

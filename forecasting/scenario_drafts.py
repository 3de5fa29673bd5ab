"""A scenario on its way into the database: what it is called, whose child it is, and what it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from datasets.errors import InvalidValue, UnknownName
from forecasting.scenarios import Tables, scenario_lineage


@dataclass(frozen=True)
class Quantiles:
    """An assumption as a scenario changes it: its 5, 50 and 95 % quantiles, and why."""

    low: float
    central: float
    high: float
    note: str | None = None


@dataclass(frozen=True)
class ScenarioDraft:
    """A scenario as it is to be kept: whose child it is, what it is called, and what it changes."""

    scenario_id: str
    parent_id: str
    name: str
    description: str
    values: Mapping[str, Quantiles]


def copied_scenario(
    tables: Tables,
    scenario_id: str,
    new_id: str,
    *,
    name: str | None = None,
    description: str | None = None,
) -> ScenarioDraft:
    """A scenario under another id, with the same parent and the same changes.

    A root has no parent to share: its copy becomes its child.

    Raises
    ------
    UnknownName
        If the scenario does not exist.
    InvalidValue
        If it replays a published figure.
    """
    scenario_lineage(tables, scenario_id)
    refuse_replay(tables, scenario_id)
    row = tables["scenarios"].set_index("scenario_id").loc[scenario_id]
    parent = row["parent_id"]
    return ScenarioDraft(
        scenario_id=new_id,
        parent_id=parent if isinstance(parent, str) and parent else scenario_id,
        name=name or f"{row['name']} (copy)",
        description=description or str(row["description"]),
        values=own_values(tables, scenario_id),
    )


def own_values(tables: Tables, scenario_id: str) -> dict[str, Quantiles]:
    """What a scenario itself changes, without its ancestors, by assumption_id."""
    listed = tables["scenario_overrides"]
    rows = listed[listed["scenario_id"] == scenario_id]
    return {
        str(row.assumption_id): Quantiles(
            float(row.low),
            float(row.central),
            float(row.high),
            row.note if isinstance(row.note, str) else None,
        )
        for row in rows.itertuples(index=False)
    }


def refuse_replay(tables: Tables, scenario_id: str) -> None:
    """Refuse a scenario that does not exist, or that has no assumptions to start from."""
    kinds = tables["scenarios"].set_index("scenario_id")["kind"]
    if scenario_id not in kinds.index:
        raise UnknownName("scenario", scenario_id, kinds.index)
    if kinds[scenario_id] == "replay":
        raise InvalidValue(
            f"Scenario '{scenario_id}' replays a published figure and has no assumptions to start from: "
            "choose another."
        )

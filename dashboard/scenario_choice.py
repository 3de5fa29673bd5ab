"""A control that names a scenario with draws of its own."""

from __future__ import annotations

from typing import Any

from dashboard import address, controls, loaders
from dashboard.loaders import ROOT_SCENARIO
from datasets.database import Snapshot


def field(current: Snapshot) -> address.Field:
    """The state: the scenario."""
    return address.option("scenario", list(names(current)), ROOT_SCENARIO)


def names(current: Snapshot) -> dict[str, str]:
    """Names of the scenarios that have draws, by identifier, in the order in which a user sees them."""
    table = loaders.drawn_scenarios(current).set_index("scenario_id")["name"]
    return {str(scenario_id): str(name) for scenario_id, name in table.items()}


def picked(page: str, place: Any, current: Snapshot) -> tuple[str, str]:
    """Draw the selectbox of a page whose fields hold `field`; identifier and name of the scenario."""
    known = names(current)
    scenario_id = controls.picked(
        place, "Scenario", address.key(page, "scenario"), list(known), known, width=240
    )
    return scenario_id, known[scenario_id]

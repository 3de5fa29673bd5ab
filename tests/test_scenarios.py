"""Scenarios inherit, override and refuse."""

import pandas as pd
import pytest

from datasets.errors import InvalidValue, UnknownName
from forecasting.assumptions import resolved_assumptions
from forecasting.scenarios import scenario_lineage, scenario_table


def with_rows(tables, name, *rows):
    return dict(tables) | {name: pd.concat([tables[name], pd.DataFrame(rows)], ignore_index=True)}


def scenario(scenario_id, parent_id):
    return {
        "scenario_id": scenario_id,
        "parent_id": parent_id,
        "name": scenario_id,
        "description": "a test",
        "kind": "model",
        "source_id": "user_entry",
        "confidence": "judgement",
        "origin": "user",
    }


def test_the_built_in_scenarios_come_central_first_and_the_replay_last(tables):
    assert scenario_table(tables)["scenario_id"].tolist() == [
        "central",
        "cloud_first",
        "edge_first",
        "figure_4",
    ]


def test_a_scenario_inherits_its_parents_changes_and_adds_its_own(tables):
    changed = with_rows(tables, "scenarios", scenario("mine", "edge_first"))
    changed = with_rows(
        changed,
        "scenario_overrides",
        {"scenario_id": "mine", "assumption_id": "pue", "low": 1.05, "central": 1.1, "high": 1.2},
    )
    resolved = resolved_assumptions(changed, "mine").set_index("assumption_id")
    parent = resolved_assumptions(tables, "edge_first").set_index("assumption_id")
    assert resolved.at["pue", "central"] == 1.1
    assert resolved.at["pue", "overridden_by"] == "mine"
    assert resolved.at["edge_software_gain", "central"] == parent.at["edge_software_gain", "central"]
    assert resolved.at["edge_software_gain", "overridden_by"] == "edge_first"
    assert resolved.at["generative_share", "overridden_by"] is None
    assert scenario_lineage(changed, "mine") == ["central", "edge_first", "mine"]


def test_a_value_set_by_the_caller_fixes_all_three_quantiles(tables):
    row = resolved_assumptions(tables, "central", {"pue": 1.2}).set_index("assumption_id").loc["pue"]
    assert (row["low"], row["central"], row["high"], row["overridden_by"]) == (1.2, 1.2, 1.2, "you")


def test_an_unknown_scenario_names_the_nearest(tables):
    with pytest.raises(UnknownName, match=r"There is no scenario 'edge_frist': did you mean edge_first"):
        resolved_assumptions(tables, "edge_frist")


def test_an_unknown_assumption_names_the_nearest(tables):
    with pytest.raises(UnknownName, match=r"There is no assumption 'pues': did you mean pue"):
        resolved_assumptions(tables, "central", {"pues": 1.2})


@pytest.mark.parametrize("value", [0.5, 30.0, float("nan")])
def test_a_value_out_of_bounds_names_the_bounds(tables, value):
    with pytest.raises(InvalidValue, match=r"Assumption 'pue' is .*: it must lie between 1 and 3 ratio\."):
        resolved_assumptions(tables, "central", {"pue": value})


def test_a_circle_of_parents_is_shown(tables):
    changed = with_rows(tables, "scenarios", scenario("a", "b"), scenario("b", "a"))
    with pytest.raises(InvalidValue, match=r"The parents of scenario 'a' run in a circle: a -> b -> a\."):
        scenario_lineage(changed, "a")


def test_a_missing_parent_is_named(tables):
    changed = with_rows(tables, "scenarios", scenario("a", "gone"))
    with pytest.raises(UnknownName, match="There is no scenario 'gone'"):
        scenario_lineage(changed, "a")

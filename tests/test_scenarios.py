"""Scenarios inherit, override and refuse."""

import pandas as pd
import pytest

from datasets.errors import InvalidValue, UnknownName
from forecasting.assumptions import resolved_assumptions, scenario_difference
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
    listed = scenario_table(tables)["scenario_id"].tolist()
    assert listed[0] == "central"
    assert listed[1:-1] == sorted(listed[1:-1])
    assert listed[-1] == "figure_4"
    assert len(listed) >= 9


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


def test_every_scenario_says_what_it_means_and_why_each_value_changes(tables):
    described = scenario_table(tables).set_index("scenario_id")
    assert described["description"].str.len().min() > 200
    overridden = tables["scenario_overrides"]
    assert overridden["note"].str.len().min() > 10
    models = described.index[(described["kind"] == "model") & (described.index != "central")]
    assert set(overridden["scenario_id"]) == set(models)


def test_every_scenario_stays_inside_the_bounds_of_its_assumptions(tables):
    for scenario_id in tables["scenarios"]["scenario_id"]:
        resolved = resolved_assumptions(tables, scenario_id)
        assert (resolved["low"] <= resolved["central"]).all()
        assert (resolved["central"] <= resolved["high"]).all()


def test_the_difference_of_two_scenarios_names_each_change_and_its_size(tables):
    changed = scenario_difference(tables, "central", "memory_shortage").set_index("assumption_id")
    listed = tables["scenario_overrides"]
    assert set(changed.index) == set(listed.loc[listed["scenario_id"] == "memory_shortage", "assumption_id"])
    phones = changed.loc["phone_supply_2027"]
    assert (phones["central_a"], phones["central_b"], phones["unit"]) == (1.0, 0.85, "x")
    assert phones["central_ratio"] == pytest.approx(0.85)
    assert phones["central_change"] == pytest.approx(-0.15)
    assert scenario_difference(tables, "edge_first", "edge_first").empty


def test_a_replayed_figure_has_no_assumptions_to_compare(tables):
    with pytest.raises(InvalidValue, match=r"Scenario 'figure_4' replays a published figure"):
        scenario_difference(tables, "central", "figure_4")

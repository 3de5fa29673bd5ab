"""A user's scenarios: kept, changed, deleted, written to a file and read back."""

import tomllib

import pytest

from datasets import database
from datasets.errors import InvalidFile, InvalidValue, UnknownName
from forecasting.assumptions import resolved_assumptions
from forecasting.scenario_drafts import Quantiles, ScenarioDraft, copied_scenario, own_values
from forecasting.scenario_edits import change_scenario, delete_scenario, make_scenario
from forecasting.scenario_files import scenario_draft, scenario_text

PUE = Quantiles(1.05, 1.1, 1.2, "cool sites")


def draft(scenario_id="mine", parent_id="edge_first", values=None):
    return ScenarioDraft(scenario_id, parent_id, "Mine", "A test of one's own.", values or {"pue": PUE})


def tables_of(path):
    return database.load(path).tables


def test_a_scenario_that_is_made_inherits_and_overrides(database_path):
    make_scenario(database_path, draft())
    tables = tables_of(database_path)
    resolved = resolved_assumptions(tables, "mine").set_index("assumption_id")
    assert resolved.loc["pue", ["low", "central", "high"]].tolist() == [1.05, 1.1, 1.2]
    assert resolved.at["edge_software_gain", "overridden_by"] == "edge_first"
    row = tables["scenarios"].set_index("scenario_id").loc["mine"]
    assert (row["origin"], row["kind"], row["parent_id"]) == ("user", "model", "edge_first")


def test_a_copy_changes_what_its_original_changes(database_path):
    before = tables_of(database_path)
    make_scenario(database_path, copied_scenario(before, "bitstream", "mine"))
    tables = tables_of(database_path)
    assert own_values(tables, "mine") == own_values(before, "bitstream")
    assert tables["scenarios"].set_index("scenario_id").at["mine", "parent_id"] == "central"


def test_a_copy_of_the_root_is_its_child(tables):
    copy = copied_scenario(tables, "central", "mine", name="Ours")
    assert (copy.parent_id, copy.name, copy.values) == ("central", "Ours", {})


def test_a_change_sets_withdraws_and_renames(database_path):
    make_scenario(database_path, draft(values={"pue": PUE, "it_over_chip": Quantiles(1.4, 1.5, 1.6)}))
    gain = Quantiles(1.2, 1.4, 1.6, "measured")
    change_scenario(
        database_path,
        "mine",
        values={"edge_software_gain": gain},
        withdrawn=["pue"],
        name="Ours",
        description="Another text.",
    )
    tables = tables_of(database_path)
    assert own_values(tables, "mine") == {
        "edge_software_gain": gain,
        "it_over_chip": Quantiles(1.4, 1.5, 1.6),
    }
    row = tables["scenarios"].set_index("scenario_id").loc["mine"]
    assert (row["name"], row["description"]) == ("Ours", "Another text.")


def test_a_scenario_goes_with_all_that_it_changes(database_path):
    before = tables_of(database_path)
    make_scenario(database_path, draft())
    delete_scenario(database_path, "mine")
    after = tables_of(database_path)
    for name in ("scenarios", "scenario_overrides"):
        assert after[name].equals(before[name])


def test_a_scenario_of_ones_own_is_replaced_only_on_request(database_path):
    make_scenario(database_path, draft())
    other = draft(values={"it_over_chip": Quantiles(1.4, 1.5, 1.6)})
    with pytest.raises(InvalidValue, match=r"Scenario 'mine' exists already: choose another name"):
        make_scenario(database_path, other)
    make_scenario(database_path, other, replace=True)
    assert set(own_values(tables_of(database_path), "mine")) == {"it_over_chip"}


def test_what_came_with_edgewise_stays(database_path):
    before = tables_of(database_path)
    with pytest.raises(InvalidValue, match=r"'central' came with Edgewise and cannot be overwritten: copy"):
        make_scenario(database_path, draft("central"), replace=True)
    with pytest.raises(InvalidValue, match=r"'bitstream' came with Edgewise and cannot be changed"):
        change_scenario(database_path, "bitstream", values={"pue": PUE})
    with pytest.raises(InvalidValue, match=r"'bitstream' came with Edgewise and cannot be deleted"):
        delete_scenario(database_path, "bitstream")
    assert tables_of(database_path)["scenario_overrides"].equals(before["scenario_overrides"])


def test_a_parent_of_others_is_not_deleted(database_path):
    make_scenario(database_path, draft("parent"))
    make_scenario(database_path, draft("child", "parent"))
    with pytest.raises(InvalidValue, match=r"Scenario 'parent' is the parent of child: delete it first"):
        delete_scenario(database_path, "parent")
    delete_scenario(database_path, "child")
    delete_scenario(database_path, "parent")
    assert "parent" not in set(tables_of(database_path)["scenarios"]["scenario_id"])


@pytest.mark.parametrize(
    ("wrong", "error", "sentence"),
    [
        (draft("Mein Plan"), InvalidValue, r"A scenario cannot be called 'Mein Plan': take up to 64"),
        (
            draft(parent_id="edge_frist"),
            UnknownName,
            r"There is no scenario 'edge_frist': did you mean edge_first",
        ),
        (draft(parent_id="figure_4"), InvalidValue, r"'figure_4' replays a published figure"),
        (draft(values={"pues": PUE}), UnknownName, r"There is no assumption 'pues': did you mean pue"),
        (
            draft(values={"pue": Quantiles(0.5, 1.1, 1.2)}),
            InvalidValue,
            r"Assumption 'pue' is 0\.5: it must lie between 1 and 3 ratio",
        ),
        (
            draft(values={"pue": Quantiles(1.3, 1.1, 1.2)}),
            InvalidValue,
            r"Assumption 'pue' is 1\.3 / 1\.1 / 1\.2: low must not exceed central",
        ),
        (
            draft(values={"pue": Quantiles(1.0, float("nan"), 1.2)}),
            InvalidValue,
            r"Assumption 'pue' is 1 / nan / 1\.2: low, central and high must be finite",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused_and_changes_nothing(database_path, wrong, error, sentence):
    version = database.data_version(database_path)
    with pytest.raises(error, match=sentence):
        make_scenario(database_path, wrong)
    assert database.data_version(database_path) == version


def test_a_scenario_without_words_is_refused(database_path):
    with pytest.raises(InvalidValue, match=r"The description of a scenario is empty: say in words"):
        make_scenario(database_path, ScenarioDraft("mine", "central", "Mine", "  ", {}))


def test_withdrawing_what_is_not_changed_names_what_is(database_path):
    make_scenario(database_path, draft())
    with pytest.raises(
        UnknownName, match=r"There is no change of scenario 'mine' to 'pues': did you mean pue"
    ):
        change_scenario(database_path, "mine", withdrawn=["pues"])


def test_an_unknown_scenario_is_named(database_path):
    with pytest.raises(UnknownName, match=r"There is no scenario 'bitstraem': did you mean bitstream"):
        delete_scenario(database_path, "bitstraem")


def test_every_built_in_scenario_survives_the_way_through_a_file(tables):
    models = tables["scenarios"].query("kind == 'model'")
    for row in models.itertuples():
        read = scenario_draft(tables, scenario_text(tables, row.scenario_id))
        assert read.values == own_values(tables, row.scenario_id)
        assert (read.scenario_id, read.name, read.description) == (row.scenario_id, row.name, row.description)
        assert read.parent_id == "central"


def test_a_file_stands_alone_without_the_users_own_ancestors(database_path):
    own = Quantiles(1.0, 1.04, 1.1, 'so-called "free" cooling\nin the north')
    make_scenario(database_path, draft("parent"))
    make_scenario(
        database_path, draft("child", "parent", {"pue": own, "it_over_chip": Quantiles(1.4, 1.5, 1.6)})
    )
    tables = tables_of(database_path)
    text = scenario_text(tables, "child")
    delete_scenario(database_path, "child")
    delete_scenario(database_path, "parent")
    make_scenario(database_path, scenario_draft(tables_of(database_path), text))
    again = tables_of(database_path)
    columns = ["assumption_id", "low", "central", "high"]
    assert resolved_assumptions(again, "child")[columns].equals(
        resolved_assumptions(tables, "child")[columns]
    )
    assert own_values(again, "child")["pue"] == own
    assert again["scenarios"].set_index("scenario_id").at["child", "parent_id"] == "edge_first"


def test_a_file_says_version_and_units(tables):
    content = tomllib.loads(scenario_text(tables, "power_constrained"))
    assert (content["format"], content["version"]) == ("edgewise scenario", 1)
    assert content["assumptions"]["power_limit_gw_2030"]["unit"] == "GW"


def test_a_replayed_figure_cannot_be_exported(tables):
    with pytest.raises(
        InvalidFile, match=r"Scenario 'figure_4' replays a published figure: there is nothing"
    ):
        scenario_text(tables, "figure_4")


GOOD = """format = "edgewise scenario"
version = 1
[scenario]
id = "mine"
parent = "edge_first"
name = "Mine"
description = "A test."
[assumptions.pue]
low = 1.05
central = 1.1
high = 2
"""


@pytest.mark.parametrize(
    ("found", "put", "error", "sentence"),
    [
        ('format = "edgewise scenario"', "", InvalidFile, r"The file is no scenario: its first line must be"),
        (
            "version = 1",
            "version = 2",
            InvalidFile,
            r"The file has version 2; this Edgewise reads version 1\.",
        ),
        ("version = 1", "version = ", InvalidFile, r"The file is not readable as TOML: .*line 2"),
        ('name = "Mine"', "", InvalidFile, r"\[scenario\] lacks name: give a text\."),
        ('name = "Mine"', "name = 3", InvalidFile, r"\[scenario\] has name 3: give a text\."),
        ("parent =", "paernt =", UnknownName, r"no key in \[scenario\] named 'paernt': did you mean parent"),
        (
            "[scenario]",
            "[scenarios]",
            UnknownName,
            r"no key in the file named 'scenarios': did you mean scenario",
        ),
        ("low =", "lwo =", UnknownName, r"no key in \[assumptions\.pue\] named 'lwo': did you mean low"),
        ("low = 1.05", "", InvalidFile, r"\[assumptions\.pue\] lacks low: give a number\."),
        ("low = 1.05", "low = true", InvalidFile, r"\[assumptions\.pue\] has low True: give a number\."),
        (
            "low = 1.05",
            'low = 1.05\nunit = "W"',
            InvalidFile,
            r"\[assumptions\.pue\] is in 'W': give it in 'ratio'",
        ),
        ("assumptions.pue", "assumptions.pues", UnknownName, r"no assumption 'pues': did you mean pue"),
    ],
)
def test_a_broken_file_is_refused_in_one_sentence(tables, found, put, error, sentence):
    assert found in GOOD
    with pytest.raises(error, match=sentence):
        scenario_draft(tables, GOOD.replace(found, put))


def test_a_file_without_a_parent_hangs_on_central(tables):
    read = scenario_draft(tables, GOOD.replace('parent = "edge_first"', ""))
    assert read.parent_id == "central"
    assert read.values["pue"] == Quantiles(1.05, 1.1, 2.0)


def test_a_value_where_a_table_belongs_is_named(tables):
    with pytest.raises(
        InvalidFile, match=r"\[assumptions\.pue\] is 3: it must be a table of keys and values"
    ):
        scenario_draft(tables, GOOD[: GOOD.index("[assumptions.pue]")] + "[assumptions]\npue = 3\n")

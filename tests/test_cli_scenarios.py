"""Scenarios, sensitivity, waterfall and figure 4 from the command line."""

import io
import tomllib

import pandas as pd
import pytest

from dashboard.cli import DONE, WRONG_INPUT, main
from forecasting.sensitivity import COLUMNS


@pytest.fixture
def said(database_path, capsysbinary):
    """Run a command; return its exit status, its CSV as a frame (or its text), and its words."""

    def run(*argv, text=False):
        try:
            status = main([*argv] if text else [*argv, "--format", "csv"])
        except SystemExit as left:
            status = left.code
        out, err = (stream.decode() for stream in capsysbinary.readouterr())
        return status, out if text or not out else pd.read_csv(io.StringIO(out)), err

    return run


def test_the_bare_command_and_list_say_the_same(said):
    bare, listed = said("scenarios")[1], said("scenarios", "list")[1]
    assert bare.columns[:4].tolist() == ["scenario_id", "parent_id", "name", "description"]
    pd.testing.assert_frame_equal(bare, listed)


def test_options_before_an_action_hold_for_it(said, database_path, tmp_path):
    other = tmp_path / "other.duckdb"
    assert said("scenarios", "--db", str(other), "new", "mine")[0] == DONE
    assert "mine" in said("scenarios", "list", "--db", str(other))[1]["scenario_id"].tolist()
    assert "mine" not in said("scenarios")[1]["scenario_id"].tolist()


def test_a_scenario_from_making_to_deleting(said, tmp_path):
    file = tmp_path / "mine.toml"
    assert said("scenarios", "copy", "bitstream", "mine", "--name", "Ours")[0] == DONE
    status, _, words = said(
        "scenarios", "set", "mine", "pue=1.05/1.1/1.2", "it_over_chip=1.4", "--note", "our site"
    )
    assert (status, words) == (DONE, "Scenario 'mine' was changed.\n")
    shown = said("scenarios", "show", "mine")[1].set_index("assumption_id")
    assert shown.loc["pue", ["low", "central", "high", "overridden_by"]].tolist() == [1.05, 1.1, 1.2, "mine"]
    assert shown.at["pue", "confidence"] == "judgement"
    assert shown.loc["it_over_chip", ["low", "central", "high"]].tolist() == [1.4] * 3
    assert said("scenarios", "export", "mine", "--output", str(file))[0] == DONE
    assert tomllib.loads(file.read_text())["assumptions"]["pue"]["note"] == "our site"
    assert said("scenarios", "import", str(file))[0] == WRONG_INPUT
    assert said("scenarios", "import", str(file), "--replace")[0] == DONE
    assert said("scenarios", "set", "mine", "--withdraw", "pue")[0] == DONE
    changed = said("scenarios", "diff", "bitstream", "mine")[1]
    assert changed["assumption_id"].tolist() == ["it_over_chip"]
    assert said("scenarios", "delete", "mine")[0] == DONE
    assert said("scenarios", "delete", "mine")[2].startswith("edgewise: There is no scenario 'mine'")


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (("scenarios", "set", "central", "pue=1.1"), "came with Edgewise and cannot be changed"),
        (("scenarios", "set", "central", "pue=1/2"), "must look like ASSUMPTION=VALUE or"),
        (("scenarios", "set", "central", "pue=a"), "must be a finite number, but is 'a'"),
        (("scenarios", "import", "nowhere.toml"), "nowhere.toml cannot be read"),
        (("scenarios", "show", "centrl"), "There is no scenario 'centrl': did you mean central"),
        (("sensitivity", "--output", "twh_2035"), "There is no output 'twh_2035': did you mean twh_2030"),
        (
            ("sensitivity", "--output", "a.csv", "b.csv"),
            "The result goes to one file, not to a.csv and b.csv",
        ),
        (("waterfall", "central", "figure_4"), "Scenario 'figure_4' replays a published figure"),
        (("figure-4", "readings", "--scenario", "figure_4"), "Scenario 'figure_4' replays a published"),
    ],
)
def test_wrong_input_is_told_in_one_sentence(said, argv, sentence):
    status, out, words = said(*argv)
    assert status == WRONG_INPUT
    assert sentence in words
    assert len(words.strip().splitlines()) == 1
    assert len(out) == 0


def test_a_file_in_another_encoding_is_refused(said, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_bytes("name = 'Größe'".encode("latin-1"))
    status, _, words = said("scenarios", "import", str(file))
    assert (status, words) == (WRONG_INPUT, f"edgewise: {file} is not UTF-8 text: save it in UTF-8.\n")


def test_sensitivity_takes_figures_and_a_file(said, tmp_path):
    file = tmp_path / "ranked.csv"
    argv = ("sensitivity", "--output", "twh_2030", "--samples", "16", "--set", "pue=1.2")
    status, frame, _ = said(*argv)
    assert status == DONE
    assert frame.columns.tolist() == COLUMNS
    assert set(frame["output"]) == {"twh_2030"}
    assert "pue" not in set(frame["assumption_id"])
    status, out, _ = said(*argv, "--output", str(file))
    assert (status, out) == (DONE, "")
    pd.testing.assert_frame_equal(pd.read_csv(file), frame)


def test_waterfall_and_figure_4_print_their_frames(said):
    status, frame, _ = said("waterfall", "central", "memory_shortage", "--draws", "32")
    assert status == DONE
    assert "phone_supply_2027" in frame["cause"].tolist()
    status, frame, _ = said("figure-4", "counts")
    assert (status, frame["hw4_boards_as_quoted"].iloc[-1]) == (DONE, 85_000)
    status, frame, _ = said("figure-4", "probabilities", "--scenario", "central", "--draws", "32")
    assert (status, set(frame["scenario_id"]), set(frame["draws"])) == (DONE, {"central"}, {32})
    status, frame, _ = said("figure-4", "readings", "--draws", "32")
    assert (status, frame["verdict"].iloc[-1]) == (DONE, "impossible")


def test_a_forecast_leaves_its_draws_as_a_trail(said, tmp_path):
    file = tmp_path / "draws.parquet"
    scenarios = ("--scenario", "central", "edge_first")
    status, frame, words = said(
        "forecast", *scenarios, "--draws", "64", "--quantity", "twh", "--draws-output", str(file)
    )
    assert (status, words) == (DONE, f"128 draws were written to {file}.\n")
    trail = pd.read_parquet(file)
    column = "edge_inference.demand.2030"
    rows = frame.query(
        "scenario_id == 'edge_first' and series == 'edge_inference' and sense == 'demand' "
        "and segment == 'all' and year == 2030"
    )
    median = trail.loc[trail["scenario_id"] == "edge_first", column].median()
    assert rows["p50"].iloc[0] == pytest.approx(median, rel=1e-12)

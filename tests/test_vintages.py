"""Kept forecasts: whole or not at all, the same hash for the same inputs, scored only by what came later."""

from __future__ import annotations

import shutil
from datetime import date

import numpy as np
import pandas as pd
import pytest

from datasets import database
from datasets.connections import held
from datasets.errors import InvalidValue, UnknownName
from datasets.imports import import_rows
from datasets.sandbox import run
from forecasting.outcomes import observed_outcomes
from forecasting.outputs import OUTPUTS, output_draws
from forecasting.projection import projection
from forecasting.vintages import BANDS, KEPT, inputs_hash, record_forecast, vintage_scores

STOCK = ("accelerators installed", "WORLD deployed (1-quarter lag)", "H100e (dense 8-bit)")
MADE = date(2026, 6, 1)
DRAWS = 64


@pytest.fixture(scope="module")
def kept_database(built_database, tmp_path_factory):
    path = tmp_path_factory.mktemp("kept") / "edgewise.duckdb"
    shutil.copy(built_database, path)
    record_forecast(path, "spring", draws=DRAWS, made=MADE)
    return path


@pytest.fixture
def kept_path(kept_database, tmp_path):
    """A database of one's own in which the forecast 'spring' is kept."""
    path = tmp_path / "edgewise.duckdb"
    shutil.copy(kept_database, path)
    return path


def observe(path, series, entity, unit, day, value):
    run(
        path,
        "INSERT INTO history (series, entity, date, value, unit) VALUES (?, ?, ?, ?, ?)",
        write=True,
        parameters=[series, entity, day, value, unit],
    )


def tables_of(path):
    return database.load(path).tables


def test_bands_are_the_quantiles_of_the_draws(kept_path):
    tables = tables_of(kept_path)
    bands = tables[BANDS].set_index(["output", "year"])
    drawn = output_draws(projection(tables, draws=DRAWS), "data_centre_twh_2030")
    expected = np.quantile(drawn, [0.05, 0.25, 0.5, 0.75, 0.95])
    assert bands.loc[("data_centre_twh", 2030), ["p5", "p25", "p50", "p75", "p95"]].tolist() == pytest.approx(
        expected
    )
    assert set(bands.index.get_level_values("output")) == set(OUTPUTS)
    assert bands.loc[("data_centre_capacity_h100e", 2025), "known"] == 1.6e7


def test_the_same_inputs_give_the_same_hash_and_bands_and_others_do_not(kept_path):
    record_forecast(kept_path, "again", draws=DRAWS, made=date(2026, 7, 1))
    record_forecast(kept_path, "held", draws=DRAWS, overrides={"stock_growth_2026": 3.0}, made=MADE)
    tables = tables_of(kept_path)
    hashes = tables[KEPT].set_index("name")["inputs_hash"]
    assert hashes["spring"] == hashes["again"] != hashes["held"]
    bands = tables[BANDS]
    first, second, third = (
        bands[bands["name"] == n].drop(columns="name").reset_index(drop=True)
        for n in ("spring", "again", "held")
    )
    pd.testing.assert_frame_equal(first, second)
    assert not first["p50"].equals(third["p50"])


def test_a_changed_cell_changes_the_hash(tables):
    call = ("central", {}, DRAWS, 0)
    bent = tables["fleets"].copy()
    bent.loc[0, "shipments_m"] += 1e-9
    assert inputs_hash(tables, *call) == inputs_hash(dict(reversed(tables.items())), *call)
    assert inputs_hash(tables, *call) != inputs_hash({**tables, "fleets": bent}, *call)
    assert inputs_hash(tables, *call) != inputs_hash(tables, "central", {}, DRAWS, 1)


def test_an_observation_that_comes_later_scores_the_forecast(kept_path):
    assert vintage_scores(tables_of(kept_path)).empty
    observe(kept_path, *STOCK, "2026-12-31", 4e7)
    tables = tables_of(kept_path)
    score = vintage_scores(tables, "spring").iloc[0]
    assert (score["output"], score["year"], score["actual"]) == ("data_centre_capacity_h100e", 2026, 4e7)
    assert score["error_oom"] == pytest.approx(np.log10(score["p50"] / 4e7))
    assert score["lead_years"] == pytest.approx(2027 - (2026 + 151 / 365))
    assert score["inside_90"] == (score["p5"] <= 4e7 <= score["p95"])
    levels = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
    missed = np.log10(4e7) - np.log10(score[["p5", "p25", "p50", "p75", "p95"]].astype(float))
    pinball = np.where(missed >= 0, levels * missed, (levels - 1) * missed).mean()
    assert score["quantile_score_oom"] == pytest.approx(pinball)


def test_what_was_known_when_it_was_made_is_no_forecast(database_path):
    observe(database_path, *STOCK, "2026-12-31", 4e7)
    record_forecast(database_path, "late", draws=DRAWS, made=date(2027, 1, 15))
    assert vintage_scores(tables_of(database_path), "late").empty


def test_every_kind_of_outcome_finds_its_figure(kept_path, tmp_path):
    path = tmp_path / "seen.csv"
    path.write_text(
        "series,entity,date,value,unit\n"
        "electricity,AI data centres,2027-12-31,300,TWh\n"
        "capacity,AI data centres,2027-12-31,60,GW\n"
        "tokens,world,2027-03-31,3e16,tokens/month\n"
        "tokens,world,2027-09-30,5e16,tokens/month\n"
        "largest training run,world,2027-10-01,1e28,FLOP\n"
    )
    seen = import_rows(kept_path, "history", path.read_bytes(), path.name)
    assert seen.changes.in_words() == ["history: 5 inserted"]
    actual = vintage_scores(tables_of(kept_path)).set_index("output")["actual"]
    # Tokens are the mean of the year's observations, a day of 365.25 days a year.
    expected = {"data_centre_twh": 300, "gw": 60, "largest_run_flop": 1e28, "tokens": 4e16 * 12 / 365.25}
    assert actual.to_dict() == pytest.approx(expected, rel=1e-6)


def test_the_largest_run_is_the_record_of_the_training_runs(tables):
    seen = observed_outcomes(tables).set_index(["output", "year"])["actual"]
    assert seen[("largest_run_flop", 2023)] == pytest.approx(5.0000000001e25)
    assert seen[("largest_run_flop", 2025)] == pytest.approx(5.0000000000001e26)
    assert ("largest_run_flop", 2026) not in seen.index


def test_a_kept_forecast_survives_a_newer_version_of_the_facts(kept_path):
    before = tables_of(kept_path)
    with held(kept_path, read_only=False) as connection:
        connection.execute("UPDATE meta SET value = 'older' WHERE key = 'facts_version'")
    after = tables_of(kept_path)
    for name in (KEPT, BANDS):
        pd.testing.assert_frame_equal(before[name], after[name])


def test_a_kept_forecast_goes_with_all_its_bands(kept_path):
    result = run(kept_path, "DELETE FROM forecast_vintages WHERE name = 'spring'", write=True)
    assert result.changes.tables[BANDS].deleted["name"].unique().tolist() == ["spring"]
    assert tables_of(kept_path)[BANDS].empty


@pytest.mark.parametrize(
    ("arguments", "error", "told"),
    [
        ({"name": " "}, InvalidValue, "A kept forecast needs a name: give one that tells it from others."),
        (
            {"name": "spring"},
            InvalidValue,
            "A forecast is kept as 'spring' already, made on 2026-06-01: choose another name.",
        ),
        (
            {"name": "x", "scenario_id": "centrall"},
            UnknownName,
            "There is no scenario 'centrall': did you mean central?",
        ),
        (
            {"name": "x", "scenario_id": "figure_4"},
            InvalidValue,
            "Scenario 'figure_4' replays a published figure and has no draws of its own: choose another.",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_is_written(kept_path, arguments, error, told):
    before = tables_of(kept_path)
    with pytest.raises(error) as refused:
        record_forecast(kept_path, draws=DRAWS, made=MADE, **arguments)
    assert str(refused.value) == told
    after = tables_of(kept_path)
    assert len(after[KEPT]) == 1
    assert after[BANDS].equals(before[BANDS])


def test_an_unknown_kept_forecast_is_named(kept_path):
    with pytest.raises(UnknownName, match=r"There is no kept forecast 'sprung': did you mean spring\?"):
        vintage_scores(tables_of(kept_path), "sprung")

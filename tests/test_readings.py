"""Figure 4 as printed: counted in devices, read as a yearly sum, and weighed against the draws."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from datasets.errors import InvalidValue
from forecasting.projection import SENSES, projection
from forecasting.readings import (
    PROBABILITY_COLUMNS,
    READING_COLUMNS,
    figure_4_probabilities,
    figure_4_probability,
    figure_4_readings,
    literal_counts,
)
from forecasting.replay import SERIES
from forecasting.years import YEARS


def known_projection(central, training, cloud, edge):
    """The projection with series that stand still instead, one draw for each entry, alike in every sense."""
    levels = dict(zip(SERIES, (training, cloud, edge), strict=True))
    operations = {
        (series, sense): {"all": np.tile(np.array(levels[series], float)[:, None], len(YEARS))}
        for series in SERIES
        for sense in SENSES
    }
    return replace(central, scenario_id="known", operations=operations)


@pytest.fixture(scope="module")
def central(tables):
    return projection(tables, draws=256)


def test_the_printed_figure_counted_in_devices(tables):
    counts = literal_counts(tables).set_index("series")
    # By hand: 42.5 million TOPS / 500 as the document quotes the board; / 243 dense from its teardown.
    assert counts.at["edge_inference", "hw4_boards_as_quoted"] == pytest.approx(85_000)
    assert counts.at["edge_inference", "hw4_boards"] == pytest.approx(42.5e6 / 243)
    # 1.23 and 7.5 million TOPS over 1,978.9 dense 8-bit TOP/s of an H100 SXM.
    assert counts.at["training", "h100s"] == pytest.approx(1.23e6 / 1978.9)
    assert counts.at["cloud_inference", "h100s"] == pytest.approx(7.5e6 / 1978.9)


def test_read_literally_the_figure_is_below_what_stood_in_2025(tables, central):
    readings = figure_4_readings(tables, central)
    assert readings.columns.tolist() == READING_COLUMNS
    literal = readings[readings["reading"] == "literal"]
    assert literal["verdict"].tolist() == ["below"] * 3
    assert literal["orders_of_magnitude"].between(-4.5, -3).all()


def test_read_as_a_yearly_sum_training_fits_and_the_edge_cannot_be(tables, central):
    readings = figure_4_readings(tables, central)
    yearly = readings[readings["reading"] == "flop_a_year"].set_index(["series", "year"])
    first = yearly.loc[("training", 2022)]
    # 1.23e6 / 4^8 = 18.77 printed TOPS = 1.877e25 FLOP; GPT-4's run took 2.1e25 (Epoch AI).
    assert first["value"] == pytest.approx(1.23e6 / 4**8 * 1e24)
    assert (first["central"], first["verdict"]) == (2.1e25, "fits")
    assert "GPT-4" in first["compared_with"]
    assert first["orders_of_magnitude"] == pytest.approx(np.log10(18.768 / 21), abs=1e-4)
    assert yearly.loc[("training", 2030), "verdict"] == "fits"
    edge = yearly.loc[("edge_inference", 2030)]
    assert edge["verdict"] == "impossible"
    assert edge["value"] == pytest.approx(4.25e31)


def test_probabilities_are_shares_of_the_draws(tables, central):
    # Edge share .90, .85, .83 and .80: three draws at or above 82.96 %; the others by hand likewise.
    drawn = known_projection(central, [2, 1, 1, 10], [8, 14, 16, 10], [90, 85, 83, 80])
    frame = figure_4_probability(tables, drawn)
    assert frame.columns.tolist() == PROBABILITY_COLUMNS
    for sense in SENSES:
        rows = frame[frame["sense"] == sense].set_index("statement")
        assert rows.at["edge_share_at_least", "probability"] == 0.75
        assert rows.at["cloud_share_at_most", "probability"] == 0.75
        assert rows.at["training_share_at_most", "probability"] == 0.75
        assert rows.at["all_shares", "probability"] == 0.5
        assert rows.at["training_growth_at_least", "probability"] == 0.0
        assert rows.at["training_growth_at_least", "p50"] == pytest.approx(1.0)
        assert rows.at["edge_share_at_least", "p50"] == pytest.approx(0.84)
        assert rows.at["edge_share_at_least", "median_holds_until"] == 2030
        assert (rows["draws"] == 4).all()


def test_the_published_shares_and_growth_come_out_of_the_published_points(tables, central):
    rows = figure_4_probability(tables, known_projection(central, [1], [1], [1])).set_index("statement")
    published = rows[rows["sense"] == "demand"]["published"]
    # 42.5, 7.5 and 1.23 of 51.23 million; fourfold a year.
    assert published["edge_share_at_least"] == pytest.approx(42.5 / 51.23)
    assert published["cloud_share_at_most"] == pytest.approx(7.5 / 51.23)
    assert published["training_share_at_most"] == pytest.approx(1.23 / 51.23)
    assert published["training_growth_at_least"] == pytest.approx(4.0)


def test_a_growth_equal_to_the_published_one_counts(tables, central):
    drawn = known_projection(central, [1.0], [1.0], [1.0])
    for sense in SENSES:
        drawn.operations["training", sense]["all"] = 4.0 ** (YEARS - YEARS[0])[None, :].astype(float)
    rows = figure_4_probability(tables, drawn).set_index("statement")
    assert (rows.loc["training_growth_at_least", "probability"] == 1.0).all()


def test_every_scenario_with_draws_is_weighed(tables):
    frame = figure_4_probabilities(tables, draws=16)
    models = tables["scenarios"].query("kind == 'model'")["scenario_id"]
    assert set(frame["scenario_id"]) == set(models)
    assert len(frame) == len(models) * len(SENSES) * 5
    assert frame["probability"].between(0, 1).all()


def test_a_replayed_scenario_has_no_draws_to_weigh(tables):
    with pytest.raises(InvalidValue, match=r"Scenario 'figure_4' replays a published figure"):
        figure_4_probabilities(tables, ["figure_4"])


def without(tables, name, column, value):
    return dict(tables) | {name: tables[name][tables[name][column] != value]}


@pytest.mark.parametrize(
    ("table", "column", "value", "sentence"),
    [
        (
            "device_peaks",
            "device_id",
            "tesla_hw4",
            r"Device 'tesla_hw4' has no int8 peak: figure 4 is counted",
        ),
        ("source_figures", "quantity", "peak compute", r"source_figures has no peak of 'Tesla HW4"),
        ("published_forecasts", "forecast_id", "figure_4_training_2030", r"lacks figure_4_training_2030"),
    ],
)
def test_a_missing_row_is_named(tables, table, column, value, sentence):
    with pytest.raises(InvalidValue, match=sentence):
        literal_counts(without(tables, table, column, value))


def test_without_a_run_to_start_from_the_readings_say_so(tables, central):
    later = tables["training_runs"][pd.to_datetime(tables["training_runs"]["date"]) > "2024-01-01"]
    with pytest.raises(InvalidValue, match=r"training_runs has no record run from mid-2022 to mid-2023"):
        figure_4_readings(dict(tables) | {"training_runs": later}, central)

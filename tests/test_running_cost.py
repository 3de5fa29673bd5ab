"""What power means: batteries, a car's range, energy from below, money; and what memory holds at most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import duckdb
import numpy as np
import pandas as pd
import pytest

from datasets import database
from devices.budgets import budgets
from devices.options import Options
from devices.sql_functions import register
from devices.terms import TERM_NAMES, terms_of

Tables = Mapping[str, pd.DataFrame]


@pytest.fixture(scope="module")
def connection(snapshot: database.Snapshot) -> Iterator[duckdb.DuckDBPyConnection]:
    opened = duckdb.connect(":memory:")
    read = (
        "devices",
        "device_peaks",
        "models",
        "workloads",
        "efficiencies",
        "assumptions",
        "operation_energies",
    )
    for name in read:
        opened.register("incoming", snapshot.tables[name])
        opened.execute(f"CREATE TABLE {name} AS SELECT * FROM incoming")
        opened.unregister("incoming")
    register(opened)
    yield opened
    opened.close()


def _row(
    tables: Tables, device: str, workload: str, options: Options | None = None, **changes: float
) -> pd.Series:
    return budgets(tables, [device], [workload], options=options or Options(), **changes).iloc[0]


def test_every_term_is_in_the_tables(tables: Tables) -> None:
    assert np.isfinite(list(terms_of(tables).values())).all()
    assert terms_of(tables)["hbm2"] == pytest.approx(31.36e-12)
    assert set(terms_of({})) == set(TERM_NAMES)


def test_a_phone_lasts_its_battery_over_its_power(tables: Tables) -> None:
    row = _row(tables, "sd_8elite", "notify_summary")
    assert row["battery_hours"] == pytest.approx(19.4 / row["power_w"])
    assert row["battery_share_per_hour"] == pytest.approx(row["power_w"] / 19.4)
    requests = 19.4 * 3600.0 / row["energy_per_item_j"]
    assert row["tokens_per_charge"] == pytest.approx(requests * row["output_tokens"])


def test_a_humanoid_gives_a_share_of_its_battery_an_hour(tables: Tables) -> None:
    row = _row(tables, "tesla_optimus", "fsd_hw4_36")
    assert row["battery_share_per_hour"] == pytest.approx(row["power_w"] / 2300.0)


def test_a_car_loses_more_range_the_slower_it_drives(tables: Tables) -> None:
    town, road = (_row(tables, "tesla_hw4", "fsd_hw4_36", Options(speed_mph=speed)) for speed in (20.0, 65.0))
    assert town["wh_per_mile"] == pytest.approx(town["power_w"] / 20.0)
    assert town["range_lost_share"] == pytest.approx(town["wh_per_mile"] / (250.0 + town["wh_per_mile"]))
    assert road["range_lost_share"] < town["range_lost_share"] < 0.1
    assert np.isnan(_row(tables, "tesla_hw4", "fsd_hw4_36")["wh_per_mile"])
    assert np.isnan(_row(tables, "h100_sxm", "fsd_hw4_36", Options(speed_mph=20.0))["wh_per_mile"])


def test_energy_from_below_is_a_floor_under_the_utilisation_model(tables: Tables) -> None:
    rows = budgets(tables, ["h100_sxm", "a100_80", "rtx_4090"], ["chat_small", "notify_summary"])
    ratio = rows["power_by_operations_w"] / rows["power_w"]
    assert ratio.between(0.1, 1.0).all()
    # Weights and little else pass through HBM3 and chip at 40 pJ a byte, over 75 W at rest.
    row = _row(tables, "h100_sxm", "chat_small", batch=1, prompt_tokens=16, output_tokens=16)
    moved = row["attained_ops_per_s"] / row["arithmetic_intensity"] * row["per_token_s"]
    busy = row["energy_per_token_by_operations_j"] - 75.0 * row["per_token_s"]
    assert busy == pytest.approx(moved * 40e-12, rel=0.1)


def test_money_is_electricity_at_the_meter_and_price_over_lifetime(tables: Tables) -> None:
    priced = Options(electricity_usd_per_kwh=0.10, pue=1.2, lifetime_years=5.0, busy_share=0.5)
    row = _row(tables, "h100_sxm", "chat_small", priced)
    electricity = row["energy_per_item_j"] / row["output_tokens"] * 1e6 / 3.6e6 * 0.10 * 1.2
    assert row["electricity_usd_per_million_tokens"] == pytest.approx(electricity)
    served = 5.0 * 365.25 * 86400.0 * 0.5 * row["items_per_s"] * row["output_tokens"]
    assert row["capital_usd_per_million_tokens"] == pytest.approx(30000.0 / served * 1e6)
    total = row["electricity_usd_per_million_tokens"] + row["capital_usd_per_million_tokens"]
    assert row["usd_per_million_tokens"] == pytest.approx(total)


def test_a_phone_costs_its_electricity_alone_unless_a_lifetime_is_named(tables: Tables) -> None:
    plain, owned = (
        _row(tables, "apple_a19_pro", "notify_summary", options)
        for options in (Options(), Options(lifetime_years=4.0))
    )
    assert plain["capital_usd_per_million_tokens"] == 0.0
    assert owned["capital_usd_per_million_tokens"] > 0.0
    price = float(terms_of(tables)["electricity_usd_per_kwh"])
    per_token = plain["energy_per_item_j"] / plain["output_tokens"]
    assert plain["electricity_usd_per_million_tokens"] == pytest.approx(per_token / 3.6 * price)


def test_a_rack_of_72_is_72_linked_devices_with_its_own_power(tables: Tables) -> None:
    rack = _row(tables, "gb200_nvl72", "chat_large", batch=512)
    linked = _row(tables, "gb200_gpu", "chat_large", batch=512, devices=72)
    assert rack["tokens_per_s"] == pytest.approx(linked["tokens_per_s"], rel=0.01)
    assert rack["network_share"] == pytest.approx(linked["network_share"], rel=0.01)
    assert rack["power_w"] > linked["power_w"]
    two = _row(tables, "gb200_nvl72", "chat_large", Options(data=2), batch=1024)
    assert two["tokens_per_s"] == pytest.approx(2.0 * rack["tokens_per_s"])
    devices = tables["devices"].set_index("device_id")["tdp_w"]
    # Processors, switches and conversion on top of the chips.
    assert 1.3 < devices["gb200_nvl72"] / (72 * devices["gb200_gpu"]) < 2.0


@pytest.mark.parametrize(
    "options", [Options(), Options(page_tokens=64), Options(parallel_samples=4), Options(data=2)]
)
def test_the_largest_batch_fits_and_the_next_does_not(tables: Tables, options: Options) -> None:
    largest = float(_row(tables, "h100_sxm", "chat_small", options)["largest_batch"])
    assert largest >= 1.0
    assert _row(tables, "h100_sxm", "chat_small", options, batch=largest)["fits_memory"]
    assert not _row(tables, "h100_sxm", "chat_small", options, batch=largest + 1)["fits_memory"]


@pytest.mark.parametrize("model", ["llama_2_70b", "gemma_3_27b", "mistral_7b"])
def test_the_longest_prompt_fits_and_the_next_does_not(tables: Tables, model: str) -> None:
    asked = {"device_ids": ["h200"], "workload_ids": ["chat_small"], "model_id": model, "batch": 16}
    row = budgets(tables, **asked).iloc[0]
    longest = float(row["longest_prompt"])
    whole = tables["models"].set_index("model_id")["max_context"][model] - row["output_tokens"]
    assert budgets(tables, **asked, prompt_tokens=longest)["fits_memory"].iloc[0]
    further = budgets(tables, **asked, prompt_tokens=longest + 1)["fits_memory"].iloc[0]
    assert not further or longest == whole


def test_nothing_is_the_largest_where_not_even_one_fits(tables: Tables) -> None:
    row = _row(tables, "rtx_4090", "chat_large")
    assert (row["largest_batch"], row["longest_prompt"]) == (0.0, 0.0)
    assert np.isnan(_row(tables, "rtx_4090", "smart_camera")["largest_batch"])


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ("no_cache := true", Options(no_cache=True)),
        (
            "draft_tokens := 4, acceptance := 0.8, draft_model := 'llama_3_2_1b'",
            Options(draft_tokens=4, acceptance=0.8, draft_model="llama_3_2_1b"),
        ),
        (
            "pipeline := 2, tensor := 2, batching := 'static'",
            Options(pipeline=2, tensor=2, batching="static"),
        ),
        (
            "offload := 'pcie4_x16', electricity_usd_per_kwh := 0.3",
            Options(offload="pcie4_x16", electricity_usd_per_kwh=0.3),
        ),
    ],
)
def test_sql_takes_the_same_options_to_the_same_figures(
    connection: duckdb.DuckDBPyConnection, tables: Tables, given: str, options: Options
) -> None:
    query = f"SELECT roofline('h100_sxm', 'chat_small', model := 'llama_3_1_70b', {given}) AS answer"
    seen = connection.execute(query).df()["answer"].iloc[0]
    expected = budgets(tables, ["h100_sxm"], ["chat_small"], model_id="llama_3_1_70b", options=options).iloc[
        0
    ]
    for name, value in expected.items():
        same = seen[name] == value or (pd.isna(seen[name]) and pd.isna(value))
        assert same, name


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            "acceptance := 2, draft_tokens := 1, draft_cost := 0.1",
            "acceptance is 2: it must be a number from 0 to 1",
        ),
        ("draft_tokens := 1, acceptance := 0.5, draft_model := 'llama_9'", "There is no model 'llama_9'"),
    ],
)
def test_sql_refuses_wrong_options_in_a_sentence(
    connection: duckdb.DuckDBPyConnection, given: str, sentence: str
) -> None:
    with pytest.raises(duckdb.Error, match=sentence):
        connection.execute(f"SELECT roofline('h100_sxm', 'chat_small', {given})").fetchall()

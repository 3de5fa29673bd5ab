"""Stored predictions of devices left out: that they can be repeated, and what the Evidence page is told."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from devices.evidence import COLUMNS, errors_by, evidence, left_out_predictions, likely_cause, worst_rows

Tables = Mapping[str, pd.DataFrame]
# Devices whose left-out fit the tests repeat: one that was measured often, one seldom, a neural unit.
SAMPLE = ("apple_m2_pro_16c", "rtx_4090", "rk3576")


@pytest.fixture(scope="module")
def rows(tables: Tables) -> pd.DataFrame:
    return evidence(tables)


def test_the_stored_predictions_are_those_of_fits_without_the_device(tables: Tables) -> None:
    again = left_out_predictions(tables, SAMPLE).set_index("measurement_id")
    stored = tables["left_out_predictions"].set_index("measurement_id").loc[again.index]
    for name in ("predicted", "low", "high"):
        assert np.allclose(again[name], stored[name], rtol=0.02), name
    assert len(again) > 30


def test_every_row_with_a_prediction_is_there_with_its_condition(tables: Tables, rows: pd.DataFrame) -> None:
    assert rows.columns.tolist() == list(COLUMNS)
    assert len(rows) == len(tables["left_out_predictions"])
    assert (rows["low"] < rows["predicted"]).all()
    assert (rows["predicted"] < rows["high"]).all()
    assert set(rows["device_class"]) <= set(tables["devices"]["segment"])


def test_a_rate_that_is_predicted_too_high_is_a_time_that_is_too_short(rows: pd.DataFrame) -> None:
    rate = rows["metric"] == "decode_tokens_per_s"
    assert ((rows["predicted"] > rows["measured"]) == (rows["miss_pct"] < 0.0))[rate].all()


def test_rows_of_the_group_are_counted_on_other_devices_only(rows: pd.DataFrame) -> None:
    group = rows.query("`class` == 'A_decode_b1' and software == 'executorch' and weight_bits == 4.25")
    for device, own in group.groupby("device_id"):
        assert (own["group_rows"] == (group["device_id"] != device).sum()).all()


def test_errors_by_group_count_clean_rows_only(rows: pd.DataFrame) -> None:
    table = errors_by(rows, "class", "device_class")
    assert table["rows"].sum() == (rows["quality"] == "clean").sum()
    decode = rows.query("`class` == 'A_decode_b1' and device_class == 'phone' and quality == 'clean'")
    found = table.query("`class` == 'A_decode_b1' and device_class == 'phone'").iloc[0]
    assert found["median_pct"] == pytest.approx(decode["miss_pct"].abs().median())
    assert found["coverage_pct"] == pytest.approx(100.0 * decode["inside"].mean())


def test_the_worst_rows_come_first_each_with_a_cause(rows: pd.DataFrame) -> None:
    worst = worst_rows(rows, 20)
    ratio = np.abs(np.log(worst["predicted"] / worst["measured"]))
    assert len(worst) == 20
    assert (np.diff(ratio) <= 0.0).all()
    assert worst["likely_cause"].str.len().min() > 20


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ({"device_class": "edge_module"}, "the module's power mode is not stated"),
        ({"group_rows": 0}, "no measurement of llama.cpp at this weight width on other devices"),
        ({"group_rows": 1}, "only 1 measurement of llama.cpp at"),
        ({"routed_experts": True}, "which experts a prompt touches is not stated"),
        ({"backend": "npu"}, "a neural unit: what its compiler leaves to the processor is not published"),
        ({"backend": "cpu"}, "how many cores of the processor took part"),
        ({"weight_bits": 4.5}, "4-bit weights are unpacked"),
        ({"n_devices": 8}, "exchanges between devices"),
        ({"class": "B_prefill", "input_tokens": 64.0}, "a short prompt fills the machine only in part"),
        ({"batch": 256.0}, "a large batch: scheduling"),
        ({"class": "D_vision_b1"}, "small layers of the network"),
        ({}, "none of the known causes"),
    ],
)
def test_a_cause_follows_from_the_conditions_of_the_row(condition: dict[str, object], words: str) -> None:
    plain = {
        "device_class": "datacenter", "group_rows": 50, "routed_experts": False, "backend": "cuda",
        "weight_bits": 16.0, "n_devices": 1, "class": "A_decode_b1", "input_tokens": 512.0, "batch": 1.0,
        "software": "llama.cpp",
    }  # fmt: skip
    assert likely_cause(pd.Series({**plain, **condition})).startswith(words)

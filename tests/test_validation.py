"""Predicted against measured: rows, what is left out, the summary, files of one's own."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import Run

from datasets.errors import InvalidFile, InvalidValue
from datasets.measurement_file import REQUIRED, measurements_from_csv
from devices.measured_conditions import completed_conditions, left_out_conditions
from devices.validation import (
    COLUMNS,
    judged_rows,
    unplaced_rows,
    validation,
    validation_summary,
)

Tables = Mapping[str, pd.DataFrame]
DOCUMENTED = (
    "measurement_id,device_id,model_id,weight_precision,batch,input_tokens,output_tokens,class,metric,measured,"
    "predicted,low,high,error_pct,source"
)


def some_rows(tables: Tables, devices: int = 4) -> pd.DataFrame:
    decode = tables["measurements"].query("`class` == 'A_decode_b1' and quality == 'clean'")
    names = decode["device_id"].value_counts().index[-devices:]
    return decode[decode["device_id"].isin(names)].reset_index(drop=True)


def csv_of(tables: Tables) -> pd.DataFrame:
    return some_rows(tables).drop(columns="origin")


@pytest.fixture(scope="module")
def stored(tables: Tables) -> pd.DataFrame:
    return validation(tables, left_out=False)


def test_every_row_is_there_in_its_order_with_the_documented_columns(
    tables: Tables, stored: pd.DataFrame
) -> None:
    assert ",".join(stored.columns[:15]) == DOCUMENTED
    assert stored["measurement_id"].tolist() == tables["measurements"]["measurement_id"].tolist()
    assert np.allclose(stored["measured"], tables["measurements"]["value"], equal_nan=True)


def test_decode_on_one_device_is_bound_by_its_bandwidth(tables: Tables, stored: pd.DataFrame) -> None:
    devices = tables["devices"].set_index("device_id")["memory_bandwidth_gb_per_s"]
    rows = tables["measurements"]
    single = (rows["metric"] == "decode_tokens_per_s") & (rows["batch"] == 1) & (rows["n_devices"] == 1)
    models = tables["models"].set_index("model_id")
    gb = rows["model_id"].map(models["active_params_b"]) * rows["weight_bits"] / 8.0
    ceiling = rows["device_id"].map(devices) / gb
    judged = single & stored["predicted"].notna() & (rows["quality"] == "clean")
    assert judged.sum() > 100
    assert (stored["predicted"] <= 1.05 * ceiling)[judged].all()


def test_a_token_costs_the_power_for_the_time_of_its_step(tables: Tables) -> None:
    energy = tables["measurements"].query("metric == 'energy_per_token_j'").head(5)
    by_metric = {
        metric: validation(tables, energy.assign(metric=metric))["predicted"].to_numpy()
        for metric in ("energy_per_token_j", "power_w", "decode_tokens_per_s")
    }
    expected = by_metric["power_w"] / by_metric["decode_tokens_per_s"]
    assert np.allclose(by_metric["energy_per_token_j"], expected, rtol=0.05)


def test_the_power_of_a_whole_server_is_not_predicted(stored: pd.DataFrame) -> None:
    without = stored["predicted"].isna()
    assert without[stored["class"] == "E_system_power"].all()
    assert not without[
        stored["class"].isin(["A_decode_b1", "B_prefill", "C_static_batch", "E_gpu_power"])
    ].any()


def test_leaving_a_device_out_is_the_same_as_never_having_measured_it(tables: Tables) -> None:
    rows = some_rows(tables)
    left = validation({**tables, "measurements": rows})
    device = rows["device_id"].iloc[0]
    changed = rows.assign(value=rows["value"].where(rows["device_id"] != device, 1.2 * rows["value"]))
    again = validation({**tables, "measurements": changed})
    own = rows["device_id"] == device
    assert np.allclose(left["predicted"][own], again["predicted"][own], rtol=0.02)
    assert not np.allclose(left["predicted"][~own], again["predicted"][~own], rtol=0.003)


def test_a_rate_misses_by_its_time_in_the_summary() -> None:
    frame = pd.DataFrame(
        {
            "class": "A_decode_b1",
            "metric": "decode_tokens_per_s",
            "quality": ["clean", "clean", "noisy"],
            "measured": [20.0, 20.0, 20.0],
            "predicted": [10.0, 16.0, 1.0],
            "low": [8.0, 15.0, 0.5],
            "high": [12.0, 22.0, 1.5],
        }
    )
    row = validation_summary(frame).iloc[0]
    assert row["rows"] == 2
    assert row["median_pct"] == pytest.approx((100.0 + 25.0) / 2.0)
    assert row["p80_pct"] == pytest.approx(25.0 + 0.8 * 75.0)
    assert row["coverage_pct"] == pytest.approx(50.0)
    assert (row["target_median_pct"], row["target_p80_pct"]) == (7.0, 18.0)


def test_a_row_that_has_no_place_stays_and_is_named(tables: Tables) -> None:
    rows = some_rows(tables).assign(
        device_id=lambda frame: frame["device_id"].where(frame.index > 0, "nowhere")
    )
    frame = validation(tables, rows)
    assert frame["predicted"].isna().tolist() == [True] + [False] * (len(rows) - 1)
    name = rows["measurement_id"].iloc[0]
    assert unplaced_rows(tables, rows) == [
        f"Measurement '{name}' has no prediction: the catalogue holds no device 'nowhere'; "
        "add it, or name one that it holds."
    ]


def test_an_unknown_metric_is_refused_with_its_row(tables: Tables) -> None:
    rows = some_rows(tables).assign(metric="tokens")
    with pytest.raises(InvalidValue, match=r"has metric 'tokens': known are decode_tokens_per_s"):
        validation(tables, rows)


def test_a_file_gives_what_its_rows_give(tables: Tables, edgewise: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    csv_of(tables).to_csv(file, index=False)
    frame = pd.read_csv(io.StringIO(edgewise("validate", "--measurements", str(file), "--format", "csv")))
    assert frame.columns.tolist() == list(COLUMNS)
    expected = validation(tables, some_rows(tables), left_out=False)
    assert np.allclose(frame["predicted"], expected["predicted"])
    assert edgewise.words.startswith(f"A_decode_b1, time: {len(frame)} clean rows, absolute error ")
    assert "(aim 7 and 18)" in edgewise.words


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", r"The file is no CSV \(there is nothing in it\): begin it with a header"),
        ("device_id\na\n", r"The file lacks columns model_id, metric, value: edgewise sql"),
        (",".join(REQUIRED) + "\n", "The file has a header but no measurement"),
        (
            ",".join(REQUIRED) + ",weight_bits\nd,x,power_w,3,four\n",
            r"row 2, weight_bits: 'four' is not a number",
        ),
        (",".join(REQUIRED) + "\n,x,power_w,3\n", r"row 2, device_id: the cell is empty"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(InvalidFile, match=sentence):
        measurements_from_csv(text)


def test_a_file_that_is_not_there_is_refused(edgewise: Run) -> None:
    assert "nofile.csv cannot be read (No such file or directory)" in edgewise.refused(
        "validate", "--measurements", "nofile.csv"
    )


def test_a_rate_half_of_the_true_one_is_a_time_missed_by_100_percent() -> None:
    row = {"quality": "clean", "metric": "decode_tokens_per_s", "measured": 10.0, "predicted": 5.0}
    slow = judged_rows(pd.DataFrame([row | {"low": 4.0, "high": 6.0}])).iloc[0]
    assert slow["miss"] == pytest.approx(100.0)
    assert not slow["inside"]


def test_a_device_given_by_a_file_is_scored_like_the_one_that_it_copies(
    tables: Tables, edgewise: Run, tmp_path: Path
) -> None:
    row = tables["devices"].query("device_id == 'rtx_4090'").drop(columns=["origin"])
    peaks = tables["device_peaks"].query("device_id == 'rtx_4090'")
    columns = {
        f"{name}_dense_tops": tops for name, tops in peaks[["precision", "dense_tops"]].itertuples(False)
    }
    mine = row.assign(device_id="mine", source_id="user_entry", confidence="estimated", **columns)
    mine.to_csv(tmp_path / "devices.csv", index=False)
    own = (
        tables["measurements"].query("device_id == 'rtx_4090' and quality == 'clean'").drop(columns="origin")
    )
    own.assign(device_id="mine").to_csv(tmp_path / "measured.csv", index=False)
    try:
        edgewise("devices", "add", str(tmp_path / "devices.csv"))
        told = edgewise("validate", "--measurements", str(tmp_path / "measured.csv"), "--format", "csv")
    finally:
        edgewise("sql", "--write", "DELETE FROM devices WHERE device_id = 'mine'")
    scored = pd.read_csv(io.StringIO(told))
    expected = validation(tables, own, left_out=False)
    assert len(scored) > 10
    assert np.allclose(scored["predicted"], expected["predicted"])
    assert scored["low"].notna().all()
    assert "without a prediction" not in edgewise.words


def bare_rows(text: str) -> pd.DataFrame:
    return measurements_from_csv("device_id,model_id,weight_precision,metric,value,batch\n" + text)


def test_conditions_that_a_file_leaves_out_are_what_the_device_commonly_runs(tables: Tables) -> None:
    rows = bare_rows(
        "rtx_4090,llama_3_1_8b,int4,decode_tokens_per_s,120,1\n"
        "h100_sxm,llama_3_1_8b,fp8,decode_tokens_per_s,2000,32\n"
        "apple_m1_max_32c,llama_2_7b,int4,prefill_tokens_per_s,500,\n"
        "jetson_orin_nx16,yolov8n,int8,latency_ms,5,1\n"
        "h100_sxm,llama_3_1_8b,fp8,power_w,500,32\n"
    )
    filled = completed_conditions(tables, rows)
    assert filled["measurement_id"].tolist() == ["row 2", "row 3", "row 4", "row 5", "row 6"]
    assert filled["backend"].tolist() == ["cuda", "cuda", "metal", "cuda", "cuda"]
    assert filled["software"].tolist()[0] == filled["software"].tolist()[2] == "llama.cpp"
    assert filled["weight_bits"].tolist() == [4.5, 8.0, 4.5, 8.0, 8.0]
    assert filled["compute_precision"].tolist()[1:3] == ["fp8", "fp16"]
    assert filled["class"].tolist() == [
        "A_decode_b1",
        "C_static_batch",
        "B_prefill",
        "D_vision_b1",
        "E_gpu_power",
    ]
    told = left_out_conditions(rows)
    assert told is not None
    assert told.endswith("backend (5), software (5), compute_precision (5), class (5).")
    assert left_out_conditions(tables["measurements"]) is None
    assert validation(tables, rows)["predicted"].iloc[[0, 1, 3]].notna().all()


def test_what_a_file_states_is_kept(tables: Tables) -> None:
    rows = some_rows(tables)
    pd.testing.assert_frame_equal(completed_conditions(tables, rows)[rows.columns], rows, check_dtype=False)


def test_an_arithmetic_that_the_device_lacks_is_one_that_it_has(tables: Tables) -> None:
    rows = bare_rows("h100_sxm,llama_3_1_8b,fp4,decode_tokens_per_s,100,1\n").assign(compute_precision="fp4")
    assert completed_conditions(tables, rows)["compute_precision"].tolist() == ["fp8"]


def test_a_row_without_a_width_is_refused(tables: Tables) -> None:
    rows = bare_rows("h100_sxm,llama_3_1_8b,,decode_tokens_per_s,100,1\n")
    with pytest.raises(InvalidValue, match="'row 2' names neither weight_precision nor weight_bits"):
        validation(tables, rows)

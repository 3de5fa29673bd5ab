"""The largest batch within memory and time, and what more devices bring to one workload."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from datasets.errors import InvalidValue
from devices.budgets import budgets
from devices.largest_batches import largest_batches
from devices.options import Options
from devices.widths import widths

Tables = Mapping[str, pd.DataFrame]


@pytest.mark.parametrize(
    ("device", "milliseconds"), [("h100_sxm", 12.0), ("rtx_4090", 25.0), ("apple_m4_max", 90.0)]
)
def test_the_batch_in_time_is_and_the_next_is_not(tables: Tables, device: str, milliseconds: float) -> None:
    found = largest_batches(tables, [device], ["chat_small"], per_token_ms=milliseconds).iloc[0]
    assert found["limited_by"] == "time"
    at, beyond = (
        budgets(tables, [device], ["chat_small"], batch=found["batch_in_time"] + more).iloc[0]
        for more in (0, 1)
    )
    assert at["per_token_s"] <= milliseconds / 1e3 < beyond["per_token_s"]
    assert (found["per_token_s"], found["tokens_per_s"]) == (at["per_token_s"], at["tokens_per_s"])


def test_memory_limits_where_the_time_does_not(tables: Tables) -> None:
    rows = largest_batches(tables, ["h100_sxm", "rtx_4090"], ["chat_small", "chat_large"], per_token_ms=1e6)
    held = rows[rows["workload_id"] == "chat_small"]
    assert (held["limited_by"] == "memory").all()
    assert (held["batch_in_time"] == held["largest_batch"]).all()
    nothing = rows[rows["workload_id"] == "chat_large"]
    assert (nothing["batch_in_time"] == 0.0).all()
    assert (nothing["limited_by"] == "").all()
    assert nothing["per_token_s"].isna().all()


def test_a_request_that_is_too_slow_alone_is_not_served(tables: Tables) -> None:
    row = largest_batches(tables, ["h100_sxm"], ["chat_small"], per_token_ms=0.1).iloc[0]
    assert row["batch_in_time"] == 0.0
    with pytest.raises(InvalidValue, match="per_token_ms is 0: it must be a finite number above 0"):
        largest_batches(tables, ["h100_sxm"], ["chat_small"], per_token_ms=0.0)


def test_narrower_weights_and_caches_leave_room_for_more(tables: Tables) -> None:
    asked = {"device_ids": ["h100_sxm"], "workload_ids": ["chat_small"], "per_token_ms": 1e6}
    wide, weights, cache, short = (
        largest_batches(tables, **asked, **changes)["largest_batch"].iloc[0]
        for changes in (
            {"weight_precision": "fp16"},
            {"weight_precision": "int4"},
            {"weight_precision": "fp16", "kv_precision": "fp8"},
            {"weight_precision": "fp16", "prompt_tokens": 100, "output_tokens": 50},
        )
    )
    assert wide < weights
    assert cache == pytest.approx(2.0 * wide, rel=0.02)
    assert short > 5.0 * wide


def test_every_device_and_request_has_a_row(tables: Tables) -> None:
    rows = largest_batches(tables)
    assert set(rows["device_id"]) == set(tables["devices"]["device_id"])
    served = rows[rows["limited_by"] != ""]
    assert (served["per_token_s"] <= served["per_token_budget_s"]).all()
    assert (served["batch_in_time"] <= served["largest_batch"]).all()


def test_tensor_parallelism_ends_where_communication_binds(tables: Tables) -> None:
    link = Options(link_gb_per_s=100.0)
    rows = widths(tables, "gb200_gpu", "chat_large", most=128, batch=512, options=link)
    assert rows["width"].tolist() == [1, 2, 4, 8, 16, 32, 64, 128]
    assert rows["network_share"].is_monotonic_increasing
    assert rows["communication_binds"].tolist() == sorted(rows["communication_binds"])
    assert rows["communication_binds"].iloc[-1]
    assert (rows["speedup"] <= rows["width"]).all()
    assert rows["speedup"].iloc[0] == 1.0


def test_a_slower_link_binds_at_a_smaller_width(tables: Tables) -> None:
    fast, slow = (
        widths(tables, "h100_sxm", "chat_small", batch=256, options=Options(link_gb_per_s=rate))
        for rate in (450.0, 25.0)
    )
    assert fast["communication_binds"].sum() < slow["communication_binds"].sum()


def test_copies_double_the_throughput_without_a_link(tables: Tables) -> None:
    rows = widths(tables, "rtx_4090", "chat_small", kind="data", most=4, batch=64)
    assert (rows["network_share"] == 0.0).all()
    assert rows["speedup"].is_monotonic_increasing


def test_widths_refuse_in_a_sentence(tables: Tables) -> None:
    with pytest.raises(
        InvalidValue, match="There is no layout 'ring': choose tensor, pipeline, expert, data"
    ):
        widths(tables, "h100_sxm", "chat_small", kind="ring")
    with pytest.raises(InvalidValue, match="The largest width is 0: it must be at least 1"):
        widths(tables, "h100_sxm", "chat_small", most=0)


def test_both_have_a_command(edgewise: Any) -> None:
    found = json.loads(
        edgewise("largest", "--device", "h100_sxm", "--workload", "chat_small", "--format", "json")
    )
    assert found[0]["batch_in_time"] > 1
    rows = edgewise(
        "widths",
        "--device",
        "h100_sxm",
        "--workload",
        "chat_small",
        "--most",
        "4",
        "--batch",
        "8",
        "--format",
        "csv",
    )
    assert len(rows.splitlines()) == 4
    assert "Communication is the largest part of the time at none of these widths." in edgewise.words
    edgewise(
        "widths",
        "--device",
        "h100_sxm",
        "--workload",
        "chat_small",
        "--link-gb-per-s",
        "5",
        "--format",
        "csv",
    )
    assert "Communication is the largest part of the time from a width of " in edgewise.words
    assert np.isfinite(found[0]["per_token_s"])

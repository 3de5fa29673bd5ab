"""What would bring a device within its budgets: told only after the core was evaluated with it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest

from datasets.errors import UnknownName
from devices.budgets import budgets
from devices.remedies import COLUMNS, FACTORS, remedies

Tables = Mapping[str, pd.DataFrame]


def _scaled(tables: Tables, device_id: str, column: str, factor: float) -> dict[str, pd.DataFrame]:
    devices = tables["devices"].copy()
    devices.loc[devices["device_id"] == device_id, column] *= factor
    return {**tables, "devices": devices}


def test_a_model_that_does_not_fit_asks_for_memory(tables: Tables) -> None:
    found = remedies(tables, "apple_a18_pro", "chat_small", {}).set_index("remedy")
    memory = found.loc["memory"]
    assert memory["after"] == pytest.approx(8.0 * float(memory["change"]))
    again = _scaled(tables, "apple_a18_pro", "memory_gb", float(memory["change"]))
    row = budgets(again, ["apple_a18_pro"], ["chat_small"]).iloc[0]
    assert row["fits_memory"]
    assert row["margin"] == pytest.approx(memory["margin"])
    assert row["reason"] == memory["reason"]


def test_bandwidth_is_the_least_step_that_is_enough(tables: Tables) -> None:
    slow = _scaled(tables, "rtx_4090", "memory_bandwidth_gb_per_s", 0.12)
    found = remedies(slow, "rtx_4090", "chat_small", {}).set_index("remedy")
    row = found.loc["bandwidth"]
    assert row["fixes"]
    factor = float(row["change"])
    assert budgets(
        _scaled(slow, "rtx_4090", "memory_bandwidth_gb_per_s", factor), ["rtx_4090"], ["chat_small"]
    )["within_budget"].all()
    smaller = [step for step in FACTORS if step < factor]
    if smaller:
        less = _scaled(slow, "rtx_4090", "memory_bandwidth_gb_per_s", smaller[-1])
        assert not budgets(less, ["rtx_4090"], ["chat_small"])["within_budget"].any()


def test_lighter_weights_and_a_shorter_prompt_are_tried(tables: Tables) -> None:
    options = {"weight_precision": "fp16", "prompt_tokens": 30_000}
    found = remedies(tables, "rtx_4090", "chat_small", options).set_index("remedy")
    assert found.loc["weights", "after"] < 16
    assert found.loc["prompt", "before"] == 30_000
    assert found.loc["prompt", "after"] < 30_000


def test_what_is_enough_comes_first_and_everything_listed_helps(tables: Tables) -> None:
    now = budgets(tables, ["sd_8elite"], ["chat_small"]).iloc[0]
    found = remedies(tables, "sd_8elite", "chat_small", {})
    assert list(found.columns) == COLUMNS
    assert (found["margin"] < now["margin"]).all()
    assert found["fixes"].is_monotonic_decreasing
    assert (found["fixes"] == (found["reason"] == "")).all()


def test_a_pair_within_its_budgets_needs_no_remedy(tables: Tables) -> None:
    assert remedies(tables, "b200", "chat_phone", {}).empty


def test_unknown_names_are_told(tables: Tables) -> None:
    with pytest.raises(UnknownName, match="There is no device 'rtx_409'"):
        remedies(tables, "rtx_409", "chat_small", {})
    with pytest.raises(UnknownName, match="There is no workload 'chat_smal'"):
        remedies(tables, "rtx_4090", "chat_smal", {})

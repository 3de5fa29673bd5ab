"""Devices that keep weights on chip: one level of memory or two, and how many of them a model needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from devices.budgets import budgets
from devices.options import Options
from devices.widths import widths

Tables = Mapping[str, pd.DataFrame]
SPEEDS = pd.read_csv(Path(__file__).parent / "reference" / "on_chip_speeds.csv")


def _with_cell(tables: Tables, device: str, **cells: float) -> dict[str, pd.DataFrame]:
    devices = tables["devices"].copy()
    devices.loc[devices["device_id"] == device, list(cells)] = list(cells.values())
    return {**tables, "devices": devices}


def test_a_network_that_fits_the_chip_of_a_tpu_is_read_at_its_speed(tables: Tables) -> None:
    # Jouppi et al. 2021: 128 MiB of common memory on chip; ResNet-50 takes a part, BERT-Large does not fit.
    asked = (["tpu_v4i"], ["rag_embed"])
    slower = _with_cell(tables, "tpu_v4i", sram_bandwidth_tb_per_s=np.nan)
    held, spilled = (
        [budgets(each, *asked, model_id=model, batch=1)["latency_s"].iloc[0] for each in (tables, slower)]
        for model in ("resnet_50", "bert_large")
    )
    assert held[0] < held[1]
    assert spilled[0] == spilled[1]


def test_a_wafer_serves_8_billion_parameters_and_four_of_them_70(tables: Tables) -> None:
    # Cerebras serves Llama 3.1 8B from one CS-3 and 70B from four, 16-bit weights (August 2024).
    asked = {"weight_precision": "fp16", "batch": 1}
    assert budgets(tables, ["wse3"], ["chat_small"], **asked)["fits_memory"].iloc[0]
    rows = widths(
        tables, "wse3", "chat_small", kind="pipeline", most=4, model_id="llama_3_1_70b",
        options=Options(link_gb_per_s=150.0), **asked,
    )  # fmt: skip
    assert rows["width"].tolist() == [1, 2, 4]
    assert rows["fits_memory"].tolist() == [False, False, True]


def test_hundreds_of_groq_chips_hold_70_billion_parameters(tables: Tables) -> None:
    # Groq's demonstration of Llama 2 70B ran on 576 chips of 230 MB.
    rows = widths(
        tables, "groq_lpu1", "chat_small", kind="pipeline", most=512, model_id="llama_2_70b", batch=1,
        weight_precision="int8", options=Options(link_gb_per_s=30.0, tensor=8),
    )  # fmt: skip
    first = rows.loc[rows["fits_memory"], "devices"].iloc[0]
    assert 256 < first <= 576


def test_the_roof_of_a_chip_without_other_memory_is_its_sram(tables: Tables) -> None:
    bound = _with_cell(tables, "groq_lpu1", memory_bandwidth_gb_per_s=100.0, sram_bandwidth_tb_per_s=0.1)
    row = budgets(
        bound, ["groq_lpu1"], ["chat_small"], model_id="lfm2_350m", weight_precision="int4", batch=1
    ).iloc[0]
    assert row["binding_roof"] == "sram"
    # Weights and cache come from the same memory, one after the other.
    moved = row["attained_ops_per_s"] / row["arithmetic_intensity"]
    assert moved < 100e9


def test_stages_hold_on_chip_what_one_device_does_not(tables: Tables) -> None:
    asked = {"model_id": "llama_3_2_1b", "weight_precision": "int8", "batch": 1}
    many = Options(pipeline=8)
    fast, slow = (
        budgets(each, ["mi300x"], ["chat_small"], options=many, **asked)["per_token_s"].iloc[0]
        for each in (tables, _with_cell(tables, "mi300x", sram_bandwidth_tb_per_s=np.nan))
    )
    alone = [
        budgets(each, ["mi300x"], ["chat_small"], **asked)["per_token_s"].iloc[0]
        for each in (tables, _with_cell(tables, "mi300x", sram_bandwidth_tb_per_s=np.nan))
    ]
    assert alone[0] == alone[1]
    assert fast < slow


@pytest.mark.parametrize("device", ["hailo_8", "coral_edgetpu"])
def test_a_chip_of_unknown_bandwidth_has_no_figure(tables: Tables, device: str) -> None:
    row = budgets(tables, [device], ["smart_camera"]).iloc[0]
    assert row["reason"] == "the device's memory bandwidth is not known"
    assert np.isnan(row["latency_s"])


def test_published_speeds_are_met_within_the_spread(tables: Tables) -> None:
    inside = []
    for figure in SPEEDS.itertuples():
        options = Options(tensor=figure.tensor, pipeline=figure.pipeline, link_gb_per_s=30.0)
        row = budgets(
            tables, [figure.device_id], ["chat_small"], model_id=figure.model_id, batch=1, options=options,
            weight_precision=figure.weight_precision, prompt_tokens=figure.prompt_tokens,
            output_tokens=figure.output_tokens,
        ).iloc[0]  # fmt: skip
        assert row["fits_memory"]
        assert 0.5 < row["tokens_per_s"] / figure.tokens_per_s < 2.0
        inside.append(row["per_token_s_low"] < 1.0 / figure.tokens_per_s < row["per_token_s_high"])
    # An interval of 80 % leaves one of five outside.
    assert sum(inside) >= 3


def test_headroom_is_what_the_ideal_roofline_leaves(tables: Tables) -> None:
    rows = budgets(tables, ["h100_sxm", "gb200_nvl72", "rtx_4090"], ["chat_small", "image_gen"])
    assert (rows["headroom"] > 1.0).all()
    row = rows.iloc[0]
    ideal = min(1978.9e12, row["arithmetic_intensity"] * 3350e9)
    assert row["headroom"] == pytest.approx(ideal / row["attained_ops_per_s"])

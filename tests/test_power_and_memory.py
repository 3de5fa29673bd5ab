"""Power limits and their estimates, what sustained power leaves, and what fits in memory."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from devices import memory, power
from devices.catalogue import hardware_named, networks_named
from devices.traits import device_traits
from devices.units import GB

Tables = Mapping[str, pd.DataFrame]


@pytest.fixture(scope="module")
def traits(tables: Tables) -> pd.DataFrame:
    return device_traits(tables)


def _named(tables: Tables) -> pd.DataFrame:
    devices = tables["devices"]
    return devices[(devices["origin"] == "builtin") & ~devices["device_id"].str.startswith("generic_")]


def test_idle_shares_are_the_medians_of_the_printed_rows(tables: Tables) -> None:
    devices = _named(tables)
    share = devices["idle_w"] / devices[["tdp_w", "sustained_w"]].max(axis=1)
    medians = share.groupby(devices["segment"]).median()
    assert medians[list(power.IDLE_SHARE)].to_dict() == pytest.approx(power.IDLE_SHARE, abs=5e-4)
    assert share.median() == pytest.approx(power.OTHER_IDLE_SHARE, abs=5e-4)


def test_watts_for_bandwidth_are_the_medians_of_the_printed_rows(tables: Tables) -> None:
    devices = _named(tables)
    ratio = devices["tdp_w"] / devices["memory_bandwidth_gb_per_s"]
    medians = ratio.groupby(devices["segment"]).median()
    estimates = power.WATTS_PER_GB_PER_S
    assert medians[list(estimates)].to_dict() == pytest.approx(estimates, abs=5e-4)
    assert ratio.median() == pytest.approx(power.OTHER_WATTS_PER_GB_PER_S, abs=5e-4)


def test_watts_for_arithmetic_are_the_medians_of_the_printed_rows(tables: Tables) -> None:
    devices = _named(tables)
    fastest = tables["device_peaks"].groupby("device_id")["dense_tops"].max()
    ratio = devices["tdp_w"] / devices["device_id"].map(fastest)
    medians = ratio.groupby(devices["segment"]).median()
    assert medians[list(power.WATTS_PER_TOPS)].to_dict() == pytest.approx(power.WATTS_PER_TOPS, abs=5e-4)
    assert ratio.median() == pytest.approx(power.OTHER_WATTS_PER_TOPS, abs=5e-4)


def test_burst_and_case_powers_are_medians_of_the_catalogue(tables: Tables) -> None:
    devices = _named(tables)
    phones = devices[devices["segment"] == "phone"]
    assert (phones["tdp_w"] / phones["sustained_w"]).median() == power.BURST_RATIO["phone"]
    cases = tables["devices"].groupby("segment")["sustained_w"].median()
    assert cases[list(power.CASE_W)].to_dict() == pytest.approx(power.CASE_W)


def test_printed_powers_are_kept_and_marked(traits: pd.DataFrame) -> None:
    h100 = traits.loc["h100_sxm"]
    assert (h100["peak_w"], h100["idle_w"], h100["power_basis"]) == (700.0, 75.0, "cited")
    phone = traits.loc["apple_a18_pro"]
    assert (phone["peak_w"], phone["sustained_w"], phone["power_basis"]) == (9.0, 4.0, "estimated")


def test_powers_are_ordered_for_every_device(traits: pd.DataFrame) -> None:
    known = traits.dropna(subset=["peak_w"])
    assert len(known) > 0.95 * len(traits)
    assert (known["idle_w"] <= known["sustained_w"]).all()
    assert (known["sustained_w"] <= known["peak_w"]).all()


def test_sustained_power_leaves_a_share_of_the_peak(traits: pd.DataFrame) -> None:
    phone = traits.loc["apple_a18_pro"]
    left = (4.0 - phone["idle_w"]) / (9.0 - phone["idle_w"])
    assert phone["sustained_ops_per_s"] == pytest.approx(35e12 * left)
    assert traits.loc["h100_sxm", "sustained_ops_per_s"] == traits.loc["h100_sxm", "peak_ops_per_s"]
    evaluated = traits.dropna(subset=["peak_ops_per_s"])
    assert (evaluated["sustained_ops_per_s"] <= evaluated["peak_ops_per_s"]).all()


def test_the_standing_peak_is_dense_eight_bit_where_there_is_one(traits: pd.DataFrame) -> None:
    assert tuple(traits.loc["h100_sxm", ["peak_ops_per_s", "peak_precision"]]) == (1978.9e12, "int8")
    # The 8-bit floating-point unit is the faster one where the integer unit was cut down.
    assert tuple(traits.loc["b300", ["peak_ops_per_s", "peak_precision"]]) == (4500e12, "fp8")
    assert tuple(traits.loc["v100_sxm2_32", ["peak_ops_per_s", "peak_precision"]]) == (125e12, "fp16")
    assert traits.loc["dim_9300", "peak_precision"] == ""
    assert np.isnan(traits.loc["dim_9300", "peak_ops_per_s"])


def test_a_battery_lasts_as_long_as_its_energy() -> None:
    assert power.battery_hours(np.array([13.9 * 3600.0]), np.array([4.0]))[0] == pytest.approx(3.475)


def test_a_cache_holds_each_prompt_once_and_every_sample_apart(tables: Tables) -> None:
    llama = networks_named(tables, ["llama_3_70b"])
    one = np.array([1.0])
    held = memory.cache_resident_bytes(llama, one * 2.0, one * 4.0, one * 1000.0, one * 8.0, one * 100.0)
    assert held[0] == 4 * (1000 + 8 * 100) * 327680


def test_llama_70b_at_128k_tokens_holds_about_forty_gigabytes(tables: Tables) -> None:
    llama = networks_named(tables, ["llama_3_1_70b"])
    one = np.array([1.0])
    held = memory.cache_resident_bytes(llama, one * 2.0, one, one * 128e3, one, one * 0.0)
    assert held[0] / GB == pytest.approx(42.0, rel=0.05)


def test_a_window_caps_what_stays_in_memory(tables: Tables) -> None:
    mistral = networks_named(tables, ["mistral_7b"])
    one = np.array([1.0])
    short = memory.cache_resident_bytes(mistral, one * 2.0, one, one * 4096.0, one, one * 0.0)
    long = memory.cache_resident_bytes(mistral, one * 2.0, one, one * 30000.0, one, one * 0.0)
    assert short == long


def test_a_graphics_card_keeps_less_for_the_system_than_a_phone(tables: Tables) -> None:
    hardware = hardware_named(tables, ["rtx_4090", "apple_m4_max", "apple_a18_pro", "groq_lpu1"])
    share = (
        memory.reserved_bytes(hardware.segment, hardware.memory_type, hardware.memory_bytes)
        / hardware.memory_bytes
    )
    assert share.tolist() == pytest.approx([0.10, 0.25, 0.45, 0.0])

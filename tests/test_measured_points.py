"""Measured points under the roofline, and the growth of devices over the years."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from datasets.errors import UnknownName
from devices.curves import roofline_curves
from devices.measured_points import measured_points
from forecasting.device_growth import QUANTITIES, decimal_year, device_growth

Tables = Mapping[str, pd.DataFrame]


def segment(tables: Tables, name: str) -> list[str]:
    devices = tables["devices"]
    return list(devices.loc[devices["segment"] == name, "device_id"])


def test_a_decode_at_batch_one_does_two_operations_for_each_weight_read(tables: Tables) -> None:
    points = measured_points(tables, ["rtx_4090"]).set_index("measurement_id")
    row = points[(points["model_id"] == "llama_2_7b") & (points["metric"] == "decode_tokens_per_s")].iloc[0]
    # 6.74 billion weights, two operations each (Touvron et al. 2023), and a little attention.
    assert row["attained_ops_per_s"] == pytest.approx(2 * 6.74e9 * row["value"], rel=0.05)


def test_no_measurement_lies_above_its_dense_peak(tables: Tables) -> None:
    points = measured_points(tables)
    assert len(points) > 700
    assert (points["attained_ops_per_s"] <= points["peak_ops_per_s"]).all()


def test_prefill_is_denser_than_decode(tables: Tables) -> None:
    points = measured_points(tables, ["rtx_4090", "apple_m2"])
    means = points.groupby("metric")["arithmetic_intensity"].median()
    assert means["prefill_tokens_per_s"] > 50 * means["decode_tokens_per_s"]


def test_powers_have_no_point_and_devices_without_measurements_none(tables: Tables) -> None:
    assert not measured_points(tables)["metric"].isin(["power_w", "energy_per_token_j"]).any()
    assert measured_points(tables, ["tesla_hw4"]).empty


def test_the_roofline_is_hierarchical_where_a_second_level_is_stated(tables: Tables) -> None:
    curves = roofline_curves(tables, ["tpu_v4i", "rtx_4090"], [None, None], levels=("memory", "sram"))
    ridges = curves.groupby(["device_id", "level"])["ridge_point"].first()
    assert ridges["tpu_v4i", "sram"] < ridges["tpu_v4i", "memory"]
    assert ("rtx_4090", "sram") not in ridges.index
    capacity = curves[(curves["device_id"] == "tpu_v4i") & (curves["level"] == "sram")]["capacity_bytes"]
    assert capacity.iloc[0] == pytest.approx(144e6)


def test_a_year_is_read_as_far_as_it_is_stated() -> None:
    read = decimal_year(pd.Series(["2024", "2024-01", "2024-07-01", None, "soon"]))
    assert read.iloc[:3].tolist() == pytest.approx([2024.5, 2024 + 15 / 30.4 / 12, 2024.5])
    assert read.iloc[3:].isna().all()


def test_growth_is_the_slope_of_the_logarithm(tables: Tables) -> None:
    devices = (
        tables["devices"]
        .iloc[:8]
        .assign(
            introduced=[str(year) for year in range(2016, 2024)],
            memory_bandwidth_gb_per_s=[100.0 * 1.5**step for step in range(8)],
            status="shipping",
            confidence="cited",
        )
    )
    grown = device_growth({**tables, "devices": devices}, "bandwidth")
    assert grown.growth_per_year == pytest.approx(1.5, rel=1e-3)
    assert grown.growth_low <= 1.5 <= grown.growth_high * 1.001
    assert np.allclose(grown.curve["value"].iloc[0], 100e9, rtol=0.01)


def test_memory_on_the_chip_and_racks_do_not_bear_the_fit(tables: Tables) -> None:
    every = device_growth(tables, "bandwidth")
    why = every.points.set_index("device_id")["left_out"]
    assert why["groq_lpu1"] == "memory on the chip alone"
    assert why["gb200_nvl72"] == "a rack of many"
    assert why["h100_sxm"] == ""
    without = {
        **tables,
        "devices": tables["devices"].query("device_id not in ['groq_lpu1', 'gb200_nvl72']"),
    }
    assert device_growth(without, "bandwidth").growth_per_year == pytest.approx(every.growth_per_year)
    watts = device_growth(tables, "dense_per_watt").points.set_index("device_id")
    assert not watts["left_out"].isin(["a rack of many", "memory on the chip alone"]).any()


def test_estimates_and_plans_are_points_but_do_not_bear_the_fit(tables: Tables) -> None:
    grown = device_growth(tables, "dense", segment(tables, "phone"))
    assert not grown.points["fitted"].all()
    assert set(grown.points["segment"]) == {"phone"}
    assert (grown.points.loc[grown.points["fitted"], "status"] == "shipping").all()


def test_sparse_peaks_are_a_quantity_of_their_own(tables: Tables) -> None:
    dense = device_growth(tables, "dense", segment(tables, "datacenter")).points.set_index("device_id")[
        "value"
    ]
    sparse = device_growth(tables, "sparse", segment(tables, "datacenter")).points.set_index("device_id")[
        "value"
    ]
    assert sparse["h100_sxm"] == pytest.approx(2 * dense["h100_sxm"], rel=0.01)


def test_too_few_devices_have_points_and_no_line(tables: Tables) -> None:
    few = {**tables, "devices": tables["devices"].iloc[:3]}
    grown = device_growth(few, "bandwidth")
    assert grown.curve.empty
    assert np.isnan(grown.growth_per_year)


def test_an_unknown_quantity_is_told(tables: Tables) -> None:
    with pytest.raises(UnknownName, match="There is no quantity 'bandwith'"):
        device_growth(tables, "bandwith")
    assert set(QUANTITIES) == {"bandwidth", "dense", "sparse", "dense_per_watt"}

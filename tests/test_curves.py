"""Rooflines to draw: each point on the roof, the ridge among them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from datasets.errors import InvalidValue, UnknownName
from devices.curves import roofline_curves


def test_the_h100s_roof_bends_at_295(tables: Mapping[str, pd.DataFrame]) -> None:
    # 989.4 dense BF16 TFLOP/s over 3.35 TB/s: NVIDIA H100 data sheet.
    curve = roofline_curves(tables, ["h100_sxm"], ["bf16"])
    assert curve["ridge_point"].iloc[0] == pytest.approx(295.3, abs=0.1)
    assert curve["ridge_point"].iloc[0] in set(curve["intensity"])
    assert curve["attainable_ops_per_s"].max() == pytest.approx(989.4e12)


def test_below_the_ridge_memory_binds_and_above_it_the_peak(tables: Mapping[str, pd.DataFrame]) -> None:
    curve = roofline_curves(tables, ["h100_sxm"], ["bf16"])
    below = curve[curve["intensity"] <= curve["ridge_point"]]
    above = curve[curve["intensity"] >= curve["ridge_point"]]
    np.testing.assert_allclose(below["attainable_ops_per_s"], below["intensity"] * below["bytes_per_s"])
    np.testing.assert_allclose(above["attainable_ops_per_s"], above["peak_ops_per_s"])


def test_dense_and_sparse_peaks_stay_apart(tables: Mapping[str, pd.DataFrame]) -> None:
    curve = roofline_curves(tables, ["h100_sxm"], ["bf16"]).iloc[0]
    assert curve["sparse_ops_per_s"] == pytest.approx(2 * curve["peak_ops_per_s"], rel=1e-3)


def test_a_device_may_be_drawn_at_several_formats(tables: Mapping[str, pd.DataFrame]) -> None:
    curves = roofline_curves(tables, ["h100_sxm", "h100_sxm"], ["bf16", "fp8"])
    assert list(curves["precision"].unique()) == ["bf16", "fp8"]


def test_without_a_format_the_eight_bit_peak_stands(tables: Mapping[str, pd.DataFrame]) -> None:
    assert set(roofline_curves(tables, ["h100_sxm"], [None])["precision"]) <= {"int8", "fp8"}


def test_a_device_without_bandwidth_has_no_roof(tables: Mapping[str, pd.DataFrame]) -> None:
    devices = tables["devices"]
    without = str(devices.loc[devices["memory_bandwidth_gb_per_s"].isna(), "device_id"].iloc[0])
    assert roofline_curves(tables, [without], [None]).empty


def test_unknown_devices_and_formats_are_told(tables: Mapping[str, pd.DataFrame]) -> None:
    with pytest.raises(UnknownName, match="h100_sxm"):
        roofline_curves(tables, ["h100_sx"], [None])
    with pytest.raises(InvalidValue, match="has no arithmetic for fp4: it has"):
        roofline_curves(tables, ["h100_sxm"], ["fp4"])

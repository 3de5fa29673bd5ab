"""The roof, the ridge and the critical batch, against published figures and at their limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from datasets.errors import InvalidValue, UnknownName
from devices.attention import kv_cache_bytes_per_token
from devices.catalogue import hardware_named, networks_named
from devices.curves import roofline_curves
from devices.networks import active_expert_params, operations_per_token
from devices.roofline import attainable_ops_per_s, critical_batch, ridge_point, roof_names
from devices.units import element_bytes, weight_class

FIGURES = pd.read_csv(Path(__file__).parent / "reference" / "core_figures.csv", keep_default_na=False)
Tables = Mapping[str, pd.DataFrame]


def _ridge(tables: Tables, subject: str, precision: str) -> float:
    device = hardware_named(tables, [subject])
    return float(ridge_point(device.peak_of(precision), device.memory_bytes_per_s)[0])


def _batch(tables: Tables, subject: str, precision: str) -> float:
    device = hardware_named(tables, [subject])
    bytes_per_weight = element_bytes([precision])
    return float(critical_batch(device.peak_of(precision), device.memory_bytes_per_s, bytes_per_weight)[0])


def _cache(tables: Tables, subject: str, precision: str) -> float:
    return float(kv_cache_bytes_per_token(networks_named(tables, [subject]), element_bytes([precision]))[0])


def _token(tables: Tables, subject: str, precision: str) -> float:
    return float(operations_per_token(networks_named(tables, [subject]))[0])


def _experts(tables: Tables, subject: str, precision: str) -> float:
    return float(networks_named(tables, [subject]).expert_params[0])


def _active_experts(tables: Tables, subject: str, precision: str) -> float:
    return float(active_expert_params(networks_named(tables, [subject]))[0])


QUANTITIES: dict[str, Callable[[Tables, str, str], float]] = {
    "ridge_point": _ridge,
    "critical_batch": _batch,
    "kv_cache_bytes_per_token": _cache,
    "operations_per_token": _token,
    "expert_params": _experts,
    "active_expert_params": _active_experts,
}


@pytest.mark.parametrize(
    "row", FIGURES.to_dict("records"), ids=lambda row: f"{row['quantity']}-{row['subject']}"
)
def test_published_figures_come_out_of_the_catalogue(tables: Tables, row: dict[str, object]) -> None:
    computed = QUANTITIES[str(row["quantity"])](tables, str(row["subject"]), str(row["precision"]))
    assert computed == pytest.approx(float(row["expected"]), rel=float(row["relative_tolerance"]) + 1e-9)


def test_the_roof_is_memory_left_of_the_ridge_and_flat_right_of_it() -> None:
    peak, rate = np.array([100.0]), np.array([4.0])
    assert attainable_ops_per_s(np.array([10.0]), peak, rate) == pytest.approx(40.0)
    assert attainable_ops_per_s(np.array([25.0]), peak, rate) == pytest.approx(100.0)
    assert attainable_ops_per_s(np.array([90.0]), peak, rate) == pytest.approx(100.0)


def test_the_largest_term_names_the_roof() -> None:
    terms = np.eye(5) + 0.1
    assert list(roof_names(*terms)) == ["compute", "memory", "sram", "network", "overhead"]


def test_weight_classes_part_at_the_block_scales() -> None:
    assert list(weight_class(np.array([4.25, 4.85, 6.6, 8.5, 16.0, 32.0]))) == [
        "4",
        "4",
        "8",
        "8",
        "16",
        "32",
    ]


def test_curves_bend_at_the_ridge(tables: Tables) -> None:
    curve = roofline_curves(tables, ["h100_sxm"], ["bf16"])
    flat = curve[curve["intensity"] > curve["ridge_point"]]
    assert (flat["attainable_ops_per_s"] == 989.4e12).all()


def test_an_unknown_device_names_the_nearest(tables: Tables) -> None:
    with pytest.raises(UnknownName, match=r"There is no device 'h100_sxn': did you mean h100_sxm"):
        hardware_named(tables, ["h100_sxn"])


def test_a_curve_of_an_arithmetic_that_the_device_lacks_is_refused(tables: Tables) -> None:
    with pytest.raises(InvalidValue, match="a100_80"):
        roofline_curves(tables, ["a100_80"], ["fp4"])

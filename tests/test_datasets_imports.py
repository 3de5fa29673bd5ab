"""Devices from CSV: all of a file or nothing, and every fault named."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest

from datasets import database, exports, imports
from datasets.errors import EdgewiseError, InvalidFile, InvalidStatement, UnknownName

HEADER = "device_id,name,segment,memory_gb,memory_bandwidth_gb_per_s,tdp_w,int8_dense_tops,int8_sparse_tops"
GOOD = f"{HEADER}\nmine,My phone,phone,16,120.5,6,80,160\nyours,Your phone,phone,12,,,40,\n"


def test_the_template_names_the_required_columns_and_is_read_as_a_header() -> None:
    header = next(csv.reader(io.StringIO(imports.device_template())))
    assert set(imports.REQUIRED) < set(header)
    assert "origin" not in header
    with pytest.raises(InvalidFile, match="a header but no device: add a row below it"):
        imports.devices_from_csv(imports.device_template())


def test_devices_and_peaks_by_column_name() -> None:
    devices, peaks = imports.devices_from_csv(GOOD)
    assert devices.columns.tolist() == HEADER.split(",")[:6]
    assert devices["memory_bandwidth_gb_per_s"].tolist()[0] == 120.5
    assert pd.isna(devices["tdp_w"][1])
    assert peaks[["device_id", "precision", "dense_tops"]].to_records(index=False).tolist() == [
        ("mine", "int8", 80.0),
        ("yours", "int8", 40.0),
    ]
    assert peaks["sparse_tops"].tolist()[0] == 160.0


def test_columns_in_another_order_and_a_byte_order_mark_do_not_matter() -> None:
    reversed_text = "\n".join(",".join(line.split(",")[::-1]) for line in GOOD.splitlines())
    devices, peaks = imports.devices_from_csv("\ufeff" + reversed_text)
    expected_devices, expected_peaks = imports.devices_from_csv(GOOD)
    pd.testing.assert_frame_equal(devices, expected_devices)
    pd.testing.assert_frame_equal(peaks, expected_peaks)


def test_added_devices_are_the_users_own(database_path: Path) -> None:
    changes, notes = imports.add_devices(database_path, GOOD)
    assert changes.in_words() == ["devices: 2 inserted", "device_peaks: 2 inserted"]
    assert notes == []
    devices = database.load(database_path).tables["devices"].query("origin == 'user'").set_index("device_id")
    assert devices.loc["mine", ["status", "source_id", "confidence"]].tolist() == [
        "shipping",
        "user_entry",
        "estimated",
    ]


def test_what_was_exported_can_be_imported(database_path: Path) -> None:
    tables = database.load(database_path).tables
    device = tables["devices"].query("device_id == 'h100_sxm'").drop(columns="origin")
    device = device.assign(device_id="mine", name="=Mine", fp16_dense_tops=989.4)
    imports.add_devices(database_path, exports.csv_text(device))
    back = database.load(database_path).tables["devices"].query("device_id == 'mine'")
    assert back["name"].tolist() == ["=Mine"]
    assert back["memory_bandwidth_gb_per_s"].equals(device["memory_bandwidth_gb_per_s"].set_axis(back.index))


@pytest.mark.parametrize(
    ("text", "kind", "sentence"),
    [
        (
            "",
            InvalidFile,
            "The file lacks columns device_id, name, segment, memory_gb, memory_bandwidth_gb_per_s, a peak",
        ),
        (
            GOOD.replace("memory_gb,", "").replace(",16,", ",").replace(",12,", ","),
            InvalidFile,
            "The file lacks the column memory_gb: edgewise devices template prints all of them.",
        ),
        (
            "device_id,name,segment,memory_gb,memory_bandwidth_gb_per_s\na,A,phone,1,2\n",
            InvalidFile,
            "The file lacks the column a peak such as int8_dense_tops",
        ),
        (GOOD.replace("tdp_w", "tdp"), UnknownName, "There is no column 'tdp': did you mean tdp_w"),
        (
            GOOD.replace("tdp_w", "memory_gb"),
            InvalidFile,
            "has the column memory_gb more than once: keep one.",
        ),
        (
            GOOD.replace("120.5", "fast").replace(",40,", ",1e999,"),
            InvalidFile,
            "row 2, memory_bandwidth_gb_per_s: 'fast' is not a number; row 3, int8_dense_tops: '1e999' is "
            "not a number: correct the file and import it again.",
        ),
        (GOOD + "more,M,phone,1,2,3,4,5,6\n", InvalidFile, "row 4 has more cells than columns"),
    ],
)
def test_a_file_that_cannot_be_read(text: str, kind: type[EdgewiseError], sentence: str) -> None:
    with pytest.raises(kind) as raised:
        imports.devices_from_csv(text)
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("text", "kind", "sentence"),
    [
        (
            GOOD.replace("120.5", "-5"),
            InvalidStatement,
            "devices row 'mine': memory_bandwidth_gb_per_s is -5.0, but must be above 0",
        ),
        (
            GOOD.replace("yours", "h100_sxm"),
            InvalidFile,
            "devices has a row with the key 'device_id: h100_sxm' already",
        ),
        (GOOD.replace("yours", "mine"), InvalidFile, "already: choose another key"),
        (GOOD.replace("yours", ""), InvalidFile, "devices: device_id is missing, but must be given"),
        (
            GOOD.replace("Your phone", ""),
            InvalidStatement,
            "devices row 'yours': name is missing, but must be given",
        ),
        (GOOD.replace("int8", "int9"), InvalidStatement, "precision is int9, but must be one of fp64,"),
        (
            GOOD.replace(",80,160", ",,160"),
            InvalidStatement,
            "device_peaks row 'mine, int8': dense_tops is missing",
        ),
        (
            GOOD.replace(",80,160", ",80,40"),
            InvalidStatement,
            "sparse_tops is 40.0 and dense_tops is 80.0, but must be at least",
        ),
    ],
)
def test_a_row_that_breaks_a_rule_changes_nothing(
    database_path: Path, text: str, kind: type[EdgewiseError], sentence: str
) -> None:
    content = database_path.read_bytes()
    with pytest.raises(kind) as raised:
        imports.add_devices(database_path, text)
    assert sentence in str(raised.value)
    assert database_path.read_bytes() == content

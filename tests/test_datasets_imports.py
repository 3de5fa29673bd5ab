"""Rows of a file: all of them or none, every fault named at once, CSV and Parquet alike."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest
from conftest import Run

from datasets import database, exports, file_cells, imports, undo
from datasets.device_file import device_template
from datasets.errors import InvalidFile, NeedsConfirmation, UnknownName

HEADER = "device_id,name,segment,memory_gb,memory_bandwidth_gb_per_s,tdp_w,int8_dense_tops,int8_sparse_tops"
GOOD = f"{HEADER}\nmine,My phone,phone,16,120.5,6,80,160\nyours,Your phone,phone,12,60,,40,\n"
REQUIRED = {"device_id", "name", "segment", "memory_gb", "memory_bandwidth_gb_per_s"}


def problems(path: Path, text: str, table: str | None = None, **options: bool) -> list[tuple[object, str]]:
    content = text.encode()
    if table is None:
        result = imports.import_devices(path, content, "mine.csv", dry_run=True, **options)
    else:
        result = imports.import_rows(path, table, content, "mine.csv", dry_run=True, **options)
    rows = result.problems.astype(object).where(result.problems.notna(), None)
    return list(rows.itertuples(index=False, name=None))


def added(path: Path, text: str, **options: bool) -> imports.FileImport:
    return imports.import_devices(path, text.encode(), "mine.csv", **options)


def test_the_template_names_the_required_columns_and_is_read_as_a_header(built_database: Path) -> None:
    header = next(csv.reader(io.StringIO(device_template())))
    assert set(header) > REQUIRED
    assert "origin" not in header
    assert problems(built_database, device_template()) == [
        (None, "the file has a header but no row below it")
    ]


def test_added_devices_are_the_users_own_and_can_be_undone(database_path: Path) -> None:
    result = added(database_path, GOOD)
    assert result.changes.in_words() == ["devices: 2 inserted", "device_peaks: 2 inserted"]
    tables = database.load(database_path).tables
    devices = tables["devices"].query("origin == 'user'").set_index("device_id")
    assert devices.loc[
        "mine", ["status", "source_id", "confidence", "memory_bandwidth_gb_per_s"]
    ].tolist() == [
        "shipping",
        "user_entry",
        "estimated",
        120.5,
    ]
    assert pd.isna(devices.loc["yours", "tdp_w"])
    peaks = tables["device_peaks"].query("origin == 'user'")
    assert peaks[["device_id", "precision", "dense_tops"]].to_records(index=False).tolist() == [
        ("mine", "int8", 80.0),
        ("yours", "int8", 40.0),
    ]
    assert undo.change_log(database_path)["cause"].tolist() == ["devices add mine.csv"]
    undo.undo_change(database_path)
    assert "mine" not in set(database.load(database_path).tables["devices"]["device_id"])


def test_the_order_of_columns_a_byte_order_mark_and_parquet_do_not_matter(built_database: Path) -> None:
    expected = file_cells.file_cells(GOOD.encode(), "a.csv")
    turned = "\ufeff" + "\n".join(",".join(line.split(",")[::-1]) for line in GOOD.splitlines())
    pd.testing.assert_frame_equal(file_cells.file_cells(turned.encode(), "a.csv")[expected.columns], expected)
    table = pd.read_csv(io.StringIO(GOOD))
    parquet = exports.parquet_bytes(table)
    result = imports.import_devices(built_database, parquet, "mine.parquet", dry_run=True)
    assert result.problems.empty
    assert result.changes.in_words() == ["devices: 2 inserted", "device_peaks: 2 inserted"]


def test_what_was_exported_can_be_imported(database_path: Path) -> None:
    tables = database.load(database_path).tables
    device = tables["devices"].query("device_id == 'h100_sxm'").drop(columns="origin")
    device = device.assign(device_id="mine", name="=Mine", fp16_dense_tops=989.4)
    added(database_path, exports.csv_text(device))
    back = database.load(database_path).tables["devices"].query("device_id == 'mine'")
    assert back["name"].tolist() == ["=Mine"]
    assert back["memory_bandwidth_gb_per_s"].equals(device["memory_bandwidth_gb_per_s"].set_axis(back.index))


@pytest.mark.parametrize(
    "name", ["history", "usage", "fleets", "workload_hosts", "assumptions", "training_runs"]
)
def test_a_whole_table_goes_out_and_comes_in_again(snapshot: database.Snapshot, name: str) -> None:
    rows = snapshot.tables[name].drop(columns="origin")
    text = exports.csv_text(rows).encode()
    again = imports.import_rows(snapshot.path, name, text, "rows.csv", dry_run=True, replace=True)
    assert again.problems.empty
    assert again.changes.summary()["overridden"].tolist() == [len(rows)]
    refused = imports.import_rows(snapshot.path, name, text, "rows.csv", dry_run=True)
    assert len(refused.problems) == len(rows)


def test_every_problem_of_a_file_is_listed_at_once(built_database: Path) -> None:
    text = (
        f"{HEADER},int9_dense_tops,nots\n"
        "a,A,phone,16,fast,6,80,160,,\n"
        "b,B,phone,-1,60,6,80,40,,\n"
        ",C,phone,8,60,6,80,,,\n"
        "a,D,phone,8,60,6,80,,,\n"
        "h100_sxm,E,phone,8,60,6,80,,,\n"
        "f,,phone,8,60,6,80,,5,\n"
    )
    told = problems(built_database, text)
    for row, words in (
        (1, "there is no column 'nots': did you mean notes"),
        (2, "memory_bandwidth_gb_per_s: 'fast' is not a number"),
        (3, "devices row 'b': memory_gb is -1.0, but must be at least 0"),
        (3, "device_peaks row 'b, int8': sparse_tops is 40.0 and dense_tops is 80.0, but must be at least"),
        (4, "device_id is missing, but must be given"),
        (5, "devices 'a' stands in row 2 already: keep one"),
        (6, "devices 'h100_sxm' comes with Edgewise already: choose another key, or --replace puts"),
        (7, "devices row 'f': name is missing, but must be given"),
        (7, "device_peaks row 'f, int9': precision is int9, but must be one of fp64"),
    ):
        assert any(number == row and words in problem for number, problem in told), (row, words, told)
    with pytest.raises(InvalidFile, match=r"no column 'nots'.*more, which a dry run lists: correct"):
        added(built_database, text)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "series,date,value\na,2027-01-01,1\n",
            [(None, "the file lacks the columns entity, unit")],
        ),
        (
            "series,entity,date,value,unit\na,b,2027-02-30,1,c\nd,e,2027-01-01,many,f\n",
            [
                (2, "date: '2027-02-30' is not a date such as 2027-06-30"),
                (3, "value: 'many' is not a number"),
            ],
        ),
        (
            "series,entity,date,value,unit,source_id\na,b,2027-01-01,1,c,user_entri\n",
            [
                (
                    2,
                    "history row 'a, b, 2027-01-01': source_id 'user_entri' is not in sources "
                    "(nearest: user_entry)",
                )
            ],
        ),
    ],
)
def test_problems_of_rows_for_any_table(built_database: Path, text: str, told: list[object]) -> None:
    found = problems(built_database, text, "history")
    assert all(problem in found for problem in told), found


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\xff\xfe", "is not UTF-8 text: save it as CSV in UTF-8, or as Parquet"),
        (b"PAR1 and nothing more", "is no whole Parquet file: write it again"),
        (GOOD.replace("tdp_w", "memory_gb").encode(), "has the column memory_gb more than once: keep one"),
        (GOOD.encode() + b"m,M,phone,1,2,3,4,5,6\n", "row 4 has more cells than columns: quote cells"),
        (
            b"",
            "lacks the columns device_id, name, segment, memory_gb, memory_bandwidth_gb_per_s, a peak",
        ),
    ],
)
def test_a_file_that_cannot_be_read(built_database: Path, content: bytes, told: str) -> None:
    before = built_database.read_bytes()
    with pytest.raises(InvalidFile, match=told.replace("(", r"\(")):
        imports.import_devices(built_database, content, "mine.csv")
    assert built_database.read_bytes() == before


def test_a_replacing_import_overrides_and_updates(database_path: Path) -> None:
    added(database_path, GOOD)
    text = GOOD.replace("yours", "h100_sxm").replace("120.5", "130")
    result = added(database_path, text, replace=True, confirmed=True)
    assert result.changes.in_words() == [
        "devices: 1 updated, 1 overridden",
        "device_peaks: 1 overridden",
    ]
    assert database.load(database_path).overridden["devices"]["device_id"].tolist() == ["h100_sxm"]


def test_doubts_are_told_and_have_to_be_confirmed(database_path: Path) -> None:
    text = GOOD.replace(",80,160", ",80,80")
    checked = added(database_path, text, dry_run=True)
    assert "dense_tops and sparse_tops are both 80" in checked.doubts[0]
    with pytest.raises(NeedsConfirmation, match="are both 80"):
        added(database_path, text)
    assert added(database_path, text, confirmed=True).changes


def test_a_table_that_takes_no_rows_and_a_file_that_is_not_there(
    tmp_path: Path, built_database: Path
) -> None:
    with pytest.raises(UnknownName, match="There is no table that takes rows 'meta'"):
        imports.import_rows(built_database, "meta", b"", "x.csv")
    with pytest.raises(
        InvalidFile, match=r"cannot be read \(No such file or directory\): name a CSV or Parquet"
    ):
        file_cells.file_content(tmp_path / "none.csv")


def test_commands(edgewise: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text(GOOD.replace("120.5", "fast"))
    out = edgewise("devices", "add", str(bad), "--dry-run", "--format", "csv", status=1)
    assert out == "row,problem\n2,memory_bandwidth_gb_per_s: 'fast' is not a number\n"
    assert "1 problem found." in edgewise.words
    assert "'fast' is not a number: correct the file" in edgewise.refused("devices", "add", str(bad))
    rows = tmp_path / "rows.parquet"
    pd.DataFrame({"source_id": ["mine"], "title": ["Mine"]}).to_parquet(rows)
    assert "sources,1,0,0,0,0" in edgewise("import", "sources", str(rows), "--dry-run", "--format", "csv")
    assert "A dry run: nothing was changed." in edgewise.words
    edgewise("import", "sources", str(rows))
    assert "sources: 1 inserted." in edgewise.words
    assert "comes with Edgewise" not in edgewise.refused("import", "sources", str(rows))
    edgewise("undo")
    assert "Undone: sources: 1 deleted." in edgewise.words
    assert "undo of change 1" in edgewise("undo", "--list", "--format", "csv")

"""Epoch AI's table as users download it: old and new headers, all of it or nothing, and the fits move."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest

from datasets import database
from datasets.epoch_file import COLUMN_NAMES, read_epoch_file
from datasets.epoch_import import IMPORT_SOURCE_ID, import_epoch_runs, withdraw_epoch_import
from datasets.errors import InvalidFile
from forecasting.backtest import record_outlook
from forecasting.backtest_history import run_history


def columns(line):
    return next(csv.reader([line]))


# Headers as published in April 2026 and in June 2024, shortened to what stands around the columns read.
NEW_HEADER = columns(
    "Model,Organization,Publication date,Domain,Task,Parameters,Parameters notes,Training compute (FLOP),"
    "Training compute notes,Training dataset,Training dataset size (total),Confidence,Training time (hours),"
    "Training hardware,Hardware quantity,Open model weights?"
)
OLD_HEADER = columns(
    "System,Domain,Organization,Authors,Publication date,Parameters,Training compute (FLOP),"
    "Training dataset size (datapoints),Abstract,Training time (hours),Training hardware,Hardware quantity"
)
SMALL = {
    "Model": "Alpha",
    "Organization": "A Lab",
    "Publication date": "2012-06-03",
    "Domain": "Vision",
    "Parameters": "60000000.0",
    "Training compute (FLOP)": "4.7e+17",
    "Training compute notes": 'said to be "large",\nover two lines',
    "Training dataset size (total)": "1,200,000",
    "Training time (hours)": "132.0",
    "Training hardware": "GPU X",
    "Hardware quantity": "2.0",
}
LARGE = SMALL | {"Model": "Beta", "Publication date": "2026-02-01", "Training compute (FLOP)": "3e+27"}
OPEN = SMALL | {"Model": "Gamma", "Publication date": "2026?", "Training compute (FLOP)": ""}
ANCIENT = SMALL | {"Model": "Perceptron", "Publication date": "1957-01-01", "Training compute (FLOP)": "7e5"}


def written(tmp_path, rows, header=NEW_HEADER, name="notable_ai_models.csv"):
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    path = tmp_path / name
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def as_epoch_rows(runs):
    """Rows of training_runs in the words of Epoch AI's table."""
    named = runs.rename(columns={field: names[0] for field, names in COLUMN_NAMES.items()})
    dated = named.assign(**{"Publication date": runs["date"].dt.date}).astype(object)
    return dated.where(dated.notna(), "").to_dict("records")


def runs_in(path):
    return database.load(path).tables["training_runs"]


def test_the_new_header_is_read_by_name(tmp_path):
    file = read_epoch_file(written(tmp_path, [OPEN, LARGE, SMALL, ANCIENT]))
    assert (file.rows, file.without_compute, file.absent, file.unreadable) == (4, 1, (), ())
    assert file.runs["name"].tolist() == ["Alpha", "Beta"]
    first = file.runs.iloc[0]
    assert (first["organization"], first["hardware"], first["domain"]) == ("A Lab", "GPU X", "Vision")
    numbers = ["params", "training_flop", "tokens_or_datapoints", "training_time_h", "hardware_quantity"]
    assert first[numbers].tolist() == [6e7, 4.7e17, 1.2e6, 132.0, 2.0]


def test_the_old_header_is_read_too(tmp_path):
    old = SMALL | {"System": "Alpha", "Training dataset size (datapoints)": "2457600000"}
    file = read_epoch_file(written(tmp_path, [old], OLD_HEADER))
    assert file.runs[["name", "tokens_or_datapoints"]].values.tolist() == [["Alpha", 2457600000.0]]


def test_the_order_of_the_columns_and_a_byte_order_mark_do_not_matter(tmp_path):
    path = written(tmp_path, [SMALL], NEW_HEADER[::-1])
    path.write_text("\ufeff" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert read_epoch_file(path).runs["training_flop"].tolist() == [4.7e17]


def test_only_the_ten_largest_at_release_are_taken_and_records_marked(tmp_path):
    rows = [
        SMALL
        | {"Model": f"m{i:02}", "Publication date": f"2012-01-{i + 1:02}", "Training compute (FLOP)": f"{f}"}
        for i, f in enumerate([5e20, *[1e20] * 9, 9e19, 6e20])
    ]
    runs = read_epoch_file(written(tmp_path, rows)).runs
    assert "m10" not in set(runs["name"])
    assert len(runs) == 11
    assert runs.loc[runs["record"], "name"].tolist() == ["m00", "m11"]


def test_lesser_columns_may_be_absent_or_unreadable_and_are_told(tmp_path, database_path):
    header = [name for name in NEW_HEADER if name not in ("Hardware quantity", "Training hardware")]
    path = written(tmp_path, [SMALL | {"Parameters": "about 60 million"}], header)
    words = import_epoch_runs(database_path, path, dry_run=True).in_words()
    assert words[1:] == [
        "The file lacks Training hardware, Hardware quantity: these stay empty.",
        "Cells left empty because they are no positive number: 1, the first is Parameters of Alpha: "
        "'about 60 million'.",
    ]


def test_the_same_table_again_changes_nothing(tmp_path, database_path):
    path = written(tmp_path, as_epoch_rows(runs_in(database_path)))
    result = import_epoch_runs(database_path, path)
    # The tie of two runs of one day, published under one figure, is the only row that falls out.
    assert result.changes["change"].isin(["gone"]).all()
    assert len(result.changes) <= 1
    assert import_epoch_runs(database_path, path).changes.empty


def test_an_import_moves_the_fits_and_its_withdrawal_moves_them_back(tmp_path, database_path):
    before = database.load(database_path).tables
    years = np.array([2030])
    path = written(tmp_path, [*as_epoch_rows(before["training_runs"]), LARGE])
    result = import_epoch_runs(database_path, path)
    assert result.changes.loc[result.changes["change"] == "new", "name"].tolist() == ["Beta"]
    after = database.load(database_path).tables
    assert 10 ** run_history(after).log10_flop.max() == pytest.approx(3e27)
    assert record_outlook(after, years)["p50"].iloc[0] > record_outlook(before, years)["p50"].iloc[0] * 1.2
    imported = after["training_runs"]["source_id"] == IMPORT_SOURCE_ID
    assert withdraw_epoch_import(database_path) == imported.sum()
    pd.testing.assert_frame_equal(runs_in(database_path), before["training_runs"])


def test_imported_rows_name_their_source_and_licence(tmp_path, database_path):
    import_epoch_runs(database_path, written(tmp_path, [SMALL, LARGE]))
    tables = database.load(database_path).tables
    mine = tables["training_runs"][tables["training_runs"]["origin"] == "user"]
    assert set(mine["source_id"]) == {IMPORT_SOURCE_ID}
    source = tables["sources"].set_index("source_id").loc[IMPORT_SOURCE_ID]
    assert (source["publisher"], source["licence"], source["published"]) == (
        "Epoch AI",
        "CC BY 4.0",
        "2026-02-01",
    )
    assert "notable_ai_models.csv" in source["title"]


def test_a_later_import_replaces_an_earlier_one(tmp_path, database_path):
    import_epoch_runs(database_path, written(tmp_path, [SMALL, LARGE]))
    revised = LARGE | {"Training compute (FLOP)": "4e+27"}
    result = import_epoch_runs(database_path, written(tmp_path, [revised], name="later.csv"))
    assert result.changes[["change", "name"]].values.tolist() == [["gone", "Alpha"], ["changed", "Beta"]]
    mine = runs_in(database_path).query("origin == 'user'")
    assert mine[["name", "training_flop"]].values.tolist() == [["Beta", 4e27]]


def test_a_revised_built_in_run_counts_in_its_new_figure(tmp_path, database_path):
    rows = as_epoch_rows(runs_in(database_path))
    for row in rows:
        if row["Model"] == "Grok 4":
            row["Training compute (FLOP)"] = 7e26
    import_epoch_runs(database_path, written(tmp_path, rows))
    runs = runs_in(database_path).set_index("name")
    assert runs.loc["Grok 4", ["training_flop", "origin"]].tolist() == [7e26, "user"]


def test_a_dry_run_changes_nothing(tmp_path, database_path):
    before = runs_in(database_path)
    result = import_epoch_runs(database_path, written(tmp_path, [LARGE]), dry_run=True)
    assert "new" in set(result.changes["change"])
    pd.testing.assert_frame_equal(runs_in(database_path), before)


@pytest.mark.parametrize(
    ("rows", "header", "told"),
    [
        (
            [SMALL],
            [n for n in NEW_HEADER if n not in ("Model", "Publication date", "Training compute (FLOP)")],
            "The file lacks the columns Model or System, Publication date, Training compute (FLOP): it "
            "should be Epoch AI's notable_ai_models.csv as downloaded.",
        ),
        (
            [SMALL | {"Training compute (FLOP)": "plenty"}, LARGE | {"Publication date": "soon"}],
            NEW_HEADER,
            "{path} cannot be imported: Training compute (FLOP) of Alpha: 'plenty'; Publication date of "
            "Beta: 'soon'.",
        ),
        (
            [SMALL | {"Training compute (FLOP)": "-1e20"}],
            NEW_HEADER,
            "{path} cannot be imported: Training compute (FLOP) of Alpha: '-1e20'.",
        ),
        (
            [OPEN, ANCIENT],
            NEW_HEADER,
            "{path} holds no model since 2010 with a publication date and a training compute: download Epoch "
            "AI's notable_ai_models.csv again.",
        ),
        (
            [SMALL, SMALL | {"Training compute (FLOP)": "5e17"}],
            NEW_HEADER,
            "The file has the model Alpha of 2012-06-03 more than once with different figures: keep one row.",
        ),
    ],
)
def test_a_file_that_cannot_be_taken_whole_is_refused(tmp_path, database_path, rows, header, told):
    before = runs_in(database_path)
    path = written(tmp_path, rows, header)
    with pytest.raises(InvalidFile) as refused:
        import_epoch_runs(database_path, path)
    assert str(refused.value) == told.format(path=path)
    pd.testing.assert_frame_equal(runs_in(database_path), before)


def test_a_file_that_is_no_text_or_not_there_is_refused(tmp_path):
    missing = tmp_path / "none.csv"
    with pytest.raises(InvalidFile, match=r"cannot be read \(No such file or directory\)"):
        read_epoch_file(missing)
    missing.write_bytes(b"Model\xff\xfe")
    with pytest.raises(InvalidFile, match="is not UTF-8 text: download the CSV file again"):
        read_epoch_file(missing)


def test_withdrawing_without_an_import_does_nothing(database_path):
    before = runs_in(database_path)
    assert withdraw_epoch_import(database_path) == 0
    pd.testing.assert_frame_equal(runs_in(database_path), before)

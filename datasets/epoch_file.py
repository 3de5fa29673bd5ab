"""Reading Epoch AI's table of notable models as its users download it: columns by name, old and new."""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from datasets.errors import InvalidFile

FIRST_YEAR = 2010
TOP_AT_RELEASE = 10
COLUMN_NAMES: dict[str, tuple[str, ...]] = {
    "name": ("Model", "System"),
    "date": ("Publication date",),
    "organization": ("Organization",),
    "domain": ("Domain",),
    "params": ("Parameters",),
    "training_flop": ("Training compute (FLOP)",),
    "tokens_or_datapoints": (
        "Training dataset size (total)",
        "Training dataset size (gradients)",
        "Training dataset size (datapoints)",
        "(DEPRECATED) Training dataset size (datapoints)",
    ),
    "hardware": ("Training hardware",),
    "hardware_quantity": ("Hardware quantity",),
    "training_time_h": ("Training time (hours)",),
}
REQUIRED = ("name", "date", "organization", "domain", "params", "training_flop")
_NUMBERS = ("params", "tokens_or_datapoints", "hardware_quantity", "training_time_h")
_SHOWN = 3
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?")
# Abstracts and notes stand in the same rows.
_LONGEST_CELL = 10_000_000


@dataclass(frozen=True)
class EpochFile:
    """What a file holds.

    Attributes
    ----------
    runs : pandas.DataFrame
        Columns of ``training_runs`` up to ``record``: the runs since 2010 that were among the ten largest of
        those when they were published, oldest first.
    rows : int
        Models in the file.
    without_compute : int
        Models left out for want of a training compute or a date.
    absent : tuple of str
        Columns that the file lacks and that stay empty.
    unreadable : tuple of str
        Cells of lesser columns that are no positive number and stay empty, such as
        ``"Parameters of X: 'big'"``.
    """

    runs: pd.DataFrame
    rows: int
    without_compute: int
    absent: tuple[str, ...]
    unreadable: tuple[str, ...]


def read_epoch_file(path: Path | str) -> EpochFile:
    """The training runs of a downloaded ``notable_ai_models.csv``.

    Parameters
    ----------
    path : pathlib.Path or str

    Returns
    -------
    EpochFile

    Raises
    ------
    InvalidFile
        When the file cannot be read, lacks a required column (all of them are named), holds no run, or a
        model with a training compute has a compute or date that cannot be read.
    """
    text = _text(Path(path))
    rows = csv.DictReader(io.StringIO(text))
    present = _present_columns(list(rows.fieldnames or []))
    try:
        models = [_model(row, present) for row in rows]
    except csv.Error as error:
        raise InvalidFile(f"{path} is no CSV file that can be read: {error}.") from error
    problems = [problem for model in models for problem in model.problems]
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise InvalidFile(f"{path} cannot be imported: {'; '.join(problems[:_SHOWN])}{more}.")
    complete = [model for model in models if model.complete]
    recent = [model.cells for model in complete if str(model.cells["date"]) >= f"{FIRST_YEAR}"]
    if not recent:
        raise InvalidFile(
            f"{path} holds no model since {FIRST_YEAR} with a publication date and a training compute: "
            "download Epoch AI's notable_ai_models.csv again."
        )
    return EpochFile(
        runs=_top_runs(pd.DataFrame(recent, columns=list(COLUMN_NAMES))),
        rows=len(models),
        without_compute=len(models) - len(complete),
        absent=tuple(COLUMN_NAMES[field][0] for field in COLUMN_NAMES if field not in present),
        unreadable=tuple(note for model in models for note in model.notes),
    )


def _text(path: Path) -> str:
    try:
        csv.field_size_limit(_LONGEST_CELL)
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidFile(f"{path} is not UTF-8 text: download the CSV file again, unchanged.") from error
    except OSError as error:
        raise InvalidFile(f"{path} cannot be read ({error.strerror}): name Epoch AI's CSV file.") from error


def _present_columns(header: list[str]) -> dict[str, str]:
    """The file's name of each field that it has, the newest name first."""
    stripped = {name.strip(): name for name in header if name}
    present = {
        field: stripped[next(name for name in names if name in stripped)]
        for field, names in COLUMN_NAMES.items()
        if any(name in stripped for name in names)
    }
    missing = [" or ".join(COLUMN_NAMES[field]) for field in REQUIRED if field not in present]
    if missing:
        raise InvalidFile(
            f"The file lacks the column{'s' if len(missing) > 1 else ''} {', '.join(missing)}: "
            "it should be Epoch AI's notable_ai_models.csv as downloaded."
        )
    return present


@dataclass(frozen=True)
class _Model:
    cells: dict[str, object]
    complete: bool
    problems: tuple[str, ...]
    notes: tuple[str, ...]


def _model(row: dict[str, str], present: dict[str, str]) -> _Model:
    raw = {field: " ".join((row[name] or "").split()) for field, name in present.items()}
    cells: dict[str, object] = {field: raw.get(field) or None for field in COLUMN_NAMES}
    problems: list[str] = []
    notes: list[str] = []
    for field in ("date", "training_flop", *_NUMBERS):
        text = raw.get(field)
        cells[field] = None
        if not text:
            continue
        cells[field] = _day(text) if field == "date" else _positive(text)
        if cells[field] is None:
            told = f"{present[field]} of {raw['name'] or 'a model without a name'}: '{text}'"
            if field in _NUMBERS:
                notes.append(told)
            elif raw["training_flop"]:
                problems.append(told)
    complete = bool(cells["name"] and cells["date"] and cells["training_flop"])
    return _Model(cells, complete, tuple(problems), tuple(notes))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _positive(text: str) -> float | None:
    try:
        number = float(text.replace(",", "") if _THOUSANDS.fullmatch(text) else text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number > 0 else None


def _top_runs(models: pd.DataFrame) -> pd.DataFrame:
    """Runs among the ten largest at release, each marked whether it was the largest."""
    ordered = models.drop_duplicates().sort_values(["date", "training_flop", "name"], ignore_index=True)
    again = ordered[ordered.duplicated(["name", "date"])]
    if len(again):
        first = again.iloc[0]
        raise InvalidFile(
            f"The file has the model {first['name']} of {first['date']} more than once with different "
            "figures: keep one row."
        )
    flop = ordered["training_flop"].to_numpy(dtype="float64")
    earlier = [flop[:i] for i in range(len(flop))]
    top = [(before >= own).sum() < TOP_AT_RELEASE for before, own in zip(earlier, flop, strict=True)]
    record = [own > before.max(initial=0.0) for before, own in zip(earlier, flop, strict=True)]
    numbers = dict.fromkeys(("training_flop", *_NUMBERS), "float64")
    return ordered.assign(record=record)[top].astype(numbers).reset_index(drop=True)

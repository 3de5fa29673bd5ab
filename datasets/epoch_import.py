"""Taking Epoch AI's table of notable models over as the history of training runs, all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from datasets.changes import apply, changes_between
from datasets.database import Snapshot, load
from datasets.epoch_file import EpochFile, read_epoch_file
from datasets.schema import tables, typed_frame

IMPORT_SOURCE_ID = "epoch_ai_notable_models_import"
ATTRIBUTION = "Epoch AI, Notable AI Models, CC BY 4.0"
_ROUNDING = 1e-9
COLUMNS = ["change", "name", "date", "training_flop", "previous_flop"]


@dataclass(frozen=True)
class EpochImport:
    """What an import changes, or would change.

    Attributes
    ----------
    file : EpochFile
    changes : pandas.DataFrame
        Columns change (new, changed, gone), name, date, training_flop, previous_flop: against the edition of
        the table that was in force. A run that is gone is no longer fitted.
    """

    file: EpochFile
    changes: pd.DataFrame

    def in_words(self) -> list[str]:
        """Sentences about the file and what it changes."""
        file = self.file
        told = [
            f"{file.rows} models read, {file.without_compute} without a training compute or date; "
            f"{len(file.runs)} were among the ten largest at release: "
            + ", ".join(
                f"{(self.changes['change'] == kind).sum()} {kind}" for kind in ("new", "changed", "gone")
            )
            + f". {ATTRIBUTION}."
        ]
        if file.absent:
            told.append(f"The file lacks {', '.join(file.absent)}: these stay empty.")
        if file.unreadable:
            told.append(
                f"Cells left empty because they are no positive number: {len(file.unreadable)}, "
                f"the first is {file.unreadable[0]}."
            )
        return told


def import_epoch_runs(database: Path | str | None, path: Path | str, *, dry_run: bool = False) -> EpochImport:
    """Make a downloaded table the edition of ``training_runs`` that is fitted.

    The file's runs become a user's rows under a source of their own; they replace an earlier import, and a
    built-in row with the same name and date. Other built-in rows stay but are a superseded edition, which the
    fits leave out.

    Parameters
    ----------
    database : pathlib.Path or str, optional
        The default one when None.
    path : pathlib.Path or str
        Epoch AI's CSV file.
    dry_run : bool
        Only say what would change.

    Returns
    -------
    EpochImport

    Raises
    ------
    InvalidFile
        When the file cannot be read or lacks a column; nothing is changed.
    DatabaseUnavailable
        When the database cannot be written; nothing is changed.
    """
    file = read_epoch_file(path)
    snapshot = load(database)
    result = EpochImport(file, _changes(edition_in_force(snapshot.tables["training_runs"]), file.runs))
    if not dry_run:
        after = _with_import(snapshot, file.runs, Path(path).name)
        found = changes_between(snapshot.tables, after, snapshot.overridden)
        if found:
            apply(snapshot.path, found, snapshot.version, cause=f"import epoch {Path(path).name}")
    return result


def withdraw_epoch_import(database: Path | str | None) -> int:
    """Remove an import and put the built-in rows that it had replaced back.

    Parameters
    ----------
    database : pathlib.Path or str, optional

    Returns
    -------
    int
        Rows that the import had.
    """
    snapshot = load(database)
    runs = snapshot.tables["training_runs"]
    imported = int((runs["source_id"] == IMPORT_SOURCE_ID).sum())
    if imported:
        rest = {"training_runs": _without_import(snapshot)}
        found = changes_between(snapshot.tables, rest, snapshot.overridden)
        apply(snapshot.path, found, snapshot.version, cause="import epoch --withdraw")
    return imported


def edition_in_force(runs: pd.DataFrame) -> pd.DataFrame:
    """Rows of ``training_runs`` that count: a user's alone where there is an import, else all."""
    imported = (runs["source_id"] == IMPORT_SOURCE_ID).any()
    return runs[runs["origin"] == "user"] if imported else runs


def _changes(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    key = ["name", "date"]
    sides = [
        frame.assign(date=pd.to_datetime(frame["date"]).astype("datetime64[us]")) for frame in (before, after)
    ]
    old, new = (frame[[*key, "training_flop"]] for frame in sides)
    joined = old.rename(columns={"training_flop": "previous_flop"}).merge(new, on=key, how="outer")
    change = pd.Series("same", index=joined.index)
    change[(joined["training_flop"] / joined["previous_flop"] - 1).abs() > _ROUNDING] = "changed"
    change[joined["previous_flop"].isna()] = "new"
    change[joined["training_flop"].isna()] = "gone"
    differing = joined.assign(change=change)[change != "same"]
    return differing.sort_values(["date", "name"])[COLUMNS].reset_index(drop=True)


def _without_import(snapshot: Snapshot) -> pd.DataFrame:
    runs = snapshot.tables["training_runs"]
    return runs[runs["source_id"] != IMPORT_SOURCE_ID]


def _with_import(snapshot: Snapshot, runs: pd.DataFrame, file_name: str) -> dict[str, pd.DataFrame]:
    table = tables()["training_runs"]
    provenance = {"source_id": IMPORT_SOURCE_ID, "confidence": "cited", "origin": "user"}
    imported = typed_frame(runs.assign(**provenance)[list(table.column_names)], table)
    rest = _without_import(snapshot)
    # An analyst's own row with the same key stands.
    imported = imported[~_keys(imported).isin(_keys(rest[rest["origin"] == "user"]))]
    rest = rest[~_keys(rest).isin(_keys(imported))]
    source = {
        "source_id": IMPORT_SOURCE_ID,
        "title": f"Epoch AI, Notable AI Models, imported from {file_name}",
        "publisher": "Epoch AI",
        "published": str(runs["date"].max()),
        "url": "https://epoch.ai/data/ai-models",
        "licence": "CC BY 4.0",
        "origin": "user",
    }
    sources = snapshot.tables["sources"]
    others = sources[sources["source_id"] != IMPORT_SOURCE_ID]
    return {
        "sources": pd.concat([others, typed_frame(pd.DataFrame([source]), tables()["sources"])]),
        "training_runs": pd.concat([rest, imported]),
    }


def _keys(runs: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(runs[list(tables()["training_runs"].key)])

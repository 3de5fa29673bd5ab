"""Taking Epoch AI's table of notable models over as the history of training runs, all of it or nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from datasets.connections import held
from datasets.database import load
from datasets.epoch_file import EpochFile, read_epoch_file
from datasets.facts import stage_facts
from datasets.schema import quoted, tables

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
        with held(snapshot.path, read_only=False) as connection:
            _replace_import(connection, file.runs, Path(path).name)
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
        with held(snapshot.path, read_only=False) as connection:
            connection.execute("ATTACH ':memory:' AS scratch")
            stage_facts(connection, tables()["training_runs"], "scratch.builtin_runs")
            connection.execute("BEGIN")
            _delete_import(connection, "scratch.builtin_runs")
            _upsert(connection, "SELECT * FROM scratch.builtin_runs")
            connection.execute("COMMIT")
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


def _replace_import(connection: duckdb.DuckDBPyConnection, runs: pd.DataFrame, file_name: str) -> None:
    connection.register("incoming", runs)
    connection.execute(
        "CREATE TEMP TABLE incoming_runs AS SELECT * REPLACE (CAST(date AS DATE) AS date), "
        "$source AS source_id, 'cited' AS confidence, 'user' AS origin FROM incoming",
        {"source": IMPORT_SOURCE_ID},
    )
    connection.unregister("incoming")
    connection.execute("BEGIN")
    connection.execute(
        "INSERT INTO sources VALUES ($source, $title, 'Epoch AI', $published, $url, 'CC BY 4.0', 'user') "
        "ON CONFLICT DO UPDATE SET title = excluded.title, published = excluded.published",
        {
            "source": IMPORT_SOURCE_ID,
            "title": f"Epoch AI, Notable AI Models, imported from {file_name}",
            "published": str(runs["date"].max()),
            "url": "https://epoch.ai/data/ai-models",
        },
    )
    _delete_import(connection, "temp.incoming_runs")
    _upsert(connection, "SELECT * FROM temp.incoming_runs")
    connection.execute("COMMIT")


def _delete_import(connection: duckdb.DuckDBPyConnection, kept: str) -> None:
    connection.execute(
        "DELETE FROM training_runs WHERE source_id = $source "  # noqa: S608
        f"AND (name, date) NOT IN (SELECT (name, date) FROM {kept})",
        {"source": IMPORT_SOURCE_ID},
    )


def _upsert(connection: duckdb.DuckDBPyConnection, rows: str) -> None:
    # An analyst's own row with the same key stands.
    table = tables()["training_runs"]
    assignments = ", ".join(
        f"{quoted(name)} = excluded.{quoted(name)}" for name in table.column_names if name not in table.key
    )
    connection.execute(
        f"INSERT INTO training_runs BY NAME {rows} ON CONFLICT DO UPDATE SET {assignments} "
        "WHERE training_runs.origin = 'builtin' OR training_runs.source_id = $source",
        {"source": IMPORT_SOURCE_ID},
    )

"""Where figures come from: titles of sources, source lines under charts, the vintage of the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from forecasting.vintages import BANDS

Tables = Mapping[str, pd.DataFrame]
EPOCH_CREDIT = "Epoch AI (CC BY 4.0)"


def source_titles(tables: Tables) -> dict[str, str]:
    """Title of each source, with its publisher and date where they are known."""
    titles = {}
    rows = (tables["sources"][column].tolist() for column in ("source_id", "title", "publisher", "published"))
    for source_id, title, *known in zip(*rows, strict=True):
        further = [part for part in known if isinstance(part, str) and part]
        titles[str(source_id)] = f"{title} ({', '.join(further)})" if further else str(title)
    return titles


def source_of(tables: Tables, source_ids: pd.Series) -> pd.Series:
    """Titles of the sources named."""
    return source_ids.map(source_titles(tables)).fillna(source_ids.astype(str))


def source_line(tables: Tables, source_ids: Iterable[str], *, most: int = 4) -> str:
    """The documents behind a chart, those named most often first, and the span of years that they are of.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The table ``sources``.
    source_ids : iterable of str
        One for each figure that is drawn; may repeat.
    most : int
        Documents named in full; the others are counted.
    """
    counts = pd.Series(list(source_ids), dtype=object).dropna().value_counts()
    if counts.empty:
        return "none stated"
    known = source_titles(tables)
    line = "; ".join(known.get(str(name), str(name)) for name in counts.index[:most])
    if len(counts) > most:
        line += f"; and {len(counts) - most:,} more"
    dates = tables["sources"].set_index("source_id")["published"].reindex(counts.index)
    years = dates.astype("string").str.extract(r"((?:19|20)\d\d)")[0].dropna()
    if len(counts) > 1 and len(years):
        first, last = years.min(), years.max()
        line += f". Documents of {first}" + (f" to {last}" if last != first else "")
    return line


def confidence_counts(confidence: Iterable[str]) -> str:
    """How sure the figures are, counted: ``12 cited, 3 recalled, 2 judgement``."""
    order = ("cited", "derived", "recalled", "estimated", "judgement")
    counts = pd.Series(list(confidence)).value_counts()
    return ", ".join(f"{counts[name]:,} {name}" for name in order if name in counts)


def user_rows(tables: Tables) -> dict[str, pd.DataFrame]:
    """Rows that came from a person, by table; the bands of a kept forecast go with its own row."""
    return {
        name: frame[frame["origin"] == "user"]
        for name, frame in tables.items()
        if name != BANDS and "origin" in frame and (frame["origin"] == "user").any()
    }


def user_row_count(tables: Tables) -> int:
    """Rows of `user_rows`."""
    return sum(len(rows) for rows in user_rows(tables).values())


def confidence_by_table(tables: Tables) -> pd.DataFrame:
    """How sure the rows of each table are: columns label (the table), kind (the confidence), count."""
    frames = [
        frame["confidence"].value_counts().rename_axis("kind").reset_index(name="count").assign(label=name)
        for name, frame in tables.items()
        if "confidence" in frame and len(frame)
    ]
    return pd.concat(frames, ignore_index=True)[["label", "kind", "count"]]


def source_rows(tables: Tables) -> pd.DataFrame:
    """Every source with the number of rows that name it, in all and by table; the most quoted first."""
    named = [
        frame["source_id"].value_counts().rename(name)
        for name, frame in tables.items()
        if name != "sources" and "source_id" in frame
    ]
    counts = pd.concat(named, axis=1).fillna(0).astype(int)
    found = tables["sources"].assign(
        rows=tables["sources"]["source_id"].map(counts.sum(axis=1)).fillna(0).astype(int),
        used_in=tables["sources"]["source_id"].map(counts.apply(_tables_named, axis=1)).fillna(""),
    )
    return found.sort_values(["rows", "title"], ascending=[False, True], ignore_index=True)


def _tables_named(counts: pd.Series) -> str:
    used = counts[counts > 0].sort_values(ascending=False, kind="stable")
    return ", ".join(f"{name} ({count})" for name, count in used.items())

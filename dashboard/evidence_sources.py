"""Every source, what rests on it, and how sure the figures of each table are."""

from __future__ import annotations

from functools import partial

import streamlit as st

from dashboard import address, analyses, controls, figures, labels, provenance, tables, theme
from dashboard.charts import shares
from dashboard.search import matching
from datasets.database import Snapshot

_TABLE = {
    "title": "Document",
    "publisher": "Publisher",
    "published": "Published",
    "rows": "Rows that name it",
    "used_in": "In the tables",
    "url": "Address",
    "licence": "Licence",
    "source_id": "Source",
}


def fields(current: Snapshot) -> list[address.Field]:
    """The view's state: words to look for."""
    return [address.text("source")]


def shown(page: str, current: Snapshot) -> None:
    """Draw the view.

    Parameters
    ----------
    page : str
        The page whose fields hold the view's state.
    current : Snapshot
    """
    _confidence(current)
    st.subheader("Every source", anchor=False)
    words = st.text_input("Search", key=address.key(page, "source"), placeholder="Title, publisher, table …")
    rows = matching(analyses.source_rows(current), words)
    if rows.empty:
        st.info("No source matches: clear the search.")
        return
    st.caption(f"{labels.counted(len(rows), 'source')}, those that most rows rest on first.")
    tables.table(
        rows, _TABLE, name="sources", alt="Every source with what rests on it", links=["url"], height=520
    )


def _confidence(current: Snapshot) -> None:
    counted = provenance.confidence_by_table(current.tables)
    totals = counted.groupby("kind")["count"].sum()
    whole = int(totals.sum())
    sure = int(totals.get("cited", 0) + totals.get("derived", 0))
    title = (
        f"{labels.percent(sure / whole)} of {labels.counted(whole, 'row')} were seen in a public document "
        f"or follow "
        f"from one by arithmetic; {labels.percent(totals.get('judgement', 0) / whole)} are judgement"
    )
    sizes = counted.groupby("label")["count"].transform("sum")
    rows = counted.assign(size=sizes).sort_values(["size", "label"], ascending=[False, True])
    rows = rows.assign(
        label=[f"{row.label} ({row.size:,})" for row in rows[["label", "size"]].itertuples(index=False)]
    )
    figures.figure(
        partial(
            shares.stacked_chart,
            rows,
            theme.CONFIDENCE_COLOURS,
            title=title,
            subtitle="Share of each table's rows by confidence; in brackets the number of rows",
            axis="Share of the rows",
            told=("Table", "Confidence"),
            normalised=True,
        ),
        rows=counted,
        name="confidence",
        alt=f"{title}. Stacked bars by table. "
        + ", ".join(f"{kind}: {count:,}" for kind, count in totals.items())
        + ".",
        source="the columns `confidence` of all tables of this database.",
    )
    controls.confidence_legend()

"""The headline figures of the source documents, computed anew: what holds, what differs and why."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import address, analyses, figures, labels, tables, theme
from dashboard.charts import shares
from dashboard.search import matching
from datasets.database import Snapshot
from devices.claims import VERDICTS

_KINDS = {
    "derive": "Derived by arithmetic",
    "conflict": "Documents disagree",
    "device": "Of a device",
    "workload": "Of a workload",
    "published": "Quoted only",
}
_MEANINGS = {
    "reproduced": "the core arrives at the stated figure, within its tolerance",
    "differs": "it arrives at another one; the note says why",
    "published": "quoted: nothing here can compute it",
}
_TABLE = {
    "statement": "Statement",
    "expected": "Stated",
    "computed": "Computed here",
    "unit": "Unit",
    "verdict": "Verdict",
    "note": "Why",
    "tolerance": "Tolerance (share)",
    "kind_name": "Kind",
    "claim_id": "Claim",
}


def fields(current: Snapshot) -> list[address.Field]:
    """The view's state: the verdict shown, and words to look for."""
    return [address.option("verdict", list(VERDICTS), None), address.text("claim")]


def shown(page: str, current: Snapshot) -> None:
    """Draw the view.

    Parameters
    ----------
    page : str
        The page whose fields hold the view's state.
    current : Snapshot
    """
    judged = analyses.judged_claims(current)
    judged = judged.assign(kind_name=judged["kind"].map(_KINDS).fillna(judged["kind"]))
    figures.prose(
        "Every headline figure of the documents that Edgewise was built from, computed by the same core that "
        "makes the forecast. No stated figure is read by the code that computes it. "
        + " · ".join(f"**{verdict}**: {meaning}" for verdict, meaning in _MEANINGS.items())
        + "."
    )
    if judged.empty:
        st.info("The table `claims` is empty: there is nothing to compute.")
        return
    _tally(judged)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    verdict = row.selectbox(
        "Verdict", list(VERDICTS), index=None, placeholder="All", key=address.key(page, "verdict"), width=200
    )
    words = row.text_input("Search", key=address.key(page, "claim"), placeholder="Statement, device …")
    rows = matching(judged if verdict is None else judged[judged["verdict"] == verdict], words)
    if rows.empty:
        st.info("No claim matches: clear the search or the verdict.")
        return
    st.caption(f"{labels.counted(len(rows), 'claim')}. The same from the command line: `edgewise claims`.")
    tables.table(
        rows,
        _TABLE,
        name="claims",
        alt="Every claim with what is stated, computed and why",
        height=520,
        wide=["note"],
    )


def _tally(judged: pd.DataFrame) -> None:
    counted = judged.groupby(["kind_name", "verdict"]).size().reset_index(name="count")
    order = [name for name in _KINDS.values() if (counted["kind_name"] == name).any()]
    rows = counted.rename(columns={"kind_name": "label", "verdict": "kind"})
    rows = rows.sort_values(
        "label", key=lambda column: column.map({name: at for at, name in enumerate(order)})
    )
    totals = judged["verdict"].value_counts()
    computed = int(totals.sum() - totals.get("published", 0))
    title = (
        f"{int(totals.get('reproduced', 0))} of {labels.counted(computed, 'figure')} that can be computed "
        f"are "
        f"reproduced; {int(totals.get('differs', 0))} differ, each with its reason"
    )
    told = "; ".join(
        f"{row.label}: {row.count_} {row.kind}"
        for row in rows.rename(columns={"count": "count_"}).itertuples()
    )
    figures.figure(
        partial(
            shares.stacked_chart,
            rows,
            theme.VERDICT_COLOURS,
            title=title,
            subtitle="Headline figures of the source documents by kind and verdict",
            axis="Figures",
            told=("Kind", "Verdict"),
        ),
        rows=rows,
        name="claims",
        alt=f"{title}. Stacked bars. {told}.",
        source="the table `claims`, each row with its document; computed by the roofline core.",
    )

"""What of the published a scenario contradicts, in a sentence under its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard import analyses, labels, loaders
from datasets.database import Snapshot
from forecasting.reconcile import contradictions

# The replayed figure contradicts everything, and has a page section of its own.
_REPLAYED = "figure 4"
_WHOLE = "exceeds the whole"


def shown(current: Snapshot, scenario_id: str) -> None:
    """Say what the scenario contradicts; nothing for a replay."""
    if loaders.is_replay(current, scenario_id):
        return
    titles = current.tables["sources"].set_index("source_id")["title"].to_dict()
    st.caption(sentence(analyses.held_against(current, scenario_id), titles))


def sentence(held: pd.DataFrame, titles: Mapping[str, str]) -> str:
    """How many published figures are contradicted, and by how much those of all data centres are exceeded.

    Parameters
    ----------
    held : pandas.DataFrame
        As `forecasting.reconcile.published_comparison` returns it.
    titles : mapping of str to str
        Of the sources.
    """
    held = held[~held["series"].str.startswith(_REPLAYED)]
    contradicted = contradictions(held)
    told = (
        f"It contradicts {len(contradicted)} of {labels.counted(len(held), 'published figure')} "
        "(page Evidence, or `edgewise reconcile`)"
    )
    wholes = contradicted[contradicted["verdict"].eq(_WHOLE) & contradicted["published"].notna()]
    if wholes.empty:
        return f"{told}."
    row = wholes.sort_values("excess").iloc[-1]
    ours, theirs = (labels.amount(row[name], row["unit"], 3) for name in ("p50", "published"))
    # Remarks follow the name in a title.
    title = re.split("[;(]", titles.get(row["source_id"], "others"))[0].strip()
    return (
        f"{told}. In {row['year']} AI alone takes {ours}, where {title} "
        f"foresaw {theirs} for all data centres: {labels.percent(row['draws_above'])} of the draws lie above."
    )

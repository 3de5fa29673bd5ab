"""Why a workload stays on an able device or goes to the cloud: the terms of its preference in a table."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import analyses, labels, tables
from datasets.database import Snapshot
from forecasting.preference import TERMS
from forecasting.years import LAST_HISTORY_YEAR, LAST_YEAR

_TABLE = {
    "term": "Term",
    "first": f"{LAST_HISTORY_YEAR}, logit",
    "last": f"{LAST_YEAR}, logit",
    "last_low": f"{LAST_YEAR}, 5 %",
    "last_high": f"{LAST_YEAR}, 95 %",
    "of": "What it weighs",
}


def shown(current: Snapshot, scenario_id: str, workload_id: str) -> None:
    """Draw a sentence and the table of one workload; nothing where it has no choice.

    Parameters
    ----------
    current : Snapshot
    scenario_id, workload_id : str
    """
    rows = analyses.preferred(current, scenario_id).query("workload_id == @workload_id")
    if rows.empty:
        return
    st.caption(_sentence(rows.set_index(["measure", "year"])["p50"]))
    tables.table(
        _terms(rows),
        _TABLE,
        name="preference",
        alt="Terms of the preference for the device and their sum, median and nine tenths of the draws",
        helps={"first": "Above 0 for the device, below 0 for the cloud; 1 turns 50 % into 73 %."},
        wide=("of",),
    )


def _terms(rows: pd.DataFrame) -> pd.DataFrame:
    terms = rows[rows["measure"].isin(TERMS)].set_index(["measure", "year"])[["p5", "p50", "p95"]]
    first = terms.xs(LAST_HISTORY_YEAR, level="year").loc[list(TERMS)]
    last = terms.xs(LAST_YEAR, level="year").loc[list(TERMS)]
    return pd.DataFrame(
        {
            "term": [name.capitalize() for name in TERMS],
            "of": [meaning.capitalize() for meaning in TERMS.values()],
            "first": first["p50"].to_numpy(),
            "last": last["p50"].to_numpy(),
            "last_low": last["p5"].to_numpy(),
            "last_high": last["p95"].to_numpy(),
        }
    )


def _sentence(medians: pd.Series) -> str:
    share = " to ".join(labels.percent(medians["preference", y]) for y in (LAST_HISTORY_YEAR, LAST_YEAR))
    told = f"Preference from {LAST_HISTORY_YEAR} to {LAST_YEAR}: {share}. The terms add up to its logit."
    ratio, there, here = (medians[m, LAST_YEAR] for m in ("cost_ratio", "cloud_s", "edge_s"))
    if not pd.notna(ratio):
        return told + " No device is able or no cloud stands in: cost and latency count as equal."
    return (
        f"{told} In {LAST_YEAR} an item costs {labels.number(ratio)} times as much in the cloud as on an "
        f"able device, its user waits {labels.number(there)} s for the cloud and {labels.number(here)} s for "
        f"the device, and the device's model lags {labels.number(medians['quality_gap', LAST_YEAR])} months."
    )

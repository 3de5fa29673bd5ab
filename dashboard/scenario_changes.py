"""What a scenario, with the user's own values, changes of the one that it is built on."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import labels, loaders
from datasets.database import Snapshot

_QUANTILES = ["low", "central", "high"]


def changed_rows(current: Snapshot, scenario_id: str, overrides: dict[str, float]) -> pd.DataFrame:
    """Assumptions that differ from the parent scenario's; from the scenario's own where it has no parent.

    Returns
    -------
    pandas.DataFrame
        Columns assumption_id, name, unit, low, central, high, overridden_by (in words), low_there,
        central_there, high_there.
    """
    parent_id = loaders.parent_scenario(current, scenario_id)
    columns = ["assumption_id", "name", "unit", *_QUANTILES, "overridden_by"]
    here = loaders.assumptions(current, scenario_id, overrides)[columns]
    names = loaders.scenarios(current).set_index("scenario_id")["name"]
    here = here.assign(overridden_by=here["overridden_by"].map({**names, "you": "you"}))
    there = loaders.assumptions(current, parent_id, {})[["assumption_id", *_QUANTILES]]
    both = here.merge(there, on="assumption_id", suffixes=("", "_there"))
    others = both[[f"{name}_there" for name in _QUANTILES]]
    return both[(both[_QUANTILES].to_numpy() != others.to_numpy()).any(axis=1)]


def shown(current: Snapshot, scenario_id: str, overrides: dict[str, float]) -> None:
    """Draw the table of what changed; nothing where nothing did."""
    if loaders.is_replay(current, scenario_id):
        return
    rows = changed_rows(current, scenario_id, overrides)
    if rows.empty:
        return
    parent_id = loaders.parent_scenario(current, scenario_id)
    parent = str(loaders.scenarios(current).set_index("scenario_id").at[parent_id, "name"])
    st.subheader(f"What changed against {labels.escaped(parent)}", anchor=False)
    st.dataframe(
        rows,
        hide_index=True,
        placeholder="–",
        column_order=["name", "unit", "central_there", "central", "low", "high", "overridden_by"],
        column_config={
            "name": st.column_config.TextColumn("Assumption", width="large"),
            "unit": "Unit",
            "central_there": st.column_config.NumberColumn(f"{parent} has", format="%.4g"),
            "central": st.column_config.NumberColumn("Here", format="%.4g"),
            "low": st.column_config.NumberColumn("Here, 5 %", format="%.4g"),
            "high": st.column_config.NumberColumn("Here, 95 %", format="%.4g"),
            "overridden_by": "Set by",
        },
        alt=f"Assumptions that differ from {parent}",
    )

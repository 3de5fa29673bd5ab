"""Two devices side by side: every figure that either states, the ratio, and how sure each is."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import address, controls, labels, provenance, theme
from datasets.database import Snapshot
from devices.side_by_side import side_by_side

_TOLD = {
    "Memory bandwidth": "memory bandwidth",
    "int8, dense": "dense int8 peak",
    "fp8, dense": "dense fp8 peak",
    "Memory": "memory",
    "Peak power": "peak power",
}


def shown(current: Snapshot, page: str, device_ids: list[str]) -> None:
    """Draw two pickers and the table.

    Parameters
    ----------
    current : Snapshot
    page : str
        The page whose field ``pair`` holds the two identifiers.
    device_ids : list of str
        Devices to choose from; those chosen stay.
    """
    chosen = [*(address.value(page, "pair") or []), *device_ids][:2]
    if len(chosen) < 2:
        st.info("Fewer than two devices pass the filter: clear a segment or a year.")
        return
    names = current.tables["devices"].set_index("device_id")["name"]
    options = list(dict.fromkeys([*chosen, *device_ids]))
    keys = [f"{page}.pair.{place}" for place in ("first", "second")]
    for column, key, wanted, label in zip(
        st.columns(2), keys, chosen, ("First device", "Second device"), strict=True
    ):
        if st.session_state.get(key) != wanted:
            st.session_state[key] = wanted
        column.selectbox(
            label,
            options,
            format_func=controls.named(names),
            key=key,
            on_change=_picked,
            args=(page, keys),
        )
    _table(current, chosen[0], chosen[1], names)


def _picked(page: str, keys: list[str]) -> None:
    st.session_state[address.key(page, "pair")] = [st.session_state[key] for key in keys]


def _table(current: Snapshot, first: str, second: str, names: pd.Series) -> None:
    rows = side_by_side(current.tables, first, second)
    if rows.empty:
        st.info("Neither device states a figure.")
        return
    titles = provenance.source_titles(current.tables)
    for place, name in enumerate(("first", "second")):
        rows[f"{name}_certainty"] = [_mark(pair[place]) for pair in rows["certainty"]]
        rows[f"{name}_source"] = [titles.get(str(pair[place]), "–") for pair in rows["sources"]]
    shown = rows.drop(columns=["certainty", "sources"])
    st.markdown(_finding(rows, *(labels.escaped(str(names[name])) for name in (first, second))))
    st.dataframe(
        shown,
        hide_index=True,
        placeholder="–",
        height="content",
        column_config={
            "figure": "Figure",
            "unit": "Unit",
            "first": st.column_config.NumberColumn(str(names[first]), format="%.4g"),
            "second": st.column_config.NumberColumn(str(names[second]), format="%.4g"),
            "ratio": st.column_config.NumberColumn("Second over first", format="%.3g"),
            "first_certainty": "Confidence, first",
            "second_certainty": "Confidence, second",
            "first_source": "Source, first",
            "second_source": "Source, second",
        },
        alt=f"{names[first]} and {names[second]}, figure by figure",
    )
    controls.confidence_legend()
    controls.csv_download(shown, f"edgewise_{first}_{second}.csv", "devices.pair.csv")


def _mark(confidence: str | None) -> str:
    return "–" if confidence is None else theme.CONFIDENCE_MARKS.get(confidence, confidence)


def _finding(rows: pd.DataFrame, first: str, second: str) -> str:
    ratios = rows.set_index("figure")["ratio"].dropna()
    told = [
        f"{labels.number(ratios[figure])} times the {words}"
        for figure, words in _TOLD.items()
        if figure in ratios.index
    ]
    return f"**{second}** has {labels.listed(told)} of **{first}**." if told else ""

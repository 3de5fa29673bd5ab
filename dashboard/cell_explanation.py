"""Why a device keeps or misses the budgets of a workload."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd
import streamlit as st

from dashboard import figures, labels

_REMEDIES = {
    "weights": "Weights of fewer bits",
    "prompt": "A shorter prompt",
    "answer": "A shorter answer",
    "bandwidth": "More memory bandwidth",
    "memory": "More memory",
    "power": "More power",
    "arithmetic": "More operations a second",
    "device": "A larger device: bandwidth, memory, power and arithmetic",
}


def first_cell(rows: pd.DataFrame) -> tuple[str, str]:
    """Device and workload of the first cell that fails; of the first one where none does."""
    failing = rows[rows["margin"].notna() & ~rows["within_budget"]]
    first = (failing if len(failing) else rows).iloc[0]
    return str(first["device_id"]), str(first["workload_id"])


def shown(row: pd.Series, limits: pd.Series, options: Sequence[str] = ()) -> None:
    """Draw the verdict, each figure beside its limit, the roof that binds, and what the options do.

    Parameters
    ----------
    row : pandas.Series
        A row of the core's budgets with the names ``device`` and ``workload`` added.
    limits : pandas.Series
        The workload's row of the table ``workloads``.
    options : sequence of str
        The options in force, in words.
    """
    name = "**{}** on **{}**".format(*(labels.escaped(str(row[who])) for who in ("workload", "device")))
    reason = labels.escaped(str(row["reason"]))
    if pd.isna(row["margin"]):
        st.info(f"{name} cannot be evaluated: {reason}.", icon=":material/help:")
        return
    if row["within_budget"]:
        st.success(f"{name} stays within every budget.", icon=":material/check:")
    else:
        st.warning(f"{name} fails: {reason}.", icon=":material/close:")
    _figures(row, limits)
    figures.prose(
        f"The **{row['binding_roof']}** roof binds: {labels.number(row['arithmetic_intensity'])} operations "
        f"a byte against a ridge point of {labels.number(row['ridge_point'])}"
        + (", and heat slows the device down." if row["throttled"] else ".")
        + f" Weights in {row['weight_precision']}, arithmetic in {row['compute_precision']}, cache in "
        f"{row['kv_precision']}, batch {row['batch']:g}. {_served(row)}Device figures "
        f"{row['device_confidence']}, workload {row['workload_confidence']}."
    )
    if options:
        st.markdown(f"Computed with: {'; '.join(options)}.")


def _served(row: pd.Series) -> str:
    """What several devices, a link, the memory and the bill make of the pair, a sentence each."""
    told = []
    if row["devices"] > 1:
        told.append(
            f"{row['devices']:g} devices work together and spend {labels.percent(row['network_share'])} of "
            "the time in the links between them."
        )
    if row["offloaded_gb"] > 0:
        told.append(
            f"{labels.number(row['offloaded_gb'])} GB of weights are read over {row['offload_link']}."
        )
    if row["largest_batch"] >= 1 and row["longest_prompt"] >= 1:
        told.append(
            f"Memory holds a batch of {labels.number(row['largest_batch'])} at most, or a prompt of "
            f"{labels.number(row['longest_prompt'])} tokens."
        )
    if pd.notna(row["usd_per_million_tokens"]):
        told.append(f"A million tokens cost US\\$ {labels.number(row['usd_per_million_tokens'])}.")
    return "".join(f"{sentence} " for sentence in told)


def remedies(found: pd.DataFrame) -> None:
    """Draw what would bring the pair within its budgets.

    Parameters
    ----------
    found : pandas.DataFrame
        As `devices.remedies.remedies` gives them.
    """
    st.markdown("**What would fix it**")
    if found.empty:
        st.markdown("Nothing that was tried brings the pair closer to its budgets on its own.")
        return
    st.markdown("\n".join(f"- {remedy_sentence(row)}" for _, row in found.iterrows()))
    st.caption(
        "Each was tried by evaluating the core again, alone, in steps; the least that is enough is named."
    )


def remedy_sentence(row: pd.Series) -> str:
    """One remedy in words: what is changed, by how much, and what then still fails."""
    change = f"to {row['change']}" if row["remedy"] == "weights" else f"{row['change']} times"
    if pd.notna(row["before"]) and row["remedy"] != "weights":
        before, after = (labels.number(row[name], 3) for name in ("before", "after"))
        change += f" ({before} to {after} {row['unit']})"
    words = f"{_REMEDIES[row['remedy']]}, {change}"
    return (
        f":material/check: **{words}**: enough."
        if row["fixes"]
        else f"{words}, helps, but then {labels.escaped(str(row['reason']))}."
    )


def _figures(row: pd.Series, limits: pd.Series) -> None:
    cells = st.columns(5)
    times = [
        ("First token", "first_token_s", "first_token_budget_ms"),
        ("A token", "per_token_s", "per_token_budget_ms"),
        ("One item", "latency_s", "deadline_ms"),
    ]
    for cell, (label, column, budget) in zip(cells, times, strict=False):
        seconds, limit = row[column], limits[budget]
        cell.metric(label, "–" if pd.isna(seconds) else labels.duration(seconds))
        cell.caption(
            ("no budget" if pd.isna(limit) else f"budget {labels.milliseconds(limit)}")
            + _likely(row, column, labels.duration)
        )
    cells[3].metric("Power", f"{labels.number(row['power_w'])} W")
    power = limits["power_budget_w"]
    cells[3].caption(
        ("no budget" if pd.isna(power) else f"budget {labels.number(power)} W over idle")
        + _likely(row, "power_w", lambda watts: f"{labels.number(watts)} W")
    )
    cells[4].metric("Memory", f"{labels.number(row['memory_needed_gb'])} GB")
    short = row["memory_short_gb"]
    cells[4].caption(f"short by {labels.number(short)} GB" if short > 0 else "fits")


def _likely(row: pd.Series, column: str, told: Callable[[float], str]) -> str:
    low, high = row.get(f"{column}_low"), row.get(f"{column}_high")
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return ""
    return f"; {told(low)} to {told(high)} in 8 of 10 cases"

"""Method: the equations from the code's own docstrings, units and senses, confidence, glossary."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import address, controls, docstrings, figures, guard, labels, loaders, tables, theme
from dashboard.docstrings import Described
from dashboard.glossary import TERMS
from dashboard.search import matching
from datasets.database import Snapshot
from devices.units import PRECISION_BITS
from forecasting.outputs import OUTPUTS
from forecasting.quantities import QUANTITIES

PAGE = "method"
_VIEWS = {
    "equations": "Equations",
    "units": "Units and senses",
    "confidence": "Confidence",
    "glossary": "Glossary",
}
_CONVENTIONS = (
    "- One multiply-add counts as **two operations**. Peaks are **dense** ones unless a workload says "
    "that its weights "
    "are sparse.\n"
    "- GB is 10⁹ bytes, GiB is 2³⁰. Tables keep the units of data sheets, with the unit in the column's "
    "name; all "
    "computation is in SI units.\n"
    "- A band runs from the 5 to the 95 % quantile of the draws, its inner part from 25 to 75 %; lines "
    "are medians.\n"
    "- Years up to 2025 are history, later ones projection. Demand is a mean over the year, capacity "
    "stands at its end."
)


def fields(current: Snapshot) -> list[address.Field]:
    """The page's state: the view, the topic, and words to look for."""
    return [
        address.option("view", list(_VIEWS), "equations"),
        address.option("topic", [_slug(topic) for topic in docstrings.TOPICS], _slug("Roofline")),
        address.text("search"),
    ]


def method_page() -> None:
    """Draw the page."""
    current = loaders.snapshot()
    state = fields(current)
    controls.notes(address.restored(PAGE, state))
    st.header("How is it computed?", anchor=False)
    view = st.segmented_control(
        "View",
        list(_VIEWS),
        required=True,
        format_func=lambda name: _VIEWS[name],
        key=address.key(PAGE, "view"),
        label_visibility="collapsed",
    )
    {"equations": _equations, "units": _units, "confidence": _confidence, "glossary": _glossary}[str(view)](
        current
    )
    address.keep(PAGE, state)


def _slug(topic: str) -> str:
    return topic.lower().replace(" ", "-")


def _equations(current: Snapshot) -> None:
    figures.prose(
        "A roofline core decides what each device can serve; that decides what can run at the edge; that, "
        "with demand "
        "and preference, makes the forecast. What follows is read from the running code: its docstrings, "
        "with the "
        "equations set."
    )
    topics = {_slug(topic): topic for topic in docstrings.TOPICS}
    slug = controls.picked(
        st.container(), "Topic", address.key(PAGE, "topic"), list(topics), topics, width=280
    )
    entries = docstrings.described(topics[slug])
    symbols = ", ".join(f"${symbol}$ {meaning}" for symbol, meaning in docstrings.SYMBOLS.items())
    st.caption(f"Symbols, unless an entry says otherwise: {symbols}.")
    with_equation = [entry for entry in entries if entry.equations]
    for entry in with_equation:
        _entry(entry)
    others = [entry for entry in entries if not entry.equations]
    if others:
        with st.expander(f"{len(others)} further functions of this topic", expanded=not with_equation):
            for entry in others:
                st.markdown(f"**{_title(entry)}** `{entry.module}.{entry.name}`\n\n{entry.prose}")


def _entry(entry: Described) -> None:
    with st.container(border=True):
        st.markdown(f"**{_title(entry)}** `{entry.module}.{entry.name}`")
        for equation in entry.equations:
            st.latex(equation)
        st.markdown(entry.prose)
        if entry.sections:
            with st.expander("Parameters and result"):
                st.code(entry.sections, language=None, wrap_lines=True)


def _title(entry: Described) -> str:
    return entry.name.replace(".", ", ").replace("_", " ")


def _units(current: Snapshot) -> None:
    figures.prose(_CONVENTIONS)
    st.subheader("The three senses", anchor=False)
    st.markdown(
        "\n".join(
            f"- **{labels.SENSES[name]}**: {meaning}." for name, meaning in labels.SENSE_MEANINGS.items()
        )
        + "\n\nThey are never mixed on one axis."
    )
    st.subheader("Quantities", anchor=False)
    quantities = [(labels.QUANTITIES.get(name, name), unit, name) for name, unit in QUANTITIES.items()]
    tables.table(
        pd.DataFrame(quantities, columns=["quantity", "unit", "name"]),
        {"quantity": "Quantity", "unit": "Unit", "name": "On the command line"},
        name="quantities",
        alt="Quantities of the forecast with their units",
    )
    st.subheader("Figures of the forecast", anchor=False)
    outputs = [(output.name, output.meaning, output.unit) for output in OUTPUTS.values()]
    tables.table(
        pd.DataFrame(outputs, columns=["name", "meaning", "unit"]),
        {"meaning": "Meaning", "unit": "Unit", "name": "On the command line, before _ and the year"},
        name="figures",
        alt="Figures of the forecast with their meaning and unit",
        wide=["meaning"],
    )
    st.subheader("Number formats", anchor=False)
    tables.table(
        pd.DataFrame(PRECISION_BITS.items(), columns=["precision", "bits"]),
        {"precision": "Format", "bits": "Bits an element, with its block scales"},
        name="number_formats",
        alt="Bits that an element takes in each number format",
    )


def _confidence(current: Snapshot) -> None:
    st.markdown("Every figure says where it comes from and how sure it is.")
    marks = [
        (theme.CONFIDENCE_MARKS[name], meaning, _count(current, name))
        for name, meaning in theme.CONFIDENCE_MEANINGS.items()
    ]
    tables.table(
        pd.DataFrame(marks, columns=["mark", "meaning", "rows"]),
        {"mark": "Mark", "meaning": "The figure was", "rows": "Rows of the database"},
        name="confidence_marks",
        alt="Marks of confidence, what they mean, and how many rows bear them",
        wide=["meaning"],
    )
    st.markdown(
        "The page **Evidence** shows how far predictions miss, what of the documents' own claims holds, "
        "and every "
        "source. Intervals of predictions hold 80 % of the measurements; bands of the forecast hold nine "
        "tenths of the "
        "draws, which is no more certain than the ranges that were assumed."
    )


def _count(current: Snapshot, confidence: str) -> int:
    return sum(
        int((frame["confidence"] == confidence).sum())
        for frame in current.tables.values()
        if "confidence" in frame
    )


def _glossary(current: Snapshot) -> None:
    words = st.text_input("Search", key=address.key(PAGE, "search"), placeholder="Term or meaning …")
    rows = matching(pd.DataFrame(TERMS.items(), columns=["term", "meaning"]), words)
    if rows.empty:
        st.info("No term matches: clear the search.")
        return
    st.markdown("\n".join(f"- **{row.term}**: {row.meaning}" for row in rows.itertuples()))


guard.shown(method_page)

"""Drivers: which inputs a figure of the forecast hangs on, one by one, in its variance, and two at a time."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import (
    address,
    analyses,
    assumption_levers,
    controls,
    figure_choice,
    figures,
    guard,
    labels,
    loaders,
    scenario_choice,
    specs,
    tables,
    what_if,
)
from dashboard.charts import drivers, two_way
from dashboard.figure_choice import Figure
from dashboard.glossary import TERMS
from datasets.database import Snapshot

PAGE = "drivers"
MOST_INPUTS = 12
_SAMPLES = {"256": "Usual: 256", "64": "Quick: 64", "1024": "Fine: 1,024"}
_TABLE = {
    "name": "Input",
    "kind": "Kind",
    "inputs": "Inputs in it",
    "total_effect": "Total effect, share of the variance",
    "total_effect_error": "Its standard error",
    "at_low": "Figure with it at 5 %",
    "at_central": "All at the centre",
    "at_high": "Figure with it at 95 %",
    "unit": "Unit",
}


def fields(current: Snapshot) -> list[address.Field]:
    """The page's state: the figure in question, the samples, both axes of the heat map."""
    assumed = list(current.tables["assumptions"]["assumption_id"])
    return [
        scenario_choice.field(current),
        *figure_choice.fields(analyses.FIRST_HANGING),
        address.option("samples", list(_SAMPLES), str(analyses.FIRST_SAMPLES)),
        address.option("across", assumed, None),
        address.option("up", assumed, None),
        *assumption_levers.fields(current),
    ]


def drivers_page() -> None:
    """Draw the page."""
    current = loaders.snapshot()
    state = fields(current)
    controls.notes(address.restored(PAGE, state))
    st.header("What does the answer hang on?", anchor=False)
    scenario, figure, samples = _choices(current)
    scenario_id, _ = scenario
    frame = _named(current, analyses.effects(current, scenario_id, figure.name, samples))
    scale = labels.scale_for(figure.unit, float(frame[["at_low", "at_central", "at_high"]].max().max()))
    _tornado(frame, figure, scale)
    _effects(frame, figure, samples)
    every = f"All {len(frame)} inputs"
    controls.details(every, partial(_table, frame, figure), "drivers.table", ":material/table:")
    what_if.shown(PAGE, current, scenario, figure, frame)
    sweep = _two_way(current, scenario_id, figure, frame)
    effects = ["sensitivity", "--scenario", scenario_id, "--output", figure.name, "--samples", str(samples)]
    controls.command_lines("drivers", effects, sweep)
    address.keep(PAGE, state)


def _choices(current: Snapshot) -> tuple[tuple[str, str], Figure, int]:
    row = st.container(horizontal=True, vertical_alignment="bottom")
    scenario = scenario_choice.picked(PAGE, row, current)
    figure = figure_choice.picked(PAGE, row)
    samples = controls.picked(
        row,
        "Samples",
        address.key(PAGE, "samples"),
        list(_SAMPLES),
        _SAMPLES,
        help_="The model runs this often for every input. More samples, smaller error bars, a longer wait.",
        width=170,
    )
    return scenario, figure, int(samples)


def _named(current: Snapshot, frame: pd.DataFrame) -> pd.DataFrame:
    workloads = current.tables["workloads"].set_index("workload_id")["name"]
    subject = frame["assumption_id"].str.partition(".")[2]
    told = "Drivers of " + subject.map(workloads.map(labels.lowered))
    name = frame["name"].where(frame["kind"] != "drivers", told).fillna(frame["name"])
    return frame.assign(name=name.str.replace("_", " "))


def _tornado(frame: pd.DataFrame, figure: Figure, scale: labels.Scale) -> None:
    rows = specs.made(drivers.tornado_rows, frame, scale, MOST_INPUTS)
    if rows.empty:
        st.info(f"No input moves this figure: {figure.title} is the same whatever is assumed.")
        return
    widest = rows[rows["label"] == rows["label"].iloc[0]].set_index("end")
    title = (
        f"{figure.title}: {labels.lowered(str(rows['label'].iloc[0]))} moves it most, from "
        f"{widest['said'].iloc[0]} to {widest['said'].iloc[1]}"
    )
    pairs = rows.groupby("label", sort=False)["said"].agg(" to ".join)
    figures.figure(
        partial(
            drivers.tornado_chart,
            rows,
            title=title,
            subtitle="One input at its 5 or 95 % quantile, all others at their centre; grey line: all at "
            "the centre",
            axis=scale.unit + (f" ({scale.note})" if scale.note else ""),
        ),
        rows=rows,
        name="tornado",
        alt=f"{title}. Tornado. " + "; ".join(f"{name}: {said}" for name, said in pairs.items()) + ".",
        source="Edgewise; ranges from the tables `assumptions`, `workload_drivers` and `fleets`.",
    )


def _effects(frame: pd.DataFrame, figure: Figure, samples: int) -> None:
    rows = specs.made(drivers.effect_rows, frame, MOST_INPUTS)
    if rows.empty:
        st.info("The figure does not vary: there is nothing to explain.")
        return
    first = rows.iloc[0]
    title = f"{first['label']} has the largest total effect on it, {first['said']} of the variance"
    figures.figure(
        partial(
            drivers.effect_chart,
            rows,
            title=title,
            subtitle=f"{figure.title}: total-effect Sobol indices, two standard errors either way, "
            f"{samples:,} samples. "
            "Effects that two inputs have together count for both",
        ),
        rows=rows,
        name="total_effects",
        alt=f"{title}. Points with error bars. "
        + "; ".join(f"{r.label}: {r.said}" for r in rows.itertuples())
        + ".",
        source="Edgewise; Jansen's estimator on scrambled Sobol points.",
    )


def _table(frame: pd.DataFrame, figure: Figure) -> None:
    tables.table(
        frame.assign(kind=frame["kind"].map(drivers.KINDS)),
        _TABLE,
        name=f"drivers_{figure.name}",
        alt="Every input with its total effect and the figure at its low and high",
        helps={"total_effect": TERMS["Total effect"]},
    )


def _two_way(current: Snapshot, scenario_id: str, figure: Figure, frame: pd.DataFrame) -> list[str]:
    """Draw the heat map; the command that prints it."""
    st.subheader("Two at a time", anchor=False)
    table = current.tables["assumptions"].set_index("assumption_id")
    names = {str(name): str(title) for name, title in table["name"].items()}
    order = analyses.sweepable(current, frame)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    across = controls.picked(row, "Across", address.key(PAGE, "across"), order, names, width=330)
    up = controls.picked(
        row, "Upwards", address.key(PAGE, "up"), [n for n in order if n != across], names, width=330
    )
    swept = analyses.swept(current, scenario_id, figure.name, across, up)
    scale = labels.scale_for(figure.unit, float(swept["p50"].max()))
    least, most = swept.loc[swept["p50"].idxmin()], swept.loc[swept["p50"].idxmax()]
    title = (
        f"{figure.title} runs from {labels.amount(least['p50'], figure.unit)} to "
        f"{labels.amount(most['p50'], figure.unit)} as these two change"
    )
    told = tuple(f"{names[name]}, {table.at[name, 'unit']}" for name in (across, up))
    figures.figure(
        partial(
            two_way.two_way_chart,
            specs.made(two_way.cell_rows, swept, scale),
            title=title,
            subtitle="Median of the draws with both assumptions held, from their 5 to their 95 % "
            "quantile; everything "
            "else stays uncertain",
            axes=(told[0], told[1]),
            unit=scale.unit,
        ),
        rows=swept,
        name="two_way",
        alt=f"{title}. Heat map of {names[across]} and {names[up]}. Least at "
        f"{labels.number(least['x'], 3)} and "
        f"{labels.number(least['y'], 3)}, most at {labels.number(most['x'], 3)} and "
        f"{labels.number(most['y'], 3)}.",
        source=f"Edgewise, {analyses.sweep_draws():,} draws a cell, the same in every cell.",
    )
    return ["sweep", "--scenario", scenario_id, "--vary", across, up, "--figure", figure.name, *_draws()]


def _draws() -> list[str]:
    return ["--draws", str(analyses.sweep_draws())]


guard.shown(drivers_page)

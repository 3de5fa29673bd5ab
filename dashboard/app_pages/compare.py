"""Compare: two to four scenarios side by side, why they differ, and in which assumptions."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import (
    address,
    analyses,
    controls,
    figure_choice,
    figures,
    guard,
    labels,
    loaders,
    own_column,
    provenance,
    scenario_choice,
    specs,
    tables,
)
from dashboard.charts import multiples, waterfall
from dashboard.own_column import Column
from datasets.database import Snapshot
from forecasting.years import LAST_HISTORY_YEAR, LAST_YEAR

PAGE = "compare"
MOST_SCENARIOS = 4


def fields(current: Snapshot) -> list[address.Field]:
    """The page's state: the scenarios, what is drawn of them, and whose difference is explained."""
    known = list(scenario_choice.names(current))
    first = [name for name in analyses.FIRST_SCENARIOS if name in known]
    return [
        address.options("scenario", known, first, MOST_SCENARIOS),
        address.option("quantity", list(labels.QUANTITIES), "ops"),
        address.option("sense", list(labels.SENSES), "demand"),
        address.switch("log", True),
        address.option("from", known, None),
        address.option("to", known, None),
        *figure_choice.fields(analyses.FIRST_DIFFERENCE),
        *own_column.fields(current),
    ]


def compare_page() -> None:
    """Draw the page."""
    current = loaders.snapshot()
    state = fields(current)
    controls.notes(address.restored(PAGE, state))
    st.header("How do the scenarios differ, and why?", anchor=False)
    table = loaders.drawn_scenarios(current).set_index("scenario_id")
    names = scenario_choice.names(current)
    scenario_ids = st.multiselect(
        f"Scenarios (2 to {MOST_SCENARIOS})",
        list(names),
        format_func=lambda name: names[name],
        max_selections=MOST_SCENARIOS,
        key=address.key(PAGE, "scenario"),
    )
    if len(scenario_ids) < 2:
        st.info("Choose at least two scenarios to compare them.")
    else:
        with st.expander("What they assume", icon=":material/menu_book:"):
            st.markdown(
                "\n".join(
                    f"- **{labels.escaped(names[name])}**: {labels.escaped(described)}"
                    for name, described in table.loc[scenario_ids, "description"].items()
                )
            )
        chosen = {name: names[name] for name in scenario_ids}
        own = own_column.shown(PAGE, current)
        columns = [Column(title, name) for name, title in chosen.items()]
        _multiples(current, [*columns, own] if own else columns)
        # What is slow is computed last, in its place above.
        why = st.container()
        _differences(current, chosen, own)
        with why:
            _why(current, chosen)
    address.keep(PAGE, state)


def _multiples(current: Snapshot, columns: list[Column]) -> None:
    row = st.container(horizontal=True, vertical_alignment="bottom")
    quantity = controls.picked(
        row, "Quantity", address.key(PAGE, "quantity"), list(labels.QUANTITIES), labels.QUANTITIES, width=230
    )
    senses = list(labels.QUANTITY_SENSES.get(quantity, labels.SENSES))
    meanings = "\n\n".join(f"**{labels.SENSES[name]}**: {labels.SENSE_MEANINGS[name]}." for name in senses)
    sense = controls.picked(
        row, "Sense", address.key(PAGE, "sense"), senses, labels.SENSES, help_=meanings, width=170
    )
    log = bool(
        row.toggle("Log axis", key=address.key(PAGE, "log"), help="Equal distances are equal factors.")
    )
    frames = {
        shown.title: loaders.chart_bands(current, shown.scenario_id, quantity, shown.overrides, sense)
        for shown in columns
    }
    whole = pd.concat([frame.assign(scenario=title) for title, frame in frames.items()], ignore_index=True)
    if whole.empty:
        st.info(
            f"{labels.QUANTITIES[quantity]} is not counted in the sense '{labels.SENSES[sense].lower()}'."
        )
        return
    unit = str(whole["unit"].iloc[0])
    scale = labels.scale_for(unit, float(whole["p50"].max()))
    title = _finding(whole, unit)
    chart = partial(
        multiples.multiples_chart,
        specs.made(multiples.panel_rows, frames, scale, log=log),
        title=title,
        subtitle=f"{labels.QUANTITIES[quantity]}, {labels.SENSES[sense].lower()}. Median and nine tenths of "
        f"{loaders.DRAWS:,} draws; dashed: projection",
        y_title=f"{labels.SENSES[sense]}, {scale.unit}" + (f" ({scale.note})" if scale.note else ""),
        log=log,
        last_history_year=LAST_HISTORY_YEAR,
    )
    last = whole[whole["year"] == LAST_YEAR]
    told = "; ".join(
        f"{row.scenario}, {labels.SERIES[row.series].lower()}: {labels.amount(row.p50, unit)} "
        f"({labels.amount(row.p5, unit)} to {labels.amount(row.p95, unit)})"
        for row in last.itertuples()
    )
    figures.figure(
        chart,
        rows=whole,
        name="scenarios",
        alt=f"{title}. Line charts with bands, a panel for each scenario. In {LAST_YEAR}: {told}.",
        source=f"Edgewise, {loaders.DRAWS:,} draws a scenario; assumptions: "
        f"{provenance.confidence_counts(current.tables['assumptions']['confidence'])}.",
    )
    _ends(current, columns, last, scale, sense)


def _ends(
    current: Snapshot, shown: list[Column], last: pd.DataFrame, scale: labels.Scale, sense: str
) -> None:
    rows = last.pivot(index="scenario", columns="series", values="p50") / scale.divisor
    rows = rows.reindex([column.title for column in shown])
    shares = [loaders.shares(current, column.scenario_id, column.overrides, sense) for column in shown]
    edge = [
        share[(share["year"] == LAST_YEAR) & (share["series"] == "edge_inference")].iloc[0]
        for share in shares
    ]
    for quantile in ("p5", "p50", "p95"):
        rows[f"edge_{quantile}"] = [100.0 * row[quantile] for row in edge]
    columns = {name: f"{title}, {scale.unit}" for name, title in labels.SERIES.items() if name in rows}
    told = {"p50": "Edge's share of operations, %", "p5": "5 % quantile, %", "p95": "95 % quantile, %"}
    tables.table(
        rows.reset_index(),
        {"scenario": f"{labels.SENSES[sense]} in {LAST_YEAR}"}
        | columns
        | {f"edge_{quantile}": title for quantile, title in told.items()},
        name="scenario_ends",
        alt=f"Medians of each series and the edge's share in {LAST_YEAR}, a row for each scenario",
    )


def _finding(whole: pd.DataFrame, unit: str) -> str:
    last = whole[(whole["year"] == LAST_YEAR) & (whole["p50"] > 0)]
    if last.empty:
        return f"Nothing to compare in {LAST_YEAR}"
    ends = last.groupby("series")["p50"].agg(["min", "max"])
    series = str((ends["max"] / ends["min"]).idxmax())
    rows = last[last["series"] == series].set_index("scenario")["p50"]
    high, low = rows.idxmax(), rows.idxmin()
    if rows[high] <= rows[low] * 1.02:
        return f"In {LAST_YEAR} no series differs by more than 2 % between these scenarios"
    return (
        f"{labels.SERIES[series]} differs most in {LAST_YEAR}: {labels.amount(rows[high], unit)} in {high}, "
        f"{labels.amount(rows[low], unit)} in {low}"
    )


def _why(current: Snapshot, names: dict[str, str]) -> None:
    st.subheader("Why they differ", anchor=False)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    ids = list(names)
    start = controls.picked(row, "From", address.key(PAGE, "from"), ids, names, width=200)
    others = [name for name in ids if name != start]
    end = controls.picked(row, "To", address.key(PAGE, "to"), others, names, width=200)
    output = figure_choice.picked(PAGE, row)
    steps = analyses.waterfall_steps(current, start, end, output.name)
    if steps.empty:
        st.info(labels.escaped(f"{names[start]} and {names[end]} hold the same assumptions."))
        return
    first, last = float(steps["level_before"].iloc[0]), float(steps["level_after"].iloc[-1])
    scale = labels.scale_for(output.unit, max(first, last))
    largest = steps.iloc[0]
    title = (
        f"{output.title}: {labels.amount(first, output.unit)} in {names[start]}, "
        f"{labels.amount(last, output.unit)} in {names[end]}; "
        f"{labels.lowered(str(largest['name']))} moves it most"
    )
    rows = specs.made(waterfall.step_rows, steps, names[start], names[end], scale)
    figures.figure(
        partial(
            waterfall.waterfall_chart,
            rows,
            title=title,
            subtitle="Each cause's mean effect over all orders in which the assumptions can be changed "
            "(Shapley "
            "values): they add up exactly",
            axis=f"Median, {scale.unit}" + (f" ({scale.note})" if scale.note else ""),
        ),
        rows=steps,
        name="waterfall",
        alt=f"{title}. Waterfall. "
        + "; ".join(f"{row.label}: {row.said}" for row in rows.itertuples())
        + ".",
        source=f"Edgewise, {min(loaders.DRAWS, analyses.SPLIT_DRAWS):,} draws, the same in every step.",
    )
    controls.command_lines("compare", ["waterfall", start, end, "--figure", output.name])


def _differences(current: Snapshot, names: dict[str, str], own: Column | None) -> None:
    st.subheader("The assumptions that differ", anchor=False)
    yours = (own.scenario_id, own.overrides) if own else None
    rows = analyses.differing_assumptions(current, list(names), yours)
    if own:
        names = names | {analyses.YOURS: own.title}
    if rows.empty:
        st.info("These scenarios hold the same assumptions.")
        return
    columns = {"group": "Group", "name": "Assumption", "unit": "Unit"}
    for name, title in names.items():
        columns |= {
            f"{name}.central": title,
            f"{name}.low": f"{title}, 5 %",
            f"{name}.high": f"{title}, 95 %",
        }
    order = [*list(columns)[:3], *(f"{name}.{q}" for q in ("central", "low", "high") for name in names)]
    st.caption(f"{labels.counted(len(rows), 'assumption')}: medians first, then the 5 and 95 % quantiles.")
    tables.table(
        rows,
        {name: columns[name] for name in order},
        name="differing_assumptions",
        alt="Assumptions in which the scenarios differ, with the value in each",
    )


guard.shown(compare_page)

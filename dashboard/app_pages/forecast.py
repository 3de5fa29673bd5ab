"""Forecast: the answer first, then the chart, the levers, the table and the sources."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboard import (
    address,
    assumption_levers,
    controls,
    figures,
    guard,
    labels,
    loaders,
    provenance,
    sentences,
)
from dashboard.charts import bands
from dashboard.loaders import ROOT_SCENARIO
from datasets.database import Snapshot
from forecasting.years import LAST_HISTORY_YEAR, LAST_YEAR

PAGE = "forecast"
_ALL = "all"


def fields(current: Snapshot) -> list[address.Field]:
    """The page's state: what is shown, and each assumption that the user set."""
    scenario_ids = list(loaders.scenarios(current)["scenario_id"])
    assumed = current.tables["assumptions"]
    levers = [
        address.figure(row.assumption_id, _bound(row.minimum), _bound(row.maximum))
        for row in assumed.itertuples()
    ]
    return [
        address.option("scenario", scenario_ids, ROOT_SCENARIO),
        address.option("sense", list(labels.SENSES), "demand"),
        address.option("quantity", list(labels.QUANTITIES), "ops"),
        address.switch("log", True),
        address.switch("published", False),
        *levers,
    ]


def forecast_page() -> None:
    """Draw the page."""
    current = loaders.snapshot()
    state = fields(current)
    controls.notes(address.restored(PAGE, state))
    st.header("Where will AI compute run?", anchor=False)
    said = st.container()
    scenario_id, quantity, sense = _choices(current)
    overrides = _overrides(current, scenario_id)
    frame = loaders.forecast_bands(current, scenario_id, quantity, overrides)
    with said:
        _answer(current, scenario_id, overrides)
    chart_side, lever_side = st.columns([7, 3], gap="medium")
    with chart_side:
        _chart(current, frame, scenario_id, quantity, sense)
        _exports(frame, scenario_id, quantity, overrides)
    with lever_side:
        assumption_levers.shown(PAGE, current, scenario_id, overrides)
    _changes(current, scenario_id, overrides)
    _segments(frame, sense)
    _sources(current, scenario_id, overrides)
    address.keep(PAGE, state)


def _bound(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _choices(current: Snapshot) -> tuple[str, str, str]:
    table = loaders.scenarios(current).set_index("scenario_id")
    row = st.container(horizontal=True, vertical_alignment="bottom")
    names = {str(scenario): str(name) for scenario, name in table["name"].items()}
    scenario_id = str(_picked(row, "Scenario", "scenario", list(names), names))
    replay = loaders.is_replay(current, scenario_id)
    quantities = list(loaders.REPLAYED_QUANTITIES) if replay else list(labels.QUANTITIES)
    quantity = str(_picked(row, "Quantity", "quantity", quantities, labels.QUANTITIES))
    senses = ["demand"] if replay else list(labels.QUANTITY_SENSES.get(quantity, labels.SENSES))
    meanings = [f"**{labels.SENSES[name]}**: {labels.SENSE_MEANINGS[name]}." for name in senses]
    sense = str(_picked(row, "Sense", "sense", senses, labels.SENSES, "\n\n".join(meanings)))
    row.toggle("Log axis", key=address.key(PAGE, "log"), help="Equal distances are equal factors.")
    row.toggle(
        "Published forecasts",
        key=address.key(PAGE, "published"),
        help="What others project, where it has this unit and sense. Hover a cross for its source.",
    )
    st.caption(str(table.at[scenario_id, "description"]))
    return scenario_id, quantity, sense


def _picked(
    row: Any, label: str, name: str, options: list[str], names: dict[str, str], help_: str | None = None
) -> Any:
    key = address.key(PAGE, name)
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    return row.selectbox(
        label, options, format_func=controls.named(pd.Series(names)), key=key, width=230, help=help_
    )


def _overrides(current: Snapshot, scenario_id: str) -> dict[str, float]:
    if loaders.is_replay(current, scenario_id):
        return {}
    names = current.tables["assumptions"]["assumption_id"]
    values = {name: address.value(PAGE, name) for name in names}
    return {name: float(value) for name, value in values.items() if value is not None}


def _answer(current: Snapshot, scenario_id: str, overrides: dict[str, float]) -> None:
    table = loaders.scenarios(current).set_index("scenario_id")
    reference = _last(loaders.shares(current, ROOT_SCENARIO, {}, "demand"))
    if loaders.is_replay(current, scenario_id):
        points = loaders.forecast_bands(current, scenario_id, "ops", {})
        described = str(table.at[scenario_id, "description"])
        said = sentences.replay_sentences(points, described, reference)
    else:
        said = sentences.answer_sentences(
            sentences.Answer(
                scenario=str(table.at[scenario_id, "name"]),
                year=LAST_YEAR,
                shares=_last(loaders.shares(current, scenario_id, overrides, "demand")),
                capacity_shares=_last(loaders.shares(current, scenario_id, overrides, "capacity")),
                reference_shares=reference,
                growth=loaders.growth(current, scenario_id, overrides, "ops", "demand").set_index("series"),
                medians=_medians(current, scenario_id, overrides),
                reference_medians=_medians(current, ROOT_SCENARIO, {}),
                changed=len(overrides),
                is_reference=scenario_id == ROOT_SCENARIO and not overrides,
            )
        )
    st.markdown("\n".join(f"- {sentence}" for sentence in said))


def _last(shares: pd.DataFrame) -> pd.DataFrame:
    return shares[shares["year"] == LAST_YEAR].set_index("series")


def _medians(current: Snapshot, scenario_id: str, overrides: dict[str, float]) -> dict[str, float]:
    frame = loaders.forecast_bands(current, scenario_id, "ops", overrides)
    total = frame[(frame["segment"] == _ALL) & (frame["sense"] == "demand") & (frame["year"] == LAST_YEAR)]
    return {str(series): float(p50) for series, p50 in zip(total["series"], total["p50"], strict=True)}


def _chart(current: Snapshot, frame: pd.DataFrame, scenario_id: str, quantity: str, sense: str) -> None:
    total = frame[(frame["segment"] == _ALL) & (frame["sense"] == sense)]
    if total.empty:
        st.info(
            f"{labels.QUANTITIES[quantity]} is not counted in the sense '{labels.SENSES[sense].lower()}'."
        )
        return
    log = bool(address.value(PAGE, "log"))
    unit = str(total["unit"].iloc[0])
    scale = labels.scale_for(unit, float(total["p50"].max()))
    named = str(loaders.scenarios(current).set_index("scenario_id").at[scenario_id, "name"])
    title = sentences.chart_title(total, named, sense)
    published = loaders.published(current, quantity, sense) if address.value(PAGE, "published") else None
    if published is not None and published.empty:
        st.caption("No published forecast has this unit and sense.")
    axis = f"{labels.SENSES[sense]}, {scale.unit}" + (f" ({scale.note})" if scale.note else "")
    chart = bands.band_chart(
        bands.band_rows(total, scale, log=log),
        title=title,
        subtitle=f"{labels.QUANTITIES[quantity]}, {labels.SENSES[sense].lower()}. Median, half and nine "
        f"tenths of {loaders.DRAWS:,} draws",
        y_title=axis,
        log=log,
        last_history_year=LAST_HISTORY_YEAR,
        published=None if published is None else bands.published_rows(published, scale),
    )
    figures.figure(
        chart,
        rows=frame,
        name="forecast",
        alt=sentences.band_alternative(total, title, scale.unit, scale.divisor),
        source=f"Edgewise; history of accelerators and training runs from {provenance.EPOCH_CREDIT}, fleets "
        "from the makers and market researchers named in the table `fleets`. "
        f"Assumptions: {provenance.confidence_counts(current.tables['assumptions']['confidence'])}.",
        file_name=f"edgewise_{scenario_id}_{quantity}",
    )


def _exports(frame: pd.DataFrame, scenario_id: str, quantity: str, overrides: dict[str, float]) -> None:
    controls.csv_download(frame, f"edgewise_{scenario_id}_{quantity}.csv", "forecast.csv")
    settings = [part for name, value in sorted(overrides.items()) for part in ("--set", f"{name}={value!r}")]
    with st.expander("The same from the command line", icon=":material/terminal:"):
        controls.command_line(
            ["forecast", "--scenario", scenario_id, "--quantity", quantity, *settings, "--format", "csv"]
        )


def _changes(current: Snapshot, scenario_id: str, overrides: dict[str, float]) -> None:
    if loaders.is_replay(current, scenario_id) or (scenario_id == ROOT_SCENARIO and not overrides):
        return
    columns = ["assumption_id", "name", "unit", "low", "central", "high", "overridden_by"]
    here = loaders.assumptions(current, scenario_id, overrides)[columns]
    names = loaders.scenarios(current).set_index("scenario_id")["name"]
    here["overridden_by"] = here["overridden_by"].map({**names, "you": "you"})
    there = loaders.assumptions(current, ROOT_SCENARIO, {})[["assumption_id", "low", "central", "high"]]
    both = here.merge(there, on="assumption_id", suffixes=("", "_in_central"))
    quantiles = ["low", "central", "high"]
    others = both[[f"{name}_in_central" for name in quantiles]]
    differs = (both[quantiles].to_numpy() != others.to_numpy()).any(axis=1)
    st.subheader("What changed against Central", anchor=False)
    st.dataframe(
        both[differs].drop(columns="assumption_id"),
        hide_index=True,
        placeholder="–",
        column_order=["name", "unit", "central_in_central", "central", "low", "high", "overridden_by"],
        column_config={
            "name": st.column_config.TextColumn("Assumption", width="large"),
            "unit": "Unit",
            "central_in_central": st.column_config.NumberColumn("Central has", format="%.4g"),
            "central": st.column_config.NumberColumn("Here", format="%.4g"),
            "low": st.column_config.NumberColumn("Here, 5 %", format="%.4g"),
            "high": st.column_config.NumberColumn("Here, 95 %", format="%.4g"),
            "overridden_by": "Set by",
        },
        alt="Assumptions that differ from Central",
    )


def _segments(frame: pd.DataFrame, sense: str) -> None:
    rows = frame[(frame["sense"] == sense) & (frame["year"] == frame["year"].max())].copy()
    unit = str(rows["unit"].iloc[0]) if not rows.empty else ""
    scale = labels.scale_for(unit, float(rows["p50"].max()) if not rows.empty else 0.0)
    quantiles = ["p5", "p25", "p50", "p75", "p95"]
    rows[quantiles] = rows[quantiles] / scale.divisor
    rows["series"] = rows["series"].map(labels.SERIES)
    rows["segment"] = rows["segment"].replace({_ALL: "total"}).str.replace("_", " ")
    st.subheader(f"{labels.SENSES[sense]} by segment in {LAST_YEAR}, {scale.unit}", anchor=False)
    st.dataframe(
        rows.sort_values(["series", "p50"], ascending=[True, False]),
        hide_index=True,
        placeholder="–",
        column_order=["series", "segment", *quantiles],
        column_config={
            "series": "Series",
            "segment": "Segment",
            **{q: st.column_config.NumberColumn(f"{q[1:]} %", format="%.3g") for q in quantiles},
        },
        alt=f"{labels.SENSES[sense]} of every segment in {LAST_YEAR}",
    )


def _sources(current: Snapshot, scenario_id: str, overrides: dict[str, float]) -> None:
    with st.expander("Assumptions and sources", icon=":material/menu_book:"):
        if loaders.is_replay(current, scenario_id):
            st.write("The published points stand in the table `published_forecasts` with their source.")
            return
        controls.confidence_legend()
        rows = loaders.assumptions(current, scenario_id, overrides).copy()
        rows["confidence"] = controls.marked(rows["confidence"])
        rows["source"] = provenance.source_of(current.tables, rows["source_id"])
        numbers = {
            name: st.column_config.NumberColumn(title, format="%.4g")
            for name, title in (("low", "5 %"), ("central", "Median"), ("high", "95 %"))
        }
        st.dataframe(
            rows,
            hide_index=True,
            placeholder="–",
            column_order=[
                "group",
                "name",
                "unit",
                *numbers,
                "confidence",
                "source",
                "meaning",
                "overridden_by",
            ],
            column_config={
                "group": "Group",
                "name": st.column_config.TextColumn("Assumption", width="medium"),
                "unit": "Unit",
                **numbers,
                "confidence": "Confidence",
                "source": st.column_config.TextColumn("Source", width="medium"),
                "meaning": st.column_config.TextColumn("Meaning", width="large"),
                "overridden_by": "Set by",
            },
            alt="All assumptions of the scenario with their sources",
        )


guard.shown(forecast_page)

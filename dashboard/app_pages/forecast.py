"""Forecast: the answer first, then the chart with the levers beside it, what changed, and the tables."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import (
    address,
    assumption_levers,
    contradictions_note,
    controls,
    figures,
    forecast_tables,
    guard,
    kept_forecasts,
    labels,
    loaders,
    provenance,
    scenario_changes,
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
    return [
        address.option("scenario", scenario_ids, ROOT_SCENARIO),
        address.option("sense", list(labels.SENSES), "demand"),
        address.option("quantity", list(labels.QUANTITIES), "ops"),
        address.options("series", list(labels.SERIES), list(labels.SERIES)),
        address.switch("log", True),
        address.switch("published", False),
        *assumption_levers.fields(current),
    ]


def forecast_page() -> None:
    """Draw the page."""
    current = loaders.snapshot()
    state = fields(current)
    controls.notes(address.restored(PAGE, state))
    st.header("Where will AI compute run?", anchor=False)
    said, choices = st.container(), st.container()
    chart_side, lever_side = st.columns([7, 3], gap="medium")
    options = _settled(current)
    scenario_id, quantity, sense = (str(address.value(PAGE, name)) for name in options)
    overrides = assumption_levers.overrides(PAGE, current, scenario_id)
    # The chart is what a reader waits for: it is sent before what stands above it.
    with chart_side:
        _chart(current, scenario_id, quantity, sense, overrides)
    with choices:
        _choices(current, options)
    with said:
        _answer(current, scenario_id, overrides)
    with lever_side:
        assumption_levers.shown(PAGE, current, scenario_id, overrides)
    scenario_changes.shown(current, scenario_id, overrides)
    if not overrides:
        with said:
            contradictions_note.shown(current, scenario_id)
    chosen = current, scenario_id, quantity, overrides
    controls.details(
        f"{labels.SENSES[sense]} by segment in {LAST_YEAR}",
        partial(forecast_tables.segments, *chosen, sense),
        "forecast.segments",
        ":material/stacked_bar_chart:",
    )
    controls.details(
        "Assumptions and sources",
        partial(forecast_tables.sources, current, scenario_id, overrides),
        "forecast.sources",
        ":material/menu_book:",
    )
    controls.details(
        "Keep this forecast, to be scored later",
        partial(kept_forecasts.form, current, scenario_id, overrides),
        "forecast.keep",
        ":material/inventory_2:",
    )
    controls.command_lines("forecast", _command(scenario_id, quantity, overrides))
    address.keep(PAGE, state)


def _settled(current: Snapshot) -> dict[str, list[str]]:
    """What scenario, quantity and sense may be; where the state holds something else, the first is taken."""
    options = {"scenario": [str(name) for name in loaders.scenarios(current)["scenario_id"]]}
    replay = loaders.is_replay(current, _taken("scenario", options["scenario"]))
    options["quantity"] = list(loaders.REPLAYED_QUANTITIES if replay else labels.QUANTITIES)
    senses = labels.QUANTITY_SENSES.get(_taken("quantity", options["quantity"]), labels.SENSES)
    options["sense"] = ["demand"] if replay else list(senses)
    _taken("sense", options["sense"])
    return options


def _taken(name: str, options: list[str]) -> str:
    key = address.key(PAGE, name)
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    return str(st.session_state[key])


def _choices(current: Snapshot, options: dict[str, list[str]]) -> None:
    table = loaders.scenarios(current).set_index("scenario_id")
    meanings = [f"**{labels.SENSES[name]}**: {labels.SENSE_MEANINGS[name]}." for name in options["sense"]]
    named = {
        "scenario": ("Scenario", table["name"], None),
        "quantity": ("Quantity", pd.Series(labels.QUANTITIES), None),
        "sense": ("Sense", pd.Series(labels.SENSES), "\n\n".join(meanings)),
    }
    row = st.container(horizontal=True, vertical_alignment="bottom")
    for name, (label, names, help_) in named.items():
        row.selectbox(
            label,
            options[name],
            format_func=controls.named(names),
            key=address.key(PAGE, name),
            width=230,
            help=help_,
        )
    row.pills(
        "Series",
        list(labels.SERIES),
        selection_mode="multi",
        format_func=controls.named(pd.Series(labels.SERIES)),
        key=address.key(PAGE, "series"),
    )
    row.toggle("Log axis", key=address.key(PAGE, "log"), help="Equal distances are equal factors.")
    row.toggle(
        "Published forecasts",
        key=address.key(PAGE, "published"),
        help="What others project, where it has this unit and sense. Hover a cross for its source.",
    )
    st.caption(labels.escaped(str(table.at[str(address.value(PAGE, "scenario")), "description"])))


def _answer(current: Snapshot, scenario_id: str, overrides: dict[str, float]) -> None:
    table = loaders.scenarios(current).set_index("scenario_id")
    if loaders.is_replay(current, scenario_id):
        reference = _last(loaders.shares(current, ROOT_SCENARIO, {}, "demand"))
        points = loaders.forecast_bands(current, scenario_id, "ops", {})
        described = labels.escaped(str(table.at[scenario_id, "description"]))
        said = sentences.replay_sentences(points, described, reference)
    else:
        parent_id = loaders.parent_scenario(current, scenario_id)
        reference = _last(loaders.shares(current, parent_id, {}, "demand"))
        said = sentences.answer_sentences(
            sentences.Answer(
                scenario=labels.escaped(str(table.at[scenario_id, "name"])),
                reference=labels.escaped(str(table.at[parent_id, "name"])),
                year=LAST_YEAR,
                shares=_last(loaders.shares(current, scenario_id, overrides, "demand")),
                capacity_shares=_last(loaders.shares(current, scenario_id, overrides, "capacity")),
                reference_shares=reference,
                growth=loaders.growth(current, scenario_id, overrides, "ops", "demand").set_index("series"),
                medians=_medians(current, scenario_id, overrides),
                reference_medians=_medians(current, parent_id, {}),
                changed=len(overrides),
                is_reference=scenario_id == parent_id and not overrides,
            )
        )
    figures.view().sentences.extend(said)
    figures.prose("\n".join(f"- {sentence}" for sentence in said))


def _last(shares: pd.DataFrame) -> pd.DataFrame:
    return shares[shares["year"] == LAST_YEAR].set_index("series")


def _medians(current: Snapshot, scenario_id: str, overrides: dict[str, float]) -> dict[str, float]:
    total = loaders.chart_bands(current, scenario_id, "ops", overrides, "demand")
    last = total[total["year"] == LAST_YEAR]
    return {str(series): float(p50) for series, p50 in zip(last["series"], last["p50"], strict=True)}


def _chart(
    current: Snapshot, scenario_id: str, quantity: str, sense: str, overrides: dict[str, float]
) -> None:
    total = loaders.chart_bands(current, scenario_id, quantity, overrides, sense)
    total = total[total["series"].isin(address.value(PAGE, "series") or [])]
    if total.empty:
        none = not address.value(PAGE, "series")
        st.info("Choose at least one series." if none else _not_counted(quantity, sense))
        return
    log = bool(address.value(PAGE, "log"))
    scale = labels.scale_for(str(total["unit"].iloc[0]), float(total["p50"].max()))
    named = str(loaders.scenarios(current).set_index("scenario_id").at[scenario_id, "name"])
    title = sentences.chart_title(total, named, sense)
    subtitle = (
        f"{labels.QUANTITIES[quantity]}, {labels.SENSES[sense].lower()}. Median, half and nine tenths of "
        f"{loaders.DRAWS:,} draws; solid is history, dashed projection"
    )
    axis = f"{labels.SENSES[sense]}, {scale.unit}" + (f" ({scale.note})" if scale.note else "")
    rows = bands.band_rows(total, scale, log=log)
    published = _published(current, quantity, sense, scale)
    build = partial(
        bands.band_chart,
        rows,
        title=title,
        subtitle=subtitle,
        y_title=axis,
        log=log,
        last_history_year=LAST_HISTORY_YEAR,
        published=published,
    )
    years = int(rows["year"].min()), int(rows["year"].max())
    ranged = published is not None and bool(published[["low", "high"]].notna().all(axis=1).any())
    figures.live_figure(
        build,
        shape=(axis, log, years, published is None, ranged),
        frames=[rows] if published is None else [rows, published],
        title=title,
        subtitle=subtitle,
        rows=partial(loaders.forecast_bands, current, scenario_id, quantity, overrides),
        name="forecast",
        alt=sentences.band_alternative(total, title, scale.unit, scale.divisor),
        source=f"Edgewise; history of accelerators and training runs from {provenance.EPOCH_CREDIT}, fleets "
        "from the makers and market researchers named in the table `fleets`. "
        f"Assumptions: {provenance.confidence_counts(current.tables['assumptions']['confidence'])}.",
        file_name=f"edgewise_{scenario_id}_{quantity}",
    )


def _not_counted(quantity: str, sense: str) -> str:
    return f"{labels.QUANTITIES[quantity]} is not counted in the sense '{labels.SENSES[sense].lower()}'."


def _published(current: Snapshot, quantity: str, sense: str, scale: labels.Scale) -> pd.DataFrame | None:
    if not address.value(PAGE, "published"):
        return None
    published = loaders.published(current, quantity, sense)
    if published.empty:
        st.caption("No published forecast has this unit and sense.")
        return None
    return bands.published_rows(published, scale)


def _command(scenario_id: str, quantity: str, overrides: dict[str, float]) -> list[str]:
    named = ["forecast", "--scenario", scenario_id, "--quantity", quantity]
    return [*named, *assumption_levers.settings(overrides), "--format", "csv"]


guard.shown(forecast_page)

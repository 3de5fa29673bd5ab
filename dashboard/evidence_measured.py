"""Predicted against measured: the parity plot, the error by segment, the worst rows."""

from __future__ import annotations

import math
from functools import partial

import pandas as pd
import streamlit as st

from dashboard import address, analyses, controls, figures, labels, specs, tables
from dashboard.charts import parity
from datasets.database import Snapshot
from devices.evidence import PEERS, errors_by, worst_rows
from devices.validation import QUANTITIES, TARGETS, validation_summary

WORST = 20
# Every one of them without scrolling.
_WORST_HEIGHT = 35 * (WORST + 1) + 3
_SUMMARY = {
    "kind": "Measurement",
    "quantity": "Of",
    "rows": "Rows",
    "median_pct": "Median error, %",
    "target_median_pct": "Aim, %",
    "p80_pct": "80th percentile, %",
    "target_p80_pct": "Aim for it, %",
    "coverage_pct": "Inside the 80 % interval, %",
}
_WORST = {
    "device_name": "Device",
    "model": "Model",
    "metric_name": "Figure",
    "measured": "Measured",
    "predicted": "Predicted",
    "unit": "Unit",
    "miss_pct": "Error of time or power, %",
    "likely_cause": "Likely cause",
    "weight_precision": "Weights",
    "batch": "Batch",
    "input_tokens": "Prompt, tokens",
    "software": "Software",
    "inside": "Inside the interval",
    "source": "Source",
}


def fields(current: Snapshot) -> list[address.Field]:
    """The view's state: the kind of measurement and its figure."""
    return [
        address.option("kind", list(labels.MEASURED_KINDS), "A_decode_b1"),
        address.option("metric", list(labels.METRICS), None),
    ]


def shown(page: str, current: Snapshot) -> None:
    """Draw the view.

    Parameters
    ----------
    page : str
        The page whose fields hold the view's state.
    current : Snapshot
    """
    figures.prose(
        "Published measurements beside what the roofline core makes of their conditions. Every prediction "
        "comes "
        "from a fit that has **not seen the device** it is scored on, and carries an 80 % interval."
    )
    frame = _named(current, analyses.measured(current))
    clean = frame[frame["quality"] == "clean"]
    if clean.empty:
        st.info("No clean measurement has a prediction yet: `edgewise calibrate` makes them.")
        return
    kind, metric = _choices(page, clean)
    chosen = clean[(clean["class"] == kind) & (clean["metric"] == metric)]
    left, right = st.columns([6, 5], gap="medium")
    with left:
        _parity(chosen, kind, metric)
    with right:
        _errors(chosen, kind, metric)
    _worst(frame[frame["class"] == kind], kind)
    _summary(frame)


def _named(current: Snapshot, frame: pd.DataFrame) -> pd.DataFrame:
    models = current.tables["models"].set_index("model_id")["name"]
    return frame.assign(
        model=frame["model_id"].map(models),
        metric_name=frame["metric"].map({name: told for name, (told, _) in labels.METRICS.items()}),
        unit=frame["metric"].map({name: unit for name, (_, unit) in labels.METRICS.items()}),
    )


def _choices(page: str, clean: pd.DataFrame) -> tuple[str, str]:
    row = st.container(horizontal=True, vertical_alignment="bottom")
    kinds = [name for name in labels.MEASURED_KINDS if (clean["class"] == name).any()]
    kind = controls.picked(
        row, "Measurement", address.key(page, "kind"), kinds, labels.MEASURED_KINDS, width=310
    )
    metrics = [str(name) for name in clean.loc[clean["class"] == kind, "metric"].value_counts().index]
    names = {name: ", ".join(labels.METRICS[name]) for name in metrics}
    metric = controls.picked(row, "Figure", address.key(page, "metric"), metrics, names, width=260)
    return kind, metric


def _parity(rows: pd.DataFrame, kind: str, metric: str) -> None:
    name, unit = labels.METRICS[metric]
    errors, inside = rows["miss_pct"].abs(), rows["inside"].mean()
    title = (
        f"Half of {labels.counted(len(rows), 'prediction')} miss by less than "
        f"{labels.number(errors.median())} %, "
        f"four fifths by less than {labels.number(errors.quantile(0.8))} %"
    )
    chart = partial(
        parity.parity_chart,
        specs.made(parity.parity_rows, rows, unit),
        title=title,
        subtitle=f"{labels.MEASURED_KINDS[kind]}: {name.lower()}, {unit}. Rules: 80 % intervals, which hold "
        f"{labels.percent(inside)} of the outcomes. Dotted: a factor of two",
        axis=f"{name.lower()}, {unit}",
    )
    figures.figure(
        chart,
        rows=rows,
        name="parity",
        alt=f"{title}. Scatter of predicted over measured {name.lower()} of "
        f"{labels.counted(rows['device_id'].nunique(), 'device')}, both axes logarithmic; "
        f"{labels.percent(inside)} of the outcomes lie inside the 80 % interval.",
        source=f"measurements of {labels.counted(rows['source'].nunique(), 'publication')}, named at each "
        f"point; "
        "predictions of the roofline core fitted without the device.",
    )


def _errors(rows: pd.DataFrame, kind: str, metric: str) -> None:
    errors = errors_by(rows, "device_class")
    drawn = specs.made(parity.error_rows, errors)
    best, worst = drawn.iloc[0], drawn.iloc[-1]
    lowest, highest = (labels.number(row["median_pct"]) for row in (best, worst))
    title = (
        f"The median error lies between {lowest} % ({best['class_name']}) and {highest} % "
        f"({worst['class_name']})"
        if len(drawn) > 1
        else f"{best['class_name']}: the median error is {lowest} %"
    )
    aimed = QUANTITIES.get(metric) != "energy"
    chart = partial(
        parity.error_chart,
        drawn,
        title=title,
        subtitle="Absolute error of the time or power. Point: median; bar: up to the 80th percentile; "
        "dashed: what "
        "is aimed at for both; in brackets the number of measurements",
        targets=TARGETS.get(kind, (math.nan, math.nan)) if aimed else (math.nan, math.nan),
    )
    told = "; ".join(
        f"{row.class_name}: median {labels.number(row.median_pct)} %, 80th percentile "
        f"{labels.number(row.p80_pct)} %, {row.rows} rows"
        for row in drawn.itertuples()
    )
    figures.figure(
        chart,
        rows=errors,
        name="errors",
        alt=f"{title}. Range chart. {told}.",
        source="clean rows of the table `measurements` against `left_out_predictions`.",
    )


def _worst(rows: pd.DataFrame, kind: str) -> None:
    st.subheader(f"The worst {WORST}: {labels.MEASURED_KINDS[kind].lower()}", anchor=False)
    tables.table(
        specs.made(worst_rows, rows, WORST),
        _WORST,
        name="worst_predictions",
        alt="The rows that the core misses most, each with a likely cause",
        helps={"likely_cause": "What most probably parts the two, read from the row's own conditions."},
        height=_WORST_HEIGHT,
    )


def _summary(frame: pd.DataFrame) -> None:
    st.subheader("All kinds of measurement", anchor=False)
    summary = specs.made(validation_summary, frame)
    tables.table(
        summary.assign(kind=summary["class"].map(labels.MEASURED_KINDS).fillna(summary["class"])),
        _SUMMARY,
        name="prediction_errors",
        alt="Median and 80th percentile of the error, and coverage, of every kind of measurement",
        helps={"coverage_pct": "75 to 85 % of the outcomes should lie inside an 80 % interval."},
    )
    left = int((frame["quality"] != "clean").sum())
    peers = "; ".join(
        f"[{peer.name}]({peer.url}) states {peer.mean_pct:g} % in the mean and {peer.median_pct:g} % in "
        f"the median "
        f"of {peer.quantity}, on {peer.basis}"
        for peer in PEERS
    )
    st.caption(
        f"Counted: clean rows. {labels.counted(left, 'row')} marked noisy, bound by launches or outlying "
        f"stand in "
        f"the table `measurements` with their mark. For the scale: {peers}. "
        "The same from the command line: `edgewise validate`."
    )

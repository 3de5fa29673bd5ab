"""Devices against workloads: how far each lies within its budgets or beyond them."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd

from dashboard import labels, theme

SELECTION = "cell"
# Beyond a factor of 16 either way the colour says no more.
_FARTHEST = 16.0
_ROW_HEIGHT, _COLUMN_WIDTH = 22, 70
_MOST_COLUMNS_WITH_TEXT = 16


def cell_rows(budgets: pd.DataFrame) -> pd.DataFrame:
    """The cells with their words: margin, verdict, the times and power behind it.

    Parameters
    ----------
    budgets : pandas.DataFrame
        Rows of the core's budgets with the columns device and workload (names) added.
    """
    rows = budgets[["device_id", "workload_id", "device", "workload", "binding_roof", "reason"]].copy()
    margin = budgets["margin"].astype(float)
    rows["known"] = margin.notna()
    rows["colour"] = margin.clip(1 / _FARTHEST, _FARTHEST)
    rows["text"] = [_cell_text(value) for value in margin]
    rows["strong"] = np.abs(np.log2(rows["colour"].fillna(1.0))) > 2.4
    rows["verdict"] = [_verdict(value) for value in margin]
    rows["latency"] = [labels.duration(value) if pd.notna(value) else "–" for value in budgets["latency_s"]]
    rows["power"] = [f"{labels.number(value)} W" if pd.notna(value) else "–" for value in budgets["power_w"]]
    rows["why"] = rows["reason"].where(rows["reason"].astype(bool), "–")
    pairs = zip(budgets["device_confidence"], budgets["workload_confidence"], strict=True)
    rows["certainty"] = [f"device {device}, workload {workload}" for device, workload in pairs]
    return rows


def budget_map(rows: pd.DataFrame, *, title: str, subtitle: str) -> alt.LayerChart:
    """Heat map: blue within all budgets, orange beyond one, grey where nothing can be said.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `cell_rows` gives them.
    title, subtitle : str
    """
    devices = list(dict.fromkeys(rows["device"]))
    workloads = list(dict.fromkeys(rows["workload"]))
    base = alt.Chart(rows).encode(
        x=alt.X("device:N", title=None, sort=devices, axis=_device_axis()),
        y=alt.Y(
            "workload:N",
            title=None,
            sort=workloads,
            axis=alt.Axis(labelLimit=230, labelOverlap=False, ticks=False, domain=False),
        ),
    )
    layers = [_known(base), _unknown(base)]
    if len(devices) <= _MOST_COLUMNS_WITH_TEXT:
        layers.append(_texts(base))
    chosen = alt.selection_point(name=SELECTION, fields=["device_id", "workload_id"], on="click", empty=False)
    layers[0] = layers[0].add_params(chosen)
    return theme.styled(layers, title, subtitle, alt.Step(_ROW_HEIGHT), alt.Step(_COLUMN_WIDTH))


def _cell_text(margin: float) -> str:
    if pd.isna(margin):
        return ""
    if np.isinf(margin):
        return "mem"
    return labels.number(margin) if 0.01 <= margin < 100 else ("<.01" if margin < 0.01 else ">99")


def _verdict(margin: float) -> str:
    if pd.isna(margin):
        return "cannot be evaluated"
    if np.isinf(margin):
        return "does not fit in memory"
    side = "within budget" if margin <= 1 else "beyond budget"
    return f"{side}: {labels.number(margin, 3)} of the tightest limit"


def _device_axis() -> alt.Axis:
    return alt.Axis(
        orient="top", labelAngle=-40, labelLimit=180, labelOverlap=False, ticks=False, domain=False
    )


def _known(base: alt.Chart) -> alt.Chart:
    scale = alt.Scale(
        type="log",
        domain=[1 / _FARTHEST, 1, _FARTHEST],
        range=[theme.WITHIN, theme.BETWEEN, theme.BEYOND],
        interpolate="rgb",
        clamp=True,
    )
    legend = alt.Legend(
        orient="bottom",
        title="Prediction over its tightest budget (1 = just met)",
        titleLimit=320,
        gradientLength=260,
        values=[1 / 16, 1 / 4, 1, 4, 16],
        format="~g",
    )
    return (
        base.transform_filter("datum.known")
        .mark_rect(stroke="white", strokeWidth=1, cursor="pointer")
        .encode(color=alt.Color("colour:Q", scale=scale, legend=legend), tooltip=_tooltip())
    )


def _unknown(base: alt.Chart) -> alt.Chart:
    return (
        base.transform_filter("!datum.known")
        .mark_rect(fill=theme.UNKNOWN, fillOpacity=0.45, stroke="white", strokeWidth=1)
        .encode(tooltip=_tooltip())
    )


def _texts(base: alt.Chart) -> alt.Chart:
    ink = alt.condition("datum.strong", alt.value("white"), alt.value("#1b1f24"))
    return (
        base.transform_filter("datum.known")
        .mark_text(fontSize=10)
        .encode(text="text:N", color=ink, tooltip=_tooltip())
    )


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("device:N", title="Device"),
        alt.Tooltip("workload:N", title="Workload"),
        alt.Tooltip("verdict:N", title="Verdict"),
        alt.Tooltip("why:N", title="Why"),
        alt.Tooltip("binding_roof:N", title="Roof that binds"),
        alt.Tooltip("latency:N", title="One item takes"),
        alt.Tooltip("power:N", title="Power"),
        alt.Tooltip("certainty:N", title="Confidence"),
    ]

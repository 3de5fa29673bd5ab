"""The roofline: attainable rate against arithmetic intensity, with what workloads reach on it."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import labels, theme

_HEIGHT = 560
_RATE_TITLE = "Operations a second"
_INTENSITY_TITLE = "Arithmetic intensity, operations a byte"
# Exponents of ten as SI prefixes: the axis then reads 1 TOP/s and not 1e+12.
_PREFIXED = "replace(format(datum.value, '~s'), regexp('([a-zA-Z]?)$'), ' $1') + 'OP/s'"
_PLAIN = "datum.value < 1 ? format(datum.value, '.3~f') : format(datum.value, ',.0f')"
_POWERS = [10.0**power for power in range(-2, 8)]
_DASHES = [[1, 0], [8, 4], [2, 3]]
_LEVELS = {"memory": "main memory", "sram": "memory on chip"}


def curve_rows(curves: pd.DataFrame) -> pd.DataFrame:
    """The roofs in words for the tooltip.

    Parameters
    ----------
    curves : pandas.DataFrame
        Columns device_id, name, precision, level, intensity, attainable_ops_per_s, ridge_point,
        peak_ops_per_s, sparse_ops_per_s, bytes_per_s, capacity_bytes, source, confidence; several rows a
        device, intensity ascending.
    """
    rows = curves.copy()
    rows["label"] = rows["name"] + ", " + rows["precision"] + ", " + rows["level"]
    rows["inner"] = rows["level"] != "memory"
    rows["roof"] = rows["level"].map(_LEVELS)
    firsts = rows.drop_duplicates("label")
    rank = firsts.groupby(["device_id", "level"]).cumcount().clip(upper=len(_DASHES) - 1)
    rows["dash"] = rows["label"].map(dict(zip(firsts["label"], rank, strict=True)))
    rows["peak"] = [labels.amount(value, "OP/s", 3) for value in rows["peak_ops_per_s"]]
    rows["sparse"] = [
        labels.amount(value, "OP/s", 3) if pd.notna(value) else "none stated"
        for value in rows["sparse_ops_per_s"]
    ]
    rows["bandwidth"] = [labels.amount(value, "B/s", 3) for value in rows["bytes_per_s"]]
    rows["capacity"] = [
        labels.amount(value, "B", 3) if pd.notna(value) else "not stated" for value in rows["capacity_bytes"]
    ]
    rows["ridge"] = [f"{labels.number(value, 3)} OP/B" for value in rows["ridge_point"]]
    rows["certainty"] = rows["confidence"].map(theme.CONFIDENCE_MARKS).fillna(rows["confidence"])
    return rows


def point_rows(points: pd.DataFrame) -> pd.DataFrame:
    """The workloads in words for the tooltip.

    Parameters
    ----------
    points : pandas.DataFrame
        Columns device_id, name, precision, workload, arithmetic_intensity, attained_ops_per_s, binding_roof,
        within_budget, reason, confidence.
    """
    rows = points.dropna(subset=["arithmetic_intensity", "attained_ops_per_s"]).copy()
    rows["rate"] = [labels.amount(value, "OP/s", 3) for value in rows["attained_ops_per_s"]]
    rows["intensity"] = [f"{labels.number(value, 3)} OP/B" for value in rows["arithmetic_intensity"]]
    rows["verdict"] = rows["within_budget"].map({True: "within budget", False: "misses its budget"})
    rows["why"] = rows["reason"].where(rows["reason"].astype(bool), "–")
    rows["certainty"] = rows["confidence"].map(theme.CONFIDENCE_MARKS).fillna(rows["confidence"])
    return rows


def measured_rows(points: pd.DataFrame) -> pd.DataFrame:
    """Measurements in words for the tooltip.

    Parameters
    ----------
    points : pandas.DataFrame
        Rows of `devices.measured_points` with the columns name (of the device), model and source added.
    """
    rows = points.copy()
    rows["rate"] = [labels.amount(value, "OP/s", 3) for value in rows["attained_ops_per_s"]]
    rows["intensity"] = [f"{labels.number(value, 3)} OP/B" for value in rows["arithmetic_intensity"]]
    share = rows["attained_ops_per_s"] / rows["peak_ops_per_s"]
    pairs = zip(share, rows["compute_precision"], strict=True)
    rows["of_peak"] = [f"{labels.percent(value)} of the {precision} peak" for value, precision in pairs]
    metrics = zip(rows["metric"], rows["value"], strict=True)
    rows["said"] = [f"{labels.number(value, 3)} {metric.replace('_', ' ')}" for metric, value in metrics]
    rows["set_up"] = [
        f"{row.software}, {row.weight_precision} weights, batch {row.batch:g}, {row.n_devices:g} device(s)"
        for row in rows.itertuples()
    ]
    rows["certainty"] = rows["confidence"].map(theme.CONFIDENCE_MARKS).fillna(rows["confidence"])
    return rows


def roofline_chart(
    curves: pd.DataFrame,
    points: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    measured: pd.DataFrame | None = None,
) -> alt.LayerChart:
    """Roofs as lines, ridge points as marks on them, workloads as filled (within budget) or hollow points.

    Parameters
    ----------
    curves, points : pandas.DataFrame
        As `curve_rows` and `point_rows` give them; points may be empty.
    title, subtitle : str
    measured : pandas.DataFrame, optional
        As `measured_rows` gives them; drawn as crosses.
    """
    order = list(dict.fromkeys(curves["name"]))
    layers = [*_roofs(curves, order), _formats(curves)]
    if measured is not None and not measured.empty:
        layers.append(_measured(measured, order))
    if not points.empty:
        layers.append(_workloads(points, order))
    return theme.styled(layers, title, subtitle, _HEIGHT)


def _scale(order: list[str]) -> alt.Scale:
    return alt.Scale(domain=order, range=theme.LINE_COLOURS)


def _colour(order: list[str]) -> alt.Color:
    legend = alt.Legend(
        orient="top",
        title=None,
        columns=theme.legend_columns(1, 3),
        labelLimit=260,
        symbolType="stroke",
        symbolStrokeWidth=4,
    )
    return alt.Color("name:N", scale=_scale(order), legend=legend)


def _axis_x(field: str) -> alt.X:
    axis = alt.Axis(labelExpr=_PLAIN, values=_POWERS, grid=True, gridOpacity=0.5)
    return alt.X(f"{field}:Q", title=_INTENSITY_TITLE, axis=axis, scale=alt.Scale(type="log", nice=False))


def _axis_y(field: str) -> alt.Y:
    axis = alt.Axis(labelExpr=_PREFIXED, tickCount=6, grid=True, gridOpacity=0.4)
    return alt.Y(f"{field}:Q", title=_RATE_TITLE, axis=axis, scale=alt.Scale(type="log"))


def _roofs(curves: pd.DataFrame, order: list[str]) -> list[alt.Chart]:
    tooltip = [
        alt.Tooltip("name:N", title="Device"),
        alt.Tooltip("precision:N", title="Arithmetic"),
        alt.Tooltip("peak:N", title="Dense peak"),
        alt.Tooltip("sparse:N", title="2:4 sparse peak, not drawn"),
        alt.Tooltip("roof:N", title="Bytes come from"),
        alt.Tooltip("bandwidth:N", title="Its bandwidth"),
        alt.Tooltip("capacity:N", title="It holds"),
        alt.Tooltip("ridge:N", title="Ridge point"),
        alt.Tooltip("certainty:N", title="Confidence"),
        alt.Tooltip("source:N", title="Source"),
    ]
    dash = alt.StrokeDash("dash:O", scale=alt.Scale(domain=[0, 1, 2], range=_DASHES), legend=None)
    width = alt.StrokeWidth("inner:N", scale=alt.Scale(domain=[False, True], range=[2.6, 1.1]), legend=None)
    encoded = {"color": _colour(order), "tooltip": tooltip}
    return [
        alt.Chart(curves)
        .mark_line(interpolate="linear")
        .encode(
            strokeWidth=width,
            x=_axis_x("intensity"),
            y=_axis_y("attainable_ops_per_s"),
            order="intensity:Q",
            detail="label:N",
            strokeDash=dash,
            **encoded,
        ),
        alt.Chart(curves.drop_duplicates("label"))
        .mark_point(shape="triangle-down", size=110, filled=True, opacity=1)
        .encode(x=_axis_x("ridge_point"), y=_axis_y("peak_ops_per_s"), **encoded),
    ]


def _formats(curves: pd.DataFrame) -> alt.Chart:
    # One device may state the same peak for several formats: their names share a place.
    ridges = curves[~curves["inner"]].drop_duplicates("label")
    heights = ["name", "ridge_point", "peak_ops_per_s"]
    named = ridges.groupby(heights, sort=False)["precision"].agg(", ".join).reset_index()
    return (
        alt.Chart(named)
        .mark_text(align="right", baseline="bottom", dx=-4, dy=-7, fontSize=11)
        .encode(
            x=_axis_x("ridge_point"),
            y=_axis_y("peak_ops_per_s"),
            text="precision:N",
            color=alt.value(theme.INK_SOFT),
        )
    )


def _measured(measured: pd.DataFrame, order: list[str]) -> alt.Chart:
    tooltip = [
        alt.Tooltip("said:N", title="Measured"),
        alt.Tooltip("name:N", title="Device"),
        alt.Tooltip("model:N", title="Model"),
        alt.Tooltip("set_up:N", title="With"),
        alt.Tooltip("intensity:N", title="Intensity"),
        alt.Tooltip("rate:N", title="Attained"),
        alt.Tooltip("of_peak:N", title="That is"),
        alt.Tooltip("certainty:N", title="Confidence"),
        alt.Tooltip("source:N", title="Source"),
    ]
    return (
        alt.Chart(measured)
        .mark_point(shape="cross", size=26, strokeWidth=1, filled=True, opacity=0.75)
        .encode(
            x=_axis_x("arithmetic_intensity"),
            y=_axis_y("attained_ops_per_s"),
            color=_colour(order),
            tooltip=tooltip,
        )
    )


def _workloads(points: pd.DataFrame, order: list[str]) -> alt.Chart:
    tooltip = [
        alt.Tooltip("workload:N", title="Workload"),
        alt.Tooltip("name:N", title="Device"),
        alt.Tooltip("precision:N", title="Arithmetic"),
        alt.Tooltip("intensity:N", title="Intensity"),
        alt.Tooltip("rate:N", title="Attained"),
        alt.Tooltip("binding_roof:N", title="Roof that binds"),
        alt.Tooltip("verdict:N", title="Budget"),
        alt.Tooltip("why:N", title="Why"),
        alt.Tooltip("certainty:N", title="Confidence"),
    ]
    return (
        alt.Chart(points)
        .mark_point(size=75, strokeWidth=2, opacity=1)
        .encode(
            x=_axis_x("arithmetic_intensity"),
            y=_axis_y("attained_ops_per_s"),
            stroke=alt.Stroke("name:N", scale=_scale(order)),
            fill=alt.Fill("name:N", scale=_scale(order)),
            fillOpacity=alt.condition("datum.within_budget", alt.value(0.9), alt.value(0)),
            tooltip=tooltip,
        )
    )

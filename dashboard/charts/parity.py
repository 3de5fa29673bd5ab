"""Predicted against measured: each row as a point, and how far each segment's rows miss."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import labels, theme

_HEIGHT = 460
_ROW_HEIGHT = 34
# Within a factor of two either way.
_GUIDES = (0.5, 1.0, 2.0)


def parity_rows(judged: pd.DataFrame, unit: str) -> pd.DataFrame:
    """The rows that the parity chart draws, in words for the tooltip.

    Parameters
    ----------
    judged : pandas.DataFrame
        Rows of `devices.evidence.evidence` of one metric with the column model added.
    unit : str
        Of the metric.
    """
    kept = ["device_name", "model", "device_class", "measured", "predicted", "low", "high", "source"]
    rows = judged[kept].rename(columns={"device_name": "device", "device_class": "segment"})
    rows["class_name"] = rows["segment"].map(labels.SEGMENTS).fillna(rows["segment"])
    for name in ("measured", "predicted"):
        rows[f"{name}_said"] = [f"{labels.number(value, 3)} {unit}" for value in rows[name]]
    pairs = zip(rows["low"], rows["high"], strict=True)
    rows["interval"] = [f"{labels.number(low, 3)} to {labels.number(high, 3)} {unit}" for low, high in pairs]
    rows["missed"] = [f"{error:+.0f} %" for error in judged["miss_pct"]]
    pairs = zip(judged["weight_precision"], judged["batch"], strict=True)
    rows["conditions"] = [f"{weights}, batch {batch:g}" for weights, batch in pairs]
    return rows[(rows["measured"] > 0) & (rows["predicted"] > 0)].reset_index(drop=True)


def parity_chart(rows: pd.DataFrame, *, title: str, subtitle: str, axis: str) -> alt.LayerChart:
    """Points of predicted over measured, their 80 % intervals, and the lines of equality and a factor of two.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `parity_rows` gives them.
    title, subtitle : str
    axis : str
        The metric with its unit.
    """
    ends = [
        float(rows[["measured", "low"]].min().min()) / 1.3,
        float(rows[["measured", "high"]].max().max()) * 1.3,
    ]
    ticks = alt.Axis(format="~g", tickCount=6, grid=False)
    x = alt.X("measured:Q", title=f"Measured: {axis}", scale=_scale(ends), axis=ticks)
    y = alt.Y("low:Q", title=f"Predicted: {axis}", scale=_scale(ends), axis=ticks)
    base = alt.Chart(rows).encode(x=x, color=_colour(rows))
    tooltip = [
        alt.Tooltip(f"{field}:N", title=told)
        for field, told in (
            ("device", "Device"),
            ("model", "Model"),
            ("conditions", "Conditions"),
            ("measured_said", "Measured"),
            ("predicted_said", "Predicted"),
            ("interval", "80 % interval"),
            ("missed", "Error of the time or power"),
            ("source", "Source"),
        )
    ]
    return theme.styled(
        [
            *_guides(ends),
            base.mark_rule(opacity=0.22, strokeWidth=1.2).encode(y=y, y2="high:Q"),
            base.mark_point(size=44, filled=True, opacity=0.85).encode(
                y=alt.Y("predicted:Q", scale=_scale(ends)), shape=_shape(rows), tooltip=tooltip
            ),
        ],
        title,
        subtitle,
        _HEIGHT,
    )


def error_rows(errors: pd.DataFrame) -> pd.DataFrame:
    """How far each segment's rows miss, in words for the tooltip.

    Parameters
    ----------
    errors : pandas.DataFrame
        As `devices.evidence.errors_by` gives them by device class, of one metric.
    """
    rows = errors.rename(columns={"device_class": "segment"}).sort_values("median_pct", ignore_index=True)
    rows["class_name"] = rows["segment"].map(labels.SEGMENTS).fillna(rows["segment"])
    rows["count"] = [
        f"{labels.counted(int(row.rows), 'measurement')} of {labels.counted(int(row.devices), 'device')}"
        for row in rows.itertuples()
    ]
    rows["label"] = rows["class_name"] + " (" + rows["rows"].astype(str) + ")"
    return rows


def error_chart(
    rows: pd.DataFrame, *, title: str, subtitle: str, targets: tuple[float, float]
) -> alt.LayerChart:
    """Median and 80th percentile of the error by segment of the device, and what is aimed at.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `error_rows` gives them.
    title, subtitle : str
    targets : tuple of float
        Median and 80th percentile aimed at; NaN where none is set.
    """
    base = alt.Chart(rows).encode(
        y=alt.Y("label:N", sort=list(rows["label"]), title=None, axis=alt.Axis(labelLimit=220, ticks=False)),
        color=_colour(rows, legend=False),
    )
    x = alt.X(
        "median_pct:Q",
        title="Absolute error, %",
        scale=alt.Scale(zero=True, nice=True),
        axis=alt.Axis(tickCount=6),
    )
    tooltip = [
        alt.Tooltip("class_name:N", title="Segment"),
        alt.Tooltip("median_pct:Q", title="Median error, %", format=".1f"),
        alt.Tooltip("p80_pct:Q", title="80th percentile, %", format=".1f"),
        alt.Tooltip("bias_pct:Q", title="Median of the signed error, %", format="+.1f"),
        alt.Tooltip("coverage_pct:Q", title="Inside the 80 % interval, %", format=".0f"),
        alt.Tooltip("count:N", title="Counted"),
    ]
    layers = [
        base.mark_rule(strokeWidth=3, opacity=0.45).encode(x=x, x2="p80_pct:Q", tooltip=tooltip),
        base.mark_point(size=110, filled=True, opacity=1).encode(x="median_pct:Q", tooltip=tooltip),
        base.mark_tick(thickness=3, size=16).encode(x="p80_pct:Q", tooltip=tooltip),
    ]
    return theme.styled([*layers, *_aims(targets)], title, subtitle, alt.Step(_ROW_HEIGHT))


def _scale(ends: list[float]) -> alt.Scale:
    return alt.Scale(type="log", domain=ends, nice=False)


def guides(ends: list[float]) -> pd.DataFrame:
    """Ends of the lines of equality and of a factor of two inside the axes: columns factor, x, y."""
    low, high = ends
    lines = [
        (factor, x, x * factor)
        for factor in _GUIDES
        for x in (max(low, low / factor), min(high, high / factor))
    ]
    return pd.DataFrame(lines, columns=["factor", "x", "y"])


def _guides(ends: list[float]) -> list[alt.Chart]:
    base = alt.Chart(guides(ends)).encode(
        x=alt.X("x:Q", scale=_scale(ends)), y=alt.Y("y:Q", scale=_scale(ends)), detail="factor:N"
    )
    return [
        base.transform_filter("datum.factor != 1").mark_line(
            color=theme.GREY, strokeDash=[3, 4], strokeWidth=1
        ),
        base.transform_filter("datum.factor == 1").mark_line(color=theme.GREY, strokeWidth=1.5),
    ]


def _colour(rows: pd.DataFrame, *, legend: bool = True) -> alt.Color:
    domain, colours = _ordered(rows, theme.SEGMENT_COLOURS, theme.GREY)
    return alt.Color(
        "class_name:N",
        scale=alt.Scale(domain=domain, range=colours),
        legend=_legend() if legend else None,
    )


def _shape(rows: pd.DataFrame) -> alt.Shape:
    domain, shapes = _ordered(rows, theme.SEGMENT_SHAPES, "cross")
    return alt.Shape("class_name:N", scale=alt.Scale(domain=domain, range=shapes), legend=_legend())


def _legend() -> alt.Legend:
    return alt.Legend(orient="top", title=None, symbolOpacity=1, columns=theme.legend_columns(2, 4))


def _ordered(rows: pd.DataFrame, known: dict[str, str], other: str) -> tuple[list[str], list[str]]:
    present = rows.drop_duplicates("segment").set_index("segment")["class_name"]
    order = [name for name in [*known, *sorted(set(present.index) - set(known))] if name in present.index]
    return [str(present[name]) for name in order], [known.get(name, other) for name in order]


def _aims(targets: tuple[float, float]) -> list[alt.Chart]:
    aims = pd.DataFrame({"aim": targets, "said": ["aim: median", "aim: 80th percentile"]}).dropna()
    if aims.empty:
        return []
    rule = alt.Chart(aims).encode(
        x="aim:Q",
        tooltip=[alt.Tooltip("said:N", title="Aim"), alt.Tooltip("aim:Q", title="%", format="g")],
    )
    return [rule.mark_rule(color=theme.GREY, strokeDash=[4, 4])]

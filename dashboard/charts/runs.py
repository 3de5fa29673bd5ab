"""Training runs: layouts over devices, where a step's time goes, the largest run against its history."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import labels, theme

_HEIGHT = 480
_ROW_HEIGHT, _CELL_HEIGHT = 40, 40
# Parts of a step in the order of their stack, under the colours of the roofs.
PARTS = {
    "compute_s": ("Arithmetic", theme.ROOF_COLOURS["compute"]),
    "tensor_s": ("Exchange inside layers", theme.ROOF_COLOURS["network"]),
    "bubble_s": ("Waiting in the pipeline", theme.ROOF_COLOURS["overhead"]),
    "gradient_s": ("Gradients not hidden", theme.ROOF_COLOURS["sram"]),
}
_PALE, _DEEP = "#E7F0F7", "#0B4F86"


def layout_rows(layouts: pd.DataFrame) -> pd.DataFrame:
    """The layouts with their words; one for each pair of tensor and pipeline width.

    Parameters
    ----------
    layouts : pandas.DataFrame
        As `training_layouts.training_layouts` gives them.
    """
    rows = layouts[
        ["tensor", "pipeline", "data", "micro_batches", "model_utilisation", "days", "fits_memory"]
    ].copy()
    rows["text"] = [labels.number(days) for days in rows["days"]]
    rows["mfu"] = [labels.percent(share) for share in rows["model_utilisation"]]
    needed = layouts["state_gb"] + layouts["activation_gb"]
    rows["memory"] = [
        f"{labels.number(need, 3)} of {labels.number(held, 3)} GB"
        for need, held in zip(needed, layouts["memory_gb"], strict=True)
    ]
    rows["verdict"] = rows["fits_memory"].map({True: "fits", False: "does not fit"})
    usable = rows.loc[rows["fits_memory"], "model_utilisation"]
    middle = (usable.min() + usable.max()) / 2 if len(usable) else 1.0
    rows["strong"] = rows["fits_memory"] & (rows["model_utilisation"] > middle)
    return rows


def layout_chart(rows: pd.DataFrame, *, title: str, subtitle: str) -> alt.LayerChart:
    """Heat map of tensor and pipeline width: utilisation as colour, days as text, grey where memory is short.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `layout_rows` gives them.
    title, subtitle : str
    """
    flat = alt.Axis(labelAngle=0, ticks=False, domain=False)
    base = alt.Chart(rows).encode(
        x=alt.X("pipeline:O", title="Stages of layers (pipeline)", axis=flat),
        y=alt.Y("tensor:O", title="Devices a layer (tensor)", sort="descending", axis=flat),
        tooltip=[
            alt.Tooltip("tensor:Q", title="Tensor"),
            alt.Tooltip("pipeline:Q", title="Pipeline"),
            alt.Tooltip("data:Q", title="Copies (data)"),
            alt.Tooltip("micro_batches:Q", title="Micro-batches a copy"),
            alt.Tooltip("mfu:N", title="Utilisation (MFU)"),
            alt.Tooltip("text:N", title="Days"),
            alt.Tooltip("memory:N", title="Memory a device"),
            alt.Tooltip("verdict:N", title="Memory"),
        ],
    )
    colour = alt.Color(
        "model_utilisation:Q",
        scale=alt.Scale(range=[_PALE, _DEEP], zero=False, nice=False),
        legend=alt.Legend(orient="bottom", title="Utilisation (MFU)", gradientLength=220, format=".0%"),
    )
    fits = base.transform_filter("datum.fits_memory").mark_rect(stroke="white", strokeWidth=1)
    ink = alt.condition("datum.strong", alt.value("white"), alt.value("#1b1f24"))
    layers = [
        base.transform_filter("!datum.fits_memory").mark_rect(
            fill=theme.UNKNOWN, fillOpacity=0.35, stroke="white", strokeWidth=1
        ),
        base.transform_filter("!datum.fits_memory")
        .mark_text(fontSize=11, color=theme.INK_SOFT)
        .encode(text="text:N"),
    ]
    if rows["fits_memory"].any():
        layers = [
            fits.encode(color=colour),
            base.transform_filter("datum.fits_memory")
            .mark_text(fontSize=12)
            .encode(text="text:N", color=ink),
            *layers,
        ]
    return theme.styled(layers, title, subtitle, alt.Step(_CELL_HEIGHT))


def step_rows(plans: pd.DataFrame) -> pd.DataFrame:
    """Where a step's time goes: columns label (the device), kind (the part), value (s), share, said.

    Parameters
    ----------
    plans : pandas.DataFrame
        A plan a row, with the column device (names).
    """
    parts = plans.melt(
        id_vars=["device", "step_s"], value_vars=list(PARTS), var_name="part", value_name="value"
    )
    parts = parts[parts["value"].notna()]
    parts["kind"] = parts["part"].map({name: told for name, (told, _) in PARTS.items()})
    parts["rank"] = parts["part"].map({name: rank for rank, name in enumerate(PARTS)})
    parts["share"] = parts["value"] / parts["step_s"]
    parts["said"] = [
        f"{labels.duration(value)} ({labels.percent(share)})"
        for value, share in zip(parts["value"], parts["share"], strict=True)
    ]
    return parts.rename(columns={"device": "label"}).reset_index(drop=True)


def step_chart(rows: pd.DataFrame, *, title: str, subtitle: str) -> alt.LayerChart:
    """Bars of a step's seconds, stacked by part, a row for each device.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `step_rows` gives them.
    title, subtitle : str
    """
    kinds = [told for told, _ in PARTS.values()]
    bars = (
        alt.Chart(rows)
        .mark_bar(size=22)
        .encode(
            x=alt.X("value:Q", title="Time of a step, s", stack="zero", axis=alt.Axis(tickCount=6)),
            y=alt.Y(
                "label:N",
                sort=list(dict.fromkeys(rows["label"])),
                title=None,
                axis=alt.Axis(labelLimit=theme.label_limit(), ticks=False),
            ),
            color=alt.Color(
                "kind:N",
                scale=alt.Scale(domain=kinds, range=[colour for _, colour in PARTS.values()]),
                legend=alt.Legend(orient="top", title=None, columns=theme.legend_columns(1, 0)),
            ),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("label:N", title="Device"),
                alt.Tooltip("kind:N", title="Part"),
                alt.Tooltip("said:N", title="Time"),
            ],
        )
    )
    return theme.styled([bars], title, subtitle, alt.Step(_ROW_HEIGHT))


def track_chart(
    runs: pd.DataFrame,
    track: pd.DataFrame,
    outlook: pd.DataFrame,
    *,
    title: str,
    subtitle: str,
    own: tuple[str, float] | None,
) -> alt.LayerChart:
    """The runs of history as points, the largest run of the scenario and that of history alone as bands.

    Parameters
    ----------
    runs : pandas.DataFrame
        Columns date, training_flop, name, organization, record.
    track, outlook : pandas.DataFrame
        Columns year, p5, p50, p95; FLOP.
    title, subtitle : str
    own : tuple of str and float, optional
        Name and FLOP of a run of the user's own.
    """
    # A year's figure stands in its middle.
    middle = {
        name: frame.assign(date=pd.to_datetime(frame["year"].astype(str) + "-07-01"))
        for name, frame in (("track", track), ("outlook", outlook))
    }
    bands = [
        _track_layers(middle["outlook"], "From its history alone", theme.BLUE),
        _track_layers(middle["track"], "In the scenario", theme.GREEN),
    ]
    points = runs.assign(
        date=pd.to_datetime(runs["date"]),
        kind=runs["record"]
        .fillna(False)
        .astype(bool)
        .map({True: "Record of its time", False: "Notable run"}),
        said=[labels.power_of_ten(flop, "FLOP") for flop in runs["training_flop"]],
    )
    layers = [layer for band in bands for layer in band]
    return theme.styled([*layers, *_own(own), _points(points)], title, subtitle, _HEIGHT)


def _flop(field: str) -> alt.Y:
    return alt.Y(
        f"{field}:Q",
        title="Training, FLOP",
        scale=alt.Scale(type="log", nice=True),
        axis=alt.Axis(format="~e", tickCount=7),
    )


def _track_layers(frame: pd.DataFrame, name: str, colour: str) -> list[alt.Chart]:
    rows = frame.assign(
        name=name,
        said=[labels.power_of_ten(value, "FLOP") for value in frame["p50"]],
        most=[
            f"{labels.power_of_ten(low, '').strip()} to {labels.power_of_ten(high, 'FLOP')}"
            for low, high in zip(frame["p5"], frame["p95"], strict=True)
        ],
    )
    base = alt.Chart(rows).encode(x=alt.X("date:T", title=None))
    tooltip = [
        alt.Tooltip("name:N", title="Largest run"),
        alt.Tooltip("year:Q", title="Year", format="d"),
        alt.Tooltip("said:N", title="Median"),
        alt.Tooltip("most:N", title="5 to 95 %"),
    ]
    colours = alt.Color(
        "name:N",
        scale=alt.Scale(
            domain=["In the scenario", "From its history alone", "Record of its time", "Notable run"],
            range=[theme.GREEN, theme.BLUE, theme.ORANGE, theme.GREY],
        ),
        legend=alt.Legend(orient="top", title=None, symbolOpacity=1, columns=theme.legend_columns(1, 0)),
    )
    return [
        base.mark_area(opacity=0.16, line=False, color=colour).encode(y=_flop("p5"), y2="p95:Q"),
        base.mark_line(strokeWidth=2.4, strokeDash=[7, 4]).encode(y=_flop("p50"), color=colours),
        base.mark_point(size=44, filled=True, opacity=1).encode(
            y=_flop("p50"), color=colours, tooltip=tooltip
        ),
    ]


def _points(points: pd.DataFrame) -> alt.Chart:
    return (
        alt.Chart(points)
        .mark_point(size=42, filled=True, opacity=0.75)
        .encode(
            x=alt.X("date:T", title=None),
            y=_flop("training_flop"),
            color="kind:N",
            tooltip=[
                alt.Tooltip("name:N", title="Run"),
                alt.Tooltip("organization:N", title="By"),
                alt.Tooltip("date:T", title="Published", format="%b %Y"),
                alt.Tooltip("said:N", title="Training"),
                alt.Tooltip("kind:N", title="Kind"),
            ],
        )
    )


def _own(own: tuple[str, float] | None) -> list[alt.Chart]:
    if own is None or not own[1] > 0:
        return []
    line = pd.DataFrame({"flop": [own[1]], "name": [own[0]]})
    base = alt.Chart(line).encode(y=_flop("flop"))
    return [
        base.mark_rule(color=theme.PURPLE, strokeWidth=1.6, strokeDash=[2, 2]),
        base.mark_text(align="left", dx=4, dy=-6, color=theme.PURPLE, fontSize=12).encode(
            x=alt.value(0), text="name:N"
        ),
    ]

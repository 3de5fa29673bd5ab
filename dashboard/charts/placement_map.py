"""Who runs where: workloads against years, and one workload's share taken apart."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import labels, theme

SELECTION = "workload"
_ROW_HEIGHT, _HEIGHT = 22, 340
# From here on white letters can be read on the colour, dark ones before.
_DEEP = 0.8
MEASURES = {
    "edge_share": "Served on devices",
    "able_share": "Devices able to serve",
    "preference": "Preference for the able device",
    "cloud_share": "Served in data centres",
    "unserved_share": "Served nowhere",
}
_LINE_COLOURS = {"able_share": theme.GREEN, "preference": theme.PURPLE, "edge_share": theme.ORANGE}
# Ends of the colours: what is all in the cloud is blue and all on devices orange, as on every page.
_RANGES = {
    "edge_share": [theme.BLUE, theme.BETWEEN, theme.BEYOND],
    "cloud_share": [theme.BEYOND, theme.BETWEEN, theme.BLUE],
    "able_share": [theme.BETWEEN, theme.GREEN],
    "preference": [theme.BETWEEN, theme.PURPLE],
    "unserved_share": [theme.BETWEEN, "#5F6570"],
}


def cell_rows(placed: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The cells of one measure with their words; workloads with the largest share of the last year first.

    Parameters
    ----------
    placed : pandas.DataFrame
        As `placement_map.workload_placement` gives them, with the column workload (names) added.
    measure : str
        One of MEASURES.
    """
    rows = placed[placed["measure"] == measure]
    rows = rows[["workload_id", "workload", "family", "must_run", "year", "p5", "p50", "p95"]].copy()
    last = rows[rows["year"] == rows["year"].max()].set_index("workload_id")["p50"]
    rows["rank"] = rows["workload_id"].map(last)
    rows = rows.sort_values(["rank", "workload", "year"], ascending=[False, True, True])
    rows["text"] = [f"{100 * share:.0f}" for share in rows["p50"]]
    rows["median"] = [labels.percent(share) for share in rows["p50"]]
    pairs = zip(rows["p5"], rows["p95"], strict=True)
    rows["most"] = [f"{labels.percent(low)} to {labels.percent(high)}" for low, high in pairs]
    rows["pinned"] = rows["must_run"].map({"edge": "to the edge", "cloud": "to the cloud"}).fillna("nowhere")
    deep_ends = len(_RANGES[measure]) == 3
    rows["strong"] = (rows["p50"] > _DEEP) | (deep_ends & (rows["p50"] < 1 - _DEEP))
    return rows.reset_index(drop=True)


def placement_chart(rows: pd.DataFrame, measure: str, *, title: str, subtitle: str) -> alt.LayerChart:
    """Heat map of workloads and years; a click chooses the workload.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `cell_rows` gives them.
    measure : str
    title, subtitle : str
    """
    base = alt.Chart(rows).encode(
        x=alt.X("year:O", title=None, axis=alt.Axis(orient="top", labelAngle=0, ticks=False, domain=False)),
        y=alt.Y(
            "workload:N",
            sort=list(dict.fromkeys(rows["workload"])),
            title=None,
            axis=alt.Axis(labelLimit=theme.label_limit(), labelOverlap=False, ticks=False, domain=False),
        ),
        tooltip=[
            alt.Tooltip("workload:N", title="Workload"),
            alt.Tooltip("year:O", title="Year"),
            alt.Tooltip("median:N", title=MEASURES[measure]),
            alt.Tooltip("most:N", title="5 to 95 %"),
            alt.Tooltip("family:N", title="Family"),
            alt.Tooltip("pinned:N", title="Pinned"),
        ],
    )
    colour = alt.Color(
        "p50:Q",
        scale=alt.Scale(
            domain=[0, 0.5, 1] if len(_RANGES[measure]) == 3 else [0, 1],
            range=_RANGES[measure],
            interpolate="rgb",
        ),
        legend=alt.Legend(orient="bottom", title=MEASURES[measure], gradientLength=240, format="%"),
    )
    chosen = alt.selection_point(name=SELECTION, fields=["workload_id"], on="click", empty=False)
    ink = alt.condition("datum.strong", alt.value("white"), alt.value("#1b1f24"))
    return theme.styled(
        [
            base.mark_rect(stroke="white", strokeWidth=1, cursor="pointer")
            .encode(color=colour)
            .add_params(chosen),
            base.mark_text(fontSize=10).encode(text="text:N", color=ink),
        ],
        title,
        subtitle,
        alt.Step(_ROW_HEIGHT),
    )


def share_rows(placed: pd.DataFrame) -> pd.DataFrame:
    """One workload's able share, preference and edge share, in words for the tooltip.

    Parameters
    ----------
    placed : pandas.DataFrame
        Rows of one workload.
    """
    rows = placed[placed["measure"].isin(list(_LINE_COLOURS))].copy()
    rows["name"] = rows["measure"].map(MEASURES)
    rows["median"] = [labels.percent(share) for share in rows["p50"]]
    pairs = zip(rows["p5"], rows["p95"], strict=True)
    rows["most"] = [f"{labels.percent(low)} to {labels.percent(high)}" for low, high in pairs]
    return rows[["year", "measure", "name", "p5", "p50", "p95", "median", "most"]].reset_index(drop=True)


def share_chart(rows: pd.DataFrame, *, title: str, subtitle: str, last_history_year: int) -> alt.LayerChart:
    """Medians with bands over the years; dashed from the last year of history.

    Parameters
    ----------
    rows : pandas.DataFrame
        As `share_rows` gives them.
    title, subtitle : str
    last_history_year : int
    """
    axis = alt.Axis(format="d", tickMinStep=1, grid=False, labelOverlap="parity")
    domain = [int(rows["year"].min()), int(rows["year"].max())]
    x = alt.X("year:Q", title=None, axis=axis, scale=alt.Scale(domain=domain, nice=False, zero=False))
    scale = alt.Scale(domain=[0, 1])
    names = [MEASURES[measure] for measure in _LINE_COLOURS]
    base = alt.Chart(rows).encode(
        x=x,
        color=alt.Color(
            "name:N",
            scale=alt.Scale(domain=names, range=list(_LINE_COLOURS.values())),
            legend=alt.Legend(
                orient="top", title=None, symbolOpacity=1, labelLimit=0, columns=theme.legend_columns(1, 0)
            ),
        ),
    )
    median = base.encode(y=alt.Y("p50:Q", scale=scale))
    tooltip = [
        alt.Tooltip("name:N", title="Share"),
        alt.Tooltip("year:Q", title="Year", format="d"),
        alt.Tooltip("median:N", title="Median"),
        alt.Tooltip("most:N", title="5 to 95 %"),
    ]
    return theme.styled(
        [
            base.mark_area(opacity=0.14, line=False).encode(
                y=alt.Y("p5:Q", title="Share", scale=scale, axis=alt.Axis(format="%")), y2="p95:Q"
            ),
            median.transform_filter(f"datum.year <= {last_history_year}").mark_line(strokeWidth=2.4),
            median.transform_filter(f"datum.year >= {last_history_year}").mark_line(
                strokeWidth=2.4, strokeDash=[7, 4]
            ),
            median.mark_point(size=44, filled=True, opacity=1).encode(tooltip=tooltip),
        ],
        title,
        subtitle,
        _HEIGHT,
    )

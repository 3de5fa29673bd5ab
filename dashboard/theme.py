"""Colours and marks that mean the same on every page, and the look that all charts share."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

AnyChart = (
    alt.Chart
    | alt.LayerChart
    | alt.FacetChart
    | alt.RepeatChart
    | alt.ConcatChart
    | alt.HConcatChart
    | alt.VConcatChart
)

# Okabe and Ito's palette (2008), told apart with every common kind of colour blindness.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
AMBER, SKY, GREY = "#E69F00", "#56B4E9", "#767C85"
# Small print on white, at a contrast of 7 to 1.
INK_SOFT = "#555B64"
FONT = "Source Sans, Liberation Sans, Arial, sans-serif"

SERIES_COLOURS = {"training": GREEN, "cloud_inference": BLUE, "edge_inference": ORANGE}
SERIES_SHAPES = {"training": "diamond", "cloud_inference": "square", "edge_inference": "circle"}
ROOF_COLOURS = {
    "memory": BLUE,
    "compute": ORANGE,
    "sram": SKY,
    "network": PURPLE,
    "overhead": AMBER,
    "power": GREEN,
}
SEGMENT_COLOURS = {
    "datacenter": BLUE,
    "server_cpu": BLUE,
    "workstation": SKY,
    "pc": GREEN,
    "tablet": ORANGE,
    "phone": ORANGE,
    "wearable": AMBER,
    "vehicle": PURPLE,
    "robot": PURPLE,
    "edge": AMBER,
    "edge_module": AMBER,
    "edge_accelerator": AMBER,
    "home_iot": AMBER,
}
SEGMENT_SHAPES = {
    "datacenter": "square",
    "server_cpu": "diamond",
    "workstation": "square",
    "pc": "circle",
    "tablet": "square",
    "phone": "circle",
    "wearable": "triangle-down",
    "vehicle": "diamond",
    "robot": "triangle-up",
    "edge": "circle",
    "edge_module": "square",
    "edge_accelerator": "triangle-up",
    "home_iot": "diamond",
}
LINE_COLOURS = [BLUE, ORANGE, GREEN, PURPLE, AMBER, SKY]

CONFIDENCE_COLOURS = {
    "cited": BLUE,
    "derived": SKY,
    "recalled": AMBER,
    "estimated": ORANGE,
    "judgement": PURPLE,
}
VERDICT_COLOURS = {"reproduced": BLUE, "differs": ORANGE, "published": GREY}

# Blue where the budget holds, orange where it fails, pale between: told apart by lightness and hue.
WITHIN, BETWEEN, BEYOND, UNKNOWN = "#2B7BBA", "#F1EEE8", "#C4500A", "#A7ACB4"

CONFIDENCE_MARKS = {
    "cited": "● cited",
    "derived": "● derived",
    "recalled": "◐ recalled",
    "estimated": "◔ estimated",
    "judgement": "○ judgement",
}
CONFIDENCE_MEANINGS = {
    "cited": "seen in a public document",
    "derived": "arithmetic on cited figures",
    "recalled": "published, but quoted from memory: not checked against the document",
    "estimated": "filled in from neighbouring figures",
    "judgement": "an opinion, made explicit",
}
# Widths of the plot, in pixels, for which titles are wrapped.
_WIDTHS, _NARROWEST = (900, 640, 440), 270
_MOST_DECADES = 6

# The tab's sign, drawn here so that nothing is fetched: an edge beside a cloud.
ICON = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">
<circle cx="8" cy="15" r="5" fill="{ORANGE}"/><circle cx="16" cy="9" r="6" fill="{BLUE}" fill-opacity="0.85"/>
</svg>"""

LOGO = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 132 24">
<circle cx="8" cy="15" r="5" fill="{ORANGE}"/><circle cx="16" cy="9" r="6" fill="{BLUE}" fill-opacity="0.85"/>
<text x="30" y="18" font-family="Source Sans, sans-serif" font-size="19" fill="{GREY}">Edgewise</text>
</svg>"""

# Room for charts on a wide screen without lines too long to read; less air at the top.
# Words inside charts take the page's own colour: no one grey has a contrast of 4.5 on white and on black.
STYLE = f"""<style>
.stMainBlockContainer {{max-width: clamp(1480px, 70vw, 1800px); margin: 0 auto; padding-top: 4.2rem;
  padding-bottom: 3rem;}}
[data-testid="stVegaLiteChart"] {{overflow-x: auto;}}
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p {{color: inherit; opacity: 0.9;}}
[data-testid="stMarkdownContainer"] :is(p, li) {{max-width: 56rem;}}
a[href^="method?view=glossary"] {{color: inherit !important; text-decoration: underline dotted;
  text-underline-offset: 0.2em; cursor: help;}}
a[href^="method?view=glossary"]:focus-visible::after {{content: attr(title); position: fixed; left: 1rem;
  bottom: 1rem; max-width: min(40rem, calc(100vw - 2rem)); box-sizing: border-box; padding: 0.6rem 0.9rem;
  z-index: 1000; background: #1b1f24; color: white; border: 1px solid #767C85; border-radius: 0.5rem;
  font-size: 0.9rem; font-weight: 400;}}
[data-testid="stVegaLiteChart"] svg :is(.role-axis-label, .role-axis-title, .role-legend-label,
  .role-legend-title, .role-header, .role-title-text, .role-title-subtitle) text,
[data-testid="stVegaLiteChart"] svg text[fill="{INK_SOFT}"] {{fill: currentColor; fill-opacity: 0.86;}}
[data-testid="stCaptionContainer"] code {{color: inherit;}}
.stMultiSelect [data-tag] {{background-color: #0072B2;}}
[data-testid="stBaseButton-primary"] {{background-color: #0072B2; border-color: #0072B2; color: white;}}
.st-key-above {{min-height: 2.6rem;}}
.edgewise-unseen {{position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);}}
[data-testid="stTextArea"] textarea {{font-family: "Source Code Pro", monospace;}}
</style>"""


def styled(
    layers: Sequence[alt.Chart],
    title: str,
    subtitle: str,
    height: int | alt.Step,
    width: str | alt.Step = "container",
) -> alt.LayerChart:
    """One chart of the layers, with its finding as the title, a line below it, and the size all charts share.

    Parameters
    ----------
    layers : sequence of altair.Chart
    title : str
        What the chart shows, as a sentence.
    subtitle : str
        What is drawn: quantity, sense, band.
    height : int or altair.Step
        Pixels of the plot, or of each of its rows.
    width : str or altair.Step
        That of the page, or pixels of each column.
    """
    heading = alt.TitleParams(
        text=_wrapped_to_width(title, 8.6),
        # The grammar takes no expression here: lines that fit the narrowest screen.
        subtitle=wrapped(subtitle, 58),
        anchor="start",
        fontSize=16,
        subtitleFontSize=12,
        subtitleColor=INK_SOFT,
        offset=14,
    )
    return alt.LayerChart(layer=list(layers)).properties(title=heading, height=height, width=width)


def spoken_title(heading: Mapping[str, Any]) -> str:
    """The title of a chart made by `styled`, as its specification holds it, in one line of text."""
    # The last choice of the expression, for the narrowest screen; no quote stands bare inside its lines.
    lines: list[str] = json.loads('["' + heading["text"]["expr"].rpartition(' : ["')[2])
    return " ".join(lines)


def _wrapped_to_width(text: str, letter_px: float) -> alt.ExprRef:
    # A title does not wrap by itself, and only the browser knows the width.
    choices = "".join(
        f"width > {width} ? {json.dumps(wrapped(text, int(width / letter_px)))} : " for width in _WIDTHS
    )
    return alt.ExprRef(expr=choices + json.dumps(wrapped(text, int(_NARROWEST / letter_px))))


def decades(lowest: float, highest: float) -> list[float] | None:
    """Marks of a logarithmic axis: powers of ten between two values, or every second; None where too few."""
    first, last = math.ceil(math.log10(lowest) - 1e-9), math.floor(math.log10(highest) + 1e-9)
    step = 1 if last - first <= _MOST_DECADES else 2
    return [10.0**exponent for exponent in range(first, last + 1, step)] if last - first >= 2 else None


def legend_columns(narrow: int, wide: int) -> alt.ExprRef:
    """Columns of a legend on a narrow and on a wide screen; 0 sets all entries in one row."""
    return alt.ExprRef(expr=f"width < 440 ? {narrow} : {wide}")


def label_limit() -> alt.ExprRef:
    """Pixels that the names of rows may take on a narrow and on a wide screen."""
    return alt.ExprRef(expr="width < 440 ? 130 : 330")


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of at most `width` letters: a chart's title does not wrap by itself."""
    lines: list[str] = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if len(joined) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = joined
    return lines

"""A chart as a picture that stands alone: white ground, its source below it, its text alternative inside."""

from __future__ import annotations

import html
import re
import textwrap
from typing import Any

from dashboard import theme
from dashboard.theme import AnyChart

# Pixels: the plot of a chart that fills the page, a line of the source, and the air around both.
_PLOT_WIDTH, _LINE_HEIGHT, _MARGIN = 900, 15, 10
_LETTER_WIDTH = 5.6
_PNG_SCALE = 2.0
_CONFIG = {"font": theme.FONT, "view": {"stroke": None}}
_EXPONENT, _TEXT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+"), re.compile(">[^<]+<")
_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789−")
_SIZE = re.compile(r'(<svg[^>]*?) width="([\d.]+)" height="([\d.]+)" viewBox="0 0 [\d.]+ [\d.]+"')


def chart_svg(chart: AnyChart, *, alternative: str, source: str) -> str:
    """SVG of the chart with the source line below it, made on this machine.

    Parameters
    ----------
    chart : altair chart
    alternative : str
        The chart in words; becomes the picture's description.
    source : str
        The source line.
    """
    import vl_convert

    drawn = vl_convert.vegalite_to_svg(_fixed_width(chart), config=_CONFIG, allowed_base_urls=[])
    return _with_source(_raised(drawn), alternative, source)


def chart_png(chart: AnyChart, *, alternative: str, source: str) -> bytes:
    """PNG of what `chart_svg` gives, at twice its size."""
    import vl_convert

    svg = chart_svg(chart, alternative=alternative, source=source)
    return bytes(vl_convert.svg_to_png(svg, scale=_PNG_SCALE))


def _fixed_width(chart: AnyChart) -> dict[str, Any]:
    spec = chart.to_dict()
    if spec.get("width") == "container":
        spec["width"] = _PLOT_WIDTH
    return {**spec, "background": "white", "padding": 12}


def _raised(svg: str) -> str:
    """Exponents as raised digits: the letters that are raised already are missing in many fonts."""
    return _TEXT.sub(lambda found: _EXPONENT.sub(_raised_digits, found[0]), svg)


def _raised_digits(found: re.Match[str]) -> str:
    digits = found[0].translate(_PLAIN)
    return f'<tspan dy="-0.4em" font-size="75%">{digits}</tspan><tspan dy="0.3em">\u200b</tspan>'


def _with_source(svg: str, alternative: str, source: str) -> str:
    found = _SIZE.search(svg)
    if found is None:
        return svg
    width, height = float(found[2]), float(found[3])
    lines = textwrap.wrap(source.replace("`", ""), max(20, int((width - 2 * _MARGIN) / _LETTER_WIDTH)))
    total = height + _LINE_HEIGHT * len(lines) + (_MARGIN if lines else 0)
    sized = f'{found[1]} width="{width:g}" height="{total:g}" viewBox="0 0 {width:g} {total:g}" role="img"'
    ground = f'><desc>{html.escape(alternative)}</desc><rect width="100%" height="100%" fill="white"/>'
    opened = svg[: found.start()] + sized + svg[found.end() :].replace(">", ground, 1)
    written = "".join(
        f'<text x="{_MARGIN}" y="{height + _LINE_HEIGHT * (place + 0.7):g}" font-family="{theme.FONT}" '
        f'font-size="11" fill="{theme.INK_SOFT}">{html.escape(line)}</text>'
        for place, line in enumerate(lines)
    )
    return opened.removesuffix("</svg>") + _raised(written) + "</svg>"

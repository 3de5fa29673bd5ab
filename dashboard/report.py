"""The present view as one HTML file that stands alone: answer, charts, settings, assumptions, sources."""

from __future__ import annotations

import html
from collections.abc import Mapping
from datetime import date

import pandas as pd

from dashboard import figures, labels, provenance, theme
from dashboard.figures import PageView

MOST_ROWS = 200
_ASSUMPTIONS = {
    "name": "Assumption",
    "unit": "Unit",
    "low": "5 %",
    "central": "Median",
    "high": "95 %",
    "confidence": "Confidence",
    "source": "Source",
    "overridden_by": "Set by",
}
_STYLE = f"""
body {{font-family: {theme.FONT}; color: #1b1f24; background: white; max-width: 1000px; margin: 2rem auto;
  padding: 0 1rem; line-height: 1.5;}}
svg {{max-width: 100%; height: auto;}}
table {{border-collapse: collapse; font-size: 0.85rem; margin: 0.5rem 0 1.5rem;}}
th, td {{border: 1px solid #c9ced6; padding: 0.25rem 0.5rem; text-align: left; vertical-align: top;}}
td.number {{text-align: right; white-space: nowrap;}}
small {{color: {theme.INK_SOFT};}}
"""


def report_html(
    view: PageView,
    *,
    title: str,
    address: str,
    version: str,
    made: date,
    assumptions: pd.DataFrame | None = None,
) -> str:
    """The view as HTML; every name that a user could have chosen is escaped, nothing is fetched.

    Parameters
    ----------
    view : PageView
    title : str
        Of the page.
    address : str
        Page and settings, to find the view again.
    version : str
        Of Edgewise and its data, in words.
    made : date
    assumptions : pandas.DataFrame, optional
        Resolved assumptions with the column source; listed where the page's numbers hang on them.
    """
    parts = [f"<h1>{_safe(title)}</h1>", f"<p><small>{_safe(version)}, made {made.isoformat()}.</small></p>"]
    if view.sentences:
        parts.append(_list([labels.unescaped(sentence) for sentence in view.sentences]))
    parts += [_figure(figure) for figure in view.figures.values()]
    parts.append(f"<h2>Settings</h2>{_settings(view.settings)}<p><small>{_safe(address)}</small></p>")
    if assumptions is not None:
        parts.append(f"<h2>Assumptions</h2>{_table(assumptions, _ASSUMPTIONS)}")
    sources = dict.fromkeys(figure.source for figure in view.figures.values())
    if sources:
        parts.append(f"<h2>Sources</h2>{_list(list(sources))}")
    head = f'<meta charset="utf-8"><title>Edgewise: {_safe(title)}</title><style>{_STYLE}</style>'
    return f'<!DOCTYPE html><html lang="en"><head>{head}</head><body>{"".join(parts)}</body></html>'


def with_sources(assumptions: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Resolved assumptions with the titles of their sources, for `report_html`."""
    return assumptions.assign(source=provenance.source_of(tables, assumptions["source_id"]))


def _figure(figure: figures.Figure) -> str:
    rows = figure.rows()
    told = f"<p><small>{_safe(figure.alternative)}</small></p>"
    few = rows.head(MOST_ROWS)
    note = f"{labels.counted(len(rows), 'row')}"
    if len(rows) > MOST_ROWS:
        note = f"The first {MOST_ROWS} of {note}; the chart's CSV has all"
    numbers = f"<details><summary>{note}</summary>{_table(few, {name: name for name in few})}</details>"
    return f"<figure>{figures.svg(figure)}{told}{numbers}</figure>"


def _settings(settings: Mapping[str, str]) -> str:
    shown = {name: value for name, value in settings.items() if name != "v"}
    if not shown:
        return "<p>As the page opens.</p>"
    return _table(pd.DataFrame(list(shown.items()), columns=["Setting", "Value"]), None)


def _table(rows: pd.DataFrame, titles: Mapping[str, str] | None) -> str:
    names = [name for name in (titles or rows.columns) if name in rows]
    head = "".join(f"<th>{_safe((titles or {}).get(name, name))}</th>" for name in names)
    body = "".join(
        f"<tr>{''.join(_cell(value) for value in row)}</tr>"
        for row in rows[names].itertuples(index=False, name=None)
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f'<td class="number">{"–" if pd.isna(value) else format(value, ".4g")}</td>'
    return f"<td>{'–' if value is None or value is pd.NA else _safe(str(value))}</td>"


def _list(sentences: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{_safe(sentence)}</li>' for sentence in sentences)}</ul>"


def _safe(text: object) -> str:
    return html.escape(str(text))

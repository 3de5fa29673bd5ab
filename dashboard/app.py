"""The app: one table of pages. Start it with ``edgewise dashboard`` or ``streamlit run dashboard/app.py``."""

from __future__ import annotations

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
# Streamlit puts this folder first on the path: the packages lie one floor up, and charts is dashboard.charts.
sys.path[:] = [str(_HERE.parent), *(p for p in sys.path if p != str(_HERE) and p != str(_HERE.parent))]

import streamlit as st  # noqa: E402

from dashboard import gate, page_tools, theme  # noqa: E402
from datasets import connections  # noqa: E402

PAGES = (
    ("forecast", "Forecast", ":material/show_chart:"),
    ("compare", "Compare", ":material/compare_arrows:"),
    ("drivers", "Drivers", ":material/tune:"),
    ("devices", "Devices", ":material/memory:"),
    ("budgets", "Budgets", ":material/grid_on:"),
    ("placement", "Placement", ":material/alt_route:"),
    ("training", "Training", ":material/model_training:"),
    ("evidence", "Evidence", ":material/fact_check:"),
    ("method", "Method", ":material/functions:"),
    ("data", "Data", ":material/database:"),
)


def main() -> None:
    """Draw the page that the address names; the first one is the default."""
    st.set_page_config(page_title="Edgewise", page_icon=theme.ICON, layout="wide")
    st.html(theme.STYLE)
    st.logo(theme.LOGO, size="large")
    connections.guard_writes(gate.refuse_writes)
    if not gate.entered():
        return
    gate.frame()
    pages = [
        st.Page(_HERE / "app_pages" / f"{name}.py", title=title, icon=icon, url_path=name, default=index == 0)
        for index, (name, title, icon) in enumerate(PAGES)
    ]
    page = st.navigation(pages, position="top")
    # Their place is above the page, but the page is what a reader waits for.
    above = st.container(key="above")
    page.run()
    with above:
        page_tools.shown(page.url_path or PAGES[0][0], page.title, pages)


main()

"""What the forecast's methods would have said from past dates, against what came and against baselines."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import address, analyses, controls, figures, labels, provenance, tables
from dashboard.charts import backtests
from dashboard.glossary import TERMS
from datasets.database import Snapshot
from forecasting.backtest import backtest_summary

_BASELINES = ("no_change", "constant_growth")
_EACH_YEAR = {"1": "One a year", "2": "Two a year", "4": "Four a year"}
_SUMMARY = {
    "name": "Method",
    "horizon_years": "Years ahead",
    "forecasts": "Forecasts",
    "mae_oom": "Mean absolute error, orders of magnitude",
    "bias_oom": "Mean error, orders of magnitude",
    "coverage_pct": "Inside the 80 % interval, %",
    "coverage_range": "That share may be, %",
    "apart": "Forecasts a horizon apart",
    "crps_oom": "CRPS, orders of magnitude",
    "log_score": "Log score",
}
_HELPS = {
    "mae_oom": TERMS["Order of magnitude"],
    "crps_oom": TERMS["CRPS"],
    "coverage_range": "95 % interval of the share by the forecasts that lie a horizon apart: few say little.",
    "apart": "Forecasts that can lie a horizon apart; the others share most of what they foresee.",
    "log_score": "Logarithm of the probability density at the outcome; more is better.",
    "bias_oom": "Above zero: the method foresaw too much.",
}


def fields(current: Snapshot) -> list[address.Field]:
    """The view's state: the method drawn, and how many dates it is asked from."""
    return [
        address.option("method", list(backtests.METHODS), "blend"),
        address.option("origins", list(_EACH_YEAR), "1"),
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
        "From each past date, a method sees only the training runs published before it and foresees the "
        "largest run one to five years on. The same was asked of two baselines: that nothing changes, and "
        "that "
        "growth goes on as it was."
    )
    row = st.container(horizontal=True, vertical_alignment="bottom")
    method = controls.picked(
        row, "Method", address.key(page, "method"), list(backtests.METHODS), backtests.METHODS, width=270
    )
    origins = controls.picked(
        row, "Forecasts", address.key(page, "origins"), list(_EACH_YEAR), _EACH_YEAR, width=200
    )
    frame = analyses.backtested(current, int(origins))
    summary = backtest_summary(frame)
    _outlook(frame[frame["method"] == method], method)
    _misses(summary)
    st.subheader("Scores by method and horizon", anchor=False)
    tables.table(
        summary.assign(
            name=summary["method"].map(backtests.METHODS).fillna(summary["method"]),
            coverage_pct=100.0 * summary["coverage"],
            coverage_range=[
                f"{100 * row.coverage_low:.0f} to {100 * row.coverage_high:.0f}"
                for row in summary.itertuples()
            ],
        ),
        _SUMMARY,
        name="backtest_scores",
        alt="Error, coverage and scores of each method by horizon",
        helps=_HELPS,
    )
    st.caption("The same from the command line: `edgewise backtest --summary`.")


def _outlook(frame: pd.DataFrame, method: str) -> None:
    rows = backtests.outlook_rows(frame)
    inside = int(frame["inside"].sum())
    title = (
        f"{backtests.METHODS[method]}: {inside} of {labels.counted(len(frame), 'outcome')} lie inside the "
        f"80 % "
        f"interval; the mean miss is {labels.number(frame['error_oom'].abs().mean())} orders of magnitude"
    )
    figures.figure(
        partial(
            backtests.outlook_chart,
            rows,
            title=title,
            subtitle="Points and rules: median and 80 % interval, at the date foreseen; grey: the record "
            "that came",
        ),
        rows=frame,
        name="backtest",
        alt=f"{title}. Forecasts from {rows['made'].iloc[0]} to {rows['made'].iloc[-1]}, one to five "
        f"years ahead, "
        "over the record of training runs, logarithmic axis.",
        source=f"training runs from {provenance.EPOCH_CREDIT}, Notable AI Models; today's estimates of "
        f"past runs.",
    )


def _misses(summary: pd.DataFrame) -> None:
    nearest = summary[summary["horizon_years"] == summary["horizon_years"].min()].set_index("method")[
        "mae_oom"
    ]
    years = int(summary["horizon_years"].min())
    others = [
        f"{backtests.METHODS[name].partition(' (')[0].lower()} by {labels.number(nearest[name])}"
        for name in _BASELINES
        if name in nearest
    ]
    title = (
        f"{labels.counted(years, 'year')} ahead the blend misses by {labels.number(nearest['blend'])} "
        f"orders of "
        f"magnitude, {labels.listed(others)}"
    )
    rows = backtests.miss_rows(summary)
    figures.figure(
        partial(
            backtests.miss_chart,
            rows,
            title=title,
            subtitle="Mean absolute error by horizon; dashed: baselines. 0.3 is a factor of two",
        ),
        rows=summary,
        name="backtest_misses",
        alt=f"{title}. Line chart of the error over the horizon, a line a method; the table below holds "
        f"the values.",
        source=f"training runs from {provenance.EPOCH_CREDIT}, Notable AI Models.",
    )

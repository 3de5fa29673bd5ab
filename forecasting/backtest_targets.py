"""What is sought of the backtest of the record training run, and what is reached."""

from __future__ import annotations

import pandas as pd

from forecasting.backtest_methods import BASELINES

# Orders of magnitude by horizon in years, below what plain refits reach from yearly origins since 2019.
MEAN_ABSOLUTE_ERROR = {1: 0.20, 3: 0.30, 5: 0.36}
COVERAGE = (0.75, 0.90)
COLUMNS = ["target", "horizon_years", "sought", "reached", "met", "note"]


def backtest_targets(summary: pd.DataFrame, method: str = "blend") -> pd.DataFrame:
    """Targets of a method, each with what a backtest reached.

    Parameters
    ----------
    summary : DataFrame
        As `backtest.backtest_summary` returns it.
    method : str

    Returns
    -------
    DataFrame
        Columns target (``mean absolute error``, ``coverage of the 80 % interval``, ``log score over the
        better baseline``), horizon_years, sought, reached, met, note (on how many forecasts a
        coverage stands, and what it leaves possible). Horizons without a forecast are left out.
    """
    scores = summary.set_index(["method", "horizon_years"])
    rows = []
    for horizon, sought in MEAN_ABSOLUTE_ERROR.items():
        if (method, horizon) not in scores.index:
            continue
        own = scores.loc[(method, horizon)]
        error, held = float(own["mae_oom"]), float(own["coverage"])
        gain = float(own["log_score"] - max(scores.loc[(b, horizon), "log_score"] for b in BASELINES))
        rows += [
            ("mean absolute error", horizon, f"below {sought:.2f}", error, error < sought, ""),
            (
                "coverage of the 80 % interval",
                horizon,
                f"{COVERAGE[0]:.2f} to {COVERAGE[1]:.2f}",
                held,
                COVERAGE[0] <= held <= COVERAGE[1],
                _coverage_note(own),
            ),
            ("log score over the better baseline", horizon, "above 0", gain, gain > 0, ""),
        ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _coverage_note(own: pd.Series) -> str:
    told = (
        f"{own['forecasts']:.0f} forecasts of which {own['apart']:.0f} lie a horizon apart, which leaves "
        f"{own['coverage_low']:.2f} to {own['coverage_high']:.2f} possible"
    )
    if COVERAGE[0] <= own["coverage"] <= COVERAGE[1]:
        return told
    return f"intervals {'too wide' if own['coverage'] > COVERAGE[1] else 'too narrow'}, by {told}"


def target_sentences(targets: pd.DataFrame) -> list[str]:
    """One line a target: what was sought, reached and missed."""
    lines = []
    for name, rows in targets.groupby("target", sort=False):
        parts = [
            f"{row.reached:.3f} after {row.horizon_years} yr ({row.sought}: {'met' if row.met else 'missed'}"
            + (f", {row.note})" if row.note else ")")
            for row in rows.itertuples()
        ]
        lines.append(f"blend, {name}: {'; '.join(parts)}.")
    return lines

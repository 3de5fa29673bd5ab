"""What figure 4 of the first source document could mean, held against facts and against the draws."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.errors import InvalidValue
from forecasting.evaluation import plans_by_scenario
from forecasting.projection import DEFAULT_DRAWS, SENSES, Projection, projection
from forecasting.quantities import quantity_draws
from forecasting.replay import SERIES, published_points, published_shares
from forecasting.scenarios import Tables, scenario_table
from forecasting.years import HOURS_PER_YEAR, LAST_HISTORY_YEAR, LAST_YEAR, YEARS

Array = NDArray[np.float64]
# Read so, the printed number counts operations of a year and not of a second.
FLOP_PER_PRINTED_TOPS = 1e24
_SECONDS_PER_YEAR = HOURS_PER_YEAR * 3600
_BOARD, _BOARD_AS_QUOTED = "tesla_hw4", "Tesla HW4 / AI4 (board, 2 SoC)"
_FIRST_RUN = (pd.Timestamp("2022-07-01"), pd.Timestamp("2023-07-01"))
_SHARE_STATEMENTS = {
    "edge_inference": "edge_share_at_least",
    "cloud_inference": "cloud_share_at_most",
    "training": "training_share_at_most",
}
READING_COLUMNS = [
    "reading",
    "series",
    "year",
    "value",
    "unit",
    "compared_with",
    "low",
    "central",
    "high",
    "orders_of_magnitude",
    "verdict",
]
PROBABILITY_COLUMNS = [
    "scenario_id",
    "sense",
    "statement",
    "published",
    "p5",
    "p50",
    "p95",
    "probability",
    "draws",
    "median_holds_until",
]


def literal_counts(tables: Tables) -> pd.DataFrame:
    """The figure's end points as printed, counted in devices of the catalogue.

    Returns
    -------
    DataFrame
        Columns series, year, tops, h100s (dense 8-bit peak), hw4_boards (dense 8-bit peak of the catalogue)
        and hw4_boards_as_quoted (at the peak that the same document quotes for the board).

    Raises
    ------
    InvalidValue
        If a device or the quoted peak is missing from the tables.
    """
    points = published_points(tables)
    points = points[points["year"] == LAST_YEAR]
    tops = points["ops_per_s"] / 1e12
    return pd.DataFrame(
        {
            "series": points["series"],
            "year": points["year"],
            "tops": tops,
            "h100s": tops / _dense_tops(tables, "h100_sxm"),
            "hw4_boards": tops / _dense_tops(tables, _BOARD),
            "hw4_boards_as_quoted": tops / _quoted_tops(tables),
        }
    ).reset_index(drop=True)


def _dense_tops(tables: Tables, device_id: str) -> float:
    peaks = tables["device_peaks"]
    rows = peaks[(peaks["device_id"] == device_id) & (peaks["precision"] == "int8")]
    if rows.empty:
        raise InvalidValue(
            f"Device '{device_id}' has no int8 peak: figure 4 is counted in it, restore the row."
        )
    return float(rows["dense_tops"].iloc[0])


def _quoted_tops(tables: Tables) -> float:
    figures = tables["source_figures"]
    rows = figures[(figures["device"] == _BOARD_AS_QUOTED) & (figures["quantity"] == "peak compute")]
    if rows.empty:
        raise InvalidValue(
            f"source_figures has no peak of '{_BOARD_AS_QUOTED}': figure 4 is counted in it, restore the row."
        )
    return float(rows["value"].iloc[0])


def figure_4_readings(tables: Tables, drawn: Projection) -> pd.DataFrame:
    """The figure's points under each reading, against what stands or runs in a scenario, and a verdict.

    Read literally, a point of 2030 is held against the dense peak that stood at the end of 2025. Read as 1e24
    FLOP a year, it is held against the operations executed in its year and, for training in 2022, against the
    largest run finished from mid-2022 to mid-2023.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    drawn : Projection
        A scenario's draws.

    Returns
    -------
    DataFrame
        Columns reading (``literal``, ``flop_a_year``), series, year, value, unit, compared_with; low, central
        and high (5, 50 and 95 % of what it is compared with), orders_of_magnitude (log10 of value over
        central) and verdict: ``fits`` inside the band, ``below`` or ``above`` it, ``impossible`` where it
        exceeds in 95 of 100 draws what the installed hardware could run all year.
    """
    points = published_points(tables)
    ends = points[points["year"] == LAST_YEAR].set_index("series")["ops_per_s"]
    rows = []
    for series in SERIES:
        standing = _total(drawn, series, "capacity")[:, _column(LAST_HISTORY_YEAR)]
        told = f"dense 8-bit peak at the end of {LAST_HISTORY_YEAR}"
        rows.append(_reading("literal", series, LAST_YEAR, ends[series], "OP/s", told, standing))
    first = points[(points["series"] == "training") & (points["year"] == YEARS[0])]["ops_per_s"].iloc[0]
    run, name = _largest_first_run(tables)
    rows.append(
        _reading("flop_a_year", "training", int(YEARS[0]), _as_flop(first), "FLOP", name, np.array([run]))
    )
    for series in SERIES:
        executed, possible = (
            _total(drawn, series, sense)[:, _column(LAST_YEAR)] * _SECONDS_PER_YEAR
            for sense in ("demand", "available")
        )
        value = _as_flop(ends[series])
        told = f"operations executed in {LAST_YEAR}"
        row = _reading("flop_a_year", series, LAST_YEAR, value, "FLOP", told, executed)
        if value > np.quantile(possible, 0.95):
            row["verdict"] = "impossible"
        rows.append(row)
    return pd.DataFrame(rows, columns=READING_COLUMNS)


def _as_flop(ops_per_s: float) -> float:
    return ops_per_s / 1e12 * FLOP_PER_PRINTED_TOPS


def _largest_first_run(tables: Tables) -> tuple[float, str]:
    runs = tables["training_runs"]
    dates = pd.to_datetime(runs["date"])
    near = runs[runs["record"].fillna(False) & (dates >= _FIRST_RUN[0]) & (dates < _FIRST_RUN[1])]
    if near.empty:
        raise InvalidValue(
            "training_runs has no record run from mid-2022 to mid-2023: figure 4 starts there."
        )
    largest = near.loc[near["training_flop"].idxmax()]
    return float(largest["training_flop"]), f"largest run finished by mid-2023: {largest['name']}"


def _reading(
    reading: str, series: str, year: int, value: float, unit: str, compared_with: str, against: Array
) -> dict[str, object]:
    low, central, high = _band(against)
    # A single fact has no band of its own: half an order of magnitude stands for "about the same".
    floor, ceiling = (low, high) if low < high else (central / np.sqrt(10), central * np.sqrt(10))
    verdict = "below" if value < floor else "above" if value > ceiling else "fits"
    numbers = (low, central, high, float(np.log10(value / central)))
    return dict(
        zip(
            READING_COLUMNS,
            (reading, series, year, value, unit, compared_with, *numbers, verdict),
            strict=True,
        )
    )


def figure_4_probabilities(
    tables: Tables,
    scenario_ids: Sequence[str] | None = None,
    *,
    draws: int = DEFAULT_DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    """How probable scenarios hold the figure's shares of 2030 and its growth of training, in each sense.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    scenario_ids : sequence of str, optional
        All that have draws, if left out.
    draws, seed : int

    Returns
    -------
    DataFrame
        As `figure_4_probability`, scenario by scenario.

    Raises
    ------
    UnknownName, InvalidValue
        As in `projection.projection`.
    """
    if scenario_ids is None:
        known = scenario_table(tables)
        scenario_ids = known.loc[known["kind"] == "model", "scenario_id"].tolist()
    plans = plans_by_scenario(tables, scenario_ids)
    frames = [
        figure_4_probability(tables, projection(tables, name, draws=draws, seed=seed, plan=plan))
        for name, plan in plans.items()
    ]
    return pd.concat(frames, ignore_index=True)


def figure_4_probability(tables: Tables, drawn: Projection) -> pd.DataFrame:
    """How probable one projection holds the figure's shares of 2030 and its growth of training.

    Statements: ``edge_share_at_least``, ``cloud_share_at_most`` and ``training_share_at_most`` the published
    share; ``all_shares``: the three at once; ``training_growth_at_least`` the published yearly factor from
    2022 to 2030.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    drawn : Projection

    Returns
    -------
    DataFrame
        Columns scenario_id, sense, statement, published, p5, p50, p95 (of the projection in 2030; NaN for
        ``all_shares``), probability (share of the draws: 0 of 2,000 means rarer than they can tell), draws
        and median_holds_until (the last year in which the statement about a share holds for the median draw;
        NaN where in none, and for the others).
    """
    shares = published_shares(tables)
    rows = []
    for sense in SENSES:
        totals = {series: _total(drawn, series, sense) for series in SERIES}
        whole = np.sum(list(totals.values()), axis=0)
        together = np.ones(len(whole), dtype=bool)
        for series, statement in _SHARE_STATEMENTS.items():
            sign = 1 if statement.endswith("least") else -1
            share, published = totals[series] / whole, shares[series]
            held = sign * share[:, -1] >= sign * published
            together &= held
            until = YEARS[sign * np.median(share, axis=0) >= sign * published]
            rows.append(
                (sense, statement, published, share[:, -1], held, until[-1] if len(until) else np.nan)
            )
        rows.append((sense, "all_shares", np.nan, np.full(len(whole), np.nan), together, np.nan))
        rows.append((sense, *_growth_statement(tables, totals["training"]), np.nan))
    return pd.DataFrame(
        [
            (drawn.scenario_id, sense, statement, published, *_band(values), np.mean(held), len(held), until)
            for sense, statement, published, values, held, until in rows
        ],
        columns=PROBABILITY_COLUMNS,
    )


def _growth_statement(tables: Tables, training: Array) -> tuple[str, float, Array, NDArray[np.bool_]]:
    points = published_points(tables)
    printed = points[points["series"] == "training"].set_index("year")["ops_per_s"]
    span = float(YEARS[-1] - YEARS[0])
    published = float((printed[YEARS[-1]] / printed[YEARS[0]]) ** (1 / span))
    growth = (training[:, -1] / training[:, 0]) ** (1 / span)
    # The last bit of a root must not decide whether a growth equal to the published one counts.
    return "training_growth_at_least", published, growth, growth >= published * (1 - 1e-12)


def _band(values: Array) -> list[float]:
    return [float(np.quantile(values, q)) for q in (0.05, 0.5, 0.95)]


def _total(drawn: Projection, series: str, sense: str) -> Array:
    return np.asarray(np.sum(list(quantity_draws(drawn, "ops", series, sense).values()), axis=0))


def _column(year: int) -> int:
    return int(np.flatnonzero(year == YEARS)[0])

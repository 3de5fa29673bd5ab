"""The forecast: all series, senses, segments and draws of a scenario in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from datasets.errors import InvalidValue, UnknownName
from forecasting.accelerators import h100_peak_ops_per_s
from forecasting.assumptions import resolved_assumptions
from forecasting.bands import BAND_COLUMNS, band_quantiles
from forecasting.correlations import assumption_correlations, correlated_scores
from forecasting.draws import SENSES, Projection, projected_draws
from forecasting.plan import Plan, prepared_plan
from forecasting.quantiles import quantile_values
from forecasting.quantities import QUANTITIES, quantity_draws
from forecasting.replay import SERIES, published_points
from forecasting.sampling import normal_scores
from forecasting.scenarios import Tables, scenario_lineage
from forecasting.years import YEARS

DEFAULT_DRAWS = 2000
COLUMNS = ["scenario_id", "year", "series", "sense", "segment", "quantity", "unit", *BAND_COLUMNS]


def projection(
    tables: Tables,
    scenario_id: str = "central",
    *,
    draws: int = DEFAULT_DRAWS,
    seed: int = 0,
    overrides: Mapping[str, float] | None = None,
    plan: Plan | None = None,
) -> Projection:
    """Draw a scenario.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The database's tables.
    scenario_id : str
    draws, seed : int
    overrides : mapping of str to float, optional
        Assumptions fixed by the caller.
    plan : Plan, optional
        A plan prepared from the same tables, to save preparing it again.

    Returns
    -------
    Projection

    Raises
    ------
    UnknownName
        Unknown scenario or assumption.
    InvalidValue
        A value out of bounds, or a replayed scenario, which has no draws.
    """
    assumed = resolved_assumptions(tables, scenario_id, overrides)
    kinds = tables["scenarios"].set_index("scenario_id")["kind"]
    if kinds[scenario_id] == "replay":
        raise InvalidValue(
            f"Scenario '{scenario_id}' replays a published figure and has no draws of its own."
        )
    if plan is None:
        plan = prepared_plan(tables, _fleet_spread(assumed))
    independent = normal_scores([*assumed["assumption_id"], *plan.driver_inputs], draws, seed)
    scores = correlated_scores(independent, assumption_correlations(tables))
    values = {
        row.assumption_id: quantile_values(
            scores[row.assumption_id], row.low, row.central, row.high, row.distribution
        )
        for row in assumed.itertuples(index=False)
    }
    return projected_draws(scenario_id, plan, values, scores)


def _fleet_spread(assumed: pd.DataFrame) -> float:
    return float(assumed.set_index("assumption_id").at["fleet_spread", "central"])


def forecast(
    tables: Tables,
    scenario_ids: Sequence[str] = ("central",),
    *,
    quantity: str = "ops",
    draws: int = DEFAULT_DRAWS,
    seed: int = 0,
    overrides: Mapping[str, float] | None = None,
    plan: Plan | None = None,
) -> pd.DataFrame:
    """Bands of one or several scenarios in one unit.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    scenario_ids : sequence of str
    quantity : str
        See `quantities.QUANTITIES`.
    draws, seed, overrides, plan
        As in `projection`; overrides apply to every scenario.

    Returns
    -------
    DataFrame
        Columns scenario_id, year, series, sense, segment, quantity, unit, p5, p25, p50, p75, p95; segment
        ``all`` is the sum over the segments in each draw. A replayed scenario has the published points alone,
        as demand.

    Raises
    ------
    UnknownName, InvalidValue
        As in `projection`.
    """
    if quantity not in QUANTITIES:
        raise UnknownName("quantity", quantity, QUANTITIES)
    frames = []
    for scenario_id in scenario_ids:
        lineage = scenario_lineage(tables, scenario_id)
        kinds = tables["scenarios"].set_index("scenario_id")["kind"]
        if kinds[lineage[-1]] == "replay":
            frames.append(_replayed(tables, scenario_id, quantity))
            continue
        drawn = projection(tables, scenario_id, draws=draws, seed=seed, overrides=overrides, plan=plan)
        frames.append(bands(drawn, quantity))
    return pd.concat(frames, ignore_index=True)[COLUMNS]


def bands(
    drawn: Projection, quantity: str, *, senses: Sequence[str] = SENSES, segments: bool = True
) -> pd.DataFrame:
    """Quantiles of a projection; columns as in `forecast`.

    Parameters
    ----------
    drawn : Projection
    quantity : str
    senses : sequence of str
    segments : bool
        Each segment beside the total of its series, or the totals alone, which are quicker.
    """
    frames = []
    for series in SERIES:
        for sense in senses:
            parts = quantity_draws(drawn, quantity, series, sense)
            if not parts:
                continue
            total = np.sum(list(parts.values()), axis=0)
            listed = dict(sorted(parts.items())) if segments else {}
            for segment, amount in {"all": total, **listed}.items():
                frame = pd.DataFrame(band_quantiles(amount), columns=BAND_COLUMNS)
                frames.append(frame.assign(year=YEARS, series=series, sense=sense, segment=segment))
    result = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=COLUMNS)
    labelled = result.assign(scenario_id=drawn.scenario_id, quantity=quantity, unit=QUANTITIES[quantity])
    return labelled[COLUMNS]


def _replayed(tables: Tables, scenario_id: str, quantity: str) -> pd.DataFrame:
    if quantity not in ("ops", "h100e"):
        raise InvalidValue(
            f"Scenario '{scenario_id}' replays operations alone: ask for ops or h100e, not {quantity}."
        )
    points = published_points(tables)
    per = h100_peak_ops_per_s(tables) if quantity == "h100e" else 1.0
    points = points.assign(**dict.fromkeys(BAND_COLUMNS, points["ops_per_s"] / per))
    return points.assign(
        scenario_id=scenario_id, sense="demand", segment="all", quantity=quantity, unit=QUANTITIES[quantity]
    )[COLUMNS]

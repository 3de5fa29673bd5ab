"""The forecast: all series, senses, segments and draws of a scenario in one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.errors import InvalidValue, UnknownName
from forecasting.accelerators import h100_peak_ops_per_s
from forecasting.arithmetic import total
from forecasting.bands import BAND_COLUMNS, band_quantiles
from forecasting.draws import SENSES, Projection
from forecasting.evaluation import Model, scenario_model
from forecasting.plan import Plan
from forecasting.progress import tracked
from forecasting.quantities import QUANTITIES, quantity_draws
from forecasting.replay import SERIES, published_points
from forecasting.scenarios import Tables, scenario_lineage
from forecasting.years import YEARS

BySense = dict[tuple[str, str], dict[str, NDArray[np.float64]]]
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
        From 10,000 draws on, arithmetic is in single precision (`draws.draws_precision`).
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
    model = scenario_model(tables, scenario_id, overrides=overrides, plan=plan)
    return model.projection(model.scores(draws, seed))


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
    for scenario_id in tracked(scenario_ids, "scenarios"):
        lineage = scenario_lineage(tables, scenario_id)
        kinds = tables["scenarios"].set_index("scenario_id")["kind"]
        if kinds[lineage[-1]] == "replay":
            frames.append(_replayed(tables, scenario_id, quantity))
            continue
        model = scenario_model(tables, scenario_id, overrides=overrides, plan=plan)
        kept = drawn_by_sense(model, quantity, draws=draws, seed=seed)
        frames.append(sense_bands(kept, scenario_id, quantity))
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
    kept = _by_sense(drawn, quantity, senses)
    return sense_bands(kept, drawn.scenario_id, quantity, segments=segments)


def drawn_by_sense(model: Model, quantity: str, *, draws: int = DEFAULT_DRAWS, seed: int = 0) -> BySense:
    """Draws of everything in one quantity, the rest let go: a hundred thousand fit into a gigabyte.

    Parameters
    ----------
    model : Model
    quantity : str
        See `quantities.QUANTITIES`.
    draws, seed : int

    Returns
    -------
    dict of (series, sense) to dict of segment to (draws, years) array
        The same draw stands at the same place in all of them, but not at its own number.
    """
    scores = model.scores(draws, seed)
    return model.kept(scores, lambda drawn: _by_sense(drawn, quantity), in_order=False)


def _by_sense(drawn: Projection, quantity: str, senses: Sequence[str] = SENSES) -> BySense:
    return {
        (series, sense): quantity_draws(drawn, quantity, series, sense)
        for series in SERIES
        for sense in senses
    }


def sense_bands(kept: BySense, scenario_id: str, quantity: str, *, segments: bool = True) -> pd.DataFrame:
    """Bands of draws kept by series and sense; columns as in `forecast`, segments as in `bands`."""
    keys: list[tuple[str, str, str]] = []
    amounts: list[NDArray[np.float64]] = []
    for (series, sense), parts in kept.items():
        if parts:
            listed = sorted(parts) if segments else []
            keys += [(series, sense, name) for name in ("all", *listed)]
            amounts += [total(parts.values()), *(parts[name] for name in listed)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        found = np.concatenate([np.empty((0, len(BAND_COLUMNS))), *pool.map(band_quantiles, amounts)])
    frame = pd.DataFrame(found, columns=BAND_COLUMNS)
    for i, column in enumerate(("series", "sense", "segment")):
        frame[column] = [key[i] for key in keys for _ in YEARS]
    frame["year"] = np.tile(YEARS, len(keys))
    return frame.assign(scenario_id=scenario_id, quantity=quantity, unit=QUANTITIES[quantity])[COLUMNS]


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

"""Forecasts kept under a name, and their scores once the years that they spoke of are over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd

from datasets.changes import Changes, TableChanges, apply
from datasets.database import load
from datasets.errors import InvalidValue, UnknownName
from forecasting.backtest_history import decimal_years
from forecasting.bands import BAND_COLUMNS, BAND_PERCENTS, band_quantiles
from forecasting.outcomes import observed_outcomes
from forecasting.outputs import OUTPUTS
from forecasting.projection import DEFAULT_DRAWS, Projection, projection
from forecasting.scenarios import Tables
from forecasting.years import YEARS

KEPT, BANDS = "forecast_vintages", "forecast_vintage_bands"
# What is kept or only describes the database is no input of a forecast.
_NO_INPUTS = frozenset({"meta", "saved_views", KEPT, BANDS})
SCORE_COLUMNS = [
    "name", "made", "scenario_id", "output", "year", "lead_years", "unit", *BAND_COLUMNS, "actual",
    "error_oom", "inside_50", "inside_90", "quantile_score_oom",
]  # fmt: skip


def record_forecast(
    database: Path | str | None,
    name: str,
    scenario_id: str = "central",
    *,
    draws: int = DEFAULT_DRAWS,
    seed: int = 0,
    overrides: Mapping[str, float] | None = None,
    made: date | None = None,
    who: str | None = None,
) -> pd.DataFrame:
    """Keep a forecast in the database, whole or not at all.

    Parameters
    ----------
    database : pathlib.Path or str, optional
        The default one when None.
    name : str
        A name not taken yet.
    scenario_id : str
    draws, seed : int
    overrides : mapping of str to float, optional
        Assumptions held at a value.
    made : datetime.date, optional
        The day it counts as made; today when left out.
    who : str, optional
        Who keeps it, for the log of changes.

    Returns
    -------
    DataFrame
        The rows kept in ``forecast_vintages``: one, with the hash of its inputs.

    Raises
    ------
    InvalidValue
        When the name is empty or taken, a value is out of bounds, or the scenario has no draws.
    UnknownName
        Unknown scenario or assumption.
    DatabaseUnavailable
        When the database cannot be written, or was changed meanwhile; nothing is kept.
    """
    snapshot = load(database)
    tables, held = snapshot.tables, dict(sorted((overrides or {}).items()))
    _refuse_name(tables, name)
    drawn = projection(tables, scenario_id, draws=draws, seed=seed, overrides=held)
    kept = pd.DataFrame(
        {
            "name": [name],
            "made": [made or date.today()],
            "scenario_id": [scenario_id],
            "overrides": [json.dumps(held)],
            "draws": [draws],
            "seed": [seed],
            "program_version": [program_version()],
            "inputs_hash": [inputs_hash(tables, scenario_id, held, draws, seed)],
            "origin": ["user"],
        }
    )
    bands = vintage_bands(drawn, tables).assign(name=name, origin="user")
    rows = Changes({KEPT: _inserted(kept), BANDS: _inserted(bands)})
    apply(snapshot.path, rows, snapshot.version, cause=f"forecast kept as {name}", who=who)
    return kept


def vintage_bands(drawn: Projection, tables: Tables) -> pd.DataFrame:
    """Quantiles of every figure of `outputs.OUTPUTS` in every year that has it.

    Parameters
    ----------
    drawn : Projection
    tables : mapping of str to DataFrame
        For what has been observed already.

    Returns
    -------
    DataFrame
        Columns output, year, unit, p5, p25, p50, p75, p95, known (the observation, missing where there is
        none).
    """
    frames = []
    for output in OUTPUTS.values():
        by_year = output.by_year(drawn)
        there = np.isfinite(by_year).all(axis=0)
        frame = pd.DataFrame(band_quantiles(by_year[:, there]), columns=BAND_COLUMNS)
        frames.append(frame.assign(output=output.name, year=YEARS[there], unit=output.unit))
    bands = pd.concat(frames, ignore_index=True)
    known = observed_outcomes(tables).rename(columns={"actual": "known"})
    return bands.merge(known, on=["output", "year"], how="left")


def inputs_hash(
    tables: Tables, scenario_id: str, overrides: Mapping[str, float], draws: int, seed: int
) -> str:
    """Fingerprint of everything that a forecast follows from.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Every cell counts, but for those of kept forecasts.
    scenario_id : str
    overrides : mapping of str to float
    draws, seed : int

    Returns
    -------
    str
        SHA-256, hexadecimal.
    """
    call = [scenario_id, sorted(overrides.items()), draws, seed, program_version()]
    digest = hashlib.sha256(json.dumps(call).encode())
    for name in sorted(set(tables) - _NO_INPUTS):
        digest.update(f"\n{name}\n".encode() + tables[name].to_csv(index=False).encode())
    return digest.hexdigest()


def program_version() -> str:
    """Version of the installed Edgewise, or ``source`` where it runs from its source alone."""
    try:
        return metadata.version("edgewise")
    except metadata.PackageNotFoundError:
        return "source"


def vintage_scores(tables: Tables, name: str | None = None) -> pd.DataFrame:
    """Kept forecasts against what was observed after they were made.

    A figure that had been observed when the forecast was kept is no forecast and is not scored. One whose
    year was over by then but not observed is scored with a lead below zero.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    name : str, optional
        One kept forecast; all of them when left out.

    Returns
    -------
    DataFrame
        Columns name, made, scenario_id, output, year, lead_years (from the day it was made to the end of the
        year), unit, p5, p25, p50, p75, p95, actual, error_oom (log10 of the median over the outcome),
        inside_50, inside_90, quantile_score_oom (mean quantile loss of the five quantiles in log10; lower is
        better); empty as long as nothing new was observed.

    Raises
    ------
    UnknownName
        If no forecast is kept under the name.
    """
    kept = tables[KEPT]
    if name is not None and name not in set(kept["name"]):
        raise UnknownName("kept forecast", name, kept["name"])
    chosen = kept if name is None else kept[kept["name"] == name]
    bands = chosen[["name", "made", "scenario_id"]].merge(tables[BANDS], on="name")
    due = bands[bands["known"].isna()].merge(observed_outcomes(tables), on=["output", "year"])
    due = due[(due["actual"] > 0) & (due["p5"] > 0)].sort_values(["made", "name", "output", "year"])
    logs = np.log10(due[BAND_COLUMNS].to_numpy(dtype=np.float64))
    missed = np.log10(due[["actual"]].to_numpy(dtype=np.float64)) - logs
    levels = np.array(BAND_PERCENTS) / 100
    made = pd.to_datetime(due["made"])
    scored = due.assign(
        lead_years=due["year"] + 1 - decimal_years(made),
        error_oom=-missed[:, BAND_PERCENTS.index(50)],
        inside_50=due["actual"].between(due["p25"], due["p75"]),
        inside_90=due["actual"].between(due["p5"], due["p95"]),
        quantile_score_oom=np.maximum(levels * missed, (levels - 1) * missed).mean(axis=1),
    )
    return scored[SCORE_COLUMNS].reset_index(drop=True)


def _refuse_name(tables: Tables, name: str) -> None:
    if not name.strip():
        raise InvalidValue("A kept forecast needs a name: give one that tells it from others.")
    taken = tables[KEPT].set_index("name")
    if name in taken.index:
        raise InvalidValue(
            f"A forecast is kept as '{name}' already, made on {pd.Timestamp(taken.at[name, 'made']).date()}: "
            "choose another name."
        )


def _inserted(rows: pd.DataFrame) -> TableChanges:
    nothing = rows.iloc[:0]
    return TableChanges(rows, nothing, nothing, nothing)

"""Why a workload is kept on able devices or sent to the cloud: every term of its preference, by year."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.bands import BAND_COLUMNS, band_quantiles
from forecasting.evaluation import scenario_model
from forecasting.plan import Plan
from forecasting.preference import CHOICE_YEARS, TERMS, Choices, Values, choice_terms, cost_ratio, preferences
from forecasting.scenarios import Tables
from forecasting.years import LAST_HISTORY_YEAR

Array = NDArray[np.float64]
DEFAULT_DRAWS = 1000
UNITS = dict.fromkeys(TERMS, "logit") | {
    "preference": "share",
    "cost_ratio": "x",
    "cloud_s": "s",
    "edge_s": "s",
    "quality_gap": "months",
}
COLUMNS = ["scenario_id", "workload_id", "family", "year", "measure", "unit", *BAND_COLUMNS]


def preference_terms(
    tables: Tables,
    scenario_id: str = "central",
    *,
    draws: int = DEFAULT_DRAWS,
    seed: int = 0,
    overrides: Mapping[str, float] | None = None,
    plan: Plan | None = None,
) -> pd.DataFrame:
    """Terms of the preference of every workload that may run at either place, and what stands behind them.

    In each draw the terms add up to ``ln (p / (1 - p))`` of the preference p (`preference.choice_terms`).

    Parameters
    ----------
    tables : mapping of str to DataFrame
    scenario_id : str
    draws, seed, overrides, plan
        As in `projection.projection`.

    Returns
    -------
    DataFrame
        Columns scenario_id, workload_id, family (of preferences), year (from 2025), measure, unit, p5, p25,
        p50, p75, p95. Measures: the terms base, cost, latency, privacy, quality and default (logit);
        preference (share); cost_ratio (cloud over device, an item), cloud_s (network included) and edge_s
        (waited), quality_gap (months). NaN where no device is able or no cloud stands in.

    Raises
    ------
    UnknownName, InvalidValue
        As in `projection.projection`.
    """
    model = scenario_model(tables, scenario_id, overrides=overrides, plan=plan)
    offered, values = model.plan.choices, model.values(model.scores(draws, seed))
    frames = [
        pd.DataFrame(band_quantiles(drawn[i].T), columns=BAND_COLUMNS).assign(
            workload_id=workload_id, family=family, year=CHOICE_YEARS, measure=measure, unit=UNITS[measure]
        )
        for measure, drawn in _measures(offered, values, draws).items()
        for i, (workload_id, family) in enumerate(zip(offered.workload_ids, offered.families, strict=True))
    ]
    whole = pd.concat(frames, ignore_index=True).assign(scenario_id=scenario_id)[COLUMNS]
    return whole.sort_values(["workload_id", "year"], kind="stable", ignore_index=True)


def _measures(offered: Choices, values: Values, draws: int) -> dict[str, Array]:
    """Each measure in every draw, (W, Y, draws)."""
    elapsed = (CHOICE_YEARS - LAST_HISTORY_YEAR)[:, None]
    shares = preferences(offered, values)
    lag = values["capability_lag_months"] * values["capability_lag_narrowing"] ** elapsed
    drawn = choice_terms(offered, values) | {
        "preference": np.array([shares[w].T[-len(CHOICE_YEARS) :] for w in offered.workload_ids]),
        "cost_ratio": cost_ratio(offered, values),
        "cloud_s": (offered.cloud_s + offered.network_s)[..., None],
        "edge_s": offered.edge_s[..., None] / values["edge_software_gain"] ** elapsed,
        "quality_gap": offered.lag_ratio[..., None] * lag,
    }
    shape = len(offered.workload_ids), len(CHOICE_YEARS), draws
    return {measure: np.broadcast_to(amount, shape) for measure, amount in drawn.items()}

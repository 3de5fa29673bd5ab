"""Demand: items a second of each workload, and where they arise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecasting.arithmetic import like
from forecasting.drivers import DemandTerms, demand_terms
from forecasting.scenarios import Tables
from forecasting.years import LAST_HISTORY_YEAR, LAST_YEAR, SECONDS_PER_DAY, YEARS

SCALED_FAMILY = {
    "language": "language",
    "speech": "language",
    "image": "image",
    "video": "video",
    "recommender": "recommender",
    "control": "control",
    "vision": "vision",
}


@dataclass(frozen=True)
class WorkloadDemand:
    """A workload of the forecast: its terms, its place, and what an item of it is."""

    workload_id: str
    family: str
    basis: str
    elsewhere: str | None
    preference: str | None
    must_run: str
    items_per_s: float | None
    terms: DemandTerms

    def items_per_s_of_activity(
        self,
        scores: Mapping[str, NDArray[np.float64]],
        known: dict[str, NDArray[np.float64]] | None = None,
    ) -> NDArray[np.float64]:
        """Items a second, of the world or of one device by `basis`.

        Events a day are counted as they are; hours a day run at the workload's own rate; a bare count (or
        share of the day) runs at that rate all day. Arguments as in `DemandTerms.product`.

        Returns
        -------
        (draws, years) array
        """
        product = self.terms.product(scores, known)
        if self.terms.counts_hours:
            return product * 3600 / SECONDS_PER_DAY * (self.items_per_s or 1.0)
        if self.terms.counts_events:
            return product / SECONDS_PER_DAY
        return product * (self.items_per_s or 1.0)


def workload_demands(tables: Tables) -> dict[str, WorkloadDemand]:
    """Every row of ``workload_demand`` with its terms and the traits of its workload."""
    terms = demand_terms(tables)
    workloads = tables["workloads"].set_index("workload_id")
    return {
        row.workload_id: WorkloadDemand(
            workload_id=row.workload_id,
            family=str(workloads.at[row.workload_id, "family"]),
            basis=row.basis,
            elsewhere=_text(row.elsewhere),
            preference=_text(row.preference),
            must_run=str(workloads.at[row.workload_id, "must_run"]),
            items_per_s=_number(workloads.at[row.workload_id, "items_per_s"]),
            terms=terms[row.workload_id],
        )
        for row in tables["workload_demand"].itertuples(index=False)
    }


def family_scale(values: Mapping[str, NDArray[np.float64]], family: str) -> NDArray[np.float64]:
    """The lever on a family's demand: 1 up to 2025, gliding in logarithms to its value in 2030.

    Returns
    -------
    (draws, years) array
    """
    lever = values[f"demand_scale_{SCALED_FAMILY.get(family, 'language')}_2030"]
    weight = np.clip((YEARS - LAST_HISTORY_YEAR) / (LAST_YEAR - LAST_HISTORY_YEAR), 0, 1)
    return np.exp(like(weight, lever)[:, None] * np.log(lever)).T


PRICED_FAMILIES = frozenset({"language", "speech", "image", "video"})


def price_response(values: Mapping[str, NDArray[np.float64]], frontier: bool) -> NDArray[np.float64]:
    """Demand over that at the prices of 2025: (operations an item * watts an operation) ^ -elasticity.

    What serving takes in machines and power stands for its price; 1 up to 2025 and where the elasticity is 0.

    Parameters
    ----------
    values : mapping
        Drawn assumptions.
    frontier : bool
        Whether the workload's operations an item follow the frontier model.

    Returns
    -------
    (draws, years) array
    """
    yearly = np.log(values["chip_w_decline"])
    if frontier:
        yearly = yearly + np.log(values["frontier_model_growth"])
    elapsed = like(np.maximum(YEARS - LAST_HISTORY_YEAR, 0), yearly)[:, None]
    return np.exp(-values["price_elasticity"] * elapsed * yearly).T


def frontier_scale(values: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Operations an item of workloads that follow the frontier model, over those of 2025 (draws, years)."""
    yearly = np.log(values["frontier_model_growth"])
    return np.exp(like(np.maximum(YEARS - LAST_HISTORY_YEAR, 0), yearly)[:, None] * yearly).T


def tokens_per_item(workload: Mapping[str, Any], *, cached_too: bool = False) -> float:
    """Tokens that one item processes: prompt plus output, hidden reasoning and samples included.

    Parameters
    ----------
    workload : mapping
        A row of the table ``workloads``.
    cached_too : bool
        Count the cached part of the prompt too, which providers meter and which costs next to no operations.
    """
    cached = 0.0 if cached_too else _number(workload["cached_prompt_share"]) or 0.0
    prompt = (_number(workload["prompt_tokens"]) or 0.0) * (1 - cached)
    written = (_number(workload["output_tokens"]) or 0.0) * float(workload["reasoning_multiplier"])
    output = written * float(workload["samples"])
    return prompt + output


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _number(value: object) -> float | None:
    return None if pd.isna(value) else float(value)  # type: ignore[arg-type]

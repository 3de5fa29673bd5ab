"""What the cloud's workloads add up to: operations, tokens and accelerators in one matrix product a year."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.arithmetic import like
from forecasting.serving import ServingRates, busy_h100e
from forecasting.years import SECONDS_PER_DAY, YEARS

Array = NDArray[np.float64]
OPERATIONS, TOKENS, METERED, H100E = "operations", "tokens_per_day", "metered_tokens_per_day", "h100e"


@dataclass(frozen=True)
class CloudWeights:
    """What an item a second of each workload adds to each sum.

    Attributes
    ----------
    workload_ids : tuple of str
    rows : tuple of (measure, family, whether it grows with the frontier model)
        Operations a second and tokens a day by family, metered tokens a day and H100e kept busy in all.
    matrix : (years, rows, workloads) array
    """

    workload_ids: tuple[str, ...]
    rows: tuple[tuple[str, str, bool], ...]
    matrix: Array

    def sums(self, items_per_s: Mapping[str, Array], frontier: Array) -> dict[tuple[str, str], Array]:
        """Sums by measure and family, (draws, years) each.

        Parameters
        ----------
        items_per_s : mapping of workload_id to (draws, years) array
        frontier : (draws, years) array
            Operations an item of what follows the frontier model, over those of 2025.
        """
        stacked = np.stack([items_per_s[w].T for w in self.workload_ids], axis=1)
        found = np.matmul(like(self.matrix, stacked), stacked)
        sums: dict[tuple[str, str], Array] = {}
        for place, (measure, family, follows) in enumerate(self.rows):
            amount = found[:, place].T
            amount = amount * frontier if follows else amount
            sums[measure, family] = sums[measure, family] + amount if (measure, family) in sums else amount
        return sums


def cloud_weights(
    workload_ids: Sequence[str],
    families: Mapping[str, str],
    operations_per_item: Mapping[str, float],
    tokens_per_item: Mapping[str, float],
    metered_tokens: Mapping[str, float],
    frontier_workloads: Collection[str],
    serving: ServingRates,
    h100_ops_per_s: float,
) -> CloudWeights:
    """Weights of the workloads that the cloud serves, from the figures of `plan.Plan`."""
    rows: dict[tuple[str, str, bool], Array] = {}

    def add(measure: str, family: str, follows: bool, workload: int, amount: Array | float) -> None:
        nothing = np.zeros((len(YEARS), len(workload_ids)))
        rows.setdefault((measure, family, follows), nothing)[:, workload] = amount

    for place, w in enumerate(workload_ids):
        follows, operations = w in frontier_workloads, operations_per_item[w]
        add(OPERATIONS, families[w], follows, place, operations)
        add(H100E, "", follows, place, operations * busy_h100e(serving, w, h100_ops_per_s))
        if w in tokens_per_item:
            add(TOKENS, families[w], False, place, tokens_per_item[w] * SECONDS_PER_DAY)
            add(METERED, "", False, place, metered_tokens[w] * SECONDS_PER_DAY)
    return CloudWeights(tuple(workload_ids), tuple(rows), np.stack(list(rows.values()), axis=1))

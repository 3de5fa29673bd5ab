"""The largest batch that memory holds and that keeps a token within its time, for devices and workloads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from datasets.errors import InvalidValue
from devices.budgets import named_pairs, serving_of
from devices.catalogue import Pairs, Tables
from devices.largest import largest_batch, longest_prompt
from devices.options import PLAIN, Options
from devices.outcome import case_of, outcome
from devices.settings import Overrides, Settings, replaced, settings
from devices.units import MILLISECOND_S, Floats

# Halvings of the range between one request and what memory holds.
HALVINGS = 24


def largest_batches(
    tables: Tables,
    device_ids: Sequence[str] | None = None,
    workload_ids: Sequence[str] | None = None,
    *,
    model_id: str | None = None,
    weight_precision: str | None = None,
    kv_precision: str | None = None,
    prompt_tokens: float | None = None,
    output_tokens: float | None = None,
    per_token_ms: float | None = None,
    options: Options = PLAIN,
) -> pd.DataFrame:
    """How many requests a device serves together, and what each then waits for a token.

    Parameters
    ----------
    tables, device_ids, workload_ids, model_id, weight_precision, kv_precision, prompt_tokens, output_tokens,
    options
        As in `devices.budgets.budgets`; only workloads of decoders have rows.
    per_token_ms : float, optional
        Time of a token in place of each workload's own budget.

    Returns
    -------
    pandas.DataFrame
        device_id, workload_id, model_id, per_token_budget_s (infinite without one), largest_batch (what
        memory holds), batch_in_time (at most that many, each token within its budget; 0 where one request
        alone is too slow or does not fit), limited_by (``memory``, ``time``, or empty where none is),
        per_token_s and tokens_per_s at that batch, and longest_prompt at the workload's own batch.

    Raises
    ------
    UnknownName, InvalidValue
        As in `devices.budgets.budgets`; or a time that is not above 0.
    """
    if per_token_ms is not None and not (np.isfinite(per_token_ms) and per_token_ms > 0.0):
        raise InvalidValue(f"per_token_ms is {per_token_ms:g}: it must be a finite number above 0.")
    pairs = replaced(named_pairs(tables, device_ids, workload_ids, model_id), options)
    overrides = Overrides(
        weight_precision=weight_precision,
        kv_precision=kv_precision,
        prompt_tokens=prompt_tokens,
        output_tokens=output_tokens,
        serving=serving_of(tables, options),
    )
    chosen = settings(pairs, overrides)
    requests = np.flatnonzero(pairs.networks.is_decoder & ~np.isnan(chosen.prompt_tokens))
    pairs, chosen = pairs.take(requests), chosen.take(requests)
    limit = pairs.workloads.per_token_budget_s
    if per_token_ms is not None:
        limit = np.full(len(pairs), per_token_ms * MILLISECOND_S)
    return _frame(tables["efficiencies"], pairs, chosen, limit)


def batch_in_time(
    pairs: Pairs, chosen: Settings, efficiencies: pd.DataFrame, limit_s: Floats, most: Floats
) -> Floats:
    """Largest batch, at most `most`, whose tokens each take at most `limit_s`; by bisection.

    The time of a token grows with the batch, so that one bound separates those in time from the others.
    """

    def in_time(batch: Floats) -> np.ndarray:
        found = outcome(pairs, chosen.changed(batch=np.maximum(batch, 1.0)), efficiencies)
        return (found.per_token_s <= limit_s) & (batch >= 1.0)

    low, high = np.zeros(len(pairs)), np.nan_to_num(most)
    low = np.where(in_time(high), high, low)
    for _ in range(HALVINGS):
        middle = np.floor((low + high) / 2.0)
        holds = in_time(middle)
        low, high = np.where(holds, middle, low), np.where(holds, high, middle)
    return low


def _frame(efficiencies: pd.DataFrame, pairs: Pairs, chosen: Settings, limit_s: Floats) -> pd.DataFrame:
    with np.errstate(invalid="ignore", divide="ignore"):
        needed = case_of(pairs, chosen, efficiencies).needed_bytes
        most = largest_batch(pairs, chosen, needed)
        prompt = longest_prompt(pairs, chosen, needed)
        batch = batch_in_time(pairs, chosen, efficiencies, limit_s, most)
        found = outcome(pairs, chosen.changed(batch=np.maximum(batch, 1.0)), efficiencies)
    served = batch >= 1.0
    return pd.DataFrame(
        {
            "device_id": pairs.hardware.device_id,
            "workload_id": pairs.workloads.workload_id,
            "model_id": pairs.networks.model_id,
            "per_token_budget_s": limit_s,
            "largest_batch": most,
            "batch_in_time": batch,
            "limited_by": np.where(served, np.where(batch < most, "time", "memory"), "").astype(object),
            "per_token_s": np.where(served, found.per_token_s, np.nan),
            "tokens_per_s": np.where(served, found.tokens_per_s, np.nan),
            "longest_prompt": prompt,
        }
    )

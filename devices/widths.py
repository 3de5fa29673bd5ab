"""One workload on ever more devices: what each width brings, and from which on communication binds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from datasets.errors import InvalidValue
from devices.budgets import budgets
from devices.catalogue import Tables
from devices.options import PLAIN, Options

KINDS = ("tensor", "pipeline", "expert", "data")
# Columns of a budget that a row of widths keeps.
KEPT = (
    "devices",
    "fits_memory",
    "first_token_s",
    "per_token_s",
    "tokens_per_s",
    "energy_per_token_j",
    "network_share",
    "binding_roof",
    "reason",
)


def widths(
    tables: Tables,
    device_id: str,
    workload_id: str,
    *,
    kind: str = "tensor",
    most: int = 64,
    model_id: str | None = None,
    batch: float | None = None,
    weight_precision: str | None = None,
    options: Options = PLAIN,
) -> pd.DataFrame:
    """A workload on 1, 2, 4 .. `most` devices, laid out one way; a row a width.

    Parameters
    ----------
    kind : str
        ``tensor``, ``pipeline``, ``expert`` or ``data``: which width grows; the others are those of
        `options`.
    most : int
        Largest width.

    Returns
    -------
    pandas.DataFrame
        width, speedup (tokens, or items, a second over those of the first width that can be evaluated),
        communication_binds (it is the largest term of the time), then columns of `budgets`: devices,
        fits_memory, first_token_s, per_token_s, tokens_per_s, energy_per_token_j, network_share,
        binding_roof, reason.

    Raises
    ------
    UnknownName, InvalidValue
        Unknown identifiers, an unknown kind, or a width below 1.
    """
    if kind not in KINDS:
        raise InvalidValue(f"There is no layout '{kind}': choose {', '.join(KINDS)}.")
    if most < 1:
        raise InvalidValue(f"The largest width is {most}: it must be at least 1.")
    steps = [2**power for power in range(int(most).bit_length())]
    frames = []
    for width in steps:
        grown: dict[str, Any] = {kind: float(width)}
        asked = replace(options, **grown)
        frames.append(
            budgets(
                tables,
                [device_id],
                [workload_id],
                model_id=model_id,
                batch=batch,
                weight_precision=weight_precision,
                options=asked,
            )
        )
    rows = pd.concat(frames, ignore_index=True)
    rate = rows["tokens_per_s"].fillna(rows["items_per_s"])
    known = rate.dropna()
    return pd.DataFrame(
        {
            "width": steps,
            "speedup": rate / known.iloc[0] if len(known) else rate,
            "communication_binds": rows["binding_roof"] == "network",
            **{name: rows[name] for name in KEPT},
        }
    )

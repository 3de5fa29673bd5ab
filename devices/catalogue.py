"""The door of the core: rows of the database become typed columns in SI units, once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.errors import UnknownName
from devices.columns import Columns, numbers, words
from devices.hardware import Hardware, hardware_columns
from devices.networks import Networks, network_columns
from devices.units import MILLISECOND_S, Floats, Labels

Tables = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Workloads(Columns):
    """Uses of a model with their budgets, one an element; infinite where there is no budget.

    Attributes
    ----------
    rate_per_s
        Items a second that one stream demands; NaN where requests come singly.
    first_token_budget_s, per_token_budget_s, deadline_s, power_budget_w
        Limits; infinite without one.
    """

    workload_id: Labels
    series: Labels
    model_id: Labels
    confidence: Labels
    prompt_tokens: Floats
    output_tokens: Floats
    cached_share: Floats
    samples: Floats
    reasoning: Floats
    rate_per_s: Floats
    inputs_per_item: Floats
    batch_edge: Floats
    batch_cloud: Floats
    weights_edge: Labels
    weights_cloud: Labels
    first_token_budget_s: Floats
    per_token_budget_s: Floats
    deadline_s: Floats
    power_budget_w: Floats


@dataclass(frozen=True)
class Pairs(Columns):
    """Devices, workloads and their models side by side: element i of each belongs together."""

    hardware: Hardware
    workloads: Workloads
    networks: Networks

    def __len__(self) -> int:
        return len(self.workloads)


def workload_columns(workloads: pd.DataFrame) -> Workloads:
    """Build `Workloads` from rows of the table `workloads`."""
    return Workloads(
        workload_id=words(workloads, "workload_id"),
        series=words(workloads, "series"),
        model_id=words(workloads, "model_id"),
        confidence=words(workloads, "confidence"),
        prompt_tokens=numbers(workloads, "prompt_tokens"),
        output_tokens=numbers(workloads, "output_tokens"),
        cached_share=numbers(workloads, "cached_prompt_share", missing=0.0),
        samples=numbers(workloads, "samples", missing=1.0),
        reasoning=numbers(workloads, "reasoning_multiplier", missing=1.0),
        rate_per_s=numbers(workloads, "items_per_s"),
        inputs_per_item=numbers(workloads, "inputs_per_item", missing=1.0),
        batch_edge=numbers(workloads, "batch_edge", missing=1.0),
        batch_cloud=numbers(workloads, "batch_cloud", missing=1.0),
        weights_edge=words(workloads, "weight_precision_edge"),
        weights_cloud=words(workloads, "weight_precision_cloud"),
        first_token_budget_s=numbers(workloads, "first_token_budget_ms", MILLISECOND_S, np.inf),
        per_token_budget_s=numbers(workloads, "per_token_budget_ms", MILLISECOND_S, np.inf),
        deadline_s=numbers(workloads, "deadline_ms", MILLISECOND_S, np.inf),
        power_budget_w=numbers(workloads, "power_budget_w", missing=np.inf),
    )


def rows_named(table: pd.DataFrame, kind: str, identifiers: Sequence[str] | None) -> pd.DataFrame:
    """Rows with the given identifiers, in their order, or all rows.

    Parameters
    ----------
    table : pandas.DataFrame
        A table whose identifier column is `kind` + ``"_id"``.
    kind : str
        ``"device"``, ``"workload"`` or ``"model"``.
    identifiers : sequence of str, optional
        All rows when None.

    Raises
    ------
    UnknownName
        If an identifier is not in the table; the message names the nearest.
    """
    if identifiers is None:
        return table
    known = pd.Index(table[f"{kind}_id"])
    rows = known.get_indexer(list(identifiers))
    for name, row in zip(identifiers, rows, strict=True):
        if row < 0:
            raise UnknownName(kind, name, known)
    return table.iloc[rows]


def hardware_named(tables: Tables, identifiers: Sequence[str] | None = None) -> Hardware:
    """Devices of the catalogue as columns, in the order asked for."""
    devices = rows_named(tables["devices"], "device", identifiers)
    return hardware_columns(devices, tables["device_peaks"])


def workloads_named(tables: Tables, identifiers: Sequence[str] | None = None) -> Workloads:
    """Workloads of the catalogue as columns, in the order asked for."""
    return workload_columns(rows_named(tables["workloads"], "workload", identifiers))


def networks_named(tables: Tables, identifiers: Iterable[str]) -> Networks:
    """Models of the catalogue as columns, one for each identifier, repeats allowed."""
    return network_columns(rows_named(tables["models"], "model", list(identifiers)))


def crossed_pairs(hardware: Hardware, workloads: Workloads, networks: Networks) -> Pairs:
    """Every device with every workload, devices slowest; `networks` holds one model for each workload."""
    first, second = _crossed(len(hardware), len(workloads))
    return Pairs(hardware.take(first), workloads.take(second), networks.take(second))


def _crossed(outer: int, inner: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.repeat(np.arange(outer), inner), np.tile(np.arange(inner), outer)

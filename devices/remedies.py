"""What would bring a device within a workload's budgets: each remedy tried by evaluating the core again."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from datasets.errors import InvalidValue
from devices.budgets import budgets
from devices.catalogue import Tables, rows_named
from devices.units import PRECISION_BITS

# Steps that are tried, the smallest change first; the largest is where a remedy is given up.
FACTORS = (1.1, 1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 64.0, 128.0)
SHARES = (0.9, 0.75, 0.5, 0.35, 0.25, 0.15, 0.1, 0.05)
# Fewer than four bits cost more of a model's quality than a budget is worth.
_FORMATS = ("fp8", "int8", "fp6", "int4", "fp4")
COLUMNS = ["remedy", "change", "before", "after", "unit", "fixes", "margin", "reason"]
_BANDWIDTH = (("devices", "memory_bandwidth_gb_per_s"), ("devices", "sram_bandwidth_tb_per_s"))
_MEMORY = (("devices", "memory_gb"),)
_POWER = tuple(("devices", name) for name in ("sustained_w", "typical_or_sustained_w", "tdp_w"))
_ARITHMETIC = (("device_peaks", "dense_tops"), ("device_peaks", "sparse_tops"))


@dataclass(frozen=True)
class _Lever:
    """Columns of tables that a remedy multiplies; the first is the one that is told."""

    remedy: str
    columns: tuple[tuple[str, str], ...]
    unit: str
    steps: tuple[float, ...] = FACTORS

    @property
    def of_workload(self) -> bool:
        return self.columns[0][0] == "workloads"


_LEVERS = (
    _Lever("prompt", (("workloads", "prompt_tokens"),), "tokens", SHARES),
    _Lever("answer", (("workloads", "output_tokens"),), "tokens", SHARES),
    _Lever("bandwidth", _BANDWIDTH, "GB/s"),
    _Lever("memory", _MEMORY, "GB"),
    _Lever("power", _POWER, "W"),
    _Lever("arithmetic", _ARITHMETIC, ""),
    _Lever("device", _BANDWIDTH + _MEMORY + _POWER + _ARITHMETIC, ""),
)


def remedies(tables: Tables, device_id: str, workload_id: str, options: Mapping[str, Any]) -> pd.DataFrame:
    """The least step of each remedy that brings a pair within every budget, or the best that it does.

    Tried are weights of fewer bits, a shorter prompt or answer, more bandwidth, memory, power or arithmetic,
    one at a time, and a device larger in all of these, each in the steps of `SHARES` or `FACTORS`.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        As for `budgets.budgets`.
    device_id, workload_id : str
    options : mapping of str to object
        Keyword arguments of `budgets.budgets` that hold for the pair.

    Returns
    -------
    pandas.DataFrame
        Columns remedy (weights, prompt, answer, bandwidth, memory, power, arithmetic, device), change (a
        factor, or the format of the weights), before, after (in `unit`, NaN where that has no meaning), unit,
        fixes, margin (of the changed pair) and reason (what it still misses). Remedies that are enough come
        first, then those that help. Empty where the pair keeps every budget, or cannot be evaluated.

    Raises
    ------
    UnknownName
        Unknown device or workload.
    """
    own = _pair_tables(tables, device_id, workload_id)
    now = budgets(own, [device_id], [workload_id], **options).iloc[0]
    if now["within_budget"] or pd.isna(now["margin"]):
        return pd.DataFrame(columns=COLUMNS)
    found = [_lighter_weights(own, device_id, workload_id, options, now)]
    found += [_stretched(own, lever, device_id, workload_id, options) for lever in _LEVERS]
    frame = pd.DataFrame([row for row in found if row is not None], columns=COLUMNS)
    helps = frame["margin"] < float(now["margin"]) * (1.0 - 1e-9)
    frame = frame[helps | frame["fixes"]]
    return frame.sort_values(["fixes", "margin"], ascending=[False, True], kind="stable", ignore_index=True)


def _pair_tables(tables: Tables, device_id: str, workload_id: str) -> dict[str, pd.DataFrame]:
    peaks = tables["device_peaks"]
    return {
        **tables,
        "devices": rows_named(tables["devices"], "device", [device_id]),
        "device_peaks": peaks[peaks["device_id"] == device_id],
        "workloads": rows_named(tables["workloads"], "workload", [workload_id]),
    }


def _lighter_weights(
    tables: Tables, device_id: str, workload_id: str, options: Mapping[str, Any], now: pd.Series
) -> dict[str, object] | None:
    bits = PRECISION_BITS.get(str(now["weight_precision"]), np.nan)
    tried = []
    for name in sorted(_FORMATS, key=lambda name: -PRECISION_BITS[name]):
        if not PRECISION_BITS[name] < bits:
            continue
        with contextlib.suppress(InvalidValue):  # The device may lack the format.
            lighter = {**options, "weight_precision": name}
            tried.append((name, budgets(tables, [device_id], [workload_id], **lighter).iloc[0]))
    told = _least(tried)
    if told is None:
        return None
    name, row = told
    return _row("weights", name, bits, PRECISION_BITS[name], "bits a weight", row)


def _stretched(
    tables: Tables, lever: _Lever, device_id: str, workload_id: str, options: Mapping[str, Any]
) -> dict[str, object] | None:
    table, column = lever.columns[0]
    before = float(options.get(column) or tables[table][column].iloc[0]) if len(tables[table]) else np.nan
    if lever.of_workload and not before > 1:
        return None
    if lever.of_workload:
        changed, names = _copies(tables, lever, workload_id)
        changed[table][column] = np.ceil(before * np.array(lever.steps))
        kept = {name: value for name, value in options.items() if name != column}
        rows = budgets(changed, [device_id], names, **kept)
    else:
        changed, names = _copies(tables, lever, device_id)
        rows = budgets(changed, names, [workload_id], **options)
    told = _least([(step, row) for step, (_, row) in zip(lever.steps, rows.iterrows(), strict=True)])
    if told is None:
        return None
    step, row = told
    known = before if lever.unit else np.nan
    return _row(lever.remedy, f"{step:g}", known, known * step, lever.unit, row)


def _copies(tables: Tables, lever: _Lever, identifier: str) -> tuple[dict[str, pd.DataFrame], list[str]]:
    """The tables with the device or workload in as many copies as there are steps, each changed by one."""
    key, owned = (
        ("workload_id", ["workloads"]) if lever.of_workload else ("device_id", ["devices", "device_peaks"])
    )
    names = [f"{identifier} x {step:g}" for step in lever.steps]
    changed = dict(tables)
    for table in owned:
        columns = [column for place, column in lever.columns if place == table]
        copies = [tables[table].assign(**{key: name}) for name in names]
        for copy, step in zip(copies, lever.steps, strict=True):
            copy[columns] = copy[columns].astype(float) * step
        changed[table] = pd.concat(copies, ignore_index=True)
    return changed, names


def _least(tried: list[tuple[Any, pd.Series]]) -> tuple[Any, pd.Series] | None:
    """The first step within every budget; else the one closest to them, None where none can be evaluated."""
    known = [(change, row) for change, row in tried if pd.notna(row["margin"])]
    fixing = [(change, row) for change, row in known if row["within_budget"]]
    return fixing[0] if fixing else min(known, key=lambda step: float(step[1]["margin"]), default=None)


def _row(
    remedy: str, change: str, before: float, after: float, unit: str, found: pd.Series
) -> dict[str, object]:
    verdict = bool(found["within_budget"]), float(found["margin"]), str(found["reason"])
    return dict(zip(COLUMNS, (remedy, change, before, after, unit, *verdict), strict=True))

"""What a claim is checked with: rows of the catalogue, figures as a document prints them, and a finding."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.errors import InvalidValue, UnknownName
from devices.catalogue import Tables, hardware_named, rows_named
from devices.hardware import ARITHMETIC, Hardware
from devices.networks import Networks, network_columns
from devices.units import PICOJOULE_J, Floats, Labels

_NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?")


@dataclass(frozen=True)
class Finding:
    """What came out for one claim.

    Attributes
    ----------
    low, high : float
        Ends of the result in the claim's unit, equal for a single figure; NaN where nothing is computed.
    note : str
        One or two sentences: how it comes about, and what a reader should know beside it.
    is_formula : bool
        Whether `high` is the largest relative departure of a formula from its independent evaluation.
    """

    low: float
    high: float
    note: str
    is_formula: bool = False


def found(value: Floats | float, note: str) -> Finding:
    """A finding of one figure."""
    return found_between(value, value, note)


def found_between(low: Floats | float, high: Floats | float, note: str) -> Finding:
    """A finding of a range."""
    return Finding(float(np.squeeze(low)), float(np.squeeze(high)), note)


def found_formula(departure: Floats | float, note: str) -> Finding:
    """A finding about a formula: its largest relative departure from an evaluation that does not use it."""
    return Finding(np.nan, float(np.squeeze(departure)), note, is_formula=True)


def not_computed(note: str) -> Finding:
    """A finding without a figure of its own."""
    return Finding(np.nan, np.nan, note)


def stated(value: float) -> Floats:
    """An input that the statement itself names, as an array."""
    return np.asarray(float(value))


@dataclass(frozen=True)
class Evidence:
    """The tables of the database, asked for one figure at a time, in SI units."""

    tables: Tables

    @cached_property
    def _hardware(self) -> Hardware:
        return hardware_named(self.tables)

    @cached_property
    def _networks(self) -> Networks:
        return network_columns(self.tables["models"])

    def hardware(self, device_id: str) -> Hardware:
        """One device as columns."""
        return self._hardware.take(_position(self._hardware.device_id, "device", device_id))

    def network(self, model_id: str) -> Networks:
        """One model as columns."""
        return self._networks.take(_position(self._networks.model_id, "model", model_id))

    def peak_ops_per_s(self, device_id: str, arithmetic: str) -> Floats:
        """Dense peak of a device."""
        return _known(self.hardware(device_id).peak_of(arithmetic), device_id, f"dense {arithmetic} peak")

    def sparse_ops_per_s(self, device_id: str, arithmetic: str) -> Floats:
        """Peak of a device with 2:4-sparse weights."""
        sparse = self.hardware(device_id).sparse_ops_per_s[:, ARITHMETIC.index(arithmetic)]
        return _known(sparse, device_id, f"sparse {arithmetic} peak")

    def bytes_per_s(self, device_id: str) -> Floats:
        """Memory bandwidth of a device."""
        return _known(self.hardware(device_id).memory_bytes_per_s, device_id, "memory bandwidth")

    def device_figure(self, device_id: str, column: str, scale: float = 1.0) -> Floats:
        """Any numeric cell of a device's row times `scale`."""
        row = rows_named(self.tables["devices"], "device", [device_id])
        return _known(pd.to_numeric(row[column]).to_numpy(dtype=float) * scale, device_id, column)

    def printed(self, device: str, quantity: str, part: int = 0) -> Floats:
        """A figure as a source document prints it, from the table `source_figures`.

        Parameters
        ----------
        device, quantity : str
            Cells of the row.
        part : int
            Which number of the cell, where it holds several.

        Raises
        ------
        UnknownName
            If no document prints such a figure.
        """
        figures = self.tables["source_figures"]
        rows = figures[(figures["device"] == device) & (figures["quantity"] == quantity)]
        numbers = _NUMBER.findall(rows["value"].iloc[0]) if len(rows) else []
        if len(numbers) <= part:
            known = figures["device"] + ": " + figures["quantity"]
            raise UnknownName("printed figure", f"{device}: {quantity}", known)
        return stated(float(numbers[part]))

    def energy_j(self, operation: str, process_node: str | None = None) -> Floats:
        """Energy of one operation or byte, from the table `operation_energies`."""
        energies = self.tables["operation_energies"]
        rows = energies[energies["operation"] == operation]
        if process_node is not None:
            rows = rows[rows["process_node"] == process_node]
        if rows.empty:
            raise UnknownName("operation", operation, energies["operation"])
        return stated(float(rows["pj"].iloc[0]) * PICOJOULE_J)


Claim = Callable[[Evidence], Finding]


def _position(identifiers: Labels, kind: str, identifier: str) -> NDArray[np.intp]:
    rows = np.flatnonzero(identifiers == identifier)
    if rows.size == 0:
        raise UnknownName(kind, identifier, identifiers)
    return rows


def _known(value: Floats, device_id: str, what: str) -> Floats:
    if np.isnan(value).any():
        raise InvalidValue(f"Device '{device_id}' has no {what} in the catalogue.")
    return value

"""Conditions that a measurement leaves out, filled in with what its device and model commonly run."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.errors import InvalidValue
from devices.backends import BACKENDS, compute_arithmetic, inferred_backend, usual_software
from devices.catalogue import Tables, rows_named
from devices.columns import numbers, words
from devices.hardware import ARITHMETIC, hardware_columns
from devices.units import PRECISION_BITS, Labels, checked_precision

_STREAMS = ("vision", "vla", "speech")


CONDITIONS = ("weight_bits", "backend", "software", "compute_precision", "class")


def left_out_conditions(rows: pd.DataFrame) -> str | None:
    """A sentence on the conditions that measurements leave out; None where they state all of them."""
    counts = {name: int((words(rows, name) == "").sum()) for name in CONDITIONS if name != "weight_bits"}
    counts["weight_bits"] = int(np.isnan(numbers(rows, "weight_bits")).sum())
    told = [f"{name} ({counts[name]})" for name in CONDITIONS if counts[name]]
    if not told:
        return None
    return (
        f"Conditions that rows of {len(rows)} leave out are taken as what the device commonly runs: "
        f"{', '.join(told)}."
    )


def completed_conditions(tables: Tables, rows: pd.DataFrame) -> pd.DataFrame:
    """Measurements with bits a weight, back end, software, arithmetic and class where they name none.

    An arithmetic for which the device states no peak is replaced as well: the software then computes in one
    that the device has (`devices.backends.compute_arithmetic`).

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
    rows : pandas.DataFrame
        Rows with the columns of `measurements`, devices and models of the catalogue.

    Returns
    -------
    pandas.DataFrame
        The rows, in their order.

    Raises
    ------
    InvalidValue
        If a row names neither the bits of a weight nor a precision that is known.
    """
    devices = rows_named(tables["devices"], "device", list(rows["device_id"].drop_duplicates()))
    hardware = hardware_columns(devices, tables["device_peaks"]).take(pd.factorize(rows["device_id"])[0])
    kind = rows["model_id"].map(tables["models"].set_index("model_id")["kind"]).to_numpy(dtype=object)
    weights = words(rows, "weight_precision")
    bits = _weight_bits(rows, weights)
    precision = _first_known(weights, _precision_of(bits))
    backend = words(rows, "backend")
    backend = np.where(np.isin(backend, BACKENDS), backend, inferred_backend(hardware, kind))
    usual, _ = compute_arithmetic(hardware, backend, kind, precision)
    software = np.array([name.lower() for name in words(rows, "software")], dtype=object)
    return rows.assign(
        weight_precision=precision,
        weight_bits=bits,
        backend=backend,
        software=_first_known(software, _software(usual_software(hardware, backend, kind))),
        compute_precision=_arithmetic(rows, hardware.peak_ops_per_s, usual),
        **{"class": _first_known(words(rows, "class"), _classes(rows, kind))},
    )


def _first_known(stated: Labels, usual: Labels) -> Labels:
    return np.where(stated == "", usual, stated).astype(object)


def _weight_bits(rows: pd.DataFrame, weights: Labels) -> NDArray[np.float64]:
    bits = numbers(rows, "weight_bits")
    for place in np.flatnonzero(np.isnan(bits)):
        if not weights[place]:
            name = rows["measurement_id"].iloc[place]
            raise InvalidValue(
                f"Measurement '{name}' names neither weight_precision nor weight_bits: give one of them, "
                "such as int4."
            )
        bits[place] = PRECISION_BITS[checked_precision(str(weights[place]))]
    return bits


def _precision_of(bits: NDArray[np.float64]) -> Labels:
    # Integer formats where only a width is known: what weights are packed in most.
    names = np.array(["int2", "int3", "int4", "fp6", "int8", "fp16", "fp32", "fp64"], dtype=object)
    return names[np.searchsorted([3.0, 4.0, 6.0, 7.0, 10.0, 17.0, 33.0], bits)]


def _software(usual: Labels) -> Labels:
    return np.array([name.partition("/")[2] for name in usual], dtype=object)


def _arithmetic(rows: pd.DataFrame, peaks: NDArray[np.float64], usual: Labels) -> Labels:
    stated = words(rows, "compute_precision")
    place = pd.Index(ARITHMETIC).get_indexer(stated)
    lacks = (place >= 0) & np.isnan(peaks[np.arange(len(rows)), place])
    return np.where(((stated == "") | lacks) & (usual != ""), usual, stated).astype(object)


def _classes(rows: pd.DataFrame, kind: Labels) -> Labels:
    metric, alone = words(rows, "metric"), numbers(rows, "batch", missing=1.0) <= 1.0
    power = np.isin(metric, ["power_w", "energy_per_token_j"])
    stream = np.isin(kind, _STREAMS) | np.isin(metric, ["latency_ms", "items_per_s"])
    prefill = np.isin(metric, ["prefill_tokens_per_s", "first_token_ms"])
    names = ["E_gpu_power", "D_vision_b1", "D_vision_batch", "B_prefill", "A_decode_b1"]
    cases = [power, stream & alone, stream, prefill, alone]
    return np.select(cases, np.array(names, dtype=object), "C_static_batch").astype(object)

"""Published measurements as columns, beside the step or request of the core that each of them measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.errors import InvalidValue
from devices.backends import measured_software
from devices.catalogue import Tables, rows_named
from devices.columns import Columns, numbers, words
from devices.hardware import ARITHMETIC, Hardware, hardware_columns
from devices.networks import Networks, network_columns
from devices.units import MILLISECOND_S, Floats, Labels, weight_class

# Metrics that state a time, directly or as a rate; the others are powers and energies.
TIME_METRICS = frozenset(
    {
        "decode_tokens_per_s",
        "prefill_tokens_per_s",
        "output_tokens_per_s",
        "first_token_ms",
        "per_token_ms",
        "latency_ms",
        "items_per_s",
    }
)
POWER_METRICS = frozenset({"power_w", "energy_per_token_j"})


@dataclass(frozen=True)
class Measured(Columns):
    """Measurements, one an element.

    Attributes
    ----------
    value : numpy.ndarray
        As published, in the unit that the metric names.
    weight_bytes, dense_weight_bytes : numpy.ndarray
        Bytes a weight, in the experts and outside them.
    kv_bytes : numpy.ndarray
        Bytes of a cached element.
    prior_tokens : numpy.ndarray
        Tokens in the cache before a measured prefill.
    evaluations : numpy.ndarray
        Evaluations of the network for one item.
    """

    measurement_id: Labels
    metric: Labels
    group: Labels
    quality: Labels
    origin: Labels
    software: Labels
    weight_class: Labels
    compute_precision: Labels
    value: Floats
    devices: Floats
    weight_bytes: Floats
    dense_weight_bytes: Floats
    kv_bytes: Floats
    batch: Floats
    prior_tokens: Floats
    input_tokens: Floats
    output_tokens: Floats
    evaluations: Floats
    peak_ops_per_s: Floats
    hardware: Hardware
    networks: Networks

    @property
    def measured_s(self) -> Floats:
        """Time of what was measured: a decode step, a prefill, a batch; NaN for a power."""
        with np.errstate(divide="ignore", invalid="ignore"):
            times = {
                "decode_tokens_per_s": self.batch / self.value,
                "prefill_tokens_per_s": self.batch * self.input_tokens / self.value,
                "output_tokens_per_s": self.batch * self.output_tokens / self.value,
                "items_per_s": self.batch / self.value,
                "first_token_ms": self.value * MILLISECOND_S,
                "per_token_ms": self.value * MILLISECOND_S,
                "latency_ms": self.value * MILLISECOND_S,
            }
        return np.select([self.metric == name for name in times], list(times.values()), np.nan)

    @property
    def is_time(self) -> NDArray[np.bool_]:
        """Whether the metric states a time."""
        return np.isin(self.metric, list(TIME_METRICS))


def measured_columns(tables: Tables, measurements: pd.DataFrame | None = None) -> Measured:
    """Build `Measured` from the table `measurements`, or from rows with its columns.

    Raises
    ------
    UnknownName
        If a row names a device or model that the catalogue does not hold.
    InvalidValue
        If a row names a metric that the core does not predict, or an arithmetic that no device has.
    """
    rows = tables["measurements"] if measurements is None else measurements
    _check_words(rows, "metric", TIME_METRICS | POWER_METRICS)
    _check_words(rows, "compute_precision", frozenset(ARITHMETIC))
    devices = rows_named(tables["devices"], "device", list(rows["device_id"].drop_duplicates()))
    models = rows_named(tables["models"], "model", list(rows["model_id"].drop_duplicates()))
    hardware = hardware_columns(devices, tables["device_peaks"]).take(pd.factorize(rows["device_id"])[0])
    formats = pd.Index(ARITHMETIC).get_indexer(rows["compute_precision"])
    bits = numbers(rows, "weight_bits")
    dense_bits = numbers(rows, "nonexpert_bits")
    return Measured(
        measurement_id=words(rows, "measurement_id"),
        metric=words(rows, "metric"),
        group=words(rows, "class"),
        quality=words(rows, "quality"),
        origin=words(rows, "origin"),
        software=measured_software(words(rows, "backend"), words(rows, "software"), hardware.segment),
        weight_class=weight_class(bits),
        compute_precision=words(rows, "compute_precision"),
        value=numbers(rows, "value"),
        devices=numbers(rows, "n_devices", missing=1.0),
        weight_bytes=bits / 8.0,
        dense_weight_bytes=np.where(np.isnan(dense_bits), bits, dense_bits) / 8.0,
        kv_bytes=numbers(rows, "kv_bits", missing=16.0) / 8.0,
        batch=numbers(rows, "batch", missing=1.0),
        prior_tokens=_prior_tokens(rows),
        input_tokens=numbers(rows, "input_tokens"),
        output_tokens=numbers(rows, "output_tokens"),
        evaluations=numbers(rows, "evals_per_item", missing=1.0),
        peak_ops_per_s=hardware.peak_ops_per_s[np.arange(len(rows)), formats],
        hardware=hardware,
        networks=network_columns(models).take(pd.factorize(rows["model_id"])[0]),
    )


def _prior_tokens(rows: pd.DataFrame) -> Floats:
    # llama-bench states the depth of a prefill in words: "pp2048 at context depth 4096".
    if "note" not in rows.columns:
        return np.zeros(len(rows))
    depth = rows["note"].astype("string").str.extract(r"\bpp\d+ at context depth (\d+)")[0]
    return depth.astype("Float64").fillna(0.0).to_numpy(dtype=float)


def _check_words(rows: pd.DataFrame, column: str, known: frozenset[str]) -> None:
    for value in rows[column].drop_duplicates():
        if value not in known:
            named = rows.loc[rows[column] == value, "measurement_id"].iloc[0]
            raise InvalidValue(
                f"Measurement '{named}' has {column} '{value}': known are {', '.join(sorted(known))}."
            )

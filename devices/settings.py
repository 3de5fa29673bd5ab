"""How a workload is run on a device: precisions, batch, tokens and number of devices, with their defaults."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from datasets.errors import InvalidValue
from devices.backends import compute_arithmetic, inferred_backend, stated_formats, stated_peak
from devices.catalogue import Pairs
from devices.columns import Columns, distinct_rows
from devices.hardware import ARITHMETIC, Hardware, moved_element_bytes
from devices.options import Options, Serving
from devices.units import Floats, Labels, checked_precision, element_bytes

DEFAULT_WEIGHTS = "fp16"
DEFAULT_CACHE = "fp16"
SPARSE_INDEX_BITS = 2.0


@dataclass(frozen=True)
class Overrides:
    """What a caller fixes for every pair; None leaves the workload's own value."""

    weight_precision: str | None = None
    compute_precision: str | None = None
    kv_precision: str | None = None
    batch: float | None = None
    prompt_tokens: float | None = None
    output_tokens: float | None = None
    devices: float = 1.0
    serving: Serving = field(default_factory=Serving)

    def __post_init__(self) -> None:
        for name in ("batch", "output_tokens", "devices"):
            _check_at_least(name, getattr(self, name), 1.0)
        _check_at_least("prompt_tokens", self.prompt_tokens, 0.0)
        for name in ("weight_precision", "kv_precision"):
            if getattr(self, name) is not None:
                checked_precision(getattr(self, name))
        widths = self.serving.options.layout
        if widths is not None and self.devices not in (1.0, self.width):
            named = " x ".join(f"{width:g}" for width in widths)
            raise InvalidValue(
                f"devices is {self.devices:g}, but the layout has {named} of them: leave out one."
            )

    @property
    def width(self) -> float:
        """Devices in all: the product of the layout, else those that share every layer."""
        widths = self.serving.options.layout
        return float(self.devices) if widths is None else float(np.prod(widths))


@dataclass(frozen=True)
class Settings(Columns):
    """The settings in force, one an element of the pairs.

    Attributes
    ----------
    combination
        Number of the pair's device, kind of network and weight format: equal numbers compute alike.
    weight_bytes, kv_bytes
        Bytes of one weight and of one cached element.
    moved_element_bytes
        Bytes of an activation of an item that goes through main memory.
    serving
        The options, one set for all pairs.
    """

    combination: NDArray[np.intp]
    weight_precision: Labels
    compute_precision: Labels
    kv_precision: Labels
    backend: Labels
    batch: Floats
    prompt_tokens: Floats
    output_tokens: Floats
    devices: Floats
    peak_ops_per_s: Floats
    weight_bytes: Floats
    kv_bytes: Floats
    moved_element_bytes: Floats
    serving: Serving


def settings(pairs: Pairs, overrides: Overrides | None = None) -> Settings:
    """Settings of each pair: the cloud's batch and precision in a data centre, the edge's elsewhere.

    Raises
    ------
    InvalidValue
        If a precision was asked for by name and a single named device has no arithmetic for it.
    """
    wanted = overrides or Overrides()
    hardware, workloads = pairs.hardware, pairs.workloads
    cloud = hardware.is_cloud
    weights = _filled(
        np.where(cloud, workloads.weights_cloud, workloads.weights_edge), wanted.weight_precision
    )
    first, place = distinct_rows(hardware.position, pairs.networks.kind, weights)
    backend, formats, peaks = _arithmetic(
        hardware.take(first), pairs.networks.kind[first], weights[first], wanted.compute_precision
    )
    sparse = wanted.serving.options.sparse
    if sparse:
        peaks = sparse_peak(hardware.take(first), formats)
    moved = moved_element_bytes(hardware.take(first), formats)[place]
    formats = formats[place]
    _refuse_lacking(pairs, wanted, formats)
    if sparse:
        _refuse_dense(pairs, formats, peaks[place])
    return Settings(
        combination=place,
        weight_precision=weights,
        compute_precision=formats,
        kv_precision=_repeated(wanted.kv_precision or DEFAULT_CACHE, len(pairs)),
        backend=backend[place],
        batch=_overridden(np.where(cloud, workloads.batch_cloud, workloads.batch_edge), wanted.batch),
        prompt_tokens=_overridden(workloads.prompt_tokens, wanted.prompt_tokens),
        output_tokens=_overridden(workloads.output_tokens, wanted.output_tokens),
        devices=np.full(len(pairs), wanted.width),
        peak_ops_per_s=peaks[place],
        weight_bytes=stored_bytes(element_bytes(weights[first]), sparse=sparse)[place],
        kv_bytes=np.full(len(pairs), element_bytes([wanted.kv_precision or DEFAULT_CACHE])[0]),
        moved_element_bytes=moved,
        serving=wanted.serving,
    )


def stored_bytes(weight_bytes: Floats, *, sparse: bool) -> Floats:
    """Bytes of one weight; with 2:4 sparsity half of them are kept, each with two bits that say which.

    Mishra et al. 2021 (arXiv 2104.08378), section 3.
    """
    return (weight_bytes + SPARSE_INDEX_BITS / 8.0) / 2.0 if sparse else weight_bytes


def sparse_peak(hardware: Hardware, formats: Labels) -> Floats:
    """Peak of each device with 2:4 sparse weights at its arithmetic format; NaN where none is stated."""
    columns = [ARITHMETIC.index(name) if name else 0 for name in formats]
    peaks = hardware.sparse_ops_per_s[np.arange(len(hardware)), columns]
    return np.where(formats == "", np.nan, peaks)


def replaced(pairs: Pairs, options: Options) -> Pairs:
    """The pairs with what the options put in place of the workloads' and networks' own."""
    if not options:
        return pairs
    wanted = {own: getattr(options, name) for name, own in _OWN.items()}
    columns = {own: np.full(len(pairs), float(v)) for own, v in wanted.items() if v is not None}
    networks = pairs.networks
    if options.window_tokens is not None:
        window = np.full(len(pairs), float(options.window_tokens))
        networks = networks.changed(window=window, windowed_layers=networks.attention_layers)
    return pairs.changed(workloads=pairs.workloads.changed(**columns), networks=networks)


# Options that replace a column of the workloads.
_OWN = {
    "cached_share": "cached_share",
    "parallel_samples": "samples",
    "reasoning": "reasoning",
    "inputs": "inputs_per_item",
    "rate": "rate_per_s",
}


def _arithmetic(
    hardware: Hardware, kind: Labels, weights: Labels, wanted: str | None
) -> tuple[Labels, Labels, Floats]:
    """Back end, arithmetic format and dense peak of each combination."""
    backend = inferred_backend(hardware, kind)
    if wanted is None:
        return backend, *compute_arithmetic(hardware, backend, kind, weights)
    return backend, *stated_peak(hardware, wanted)


def _check_at_least(name: str, value: float | None, least: float) -> None:
    if value is not None and not (np.isfinite(value) and value >= least):
        raise InvalidValue(f"{name} is {value:g}: it must be a finite number, at least {least:g}.")


def _filled(weights: Labels, wanted: str | None) -> Labels:
    if wanted is not None:
        return _repeated(wanted, len(weights))
    return np.where(weights == "", DEFAULT_WEIGHTS, weights).astype(object)


def _repeated(value: str, count: int) -> Labels:
    return np.full(count, value, dtype=object)


def _overridden(values: Floats, wanted: float | None) -> Floats:
    # A stream has no tokens (NaN), and an override does not give it any.
    return values if wanted is None else np.where(np.isnan(values), values, float(wanted))


def _refuse_lacking(pairs: Pairs, wanted: Overrides, formats: Labels) -> None:
    asked = wanted.compute_precision or wanted.weight_precision
    names = set(pairs.hardware.device_id)
    if asked is None or len(names) != 1 or np.any(formats != ""):
        return
    has = ", ".join(stated_formats(pairs.hardware, 0))
    device = names.pop()
    if has:
        raise InvalidValue(f"Device '{device}' has no arithmetic for {asked}: it has {has}.")


def _refuse_dense(pairs: Pairs, formats: Labels, peaks: Floats) -> None:
    names = set(pairs.hardware.device_id)
    if len(names) != 1 or not np.isnan(peaks).all():
        return
    stated = ~np.isnan(pairs.hardware.sparse_ops_per_s[0])
    has = ", ".join(name for name, known in zip(ARITHMETIC, stated, strict=True) if known)
    raise InvalidValue(
        f"Device '{names.pop()}' states no sparse peak for {formats[0] or 'these weights'}: "
        f"it states {has or 'none'}; leave out sparse."
    )

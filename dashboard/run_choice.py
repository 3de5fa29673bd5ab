"""Controls that name a training run: model, tokens, devices and how it is trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import address, analyses, controls, loaders
from datasets.database import Snapshot
from devices.training_step import Layout

MOST_DEVICE_TYPES = 4
_FIRST_DEVICES = ("h100_sxm", "gb200_gpu", "tpu_v7")
PRECISIONS = {"bf16": "BF16", "fp8": "FP8"}
_ZERO = {"0": "None", "1": "Optimiser", "2": "Optimiser and gradients", "3": "Weights too"}
_CHUNKS = {"2": "2 pieces", "1": "Whole", "4": "4 pieces"}


@dataclass(frozen=True)
class Run:
    """The run that the controls name."""

    model_id: str
    tokens: float
    devices: int
    batch_sequences: int
    layout: Layout
    precision: str


def fields(current: Snapshot) -> list[address.Field]:
    """The state: the run and the types of device that it is planned on."""
    known = _device_ids(current)
    first = [name for name in _FIRST_DEVICES if name in known]
    return [
        address.option("model", _model_ids(current), "llama_3_1_405b"),
        address.figure("tokens", 0.001, 1000.0, 15.6),
        address.options("device", known, first, MOST_DEVICE_TYPES),
        address.count("count", 1, 1_000_000, 16_384),
        address.count("batch", 1, 1_000_000, 2_048),
        address.count("sequence", 128, 1_000_000, 8_192),
        address.option("precision", list(PRECISIONS), "bf16"),
        address.option("zero", list(_ZERO), "1"),
        address.option("chunks", list(_CHUNKS), "2"),
        address.switch("recompute", True),
    ]


def first(current: Snapshot) -> tuple[Run, list[str]]:
    """The run with which a page opens, and the types of device."""
    return _run(address.defaults(fields(current)))


def _run(values: Mapping[str, Any]) -> tuple[Run, list[str]]:
    layout = Layout(
        sequence_tokens=int(values["sequence"]),
        zero_stage=int(values["zero"]),
        checkpoint_every=1 if values["recompute"] else None,
        chunks=int(values["chunks"]),
    )
    tokens, count, batch = 1e12 * float(values["tokens"]), int(values["count"]), int(values["batch"])
    run = Run(values["model"], tokens, count, batch, layout, values["precision"])
    return run, list(values["device"])


def layouts(current: Snapshot, run: Run, device_id: str) -> pd.DataFrame:
    """Every layout of the run on one type of device, the best first."""
    return analyses.run_layouts(
        current,
        run.model_id,
        device_id,
        run.devices,
        run.batch_sequences,
        run.layout,
        run.tokens,
        run.precision,
    )


def picked(page: str, current: Snapshot) -> tuple[Run, list[str]]:
    """Draw the controls of a page whose fields hold `fields`; the run, and the types of device."""
    models, devices = loaders.names(current, "models"), loaders.names(current, "devices")
    row = st.container(horizontal=True, vertical_alignment="bottom")
    controls.picked(row, "Model", address.key(page, "model"), _model_ids(current), models, width=280)
    row.number_input(
        "Tokens, trillion", min_value=0.001, max_value=1000.0, key=address.key(page, "tokens"), width=150
    )
    _count(row, "Devices", address.key(page, "count"), 1, 150)
    precision = address.key(page, "precision")
    controls.picked(row, "Arithmetic", precision, list(PRECISIONS), PRECISIONS, width=130)
    st.multiselect(
        f"Types of device (up to {MOST_DEVICE_TYPES})",
        _device_ids(current),
        format_func=lambda name: devices[name],
        max_selections=MOST_DEVICE_TYPES,
        key=address.key(page, "device"),
    )
    with st.expander("How it is trained", icon=":material/settings:"):
        _training(page)
    return _run({field.name: address.value(page, field.name) for field in fields(current)})


def _count(row: Any, label: str, key: str, lowest: int, width: int) -> None:
    row.number_input(label, min_value=lowest, max_value=1_000_000, step=1, key=key, width=width)


def _training(page: str) -> None:
    row = st.container(horizontal=True, vertical_alignment="bottom")
    _count(row, "Sequences a step", address.key(page, "batch"), 1, 170)
    _count(row, "Tokens a sequence", address.key(page, "sequence"), 128, 170)
    controls.picked(
        row,
        "Sharded over copies (ZeRO)",
        address.key(page, "zero"),
        list(_ZERO),
        _ZERO,
        help_="What each copy holds only its part of. More sharding saves memory; stage 3 gathers the "
        "weights anew.",
        width=230,
    )
    controls.picked(
        row,
        "Layers of a stage",
        address.key(page, "chunks"),
        list(_CHUNKS),
        _CHUNKS,
        help_="Pieces in which each stage holds its layers: interleaving shortens the wait in the pipeline.",
        width=160,
    )
    row.toggle(
        "Recompute activations",
        key=address.key(page, "recompute"),
        help="Keeps one activation a layer and computes the others anew in the backward pass: less "
        "memory, a third more arithmetic.",
    )


def _model_ids(current: Snapshot) -> list[str]:
    models = current.tables["models"]
    shaped = models[["params_b", "layers", "hidden", "heads"]].notna().all(axis=1)
    return list(models.loc[shaped & (models["kind"] == "decoder"), "model_id"])


def _device_ids(current: Snapshot) -> list[str]:
    """Devices that can be linked and whose peak is known in a precision of training."""
    devices, peaks = current.tables["devices"], current.tables["device_peaks"]
    known = peaks.loc[peaks["precision"].isin(list(PRECISIONS)) & peaks["dense_tops"].notna(), "device_id"]
    linked = devices["interconnect_gb_per_s_per_direction"].notna() & devices["memory_gb"].notna()
    return list(devices.loc[linked & devices["device_id"].isin(known), "device_id"])

"""Every way to spread a training run over a number of devices, planned and ranked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from datasets.errors import InvalidValue
from devices.catalogue import Tables, networks_named
from devices.training_plan import RunTerms, training_plan
from devices.training_step import Layout

# Devices of a server that share a layer over their own links.
MOST_TENSOR = 8
MOST_DEVICES = 10_000_000


def training_layouts(
    tables: Tables,
    model_id: str,
    device_id: str,
    devices: int,
    batch_sequences: int,
    base: Layout,
    terms: RunTerms,
    *,
    precision: str = "bf16",
    most_tensor: int = MOST_TENSOR,
) -> pd.DataFrame:
    """Plans of one run for every tensor, pipeline and data width whose product is the number of devices.

    The batch of a step is the same in all: more copies leave fewer micro-batches to each. A width must divide
    the heads (tensor), leave a layer to each stage (pipeline) and the same number of micro-batches to each
    copy (data).

    Parameters
    ----------
    tables : mapping of str to DataFrame
    model_id, device_id : str
    devices : int
    batch_sequences : int
        Sequences of one optimiser step over all devices.
    base : Layout
        All but the widths and the micro-batches.
    terms : RunTerms
    precision : str
    most_tensor : int
        Widest tensor group: what shares links of a server.

    Returns
    -------
    pandas.DataFrame
        Columns tensor, pipeline, data, micro_batches, then those of `training_plan`; layouts that fit the
        memory first, the fastest first.

    Raises
    ------
    UnknownName, InvalidValue
        As in `training_plan`; devices or sequences out of range, or no width that suits them.
    """
    for name, value in (("devices", devices), ("batch_sequences", batch_sequences)):
        if not 1 <= value <= MOST_DEVICES:
            raise InvalidValue(f"{name} is {value}: it must lie between 1 and {MOST_DEVICES:,}.")
    network = networks_named(tables, [model_id])
    layers, heads = float(network.layers[0]), float(network.heads[0])
    plans = [
        training_plan(tables, model_id, [device_id], layout, terms, precision=precision).assign(
            tensor=layout.tensor,
            pipeline=layout.pipeline,
            data=layout.data,
            micro_batches=layout.micro_batches,
        )
        for layout in _layouts(devices, batch_sequences, base, most_tensor)
        if layout.pipeline <= layers and heads % layout.tensor == 0
    ]
    if not plans:
        raise InvalidValue(
            f"No layout spreads {batch_sequences:,} sequences of '{model_id}' evenly over {devices:,} "
            f"devices: "
            "choose numbers with more common divisors, such as powers of two."
        )
    widths = ["tensor", "pipeline", "data", "micro_batches"]
    frame = pd.concat(plans, ignore_index=True)
    ranked = frame.sort_values(["fits_memory", "days"], ascending=[False, True], ignore_index=True)
    return ranked[[*widths, *ranked.columns.drop(widths)]]


def _layouts(devices: int, batch_sequences: int, base: Layout, most_tensor: int) -> Iterator[Layout]:
    for tensor in _divisors(devices, most_tensor):
        for pipeline in _divisors(devices // tensor, devices):
            data = devices // tensor // pipeline
            micro_batches, left = divmod(batch_sequences, data * base.micro_batch)
            if micro_batches and not left:
                yield replace(base, tensor=tensor, pipeline=pipeline, data=data, micro_batches=micro_batches)


def _divisors(number: int, most: int) -> list[int]:
    small = [d for d in range(1, int(number**0.5) + 1) if number % d == 0]
    return sorted({d for low in small for d in (low, number // low) if d <= most})

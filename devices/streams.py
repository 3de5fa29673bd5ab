"""Items instead of tokens: camera frames, images, denoising steps, ranked candidates, spoken seconds."""

from __future__ import annotations

import numpy as np

from devices.catalogue import Workloads
from devices.networks import Networks
from devices.settings import Settings
from devices.step import Machine, Step, item_step
from devices.step_changes import staged, with_offload, with_traffic
from devices.units import Floats


def weight_passes(networks: Networks, workloads: Workloads) -> Floats:
    """Times that an item's weights are read: once for each denoising step, once for all cameras."""
    serial = np.where(networks.kind == "diffusion", workloads.inputs_per_item, 1.0)
    return serial * workloads.samples


def item(
    networks: Networks,
    machine: Machine,
    workloads: Workloads,
    settings: Settings,
    offloaded_share: Floats | float = 0.0,
) -> Step:
    """One batch of items from input to output."""
    options = settings.serving.options
    copies = 1.0 if options.layout is None else options.layout[3]
    busy = np.minimum(settings.batch, copies)
    evaluations = settings.batch / busy * workloads.inputs_per_item * workloads.samples
    if copies > 1.0:
        machine = machine.changed(devices=machine.devices / copies)
    step = item_step(
        networks,
        machine,
        evaluations=evaluations,
        passes=weight_passes(networks, workloads),
        weight_bytes=settings.weight_bytes,
        element_bytes=settings.moved_element_bytes,
    )
    if options.embedding_bytes is not None:
        step = with_traffic(step, machine, evaluations * options.embedding_bytes)
    if options.offload is not None:
        step = with_offload(step, machine, np.asarray(offloaded_share), options.offload_bytes_per_s)
    if copies == 1.0:
        return step
    one, none = np.ones_like(busy), np.zeros_like(busy)
    return staged(step, 1.0, one, busy, copies, none, fills=False)


def duty(time_s: Floats, rate_per_s: Floats) -> Floats:
    """Share of the time that a device works for a stream of the given rate; 1 where work never ends."""
    return np.where(np.isnan(rate_per_s), 1.0, np.minimum(time_s * rate_per_s, 1.0))

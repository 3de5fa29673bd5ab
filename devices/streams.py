"""Items instead of tokens: camera frames, images, denoising steps, ranked candidates, spoken seconds."""

from __future__ import annotations

import numpy as np

from devices.catalogue import Workloads
from devices.networks import Networks
from devices.settings import Settings
from devices.step import Machine, Step, item_step
from devices.units import Floats


def weight_passes(networks: Networks, workloads: Workloads) -> Floats:
    """Times that an item's weights are read: once for each denoising step, once for all cameras."""
    serial = np.where(networks.kind == "diffusion", workloads.inputs_per_item, 1.0)
    return serial * workloads.samples


def item(networks: Networks, machine: Machine, workloads: Workloads, settings: Settings) -> Step:
    """One batch of items from input to output."""
    return item_step(
        networks,
        machine,
        evaluations=settings.batch * workloads.inputs_per_item * workloads.samples,
        passes=weight_passes(networks, workloads),
        weight_bytes=settings.weight_bytes,
    )


def duty(time_s: Floats, rate_per_s: Floats) -> Floats:
    """Share of the time that a device works for a stream of the given rate; 1 where work never ends."""
    return np.where(np.isnan(rate_per_s), 1.0, np.minimum(time_s * rate_per_s, 1.0))

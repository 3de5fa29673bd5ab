"""Layouts over several devices that a network does not allow, each with the sentence that says so."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from devices.hardware import Hardware
from devices.networks import Networks
from devices.options import Options
from devices.settings import Settings

Obstacle = tuple[NDArray[np.bool_], str]


def linked_devices(hardware: Hardware, settings: Settings) -> NDArray[np.bool_]:
    """Where devices need a link to each other that the options do not give: all but copies of the whole."""
    options = settings.serving.options
    copies = 1.0 if options.layout is None else options.layout[3]
    if options.link_gb_per_s is not None:
        return np.zeros(len(settings), dtype=bool)
    return settings.devices * hardware.accelerators / copies > 1.0


def layout_obstacles(networks: Networks, options: Options) -> tuple[Obstacle, ...]:
    """Networks that a layout asked for does not suit, and why."""
    if options.layout is None:
        return ()
    tensor, stages, experts, _ = options.layout
    decoder, heads = networks.is_decoder, np.nan_to_num(networks.heads)
    return (
        (
            decoder & (heads % tensor != 0.0),
            f"tensor parallelism over {tensor:g} devices does not divide the model's heads",
        ),
        (
            decoder & (networks.layers < stages),
            f"the model has fewer layers than the {stages:g} stages asked for",
        ),
        (
            ~decoder & (stages * experts > 1.0),
            "pipeline and expert parallelism are computed for decoders only",
        ),
        (
            decoder & (experts > 1.0) & (networks.expert_params == 0.0),
            "the model has no experts to spread",
        ),
        (
            decoder & (experts > 1.0) & (networks.experts % experts != 0.0),
            f"{experts:g} devices do not divide the model's experts",
        ),
    )

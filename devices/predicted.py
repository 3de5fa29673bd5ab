"""What the core predicts for a measurement: the same step under the published conditions."""

from __future__ import annotations

import numpy as np

from devices.coupled_memory import is_coupled, with_coupled_memory
from devices.efficiency import Shares, software_limited
from devices.hardware import Hardware, moved_element_bytes
from devices.measured import Measured
from devices.power import power_limits
from devices.step import Machine, Step, item_step, token_step
from devices.units import Floats

# Output tokens of a decode measurement that does not state its context.
UNSTATED_OUTPUT_TOKENS = 128.0


def measured_machine(measured: Measured, shares: Shares) -> Machine:
    """The roofs that each measurement ran under."""
    hardware = measured.hardware
    machine = Machine(
        peak_ops_per_s=measured.peak_ops_per_s,
        bytes_per_s=hardware.memory_bytes_per_s,
        sram_bytes=hardware.sram_bytes,
        sram_bytes_per_s=hardware.sram_bytes_per_s,
        coupled_bytes_per_s=np.full(len(measured), np.nan),
        link_bytes_per_s=link_bytes_per_s(hardware),
        devices=measured.devices,
        shares=software_limited(
            shares,
            measured.software,
            measured.weight_class,
            measured.peak_ops_per_s,
            power_limits(hardware).peak_w,
        ),
    )
    backend = np.array([name.partition("/")[0] for name in measured.software], dtype=object)
    return with_coupled_memory(machine, is_coupled(hardware, backend))


# PCIe 4.0 x16, one direction: cards without a link of their own.
UNSTATED_LINK_BYTES_PER_S = 32e9
# Bandwidth of stacked memory over that of the link, one direction: median of the servers' accelerators that
# state both.
STACKED_MEMORY_OVER_LINK = 8.6


def link_bytes_per_s(hardware: Hardware) -> Floats:
    """Link to the next device, one direction; estimated where the datasheet is silent.

    A server's accelerator with stacked memory has a link made for it, others have PCIe.
    """
    stacked = np.array([name.startswith("HBM") for name in hardware.memory_type], dtype=bool)
    stacked &= (hardware.segment == "datacenter") & ~np.isnan(hardware.memory_bytes_per_s)
    own = hardware.memory_bytes_per_s / STACKED_MEMORY_OVER_LINK
    unstated = np.where(stacked, own, UNSTATED_LINK_BYTES_PER_S)
    stated = hardware.interconnect_bytes_per_s
    return np.where(np.isnan(stated), unstated, stated)


def prefill_step(measured: Measured, machine: Machine) -> Step:
    """The prompts of the batch, after the tokens that were in the cache before."""
    return _tokens(measured, machine, np.fmax(measured.input_tokens, 1.0), measured.prior_tokens + 1.0)


def decode_step(measured: Measured, machine: Machine) -> Step:
    """One token for each sequence of the batch, at the middle of the answer."""
    answer = np.where(measured.output_tokens > 0.0, measured.output_tokens, UNSTATED_OUTPUT_TOKENS)
    context = np.nan_to_num(measured.input_tokens) + answer / 2.0
    return _tokens(measured, machine, np.ones_like(context), context)


def item_batch(measured: Measured, machine: Machine) -> Step:
    """One batch of images, sequences or denoising runs."""
    return item_step(
        measured.networks,
        machine,
        evaluations=measured.batch * measured.evaluations,
        passes=measured.evaluations,
        weight_bytes=measured.weight_bytes,
        element_bytes=moved_element_bytes(measured.hardware, measured.compute_precision),
    )


def predicted_s(measured: Measured, shares: Shares) -> Floats:
    """Time that the core predicts for each measurement of a time, NaN for the others.

    Parameters
    ----------
    measured : Measured
        Measurements, shape (n,).
    shares : Shares
        Reachable shares of each, before saturation.
    """
    machine = measured_machine(measured, shares)
    with np.errstate(divide="ignore", invalid="ignore"):
        prefill = prefill_step(measured, machine).time_s
        decode = decode_step(measured, machine).time_s
        answered = prefill + np.maximum(measured.output_tokens - 1.0, 0.0) * decode
        items = item_batch(measured, machine).time_s
    of_tokens = np.select(
        [
            np.isin(measured.metric, ["decode_tokens_per_s", "per_token_ms"]),
            np.isin(measured.metric, ["prefill_tokens_per_s", "first_token_ms"]),
            measured.metric == "output_tokens_per_s",
        ],
        [decode, prefill, answered],
        np.nan,
    )
    return np.where(measured.networks.is_decoder, of_tokens, np.where(measured.is_time, items, np.nan))


def _tokens(measured: Measured, machine: Machine, new_tokens: Floats, first_context: Floats) -> Step:
    return token_step(
        measured.networks,
        machine,
        sequences=measured.batch,
        new_tokens=new_tokens,
        first_context=first_context,
        weight_bytes=measured.weight_bytes,
        kv_bytes=measured.kv_bytes,
        dense_weight_bytes=measured.dense_weight_bytes,
    )

"""Several devices on one model: collectives, their volume and time, and the width at which they bind."""

from __future__ import annotations

import numpy as np

from devices.units import MICROSECOND_S, Floats

# What one all-reduce costs however short its message, for each doubling of the number of devices: fitted to
# batch-1 decoding on 1 to 8 devices joined by NVLink.
ROUND_LATENCY_S = 4.0 * MICROSECOND_S


def all_reduce_bytes(message_bytes: Floats, devices: Floats) -> Floats:
    """Bytes that each device sends in a ring all-reduce, ``2 (n - 1) / n`` of the message."""
    return 2.0 * (devices - 1.0) / devices * message_bytes


def all_gather_bytes(message_bytes: Floats, devices: Floats) -> Floats:
    """Bytes that each device sends in a ring all-gather or reduce-scatter, ``(n - 1) / n`` of the message."""
    return (devices - 1.0) / devices * message_bytes


def all_to_all_bytes(message_bytes: Floats, devices: Floats) -> Floats:
    """Bytes that each device sends in an all-to-all, ``(n - 1) / n^2`` of the message as a whole."""
    return (devices - 1.0) / devices**2 * message_bytes


def all_reduce_s(message_bytes: Floats, devices: Floats, link_bytes_per_s: Floats) -> Floats:
    """Time of an all-reduce: the ring's bandwidth term and a latency of ``log2(n)`` rounds.

    `link_bytes_per_s` is one direction. A single device needs none.
    """
    transfer = np.where(devices > 1.0, all_reduce_bytes(message_bytes, devices) / link_bytes_per_s, 0.0)
    return transfer + np.log2(devices) * ROUND_LATENCY_S


def all_to_all_s(message_bytes: Floats, devices: Floats, link_bytes_per_s: Floats) -> Floats:
    """Time of an all-to-all of a message as a whole, with the latency of ``log2(n)`` rounds."""
    transfer = np.where(devices > 1.0, all_to_all_bytes(message_bytes, devices) / link_bytes_per_s, 0.0)
    return transfer + np.log2(devices) * ROUND_LATENCY_S


def all_gather_s(message_bytes: Floats, devices: Floats, link_bytes_per_s: Floats) -> Floats:
    """Time of an all-gather or reduce-scatter: half of an all-reduce."""
    return all_reduce_s(message_bytes, devices, link_bytes_per_s) / 2.0


def tensor_parallel_limit(ffn: Floats, peak_ops_per_s: Floats, link_bytes_per_s: Floats) -> Floats:
    """Width of tensor parallelism from which communication binds, ``F / (C / W)``.

    How to Scale Your Model, chapter "How to Parallelize a Transformer": F the feed-forward width, C the peak,
    W the bandwidth of the link.
    """
    return ffn / (peak_ops_per_s / link_bytes_per_s)


def pipeline_bubble(stages: Floats, micro_batches: Floats) -> Floats:
    """Idle share of a 1F1B pipeline, ``(p - 1) / (m + p - 1)`` (Narayanan et al. 2021)."""
    return (stages - 1.0) / (micro_batches + stages - 1.0)

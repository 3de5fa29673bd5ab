"""Batches that start together and end together: what the longest answer costs the others."""

from __future__ import annotations

import numpy as np
from scipy.special import digamma

from devices.units import Floats


def longest_over_mean(sequences: Floats) -> Floats:
    """Expected longest answer of a batch over the mean answer, the harmonic number of the batch.

    Lengths are taken as exponential, as in published comparisons of static with continuous batching (Anyscale
    2023, "How continuous batching enables 23x throughput"): the largest of n has the mean
    ``1 + 1/2 + .. + 1/n``. A batch of one is its own longest.
    """
    return digamma(sequences + 1.0) + np.euler_gamma

"""Speculative decoding: tokens that a verified draft yields, and what it gains over one token a step."""

from __future__ import annotations

import numpy as np

from devices.units import Floats


def accepted_tokens(acceptance: Floats, drafted: Floats) -> Floats:
    """Expected tokens of one verification, ``(1 - a^(k + 1)) / (1 - a)``.

    Leviathan, Kalman and Matias 2023 (arXiv 2211.17192), equation 1: the run of accepted draft tokens and the
    one that the large model adds itself. Tends to k + 1 as a tends to 1.

    Parameters
    ----------
    acceptance : numpy.ndarray
        Probability a, in [0, 1], that a drafted token is accepted.
    drafted : numpy.ndarray
        Tokens k drafted for each verification.
    """
    a, k = np.broadcast_arrays(np.asarray(acceptance, dtype=float), np.asarray(drafted, dtype=float))
    certain = a >= 1.0
    rest = np.where(certain, 1.0, 1.0 - a)
    return np.where(certain, k + 1.0, (1.0 - a ** (k + 1.0)) / rest)


def speculative_speedup(acceptance: Floats, drafted: Floats, draft_cost: Floats) -> Floats:
    """Expected speed-up over plain decoding, the accepted tokens over ``k c + 1``.

    Leviathan et al. 2023, theorem 3.8: verification of k + 1 tokens takes as long as one step of the large
    model, which holds while decoding is bound by memory.

    Parameters
    ----------
    draft_cost : numpy.ndarray
        Time c of a step of the draft model over one of the large model.
    """
    return accepted_tokens(acceptance, drafted) / (drafted * draft_cost + 1.0)


def printed_speedup(acceptance: Floats, drafted: Floats, draft_cost: Floats) -> Floats:
    """The approximation ``a k / (a k c + 1)`` that a source document prints; too high for long drafts.

    It counts every drafted token as accepted independently, though the first refusal discards the rest.
    """
    kept = acceptance * drafted
    return kept / (kept * draft_cost + 1.0)

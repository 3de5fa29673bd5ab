"""Cache memory that is reserved and not used: whole contexts held from the start, or pages on demand."""

from __future__ import annotations

import numpy as np

from devices.units import Floats


def reserved_waste_share(reserved_tokens: Floats, used_tokens: Floats) -> Floats:
    """Share of a contiguous reservation that a request never fills."""
    return 1.0 - np.minimum(used_tokens, reserved_tokens) / reserved_tokens


def page_waste_share(used_tokens: Floats, page_tokens: Floats) -> Floats:
    """Share of the pages of a request that stays empty: the rest of its last page.

    Kwon et al. 2023 (PagedAttention, arXiv 2309.06180): at most one page less a token for each sequence.
    """
    pages = np.ceil(used_tokens / page_tokens)
    return 1.0 - used_tokens / (pages * page_tokens)


def mean_page_waste_share(used_tokens: Floats, page_tokens: Floats) -> Floats:
    """Expected empty share where a length may end anywhere in a page: half a page less half a token."""
    empty = (page_tokens - 1.0) / 2.0
    return empty / (used_tokens + empty)

"""Arrays of all draws, put together from those of chunks of them."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class GatheredDraws:
    """Dicts of arrays whose first axis are the draws, nested at will, filled chunk by chunk.

    Attributes
    ----------
    whole : dict
        Of the shape of a chunk's; None until the first chunk.
    """

    def __init__(self, draws: int):
        self.draws, self.whole, self._lock = draws, None, Lock()

    def put(self, part: Any, rows: NDArray[np.int64] | slice) -> None:
        """Write a chunk's arrays, (draws,) or (draws, years), to their rows; threads may do so at once."""
        with self._lock:
            if self.whole is None:
                self.whole = self._space(part)
        for whole, figures in zip(_leaves(self.whole), _leaves(part), strict=True):
            # The draws of a year lie side by side in memory.
            whole.T[..., rows] = figures.T

    def _space(self, part: Any) -> Any:
        """Room for all draws in one block: the system backs it by large pages and takes it back."""
        arrays = list(_leaves(part))
        ends = np.cumsum([1 if array.ndim == 1 else array.shape[1] for array in arrays])
        block = np.empty((ends[-1] if arrays else 0, self.draws), arrays[0].dtype if arrays else float)
        return _nested(part, iter(np.split(block, ends[:-1])))


def _leaves(part: Any) -> Iterator[Array]:
    if isinstance(part, dict):
        for inner in part.values():
            yield from _leaves(inner)
    else:
        yield part


def _nested(like: Any, blocks: Iterator[Array]) -> Any:
    """Blocks of columns as dicts of the shape of another's."""
    if isinstance(like, dict):
        return {key: _nested(inner, blocks) for key, inner in like.items()}
    block = next(blocks)
    return block[0] if like.ndim == 1 else block.T

"""A grid of devices, decoder models, batches and contexts through the core, for measuring its speed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from devices.catalogue import Tables, crossed_pairs, hardware_named, networks_named, workloads_named
from devices.outcome import Outcome, case_of, case_outcome
from devices.settings import settings

BATCHES = 2.0 ** np.arange(10)
THREADS = 2
SHORTEST_TOKENS, LONGEST_TOKENS = 128.0, 131072.0
# Points evaluated together: enough to outweigh what a call costs, few enough to stay small in memory.
BLOCK = 32768


def grid_outcomes(tables: Tables, points: int, block: int = BLOCK) -> Iterator[Outcome]:
    """Predict `points` requests over all devices, decoder models, batches of 1 to 512 and prompt lengths.

    Prompt lengths are spaced evenly on a logarithmic scale, as many as the number of points needs.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        The database's tables.
    points, block : int
        How many points, and how many of them at once.

    Yields
    ------
    Outcome
        Of each block, its points in order: prompts fastest, devices slowest.
    """
    models = tables["models"].query("kind == 'decoder'")["model_id"]
    asked = tables["workloads"].query("model_id in @models and output_tokens > 0")["workload_id"].iloc[:1]
    hardware, networks = hardware_named(tables), networks_named(tables, models)
    request = workloads_named(tables, list(asked)).take(np.zeros(len(networks), dtype=np.intp))
    pairs, efficiencies = crossed_pairs(hardware, request, networks), tables["efficiencies"]
    case = case_of(pairs, settings(pairs), efficiencies)
    prompts = np.geomspace(SHORTEST_TOKENS, LONGEST_TOKENS, -(-points // (len(pairs) * len(BATCHES))))
    batch, prompt = (part.reshape(1, -1) for part in np.meshgrid(BATCHES, prompts, indexing="ij"))
    together = max(block // batch.size, 1)

    def evaluated(first: int) -> Outcome:
        taken = case.take(np.arange(first, min(first + together, len(pairs)))[:, None])
        chosen = taken.settings.changed(batch=batch, prompt_tokens=prompt)
        found = case_outcome(taken.changed(settings=chosen), efficiencies)
        return found.flat((len(taken), batch.size), points - first * batch.size)

    yield from _in_order(evaluated, range(0, -(-points // batch.size), together))


def _in_order(evaluated: Callable[[int], Outcome], firsts: Iterable[int]) -> Iterator[Outcome]:
    """Results in order, two threads at work and no more results waiting than that."""
    with ThreadPoolExecutor(THREADS) as threads:
        waiting: deque[Future[Outcome]] = deque()
        for first in firsts:
            waiting.append(threads.submit(evaluated, first))
            if len(waiting) > THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

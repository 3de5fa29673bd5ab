"""A 1F1B pipeline played through, micro-batch by micro-batch: the check on the formula for its bubble."""

from __future__ import annotations

import numpy as np

FORWARD, BACKWARD = "forward", "backward"
# A backward pass takes twice as long as a forward one.
DURATION = {FORWARD: 1.0, BACKWARD: 2.0}

Task = tuple[str, int]


def one_forward_one_backward(stages: int, micro_batches: int, stage: int) -> list[Task]:
    """Order of the passes of one stage, as (pass, micro-batch).

    Forward passes until the pipeline behind is full, then one backward for each forward, then the backward
    passes that are left (Narayanan et al. 2021, figure 4).
    """
    warm_up = min(stages - stage - 1, micro_batches)
    order: list[Task] = [(FORWARD, batch) for batch in range(warm_up)]
    for batch in range(micro_batches - warm_up):
        order += [(FORWARD, warm_up + batch), (BACKWARD, batch)]
    return order + [(BACKWARD, batch) for batch in range(micro_batches - warm_up, micro_batches)]


def idle_share(stages: int, micro_batches: int) -> float:
    """Share of the time that the stages wait, from the end times of all passes.

    A forward pass waits for the stage before it, a backward pass for the one after it, each for the passes
    that its own stage has still to finish.
    """
    orders = [one_forward_one_backward(stages, micro_batches, stage) for stage in range(stages)]
    ended: dict[tuple[int, Task], float] = {}
    free, following = np.zeros(stages), [0] * stages
    while any(done < len(order) for done, order in zip(following, orders, strict=True)):
        for stage, order in enumerate(orders):
            while following[stage] < len(order):
                task = order[following[stage]]
                ready = _ready_at(ended, stages, stage, task)
                if ready is None:
                    break
                free[stage] = max(free[stage], ready) + DURATION[task[0]]
                ended[stage, task] = free[stage]
                following[stage] += 1
    busy = micro_batches * (DURATION[FORWARD] + DURATION[BACKWARD])
    return float(1.0 - busy / free.max())


def _ready_at(ended: dict[tuple[int, Task], float], stages: int, stage: int, task: Task) -> float | None:
    direction, batch = task
    if direction == FORWARD:
        return 0.0 if stage == 0 else ended.get((stage - 1, task))
    if stage == stages - 1:
        return ended.get((stage, (FORWARD, batch)))
    return ended.get((stage + 1, task))

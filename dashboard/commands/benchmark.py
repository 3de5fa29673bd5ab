"""`edgewise benchmark`: how fast this machine evaluates the core and draws the forecast."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from dashboard import output, values

if TYPE_CHECKING:
    import pandas as pd

NAME = "benchmark"
HELP = "How long this machine takes to load the database, evaluate the core and draw the forecast."
DRAWS = (2_000, 10_000)
POINTS = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument(
        "--points",
        type=values.positive_integer,
        default=POINTS,
        help="points of the grid of devices, decoder models, batches and prompts (default: %(default)s)",
    )
    parser.add_argument(
        "--draws",
        type=values.positive_integer,
        nargs="+",
        default=DRAWS,
        help="sizes of the forecasts (default: 2000 10000)",
    )
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row a figure."""
    import pandas as pd

    from datasets import database
    from devices.budgets import budgets
    from devices.grid import grid_outcomes
    from forecasting.projection import projection

    database.ensure(arguments.db)
    rows: list[tuple[str, float, str]] = []
    rows.append(("database load", _seconds(lambda: database.load(arguments.db)), "s"))
    tables = database.load(arguments.db).tables
    rows.append(("one call of budgets, every device and workload", _seconds(lambda: budgets(tables)), "s"))
    taken = _seconds(lambda: sum(map(len, grid_outcomes(tables, arguments.points))))
    rows.append((f"grid of {arguments.points:,} points", taken, "s"))
    rows.append(("core evaluations", arguments.points / taken, "1/s"))
    for draws in arguments.draws:
        taken = _seconds(partial(projection, tables, draws=draws))
        rows.append((f"forecast of {draws:,} draws", taken, "s"))
    return pd.DataFrame(rows, columns=["what", "value", "unit"])


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started

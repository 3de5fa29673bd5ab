"""`edgewise benchmark`: how fast this machine evaluates the core and draws the forecast."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from dashboard import output, values
from datasets.errors import EdgewiseError

if TYPE_CHECKING:
    import pandas as pd

NAME = "benchmark"
HELP = "How long this machine takes to load the database, evaluate the core and draw the forecast."
DRAWS = (10_000, 100_000)
POINTS = 1_000_000
REPEATS = 9


class Unreliable(EdgewiseError):
    """A trial of the reliability found faults."""


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
        help="numbers of draws (default: 10000 100000)",
    )
    parser.add_argument(
        "--app",
        action="store_true",
        help="measure the app in headless Chromium instead, beside an empty Streamlit page with one chart",
    )
    parser.add_argument(
        "--repeats",
        type=values.positive_integer,
        default=REPEATS,
        help="with --app: tries of each figure (default: %(default)s)",
    )
    parser.add_argument(
        "--reliability",
        action="store_true",
        help="instead: kill writers, read while writing, run hostile statements and malformed input, let "
        "many browser sessions use the app, on copies of a new database (half an hour on two cores)",
    )
    parser.add_argument(
        "--share",
        type=values.positive_number,
        default=1.0,
        help="part of --reliability that is tried, such as 0.1 (default: all)",
    )
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame | None:
    """One row a figure."""
    if arguments.reliability:
        _tried(arguments)
        return None
    import pandas as pd

    if arguments.app:
        return _app(arguments)
    from datasets import database
    from devices.budgets import budgets
    from devices.grid import grid_outcomes

    database.ensure(arguments.db)
    rows: list[tuple[str, float, str]] = []
    rows.append(("database load", _seconds(lambda: database.load(arguments.db)), "s"))
    tables = database.load(arguments.db).tables
    rows.append(("one call of budgets, every device and workload", _seconds(lambda: budgets(tables)), "s"))
    pair = tables["devices"]["device_id"].head(1), tables["workloads"]["workload_id"].head(1)
    rows.append(("one call of budgets, a pair", _seconds(lambda: budgets(tables, *map(list, pair))), "s"))
    taken = _seconds(lambda: sum(map(len, grid_outcomes(tables, arguments.points))))
    rows.append((f"grid of {arguments.points:,} points", taken, "s"))
    rows.append(("core evaluations", arguments.points / taken, "1/s"))
    if peak := peak_memory_bytes():
        rows.append(("largest memory so far, the grid included", peak / 1e9, "GB"))
    rows += _forecast_rows(tables, arguments.draws)
    return pd.DataFrame(rows, columns=["what", "value", "unit"])


def _app(arguments: argparse.Namespace) -> pd.DataFrame:
    import pandas as pd

    from dashboard.app_benchmark import TARGETS, app_times
    from datasets import database

    rows = app_times(database.ensure(arguments.db), arguments.repeats)
    frame = pd.DataFrame(rows, columns=["what", "value", "unit"])
    return frame.assign(target=frame["what"].map(TARGETS))


def _tried(arguments: argparse.Namespace) -> None:
    import pandas as pd

    from dashboard.reliability.trial import trials

    rows: list[tuple[str, float, str]] = []
    faults: list[str] = []
    for figures, found in trials(output.say, min(arguments.share, 1.0)):
        rows += figures
        faults += found
        for what, value, unit in figures:
            output.say(f"  {what}: {value:,.3g}{'' if unit == '1' else f' {unit}'}")
    for fault in faults:
        output.say(f"Fault: {fault}")
    output.deliver(pd.DataFrame(rows, columns=["what", "value", "unit"]), arguments)
    if faults:
        raise Unreliable(f"{len(faults)} faults were found: they are named above.")


def _forecast_rows(tables: Mapping[str, pd.DataFrame], sizes: Sequence[int]) -> list[tuple[str, float, str]]:
    """What the forecast takes: its plan once, then draws of everything and bands of one quantity."""
    from forecasting.evaluation import scenario_model
    from forecasting.projection import drawn_by_sense, forecast, sense_bands

    model = scenario_model(tables)
    rows = [
        ("plan of a forecast: tables read, core evaluated", _seconds(lambda: scenario_model(tables)), "s")
    ]
    for draws in sizes:
        started = time.perf_counter()
        kept = drawn_by_sense(model, "ops", draws=draws)
        drawn = time.perf_counter()
        sense_bands(kept, "central", "ops")
        rows.append((f"{draws:,} draws of everything, plan ready", drawn - started, "s"))
        rows.append((f"bands of {draws:,} draws in one quantity", time.perf_counter() - drawn, "s"))
        del kept
        taken = _seconds(partial(forecast, tables, draws=draws))
        rows.append((f"forecast of {draws:,} draws, all of it", taken, "s"))
    if peak := peak_memory_bytes():
        rows.append((f"largest memory so far, {max(sizes):,} draws included", peak / 1e9, "GB"))
    return rows


def peak_memory_bytes() -> int | None:
    """The most memory that this process has held so far, or None where the system does not say."""
    try:
        import resource
    except ImportError:
        return None
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started

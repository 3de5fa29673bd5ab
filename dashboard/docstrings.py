"""The code's own docstrings by topic: what the page Method renders."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dashboard.equations import equations, marked_down

TOPICS = {
    "Roofline": (
        "devices.roofline",
        "devices.step",
        "devices.attention",
        "devices.networks",
        "devices.curves",
    ),
    "Reachable shares": ("devices.efficiency", "devices.calibration", "devices.pooling", "devices.evidence"),
    "Serving": (
        "devices.request",
        "devices.speculation",
        "devices.static_batches",
        "devices.paging",
        "devices.largest_batches",
        "forecasting.serving",
    ),
    "Memory": ("devices.memory", "devices.residence", "devices.training_memory"),
    "Several devices": ("devices.parallelism", "devices.widths", "devices.pipeline_schedule"),
    "Power and cost": (
        "devices.power",
        "devices.operation_power",
        "devices.running_cost",
        "forecasting.energy",
    ),
    "Training runs": (
        "devices.training",
        "devices.training_step",
        "devices.training_plan",
        "devices.training_layouts",
        "devices.cluster_step",
        "forecasting.training_runs",
        "forecasting.largest_runs",
    ),
    "Fleets and demand": (
        "forecasting.fleets",
        "forecasting.demand",
        "forecasting.edge",
        "forecasting.cloud",
    ),
    "Placement": (
        "forecasting.placement",
        "forecasting.preference",
        "forecasting.placement_map",
        "forecasting.breakeven",
    ),
    "Supply": ("forecasting.accelerators", "forecasting.supply", "forecasting.series"),
    "Uncertainty": (
        "forecasting.quantiles",
        "forecasting.correlations",
        "forecasting.sensitivity",
        "forecasting.waterfall",
    ),
    "Trends and backtests": (
        "forecasting.trend_curves",
        "forecasting.trends",
        "forecasting.backtest_methods",
        "forecasting.backtest_outlooks",
    ),
}
SYMBOLS = {
    "C": "dense peak, operations a second",
    "M": "memory bandwidth, bytes a second",
    "I": "arithmetic intensity, operations a byte",
    "F": "operations of a step",
    "N": "parameters",
    "D": "tokens of a training run",
    "B": "batch",
    "T": "new tokens a sequence",
    "S": "context",
    "n": "devices, or whatever is counted",
}
_SECTION = re.compile(r"\n\n?[A-Z][a-z]+\n-{3,}\n")


@dataclass(frozen=True)
class Described:
    """A public function or property with what its docstring says.

    Attributes
    ----------
    name, module : str
    prose : str
        The text up to the first section, in Markdown with equations in TeX.
    equations : tuple of str
        Its equations in TeX.
    sections : str
        Parameters, results and errors as the docstring lists them; empty where it does not.
    """

    name: str
    module: str
    prose: str
    equations: tuple[str, ...]
    sections: str


def described(topic: str) -> list[Described]:
    """Every public function of a topic's modules, those with an equation first.

    Parameters
    ----------
    topic : str
        A key of TOPICS.
    """
    found = [entry for module in TOPICS[topic] for entry in _of_module(module)]
    return sorted(found, key=lambda entry: not entry.equations)


def _of_module(name: str) -> Iterator[Described]:
    module = importlib.import_module(name)
    for own, member in vars(module).items():
        if own.startswith("_") or getattr(member, "__module__", None) != name:
            continue
        if inspect.isfunction(member):
            yield _described(own, name, member)
        elif inspect.isclass(member):
            for part, value in vars(member).items():
                if isinstance(value, property) and equations(inspect.getdoc(value) or ""):
                    yield _described(f"{own}.{part}", name, value)


def _described(name: str, module: str, member: Any) -> Described:
    text = inspect.getdoc(member) or ""
    start = _SECTION.search(text)
    prose = text[: start.start()] if start else text
    sections = text[start.start() :].strip() if start else ""
    return Described(name, module, marked_down(prose), tuple(equations(prose)), sections)

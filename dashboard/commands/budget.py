"""`edgewise budget`: devices against workloads."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import option_flags, output, values

if TYPE_CHECKING:
    import pandas as pd

NAME = "budget"
HELP = (
    "Time, power and memory of devices against workloads, the roof that binds, and whether the budget holds."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--device", metavar="ID", nargs="+", action="extend", help="default: all")
    parser.add_argument("--workload", metavar="ID", nargs="+", action="extend", help="default: all")
    parser.add_argument("--model", metavar="ID", help="in place of each workload's own")
    parser.add_argument("--weights", metavar="PRECISION", help="precision of the weights, such as int4")
    parser.add_argument("--compute", metavar="PRECISION", help="precision of the arithmetic")
    parser.add_argument("--kv", metavar="PRECISION", help="precision of the key-value cache")
    parser.add_argument("--batch", type=values.positive_integer, help="requests served together")
    parser.add_argument("--prompt", type=values.non_negative_integer, help="tokens of the prompt")
    parser.add_argument("--output-tokens", type=values.non_negative_integer, help="tokens generated")
    parser.add_argument(
        "--devices", type=values.positive_integer, default=1, help="devices that share the model"
    )
    option_flags.add_arguments(parser)
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row a pair of device and workload."""
    from datasets import database
    from devices.budgets import budgets

    return budgets(
        database.load(arguments.db).tables,
        arguments.device,
        arguments.workload,
        model_id=arguments.model,
        weight_precision=arguments.weights,
        compute_precision=arguments.compute,
        kv_precision=arguments.kv,
        batch=arguments.batch,
        prompt_tokens=arguments.prompt,
        output_tokens=arguments.output_tokens,
        devices=arguments.devices,
        options=option_flags.options_of(arguments),
    )

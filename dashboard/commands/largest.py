"""`edgewise largest`: the largest batch that memory holds and that keeps a token within its time."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import option_flags, output, values

if TYPE_CHECKING:
    import pandas as pd

NAME = "largest"
HELP = "The largest batch within memory and within the time of a token, and the longest prompt that fits."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--device", metavar="ID", nargs="+", action="extend", help="default: all")
    parser.add_argument("--workload", metavar="ID", nargs="+", action="extend", help="default: all")
    parser.add_argument("--model", metavar="ID", help="in place of each workload's own")
    parser.add_argument("--weights", metavar="PRECISION", help="precision of the weights, such as int4")
    parser.add_argument("--kv", metavar="PRECISION", help="precision of the key-value cache")
    parser.add_argument("--prompt", type=values.non_negative_integer, help="tokens of the prompt")
    parser.add_argument("--output-tokens", type=values.positive_integer, help="tokens generated")
    parser.add_argument(
        "--per-token-ms",
        type=values.positive_number,
        metavar="MS",
        help="time of a token in place of each workload's budget",
    )
    option_flags.add_arguments(parser)
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row a pair of device and workload."""
    from datasets import database
    from devices.largest_batches import largest_batches

    return largest_batches(
        database.load(arguments.db).tables,
        arguments.device,
        arguments.workload,
        model_id=arguments.model,
        weight_precision=arguments.weights,
        kv_precision=arguments.kv,
        prompt_tokens=arguments.prompt,
        output_tokens=arguments.output_tokens,
        per_token_ms=arguments.per_token_ms,
        options=option_flags.options_of(arguments),
    )

"""`edgewise train`: a training run on devices of the catalogue."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import output, values

if TYPE_CHECKING:
    import pandas as pd

NAME = "train"
HELP = "Days, utilisation, memory, energy and cost of training a model on each of several devices."

COUNTS: dict[str, str] = {
    "tensor": "devices that share a layer",
    "pipeline": "stages of layers",
    "chunks": "pieces in which each stage holds its layers, interleaved",
    "data": "copies of the whole",
    "micro-batch": "sequences that pass a stage together",
    "micro-batches": "micro-batches of a copy in a step",
}
TERMS: dict[str, str] = {
    "reachable_share": "share of the dense peak that matrix products reach (default: that of 16-bit engines)",
    "data_link_gb_per_s": "link of a device to the other copies, one direction (default: 50, 400 Gbit/s)",
    "power_share": "mean power of a device over its maximum (default: the assumption mean_over_peak_power)",
    "server_overhead": "power of the equipment over its accelerators' (default: the assumption it_over_chip)",
    "pue": "power of the building over the equipment's (default: the assumption pue)",
    "usd_per_kwh": "price of electricity (default: the assumption electricity_usd_per_kwh)",
    "device_lifetime_years": "years of writing off (default: the assumption accelerator_lifetime_years)",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--model", metavar="ID", required=True)
    parser.add_argument("--device", metavar="ID", nargs="+", action="extend", required=True)
    parser.add_argument(
        "--tokens", type=values.positive_number, required=True, help="tokens of the run, as 15e12"
    )
    for name, meaning in COUNTS.items():
        parser.add_argument(
            f"--{name}", type=values.positive_integer, default=1, metavar="N", help=f"{meaning} (default: 1)"
        )
    parser.add_argument(
        "--days", type=values.positive_number, help="choose the copies that end the run in time"
    )
    parser.add_argument(
        "--sequence", type=values.positive_integer, default=4096, help="tokens of a sequence (default: 4096)"
    )
    parser.add_argument(
        "--zero", type=int, choices=(0, 1, 2, 3), default=0, help="sharding of the model state (default: 0)"
    )
    parser.add_argument(
        "--checkpoint-every", type=values.positive_integer, metavar="LAYERS", help="recompute in between"
    )
    parser.add_argument("--scores-kept", action="store_true", help="keep attention matrices in memory")
    parser.add_argument("--precision", default="bf16", help="of the matrix products (default: %(default)s)")
    for name, meaning in TERMS.items():
        flag = f"--{name.replace('_', '-')}"
        parser.add_argument(flag, type=values.positive_number, metavar="NUMBER", help=meaning)
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row a device."""
    import pandas as pd

    from datasets import database
    from devices.training_plan import training_plan
    from devices.training_step import Layout
    from devices.training_terms import layout_in_time, run_terms

    tables = database.load(arguments.db).tables
    terms = run_terms(tables, arguments.tokens, **{name: getattr(arguments, name) for name in TERMS})
    asked = Layout(
        tensor=arguments.tensor,
        pipeline=arguments.pipeline,
        data=arguments.data,
        sequence_tokens=arguments.sequence,
        micro_batch=arguments.micro_batch,
        micro_batches=arguments.micro_batches,
        zero_stage=arguments.zero,
        checkpoint_every=arguments.checkpoint_every,
        scores_kept=arguments.scores_kept,
        chunks=arguments.chunks,
    )
    plans = []
    for device in arguments.device:
        layout = asked
        if arguments.days is not None:
            layout = layout_in_time(
                tables, arguments.model, device, asked, terms, arguments.days, arguments.precision
            )
        plans.append(
            training_plan(tables, arguments.model, [device], layout, terms, precision=arguments.precision)
        )
    return pd.concat(plans, ignore_index=True)

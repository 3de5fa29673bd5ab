"""`edgewise forecast`: compute from 2022 to 2030 by scenario, with bands."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard import forecast_options, output

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

NAME = "forecast"
HELP = "Compute for training, cloud inference and edge inference from 2022 to 2030, with bands."
DEFAULT_DRAWS = 2000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    forecast_options.add_scenarios(parser)
    forecast_options.add_overrides(parser)
    parser.add_argument("--quantity", default="ops", help="ops, h100e, tokens, gw, twh, usd or mtco2")
    forecast_options.add_draws(parser, DEFAULT_DRAWS)
    parser.add_argument(
        "--draws-output", metavar="FILE.parquet", type=Path, help="write every draw there, inputs and series"
    )
    parser.add_argument(
        "--record", metavar="NAME", help="keep the forecast in the database, to be scored later"
    )
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """The forecast's frame."""
    from datasets import database
    from forecasting.projection import forecast

    tables = database.load(arguments.db).tables
    scenario_ids = forecast_options.scenario_ids(arguments)
    frame = forecast(
        tables,
        scenario_ids,
        quantity=arguments.quantity,
        draws=arguments.draws,
        seed=arguments.seed,
        overrides=dict(arguments.overrides),
    )
    if arguments.draws_output is not None:
        _write_draws(arguments, tables)
    if arguments.record is not None:
        _record(arguments, scenario_ids)
    return frame


def _record(arguments: argparse.Namespace, scenario_ids: list[str]) -> None:
    from datasets.errors import InvalidValue
    from forecasting.vintages import record_forecast

    if len(scenario_ids) > 1:
        raise InvalidValue(
            f"One name keeps one scenario, not {len(scenario_ids)}: record {', '.join(scenario_ids)} singly."
        )
    kept = record_forecast(
        arguments.db,
        arguments.record,
        scenario_ids[0],
        draws=arguments.draws,
        seed=arguments.seed,
        overrides=dict(arguments.overrides),
    )
    output.say(f"Kept as '{arguments.record}', inputs {kept['inputs_hash'].iloc[0][:16]}.")


def _write_draws(arguments: argparse.Namespace, tables: Mapping[str, pd.DataFrame]) -> None:
    import pandas as pd

    from datasets import exports
    from forecasting.raw_draws import raw_draws

    frames = [
        raw_draws(drawn, arguments.quantity) for drawn in forecast_options.projections(arguments, tables)
    ]
    output.write(exports.parquet_bytes(pd.concat(frames, ignore_index=True)), arguments.draws_output)
    output.say(f"{sum(map(len, frames))} draws were written to {arguments.draws_output}.")

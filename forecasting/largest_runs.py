"""The largest training run of each year: what caps it, how many like it could run, and what one takes."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from devices.training import devices_for_run
from devices.training_memory import model_state
from devices.units import GB
from forecasting.bands import BAND_COLUMNS, band_quantiles
from forecasting.draws import Projection
from forecasting.scenarios import Tables
from forecasting.training_runs import fed_flop
from forecasting.years import DAYS_PER_YEAR, LAST_HISTORY_YEAR, YEARS

Array = NDArray[np.float64]
# Runs grew longer by 1.4 a year and meet their cap at about nine months: beyond it a newer run overtakes.
LONGEST_RUN_YEARS = 0.75
# Tokens a parameter of a run that spends its operations best (Hoffmann et al. 2022).
TOKENS_PER_PARAMETER = 20.0
_REFERENCE_DEVICE = "h100_sxm"
MEASURES = {
    "largest_run": "FLOP",
    "fed": "FLOP",
    "runs_like_it": "runs/yr",
    "capped": "share",
    "h100e_for_nine_months": "H100e (8-bit)",
    "share_of_stock": "share",
    "power": "GW",
    "parameters": "parameters",
    "share_of_memory": "share",
}
COLUMNS = ["scenario_id", "measure", "year", "unit", *BAND_COLUMNS]


def largest_runs(drawn: Projection, tables: Tables) -> pd.DataFrame:
    """The largest run by year with its cap, the machines that it takes in nine months, and their memory.

    Parameters
    ----------
    drawn : Projection
    tables : mapping of str to DataFrame

    Returns
    -------
    DataFrame
        Columns scenario_id, measure, year (from 2025), unit, p5, p25, p50, p75, p95. Measures:
        ``largest_run`` and ``fed``, what a year of final runs executes, which caps it; ``runs_like_it``, fed
        over the largest; ``capped``, the share of the draws that the cap binds (the same in every column);
        ``h100e_for_nine_months`` at the utilisation of training, their ``share_of_stock`` and facility
        ``power``; ``parameters`` of a model trained on 20 tokens a parameter (6 N D operations), and the
        ``share_of_memory`` of those machines, counted as H100s, that its weights, gradients and optimiser
        take when each holds its part (ZeRO stage 3): below 1, memory does not stand in the way.
    """
    there = YEARS >= LAST_HISTORY_YEAR
    values, run = drawn.values, drawn.checks["largest_run_flop"][:, there]
    fed = fed_flop(drawn.operations["training", "demand"]["final_runs"])[:, there]
    stock = drawn.checks["stock_h100e"][:, there]
    seconds = np.asarray(LONGEST_RUN_YEARS * DAYS_PER_YEAR * 86_400)
    machines = devices_for_run(
        run, seconds, np.asarray(drawn.h100_ops_per_s), values["training_utilisation"][:, None]
    )
    parameters = np.sqrt(run / (6 * TOKENS_PER_PARAMETER))
    memory = float(tables["devices"].set_index("device_id").at[_REFERENCE_DEVICE, "memory_gb"]) * GB
    capped = np.broadcast_to(np.mean(run >= fed * (1 - 1e-9), axis=0), run.shape)
    amounts = {
        "largest_run": run,
        "fed": fed,
        "runs_like_it": fed / run,
        "capped": capped,
        "h100e_for_nine_months": machines,
        "share_of_stock": machines / stock,
        "power": _facility_gw(drawn)[:, there] * machines / stock,
        "parameters": parameters,
        "share_of_memory": model_state(parameters, machines, 3).total / memory,
    }
    frames = [
        pd.DataFrame(band_quantiles(amounts[measure]), columns=BAND_COLUMNS).assign(
            measure=measure, unit=unit, year=YEARS[there]
        )
        for measure, unit in MEASURES.items()
    ]
    return pd.concat(frames, ignore_index=True).assign(scenario_id=drawn.scenario_id)[COLUMNS]


def _facility_gw(drawn: Projection) -> Array:
    parts = [
        watts for s in ("training", "cloud_inference") for watts in drawn.power_w[s, "capacity"].values()
    ]
    return np.sum(parts, axis=0) / 1e9

"""Cloud inference counted twice: up from the listed workloads, and down from the stock of accelerators."""

from __future__ import annotations

import pandas as pd

from forecasting.arithmetic import ratio, total
from forecasting.bands import BAND_COLUMNS, band_quantiles
from forecasting.draws import Projection
from forecasting.years import DAYS_PER_YEAR, YEARS

MEASURES = {
    "bottom_up": ("OP/s", "the listed workloads: items times operations an item, before any rationing"),
    "stock_route": ("OP/s", "serving stock times the utilisation at which it is seen to run"),
    "bottom_up_share": ("share", "the first over the second"),
    "unlisted": ("OP/s", "what no listed workload accounts for, as the series shows it: the gap of 2025, "
                 "which keeps its share of the serving stock afterwards"),
    "shortfall": ("OP/s", "wanted beyond the highest utilisation of the powered stock"),
    "h100e_needed": ("H100e (8-bit)", "accelerators that the listed workloads keep, by the roofline core"),
    "h100e_serving": ("H100e (8-bit)", "accelerators set aside for serving, the mean of the year"),
    "tokens_a_month": ("token/month", "tokens of the listed workloads, cached prompts not counted"),
    "metered_tokens_a_month": ("token/month", "the same, cached prompts counted, as providers publish them"),
}  # fmt: skip
COLUMNS = ["scenario_id", "measure", "year", "unit", *BAND_COLUMNS, "meaning"]


def cloud_routes(drawn: Projection) -> pd.DataFrame:
    """Both counts of cloud inference and the gap between them, year by year.

    Parameters
    ----------
    drawn : Projection

    Returns
    -------
    DataFrame
        Columns scenario_id, measure (one of MEASURES), year, unit, p5, p25, p50, p75, p95, meaning.
    """
    checks, month = drawn.checks, DAYS_PER_YEAR / 12
    served = drawn.operations["cloud_inference", "demand"]
    amounts = {
        "bottom_up": checks["cloud_bottom_up"],
        "stock_route": checks["cloud_stock_route"],
        "bottom_up_share": ratio(checks["cloud_bottom_up"], checks["cloud_stock_route"]),
        "unlisted": served["unlisted"],
        "shortfall": checks["cloud_shortfall"],
        "h100e_needed": checks["cloud_h100e_needed"],
        "h100e_serving": checks["serving_h100e"],
        "tokens_a_month": total(drawn.tokens_per_day["cloud_inference"].values()) * month,
        "metered_tokens_a_month": checks["cloud_metered_tokens"] * month,
    }
    frames = [
        pd.DataFrame(band_quantiles(amounts[measure]), columns=BAND_COLUMNS).assign(
            measure=measure, year=YEARS, unit=unit, meaning=meaning
        )
        for measure, (unit, meaning) in MEASURES.items()
    ]
    return pd.concat(frames, ignore_index=True).assign(scenario_id=drawn.scenario_id)[COLUMNS]

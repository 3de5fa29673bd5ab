"""A control that names one figure of the forecast: what, and of which year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboard import address, controls
from forecasting.outputs import OUTPUTS, output_and_year
from forecasting.years import LAST_HISTORY_YEAR, LAST_YEAR, YEARS

TITLES = {
    "twh": "Electricity of AI",
    "data_centre_twh": "Electricity of AI in data centres",
    "edge_twh": "Electricity of edge inference",
    "gw": "Facility power of accelerators",
    "usd": "Cost of AI",
    "total_ops": "Operations, all series",
    "training_ops": "Training",
    "cloud_ops": "Cloud inference",
    "edge_ops": "Edge inference",
    "training_share": "Training's share",
    "cloud_share": "The cloud's share of operations",
    "edge_share": "The edge's share of operations",
    "edge_capacity_share": "The edge's share of capacity",
    "capacity_h100e": "Installed peak",
    "data_centre_capacity_h100e": "Installed peak of data centres",
    "edge_capacity_h100e": "Installed peak at the edge",
    "tokens": "Tokens a day",
    "largest_run_flop": "Largest training run",
}


@dataclass(frozen=True)
class Figure:
    """A figure of the forecast: its name for `output_draws`, its title with the year, its unit."""

    name: str
    title: str
    unit: str


def fields(default: str) -> list[address.Field]:
    """The state: the figure and its year."""
    years = [str(year) for year in YEARS]
    return [address.option("figure", list(OUTPUTS), default), address.option("year", years, str(LAST_YEAR))]


def picked(page: str, place: Any) -> Figure:
    """Draw both selectboxes of a page whose fields hold `fields`, and return what they name."""
    titles = {name: TITLES.get(name, output.meaning) for name, output in OUTPUTS.items()}
    figure = controls.picked(
        place,
        "Figure",
        address.key(page, "figure"),
        list(OUTPUTS),
        titles,
        help_="\n\n".join(
            f"**{titles[name]}**: {output.meaning}, {output.unit}." for name, output in OUTPUTS.items()
        ),
        width=300,
    )
    # The record of training runs is a track of its own, which begins with the last year of history.
    years = [str(year) for year in YEARS if figure != "largest_run_flop" or year >= LAST_HISTORY_YEAR]
    year = controls.picked(place, "Year", address.key(page, "year"), years[::-1], {}, width=110)
    output, number = output_and_year(f"{figure}_{year}")
    return Figure(f"{figure}_{year}", f"{titles[figure]} in {number}", output.unit)

"""Figures of a projection that a question can be asked about, in every draw: ``twh_2030`` and its kin."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from datasets.errors import UnknownName
from forecasting.bands import BAND_COLUMNS, band_quantiles
from forecasting.draws import Projection
from forecasting.quantities import quantity_draws
from forecasting.replay import SERIES
from forecasting.years import YEARS

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Output:
    """A figure that exists in every draw and year.

    Attributes
    ----------
    name, unit, meaning : str
    by_year : function
        Takes a Projection, returns its (draws, years) array.
    """

    name: str
    unit: str
    meaning: str
    by_year: Callable[[Projection], Array]


def _total(quantity: str, series: Iterable[str], sense: str) -> Callable[[Projection], Array]:
    def by_year(drawn: Projection) -> Array:
        parts = [part for s in series for part in quantity_draws(drawn, quantity, s, sense).values()]
        return np.asarray(np.sum(parts, axis=0))

    return by_year


def _share(series: str, sense: str) -> Callable[[Projection], Array]:
    part, whole = _total("ops", [series], sense), _total("ops", SERIES, sense)

    def by_year(drawn: Projection) -> Array:
        total = whole(drawn)
        return np.divide(part(drawn), total, out=np.zeros_like(total), where=total > 0)

    return by_year


def _largest_run(drawn: Projection) -> Array:
    return drawn.checks["largest_run_flop"]


_CLOUD, _CENTRES = ["cloud_inference"], ["training", "cloud_inference"]
_EDGE, _TRAINING = ["edge_inference"], ["training"]
_ALL = [
    Output(
        "twh", "TWh/yr", "Electricity that all three series use in a year", _total("twh", SERIES, "demand")
    ),
    Output(
        "data_centre_twh",
        "TWh/yr",
        "Electricity of training and cloud inference in a year",
        _total("twh", _CENTRES, "demand"),
    ),
    Output("edge_twh", "TWh/yr", "Electricity of edge inference in a year", _total("twh", _EDGE, "demand")),
    Output("gw", "GW", "Facility power of all accelerators at full load", _total("gw", _CENTRES, "capacity")),
    Output("usd", "US$/yr", "Capital written off and electricity, a year", _total("usd", SERIES, "demand")),
    Output(
        "mtco2",
        "MtCO2/yr",
        "Carbon dioxide of the electricity of all three series",
        _total("mtco2", SERIES, "demand"),
    ),
    Output("total_ops", "OP/s", "Operations really executed, all series", _total("ops", SERIES, "demand")),
    Output("training_ops", "OP/s", "Operations executed in training", _total("ops", _TRAINING, "demand")),
    Output("cloud_ops", "OP/s", "Operations executed in cloud inference", _total("ops", _CLOUD, "demand")),
    Output("edge_ops", "OP/s", "Operations executed in edge inference", _total("ops", _EDGE, "demand")),
    Output("training_share", "share", "Training over all operations executed", _share("training", "demand")),
    Output(
        "cloud_share",
        "share",
        "Cloud inference over all operations executed",
        _share("cloud_inference", "demand"),
    ),
    Output(
        "edge_share",
        "share",
        "Edge inference over all operations executed",
        _share("edge_inference", "demand"),
    ),
    Output(
        "edge_capacity_share",
        "share",
        "Installed peak at the edge over that of everything",
        _share("edge_inference", "capacity"),
    ),
    Output(
        "capacity_h100e", "H100e (8-bit)", "Installed peak of everything", _total("h100e", SERIES, "capacity")
    ),
    Output(
        "data_centre_capacity_h100e",
        "H100e (8-bit)",
        "Installed peak of the data centres",
        _total("h100e", _CENTRES, "capacity"),
    ),
    Output(
        "edge_capacity_h100e",
        "H100e (8-bit)",
        "Installed peak at the edge",
        _total("h100e", _EDGE, "capacity"),
    ),
    Output(
        "tokens",
        "token/day",
        "Tokens processed a day, cloud and edge",
        _total("tokens", [*_CLOUD, *_EDGE], "demand"),
    ),
    Output("largest_run_flop", "FLOP", "Operations of the year's largest training run", _largest_run),
]
OUTPUTS = {output.name: output for output in _ALL}
HEADLINES = ("twh_2030", "edge_share_2030", "cloud_ops_2030", "training_ops_2030", "edge_ops_2030")


def output_and_year(name: str) -> tuple[Output, int]:
    """The figure and the year that a name such as ``twh_2030`` stands for.

    Raises
    ------
    UnknownName
        If there is no such figure, or no such year in the forecast.
    """
    stem, _, year = name.rpartition("_")
    if stem not in OUTPUTS or year not in {str(y) for y in YEARS}:
        raise UnknownName("output", name, [f"{stem}_{y}" for stem in OUTPUTS for y in YEARS[::-1]])
    return OUTPUTS[stem], int(year)


def output_draws(drawn: Projection, name: str) -> Array:
    """The figure in every draw.

    Parameters
    ----------
    drawn : Projection
    name : str
        A name of `OUTPUTS` and a year, joined by an underscore.

    Returns
    -------
    (draws,) array, in the output's unit; NaN where the figure does not exist in that year

    Raises
    ------
    UnknownName
        As in `output_and_year`.
    """
    output, year = output_and_year(name)
    return output.by_year(drawn)[:, int(np.flatnonzero(year == YEARS)[0])]


def output_bands(drawn: Projection, figure: str) -> pd.DataFrame:
    """Bands of a figure over the years.

    Parameters
    ----------
    drawn : Projection
    figure : str
        A name of `OUTPUTS`.

    Returns
    -------
    DataFrame
        Columns year, p5, p25, p50, p75, p95, in the output's unit; years without the figure are left out.

    Raises
    ------
    UnknownName
        If there is no such figure.
    """
    if figure not in OUTPUTS:
        raise UnknownName("output", figure, OUTPUTS)
    bands = pd.DataFrame(band_quantiles(OUTPUTS[figure].by_year(drawn)), columns=BAND_COLUMNS)
    bands.insert(0, "year", YEARS)
    return bands.dropna(ignore_index=True)

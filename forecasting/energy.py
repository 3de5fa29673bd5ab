"""Electrical power, energy and cost of the three series."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from forecasting.years import HOURS_PER_YEAR

Array = NDArray[np.float64]
Values = Mapping[str, Array]
JOULES_PER_KWH = 3.6e6


def nameplate_w(h100e: Array, chip_w_per_h100e: Array, values: Values) -> Array:
    """Facility power at full load, W, ``H100e * chip_power * IT_over_chip * PUE`` (draws, years)."""
    return h100e * chip_w_per_h100e * (values["it_over_chip"] * values["pue"])[:, None]


def energy_twh_per_year(power_w: Array) -> Array:
    """Energy of a mean power over a year of 8,766 hours, TWh."""
    return power_w * HOURS_PER_YEAR / 1e12


def data_centre_cost_usd_per_year(mean_power_w: Array, nameplate_power_w: Array, values: Values) -> Array:
    """Capital written off in a year plus electricity, US$.

    Capital is that of the IT power (facility nameplate over PUE) spread over the service life.
    """
    it_gw = nameplate_power_w / values["pue"][:, None] / 1e9
    capital = it_gw * (values["capex_usd_per_gw_it"] / values["accelerator_lifetime_years"])[:, None]
    return capital + electricity_cost_usd_per_year(mean_power_w, values)


def serving_cost_usd_per_chip_j(values: Values) -> Array:
    """Capital and electricity of serving for each joule that busy chips are rated for, US$/J (draws,).

    ``IT_over_chip * (capital per W / (service life * busy share) + PUE * electricity)``.
    """
    served_s = values["accelerator_lifetime_years"] * HOURS_PER_YEAR * 3600 * values["serving_busy_ceiling"]
    capital = values["capex_usd_per_gw_it"] / 1e9 / served_s
    electricity = values["pue"] * values["electricity_usd_per_kwh"] / JOULES_PER_KWH
    return values["it_over_chip"] * (capital + electricity)


def new_capital_usd_per_year(nameplate_power_w: Array, values: Values) -> Array:
    """Capital for the facility power added in each year over that of the year before, US$.

    The first year has none before it and is NaN.
    """
    it_gw = nameplate_power_w / values["pue"][:, None] / 1e9
    added = np.full_like(it_gw, np.nan)
    added[:, 1:] = it_gw[:, 1:] - it_gw[:, :-1]
    return added * values["capex_usd_per_gw_it"][:, None]


def electricity_cost_usd_per_year(mean_power_w: Array, values: Values) -> Array:
    """Electricity bought in a year, US$."""
    return energy_twh_per_year(mean_power_w) * 1e9 * values["electricity_usd_per_kwh"][:, None]


def carbon_mt_per_year(mean_power_w: Array, values: Values) -> Array:
    """Carbon dioxide of the electricity bought in a year, million tonnes."""
    return energy_twh_per_year(mean_power_w) * values["grid_g_co2_per_kwh"][:, None] / 1e3

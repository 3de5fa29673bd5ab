"""What power means to an owner: hours and tokens of a battery, range of a car, money for a million tokens."""

from __future__ import annotations

import numpy as np

from devices.catalogue import Pairs
from devices.operation_power import byte_j, operation_j, operations_w
from devices.options import Options
from devices.outcome import Outcome
from devices.power import battery_hours
from devices.settings import Settings
from devices.terms import PRICES, Terms
from devices.training import DAY_S, KILOWATT_HOUR_J
from devices.units import WATT_HOUR_J, Floats

MILLION = 1e6
YEAR_S = 365.25 * DAY_S
HOUR_S = 3600.0


def running_cost(pairs: Pairs, settings: Settings, found: Outcome, terms: Terms) -> dict[str, Floats]:
    """Columns of a budget about batteries, range, energy from below, and money.

    Parameters
    ----------
    terms : mapping
        Prices and energies, as `devices.terms.terms_of` gives them; options take their place.

    Returns
    -------
    dict
        idle_share (of the power), battery_hours, tokens_per_charge (prompts included),
        battery_share_per_hour, wh_per_mile and
        range_lost_share (of a car at the speed that the options name), power_by_operations_w and
        energy_per_token_by_operations_j (see `devices.operation_power`), electricity_usd_per_million_tokens,
        capital_usd_per_million_tokens and usd_per_million_tokens. NaN where the catalogue is silent.
    """
    options, rest_w = settings.serving.options, found.power_w - found.added_w
    working_w = operations_w(
        found,
        operation_j(settings.compute_precision, terms),
        byte_j(pairs.hardware.memory_type, terms),
    )
    busy = np.fmin(found.latency_s * pairs.workloads.rate_per_s, 1.0)
    return {
        "idle_share": rest_w / found.power_w,
        **_battery(pairs.hardware.battery_j, found, written_tokens(pairs, settings)),
        **_range(pairs.hardware.vehicle_j_per_mile, found.power_w, options),
        "power_by_operations_w": rest_w + working_w * busy,
        "energy_per_token_by_operations_j": (rest_w + working_w) / found.tokens_per_s,
        **_money(pairs, settings, found, terms),
    }


def written_tokens(pairs: Pairs, settings: Settings) -> Floats:
    """Tokens that one request has written, all its samples together; NaN for items."""
    written = settings.output_tokens * pairs.workloads.reasoning * pairs.workloads.samples
    return np.where(pairs.networks.is_decoder & (written > 0.0), written, np.nan)


def _battery(battery_j: Floats, found: Outcome, tokens: Floats) -> dict[str, Floats]:
    hours = battery_hours(battery_j, found.power_w)
    return {
        "battery_hours": hours,
        "tokens_per_charge": battery_j / (found.energy_per_item_j / tokens),
        "battery_share_per_hour": 1.0 / hours,
    }


def _range(driving_j_per_mile: Floats, power_w: Floats, options: Options) -> dict[str, Floats]:
    """Energy a mile that the device takes, and the share of the range that it costs, at a speed."""
    speed = np.nan if options.speed_mph is None else options.speed_mph
    mile_j = np.where(np.isnan(driving_j_per_mile), np.nan, power_w * HOUR_S / speed)
    return {
        "wh_per_mile": mile_j / WATT_HOUR_J,
        "range_lost_share": mile_j / (mile_j + driving_j_per_mile),
    }


def _money(pairs: Pairs, settings: Settings, found: Outcome, terms: Terms) -> dict[str, Floats]:
    """Electricity at the meter, and the price written off, for a million tokens with their prompts.

    A device in a user's hand was bought for other ends: it costs its electricity alone, unless the options
    name a lifetime. The building's overhead falls on data centres, unless the options name it.
    """
    options, cloud = settings.serving.options, pairs.hardware.is_cloud
    asked = {name: getattr(options, name) for name in PRICES}
    price = {name: terms[name] if value is None else value for name, value in asked.items()}
    pue = np.where(cloud | (options.pue is not None), price["pue"], 1.0)
    tokens = written_tokens(pairs, settings)
    electricity = found.energy_per_item_j / tokens * pue * price["electricity_usd_per_kwh"] / KILOWATT_HOUR_J
    served_s = price["lifetime_years"] * YEAR_S * price["busy_share"]
    written_off = pairs.hardware.price_usd * settings.devices / served_s / (found.items_per_s * tokens)
    capital = np.where(cloud | (options.lifetime_years is not None), written_off, 0.0)
    capital = np.where(np.isnan(electricity), np.nan, capital)
    return {
        "electricity_usd_per_million_tokens": MILLION * electricity,
        "capital_usd_per_million_tokens": MILLION * capital,
        "usd_per_million_tokens": MILLION * (electricity + capital),
    }

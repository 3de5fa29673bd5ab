"""What the core takes from the tables of energies and assumptions: prices, joules an operation and byte."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from devices.catalogue import Tables
from devices.units import PICOJOULE_J

Terms = Mapping[str, float]
# Prices, by their names here and in `assumptions`, where the central value counts.
PRICES: dict[str, str] = {
    "electricity_usd_per_kwh": "electricity_usd_per_kwh",
    "pue": "pue",
    "lifetime_years": "accelerator_lifetime_years",
    "busy_share": "serving_busy_ceiling",
}
# Energies, by their names here and as (operation, process_node) in `operation_energies`, in picojoules.
ENERGIES: dict[str, tuple[str, str]] = {
    "fp32_multiply": ("fp32 multiply", "7 nm"),
    "fp16_multiply": ("fp16 multiply", "7 nm"),
    "bf16_multiply": ("bf16 multiply", "7 nm"),
    "fp8_multiply": ("fp8 multiply (e4m3)", "5 nm"),
    "fp4_multiply": ("fp4 multiply", "4 nm"),
    "fp32_add": ("fp32 add", "7 nm"),
    "fp16_add": ("fp16 add", "7 nm"),
    "fp8_multiply_add": ("fp8 multiply-add, fp32 accumulate", "5 nm"),
    "int8_multiply_add": ("int8 multiply-add (systolic)", "7 nm"),
    "hbm2": ("HBM2 read", ""),
    "hbm2e": ("HBM2E device", ""),
    "hbm3": ("HBM3/3E", ""),
    "hbm4": ("HBM4", ""),
    "gddr5": ("GDDR5", ""),
    "gddr6": ("GDDR6 device", ""),
    "gddr6x": ("GDDR6X device", ""),
    "gddr7": ("GDDR7", ""),
    "lpddr4": ("LPDDR4X", ""),
    "lpddr5": ("LPDDR5/5X", ""),
    "ddr4": ("DDR3/DDR4", ""),
    "ddr5": ("DDR5 DIMM", ""),
    "sram": ("large on-chip SRAM, 100 MB, incl. wires", "7 nm"),
}
TERM_NAMES = (*PRICES, *ENERGIES)


def terms_of(tables: Tables) -> Terms:
    """Values of all terms, energies in joules; NaN where a row, or the whole table, is missing."""
    values = dict.fromkeys(TERM_NAMES, np.nan)
    if "assumptions" in tables:
        central = tables["assumptions"].set_index("assumption_id")["central"]
        values.update({name: float(central.get(row, np.nan)) for name, row in PRICES.items()})
    if "operation_energies" in tables:
        energies = tables["operation_energies"].fillna({"process_node": ""})
        pj = energies.set_index(["operation", "process_node"])["pj"]
        values.update({name: float(pj.get(row, np.nan)) * PICOJOULE_J for name, row in ENERGIES.items()})
    return values

"""Words and display units: how identifiers and numbers are written for a reader."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

SERIES = {
    "training": "Training",
    "cloud_inference": "Cloud inference",
    "edge_inference": "Edge inference",
}
SENSES = {"demand": "Demand", "available": "Available", "capacity": "Capacity"}
SENSE_MEANINGS = {
    "demand": "operations really executed, mean over the year",
    "available": "what power and heat let the installed hardware sustain",
    "capacity": "the dense peak of the installed hardware",
}
QUANTITIES = {
    "ops": "Operations a second",
    "h100e": "H100-equivalents",
    "tokens": "Tokens",
    "gw": "Electrical power",
    "twh": "Electricity a year",
    "usd": "Cost a year",
    "mtco2": "Carbon dioxide a year",
}
SEGMENTS = {
    "datacenter": "Data centre",
    "server_cpu": "Server processor",
    "workstation": "Workstation",
    "pc": "PC",
    "tablet": "Tablet",
    "phone": "Phone",
    "wearable": "Wearable",
    "vehicle": "Vehicle",
    "robot": "Robot",
    "edge": "Edge board",
    "edge_module": "Edge module",
    "edge_accelerator": "Edge accelerator",
    "home_iot": "Home and cameras",
}
MEASURED_KINDS = {
    "A_decode_b1": "Decode, one sequence",
    "B_prefill": "Prefill",
    "C_static_batch": "Decode, static batch",
    "D_vision_b1": "Vision, one item",
    "D_vision_batch": "Vision, batch",
    "E_gpu_power": "Power and energy of the accelerator",
    "E_system_power": "Power of the whole server",
}
METRICS = {
    "decode_tokens_per_s": ("Decode rate", "tokens/s"),
    "output_tokens_per_s": ("Output rate", "tokens/s"),
    "prefill_tokens_per_s": ("Prefill rate", "tokens/s"),
    "per_token_ms": ("Time a token", "ms"),
    "first_token_ms": ("Time to the first token", "ms"),
    "latency_ms": ("Time an item", "ms"),
    "items_per_s": ("Items a second", "1/s"),
    "power_w": ("Power", "W"),
    "energy_per_token_j": ("Energy a token", "J"),
}
QUANTITY_SENSES = {"tokens": ("demand",)}

_PREFIXES = {3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E", 21: "Z", 24: "Y", 27: "R", 30: "Q"}
_WORDS = {3: "thousand", 6: "million", 9: "billion", 12: "trillion", 15: "quadrillion", 18: "quintillion"}
_PREFIXED_UNITS = ("OP/s", "op/s", "FLOP/s", "FLOP", "B/s", "B", "OP/s/W", "W")
# Links, code, emphasis, formulas, HTML, tables; colours and icons that a colon begins; entities.
_MARKUP = re.compile(r"[\\`*\[\]$<~|]|(?<!\w)_|_(?!\w)|:(?=[\w/])|&(?=[#\w])|(?<=\bwww)\.")
_BEGINNING = re.compile(r"^(\d*)([#>+.)=-])")
_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True)
class Scale:
    """A display unit: values divided by `divisor` are in `unit`; `note` says what the prefix means."""

    divisor: float
    unit: str
    note: str = ""


def scale_for(unit: str, largest: float) -> Scale:
    """Display unit that keeps the largest value short: a prefix from 1,000, a word from 100,000 on.

    Shares are written in per cent.

    Parameters
    ----------
    unit : str
        Unit of the values, e.g. ``OP/s`` (takes a prefix) or ``US$/yr`` (takes a word).
    largest : float
        Largest value to be shown.
    """
    if unit == "share":
        return Scale(0.01, "%")
    least = 1000.0 if unit in _PREFIXED_UNITS else 100_000.0
    if not (math.isfinite(largest) and largest >= least):
        return Scale(1.0, unit)
    exponent = 3 * int(math.log10(largest) / 3 + 1e-12)
    if unit in _PREFIXED_UNITS:
        exponent = min(exponent, max(_PREFIXES))
        note = f"{_PREFIXES[exponent]} = 10{str(exponent).translate(_SUPERSCRIPTS)}"
        return Scale(10.0**exponent, f"{_PREFIXES[exponent]}{unit}", note)
    exponent = min(exponent, max(_WORDS))
    return Scale(10.0**exponent, f"{_WORDS[exponent]} {unit}")


def number(value: float, digits: int = 2) -> str:
    """The value with some significant digits, thousands apart: 0.034, 2.1, 340, 12,000."""
    if not math.isfinite(value):
        return "–"
    if value == 0:
        return "0"
    places = digits - 1 - math.floor(math.log10(abs(value)))
    return f"{round(value, places):,.{max(places, 0)}f}"


def power_of_ten(value: float, unit: str, digits: int = 2) -> str:
    """The value as a multiple of a power of ten, e.g. ``4.0 × 10²⁵ FLOP``."""
    if not (math.isfinite(value) and value > 0):
        return f"{number(value)} {unit}"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPTS)} {unit}"


def amount(value: float, unit: str, digits: int = 2) -> str:
    """The value with its display unit, e.g. ``3.1 ZOP/s`` or ``120 billion US$/yr``."""
    scale = scale_for(unit, abs(value))
    return f"{number(value / scale.divisor, digits)} {scale.unit}"


def percent(share: float) -> str:
    """A share as a percentage: 0.034 is 3.4 %, 0.0004 is 0.04 %."""
    if not math.isfinite(share):
        return "–"
    return f"{number(100 * share)} %"


def duration(seconds: float) -> str:
    """A time in the unit that suits it: 12 µs, 34 ms, 2.1 s, 3.4 h, 12 d."""
    for limit, divisor, unit in ((1e-3, 1e-6, "µs"), (1, 1e-3, "ms"), (600, 1, "s"), (36_000, 60, "min")):
        if abs(seconds) < limit:
            return f"{number(seconds / divisor)} {unit}"
    return f"{number(seconds / 3600)} h" if abs(seconds) < 200_000 else f"{number(seconds / 86_400)} d"


def milliseconds(value: float) -> str:
    """A time given in milliseconds, in the unit that suits it."""
    return duration(value / 1000)


def counted(count: int, noun: str) -> str:
    """The count with its noun: 1 row, 2 rows, 1,200 rows."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def listed(words: list[str]) -> str:
    """The words as a list in a sentence: a, b and c."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def lowered(words: str) -> str:
    """The words as they stand inside a sentence; an abbreviation keeps its capitals."""
    return words if words[1:2].isupper() else words[:1].lower() + words[1:]


def escaped(text: str) -> str:
    """Text of a stranger, such as a device's name, that Markdown then shows as it stands, in one line."""
    line = _MARKUP.sub(r"\\\g<0>", " ".join(text.split()))
    # What begins a line may make it a heading, a list or a quotation.
    return _BEGINNING.sub(r"\1\\\2", line)


def unescaped(text: str) -> str:
    """The text of `escaped` as it was, and without the stars of bold words."""
    return re.sub(r"\\([^A-Za-z0-9\s])", r"\1", re.sub(r"(?<!\\)\*\*", "", text))

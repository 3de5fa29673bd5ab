"""The settings of the core that say how a workload is served: names, labels, bounds, flags of a command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import fields as columns_of
from typing import Any, Literal

from dashboard import labels, loaders, option_flags
from datasets.database import Snapshot
from devices.hardware import ARITHMETIC
from devices.options import Options
from devices.units import PRECISION_BITS

MOST = 10_000_000
Kind = Literal["name", "whole", "number", "switch"]


@dataclass(frozen=True)
class Setting:
    """One control: its name in the address, its label and help, and what it may hold.

    Attributes
    ----------
    argument : str or None
        Keyword of `devices.budgets.budgets`; None for a field of `devices.options.Options`.
    choices : tuple of str
        Names that may be chosen; empty where the catalogue has them, or none are needed.
    table : str
        Table whose rows are the choices; empty for none.
    """

    name: str
    label: str
    help: str
    kind: Kind
    argument: str | None = None
    choices: tuple[str, ...] = ()
    lowest: float = 0.0
    highest: float | None = None
    table: str = ""

    @property
    def flag(self) -> str:
        """The flag of ``edgewise budget``."""
        return "--output-tokens" if self.name == "answer" else option_flags.flag(self.name)

    def of_the_catalogue(self, current: Snapshot) -> dict[str, str]:
        """What may be chosen, each with its name."""
        names = loaders.names(current, self.table) if self.table else {name: name for name in self.choices}
        if self.name != "draft_model":
            return names
        kinds = current.tables["models"].set_index("model_id")["kind"]
        return {name: told for name, told in names.items() if kinds[name] == "decoder"}


_OWN = "left empty, each workload's own, at the edge and in the cloud"
_FORMATS = tuple(PRECISION_BITS)
_SETTINGS = (
    Setting(
        "weights",
        "Weights",
        f"Number format of the weights for every cell; {_OWN}.",
        "name",
        "weight_precision",
        _FORMATS,
    ),
    Setting(
        "batch", "Batch", f"Requests served together; {_OWN}.", "whole", "batch", lowest=1, highest=100_000
    ),
    Setting(
        "prompt",
        "Prompt, tokens",
        "Tokens of the prompt; left empty, each workload's own.",
        "whole",
        "prompt_tokens",
        highest=MOST,
    ),
    Setting(
        "answer",
        "Answer, tokens",
        "Tokens generated; left empty, each workload's own.",
        "whole",
        "output_tokens",
        lowest=1,
        highest=MOST,
    ),
    Setting(
        "model",
        "Model",
        "One model in place of each workload's own.",
        "name",
        "model_id",
        table="models",
    ),
    Setting(
        "compute",
        "Arithmetic",
        "Number format of the arithmetic; left empty, the fastest that the device and its software use for "
        "these weights.",
        "name",
        "compute_precision",
        ARITHMETIC,
    ),
    Setting(
        "kv",
        "Key-value cache",
        "Number format of the cache; left empty, fp16.",
        "name",
        "kv_precision",
        _FORMATS,
    ),
    Setting(
        "devices",
        "Devices together",
        "Devices that share every layer by tensor parallelism. For another layout give its widths instead.",
        "whole",
        "devices",
        lowest=1,
        highest=100_000,
    ),
)
_LABELS = {
    "cached_share": "Prompt in the cache, share",
    "parallel_samples": "Answers to a prompt",
    "prefix_read_once": "Answers read the prompt's cache once",
    "reasoning": "Reasoning, times the answer",
    "inputs": "Inputs an item",
    "rate": "Items a second",
    "jitter_margin": "Jitter margin, share",
    "embedding_bytes": "Embeddings an input, bytes",
    "window_tokens": "Sliding window, tokens",
    "no_cache": "No key-value cache",
    "attention_kernel": "Attention kernel",
    "draft_tokens": "Drafted tokens",
    "acceptance": "Acceptance, share",
    "draft_model": "Draft model",
    "draft_cost": "Draft step, share of a step",
    "predicted_tokens": "Tokens predicted ahead",
    "batching": "Batching",
    "page_tokens": "Page of the cache, tokens",
    "reserved_tokens": "Cache reserved, tokens",
    "offload": "Offload over",
    "offload_gb_per_s": "Speed of that link, GB/s",
    "sparse": "2:4 sparse weights",
    "tensor": "Tensor parallel (TP)",
    "pipeline": "Pipeline stages (PP)",
    "expert": "Expert parallel (EP)",
    "data": "Copies, data parallel (DP)",
    "link_gb_per_s": "Link between devices, GB/s",
    "electricity_usd_per_kwh": "Electricity, US$/kWh",
    "pue": "PUE",
    "lifetime_years": "Written off over, years",
    "busy_share": "Busy, share of the time",
    "speed_mph": "Speed of the car, miles/h",
}
# What always stands on the page, and the topics of the rest.
FIRST = ("weights", "batch", "prompt", "answer")
TOPICS = {
    "Precision": ("model", "compute", "kv", "sparse"),
    "Prompt and answers": ("cached_share", "reasoning", "parallel_samples", "prefix_read_once"),
    "Attention and cache": (
        "attention_kernel",
        "window_tokens",
        "batching",
        "page_tokens",
        "reserved_tokens",
        "no_cache",
    ),
    "Speculation": ("draft_tokens", "draft_model", "draft_cost", "predicted_tokens", "acceptance"),
    "Several devices": ("devices", "tensor", "pipeline", "expert", "data", "link_gb_per_s"),
    "Offload": ("offload", "offload_gb_per_s"),
    "Streams": ("rate", "inputs", "jitter_margin", "embedding_bytes"),
    "Cost and range": ("electricity_usd_per_kwh", "pue", "lifetime_years", "busy_share", "speed_mph"),
}


def _of_option(option: Any) -> Setting:
    meaning, name = str(option.metadata["meaning"]), option.name
    told = f"{meaning[:1].upper()}{meaning[1:]}."
    if option.default is False:
        return Setting(name, _LABELS[name], told, "switch")
    bounds = option.metadata.get("bounds")
    if bounds is None:
        table = "" if option.metadata["choices"] else "models"
        return Setting(
            name, _LABELS[name], told, "name", choices=option.metadata["choices"] or (), table=table
        )
    whole = option.metadata["whole"]
    highest = float(MOST) if whole else (bounds[1] if bounds[1] <= 1 else None)
    kind: Kind = "whole" if whole else "number"
    return Setting(name, _LABELS[name], told, kind, lowest=bounds[0], highest=highest)


SETTINGS = {
    setting.name: setting for setting in (*_SETTINGS, *(_of_option(option) for option in columns_of(Options)))
}


def arguments(values: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments of `devices.budgets.budgets`.

    Raises
    ------
    InvalidValue
        If a value is out of range, or useless without another.
    """
    plain = {name: value for name, value in values.items() if SETTINGS[name].argument is None}
    named = {str(SETTINGS[name].argument): value for name, value in values.items() if name not in plain}
    return {**named, "options": Options(**plain)} if plain else named


def flags(values: Mapping[str, Any]) -> list[str]:
    """The values as flags of ``edgewise budget``."""
    parts = []
    for name, value in values.items():
        parts += [SETTINGS[name].flag] + ([] if SETTINGS[name].kind == "switch" else [f"{value}"])
    return parts


def in_words(values: Mapping[str, Any], current: Snapshot) -> list[str]:
    """Each value that is set, with its label."""
    words = []
    for name, value in values.items():
        setting = SETTINGS[name]
        told = setting.of_the_catalogue(current).get(value, value) if setting.kind == "name" else value
        words.append(setting.label if value is True else f"{setting.label}: {labels.escaped(f'{told}')}")
    return words

"""How a workload is served beside its precisions and batch: techniques, layout, links, prices."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self

from datasets.errors import InvalidValue
from devices.links import LINKS, link_named

if TYPE_CHECKING:
    from devices.networks import Networks

BATCHINGS = ("continuous", "static")
ATTENTIONS = ("flash", "standard")
# Where an option may lie: least value, greatest value, whether the least itself is allowed.
SHARE = (0.0, 1.0, True)
COUNT = (1.0, math.inf, True)
ANY_COUNT = (0.0, math.inf, True)
POSITIVE = (0.0, math.inf, False)


def _option(meaning: str, bounds: tuple[float, float, bool] | None = None, *, whole: bool = False) -> Any:
    """A field that is None until it is asked for."""
    return field(default=None, metadata={"meaning": meaning, "bounds": bounds, "whole": whole})


def _named(meaning: str, choices: tuple[str, ...] | None = None) -> Any:
    return field(default=None, metadata={"meaning": meaning, "choices": choices})


def _switch(meaning: str) -> Any:
    return field(default=False, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Options:
    """What a caller asks for; None, or False, leaves the plain case. One set holds for all pairs of a call.

    Raises
    ------
    InvalidValue
        If a value is out of range, an unknown name, or useless without another option.
    """

    cached_share: float | None = _option("share of the prompt that is in the cache already", SHARE)
    parallel_samples: float | None = _option(
        "answers to one prompt, which share its cache", COUNT, whole=True
    )
    prefix_read_once: bool = _switch("the samples of a prompt read its cache once a step, all together")
    reasoning: float | None = _option("tokens really written over those of the answer", COUNT)
    inputs: float | None = _option("cameras, denoising steps or candidates an item", POSITIVE)
    rate: float | None = _option("items a second that the stream demands", POSITIVE)
    jitter_margin: float | None = _option("share added to a stream's time before its deadline", ANY_COUNT)
    embedding_bytes: float | None = _option("bytes of embeddings gathered for one input", ANY_COUNT)
    window_tokens: float | None = _option(
        "tokens that every attention layer looks back on", COUNT, whole=True
    )
    no_cache: bool = _switch("no key-value cache: every token computes all before it anew")
    attention_kernel: str | None = _named("kernel of the attention", ATTENTIONS)
    draft_tokens: float | None = _option("tokens drafted for each verification", ANY_COUNT, whole=True)
    acceptance: float | None = _option("probability that a drafted token is accepted", SHARE)
    draft_model: str | None = _named("model that drafts")
    draft_cost: float | None = _option("time of a draft step over one of the model", ANY_COUNT)
    predicted_tokens: float | None = _option(
        "tokens that the model itself predicts ahead, each at the cost of one more layer",
        ANY_COUNT,
        whole=True,
    )
    batching: str | None = _named("how requests join a batch", BATCHINGS)
    page_tokens: float | None = _option("tokens of a page of the cache", COUNT, whole=True)
    reserved_tokens: float | None = _option("tokens of cache reserved for every sequence", COUNT, whole=True)
    offload: str | None = _named("link over which weights that do not fit are read", tuple(LINKS))
    offload_gb_per_s: float | None = _option("speed of that link, in place of its line rate", POSITIVE)
    sparse: bool = _switch("weights are 2:4 sparse and the arithmetic makes use of it")
    tensor: float | None = _option("devices that share each layer", COUNT, whole=True)
    pipeline: float | None = _option("stages of layers", COUNT, whole=True)
    expert: float | None = _option("devices over which the experts are spread", COUNT, whole=True)
    data: float | None = _option("copies of the whole, each with its part of the batch", COUNT, whole=True)
    link_gb_per_s: float | None = _option("link between devices, one direction", POSITIVE)
    electricity_usd_per_kwh: float | None = _option("price of electricity", ANY_COUNT)
    pue: float | None = _option("power of the building over that of the equipment", COUNT)
    lifetime_years: float | None = _option(
        "years over which a device is written off; without, those of a data centre's alone", POSITIVE
    )
    busy_share: float | None = _option("share of that time in which it works", (0.0, 1.0, False))
    speed_mph: float | None = _option("speed of the car, miles an hour", POSITIVE)

    def __post_init__(self) -> None:
        for option in fields(self):
            value, meta = getattr(self, option.name), option.metadata
            if value is not None and meta.get("bounds") is not None:
                _check_number(option.name, value, meta["bounds"], whole=meta["whole"])
            if value is not None and meta.get("choices") is not None and value not in meta["choices"]:
                raise InvalidValue(
                    f"{option.name} is '{value}': it must be one of {', '.join(meta['choices'])}."
                )
        self._check_drafts()
        if self.offload_gb_per_s is not None and self.offload is None:
            raise InvalidValue("offload_gb_per_s needs offload: name the link that has this speed.")
        if self.page_tokens is not None and self.reserved_tokens is not None:
            raise InvalidValue("page_tokens and reserved_tokens exclude each other: a cache is paged or not.")

    def __getitem__(self, rows: object) -> Self:
        """Itself: one set of options holds for every row."""
        return self

    def __len__(self) -> int:
        return sum(1 for _ in self.given())

    def given(self) -> Iterator[tuple[str, object]]:
        """Names and values of the options that were asked for."""
        for option in fields(self):
            value = getattr(self, option.name)
            if value is not None and value is not False:
                yield option.name, value

    @property
    def drafted(self) -> float:
        """Tokens k that each verification has drafted before it, by a model or by the model's own heads."""
        return self.draft_tokens or self.predicted_tokens or 0.0

    @property
    def layout(self) -> tuple[float, float, float, float] | None:
        """Widths of tensor, pipeline, expert and data parallelism; None where no one was asked for."""
        widths = (self.tensor, self.pipeline, self.expert, self.data)
        if all(width is None for width in widths):
            return None
        tensor, pipeline, expert, data = (1.0 if width is None else float(width) for width in widths)
        return tensor, pipeline, expert, data

    @property
    def offload_bytes_per_s(self) -> float:
        """Speed of the link over which weights are read that do not fit."""
        return link_named(str(self.offload), self.offload_gb_per_s)

    def _check_drafts(self) -> None:
        if self.draft_tokens and self.predicted_tokens:
            raise InvalidValue(
                "draft_tokens and predicted_tokens exclude each other: choose one way to draft."
            )
        if self.draft_tokens and self.draft_model is None and self.draft_cost is None:
            raise InvalidValue(
                "draft_tokens needs draft_model or draft_cost: who drafts, or what a draft costs."
            )
        if self.draft_model is not None and self.draft_cost is not None:
            raise InvalidValue("draft_model and draft_cost exclude each other: the model has its own cost.")
        if self.drafted and self.acceptance is None:
            raise InvalidValue(
                "Drafted tokens need acceptance: the probability that one is accepted, 0 to 1."
            )
        if self.drafted and self.no_cache:
            raise InvalidValue("Drafted tokens need the cache: leave out no_cache.")
        if self.prefix_read_once and self.no_cache:
            raise InvalidValue("prefix_read_once needs the cache: leave out no_cache.")
        for name in ("acceptance", "draft_model", "draft_cost"):
            if (
                getattr(self, name) is not None
                and self.draft_tokens is None
                and self.predicted_tokens is None
            ):
                raise InvalidValue(f"{name} needs draft_tokens or predicted_tokens: how many are drafted.")


PLAIN = Options()


@dataclass(frozen=True)
class Serving:
    """The options of a call, with the network that drafts where they name one (one row)."""

    options: Options = PLAIN
    draft: Networks | None = None

    def __getitem__(self, rows: object) -> Self:
        """Itself: it holds for every row."""
        return self


def _check_number(name: str, value: float, bounds: tuple[float, float, bool], *, whole: bool) -> None:
    least, most, closed = bounds
    inside = math.isfinite(value) and (value >= least if closed else value > least) and value <= most
    if inside and not (whole and value != int(value)):
        return
    kind = "a whole number" if whole else "a number"
    if math.isfinite(most):
        wanted = f"{kind} {'from' if closed else 'above'} {least:g} to {most:g}"
    else:
        wanted = f"{kind}, {'at least' if closed else 'above'} {least:g}"
    raise InvalidValue(f"{name} is {value:g}: it must be {wanted}.")

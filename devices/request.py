"""A whole request to a decoder: prompt, answer, and what the other sequences of the batch cost it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np

from devices.catalogue import Workloads
from devices.networks import Networks
from devices.served_step import Decoder
from devices.settings import Settings
from devices.static_batches import longest_over_mean
from devices.step import Machine, Step
from devices.step_changes import combined
from devices.units import Floats


@dataclass(frozen=True)
class Request:
    """The steps of a request, and their counts.

    Attributes
    ----------
    first : Step
        Prefill of one prompt alone: what a user waits for.
    prefill : Step
        Prefill of the whole batch of prompts.
    decode : Step
        One token for every sequence of the batch, at the mean context of the answer.
    decode_steps : numpy.ndarray
        Decode steps after the first token.
    sequences : numpy.ndarray
        Sequences decoded together: batch x samples.
    batch : numpy.ndarray
        Requests in flight.
    longest : numpy.ndarray, optional
        Decode steps that a batch takes over those of a mean answer, where it runs until its last answer ends.
    """

    first: Step
    prefill: Step
    decode: Step
    decode_steps: Floats
    sequences: Floats
    batch: Floats
    longest: Floats | None = None

    def stretched(self, slower: Callable[[Step], Step]) -> Request:
        """The request with each of its steps replaced by a slower one."""
        return replace(
            self, first=slower(self.first), prefill=slower(self.prefill), decode=slower(self.decode)
        )

    @property
    def leading(self) -> Step:
        """The step that speaks for the request: decode, or prefill where the prompt is all there is."""
        decodes = self.decode_steps > 0.0
        if decodes.all():
            return self.decode
        chosen = {}
        for name in (field.name for field in fields(Step)):
            decode, prefill = getattr(self.decode, name), getattr(self.prefill, name)
            same = np.isscalar(decode) and decode == prefill
            chosen[name] = decode if same else np.where(decodes, decode, prefill)
        return Step(**chosen)

    @property
    def first_token_s(self) -> Floats:
        """Time to the first token: the prompt, after the decode step of the batch that it joins.

        A batch that starts together has its prompts read together.
        """
        if self.longest is not None:
            return self.prefill.time_s
        queue = np.where((self.batch > 1.0) & (self.decode_steps > 0.0), self.decode.time_s, 0.0)
        return self.first.time_s + queue

    @property
    def per_token_s(self) -> Floats:
        """Time between two tokens of one sequence."""
        return self.decode.time_s

    @property
    def latency_s(self) -> Floats:
        """From request to last token with the batch always full: B prefills and the decode steps."""
        return self.prefill.time_s + self.batch_steps * self.decode.time_s

    @property
    def batch_steps(self) -> Floats:
        """Decode steps until the batch is done."""
        return self.decode_steps if self.longest is None else self.decode_steps * self.longest

    @property
    def tokens_per_s(self) -> Floats:
        """Tokens a second over all sequences while they decode."""
        return self.useful_sequences / self.decode.time_s

    @property
    def useful_sequences(self) -> Floats:
        """Sequences that still write, in the mean over a batch."""
        return self.sequences if self.longest is None else self.sequences / self.longest

    @property
    def operations(self) -> Floats:
        """Operations of one request, all its samples together."""
        return (self.prefill.operations + self.decode_steps * self.decode.operations) / self.batch


def answer_tokens(workloads: Workloads, output_tokens: Floats) -> Floats:
    """Tokens that a model really writes: the answer times the reasoning multiplier."""
    return output_tokens * workloads.reasoning


def request(
    networks: Networks,
    machine: Machine,
    workloads: Workloads,
    settings: Settings,
    offloaded_share: Floats | float = 0.0,
) -> Request:
    """Prefill and decode of a decoder under its settings; elements that are no decoder come out as NaN.

    The cached share of a prompt is neither computed again nor written; it is read. Parallel samples share the
    prefix in prefill and memory, and each reads it in decode.

    Parameters
    ----------
    offloaded_share : numpy.ndarray
        Share of the weights that does not fit, where the options name a link for it.
    """
    options = settings.serving.options
    decoder = Decoder(
        networks,
        machine,
        options,
        settings.weight_bytes,
        settings.kv_bytes,
        offloaded_share,
        settings.serving.draft,
        workloads.samples,
    )
    prompt = np.maximum(settings.prompt_tokens, 1.0)
    cached = np.minimum(np.floor(workloads.cached_share * prompt), prompt - 1.0)
    steps = np.maximum(answer_tokens(workloads, settings.output_tokens) - 1.0, 0.0)
    sequences = settings.batch * workloads.samples
    longest = longest_over_mean(sequences) if options.batching == "static" else None
    until = steps if longest is None else steps * longest
    fresh = (prompt - cached, cached + 1.0)
    prefill = decoder.step(settings.batch, *fresh, fills=True)
    drafted = decoder.draft_prefill(settings.batch, *fresh)
    return Request(
        first=decoder.step(np.ones_like(prompt), *fresh, fills=True),
        prefill=prefill if drafted is None else combined([prefill, drafted], [1.0, 1.0]),
        decode=decoder.decode_step(sequences, prompt, until, prompt + (until + 1.0) / 2.0),
        decode_steps=steps,
        sequences=sequences,
        batch=settings.batch,
        longest=longest,
    )

"""A whole request to a decoder: prompt, answer, and what the other sequences of the batch cost it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import numpy as np

from devices.catalogue import Workloads
from devices.networks import Networks
from devices.settings import Settings
from devices.step import Machine, Step, token_step
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
    """

    first: Step
    prefill: Step
    decode: Step
    decode_steps: Floats
    sequences: Floats
    batch: Floats

    def stretched(self, slower: Callable[[Step], Step]) -> Request:
        """The request with each of its steps replaced by a slower one."""
        return replace(
            self, first=slower(self.first), prefill=slower(self.prefill), decode=slower(self.decode)
        )

    @property
    def leading(self) -> Step:
        """The step that speaks for the request: decode, or prefill where the prompt is all there is."""
        decodes = self.decode_steps > 0.0
        chosen = {
            field.name: np.where(decodes, getattr(self.decode, field.name), getattr(self.prefill, field.name))
            for field in fields(Step)
        }
        return Step(**chosen)

    @property
    def first_token_s(self) -> Floats:
        """Time to the first token: the prompt, after the decode step of the batch that it joins."""
        queue = np.where((self.batch > 1.0) & (self.decode_steps > 0.0), self.decode.time_s, 0.0)
        return self.first.time_s + queue

    @property
    def per_token_s(self) -> Floats:
        """Time between two tokens of one sequence."""
        return self.decode.time_s

    @property
    def latency_s(self) -> Floats:
        """From request to last token with the batch always full: B prefills and the decode steps."""
        return self.prefill.time_s + self.decode_steps * self.decode.time_s

    @property
    def tokens_per_s(self) -> Floats:
        """Tokens a second over all sequences while they decode."""
        return self.sequences / self.decode.time_s

    @property
    def operations(self) -> Floats:
        """Operations of one request, all its samples together."""
        return (self.prefill.operations + self.decode_steps * self.decode.operations) / self.batch


def answer_tokens(workloads: Workloads, output_tokens: Floats) -> Floats:
    """Tokens that a model really writes: the answer times the reasoning multiplier."""
    return output_tokens * workloads.reasoning


def request(networks: Networks, machine: Machine, workloads: Workloads, settings: Settings) -> Request:
    """Prefill and decode of a decoder under its settings; elements that are no decoder come out as NaN.

    The cached share of a prompt is neither computed again nor written; it is read. Parallel samples share the
    prefix in prefill and memory, and each reads it in decode.
    """
    formats = {"weight_bytes": settings.weight_bytes, "kv_bytes": settings.kv_bytes}
    prompt = np.maximum(settings.prompt_tokens, 1.0)
    cached = np.minimum(np.floor(workloads.cached_share * prompt), prompt - 1.0)
    answer = answer_tokens(workloads, settings.output_tokens)
    steps = np.maximum(answer - 1.0, 0.0)
    sequences = settings.batch * workloads.samples
    fresh = {"new_tokens": prompt - cached, "first_context": cached + 1.0}
    one = np.ones_like(prompt)
    return Request(
        first=token_step(networks, machine, sequences=one, **fresh, **formats),
        prefill=token_step(networks, machine, sequences=settings.batch, **fresh, **formats),
        decode=token_step(
            networks,
            machine,
            sequences=sequences,
            new_tokens=one,
            first_context=prompt + (steps + 1.0) / 2.0,
            **formats,
        ),
        decode_steps=steps,
        sequences=sequences,
        batch=settings.batch,
    )

"""Steps of a decoder as its options have it served: kernel, layout, offload, drafts, no cache."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from devices.attention import cache_bytes_read, cacheless_positions, layer_positions, score_traffic_bytes
from devices.networks import Networks
from devices.options import Options
from devices.speculation import accepted_tokens
from devices.step import ACTIVATION_BYTES, Machine, Step, token_step
from devices.step_changes import (
    combined,
    hand_over_s,
    staged,
    with_less_cache,
    with_offload,
    with_operations,
    with_spread_experts,
    with_traffic,
)
from devices.units import Floats


@dataclass(frozen=True)
class Decoder:
    """A decoder on a machine, ready to take steps.

    Attributes
    ----------
    networks, machine : Networks, Machine
        `machine` counts all devices.
    options : Options
        How it is served.
    weight_bytes, kv_bytes : numpy.ndarray
        Bytes of one weight and of one cached element.
    offloaded_share : numpy.ndarray
        Share of the weights that does not fit and comes over the link of `options`.
    draft : Networks, optional
        The network that drafts.
    samples : numpy.ndarray
        Sequences that share a prompt.
    """

    networks: Networks
    machine: Machine
    options: Options
    weight_bytes: Floats
    kv_bytes: Floats
    offloaded_share: Floats | float = 0.0
    draft: Networks | None = None
    samples: Floats | float = 1.0

    def step(
        self, sequences: Floats, new_tokens: Floats, first_context: Floats, *, fills: bool = False
    ) -> Step:
        """One step of `new_tokens` tokens for each of `sequences` sequences.

        Parameters
        ----------
        first_context : numpy.ndarray
            Context of the first new token, itself included.
        fills : bool
            Whether a pipeline fills for this step alone, as it does for prompts.
        """
        layout = self.options.layout
        if layout is None:
            return self._group_step(self.machine, sequences, new_tokens, first_context)
        _, stages, _, copies = layout
        # A stage holds its layers alone, so that its chips hold as many times more of them.
        machine = self.machine.changed(
            devices=self.machine.devices / (stages * copies),
            sram_bytes=self.machine.sram_bytes * stages,
        )
        busy = np.minimum(sequences, copies)
        micro_batches = np.minimum(sequences / busy, stages)
        each = sequences / busy / micro_batches
        step = self._group_step(machine, each, new_tokens, first_context)
        hop_s = hand_over_s(self.networks, machine, each * new_tokens, stages)
        return staged(step, stages, micro_batches, busy, copies, hop_s, fills=fills)

    def decode_step(self, sequences: Floats, prompt: Floats, steps: Floats, context: Floats) -> Step:
        """What one token of every sequence costs in the mean over an answer.

        Parameters
        ----------
        prompt, steps : numpy.ndarray
            Tokens of the prompt, and decode steps after the first token.
        context : numpy.ndarray
            Mean context of the answer.
        """
        one = np.ones_like(prompt)
        if self.options.no_cache:
            return self._cacheless_step(sequences, prompt, steps, context)
        if not self.options.drafted:
            return self._reading_once(self.step(sequences, one, context), sequences, prompt, context)
        kept = accepted_tokens(np.asarray(self.options.acceptance), np.asarray(self.options.drafted))
        verified = self._verification(sequences, one * self.options.drafted, context)
        verified = self._reading_once(verified, sequences, prompt, context)
        drafted, times = self._draft_step(sequences, context)
        return combined([verified, drafted], [1.0 / kept, self.options.drafted * times / kept])

    def _reading_once(self, step: Step, sequences: Floats, prompt: Floats, context: Floats) -> Step:
        """The step in which the samples of one prompt read its cache together, if the options say so.

        Attention over the shared prefix is one matrix product (Hydragen, arXiv 2402.05099).
        """
        if not self.options.prefix_read_once:
            return step
        of_prefix = cache_bytes_read(self.networks, context, self.kv_bytes) - cache_bytes_read(
            self.networks, context - prompt, self.kv_bytes
        )
        return with_less_cache(step, self.machine, sequences * (1.0 - 1.0 / self.samples) * of_prefix)

    def _verification(self, sequences: Floats, drafted: Floats, context: Floats) -> Step:
        """One step over the drafted tokens and the last, which asks of each what the model would write."""
        step = self.step(sequences, drafted + 1.0, context)
        output = 2.0 * self.networks.vocabulary * self.networks.hidden
        return with_operations(step, self.machine, output * drafted * sequences)

    def draft_prefill(self, sequences: Floats, new_tokens: Floats, first_context: Floats) -> Step | None:
        """Reading of the prompts by the network that drafts, if there is one."""
        if self.draft is None:
            return None
        return self._of(self.draft).step(sequences, new_tokens, first_context, fills=True)

    def _draft_step(self, sequences: Floats, context: Floats) -> tuple[Step, Floats | float]:
        """A step whose multiple is the cost of one drafted token, and that multiple."""
        one = np.ones_like(context)
        if self.draft is not None:
            return self._of(self.draft).step(sequences, one, context), 1.0
        plain = self.step(sequences, one, context)
        # A module that predicts one token further is one more layer (DeepSeek-V3, arXiv 2412.19437, 2.2).
        cost = 1.0 / self.networks.layers if self.options.predicted_tokens else self.options.draft_cost
        return plain, np.asarray(cost, dtype=float)

    def _of(self, draft: Networks) -> Decoder:
        # The network that drafts is on the device whole, its layers shared as the large one's are.
        options = replace(self.options, offload=None, offload_gb_per_s=None, window_tokens=None)
        return replace(self, networks=draft, draft=None, offloaded_share=0.0, options=options)

    def _cacheless_step(self, sequences: Floats, prompt: Floats, steps: Floats, context: Floats) -> Step:
        """Mean step without a cache: all tokens so far; attention grows faster than their mean."""
        networks = self.networks
        mean = self.step(sequences, context, np.ones_like(context))
        full = cacheless_positions(prompt, steps)
        windowed = cacheless_positions(prompt, steps, networks.window)
        layers = networks.attention_layers - networks.windowed_layers
        summed = layers * full + np.where(
            networks.windowed_layers > 0.0, networks.windowed_layers * windowed, 0.0
        )
        exact = summed / np.maximum(steps, 1.0)
        positions = exact - layer_positions(networks, np.ones_like(context), context)
        more = 4.0 * networks.heads * networks.head_dim * positions * sequences
        return with_operations(mean, self.machine, np.where(steps > 0.0, more, 0.0))

    def _group_step(
        self, machine: Machine, sequences: Floats, new_tokens: Floats, first_context: Floats
    ) -> Step:
        """One step on the devices that share it, without pipeline stages or copies."""
        options, networks = self.options, self.networks
        step = token_step(
            networks,
            machine,
            sequences=sequences,
            new_tokens=new_tokens,
            first_context=first_context,
            weight_bytes=self.weight_bytes,
            kv_bytes=np.zeros_like(self.kv_bytes) if options.no_cache else self.kv_bytes,
        )
        if options.attention_kernel == "standard":
            scores = score_traffic_bytes(networks, first_context, new_tokens, ACTIVATION_BYTES)
            step = with_traffic(step, machine, scores * sequences)
        if options.expert is not None and options.expert > 1.0:
            tokens = sequences * new_tokens
            step = with_spread_experts(step, networks, machine, tokens, options.expert, self.weight_bytes)
        if options.offload is not None:
            step = with_offload(step, machine, np.asarray(self.offloaded_share), options.offload_bytes_per_s)
        return step

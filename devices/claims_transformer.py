"""Claims about networks: cache a token, attention, multiplications of the worked example, sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from devices import document_arithmetic as arithmetic
from devices.attention import (
    attended_positions,
    attention_intensity,
    cacheless_positions,
    kv_cache_bytes_per_token,
    score_matrix_bytes,
)
from devices.claims_evidence import Claim, Evidence, Finding, found, stated
from devices.memory import weights_resident_bytes
from devices.networks import Networks, operations_per_token, touched_dense_params
from devices.units import BILLION, GB, KB, KIB, MB, MIB, Floats, element_bytes

_EXAMPLE = "gpt_3_5_worked_example"
_EXAMPLE_TOKENS = 8.0
_H100_SRAM_BYTES = 228 * KIB * 132


def _cache(evidence: Evidence, model_id: str) -> Floats:
    return kv_cache_bytes_per_token(evidence.network(model_id), element_bytes(["bf16"]))


def _latent_cache(evidence: Evidence) -> Floats:
    network = evidence.network("deepseek_v3")
    return kv_cache_bytes_per_token(network.changed(rope=network.rope * 0.0), element_bytes(["bf16"]))


def _full_cache(evidence: Evidence) -> Floats:
    return _cache(evidence, "deepseek_v3_mha_hypothetical")


def _memory(evidence: Evidence) -> Floats:
    return evidence.hardware("h100_sxm").memory_bytes


def _latent_finding(evidence: Evidence) -> Finding:
    whole = _cache(evidence, "deepseek_v3") / KB
    return found(
        _latent_cache(evidence) / KB,
        f"The 512-wide latent alone; the model also keeps a 64-wide positional key, {float(whole[0]):.1f} "
        "KB in all.",
    )


def _latent_gain(evidence: Evidence) -> Finding:
    whole = _full_cache(evidence) / _cache(evidence, "deepseek_v3")
    return found(
        _full_cache(evidence) / _latent_cache(evidence),
        f"By the latent alone; with the positional key {float(whole[0]):.1f}.",
    )


def _tokens_in_memory(cache: Callable[[Evidence], Floats], note: str) -> Claim:
    return lambda evidence: found(_memory(evidence) / cache(evidence), note)


def _tokens_on_chip(cache: Callable[[Evidence], Floats], note: str) -> Claim:
    return lambda evidence: found(stated(_H100_SRAM_BYTES) / cache(evidence), note)


def _multiplications(network: Networks, inputs: Floats, outputs: Floats) -> Floats:
    return arithmetic.matmul_multiplications(stated(_EXAMPLE_TOKENS), inputs, outputs)


def _feed_forward(network: Networks) -> Floats:
    return network.layers * 2.0 * _multiplications(network, network.hidden, network.ffn)


def _projections(network: Networks) -> Floats:
    return network.layers * 3.0 * _multiplications(network, network.hidden, network.hidden)


def _embeddings(network: Networks) -> Floats:
    return 2.0 * _multiplications(network, network.vocabulary, network.hidden)


def _example_projections(evidence: Evidence) -> Finding:
    return found(
        _projections(evidence.network(_EXAMPLE)),
        "Queries, keys and values of 8 tokens in 96 layers; the text's 348.86 billion is rounded on the "
        "way, and the output projection of the attention is left out.",
    )


def _example_total(evidence: Evidence) -> Finding:
    network = evidence.network(_EXAMPLE)
    total = _feed_forward(network) + _projections(network) + _embeddings(network)
    active = operations_per_token(network) / 2.0 * _EXAMPLE_TOKENS
    return found(
        total,
        "Both embedding products, projections and feed-forward; with the output projection that the "
        f"document leaves out the model's {float(network.params[0] / BILLION):.1f} billion parameters make "
        f"it {float(active[0]):.3g}.",
    )


def _embedding_product(evidence: Evidence) -> Finding:
    network = evidence.network(_EXAMPLE)
    slip = network.vocabulary * stated(64 * 1024)
    return found(
        network.vocabulary * network.hidden * stated(64),
        "The document's own product; its 3.2 billion is what 50,000 x 64 x 1,024 gives "
        f"({float(slip[0]):.3g}): the length of the sequences stands in place of the hidden width.",
    )


def _feed_forward_finding(evidence: Evidence) -> Finding:
    return found(
        _feed_forward(evidence.network(_EXAMPLE)), "Two matrices of 12,288 x 49,152 a layer for 8 tokens."
    )


def _one_size_over_another(evidence: Evidence) -> Finding:
    small = evidence.network(_EXAMPLE).changed(active_params=np.array([1e9]))
    large = small.changed(active_params=np.array([10e9]))
    return found(
        operations_per_token(large) / operations_per_token(small),
        "Operations in the weights are two a parameter; the attention term does not grow with them.",
    )


def _growth_without_cache(_: Evidence) -> Finding:
    lengths = np.arange(100.0, 1001.0, 100.0)
    endless = np.full_like(lengths, np.inf)
    anew = arithmetic.growth_exponent(lengths, cacheless_positions(np.zeros_like(lengths), lengths))
    kept = arithmetic.growth_exponent(lengths, attended_positions(np.ones_like(lengths), lengths, endless))
    return found(
        anew,
        "Slope of the positions attended to over 100 to 1,000 generated tokens; with a cache it is "
        f"{kept:.2f}.",
    )


def _one_byte_weights(evidence: Evidence) -> Finding:
    network = evidence.network("llama_3_8b")
    read = touched_dense_params(network) * element_bytes(["fp8"])
    return found(
        weights_resident_bytes(network, element_bytes(["fp8"])) / GB,
        f"All weights at a byte each; a step reads {float(read[0] / GB):.2f} GB of them, as the input "
        "embedding is looked up.",
    )


def _operations_of_a_step(evidence: Evidence) -> Finding:
    operations = operations_per_token(evidence.network("llama_3_8b"))
    tokens = stated(60e9) / operations
    return found(
        operations,
        f"Two a parameter for one token; the spoken 60 billion need {float(tokens[0]):.1f} tokens, so they "
        "belong to a short prompt or are loose.",
    )


def _long_cache(evidence: Evidence) -> Finding:
    return found(
        _cache(evidence, "llama_3_70b") * stated(128_000),
        "128,000 tokens; the document rounds to 'about 40 GB'.",
    )


def _gpt_4_weights(evidence: Evidence) -> Finding:
    return found(
        weights_resident_bytes(evidence.network("gpt_4_rumoured"), element_bytes(["bf16"])),
        "Two bytes a parameter of a size that is rumour, not published.",
    )


TRANSFORMER_CLAIMS: Mapping[str, Claim] = {
    "kv_mha_dsv3": lambda evidence: found(
        _full_cache(evidence) / KB, "Keys and values of 56 heads of 128 in 61 layers, two bytes each."
    ),
    "kv_mha_tokens": _tokens_in_memory(_full_cache, "80 GB for the cache alone, without any weights."),
    "kv_mla_dsv3": _latent_finding,
    "kv_mla_gain": _latent_gain,
    "kv_mla_tokens": _tokens_in_memory(_latent_cache, "By the latent alone, and without any weights."),
    "kv_sram_mha": _tokens_on_chip(
        _full_cache, "In 228 KiB of each of 132 multiprocessors; 17 whole tokens."
    ),
    "kv_sram_mla": _tokens_on_chip(_latent_cache, "In the same memory, by the latent alone."),
    "kv_llama70b": lambda evidence: found(
        _cache(evidence, "llama_3_70b") / KB,
        "Keys and values of 8 heads of 128 in 80 layers, two bytes each.",
    ),
    "kv_llama70b_128k": _long_cache,
    "attn_intensity_prefill": lambda _: found(
        attention_intensity(stated(590), stated(590)), "Half the length at S = T, the ridge point of an H100."
    ),
    "attn_intensity_decode": lambda _: found(
        attention_intensity(stated(8192), stated(1)), "One new token against 8,192 cached ones."
    ),
    "matrix_4096_bf16": lambda _: found(
        stated(4096) ** 2 * element_bytes(["bf16"]) / MIB, "Two bytes an element."
    ),
    "attn_100": lambda _: found(arithmetic.token_pairs(stated(100)), "Full pairs; a causal mask takes half."),
    "attn_1000": lambda _: found(
        arithmetic.token_pairs(stated(1000)), "Full pairs; a causal mask takes half."
    ),
    "attn_pairs_4096": lambda _: found(
        arithmetic.token_pairs(stated(4096)),
        "Pairs of each head; each costs two operations an element of the head.",
    ),
    "attn_pairs_128k": lambda _: found(
        arithmetic.token_pairs(stated(128_000)),
        f"128,000 squared; read as 131,072 it is {float(arithmetic.token_pairs(stated(131_072))):.3g}.",
    ),
    "flash_s_matrix": lambda _: found(
        score_matrix_bytes(stated(8192), element_bytes(["fp32"])) / MB,
        "One head of one layer, four bytes a score.",
    ),
    "gpt35_embed_mults": _embedding_product,
    "gpt35_infer_ff": _feed_forward_finding,
    "gpt35_infer_attn": _example_projections,
    "gpt35_infer_total": _example_total,
    "linear_params": _one_size_over_another,
    "linear_flops": lambda _: found(
        arithmetic.linear_layer_operations(stated(512), stated(12288), stated(12288)),
        "Two operations for each token and weight.",
    ),
    "matmul_1024": lambda _: found(
        2.0 * arithmetic.matmul_multiplications(stated(1024), stated(1024), stated(1024)),
        "1.07 billion multiply-adds, two operations each; the text calls the operations multiply-adds.",
    ),
    "softmax_intensity": lambda _: found(
        arithmetic.softmax_intensity(element_bytes(["fp16"])),
        "Five operations a score that is read and written at two bytes; half as much at four bytes.",
    ),
    "no_cache_cubic": _growth_without_cache,
    "llama8b_fp8_bytes": _one_byte_weights,
    "llama8b_flop": _operations_of_a_step,
    "gpt3_token": lambda evidence: found(
        operations_per_token(evidence.network("gpt_3_175b")),
        "Two a parameter of the 174.6 billion in the catalogue.",
    ),
    "gpt4_bytes": _gpt_4_weights,
}

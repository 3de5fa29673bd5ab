"""What the terms mean that the pages use; a page tells it where a term first stands."""

from __future__ import annotations

import html
import re
from urllib.parse import urlencode

TERMS = {
    "Able share": "Share of the devices on which a workload arises that the roofline core finds fast "
    "enough, with enough memory and power.",
    "Active parameters": "Parameters that one token uses. In a mixture of experts they are a part of all.",
    "Arithmetic intensity": "Operations done for each byte moved from memory.",
    "Available": "What power and heat let the installed hardware sustain.",
    "Backtest": "A forecast made with what was known at a past date, held against what came after it.",
    "Band": "Where the draws lie: nine tenths between the 5 and the 95 % quantile, half between the 25 "
    "and the 75 % quantile.",
    "Batch": "Sequences or items that a device works on together; the weights are read once for all of them.",
    "Capacity": "Dense peak of the installed hardware, whether it is used or not.",
    "Continuous batching": "Serving in which new requests join the batch at every step.",
    "CRPS": "Continuous ranked probability score: how far a whole forecast lies from the outcome. Less "
    "is better.",
    "Decode": "The part of an answer that is written token by token; memory bandwidth usually limits it.",
    "Demand": "Operations really executed, as the mean over a year.",
    "Dense and sparse peak": "Operations a second without and with 2:4 sparsity of the weights. Edgewise "
    "counts dense ones unless a workload says that its weights are sparse.",
    "Draw": "One possible future: every uncertain input at a value of its own.",
    "Edge": "Devices where people and machines are: phones, PCs, cars, robots, cameras, glasses.",
    "First token": "Time from a request to the first token of the answer: the prefill and what comes "
    "before it.",
    "H100-equivalent": "Peak of one NVIDIA H100 SXM with dense 8-bit arithmetic, 1,978.9 TOP/s.",
    "Interval": "An 80 % interval of a prediction holds eight of ten measurements.",
    "Key-value cache": "What attention keeps of the tokens so far; it grows with the context and is read "
    "at each step.",
    "MFU": "Model FLOPs utilisation: the share of the dense peak of all devices that goes into the model "
    "itself.",
    "Mixture of experts": "A network of which each token passes only a few parts, the experts.",
    "MLA, MQA, GQA, MHA": "Ways of attention that share keys and values between heads, from most to "
    "least; the cache is the smaller the more they share.",
    "OOM": "Order of magnitude, a factor of ten; of memory: out of memory.",
    "OP/s": "Operations a second; a multiply-add is two. TOP/s, or TOPS, is 10¹², POP/s 10¹⁵, EOP/s "
    "10¹⁸, ZOP/s 10²¹.",
    "Order of magnitude": "A factor of ten. 0.3 orders are about a factor of two.",
    "Parallelism": "Tensor: devices share each layer. Pipeline: each holds some layers. Data: each group "
    "holds a copy. Expert: experts are spread.",
    "Preference": "Of what arises on an able device, the share that is served there; cost, latency, "
    "privacy and quality decide.",
    "Prefill": "Reading the prompt, all tokens at once; arithmetic usually limits it.",
    "PUE": "Power of a data centre over that of its equipment.",
    "Ridge point": "Arithmetic intensity at which memory and arithmetic limit a device alike.",
    "Roofline": "A device's attainable rate over arithmetic intensity: a slope that memory bandwidth "
    "sets, then a level that arithmetic sets.",
    "Scenario": "A named list of changed assumptions over a parent; the root, Central, changes none.",
    "Sobol index": "Share of a figure's variance that an input explains: alone (first order), or with "
    "all that it takes part in (total effect).",
    "Speculative decoding": "A small model drafts tokens and the large one checks several at once.",
    "Sustained power": "What heat lets a device draw for long; above it the device slows down.",
    "Token": "A piece of a word, three quarters of one in English text.",
    "Tornado": "A chart of what a figure becomes when one input at a time is at its low and at its high, "
    "the widest bar on top.",
    "Total effect": "Share of a figure's variance that would be left if all inputs but one were known.",
    "Vintage": "Devices sold in one year, or the date of a document.",
    "ZeRO": "Sharding of optimiser state, gradients and weights over the copies of a training run.",
}
# How the terms stand in sentences, as regular expressions; the rest is met in the glossary alone.
ALIASES = {
    "Arithmetic intensity": r"arithmetic intensity|operations a byte",
    "Available": r"in the sense available",
    "Backtest": r"backtests?",
    "Band": r"5 to 95 %|nine tenths of|nine draws in ten",
    "Batch": r"batch(?:es)?",
    "Capacity": r"capacity|installed peak",
    "CRPS": r"CRPS",
    "Decode": r"decode",
    "Demand": r"demand",
    "Dense and sparse peak": r"dense peaks?|dense 8-bit|2:4 spars(?:e|ity)|dense",
    "Draw": r"draws",
    "Edge": r"edge devices|edge inference",
    "First token": r"first token",
    "H100-equivalent": r"H100-equivalents?|H100e",
    "Interval": r"80 % intervals?",
    "Key-value cache": r"key-value cache|KV cache",
    "MFU": r"MFU",
    "Mixture of experts": r"mixture of experts|MoE",
    "Order of magnitude": r"orders? of magnitude",
    "OP/s": r"[TPEZ]?OP/s|TOPS",
    "OOM": r"OOM",
    "Preference": r"preference",
    "Prefill": r"prefill",
    "PUE": r"PUE",
    "Ridge point": r"ridge points?",
    "Roofline": r"rooflines?|roofs?",
    "Scenario": r"scenarios?",
    "Sobol index": r"Sobol ind(?:ex|ices)",
    "Speculative decoding": r"speculative decoding",
    "Sustained power": r"sustained power",
    "Token": r"tokens?",
    "Tornado": r"tornado",
    "Total effect": r"total effects?",
    "Vintage": r"vintages?",
    "ZeRO": r"ZeRO",
}
# Code, links, formulas and icons stay as they are.
_UNTOUCHED = re.compile(r"(`[^`]*`|\[[^\]]*\]\([^)]*\)|\$[^$]*\$|:[a-z]+/[a-z_]+:)")
_TERM = re.compile(
    r"(?<![\w\\-])(?:"
    + "|".join(f"(?P<t{place}>{alias})" for place, alias in enumerate(ALIASES.values()))
    + r")(?![\w-])",
    re.IGNORECASE,
)


def explained(text: str, seen: set[str]) -> str:
    """Markdown in which each term, where it stands for the first time, is a link that tells its meaning.

    The meaning shows under the pointer and, from the keyboard, when the link has the focus; the link leads to
    the glossary.

    Parameters
    ----------
    text : str
        Markdown.
    seen : set of str
        Terms that the page has explained already; those of the text are added.
    """
    parts = _UNTOUCHED.split(text)
    return "".join(
        part if place % 2 else _TERM.sub(lambda found: _linked(found, seen), part)
        for place, part in enumerate(parts)
    )


def _linked(found: re.Match[str], seen: set[str]) -> str:
    term = list(ALIASES)[int(str(found.lastgroup)[1:])]
    if term in seen:
        return found[0]
    seen.add(term)
    address = urlencode({"view": "glossary", "search": term})
    return f'[{found[0]}](method?{address} "{html.escape(TERMS[term])}")'

"""What the terms mean that the pages use."""

from __future__ import annotations

TERMS = {
    "Able share": "Share of the devices on which a workload arises that the roofline core finds fast "
    "enough, with "
    "enough memory and power.",
    "Active parameters": "Parameters that one token uses. In a mixture of experts they are a part of all.",
    "Arithmetic intensity": "Operations done for each byte moved from memory.",
    "Batch": "Sequences or items that a device works on together; the weights are read once for all of them.",
    "Capacity": "Dense peak of the installed hardware, whether it is used or not.",
    "Continuous batching": "Serving in which new requests join the batch at every step.",
    "CRPS": "Continuous ranked probability score: how far a whole forecast lies from the outcome. Less is "
    "better.",
    "Decode": "The part of an answer that is written token by token; memory bandwidth usually limits it.",
    "Demand": "Operations really executed, as the mean over a year.",
    "Dense and sparse peak": "Operations a second without and with 2:4 sparsity of the weights. Edgewise "
    "counts dense "
    "ones unless a workload says that its weights are sparse.",
    "Draw": "One possible future: every uncertain input at a value of its own.",
    "Edge": "Devices where people and machines are: phones, PCs, cars, robots, cameras, glasses.",
    "First token": "Time from a request to the first token of the answer: the prefill and what comes "
    "before it.",
    "H100-equivalent": "Peak of one NVIDIA H100 SXM with dense 8-bit arithmetic, 1,978.9 TOP/s.",
    "Key-value cache": "What attention keeps of the tokens so far; it grows with the context and is read "
    "at each step.",
    "MFU": "Model FLOPs utilisation: the share of the dense peak of all devices that goes into the model "
    "itself.",
    "Mixture of experts": "A network of which each token passes only a few parts, the experts.",
    "MLA, MQA, GQA, MHA": "Ways of attention that share keys and values between heads, from most to "
    "least; the cache "
    "is the smaller the more they share.",
    "Order of magnitude": "A factor of ten. 0.3 orders are about a factor of two.",
    "Parallelism": "Tensor: devices share each layer. Pipeline: each holds some layers. Data: each group "
    "holds a copy. "
    "Expert: experts are spread.",
    "Preference": "Of what arises on an able device, the share that is served there; cost, latency, "
    "privacy and "
    "quality decide.",
    "Prefill": "Reading the prompt, all tokens at once; arithmetic usually limits it.",
    "PUE": "Power of a data centre over that of its equipment.",
    "Ridge point": "Arithmetic intensity at which memory and arithmetic limit a device alike.",
    "Roofline": "A device's attainable rate over arithmetic intensity: a slope that memory bandwidth "
    "sets, then a level "
    "that arithmetic sets.",
    "Scenario": "A named list of changed assumptions over a parent; the root, Central, changes none.",
    "Speculative decoding": "A small model drafts tokens and the large one checks several at once.",
    "Sustained power": "What heat lets a device draw for long; above it the device slows down.",
    "Token": "A piece of a word, three quarters of one in English text.",
    "Total effect": "Share of a figure's variance that would be left if all inputs but one were known.",
    "Vintage": "Devices sold in one year, or the date of a document.",
    "ZeRO": "Sharding of optimiser state, gradients and weights over the copies of a training run.",
}

"""Which software drives a device, and in which arithmetic a network with given weights then computes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.errors import InvalidValue
from devices.hardware import ARITHMETIC, CPU_FORMATS, Hardware
from devices.units import Floats, Labels

# Each list of groups is searched in order: the first group in which the device states a peak is taken, and in
# it the fastest format. A weight may be widened to a larger format, never narrowed.
_WIDE = (("bf16", "fp16", "fp32"),)
_GPU: dict[str, tuple[tuple[str, ...], ...]] = {
    "fp64": (("fp64",),),
    "fp32": (("fp32", "tf32"),),
    "tf32": (("tf32", "fp32"),),
    "bf16": _WIDE,
    "fp16": _WIDE,
    "int16": _WIDE,
    "fp8": (("fp8", "bf16", "fp16"), ("fp32",)),
    "bfp8": (("fp8", "bf16", "fp16"), ("fp32",)),
    "fp6": (("fp6", "fp8", "bf16", "fp16"), ("fp32",)),
    "fp4": (("fp4", "fp8", "bf16", "fp16"), ("fp32",)),
    "int8": (("int8", "bf16", "fp16"), ("fp32",)),
    "int4": (("bf16", "fp16", "fp32"), ("fp8", "fp4"), ("int8",)),
}
_NEURAL = (("fp16_npu", "int16"), ("bf16", "fp16"), ("fp32",), ("fp16_cpu", "fp32_cpu"))
_INTEGER = (("int8",), ("int16", "fp16_npu"), ("bf16", "fp16"), ("int8_cpu", "fp16_cpu", "fp32_cpu"))
_LANGUAGE = (("int16", "fp16_npu"), ("int8", "bf16", "fp16"), ("int8_cpu", "fp16_cpu", "fp32_cpu"))
_PROCESSOR = (("int8_cpu", "int8"), ("bf16", "fp16_cpu", "fp32_cpu", "fp32"))
_PATHS: dict[str, dict[str, tuple[tuple[str, ...], ...]]] = {
    "gpu": _GPU,
    "npu": {
        "fp64": (),
        "fp32": (("fp32", "tf32"), ("fp32_cpu",)),
        "tf32": (("tf32", "fp32"),),
        "bf16": _NEURAL,
        "fp16": _NEURAL,
        "int16": _NEURAL,
        "fp8": (("fp8",), *_NEURAL),
        "bfp8": (("fp8",), *_NEURAL),
        "fp6": (("fp6", "fp8"), *_NEURAL),
        "fp4": (("fp4", "fp8"), *_NEURAL),
        "int8": _INTEGER,
        "int4": _INTEGER,
    },
    "cpu": {
        **dict.fromkeys(("fp64",), (("fp64",),)),
        **dict.fromkeys(("fp32", "tf32"), (("fp32", "fp32_cpu"),)),
        **dict.fromkeys(("bf16", "fp16", "int16", "fp8", "bfp8", "fp6", "fp4"), _PROCESSOR[1:]),
        **dict.fromkeys(("int8", "int4"), _PROCESSOR),
    },
    "metal": {
        **dict.fromkeys(("fp64",), ()),
        **dict.fromkeys(("fp32", "tf32"), (("fp32",),)),
        **dict.fromkeys(
            ("bf16", "fp16", "int16", "fp8", "bfp8", "fp6", "fp4", "int8", "int4"), (("fp16", "fp32"),)
        ),
    },
}
_PATHS["gpu"].update(dict.fromkeys(("int3", "int2"), _GPU["int4"]))
for _backend in ("npu", "cpu", "metal"):
    _PATHS[_backend].update(dict.fromkeys(("int3", "int2"), _PATHS[_backend]["int4"]))
# llama.cpp multiplies packed weights with activations rounded to eight bits.
_PATHS["gpu llama.cpp"] = {
    **_GPU,
    **dict.fromkeys(("int8", "int4", "int3", "int2"), (("int8",), ("bf16", "fp16", "fp32"))),
}
_PATHS["npu language"] = {**_PATHS["npu"], **dict.fromkeys(("int8", "int4", "int3", "int2"), _LANGUAGE)}

GPU_BACKENDS = ("cuda", "rocm", "vulkan", "accelerator", "any")
BACKENDS = (*GPU_BACKENDS, "metal", "cpu", "npu")
_GENERATIVE = ("decoder", "diffusion", "encoder")


def inferred_backend(hardware: Hardware, kind: Labels) -> Labels:
    """Back end that commonly drives each device for each kind of network.

    ``cuda`` for NVIDIA and generic graphics cards, ``rocm`` for AMD's, ``metal`` for generative networks on a
    Mac, ``cpu`` where only the processor computes, ``npu`` for phones, vehicles and embedded parts,
    ``accelerator`` for other parts of a data centre, ``any`` for other graphics cards.

    Parameters
    ----------
    hardware : Hardware
        Devices, shape (n,).
    kind : numpy.ndarray
        Kinds of network, shape (n,).
    """
    backend = np.full(len(hardware), "npu", dtype=object)
    graphics = _starts(hardware.memory_type, ("GDDR", "HBM"))
    backend[hardware.segment == "datacenter"] = "accelerator"
    backend[graphics & np.isin(hardware.segment, ["pc", "workstation"])] = "any"
    backend[(hardware.vendor == "generic") & graphics] = "cuda"
    backend[hardware.vendor == "NVIDIA"] = "cuda"
    amd = hardware.vendor == "AMD"
    backend[amd] = "rocm"
    mac = (hardware.vendor == "Apple") & np.isin(hardware.segment, ["pc", "wearable"])
    backend[mac & np.isin(kind, _GENERATIVE)] = "metal"
    backend[_computes_on_processor(hardware)] = "cpu"
    return backend


def usual_software(hardware: Hardware, backend: Labels, kind: Labels) -> Labels:
    """Software that a device commonly runs a network with, as ``backend/software`` or the back end alone.

    Servers run engines built for batches; PCs, Macs and single-board computers run llama.cpp for decoders;
    Qualcomm's and Rockchip's neural units their makers' run times.
    """
    software = backend.astype(object)
    own = _runs_llama_cpp(hardware, kind)
    for name in ("cuda", "rocm", "metal", "cpu"):
        software[own & (backend == name)] = f"{name}/llama.cpp"
    for vendor, runtime in (("Qualcomm", "qnn"), ("Rockchip", "rknn"), ("Hailo", "hailort")):
        software[(hardware.vendor == vendor) & (backend == "npu")] = f"npu/{runtime}"
    return software


def _runs_llama_cpp(hardware: Hardware, kind: Labels) -> NDArray[np.bool_]:
    return (kind == "decoder") & (hardware.segment != "datacenter")


def measured_software(backend: Labels, software: Labels, segment: Labels) -> Labels:
    """Software of a measurement in the same words; a server's neural unit counts as an accelerator."""
    server = (backend == "npu") & (segment == "datacenter")
    named = np.where(server, "accelerator", backend)
    return np.array([f"{b}/{s}" for b, s in zip(named, software, strict=True)], dtype=object)


def _computes_on_processor(hardware: Hardware) -> NDArray[np.bool_]:
    accelerated = np.array([name not in CPU_FORMATS for name in ARITHMETIC])
    stated = ~np.isnan(hardware.peak_ops_per_s)
    only_processor = stated.any(axis=1) & ~stated[:, accelerated].any(axis=1)
    same_unit = hardware.peak_of("int8") == hardware.peak_of("int8_cpu")
    plain_memory = _starts(hardware.memory_type, ("DDR",)) & np.isin(hardware.segment, ["pc", "server_cpu"])
    return only_processor | same_unit | plain_memory | (hardware.segment == "server_cpu")


def _starts(values: Labels, prefixes: tuple[str, ...]) -> NDArray[np.bool_]:
    return np.array([value.startswith(prefixes) for value in values], dtype=bool)


def path_name(backend: str, generative: bool, llama_cpp: bool) -> str:
    """Name of the table of arithmetic paths that a back end follows for a kind of network."""
    if backend in GPU_BACKENDS:
        return "gpu llama.cpp" if llama_cpp and backend in ("cuda", "rocm") else "gpu"
    return "npu language" if backend == "npu" and generative else backend


def compute_arithmetic(
    hardware: Hardware, backend: Labels, kind: Labels, weights: Labels
) -> tuple[Labels, Floats]:
    """Arithmetic format in which each network computes, and the device's dense peak at it.

    Returns
    -------
    formats : numpy.ndarray
        Names of `ARITHMETIC`, the empty string where the device states no fitting peak.
    peak_ops_per_s : numpy.ndarray
        Dense peaks, NaN where there is none.
    """
    formats = np.full(len(hardware), "", dtype=object)
    peaks = np.full(len(hardware), np.nan)
    generative, llama_cpp = np.isin(kind, _GENERATIVE), _runs_llama_cpp(hardware, kind)
    columns = zip(backend, generative, llama_cpp, weights, strict=True)
    keys = np.array([f"{path_name(b, g, c)}|{w}" for b, g, c, w in columns], dtype=object)
    for key in dict.fromkeys(keys):
        path, weight = key.split("|")
        chosen = keys == key
        for group in _PATHS[path].get(weight, ()):
            open_rows = np.flatnonzero(chosen & (formats == ""))
            _take_fastest(hardware, open_rows, _native_first(group, weight), formats, peaks)
    return formats, peaks


def _native_first(group: tuple[str, ...], weight: str) -> tuple[str, ...]:
    return tuple(sorted(group, key=lambda name: name != weight))


def _take_fastest(
    hardware: Hardware, rows: NDArray[np.intp], group: tuple[str, ...], formats: Labels, peaks: Floats
) -> None:
    stated = hardware.peak_ops_per_s[rows][:, [ARITHMETIC.index(name) for name in group]]
    known = ~np.isnan(stated)
    best = np.where(known, stated, -1.0).argmax(axis=1)
    found = known.any(axis=1)
    formats[rows[found]] = np.array(group, dtype=object)[best[found]]
    peaks[rows[found]] = stated[found, best[found]]


def stated_peak(hardware: Hardware, arithmetic: str) -> tuple[Labels, Floats]:
    """Dense peaks at one format asked for by name; the empty string and NaN where a device lacks it."""
    if arithmetic not in ARITHMETIC:
        raise InvalidValue(f"There is no arithmetic '{arithmetic}': known are {', '.join(ARITHMETIC)}.")
    peaks = hardware.peak_of(arithmetic)
    return np.where(np.isnan(peaks), "", arithmetic).astype(object), peaks


def stated_formats(hardware: Hardware, row: int) -> tuple[str, ...]:
    """Names of the formats for which one device states a peak."""
    return tuple(
        name
        for name, peak in zip(ARITHMETIC, hardware.peak_ops_per_s[row], strict=True)
        if not np.isnan(peak)
    )

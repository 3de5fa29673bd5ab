"""Claims about arithmetic: peaks of devices, their ratios, threads, watts and adders."""

from __future__ import annotations

from collections.abc import Mapping

from devices import document_arithmetic as arithmetic
from devices.claims_evidence import Claim, Evidence, Finding, found, found_between, stated
from devices.units import GIGA, TERA, Floats, element_bytes

_SPARSE = "2:4-sparse"


def _tops(evidence: Evidence, device_id: str, arithmetic_format: str) -> Floats:
    return evidence.peak_ops_per_s(device_id, arithmetic_format) / TERA


def _tesla_board(evidence: Evidence) -> Finding:
    return found(
        _tops(evidence, "tesla_hw4", "int8"),
        "Dense 8-bit peak from the teardown: six arrays of 96 x 96 multiply-adds at 2.2 GHz. The quoted "
        "500 is an upper bound of the press without source.",
    )


def _board_over_phone(evidence: Evidence) -> Finding:
    printed = evidence.printed("Tesla HW4 / AI4 (board, 2 SoC)", "peak compute")
    phone = _tops(evidence, "apple_a18_pro", "int8")
    derived = _tops(evidence, "tesla_hw4", "int8")
    return found(
        printed / phone,
        f"The printed {float(printed):g} TOPS over the phone's; with the board's derived dense "
        f"{float(derived[0]):g} it is only {float((derived / phone)[0]):.1f} times.",
    )


def _next_board(high_end: bool) -> Claim:
    def claim(evidence: Evidence) -> Finding:
        note = "The catalogue's figure, an announced one."
        if high_end:
            note = (
                "The catalogue holds the low end of the announced 2,000 to 2,500, eight times the 243 of HW4."
            )
        return found(_tops(evidence, "tesla_ai5", "int8"), note)

    return claim


def _next_over_board(evidence: Evidence) -> Finding:
    board = evidence.printed("Tesla HW4 / AI4 (board, 2 SoC)", "peak compute")
    low, high = (evidence.printed("Tesla AI5", "peak compute", part) for part in (0, 1))
    derived = _tops(evidence, "tesla_ai5", "int8") / _tops(evidence, "tesla_hw4", "int8")
    return found_between(
        low / board,
        high / board,
        f"From the printed figures of both; the catalogue's dense peaks stand at {float(derived[0]):.1f} "
        "to 1.",
    )


def _sixth_over_fifth(evidence: Evidence) -> Finding:
    return found(
        _tops(evidence, "tesla_ai6", "int8") / _tops(evidence, "tesla_ai5", "int8"),
        "The maker has since spoken of about twice AI5; ten times was the 'up to' of an earlier projection.",
    )


def _thor_over_orin(evidence: Evidence) -> Finding:
    sparse = evidence.sparse_ops_per_s("jetson_t5000", "fp4")
    ratio = sparse / evidence.sparse_ops_per_s("jetson_agx_orin64", "int8")
    equal = _tops(evidence, "jetson_t5000", "int8") / _tops(evidence, "jetson_agx_orin64", "int8")
    return found(
        ratio,
        f"A {_SPARSE} 4-bit peak over a {_SPARSE} 8-bit one; dense and both in 8 bit the ratio is "
        f"{float(equal[0]):.2f}.",
    )


def _rack_over_rack(evidence: Evidence) -> Finding:
    dense = evidence.peak_ops_per_s("gb200_nvl72", "fp4")
    sparse_rack = evidence.sparse_ops_per_s("nvl576", "fp4")
    return found(
        evidence.peak_ops_per_s("nvl576", "fp4") / dense,
        "Dense 4-bit peaks of both racks; the stated figure sets the new rack's sparse peak against the "
        f"old one's dense ({float((sparse_rack / dense)[0]):.1f}).",
    )


def _a100_threads(_: Evidence) -> Finding:
    return found(
        arithmetic.resident_threads(stated(108), stated(64), stated(32)),
        "108 multiprocessors keep 64 warps of 32 threads each.",
    )


def _epyc_watts(evidence: Evidence) -> Finding:
    threads = arithmetic.parallel_lanes(stated(192), stated(2))
    older = evidence.device_figure("epyc_9654", "tdp_w") / arithmetic.parallel_lanes(stated(96), stated(2))
    return found(
        arithmetic.watts_per_thread(evidence.device_figure("epyc_9965", "tdp_w"), threads),
        "The densest EPYC of the catalogue, 192 cores of two threads each, is just beyond the tolerance "
        f"around the spoken 'about one watt'; the 96-core 9654 takes {float(older[0]):.2f} W.",
    )


def _h100_lanes(_: Evidence) -> Finding:
    return found(
        arithmetic.parallel_lanes(stated(132), stated(128)),
        "132 multiprocessors of 128 single-precision lanes, all of which advance in one clock.",
    )


def _h100_watts(evidence: Evidence) -> Finding:
    lanes = arithmetic.parallel_lanes(stated(132), stated(128))
    return found(
        arithmetic.watts_per_thread(evidence.device_figure("h100_sxm", "tdp_w"), lanes),
        "Maximum power over the lanes; the spoken five hundredths are rounded up.",
    )


def _cpu_rate(evidence: Evidence) -> Finding:
    real = evidence.peak_ops_per_s("ryzen_9950x", "fp32")
    return found(
        arithmetic.peak_rate_per_s(stated(16 * 8), stated(1), stated(5e9)) / GIGA,
        "One operation a lane and clock; fused multiply-adds, two ports and wider vectors give a 16-core "
        f"desktop of 2024 {float(real[0] / GIGA):,.0f}.",
    )


def _h100_over_cpu(evidence: Evidence) -> Finding:
    cpu = arithmetic.peak_rate_per_s(stated(16 * 8), stated(1), stated(5e9))
    real = evidence.peak_ops_per_s("h100_sxm", "fp32") / evidence.peak_ops_per_s("ryzen_9950x", "fp32")
    return found(
        evidence.peak_ops_per_s("h100_sxm", "fp32") / cpu,
        "Single-precision peak of the card over the document's CPU; over a 16-core desktop of 2024 it is "
        f"{float(real[0]):.0f}.",
    )


def _blackwell(evidence: Evidence) -> Finding:
    printed = evidence.printed("NVIDIA Blackwell", "FP16 peak") * TERA
    older = evidence.peak_ops_per_s("a100_80", "fp16")
    real = evidence.peak_ops_per_s("b200", "fp16")
    return found(
        printed / older,
        f"From the printed 1,500 TFLOP/s; a B200 has {float(real[0] / TERA):,.0f} dense, "
        f"{float((real / older)[0]):.1f} times an A100.",
    )


def _tensor_core_rate(evidence: Evidence) -> Finding:
    sparse = evidence.sparse_ops_per_s("h100_sxm", "bf16")
    dense = evidence.peak_ops_per_s("h100_sxm", "bf16")
    return found(
        arithmetic.peak_rate_per_s(stated(528), stated(2048), stated(1.83e9)),
        "The product is right, its reading is not: called multiply-adds it would be twice as many "
        f"operations, while the card has {float(dense[0] / TERA):,.1f} TFLOP/s dense in BF16 and "
        f"{float(sparse[0] / TERA):,.1f} with {_SPARSE} weights: 2,048 is operations a clock with sparsity.",
    )


def _adders(precision: str, note: str) -> Claim:
    return lambda _: found(arithmetic.multiplier_adders(precision), note)


def _single_over_half(evidence: Evidence) -> Finding:
    rates = evidence.peak_ops_per_s("a100_80", "fp16") / evidence.peak_ops_per_s("a100_80", "fp32")
    wide, narrow = element_bytes(["fp32", "fp16"])
    return found(
        arithmetic.multiplier_adders("fp32") / arithmetic.multiplier_adders("fp16"),
        "Full adders of a multiplier. The text says 'quadruple', which is the square of the ratio of "
        f"widths; bytes grow {wide / narrow:.0f} times and an A100's peaks differ {float(rates[0]):.0f} "
        "times.",
    )


def _sparse_as_printed(arithmetic_format: str) -> Claim:
    def claim(evidence: Evidence) -> Finding:
        sparse = evidence.sparse_ops_per_s("h100_sxm", arithmetic_format) / TERA
        return found(
            _tops(evidence, "h100_sxm", arithmetic_format),
            f"The dense peak; the document prints the {_SPARSE} one, {float(sparse[0]):,.1f} in the "
            "catalogue, without saying so.",
        )

    return claim


def _signal_per_clock(_: Evidence) -> Finding:
    return found(
        arithmetic.distance_per_clock_m(stated(6e7), stated(3e9)) * 1e3,
        "A fifth of the speed of light over 3 GHz.",
    )


def _hbm_cost(_: Evidence) -> Finding:
    return found(
        arithmetic.cost_share(stated(80), stated(15), stated(3320)),
        "80 GB at 15 US$ of a bill of 3,320 US$, both estimates of 2023; a price of 30,000 US$ is no bill of "
        "materials.",
    )


HARDWARE_CLAIMS: Mapping[str, Claim] = {
    "a18_pro_npu": lambda evidence: found(
        _tops(evidence, "apple_a18_pro", "int8"), "The catalogue's 8-bit peak of the Neural Engine."
    ),
    "hw4_board": _tesla_board,
    "hw4_vs_phone": _board_over_phone,
    "ai5_low": _next_board(high_end=False),
    "ai5_high": _next_board(high_end=True),
    "ai5_vs_ai4": _next_over_board,
    "ai6_vs_ai5": _sixth_over_fifth,
    "thor_vs_orin": _thor_over_orin,
    "nvl576_vs_gb200": _rack_over_rack,
    "a100_threads": _a100_threads,
    "epyc_threads_per_w": _epyc_watts,
    "h100_threads": _h100_lanes,
    "h100_w_per_thread": _h100_watts,
    "cpu_gflops": _cpu_rate,
    "h100_vs_cpu": _h100_over_cpu,
    "blackwell_vs_a100": _blackwell,
    "tensor_core_rate": _tensor_core_rate,
    "adders_fp32": _adders("fp32", "23 stored bits and the implied one: 24 x 24."),
    "adders_fp16": _adders("fp16", "10 stored bits and the implied one: 11 x 11."),
    "adders_bf16": _adders("bf16", "7 stored bits and the implied one: 8 x 8."),
    "adders_fp8": _adders("fp8", "3 stored bits and the implied one (E4M3): 4 x 4."),
    "fp32_over_fp16": _single_over_half,
    "h100_bf16_printed": _sparse_as_printed("bf16"),
    "h100_fp8_printed": _sparse_as_printed("fp8"),
    "signal_per_cycle": _signal_per_clock,
    "h100_bom_hbm_share": _hbm_cost,
    "dsv3_comm_sms": lambda _: found(
        stated(20) / stated(132), "20 of 132 multiprocessors serve communication in place of arithmetic."
    ),
}

"""Claims about memory and links of devices: bandwidths, capacities, operations a byte, critical batches."""

from __future__ import annotations

from collections.abc import Mapping

from devices.claims_evidence import Claim, Evidence, Finding, found, stated
from devices.parallelism import tensor_parallel_limit
from devices.roofline import critical_batch, ridge_point
from devices.units import GB, KIB, MB, TB, TERA, Floats, element_bytes

_BLACKHOLE = "Tenstorrent Blackhole"


def _ridge(evidence: Evidence, device_id: str, arithmetic: str) -> Floats:
    return ridge_point(evidence.peak_ops_per_s(device_id, arithmetic), evidence.bytes_per_s(device_id))


def _inner_bytes_per_s(evidence: Evidence, device_id: str) -> Floats:
    return evidence.device_figure(device_id, "l1_bandwidth_tb_per_s", TB)


def _printed_link(evidence: Evidence, device_id: str) -> Floats:
    return evidence.device_figure(device_id, "interconnect_printed_gb_per_s", GB)


def _one_way_link(evidence: Evidence, device_id: str) -> Floats:
    return evidence.device_figure(device_id, "interconnect_gb_per_s_per_direction", GB)


def _ridge_h100(evidence: Evidence) -> Finding:
    return found(
        _ridge(evidence, "h100_sxm", "fp16"), "Dense peak over memory bandwidth, both of the catalogue."
    )


def _ridge_a100(evidence: Evidence) -> Finding:
    bandwidth = evidence.printed("NVIDIA A100", "DRAM size / bandwidth", 1) * TB
    return found(
        ridge_point(evidence.peak_ops_per_s("a100_80", "fp16"), bandwidth),
        "With the printed 2.0 TB/s, which is the 80 GB part rounded though the table says 40 GB: exactly "
        f"the parts stand at {float(_ridge(evidence, 'a100_80', 'fp16')[0]):.1f} and "
        f"{float(_ridge(evidence, 'a100_40', 'fp16')[0]):.1f}.",
    )


def _printed_blackhole_peak(evidence: Evidence) -> Floats:
    return evidence.printed(_BLACKHOLE, "FP16 peak") * TERA


def _ridge_blackhole(evidence: Evidence) -> Finding:
    bandwidth = evidence.printed(_BLACKHOLE, "DRAM size / bandwidth", 1) * TB
    return found(
        ridge_point(_printed_blackhole_peak(evidence), bandwidth),
        "With the printed figures of the 140-core part; the 120-core board that is sold stands at "
        f"{float(_ridge(evidence, 'tt_p150', 'bf16')[0]):.0f}.",
    )


def _ridge_tpu_v4i(evidence: Evidence) -> Finding:
    bandwidth = evidence.printed("Google TPU v4i", "DRAM size / bandwidth", 1) * TB
    return found(
        ridge_point(evidence.peak_ops_per_s("tpu_v4i", "bf16"), bandwidth),
        "With the printed 0.61 TB/s, a rounded 614 GB/s that gives "
        f"{float(_ridge(evidence, 'tpu_v4i', 'bf16')[0]):.1f}.",
    )


def _inner_ridge(device_id: str, column: str, arithmetic: str, note: str) -> Claim:
    def claim(evidence: Evidence) -> Finding:
        bandwidth = evidence.device_figure(device_id, column, TB)
        return found(ridge_point(evidence.peak_ops_per_s(device_id, arithmetic), bandwidth), note)

    return claim


def _inner_ridge_blackhole(evidence: Evidence) -> Finding:
    printed = _printed_blackhole_peak(evidence)
    sold = evidence.device_figure("tt_p150", "sram_bandwidth_tb_per_s", TB)
    board = ridge_point(evidence.peak_ops_per_s("tt_p150", "bf16"), sold)
    return found(
        ridge_point(printed, stated(98e12)),
        "With 98 TB/s, as the statement has it; the digits of the printed table run together, and read as "
        f"94 TB/s they give {float(ridge_point(printed, stated(94e12))):.2f}. The 120-core board that is "
        f"sold stands at {float(board[0]):.2f}.",
    )


def _h100_sram(_: Evidence) -> Finding:
    return found(
        stated(228 * KIB * 132) / MB,
        "228 KiB of shared memory that a program may use on each of 132 multiprocessors.",
    )


def _blackhole_sram(_: Evidence) -> Finding:
    return found(
        stated(1464 * KIB * 140) / MB,
        f"With KiB; the document multiplied with 1,000 ({1464e3 * 140 / MB:.1f} MB).",
    )


def _critical_batch(arithmetic: str, note: str) -> Claim:
    def claim(evidence: Evidence) -> Finding:
        peak, bandwidth = evidence.peak_ops_per_s("h100_sxm", arithmetic), evidence.bytes_per_s("h100_sxm")
        return found(critical_batch(peak, bandwidth, element_bytes([arithmetic])), note)

    return claim


def _critical_batch_sram(evidence: Evidence) -> Finding:
    peak = evidence.peak_ops_per_s("h100_sxm", "bf16")
    batch = critical_batch(peak, _inner_bytes_per_s(evidence, "h100_sxm"), element_bytes(["bf16"]))
    return found(batch, "The same with the bandwidth of shared memory, for weights that lie there.")


def _link_ratio(device_id: str) -> Claim:
    def claim(evidence: Evidence) -> Finding:
        peak = evidence.peak_ops_per_s(device_id, "fp16")
        one_way = ridge_point(peak, _one_way_link(evidence, device_id))
        return found(
            ridge_point(peak, _printed_link(evidence, device_id)),
            "Both directions of the link together, as printed; one way the ratio is "
            f"{float(one_way[0]):,.0f}.",
        )

    return claim


def _link_ratio_blackhole(evidence: Evidence) -> Finding:
    link = evidence.printed("Tenstorrent Blackhole (comms table)", "Ethernet") * GB
    board = ridge_point(evidence.peak_ops_per_s("tt_p150", "bf16"), _one_way_link(evidence, "tt_p150"))
    return found(
        ridge_point(_printed_blackhole_peak(evidence), link),
        "With the printed 200 GB/s; the board that is sold has four 800 Gbit/s ports, one way "
        f"{float(board[0]):,.0f}.",
    )


def _link_ratio_tpu_v5p(evidence: Evidence) -> Finding:
    link = evidence.printed("Google TPU v5p", "ICI") * GB
    peak = evidence.peak_ops_per_s("tpu_v5p", "bf16")
    chip = ridge_point(peak, _one_way_link(evidence, "tpu_v5p"))
    return found(
        ridge_point(peak, link),
        f"With one printed link of 180 GB/s; the six links of a chip together give {float(chip[0]):,.0f} "
        "one way.",
    )


def _tensor_parallel(evidence: Evidence) -> Finding:
    ffn = evidence.network("deepseek_v3").ffn
    peak = evidence.peak_ops_per_s("h100_sxm", "bf16")
    one_way = tensor_parallel_limit(ffn, peak, _one_way_link(evidence, "h100_sxm"))
    return found(
        tensor_parallel_limit(ffn, peak, _printed_link(evidence, "h100_sxm")),
        f"With both directions of NVLink together; one way it is {float(one_way[0]):.1f}.",
    )


def _bandwidth_ratio(evidence: Evidence) -> Finding:
    return found(
        evidence.bytes_per_s("rtx_4090") / evidence.bytes_per_s("apple_m2_ultra"),
        "Both bandwidths of the catalogue.",
    )


def _pcie_card(evidence: Evidence) -> Finding:
    sxm = evidence.bytes_per_s("h100_sxm") / TB
    return found(
        evidence.bytes_per_s("h100_pcie") / TB,
        f"True of the PCIe card with HBM2e alone; the SXM5 module, meant by the other documents, has "
        f"{float(sxm[0]):.2f}: they are two devices of the catalogue.",
    )


def _shared_memory(evidence: Evidence) -> Finding:
    older = _inner_bytes_per_s(evidence, "a100_80") / TB
    return found(
        _inner_bytes_per_s(evidence, "h100_sxm") / TB,
        f"132 multiprocessors of 128 bytes a clock; 19 is an A100's ({float(older[0]):.1f}), and another "
        "document prints 31 for the H100.",
    )


def _second_level(evidence: Evidence) -> Finding:
    return found(
        evidence.device_figure("h100_sxm", "sram_mb"),
        "Right; another document prints 80 MB, the number of gigabytes of the main memory.",
    )


def _hbm_over_ddr(evidence: Evidence) -> Finding:
    return found(
        evidence.bytes_per_s("h100_sxm") / stated(100 * GB),
        "Over the printed 100 GB/s of a desktop; a server with twelve channels narrows it to "
        f"{float((evidence.bytes_per_s('h100_sxm') / evidence.bytes_per_s('epyc_9965'))[0]):.1f}.",
    )


def _bandwidth(device_id: str) -> Claim:
    return lambda evidence: found(evidence.bytes_per_s(device_id) / GB, "The catalogue's memory bandwidth.")


MEMORY_CLAIMS: Mapping[str, Claim] = {
    "ops_byte_h100_sxm": _ridge_h100,
    "ops_byte_a100": _ridge_a100,
    "ops_byte_blackhole": _ridge_blackhole,
    "ops_byte_tpu_v4i": _ridge_tpu_v4i,
    "sram_ops_byte_h100_sxm": _inner_ridge(
        "h100_sxm", "l1_bandwidth_tb_per_s", "fp16", "Dense peak over the bandwidth of shared memory."
    ),
    "sram_ops_byte_a100": _inner_ridge(
        "a100_80", "l1_bandwidth_tb_per_s", "fp16", "With 19.5 TB/s where the document has about 19."
    ),
    "sram_ops_byte_blackhole": _inner_ridge_blackhole,
    "sram_ops_byte_tpu_v4i": _inner_ridge(
        "tpu_v4i", "sram_bandwidth_tb_per_s", "bf16", "With the document's own estimate of 13.5 TB/s."
    ),
    "h100_sram": _h100_sram,
    "blackhole_sram": _blackhole_sram,
    "b_crit_h100": _critical_batch(
        "bf16", "Tokens a step from which reading 16-bit weights no longer binds."
    ),
    "b_crit_fp8": _critical_batch("fp8", "Half the bytes at twice the rate leave it where it was."),
    "b_crit_sram": _critical_batch_sram,
    "ops_comms_h100_sxm": _link_ratio("h100_sxm"),
    "ops_comms_a100": _link_ratio("a100_80"),
    "ops_comms_blackhole": _link_ratio_blackhole,
    "ops_comms_tpu_v5p": _link_ratio_tpu_v5p,
    "tp_limit_dsv3": _tensor_parallel,
    "m2_ultra_bw": _bandwidth("apple_m2_ultra"),
    "rtx4090_bw": _bandwidth("rtx_4090"),
    "rtx4090_vs_m2ultra": _bandwidth_ratio,
    "h100_pcie_bw": _pcie_card,
    "h100_smem_bw": _shared_memory,
    "h100_l2_printed": _second_level,
    "dram_vs_hbm": _hbm_over_ddr,
}

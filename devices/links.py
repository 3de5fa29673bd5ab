"""Named links to memory outside a device, with their line rates: what an offloaded weight travels over."""

from __future__ import annotations

from datasets.errors import InvalidValue

# Line rates in GB/s, one direction: an upper bound, since no protocol reaches them. PCIe: 8, 16 and 32 GT/s a
# lane with 128b/130b coding (PCI Express Base Specification 3.0, 4.0, 5.0). NVMe drives: their four lanes.
# UFS 3.1 and 4.0: two lanes of 11.6 and 23.2 Gbit/s with 8b/10b coding (JEDEC JESD220E, JESD220F). Ethernet:
# IEEE 802.3.
# This file and `options` load no NumPy: the command line reads them for its help.
BYTES_PER_GB = 1e9
_PCIE_3_LANE = 8.0 * 128.0 / 130.0 / 8.0
LINKS: dict[str, float] = {
    "pcie3_x4": 4.0 * _PCIE_3_LANE,
    "pcie3_x16": 16.0 * _PCIE_3_LANE,
    "pcie4_x8": 16.0 * _PCIE_3_LANE,
    "pcie4_x16": 32.0 * _PCIE_3_LANE,
    "pcie5_x16": 64.0 * _PCIE_3_LANE,
    "nvme_pcie3": 4.0 * _PCIE_3_LANE,
    "nvme_pcie4": 8.0 * _PCIE_3_LANE,
    "nvme_pcie5": 16.0 * _PCIE_3_LANE,
    "ufs_3_1": 2.32,
    "ufs_4_0": 4.64,
    "ethernet_1g": 0.125,
    "ethernet_10g": 1.25,
    "ethernet_100g": 12.5,
    "ethernet_400g": 50.0,
    "ethernet_800g": 100.0,
}


def link_named(name: str, gb_per_s: float | None = None) -> float:
    """Bytes a second of a link, or of `gb_per_s` in place of its line rate.

    Raises
    ------
    InvalidValue
        If there is no link of that name.
    """
    if name not in LINKS:
        raise InvalidValue(f"There is no link '{name}': known are {', '.join(LINKS)}.")
    return (LINKS[name] if gb_per_s is None else gb_per_s) * BYTES_PER_GB

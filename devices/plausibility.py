"""Peaks whose ratio to the memory's bandwidth no machine has: most often a slip of a unit or of sparsity."""

from __future__ import annotations

# From the leanest microcontroller to a chip that is nearly all arithmetic, machines balance between these.
LEAST_OPERATIONS_PER_BYTE = 1.0
MOST_OPERATIONS_PER_BYTE = 5_000.0


def doubt_statement() -> str:
    """SQL that creates the view `doubts`: device_id, precision and sentence, for peaks out of balance.

    It stands on the macro `ridge_point`, and so on `devices.roofline.ridge_point`.
    """
    bounds = f"{LEAST_OPERATIONS_PER_BYTE:g} to {MOST_OPERATIONS_PER_BYTE:,.0f}"
    return f"""
        CREATE OR REPLACE TEMP VIEW doubts AS
        SELECT device_id, precision, format(
            'device_peaks row ''{{}}, {{}}'': its dense peak is {{:.4g}} operations for each byte of memory '
            'bandwidth, outside {bounds}; check dense_tops (1e12 operations a second) and '
            'memory_bandwidth_gb_per_s', device_id, precision, ridge) AS sentence
        FROM (SELECT device_id, precision, ridge_point(device_id, precision) AS ridge FROM device_peaks)
        WHERE ridge NOT BETWEEN {LEAST_OPERATIONS_PER_BYTE} AND {MOST_OPERATIONS_PER_BYTE}"""  # noqa: S608

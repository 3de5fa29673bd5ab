"""Statements that run as they stand, for the SQL editor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A statement with a title; `changes` tells whether it needs the switch that saves."""

    title: str
    sql: str
    changes: bool = False


EXAMPLES = (
    Example(
        "Which phones can hold a chat?",
        """SELECT d.name, d.introduced, b.per_token_s, b.first_token_s, b.within_budget, b.reason
FROM budgets b JOIN devices d USING (device_id)
WHERE b.workload_id = 'chat_small' AND d.segment = 'phone'
ORDER BY b.per_token_s
LIMIT 20;""",
    ),
    Example(
        "Where does the roof bend?",
        """SELECT d.name, p.precision, p.dense_tops, d.memory_bandwidth_gb_per_s,
       round(1000 * p.dense_tops / d.memory_bandwidth_gb_per_s) AS ridge_operations_per_byte
FROM devices d JOIN device_peaks p USING (device_id)
WHERE d.segment = 'datacenter' AND p.precision IN ('bf16', 'fp8')
ORDER BY ridge_operations_per_byte DESC
LIMIT 20;""",
    ),
    Example(
        "How sure are the figures?",
        """SELECT segment, confidence, count(*) AS devices
FROM devices
GROUP BY ALL
ORDER BY segment, devices DESC;""",
    ),
    Example(
        "Add a phone of 2027 with twice the bandwidth",
        """INSERT INTO devices (device_id, name, vendor, segment, introduced, status, memory_gb, memory_type,
                     memory_bandwidth_gb_per_s, tdp_w, sustained_w, battery_wh)
SELECT 'my_phone_2027', 'My phone of 2027', 'mine', segment, '2027', 'projected', memory_gb, memory_type,
       2 * memory_bandwidth_gb_per_s, tdp_w, sustained_w, battery_wh
FROM devices WHERE device_id = 'generic_phone_flagship_2027';

INSERT INTO device_peaks (device_id, precision, dense_tops)
SELECT 'my_phone_2027', precision, dense_tops
FROM device_peaks WHERE device_id = 'generic_phone_flagship_2027';

-- 30 % of the year's phones; the others give up their share in proportion.
INSERT INTO fleet_mix (segment, year, device_id, share) VALUES ('smartphone', 2027, 'my_phone_2027', 0.3);

SELECT device_id, workload_id, per_token_s, within_budget, reason
FROM budgets WHERE device_id = 'my_phone_2027' AND per_token_s IS NOT NULL;""",
        changes=True,
    ),
    Example(
        "Take that phone out again",
        """DELETE FROM fleet_mix WHERE device_id = 'my_phone_2027';
DELETE FROM device_peaks WHERE device_id = 'my_phone_2027';
DELETE FROM devices WHERE device_id = 'my_phone_2027';""",
        changes=True,
    ),
)

"""Many threads that read while one writes: each must see the whole of a change, or none of it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from datasets import database, sandbox

ADDED = (
    "INSERT INTO devices (device_id, name, segment, memory_gb, memory_bandwidth_gb_per_s) "
    "VALUES ('r{0}', 'Device {0}', 'phone', {1}, 77);"
    "INSERT INTO device_peaks (device_id, precision, dense_tops) "
    "VALUES ('r{0}', 'int8', {1}), ('r{0}', 'int4', {1})"
)


@dataclass
class ReadReport:
    """What the readers saw.

    Attributes
    ----------
    reads, writes : int
    faults : list of str
    """

    reads: int = 0
    writes: int = 0
    faults: list[str] = field(default_factory=list)


def reads_while_writing(path: Path, readers: int, seconds: float) -> ReadReport:
    """Read a database in many threads while another writes it.

    A device and its two peaks are written in one change, with one figure in all three; each reader looks that
    it never sees a part of them, nor fewer than before.

    Parameters
    ----------
    path : pathlib.Path
        A database without devices of a user's; it is changed.
    readers : int
    seconds : float

    Returns
    -------
    ReadReport
    """
    report, lock, done = ReadReport(), threading.Lock(), threading.Event()

    def read() -> None:
        before = 0
        while not done.is_set():
            try:
                count, faults = _seen(path, before)
            except Exception as fault:
                count, faults = before, [f"{type(fault).__name__}: {fault}"]
            with lock:
                report.reads += 1
                report.faults += faults
            before = count

    threads = [threading.Thread(target=read) for _ in range(readers)]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        sandbox.run(path, ADDED.format(report.writes, report.writes + 1), write=True)
        report.writes += 1
    done.set()
    for thread in threads:
        thread.join()
    if _seen(path, 0)[0] != report.writes:
        report.faults.append(f"{report.writes} devices were written and {_seen(path, 0)[0]} are there")
    return report


def _seen(path: Path, before: int) -> tuple[int, list[str]]:
    tables = database.load(path).tables
    devices = tables["devices"]
    own = devices.loc[devices["origin"] == "user", ["device_id", "memory_gb"]]
    peaks = tables["device_peaks"].groupby("device_id")["dense_tops"].agg(list)
    rows = [(name, memory, peaks.get(name, [])) for name, memory in own.itertuples(index=False)]
    faults = [
        f"{name} has peaks {found} beside {memory} GB"
        for name, memory, found in rows
        if found != [memory] * 2
    ]
    if len(rows) < before:
        faults.append(f"{before} devices were there, and then {len(rows)}")
    return len(rows), faults

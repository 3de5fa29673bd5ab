"""Killing a process that writes, again and again: what it told as made must be there, and the file opens."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from datasets import database
from datasets.errors import EdgewiseError

MOST_CHANGES = 2
LONGEST_PAUSE_S = 1.0


@dataclass
class KillReport:
    """What was found after the kills.

    Attributes
    ----------
    kills : int
    made : int
        Changes that were told as made.
    interrupted : dict of str to int
        Kinds of the changes that the kills fell into.
    faults : list of str
    """

    kills: int = 0
    made: int = 0
    interrupted: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


class _Expected:
    """What the file must hold by now, and what it may hold."""

    def __init__(self) -> None:
        self.present: set[str] = set()
        self.absent: set[str] = set()

    def note(self, lines: Sequence[str], report: KillReport) -> None:
        begun: tuple[str, str] | None = None
        for line in lines:
            word, kind, name = line.split()
            begun = (kind, name) if word == "begun" else None
            if word == "made":
                report.made += 1
                if kind in ("insert", "import"):
                    self.present.add(name)
                if kind == "undo":
                    self.absent.add(name)
        if begun:
            report.interrupted[begun[0]] = report.interrupted.get(begun[0], 0) + 1

    def faults(self, path: Path) -> list[str]:
        try:
            tables = database.load(path).tables
        except EdgewiseError as error:
            return [f"did not open: {error}"]
        held = {*tables["sources"]["source_id"], *tables["devices"]["device_id"]}
        peaks = set(tables["device_peaks"]["device_id"])
        faults = [f"lost {name}" for name in sorted(self.present - held)]
        faults += [f"brought back {name}" for name in sorted(self.absent & held)]
        own = tables["devices"].loc[tables["devices"]["origin"] == "user", "device_id"]
        return faults + [f"half an import: {name} has no peak" for name in sorted(set(own) - peaks)]


def kills(path: Path, count: int, seed: int = 0) -> KillReport:
    """Let a process write, and kill it at a moment drawn at random, many times.

    Parameters
    ----------
    path : pathlib.Path
        A database; it is changed.
    count : int
    seed : int

    Returns
    -------
    KillReport
    """
    rng, report, expected = random.Random(seed), KillReport(), _Expected()  # noqa: S311 - repeatable
    database.ensure(path)
    command = [sys.executable, "-m", "dashboard.reliability.writer", str(path)]
    with subprocess.Popen(  # noqa: S603 - our own module
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as nursery:
        for number in range(count):
            lines, status = _lived(
                nursery, f"{seed}x{number}", rng.randint(0, MOST_CHANGES), rng.uniform(0, LONGEST_PAUSE_S)
            )
            report.kills += 1
            expected.note(lines, report)
            report.faults += [f"after kill {number + 1}: {fault}" for fault in expected.faults(path)]
            if status != -signal.SIGKILL:
                report.faults.append(f"before kill {number + 1} the writer ended by itself: {status}")
        nursery.kill()
    return report


def _lived(
    nursery: subprocess.Popen[str], seed: str, changes: int, seconds: float
) -> tuple[list[str], int | None]:
    """Let a writer make some changes, kill it a while later: the lines that it told, and how it ended."""
    if nursery.stdin is None or nursery.stdout is None:
        return [], None
    nursery.stdin.write(f"{seed}\n")
    lines: list[str] = []
    process = 0
    while line := nursery.stdout.readline():
        word = line.split()[0]
        if word == "process":
            process = int(line.split()[1])
        elif word == "ended":
            return lines, int(line.split()[1])
        else:
            lines.append(line.strip())
        if process and sum(told.startswith("made") for told in lines) >= changes:
            time.sleep(seconds)
            os.kill(process, signal.SIGKILL)
            process = 0
    return lines, None

"""A process that changes a database without end and tells each change that it has made: made to be killed."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

from datasets import database, imports, sandbox, undo
from datasets.connections import held

INSERT = "INSERT INTO sources (source_id, title) VALUES (?, 'A source')"
KINDS = ("insert", "import", "undo", "update")


def changed(path: Path, kind: str, name: str) -> None:
    """Make one change.

    Parameters
    ----------
    path : pathlib.Path
    kind : str
        ``insert`` adds a source, ``import`` a device from CSV, ``undo`` adds a source and takes it back,
        ``update`` brings a database that passes for an older one to this version.
    name : str
    """
    if kind in ("insert", "undo"):
        sandbox.run(path, INSERT, write=True, parameters=[name])
    if kind == "undo":
        undo.undo_change(path)
    if kind == "import":
        header = "device_id,name,segment,memory_gb,memory_bandwidth_gb_per_s,int8_dense_tops"
        imports.import_devices(path, f"{header}\n{name},A device,phone,12,77,40\n".encode(), "a file")
    if kind == "update":
        with held(path, read_only=False) as connection:
            connection.execute("UPDATE meta SET value = 'of another version' WHERE key = 'facts_version'")
        database.ensure(path)


def _write_on(path: Path, seed: str) -> None:
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    for number in range(1_000_000):
        kind, name = rng.choice(KINDS), f"w{seed}_{number}"
        print("begun", kind, name, flush=True)
        changed(path, kind, name)
        print("made", kind, name, flush=True)


def _main() -> None:
    """Fork a writer for each seed on stdin: what takes long to read is read once."""
    path = Path(sys.argv[1])
    for line in sys.stdin:
        child = os.fork()
        if not child:
            try:
                print("process", os.getpid(), flush=True)
                _write_on(path, line.strip())
            finally:
                os._exit(1)
        print("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    _main()

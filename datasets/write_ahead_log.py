"""Reading DuckDB's write-ahead log without opening the database: whether it is whole.

DuckDB replays as much of a log as it can read and says nothing of the rest, so a log that was cut short opens
as a database with rows missing. The log is a header and then entries of length (8 bytes), checksum (8 bytes)
and content, little-endian; a transaction is complete with its flush entry.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SUFFIX = ".wal"
_HEADER_START = b"d\x00be\x00\x02"  # Entry kind 98 (version), version 2.
_OBJECT_END = b"\xff\xff"
_ENDS_TRANSACTION = (b"d\x00d", b"d\x00c")  # Entry kinds 100 (flush) and 99 (checkpoint).
_LENGTHS = struct.Struct("<QQ")
_MASK = 2**64 - 1


@dataclass(frozen=True)
class LogState:
    """What a write-ahead log holds.

    Attributes
    ----------
    size_bytes : int
    transactions : int
        Those that can be read to their end.
    fault : str or None
        What is wrong with the log, in words; None when it is whole.
    """

    size_bytes: int
    transactions: int
    fault: str | None = None


def log_path(path: Path) -> Path:
    """Where DuckDB keeps the write-ahead log of a database."""
    return path.with_name(path.name + SUFFIX)


def log_state(path: Path) -> LogState | None:
    """State of the write-ahead log beside a database; None when there is none.

    Parameters
    ----------
    path : pathlib.Path
        The database.

    Returns
    -------
    LogState or None
    """
    try:
        content = log_path(path).read_bytes()
    except FileNotFoundError:
        return None
    if not content:
        return LogState(0, 0)
    place = content.find(_OBJECT_END) + len(_OBJECT_END)
    if not content.startswith(_HEADER_START) or place < len(_OBJECT_END):
        return LogState(len(content), 0, "it does not begin as a write-ahead log of this DuckDB does")
    return _entries_state(content, place)


def _entries_state(content: bytes, place: int) -> LogState:
    transactions, is_complete = 0, True
    while place < len(content):
        if place + _LENGTHS.size > len(content):
            return _cut(content, transactions)
        size, checksum = _LENGTHS.unpack_from(content, place)
        entry = content[place + _LENGTHS.size : place + _LENGTHS.size + size]
        if len(entry) < size:
            return _cut(content, transactions)
        if entry_checksum(entry) != checksum:
            return LogState(len(content), transactions, f"its entry at byte {place:,} is damaged")
        is_complete = entry.startswith(_ENDS_TRANSACTION)
        transactions += is_complete
        place += _LENGTHS.size + size
    return LogState(len(content), transactions) if is_complete else _cut(content, transactions)


def _cut(content: bytes, transactions: int) -> LogState:
    return LogState(len(content), transactions, "it ends in the middle of a transaction")


def entry_checksum(entry: bytes) -> int:
    """DuckDB's checksum of an entry: its 8-byte words times a constant, and MurmurHash64A of what is left."""
    whole = len(entry) // 8 * 8
    words = np.frombuffer(entry[:whole], dtype="<u8") * np.uint64(0xBF58476D1CE4E5B9)
    rest = _murmur(entry[whole:]) if whole < len(entry) else 0
    return int(np.bitwise_xor.reduce(words)) ^ rest ^ 5381


def _murmur(tail: bytes) -> int:
    # Fewer than 8 bytes: of the hash only its beginning and its end are left.
    multiplier = 0xC6A4A7935BD1E995
    value = 0xE17A1465 ^ (len(tail) * multiplier & _MASK)
    value = (value ^ int.from_bytes(tail, "little")) * multiplier & _MASK
    value = (value ^ value >> 47) * multiplier & _MASK
    return value ^ value >> 47

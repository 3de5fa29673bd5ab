"""Malformed input by the thousand: each is taken, or refused in one sentence; none ends in a traceback."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from dashboard import address
from datasets import device_file, file_cells, imports, measurement_file, sandbox
from datasets.database import Snapshot
from datasets.errors import MOST_LETTERS, EdgewiseError
from forecasting.scenario_files import scenario_draft, scenario_text

WHOLE_IMPORT_EACH = 20
_ODD = (
    *("", "\0", "\n", "\r\n", "\t", '"', "'", ",", ";", "=", "%", "\\", "{", "]", "--", "/*", "é", "\ufeff"),
    *(
        "\u202e",
        "\U0001f916",
        "nan",
        "NaN",
        "inf",
        "-inf",
        "1e999",
        "-1",
        "0",
        "9" * 400,
        "0x10",
        "1_000",
        "١٢",
    ),
    *(
        "true",
        "null",
        "None",
        "on",
        "=1+1",
        "@x",
        "<b>",
        "../..",
        "x" * 5_000,
        "1979-05-27",
        "[[a]]",
        "0.1.2",
    ),
)
_SQL = (
    "SELECT device_id, name FROM devices WHERE memory_gb > 10 ORDER BY 1",
    "INSERT INTO devices (device_id, name, segment, memory_gb) VALUES ('mine', 'Mine', 'phone', 12)",
    "UPDATE sources SET title = 'x' WHERE source_id = 'mine'; SELECT count(*) FROM sources",
)
_CSV = (
    "device_id,name,segment,memory_gb,memory_bandwidth_gb_per_s,int8_dense_tops,tdp_w,introduced\n"
    "mine,My phone,phone,12,77,40,5,2027-01-01\nyours,Your phone,phone,16,85.5,50,6,\n"
)
_MEASUREMENTS = (
    "measurement_id,device_id,n_devices,model_id,weight_precision,batch,input_tokens,output_tokens,metric,value\n"
    "a,h100_sxm,1,llama3_8b,fp16,1,128,128,decode_tokens_per_s,120\n"
)


@dataclass(frozen=True)
class Trial:
    """One malformed input: what it was given to, its text, and what went wrong, if anything did."""

    kind: str
    text: str
    fault: str | None


def malformed(text: str, rng: random.Random) -> str:
    """A text with one to four places cut, doubled, swapped, or filled with what does not belong there."""
    for _ in range(rng.randint(1, 4)):
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.choice((0, 1, 3, 10, 60)))
        piece = text[start:end]
        filling = rng.choice((rng.choice(_ODD), rng.choice(_ODD), piece * 2, piece[::-1], ""))
        text = text[:start] + filling + text[end:]
    return text


def trials(snapshot: Snapshot, count: int, seed: int = 0) -> Iterator[Trial]:
    """Give malformed inputs to everything that reads text from outside, in turn.

    Parameters
    ----------
    snapshot : datasets.database.Snapshot
    count : int
    seed : int

    Yields
    ------
    Trial
    """
    rng = random.Random(seed)  # noqa: S311 - repeatable, not secret
    readers = _readers(snapshot)
    for number in range(count):
        kind, seeds, read = readers[number % len(readers)]
        text = malformed(rng.choice(seeds), rng)
        yield Trial(kind, text, fault_of(partial(read, text)))


def _readers(snapshot: Snapshot) -> list[tuple[str, tuple[str, ...], Callable[[str], object]]]:
    scenarios = tuple(scenario_text(snapshot.tables, name) for name in ("edge_first", "bitstream"))
    devices = list(snapshot.tables["devices"]["device_id"])
    fields = [
        address.option("scenario", ["central", "edge_first"], "central"),
        address.options("device", devices, devices[:1]),
        address.switch("log", True),
        address.text("search"),
        *(address.figure("value", low, high) for low in (None, 0.0) for high in (None, 1e6)),
        *(address.count("batch", 1, most) for most in (1, 4096)),
    ]
    written = ("central", "h100_sxm,a100_80gb", "on", "phone", "0.25", "8", "1e6", "-3")
    return [
        ("scenario file", scenarios, lambda text: scenario_draft(snapshot.tables, text)),
        ("devices file", (_CSV,), partial(_devices_read, snapshot, itertools.count())),
        ("measurements file", (_MEASUREMENTS,), measurement_file.measurements_from_csv),
        *(("address", written, partial(_addressed, field)) for field in fields),
        ("statement", _SQL, lambda text: sandbox.rehearse(snapshot, text, timeout_s=10)),
    ]


def _devices_read(snapshot: Snapshot, tried: Iterator[int], text: str) -> None:
    content = text.encode()
    cells = file_cells.file_cells(content, "a.csv")
    if "device_id" in cells:
        device_file.device_parts(cells)
    if next(tried) % WHOLE_IMPORT_EACH == 0:  # The whole way takes a second.
        imports.import_devices(snapshot.path, content, "a.csv", dry_run=True)


def _addressed(field: address.Field, text: str) -> None:
    field.write(field.read(text))


def fault_of(read: Callable[[], object]) -> str | None:
    """What is wrong with how an input was taken: None where it was taken, or refused in one sentence."""
    try:
        read()
    except EdgewiseError as refusal:
        sentence = str(refusal)
        if "\n" in sentence.strip() or not sentence.strip():
            return f"not told in one sentence: {sentence[:200]!r}"
        if len(sentence) > MOST_LETTERS:
            return f"told in {len(sentence)} letters: {sentence[:100]!r}"
        return None
    except Exception as fault:
        return f"{type(fault).__name__}: {str(fault)[:200]}"
    return None

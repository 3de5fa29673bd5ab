"""`edgewise devices`: list and show the catalogue, add a file of one's own devices, remove one."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard import file_import, output
from datasets.errors import UnknownName

if TYPE_CHECKING:
    import pandas as pd

NAME = "devices"
HELP = "List or show devices, add those of a CSV file, print its template, remove one of your own."
LISTED = [
    *("device_id", "name", "vendor", "segment", "introduced", "status", "memory_gb"),
    *("memory_bandwidth_gb_per_s", "tdp_w", "sustained_w", "source_id", "confidence", "origin"),
]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's actions."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, words, run_action in (
        ("list", "every device, a row each", _listed),
        ("show", "all that is known of one device, a row a figure", _shown),
        ("add", "add the devices of a CSV or Parquet file, all of them or none", _added),
        ("template", "print the header of such a file", _template),
        ("remove", "remove a device that you added, with its peaks and shares", _removed),
    ):
        action = actions.add_parser(name, help=words, description=words)
        action.set_defaults(run_action=run_action)
        if name in ("show", "remove"):
            action.add_argument("device_id", metavar="ID")
        if name == "add":
            action.add_argument("file", metavar="FILE", type=Path)
            file_import.add_arguments(action)
        output.add_arguments(action)


def run(arguments: argparse.Namespace) -> pd.DataFrame | None:
    """The action's frame, if it has one."""
    frame: pd.DataFrame | None = arguments.run_action(arguments)
    return frame


def _listed(arguments: argparse.Namespace) -> pd.DataFrame:
    from datasets import database

    return database.load(arguments.db).tables["devices"][LISTED]


def _shown(arguments: argparse.Namespace) -> pd.DataFrame:
    import pandas as pd

    from datasets import database
    from datasets.cell_confidence import cell_confidence

    tables = database.load(arguments.db).tables
    devices = tables["devices"].set_index("device_id", drop=False)
    if arguments.device_id not in devices.index:
        raise UnknownName("device", arguments.device_id, devices.index)
    device = devices.loc[[arguments.device_id]]
    rows = [
        (field, values.iloc[0], device["source_id"].iloc[0], cell_confidence(device, str(field)).iloc[0])
        for field, values in device.items()
        if pd.notna(values.iloc[0])
    ]
    peaks = tables["device_peaks"].query("device_id == @arguments.device_id")
    for peak in peaks.itertuples():
        for kind in ("dense_tops", "sparse_tops"):
            value = getattr(peak, kind)
            if pd.notna(value):
                rows.append((f"{peak.precision}_{kind}", value, peak.source_id, peak.confidence))
    return pd.DataFrame(rows, columns=["field", "value", "source_id", "confidence"])


def _added(arguments: argparse.Namespace) -> pd.DataFrame | None:
    from datasets import imports

    return file_import.imported(arguments, imports.import_devices)


def _template(arguments: argparse.Namespace) -> None:
    from datasets.device_file import device_template

    output.write(device_template().encode(), arguments.output)


def _removed(arguments: argparse.Namespace) -> None:
    from datasets import database, sandbox

    known = database.load(arguments.db).tables["devices"]["device_id"]
    if arguments.device_id not in set(known):
        raise UnknownName("device", arguments.device_id, known)
    result = sandbox.run(
        arguments.db, "DELETE FROM devices WHERE device_id = ?", write=True, parameters=[arguments.device_id]
    )
    for words in (*result.changes.in_words(), *result.notes):
        output.say(words)

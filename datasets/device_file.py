"""A file of devices: a row a device, its peaks in columns beside."""

from __future__ import annotations

import pandas as pd

from datasets.schema import Table, tables

# Which peaks the template offers; every precision of device_peaks is read.
OFFERED_PRECISIONS = ("fp16", "int8", "int4", "fp8", "bf16")
PEAK_KINDS = ("dense_tops", "sparse_tops")
_PROVENANCE = ("source_id", "confidence")


def device_template() -> str:
    """Header of a CSV file of devices, to be filled in; units stand in the names.

    Returns
    -------
    str
        Columns of `devices`, then peaks such as ``int8_dense_tops`` (10^12 operations a second).
    """
    peaks = [f"{precision}_{kind}" for precision in OFFERED_PRECISIONS for kind in PEAK_KINDS]
    return ",".join([*device_columns(), *peaks]) + "\n"


def device_columns() -> tuple[str, ...]:
    """Columns of `devices` that a file may have."""
    return tuple(name for name in tables()["devices"].column_names if name != "origin")


def peak_named(column: str) -> tuple[str, str] | None:
    """Precision and kind of a column of peaks; None for another column."""
    for kind in PEAK_KINDS:
        if column.endswith(f"_{kind}"):
            return column.removesuffix(f"_{kind}"), kind
    return None


def device_parts(cells: pd.DataFrame) -> list[tuple[Table, pd.DataFrame]]:
    """Cells for `devices` and for `device_peaks`, each with the numbers of the file's rows.

    Parameters
    ----------
    cells : pandas.DataFrame
        As `datasets.file_cells.file_cells` gives them, with a column device_id.

    Returns
    -------
    list of (Table, pandas.DataFrame)
    """
    known = [name for name in cells.columns if name in device_columns()]
    return [(tables()["devices"], cells[known]), (tables()["device_peaks"], _peaks(cells))]


def _peaks(cells: pd.DataFrame) -> pd.DataFrame:
    columns: dict[str, dict[str, str]] = {}
    for column in cells.columns:
        if named := peak_named(column):
            columns.setdefault(named[0], {})[named[1]] = column
    provenance = [name for name in _PROVENANCE if name in cells.columns]
    frames = []
    for precision, kinds in columns.items():
        part = cells[["device_id", *provenance]].assign(
            precision=precision, **{kind: cells[column] for kind, column in kinds.items()}
        )
        frames.append(part[(part[list(kinds)] != "").any(axis=1)])
    if not frames:
        return pd.DataFrame(columns=list(tables()["device_peaks"].key), dtype="str")
    return pd.concat(frames).fillna("")

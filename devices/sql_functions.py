"""The core inside SQL: the view `budgets`, the macro `roofline` and small functions, over the live tables."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType
from numpy.typing import NDArray

from datasets.errors import InvalidValue
from devices.attention import kv_cache_bytes_per_token
from devices.backends import stated_peak
from devices.budgets import budget_frame
from devices.catalogue import Pairs, Workloads, workload_columns
from devices.hardware import Hardware, hardware_columns
from devices.networks import Networks, network_columns, operations_per_token
from devices.options import Options, Serving
from devices.plausibility import doubt_statement
from devices.roofline import ridge_point
from devices.settings import Overrides
from devices.sql_views import (
    OVERRIDES,
    READ_TABLES,
    TERM_TYPES,
    macro_statements,
    read_fields,
    struct_type,
    view_statements,
)
from devices.terms import terms_of
from devices.units import checked_precision, element_bytes

_ARROW_TYPES = {"VARCHAR": pa.string(), "DOUBLE": pa.float64(), "BOOLEAN": pa.bool_()}


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the core's functions, macros and views to a connection that holds the tables.

    Everything is temporary: nothing is written to a file. The tables are read when a query runs, so that a
    device inserted a moment ago is there.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        With the tables `devices`, `device_peaks`, `models`, `workloads`, `efficiencies`, `assumptions` and
        `operation_energies`.

    Notes
    -----
    ``budgets``
        A view: every device against every workload, with columns and figures of `devices.budgets.budgets`.
    ``roofline(device, workload, model := ..., weights := ..., compute := ..., kv := ..., batch := ...,
    prompt := ..., output := ..., devices := ..., no_cache := ..., tensor := ..., offload := ...)``
        One such row as a STRUCT, NULL for an unknown identifier; the named options may be left out. Every
        field of `devices.options.Options` is one.
    ``ridge_point(device, arithmetic)``
        Operations a byte above which dense arithmetic binds.
    ``kv_cache_bytes_per_token(model, format)``
        Bytes that a token adds to the cache.
    ``operations_per_token(model)``
        Operations of a token in the weight matrices.
    """
    fields = {table: read_fields(connection, table) for table in READ_TABLES}
    types = {table: struct_type(columns) for table, columns in fields.items()}
    lists = {table: f"{types[table]}[]" for table in ("device_peaks", "efficiencies")}
    _add(
        connection,
        "edgewise_budget",
        _budget_structs,
        [
            *(types[table] for table in ("devices", "workloads", "models")),
            *lists.values(),
            struct_type(TERM_TYPES),
            "VARCHAR",
            types["models"],
        ],
        struct_type(result_types()),
    )
    _add(
        connection,
        "edgewise_ridge",
        _ridge_points,
        [types["devices"], lists["device_peaks"], "VARCHAR"],
        "DOUBLE",
    )
    _add(connection, "edgewise_cache", _cache_bytes, [types["models"], "VARCHAR"], "DOUBLE")
    _add(connection, "edgewise_token", _token_operations, [types["models"]], "DOUBLE")
    for statement in (*view_statements(fields, result_types()), *macro_statements(), doubt_statement()):
        connection.execute(statement)


def result_types() -> dict[str, str]:
    """Columns of the view `budgets` with their SQL types, in order."""
    nothing = pd.DataFrame(
        {"device_id": [], "workload_id": [], "model_id": [], "tied_embeddings": []}, dtype=object
    )
    pairs = Pairs(*_columns(nothing, _no_rows(), nothing, nothing))
    frame = budget_frame(pairs, pd.DataFrame({"kind": [], "compute_efficiency": []}), None, terms_of({}))
    named = {"b": "BOOLEAN", "f": "DOUBLE"}
    return {name: named.get(kind.kind, "VARCHAR") for name, kind in frame.dtypes.items()}


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame({"row": np.empty(0, dtype=int), "precision": np.empty(0, dtype=object)})


def _add(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    function: Callable[..., pa.Array],
    types: Sequence[str],
    result: str,
) -> None:
    with contextlib.suppress(duckdb.InvalidInputException):  # as it is when registered for the first time
        connection.remove_function(name)
    connection.create_function(
        name,
        function,
        list(types),
        result,
        type=PythonUDFType.ARROW,
        null_handling=FunctionNullHandling.SPECIAL,
    )


def _budget_structs(
    devices: pa.Array,
    workloads: pa.Array,
    models: pa.Array,
    peaks: pa.Array,
    shares: pa.Array,
    terms: pa.Array,
    options: pa.Array,
    drafts: pa.Array,
) -> pa.Array:
    hardware, loads, networks = _columns(_rows(devices), _listed(peaks), _rows(workloads), _rows(models))
    pairs = Pairs(hardware, loads, networks)
    # Shares and terms are the same in every row: the first says it all.
    efficiencies = pd.DataFrame(_one(shares)[0].as_py())
    known = {name: np.nan if value is None else value for name, value in _one(terms)[0].as_py().items()}
    frames = []
    for rows, overrides in _by_options(_one(options), drafts):
        frames.append(budget_frame(pairs.take(rows), efficiencies, overrides, known).set_axis(rows))
    return _structs(pd.concat(frames).sort_index())


def _columns(
    devices: pd.DataFrame, peaks: pd.DataFrame, workloads: pd.DataFrame, models: pd.DataFrame
) -> tuple[Hardware, Workloads, Networks]:
    return hardware_columns(devices, peaks), workload_columns(workloads), network_columns(models)


def _by_options(options: pa.Array, drafts: pa.Array) -> Iterator[tuple[NDArray[np.intp], Overrides]]:
    """Rows that share their options, which come as JSON, with those options."""
    texts = pd.Series(options.to_pandas()).fillna("{}")
    for text, rows in texts.groupby(texts, sort=False).indices.items():
        given = {name: value for name, value in json.loads(str(text)).items() if value is not None}
        overrides = {field: given.pop(name) for name, field in OVERRIDES.items() if name in given}
        yield np.asarray(rows), Overrides(**overrides, serving=_serving(given, _one(drafts), int(rows[0])))


def _serving(given: dict[str, Any], drafts: pa.Array, row: int) -> Serving:
    options = Options(**given)
    if options.draft_model is None:
        return Serving(options)
    drafter = drafts.slice(row, 1)
    if drafter[0].as_py() is None:
        raise InvalidValue(
            f"There is no model '{options.draft_model}' to draft: choose a row of the table models."
        )
    return Serving(options, network_columns(_rows(drafter)))


def _one(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _rows(column: pa.Array) -> pd.DataFrame:
    struct = _one(column)
    return pd.DataFrame(
        {field.name: values.to_pandas() for field, values in zip(struct.type, struct.flatten(), strict=True)}
    )


def _listed(column: pa.Array) -> pd.DataFrame:
    lists = _one(column)
    frame = _rows(lists.flatten())
    return frame.assign(row=lists.value_parent_indices().to_numpy())


def _structs(frame: pd.DataFrame) -> pa.Array:
    types = result_types()
    columns = [
        pa.array(frame[name], type=_ARROW_TYPES[kind], from_pandas=True) for name, kind in types.items()
    ]
    return pa.StructArray.from_arrays(columns, names=list(types))


def _ridge_points(devices: pa.Array, peaks: pa.Array, precisions: pa.Array) -> pa.Array:
    hardware = hardware_columns(_rows(devices), _listed(peaks))
    wanted = _one(precisions).to_pandas().to_numpy(dtype=object)
    ridges = np.full(len(hardware), np.nan)
    for name in dict.fromkeys(wanted):
        rows = wanted == name
        ridges[rows] = ridge_point(stated_peak(hardware, name)[1], hardware.memory_bytes_per_s)[rows]
    return pa.array(ridges, from_pandas=True)


def _cache_bytes(models: pa.Array, precisions: pa.Array) -> pa.Array:
    wanted = _one(precisions).to_pylist()
    for name in dict.fromkeys(wanted):
        checked_precision(name)
    return pa.array(
        kv_cache_bytes_per_token(network_columns(_rows(models)), element_bytes(wanted)), from_pandas=True
    )


def _token_operations(models: pa.Array) -> pa.Array:
    return pa.array(operations_per_token(network_columns(_rows(models))), from_pandas=True)

"""Rooflines of some devices with workloads and measurements under them."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import address, controls, device_loaders, figures, labels, loaders, provenance, specs
from dashboard.charts import roofline
from datasets.cell_confidence import cell_confidence
from datasets.database import Snapshot

PAGE = "devices"
MOST_DEVICES = 6
# Operations a byte: the axis unless a workload lies beyond.
_ENDS = (0.5, 10_000.0)


def shown(current: Snapshot, within: pd.DataFrame) -> None:
    """Draw the choices and the chart.

    Parameters
    ----------
    current : Snapshot
    within : pandas.DataFrame
        Rows of the table ``devices`` that pass the page's filter.
    """
    figures.prose(
        "Memory limits a workload that does few operations a byte, arithmetic one that does many: the roof "
        "bends at the device's **ridge point**. Points are workloads as the core predicts them, filled "
        "within all budgets, hollow beyond one; crosses are published measurements; thin roofs are those of "
        "memory on the chip, where its bandwidth is stated."
    )
    device_ids, workload_ids = _choices(current, within)
    if device_ids:
        _roofline(current, device_ids, workload_ids)
    else:
        st.info("Choose at least one device to draw its roof.")


def serving_workloads(current: Snapshot) -> list[str]:
    """Workloads that serve someone: a training run has no place under a roof."""
    workloads = current.tables["workloads"]
    return list(workloads.loc[workloads["series"] != "training", "workload_id"])


def _choices(current: Snapshot, within: pd.DataFrame) -> tuple[list[str], list[str]]:
    workload_ids = serving_workloads(current)
    drawn_now = address.value(PAGE, "device") or []
    # What is drawn stays, whatever the filter says.
    device_ids = list(dict.fromkeys([*drawn_now, *within["device_id"]]))
    device_names = current.tables["devices"].set_index("device_id")["name"]
    workload_names = current.tables["workloads"].set_index("workload_id")["name"]
    chosen = st.multiselect(
        f"Devices (up to {MOST_DEVICES})",
        device_ids,
        format_func=controls.named(device_names),
        max_selections=MOST_DEVICES,
        key=address.key(PAGE, "device"),
    )
    drawn = st.multiselect(
        "Workloads",
        workload_ids,
        format_func=controls.named(workload_names),
        key=address.key(PAGE, "workload"),
    )
    st.toggle(
        "Published measurements",
        key=address.key(PAGE, "measured"),
        help="What real software reached on the devices drawn; operations and bytes counted by the core.",
    )
    return list(chosen), list(drawn)


def _roofline(current: Snapshot, device_ids: list[str], workload_ids: list[str]) -> None:
    points = _points(current, device_ids, workload_ids)
    pairs = points[["device_id", "precision"]].drop_duplicates() if not points.empty else points
    without = [device for device in device_ids if points.empty or device not in set(points["device_id"])]
    curve_devices = [*pairs.get("device_id", []), *without]
    precisions = [*pairs.get("precision", []), *[None] * len(without)]
    curves = loaders.roofs(current, curve_devices, precisions, _ends(points))
    _missing_note(current, device_ids, curves)
    if curves.empty:
        return
    curves = _described(current, curves)
    measured = _measurements(current, device_ids)
    title, alternative = _finding(curves, points, len(measured))
    chart = partial(
        roofline.roofline_chart,
        specs.made(roofline.curve_rows, curves),
        specs.made(roofline.point_rows, points),
        title=title,
        subtitle="Dense peak and memory bandwidth of each device; triangles mark ridge points",
        measured=specs.made(roofline.measured_rows, measured),
    )
    figures.figure(
        chart,
        rows=curves,
        name="roofline",
        alt=alternative,
        source=provenance.source_line(current.tables, [*curves["source_id"].drop_duplicates()])
        + ". Workloads: roofline core with efficiencies fitted to measurements. Devices drawn: "
        f"{provenance.confidence_counts(_confidence(current, device_ids))}.",
    )


def _measurements(current: Snapshot, device_ids: list[str]) -> pd.DataFrame:
    points = device_loaders.measurements(current, device_ids if address.value(PAGE, "measured") else [])
    names = current.tables["devices"].set_index("device_id")["name"]
    return points.assign(
        name=points["device_id"].map(names),
        model=points["model_id"].map(current.tables["models"].set_index("model_id")["name"]),
        source=provenance.source_of(current.tables, points["source_id"]),
    )


def _ends(points: pd.DataFrame) -> tuple[float, float]:
    if points.empty:
        return _ENDS
    reached = points["arithmetic_intensity"]
    return min(_ENDS[0], float(reached.min())), max(_ENDS[1], float(reached.max()))


def _points(current: Snapshot, device_ids: list[str], workload_ids: list[str]) -> pd.DataFrame:
    if not workload_ids:
        return pd.DataFrame()
    rows = loaders.budget_rows(current, device_ids, workload_ids, {}).copy()
    rows = rows.dropna(subset=["attained_ops_per_s", "arithmetic_intensity"])
    names = current.tables["devices"].set_index("device_id")["name"]
    rows["name"] = rows["device_id"].map(names)
    rows["workload"] = rows["workload_id"].map(current.tables["workloads"].set_index("workload_id")["name"])
    rows["precision"] = rows["compute_precision"]
    rows["confidence"] = rows["device_id"].map(_confidence(current, device_ids))
    return rows


def _described(current: Snapshot, curves: pd.DataFrame) -> pd.DataFrame:
    peaks = current.tables["device_peaks"][["device_id", "precision", "source_id", "confidence"]]
    described = curves.merge(peaks, on=["device_id", "precision"], how="left")
    described["name"] = described["device_id"].map(current.tables["devices"].set_index("device_id")["name"])
    described["source"] = provenance.source_of(current.tables, described["source_id"])
    return described


def _missing_note(current: Snapshot, device_ids: list[str], curves: pd.DataFrame) -> None:
    drawn = set(curves["device_id"]) if not curves.empty else set()
    names = current.tables["devices"].set_index("device_id")["name"]
    missing = [labels.escaped(str(names[device])) for device in device_ids if device not in drawn]
    if missing:
        verb = "states" if len(missing) == 1 else "state"
        st.info(f"{labels.listed(missing)} {verb} no peak or no memory bandwidth: there is no roof to draw.")


def _finding(curves: pd.DataFrame, points: pd.DataFrame, measurements: int) -> tuple[str, str]:
    main = curves[curves["level"] == "memory"]
    roofs = (main if len(main) else curves).drop_duplicates(["device_id", "precision"])
    described = "; ".join(
        f"{row.name}, {row.precision}: {labels.amount(row.peak_ops_per_s, 'OP/s')}, ridge point "
        f"{labels.number(row.ridge_point, 3)} operations a byte"
        for row in roofs.rename(columns={"name": "name_"}).assign(name=roofs["name"]).itertuples()
    )
    lowest, highest = roofs["ridge_point"].min(), roofs["ridge_point"].max()
    ridge = (
        f"ridge points lie between {labels.number(lowest)} and {labels.number(highest)} operations a byte"
        if len(roofs) > 1
        else f"the ridge point lies at {labels.number(lowest, 3)} operations a byte"
    )
    if points.empty:
        title = ridge[0].upper() + ridge[1:]
    else:
        bound = int(points["binding_roof"].isin(["memory", "sram"]).sum())
        title = f"Memory binds {bound} of {labels.counted(len(points), 'pair')} drawn; {ridge}"
    drawn = f" {labels.counted(measurements, 'measurement')} drawn." if measurements else ""
    return title, f"{title}. Roofline chart, both axes logarithmic. {described}.{drawn}"


def _confidence(current: Snapshot, device_ids: list[str]) -> pd.Series:
    devices = current.tables["devices"].set_index("device_id", drop=False)
    return cell_confidence(devices[devices["device_id"].isin(device_ids)], "memory_bandwidth_gb_per_s")

"""Training: plan a run, see how it is laid out, and hold the largest run against its history."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import (
    address,
    controls,
    figures,
    guard,
    labels,
    loaders,
    run_choice,
    run_track,
    scenario_choice,
    specs,
    tables,
)
from dashboard.charts import runs
from dashboard.glossary import TERMS
from dashboard.run_choice import Run
from datasets.database import Snapshot

PAGE = "training"
_PLANS = {
    "device": "Device",
    "layout": "Layout",
    "days": "Days",
    "model_utilisation_pct": "Utilisation (MFU), %",
    "facility_mw": "Facility power, MW",
    "energy_gwh": "Energy, GWh",
    "electricity_usd": "Electricity, US$",
    "capital_usd": "Capital written off, US$",
    "memory_used_gb": "Memory used, GB",
    "memory_gb": "Memory held, GB",
    "fits_memory": "Fits",
}
_LAYOUTS = {
    "tensor": "Tensor",
    "pipeline": "Pipeline",
    "data": "Data",
    "micro_batches": "Micro-batches a copy",
    "days": "Days",
    "model_utilisation_pct": "Utilisation (MFU), %",
    "state_gb": "State, GB a device",
    "activation_gb": "Activations, GB a device",
    "memory_gb": "Memory held, GB",
    "fits_memory": "Fits",
    "step_s": "Step, s",
    "compute_s": "Arithmetic, s",
    "tensor_s": "Exchange inside layers, s",
    "bubble_s": "Waiting in the pipeline, s",
    "gradient_s": "Gradients not hidden, s",
}


def fields(current: Snapshot) -> list[address.Field]:
    """The page's state: the run, the devices, the scenario of the track."""
    return [*run_choice.fields(current), scenario_choice.field(current)]


def training_page() -> None:
    """Draw the page."""
    current = loaders.snapshot()
    state = fields(current)
    controls.notes(address.restored(PAGE, state))
    st.header("What does a training run take?", anchor=False)
    run, device_ids = run_choice.picked(PAGE, current)
    operations = None
    if device_ids:
        with guard.attempted():
            operations = _planned(current, run, device_ids)
    else:
        st.info("Choose at least one type of device.")
    run_track.shown(PAGE, current, run, operations)
    address.keep(PAGE, state)


def _planned(current: Snapshot, run: Run, device_ids: list[str]) -> float | None:
    """Draw the plans and the layouts; the run's operations, where they are known."""
    names = current.tables["devices"].set_index("device_id")["name"]
    peaks = current.tables["device_peaks"]
    able = set(peaks.loc[(peaks["precision"] == run.precision) & peaks["dense_tops"].notna(), "device_id"])
    lacking = [labels.escaped(str(names[name])) for name in device_ids if name not in able]
    if lacking:
        st.info(
            f"Not planned, without a known peak in {run_choice.PRECISIONS[run.precision]}: "
            f"{labels.listed(lacking)}."
        )
    layouts = {name: run_choice.layouts(current, run, name) for name in device_ids if name in able}
    if not layouts:
        return None
    best = pd.concat([frame.head(1).assign(device=str(names[name])) for name, frame in layouts.items()])
    _metrics(best.iloc[0])
    _plans(best)
    controls.command_lines("training", _command(best.iloc[0], run))
    _steps(best)
    first = next(iter(layouts))
    _layouts(layouts[first], str(names[first]), run)
    return float(best["operations"].iloc[0])


def _command(plan: pd.Series, run: Run) -> list[str]:
    layout = run.layout
    widths = {"tensor": "tensor", "pipeline": "pipeline", "data": "data", "micro-batches": "micro_batches"}
    flags = {flag: plan[column] for flag, column in widths.items()}
    flags |= {"chunks": layout.chunks, "sequence": layout.sequence_tokens, "zero": layout.zero_stage}
    if layout.checkpoint_every is not None:
        flags["checkpoint-every"] = layout.checkpoint_every
    named = [
        "train",
        "--model",
        run.model_id,
        "--device",
        str(plan["device_id"]),
        "--tokens",
        f"{run.tokens:g}",
    ]
    return [
        *named,
        "--precision",
        run.precision,
        *(part for f, v in flags.items() for part in (f"--{f}", str(v))),
    ]


def _metrics(plan: pd.Series) -> None:
    if not plan["fits_memory"]:
        st.warning(
            f"No layout fits the memory of {labels.escaped(plan['device'])}: the fastest one needs "
            f"{labels.number(plan['state_gb'] + plan['activation_gb'], 3)} GB of {plan['memory_gb']:g} GB "
            f"a device. "
            "Recompute activations, shard more, take more devices or shorter sequences.",
            icon=":material/info:",
        )
    figures.prose(f"Fastest layout on **{labels.escaped(plan['device'])}**: {_layout_words(plan)}.")
    cells = st.columns(5)
    figures_told = [
        ("Time", f"{labels.number(plan['days'], 3)} d"),
        ("Utilisation (MFU)", labels.percent(plan["model_utilisation"])),
        ("Facility power", labels.amount(1e6 * plan["facility_mw"], "W", 3)),
        ("Memory a device", f"{labels.number(plan['state_gb'] + plan['activation_gb'], 3)} GB"),
        ("Cost, US$", _usd(plan["electricity_usd"] + plan["capital_usd"])),
    ]
    helps = {
        "Utilisation (MFU)": TERMS["MFU"],
        "Facility power": "Accelerators at their mean power, with servers, network and cooling.",
        "Cost, US$": "Electricity, and the devices' price over their life for the days of the run.",
    }
    for cell, (told, value) in zip(cells, figures_told, strict=True):
        cell.metric(told, value, help=helps.get(told))


def _usd(amount: float) -> str:
    return "not known" if pd.isna(amount) else labels.amount(amount, "").strip()


def _layout_words(plan: pd.Series) -> str:
    batches = f"{plan['micro_batches']:,} micro-batch{'' if plan['micro_batches'] == 1 else 'es'}"
    return (
        f"{plan['tensor']:,} tensor × {plan['pipeline']:,} pipeline × {plan['data']:,} data, {batches} a copy"
    )


def _with_units(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(
        model_utilisation_pct=100.0 * frame["model_utilisation"],
        energy_gwh=frame["energy_mwh"] / 1e3,
        memory_used_gb=frame["state_gb"] + frame["activation_gb"],
    )


def _plans(best: pd.DataFrame) -> None:
    layout = (
        best["tensor"].astype(str) + " × " + best["pipeline"].astype(str) + " × " + best["data"].astype(str)
    )
    tables.table(
        _with_units(best.assign(layout=layout)),
        _PLANS,
        name="training_plans",
        alt="The fastest layout that fits on each device, with days, power, energy, cost and memory",
        helps={
            "layout": f"Tensor × pipeline × data. {TERMS['Parallelism']}",
            "capital_usd": "The devices' price over their life, for the days of the run.",
            "facility_mw": "Accelerators at their mean power, with servers, network and cooling.",
        },
    )


def _steps(best: pd.DataFrame) -> None:
    rows = specs.made(runs.step_rows, best)
    if rows.empty:
        return
    share = rows[rows["part"] == "compute_s"].set_index("label")["share"]
    title = (
        f"Arithmetic takes {labels.percent(share.min())} to {labels.percent(share.max())} of a step"
        if len(share) > 1
        else f"Arithmetic takes {labels.percent(share.iloc[0])} of a step on {share.index[0]}"
    )
    figures.figure(
        partial(
            runs.step_chart,
            rows,
            title=title,
            subtitle="Time of one optimiser step in the fastest layout of each device",
        ),
        rows=rows,
        name="steps",
        alt=f"{title}. Stacked bars. "
        + "; ".join(f"{r.label}, {r.kind.lower()}: {r.said}" for r in rows.itertuples())
        + ".",
        source="the roofline core; peaks and links from `devices` and `device_peaks`, shares from "
        "`efficiencies`.",
    )


def _layouts(layouts: pd.DataFrame, device: str, run: Run) -> None:
    st.subheader("Cluster layouts", anchor=False)
    fitting, best = int(layouts["fits_memory"].sum()), layouts.iloc[0]
    title = (
        f"{fitting} of {labels.counted(len(layouts), 'layout')} of {run.devices:,} devices fit the "
        f"memory; the fastest "
        f"takes {labels.number(best['days'])} days"
    )
    rows = specs.made(runs.layout_rows, layouts)
    figures.figure(
        partial(
            runs.layout_chart,
            rows,
            title=title,
            subtitle=f"{device}: days as numbers, grey where memory is short. The rest of the devices are "
            f"copies; the "
            "batch of a step is the same everywhere",
        ),
        rows=layouts,
        name="layouts",
        alt=f"{title}. Heat map of tensor and pipeline width; the table below holds every layout.",
        source="the roofline core: ring all-reduces, 1F1B pipeline, ZeRO states, activations.",
    )
    controls.details("Every layout", partial(_every_layout, layouts), "training.table", ":material/table:")


def _every_layout(layouts: pd.DataFrame) -> None:
    tables.table(_with_units(layouts), _LAYOUTS, name="training_layouts", alt="Every layout, the best first")


guard.shown(training_page)

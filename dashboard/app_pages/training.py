"""Training: plan a run, see how it is laid out, and hold the largest run against its history."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard import address, analyses, controls, figures, guard, labels, loaders, provenance, tables
from dashboard.charts import runs
from dashboard.loaders import ROOT_SCENARIO
from datasets.database import Snapshot
from datasets.epoch_import import edition_in_force
from devices.training_step import Layout
from forecasting.years import LAST_YEAR

PAGE = "training"
MOST_DEVICE_TYPES = 4
_FIRST_DEVICES = ("h100_sxm", "gb200_gpu", "tpu_v7")
_PRECISIONS = {"bf16": "BF16", "fp8": "FP8"}
_ZERO = {"0": "None", "1": "Optimiser", "2": "Optimiser and gradients", "3": "Weights too"}
_CHUNKS = {"2": "2 pieces", "1": "Whole", "4": "4 pieces"}
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


@dataclass(frozen=True)
class Run:
    """The run that the controls name."""

    model_id: str
    tokens: float
    devices: int
    batch_sequences: int
    layout: Layout
    precision: str


def fields(current: Snapshot) -> list[address.Field]:
    """The page's state: the run, the devices, the scenario of the track."""
    first = [name for name in _FIRST_DEVICES if name in set(_device_ids(current))]
    return [
        address.option("model", _model_ids(current), "llama_3_1_405b"),
        address.figure("tokens", 0.001, 1000.0, 15.6),
        address.options("device", _device_ids(current), first, MOST_DEVICE_TYPES),
        address.count("count", 1, 1_000_000, 16_384),
        address.count("batch", 1, 1_000_000, 2_048),
        address.count("sequence", 128, 1_000_000, 8_192),
        address.option("precision", list(_PRECISIONS), "bf16"),
        address.option("zero", list(_ZERO), "1"),
        address.option("chunks", list(_CHUNKS), "2"),
        address.switch("recompute", False),
        address.option("scenario", list(loaders.drawn_scenarios(current)["scenario_id"]), ROOT_SCENARIO),
    ]


def training_page() -> None:
    """Draw the page."""
    current = loaders.snapshot()
    state = fields(current)
    controls.notes(address.restored(PAGE, state))
    st.header("What does a training run take?", anchor=False)
    run, device_ids = _choices(current)
    operations = None
    if device_ids:
        with guard.attempted():
            operations = _planned(current, run, device_ids)
    else:
        st.info("Choose at least one type of device.")
    _track(current, run, operations)
    address.keep(PAGE, state)


def _model_ids(current: Snapshot) -> list[str]:
    models = current.tables["models"]
    shaped = models[["params_b", "layers", "hidden", "heads"]].notna().all(axis=1)
    return list(models.loc[shaped & (models["kind"] == "decoder"), "model_id"])


def _device_ids(current: Snapshot) -> list[str]:
    """Devices that can be linked and whose peak is known in a precision of training."""
    devices, peaks = current.tables["devices"], current.tables["device_peaks"]
    known = peaks.loc[peaks["precision"].isin(list(_PRECISIONS)) & peaks["dense_tops"].notna(), "device_id"]
    linked = devices["interconnect_gb_per_s_per_direction"].notna() & devices["memory_gb"].notna()
    return list(devices.loc[linked & devices["device_id"].isin(known), "device_id"])


def _choices(current: Snapshot) -> tuple[Run, list[str]]:
    models, devices = (
        {str(i): str(name) for i, name in current.tables[table].set_index(key)["name"].items()}
        for table, key in (("models", "model_id"), ("devices", "device_id"))
    )
    row = st.container(horizontal=True, vertical_alignment="bottom")
    model_id = controls.picked(
        row, "Model", address.key(PAGE, "model"), _model_ids(current), models, width=280
    )
    tokens = row.number_input(
        "Tokens, trillion", min_value=0.001, max_value=1000.0, key=address.key(PAGE, "tokens"), width=150
    )
    count = row.number_input(
        "Devices", min_value=1, max_value=1_000_000, step=1, key=address.key(PAGE, "count"), width=150
    )
    precision = controls.picked(
        row, "Arithmetic", address.key(PAGE, "precision"), list(_PRECISIONS), _PRECISIONS, width=130
    )
    chosen = st.multiselect(
        f"Types of device (up to {MOST_DEVICE_TYPES})",
        _device_ids(current),
        format_func=lambda name: devices[name],
        max_selections=MOST_DEVICE_TYPES,
        key=address.key(PAGE, "device"),
    )
    with st.expander("How it is trained", icon=":material/settings:"):
        batch, layout = _layout()
    return Run(model_id, float(tokens) * 1e12, int(count), batch, layout, precision), list(chosen)


def _layout() -> tuple[int, Layout]:
    row = st.container(horizontal=True, vertical_alignment="bottom")
    batch = row.number_input(
        "Sequences a step",
        min_value=1,
        max_value=1_000_000,
        step=1,
        key=address.key(PAGE, "batch"),
        width=170,
    )
    sequence = row.number_input(
        "Tokens a sequence",
        min_value=128,
        max_value=1_000_000,
        step=1,
        key=address.key(PAGE, "sequence"),
        width=170,
    )
    zero = controls.picked(
        row,
        "Sharded over copies (ZeRO)",
        address.key(PAGE, "zero"),
        list(_ZERO),
        _ZERO,
        help_="What each copy holds only its part of. More sharding saves memory; stage 3 gathers the "
        "weights anew.",
        width=230,
    )
    chunks = controls.picked(
        row,
        "Layers of a stage",
        address.key(PAGE, "chunks"),
        list(_CHUNKS),
        _CHUNKS,
        help_="Pieces in which each stage holds its layers: interleaving shortens the wait in the pipeline.",
        width=160,
    )
    recompute = row.toggle(
        "Recompute activations",
        key=address.key(PAGE, "recompute"),
        help="Keeps one activation a layer and computes the others anew in the backward pass: less "
        "memory, a third "
        "more arithmetic.",
    )
    return int(batch), Layout(
        sequence_tokens=int(sequence),
        zero_stage=int(zero),
        checkpoint_every=1 if recompute else None,
        chunks=int(chunks),
    )


def _planned(current: Snapshot, run: Run, device_ids: list[str]) -> float | None:
    """Draw the plans and the layouts; the run's operations, where they are known."""
    names = current.tables["devices"].set_index("device_id")["name"]
    peaks = current.tables["device_peaks"]
    able = set(peaks.loc[(peaks["precision"] == run.precision) & peaks["dense_tops"].notna(), "device_id"])
    lacking = [str(names[name]) for name in device_ids if name not in able]
    if lacking:
        st.info(
            f"Not planned, without a known peak in {_PRECISIONS[run.precision]}: {labels.listed(lacking)}."
        )
    layouts = {
        name: analyses.run_layouts(
            current,
            run.model_id,
            name,
            run.devices,
            run.batch_sequences,
            run.layout,
            run.tokens,
            run.precision,
        )
        for name in device_ids
        if name in able
    }
    if not layouts:
        return None
    best = pd.concat([frame.head(1).assign(device=str(names[name])) for name, frame in layouts.items()])
    _metrics(best.iloc[0])
    _plans(best)
    _steps(best)
    first = next(iter(layouts))
    _layouts(layouts[first], str(names[first]), run)
    return float(best["operations"].iloc[0])


def _metrics(plan: pd.Series) -> None:
    if not plan["fits_memory"]:
        st.warning(
            f"No layout fits the memory of {plan['device']}: the fastest one needs "
            f"{labels.number(plan['state_gb'] + plan['activation_gb'], 3)} GB of {plan['memory_gb']:g} GB "
            f"a device. "
            "Recompute activations, shard more, take more devices or shorter sequences.",
            icon=":material/info:",
        )
    st.markdown(f"Fastest layout on **{plan['device']}**: {_layout_words(plan)}.")
    cells = st.columns(5)
    figures_told = [
        ("Time", f"{labels.number(plan['days'], 3)} d"),
        ("Utilisation (MFU)", labels.percent(plan["model_utilisation"])),
        ("Facility power", labels.amount(1e6 * plan["facility_mw"], "W", 3)),
        ("Memory a device", f"{labels.number(plan['state_gb'] + plan['activation_gb'], 3)} GB"),
        ("Cost, US$", _usd(plan["electricity_usd"] + plan["capital_usd"])),
    ]
    helps = {"Cost, US$": "Electricity, and the devices' price over their life for the days of the run."}
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
            "layout": "Tensor × pipeline × data.",
            "capital_usd": "The devices' price over their life, for the days of the run.",
            "facility_mw": "Accelerators at their mean power, with servers, network and cooling.",
        },
    )


def _steps(best: pd.DataFrame) -> None:
    rows = runs.step_rows(best)
    if rows.empty:
        return
    share = rows[rows["part"] == "compute_s"].set_index("label")["share"]
    title = (
        f"Arithmetic takes {labels.percent(share.min())} to {labels.percent(share.max())} of a step"
        if len(share) > 1
        else f"Arithmetic takes {labels.percent(share.iloc[0])} of a step on {share.index[0]}"
    )
    figures.figure(
        runs.step_chart(
            rows, title=title, subtitle="Time of one optimiser step in the fastest layout of each device"
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
    rows = runs.layout_rows(layouts)
    figures.figure(
        runs.layout_chart(
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
    with st.expander("Every layout", icon=":material/table:"):
        tables.table(
            _with_units(layouts), _LAYOUTS, name="training_layouts", alt="Every layout, the best first"
        )


def _track(current: Snapshot, run: Run, operations: float | None) -> None:
    st.subheader("The largest run of each year", anchor=False)
    table = loaders.drawn_scenarios(current).set_index("scenario_id")["name"]
    names = {str(name): str(title) for name, title in table.items()}
    scenario_id = controls.picked(
        st.container(), "Scenario", address.key(PAGE, "scenario"), list(names), names, width=240
    )
    track, outlook = analyses.run_track(current, scenario_id), analyses.run_outlook(current)
    history = edition_in_force(current.tables["training_runs"])
    last, seen = track[track["year"] == LAST_YEAR].iloc[0], outlook[outlook["year"] == LAST_YEAR].iloc[0]
    title = (
        f"{names[scenario_id]} sees a run of {labels.power_of_ten(last['p50'], 'FLOP')} in {LAST_YEAR}; "
        f"the history of runs "
        f"alone points to "
        f"{labels.power_of_ten(seen['p50'], 'FLOP')}"
    )
    model = current.tables["models"].set_index("model_id").at[run.model_id, "name"]
    own = (
        None
        if operations is None
        else (f"This run: {model}, {labels.power_of_ten(operations, 'FLOP')}", operations)
    )
    figures.figure(
        runs.track_chart(
            history,
            track,
            outlook,
            title=title,
            subtitle="Points: notable runs. Bands: 5 to 95 %. The scenario's runs are held to what its "
            "chips can feed",
            own=own,
        ),
        rows=pd.concat(
            [
                history.assign(kind="history"),
                track.assign(kind=f"scenario {scenario_id}"),
                outlook.assign(kind="outlook from history"),
            ],
            ignore_index=True,
        )[["kind", "name", "date", "training_flop", "year", "p5", "p25", "p50", "p75", "p95"]],
        name="largest_runs",
        alt=f"{title}. Points of {len(history)} notable training runs since "
        f"{str(history['date'].min())[:4]} and two bands to "
        f"{LAST_YEAR}, logarithmic axis.",
        source=f"runs from {provenance.EPOCH_CREDIT}, Notable AI Models; growth from `assumptions`.",
    )


guard.shown(training_page)

"""The page Training: a run planned over devices, its layouts, the largest run against history."""

from __future__ import annotations

import io
import shlex
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from app_driver import opened, rows_of, sound, titles
from conftest import Run

from dashboard import labels, loaders, theme
from dashboard.charts import runs
from datasets.errors import InvalidValue
from devices.training_layouts import training_layouts
from devices.training_plan import training_plan
from devices.training_step import Layout
from devices.training_terms import run_terms
from forecasting.headlines import largest_runs

pytestmark = pytest.mark.usefixtures("few_draws")
Tables = Mapping[str, pd.DataFrame]
_RUN = {"model": "llama_3_1_8b", "tokens": "15", "device": "h100_sxm", "count": "512", "batch": "512"}


def layouts(tables: Tables, devices: int = 512) -> pd.DataFrame:
    base = Layout(sequence_tokens=8192, zero_stage=1)
    return training_layouts(tables, "llama_3_1_8b", "h100_sxm", devices, 512, base, run_terms(tables, 15e12))


@pytest.fixture(scope="module")
def planned(tables: Tables) -> pd.DataFrame:
    return layouts(tables)


def test_the_page_plans_what_the_core_plans(planned: pd.DataFrame) -> None:
    app = sound(opened("training", _RUN | {"sequence": "8192", "chunks": "1", "recompute": "off"}))
    assert not app.warning
    best = planned.iloc[0]
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Time"] == f"{labels.number(best['days'], 3)} d"
    assert shown["Facility power"] == labels.amount(1e6 * best["facility_mw"], "W", 3)
    assert (
        f"layouts of 512 devices fit the memory; the fastest takes {labels.number(best['days'])} days"
        in titles(app)[1]
    )
    assert "Central sees a run of" in titles(app)[2]
    assert rows_of(app) < 2_000


def test_the_command_shown_prints_the_plan_shown(edgewise: Run) -> None:
    app = sound(opened("training", _RUN, ["command.training"]))
    printed = pd.read_csv(io.StringIO(edgewise(*shlex.split(app.code[0].value)[1:])))
    assert {m.label: m.value for m in app.metric}["Time"] == f"{labels.number(printed['days'].iloc[0], 3)} d"
    assert printed["fits_memory"].iloc[0]


def test_a_run_that_fits_nowhere_says_what_would_help() -> None:
    app = sound(
        opened("training", {"model": "llama_3_1_405b", "count": "8", "batch": "8", "device": "h100_sxm"})
    )
    assert "No layout fits the memory of NVIDIA H100" in app.warning[0].value


def test_numbers_without_a_common_divisor_are_refused_in_words() -> None:
    app = opened("training", _RUN | {"count": "511"})
    assert not app.exception
    assert "No layout spreads 512 sequences of 'llama_3_1_8b' evenly over 511 devices" in app.error[0].value
    assert "Central sees a run of" in titles(app)[-1], "the rest of the page stays"


def test_a_device_without_the_precision_is_named() -> None:
    app = sound(opened("training", _RUN | {"device": "a100_80", "precision": "fp8"}))
    assert "Not planned, without a known peak in FP8: NVIDIA A100 SXM4 80GB" in app.info[0].value


def test_every_layout_uses_all_devices_and_the_whole_batch(planned: pd.DataFrame) -> None:
    frame = planned
    assert (frame["tensor"] * frame["pipeline"] * frame["data"] == 512).all()
    assert (frame["data"] * frame["micro_batches"] == 512).all()
    assert frame["tensor"].max() <= 8
    assert frame["pipeline"].max() <= 32, "a stage holds a layer at least"
    fitting = frame["fits_memory"].to_numpy()
    assert (np.diff(fitting.astype(int)) <= 0).all(), "what fits comes first"
    assert frame.loc[fitting, "days"].is_monotonic_increasing


def test_a_layout_is_planned_as_by_itself(tables: Tables, planned: pd.DataFrame) -> None:
    row = planned.iloc[0]
    layout = Layout(sequence_tokens=8192, zero_stage=1)
    widths = {name: int(row[name]) for name in ("tensor", "pipeline", "data", "micro_batches")}
    plan = training_plan(
        tables, "llama_3_1_8b", ["h100_sxm"], replace(layout, **widths), run_terms(tables, 15e12)
    ).iloc[0]
    assert plan["days"] == row["days"]
    # Energy over time is power: 24 h of a day.
    assert plan["facility_mw"] == pytest.approx(plan["energy_mwh"] / (24 * plan["days"]))


@pytest.mark.parametrize(("devices", "said"), [(0, "devices is 0"), (511, "No layout spreads 512 sequences")])
def test_devices_that_suit_no_layout_are_refused(tables: Tables, devices: int, said: str) -> None:
    with pytest.raises(InvalidValue, match=said):
        layouts(tables, devices)


def test_grey_cells_are_layouts_short_of_memory(planned: pd.DataFrame) -> None:
    rows = runs.layout_rows(planned.assign(fits_memory=lambda f: f["tensor"] > 1))
    chart = runs.layout_chart(rows, title="A", subtitle="B").to_dict()
    fills = [layer["mark"].get("fill") for layer in chart["layer"] if layer["mark"]["type"] == "rect"]
    assert fills == [None, theme.UNKNOWN]
    none = runs.layout_rows(planned.assign(fits_memory=False))
    assert len(runs.layout_chart(none, title="A", subtitle="B").layer) == 2


def test_the_parts_of_a_step_add_up(planned: pd.DataFrame) -> None:
    plans = planned.head(1).assign(device="H100")
    rows = runs.step_rows(plans)
    assert rows["share"].sum() == pytest.approx(1.0)
    assert rows["kind"].iloc[0] == "Arithmetic"


def test_the_track_is_a_band_on_a_logarithmic_axis_from_the_last_year_of_history() -> None:
    current = loaders.snapshot()
    track = largest_runs(loaders.projected(current, "central", {}))
    assert track["year"].tolist() == [2025, 2026, 2027, 2028, 2029, 2030]
    assert (track["p5"] <= track["p95"]).all()
    history = current.tables["training_runs"]
    chart = runs.track_chart(history, track, track, title="A", subtitle="B", own=("mine", 1e25)).to_dict()
    area = next(layer for layer in chart["layer"] if layer["mark"]["type"] == "area")["encoding"]
    assert (area["y"]["field"], area["y2"]["field"], area["y"]["scale"]["type"]) == ("p5", "p95", "log")
    alone = runs.track_chart(history, track, track, title="A", subtitle="B", own=None)
    assert len(alone.layer) == len(chart["layer"]) - 2


def test_a_power_of_ten_is_written_as_one() -> None:
    assert labels.power_of_ten(4.04e25, "FLOP") == "4.0 × 10²⁵ FLOP"
    assert labels.power_of_ten(0.0, "FLOP") == "0 FLOP"

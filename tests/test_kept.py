"""What the app computed is computed again when, and only when, a table changed that it was computed from."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest
import streamlit as st

from dashboard import analyses, heavy, kept, limits, loaders, saved_views
from dashboard.turns import TURNS
from datasets import sandbox
from datasets.database import Snapshot

asked: list[str] = []


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    st.cache_resource.clear()
    asked.clear()
    yield
    st.cache_resource.clear()


def snapshot_of(**tables: list[float]) -> Snapshot:
    frames = {name: pd.DataFrame({"value": values}) for name, values in tables.items()}
    marks = {name: str(values) for name, values in tables.items()}
    return Snapshot(Path("nowhere"), "1", MappingProxyType(frames), fingerprints=marks)


@kept.kept(2)
def first_sum(current: Snapshot, factor: float) -> float:
    asked.append("first")
    return factor * float(current.tables["first"]["value"].sum())


@kept.kept(2)
def both_sums(current: Snapshot, factor: float) -> float:
    asked.append("both")
    return first_sum(current, factor) + float(current.tables["second"]["value"].sum())


@kept.kept(2)
def refused(current: Snapshot) -> float:
    asked.append("refused")
    raise ValueError("a fault")


def test_only_a_table_that_was_read_makes_it_compute_again() -> None:
    before = snapshot_of(first=[1, 2], second=[3], third=[4])
    assert (first_sum(before, 2), both_sums(before, 2)) == (6, 9)
    assert asked == ["first", "both"]
    other = snapshot_of(first=[1, 2], second=[3], third=[5, 6])
    assert (first_sum(other, 2), both_sums(other, 2)) == (6, 9)
    assert asked == ["first", "both"]
    second = snapshot_of(first=[1, 2], second=[4], third=[4])
    assert (first_sum(second, 2), both_sums(second, 2)) == (6, 10)
    assert asked == ["first", "both", "both"]


def test_what_an_inner_computation_read_counts_for_the_outer_one_even_when_it_was_kept() -> None:
    before = snapshot_of(first=[1, 2], second=[3])
    first_sum(before, 1)
    both_sums(before, 1)
    assert both_sums(snapshot_of(first=[7], second=[3]), 1) == 10
    assert asked == ["first", "both", "both", "first"]


def test_arguments_tell_values_apart_and_the_oldest_is_given_up() -> None:
    current = snapshot_of(first=[1])
    assert [first_sum(current, factor) for factor in (1, 2, 1, 3, 1, 2)] == [1, 2, 1, 3, 1, 2]
    assert asked == ["first"] * 4


def test_a_fault_is_not_kept() -> None:
    current = snapshot_of(first=[1])
    for _ in range(2):
        with pytest.raises(ValueError, match="a fault"):
            refused(current)
    assert asked == ["refused", "refused"]


def test_who_asks_for_the_same_at_the_same_time_waits_for_it() -> None:
    begun, go_on = threading.Event(), threading.Event()

    @kept.kept(2)
    def slow(current: Snapshot) -> float:
        asked.append("slow")
        begun.set()
        go_on.wait(30)
        return float(current.tables["first"]["value"].sum())

    found: list[float] = []
    current = snapshot_of(first=[5])
    threads = [threading.Thread(target=lambda: found.append(slow(current))) for _ in range(2)]
    for thread in threads:
        thread.start()
    begun.wait(30)
    go_on.set()
    for thread in threads:
        thread.join()
    assert found == [5, 5]
    assert asked == ["slow"]


def test_what_was_computed_before_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    current = snapshot_of(first=[1])
    first_sum(current, 1)
    monkeypatch.setattr(limits, "current", lambda: limits.Limits(computations=1))
    monkeypatch.setattr(heavy, "turn", lambda: pytest.fail("it took a turn"))
    assert first_sum(current, 1) == 1
    assert not TURNS._waiting


def test_nothing_is_kept_of_a_draft_that_no_file_holds() -> None:
    draft = replace(snapshot_of(first=[1]), fingerprints={})
    assert [first_sum(draft, 1), first_sum(draft, 1)] == [1, 1]
    assert asked == ["first", "first"]


@pytest.mark.usefixtures("few_draws", "database_path")
def test_a_saved_view_costs_no_forecast_and_a_device_costs_one(monkeypatch: pytest.MonkeyPatch) -> None:
    current = loaders.snapshot()
    shown = loaders.shares(current, "central", {}, "demand")
    differing = analyses.differing_assumptions(current, ["central", "edge_first"])
    drawn: list[object] = []
    projection = loaders.projection
    monkeypatch.setattr(loaders, "projection", lambda *a, **k: drawn.append(a) or projection(*a, **k))
    saved_views.keep(current, "Mine", "forecast", {"scenario": "central"})
    after = loaders.snapshot()
    assert after.version != current.version
    assert loaders.shares(after, "central", {}, "demand") is shown
    assert not drawn
    sandbox.run(
        None,
        "INSERT INTO fleet_mix (segment, year, device_id, share) "
        "SELECT segment, year, 'jetson_agx_orin64', 0.3 FROM fleet_mix "
        "WHERE segment = 'smartphone' AND year = 2027 LIMIT 1",
        write=True,
    )
    moved = loaders.snapshot()
    assert not loaders.shares(moved, "central", {}, "demand").equals(shown)
    assert len(drawn) == 1
    assert analyses.differing_assumptions(moved, ["central", "edge_first"]) is differing

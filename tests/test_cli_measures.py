"""`edgewise benchmark` and `edgewise calibrate`, and the grid that the first evaluates."""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from conftest import Run

from devices import calibration
from devices.grid import grid_outcomes

Tables = Mapping[str, pd.DataFrame]


def test_benchmark_states_what_it_measured(edgewise: Run) -> None:
    text = edgewise("benchmark", "--points", "3000", "--draws", "16", "--format", "csv")
    frame = pd.read_csv(io.StringIO(text))
    assert frame.columns.tolist() == ["what", "value", "unit"]
    rows = frame.set_index("what")
    assert rows["unit"].to_dict() == {
        "database load": "s",
        "one call of budgets, every device and workload": "s",
        "one call of budgets, a pair": "s",
        "grid of 3,000 points": "s",
        "core evaluations": "1/s",
        "largest memory so far, the grid included": "GB",
        "plan of a forecast: tables read, core evaluated": "s",
        "16 draws of everything, plan ready": "s",
        "bands of 16 draws in one quantity": "s",
        "forecast of 16 draws, all of it": "s",
        "largest memory so far, 16 draws included": "GB",
    }
    assert rows.loc["core evaluations", "value"] * rows.loc["grid of 3,000 points", "value"] == (
        pytest.approx(3000.0)
    )


def test_the_grid_has_the_points_asked_for_whatever_the_blocks(tables: Tables) -> None:
    whole = list(grid_outcomes(tables, 2500))
    parts = list(grid_outcomes(tables, 2500, block=1000))
    assert [len(part) for part in whole] == [2500]
    assert [len(part) for part in parts] == [1000, 1000, 500]
    joined = np.concatenate([part.per_token_s for part in parts])
    assert np.allclose(joined, whole[0].per_token_s, equal_nan=True)
    assert len(set(joined[np.isfinite(joined)])) > 1000


def test_benchmark_refuses_no_points(edgewise: Run) -> None:
    assert "--points" in edgewise.refused("benchmark", "--points", "0")


def test_calibrate_prints_the_fit_and_leaves_the_table_alone(
    edgewise: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = tables["efficiencies"].drop(columns="origin")
    fitted = stored.head(3).assign(
        efficiency_id=["one_of_its_own", *stored["efficiency_id"][1:3]], compute_efficiency=0.123
    )
    monkeypatch.setattr(calibration, "fit_efficiencies", lambda *_: fitted)
    printed = pd.read_csv(io.StringIO(edgewise("calibrate", "--format", "csv")))
    assert printed["compute_efficiency"].tolist() == [0.123] * 3
    assert edgewise.words.startswith("3 rows fitted, 1 of them under a name that is not stored; nothing was")
    left = edgewise("sql", "SELECT count(*) AS n FROM efficiencies WHERE compute_efficiency = 0.123")
    assert left.split() == ["n", "0"]

"""Forecasts that were kept under a name: keeping one, and what the present one says of the same figures."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard import gate, guard, labels, loaders
from dashboard.kept import kept
from dashboard.loaders import Overrides
from datasets.database import Snapshot
from forecasting.projection import projection
from forecasting.vintages import KEPT, inputs_hash, record_forecast, vintage_bands

_NAME = "kept.name"
_MOST_DRAWS = 10_000


def names(current: Snapshot) -> list[str]:
    """Names of the kept forecasts, the newest first."""
    rows = current.tables[KEPT].sort_values(["made", "name"], ascending=[False, True], kind="stable")
    return [str(name) for name in rows["name"]]


def held_assumptions(row: pd.Series) -> dict[str, float]:
    """The assumptions that a kept forecast held at a value."""
    held: dict[str, float] = json.loads(str(row["overrides"]) or "{}")
    return held


def has_the_inputs_of_now(current: Snapshot, row: pd.Series) -> bool:
    """Whether the same call would read the same inputs today, with the same version of the program."""
    scenario_id, draws, seed = str(row["scenario_id"]), int(row["draws"]), int(row["seed"])
    found = inputs_hash(current.tables, scenario_id, held_assumptions(row), draws, seed)
    return found == str(row["inputs_hash"])


def present_bands(current: Snapshot, row: pd.Series) -> pd.DataFrame:
    """What a kept forecast's call gives now, as `forecasting.vintages.vintage_bands` does.

    Its own draws and seed: the same inputs give the same bands, up to `_MOST_DRAWS` of them.

    Raises
    ------
    UnknownName
        If the scenario, or an assumption that is held, is gone.
    """
    draws, seed = min(int(row["draws"]), _MOST_DRAWS), int(row["seed"])
    return _present(current, str(row["scenario_id"]), held_assumptions(row), draws, seed)


def form(current: Snapshot, scenario_id: str, overrides: Mapping[str, float]) -> None:
    """Draw the control that keeps the forecast on the page under a name, to be scored later.

    Parameters
    ----------
    current : Snapshot
    scenario_id : str
    overrides : mapping of str to float
        Assumptions held at a value.
    """
    may_save = gate.may_save()
    st.caption(
        "A kept forecast stays as it is, with the hash of its inputs. As observations come in, the page "
        "Evidence scores it."
    )
    row = st.container(horizontal=True, vertical_alignment="bottom")
    name = row.text_input("Name", key=_NAME, max_chars=80, disabled=not may_save, width=300)
    if row.button("Keep this forecast", key="kept.keep", disabled=not may_save, icon=":material/save:"):
        wanted = " ".join(name.split())
        with guard.attempted(), st.spinner("Drawing the forecast that is kept …"):
            record_forecast(
                current.path,
                wanted,
                scenario_id,
                draws=loaders.DRAWS,
                seed=loaders.SEED,
                overrides=overrides,
                who=gate.email(),
            )
            st.success(
                f"Kept as “{labels.escaped(wanted)}”: the page Evidence holds it under Kept forecasts.",
                icon=":material/check:",
            )


@kept(8, says="Drawing the forecast as of now …")
def _present(
    current: Snapshot, scenario_id: str, overrides: Overrides, draws: int, seed: int
) -> pd.DataFrame:
    plan = loaders.plan_of(current, scenario_id, overrides)
    drawn = projection(
        current.tables, scenario_id, draws=draws, seed=seed, overrides=dict(overrides), plan=plan
    )
    return vintage_bands(drawn, current.tables)

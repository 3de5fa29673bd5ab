"""The largest training run of each year: history, a scenario, and what history alone points to."""

from __future__ import annotations

from functools import partial

import pandas as pd
import streamlit as st

from dashboard import analyses, figures, labels, loaders, provenance, scenario_choice
from dashboard.charts import runs
from dashboard.run_choice import Run
from datasets.database import Snapshot
from datasets.epoch_import import edition_in_force
from forecasting.years import LAST_YEAR


def _fed(rows: pd.DataFrame) -> str:
    """Whether memory and network can feed the run of the last year, in words."""
    last = rows[rows["year"] == LAST_YEAR].set_index("measure")
    network, limited, memory = (
        labels.percent(last.at[measure, "p50"])
        for measure in ("network_share", "network_limited", "share_of_memory")
    )
    told = (
        f"In nine months on the accelerators of its year, the run of {LAST_YEAR} spends {network} of each "
        f"step on the network unhidden by arithmetic, and fills {memory} of the memory with its weights, "
        "gradients and optimiser."
    )
    if last.at["network_limited", "p50"] == 0:
        return f"{told} In no draw is the network too slow for the utilisation that is assumed."
    return f"{told} In {limited} of the draws the network cannot feed it at the utilisation that is assumed."


def shown(page: str, current: Snapshot, run: Run, operations: float | None) -> None:
    """Draw the track, and where a run of the user's own would lie.

    Parameters
    ----------
    page : str
        The page whose fields hold the scenario.
    current : Snapshot
    run : Run
    operations : float, optional
        Of the run, where they are known.
    """
    st.subheader("The largest run of each year", anchor=False)
    scenario_id, scenario = scenario_choice.picked(page, st.container(), current)
    track, outlook = analyses.run_track(current, scenario_id), analyses.run_outlook(current)
    history = edition_in_force(current.tables["training_runs"])
    last, seen = track[track["year"] == LAST_YEAR].iloc[0], outlook[outlook["year"] == LAST_YEAR].iloc[0]
    title = (
        f"{scenario} sees a run of {labels.power_of_ten(last['p50'], 'FLOP')} in {LAST_YEAR}; "
        f"the history of runs "
        f"alone points to "
        f"{labels.power_of_ten(seen['p50'], 'FLOP')}"
    )
    model = loaders.names(current, "models")[run.model_id]
    own = (
        None
        if operations is None
        else (f"This run: {model}, {labels.power_of_ten(operations, 'FLOP')}", operations)
    )
    figures.figure(
        partial(
            runs.track_chart,
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
    st.caption(_fed(analyses.run_needs(current, scenario_id)))

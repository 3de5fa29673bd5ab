"""What-if sliders on the page Drivers: the forecast's own numbers with the reader's values in force."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pytest
import streamlit as st
from app_driver import opened, said, sound

from dashboard import analyses, labels, loaders, what_if
from dashboard.charts.what_if import is_logarithmic, what_if_rows
from datasets.errors import UnknownName
from forecasting.outputs import output_bands, output_draws
from forecasting.projection import projection

pytestmark = pytest.mark.usefixtures("few_draws")
_QUERY = {"figure": "twh", "samples": "64"}


@pytest.fixture(scope="module", autouse=True)
def _empty_cache() -> Iterator[None]:
    yield
    st.cache_resource.clear()


def test_sliders_are_those_that_the_figure_hangs_on_and_move_its_band() -> None:
    app = sound(opened("drivers", _QUERY, ["command.what_if"]))
    current = loaders.snapshot()
    frame = analyses.effects(current, "central", "twh_2030", 64)
    shown = [slider.key.rpartition(".")[2] for slider in app.slider]
    assert shown == analyses.sweepable(current, frame)[: what_if.MOST_SLIDERS]
    assert "of the variance hangs on it" in app.slider[0].help
    assert "move a slider" in said(app)
    app.slider[0].set_value(app.slider[0].max)
    sound(app.run())
    value = float(app.slider[0].value)
    drawn = projection(current.tables, "central", draws=loaders.DRAWS, overrides={shown[0]: value})
    median = sorted(output_draws(drawn, "twh_2030"))[31:33]
    assert labels.amount(sum(median) / 2, "TWh/yr") in said(app)
    assert "1 assumption of yours" in said(app)
    assert any(f"--set {shown[0]}={value!r}" in block.value for block in app.code)
    assert app.query_params[shown[0]] == f"{value:.10g}"
    app.button(key="drivers.undo").click()
    assert "move a slider" in said(sound(app.run()))


def test_an_address_brings_the_values_back() -> None:
    app = sound(opened("drivers", _QUERY | {"pue": "1.2"}))
    assert "with 1 assumption of yours" in said(app)


def test_bands_of_a_figure_are_quantiles_of_its_draws_and_an_unknown_one_is_named() -> None:
    current = loaders.snapshot()
    drawn = loaders.projected(current, "central", {})
    bands = output_bands(drawn, "edge_share").set_index("year")
    draws = sorted(output_draws(drawn, "edge_share_2030"))
    assert bands.at[2030, "p50"] == pytest.approx((draws[31] + draws[32]) / 2)
    assert output_bands(drawn, "largest_run_flop")["year"].min() >= 2024
    with pytest.raises(UnknownName, match="There is no output 'shares'"):
        output_bands(drawn, "shares")
    rows = what_if_rows(bands.reset_index(), bands.reset_index(), labels.scale_for("share", 1.0))
    assert (rows["p50"] == rows["own"]).all()


def test_a_figure_that_changes_much_has_a_logarithmic_axis_on_which_nothing_is_zero() -> None:
    columns = ["year", "p5", "p25", "p50", "p75", "p95"]
    steep = pd.DataFrame([(2025, 0.0, 1, 1, 2, 3), (2030, 10, 20, 50, 60, 70)], columns=columns)
    rows = what_if_rows(steep, steep, labels.scale_for("GW", 1.0))
    assert is_logarithmic(rows)
    assert rows["p5"].iloc[0] == pytest.approx(rows["p50"].iloc[0] / 1000)
    flat = steep.assign(p50=[10.0, 20.0])
    assert not is_logarithmic(what_if_rows(flat, flat, labels.scale_for("GW", 1.0)))

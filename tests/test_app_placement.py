"""The page Placement: the map, one workload taken apart, one request on both sides."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest
from app_driver import opened, rows_of, sound, titles

from dashboard import analyses, break_even_explorer, labels, loaders, theme
from dashboard.charts import break_even, placement_map
from forecasting.breakeven import access_networks, break_even_map

pytestmark = pytest.mark.usefixtures("few_draws")
Tables = Mapping[str, pd.DataFrame]
_WIFI = "wi-fi-fibre-to-nearest-cloud-region"


def test_the_map_and_the_lines_show_the_models_own_shares() -> None:
    app = sound(
        opened(
            "placement",
            {"scenario": "edge_first", "measure": "able_share", "shown": "voice_turn"},
            ["placement.table"],
        )
    )
    assert not app.warning
    placed = analyses.placed(loaders.snapshot(), "edge_first")
    last = placed[(placed["year"] == 2030) & (placed["measure"] == "able_share")].set_index("workload_id")[
        "p50"
    ]
    assert f"Edge first: {int((last > 0.5).sum())} of {len(last)} workloads find most" in titles(app)[0]
    assert f"{labels.percent(last['voice_turn'])} of the devices are able" in titles(app)[1]
    assert rows_of(app) < 2_000
    why, table = app.dataframe[0].value, app.dataframe[1].value.set_index("workload_id")
    terms = analyses.preferred(loaders.snapshot(), "edge_first").query(
        "workload_id == 'voice_turn' and year == 2030 and measure == 'cost'"
    )
    assert why.set_index("term").at["Cost", "last"] == terms["p50"].iloc[0]
    assert table.at["voice_turn", "able_share"] == pytest.approx(100 * last["voice_turn"])


def test_a_pinned_workload_says_so() -> None:
    app = sound(opened("placement", {"shown": "ads_rank"}))
    assert any("pinned to the cloud" in text.value for text in app.caption)


def test_the_explorer_breaks_even_where_the_model_does(tables: Tables) -> None:
    query = {"workload": "live_translation", "device": "jetson_agx_orin64", "network": _WIFI}
    app = sound(opened("placement", query, ["command.break_even"]))
    network = break_even_explorer.networks(loaders.snapshot())[_WIFI]
    frame = break_even_map(
        tables,
        "live_translation",
        "jetson_agx_orin64",
        networks=[network],
        distances_km=break_even_explorer.DISTANCES_KM,
    )
    assert set(frame["faster"]) == {"edge", "cloud"}
    first = frame.loc[frame["faster"] == "edge", "distance_km"].min()
    assert f"the device is ahead from {labels.number(first)} km on" in titles(app)[2]
    assert any(f"--network '{network}'" in block.value for block in app.code)
    verdicts = app.dataframe[-1].value
    assert set(verdicts["network"]) == set(access_networks(tables))
    assert set(verdicts["faster"]) <= {"device", "cloud"}


def test_a_workload_that_does_not_fit_leaves_the_cloud_alone() -> None:
    app = sound(opened("placement", {"workload": "chat_large", "device": "apple_a18_pro", "network": _WIFI}))
    assert any("does not run on Apple A18 Pro" in box.value for box in app.warning)
    assert "the cloud is ahead" in titles(app)[2]


def test_no_network_is_told() -> None:
    app = sound(opened("placement", {"network": ""}))
    assert "Choose at least one access network" in app.info[0].value


def test_five_networks_in_the_address_are_too_many() -> None:
    slugs = list(break_even_explorer.networks(loaders.snapshot()))[:5]
    app = sound(opened("placement", {"network": ",".join(slugs)}))
    assert "it may hold 4 at most" in app.warning[0].value


def placed() -> pd.DataFrame:
    rows = [
        (workload, workload, "language", "anywhere", year, measure, 0.1 * share, share, share)
        for workload, last in (("low", 0.1), ("high", 0.9))
        for year, share in ((2025, 0.0), (2030, last))
        for measure in ("edge_share", "able_share", "preference")
    ]
    columns = ["workload_id", "workload", "family", "must_run", "year", "measure", "p5", "p50", "p95"]
    return pd.DataFrame(rows, columns=columns)


def test_the_map_has_the_largest_share_on_top_and_the_edge_in_its_colour() -> None:
    rows = placement_map.cell_rows(placed(), "edge_share")
    assert list(dict.fromkeys(rows["workload"])) == ["high", "low"]
    chart = placement_map.placement_chart(rows, "edge_share", title="A", subtitle="B").to_dict()
    scale = chart["layer"][0]["encoding"]["color"]["scale"]
    assert (scale["domain"], scale["range"][0], scale["range"][2]) == ([0, 0.5, 1], theme.BLUE, theme.BEYOND)


def test_ability_preference_and_share_are_three_lines() -> None:
    rows = placement_map.share_rows(placed().query("workload_id == 'high'"))
    assert set(rows["measure"]) == {"able_share", "preference", "edge_share"}
    chart = placement_map.share_chart(rows, title="A", subtitle="B", last_history_year=2025).to_dict()
    assert "log" not in str(chart["layer"][0]["encoding"]["y"])


def test_the_device_is_drawn_once_and_each_network_too(tables: Tables) -> None:
    networks = access_networks(tables)[:2]
    frame = break_even_map(tables, "voice_turn", "jetson_t5000", networks=networks, distances_km=[10, 100])
    rows = break_even.break_even_rows(frame, break_even.COMPARED["energy"], "distance_km")
    assert rows["line"].value_counts().to_dict() == {
        break_even.ON_DEVICE: 2,
        **{f"Cloud: {break_even.short_name(name)}": 2 for name in networks},
    }
    chart = break_even.break_even_chart(rows, title="A", subtitle="B", axes=("km", "J")).to_dict()
    scale = chart["layer"][2]["encoding"]["color"]["scale"]
    assert scale["range"][0] == theme.ORANGE
    assert not [layer for layer in chart["layer"] if layer["mark"]["type"] in ("area", "bar")]

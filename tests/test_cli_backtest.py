"""`edgewise backtest`, `score` and `import` as a script sees them."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from conftest import Run

HEADER = "Model,Organization,Publication date,Domain,Parameters,Training compute (FLOP)\n"


def frame(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text))


class TestBacktest:
    def test_data_goes_to_stdout_and_the_summary_to_stderr(self, edgewise: Run) -> None:
        rows = frame(edgewise("backtest", "--format", "csv"))
        assert list(rows.columns[:10]) == [
            "method", "origin", "horizon_years", "target", "predicted", "low", "high", "actual", "error_oom",
            "inside",
        ]  # fmt: skip
        assert rows["origin"].min() == "2019-01-01"
        assert "mae_oom" in edgewise.words
        assert "Epoch AI, Notable AI Models, CC BY 4.0." in edgewise.words

    def test_the_summary_may_be_the_data(self, edgewise: Run) -> None:
        rows = frame(edgewise("backtest", "--summary", "--origins-per-year", "4", "--format", "csv"))
        blend = rows[rows["method"] == "blend"]
        assert blend["horizon_years"].tolist() == [1, 2, 3, 4, 5]
        assert blend["forecasts"].tolist() == [25, 21, 17, 13, 9]

    def test_published_forecasts_are_another_table(self, edgewise: Run) -> None:
        rows = frame(edgewise("backtest", "--published", "--format", "csv"))
        assert {"forecast", "predicted", "actual", "ratio", "source_id"} <= set(rows.columns)

    def test_an_impossible_origin_is_refused(self, edgewise: Run) -> None:
        assert edgewise.refused("backtest", "--from", "1999").startswith(
            "edgewise: Origins from 1999 have too little history behind them"
        )


class TestRecordAndScore:
    def test_a_forecast_is_kept_and_scored_when_its_year_has_come(
        self, edgewise: Run, tmp_path: Path
    ) -> None:
        assert edgewise("score", "--format", "csv").startswith("name,made,")
        assert edgewise.words == "No forecast is kept yet: edgewise forecast --record NAME keeps one.\n"
        edgewise("forecast", "--draws", "64", "--record", "first", "--format", "csv")
        assert edgewise.words.startswith("Kept as 'first', inputs ")
        edgewise("score", "--format", "csv")
        assert edgewise.words.startswith("Nothing that was kept can be scored yet: add observations")
        seen = tmp_path / "seen.csv"
        seen.write_text(
            "series,entity,date,value,unit\nelectricity,AI data centres,2029-12-31,500,TWh\n",
            encoding="utf-8",
        )
        edgewise("import", "history", str(seen))
        assert edgewise.words == "history: 1 inserted.\n"
        scored = frame(edgewise("score", "--record", "first", "--format", "csv"))
        assert scored[["output", "year", "actual"]].values.tolist() == [["data_centre_twh", 2029, 500.0]]
        assert edgewise.words.startswith("1 figure scored, 1 made before their year was over: ")

    def test_one_name_keeps_one_scenario(self, edgewise: Run) -> None:
        told = edgewise.refused(
            "forecast", "--scenario", "central", "edge_first", "--draws", "8", "--record", "x"
        )
        assert told == ("edgewise: One name keeps one scenario, not 2: record central, edge_first singly.\n")


class TestImportEpoch:
    @pytest.fixture
    def table(self, tmp_path: Path) -> Path:
        path = tmp_path / "notable_ai_models.csv"
        path.write_text(f"{HEADER}New,A Lab,2026-08-01,Language,1e12,4e27\n", encoding="utf-8")
        return path

    def test_a_dry_run_lists_the_changes_and_makes_none(self, edgewise: Run, table: Path) -> None:
        rows = frame(edgewise("import", "epoch", str(table), "--dry-run", "--format", "csv"))
        assert rows.loc[rows["change"] == "new", "training_flop"].tolist() == [4e27]
        assert edgewise.words.endswith("A dry run: nothing was changed.\n")
        counted = edgewise("sql", "SELECT count(*) AS n FROM training_runs WHERE origin = 'user'")
        assert counted == "n\n0\n"

    def test_an_import_can_be_withdrawn(self, edgewise: Run, table: Path) -> None:
        edgewise("import", "epoch", str(table), "--format", "csv")
        assert "1 new, 0 changed" in edgewise.words
        edgewise("import", "epoch", "--withdraw")
        assert edgewise.words == "1 imported training runs removed; the built-in ones count again.\n"

    def test_every_missing_column_is_named(self, edgewise: Run, tmp_path: Path) -> None:
        path = tmp_path / "other.csv"
        path.write_text("Model,Domain\nA,Vision\n", encoding="utf-8")
        assert edgewise.refused("import", "epoch", str(path)) == (
            "edgewise: The file lacks the columns Publication date, Organization, Parameters, Training "
            "compute (FLOP): it should be Epoch AI's notable_ai_models.csv as downloaded.\n"
        )

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["epoch"], "Nothing to import: name a file, edgewise import epoch FILE.csv."),
            (
                ["history", "--withdraw"],
                "Only an import of epoch can be withdrawn: edgewise import epoch --withdraw.",
            ),
        ],
    )
    def test_half_a_command_is_refused(self, edgewise: Run, arguments: list[str], told: str) -> None:
        assert edgewise.refused("import", *arguments) == f"edgewise: {told}\n"

"""What each command gives, takes and refuses."""

from __future__ import annotations

import io
from pathlib import Path

import pandas as pd
import pytest
from conftest import Run

from datasets import database
from devices.budgets import budgets

ADD_DEVICE = "INSERT INTO devices (device_id, name, segment) VALUES ('mine', 'Mine', 'phone')"
CSV_FILE = (
    "device_id,name,segment,memory_gb,memory_bandwidth_gb_per_s,int8_dense_tops\nmine,Mine,phone,16,120,80\n"
)


def frame_of(text: str) -> pd.DataFrame:
    return pd.read_csv(io.StringIO(text))


class TestForecast:
    COLUMNS = "scenario_id,year,series,sense,segment,quantity,unit,p5,p25,p50,p75,p95"

    def test_columns_years_series_and_senses(self, edgewise: Run) -> None:
        frame = frame_of(edgewise("forecast", "--scenario", "central", "--draws", "64", "--format", "csv"))
        assert ",".join(frame.columns[:12]) == self.COLUMNS
        assert set(frame["year"]) == set(range(2022, 2031))
        totals = frame.query("segment == 'all'")
        assert set(totals["series"]) == {"training", "cloud_inference", "edge_inference"}
        assert set(totals["sense"]) == {"demand", "available", "capacity"}
        assert len(totals) == 9 * 3 * 3

    def test_the_same_seed_gives_the_same_bytes_and_another_does_not(self, edgewise: Run) -> None:
        first = edgewise("forecast", "--draws", "64", "--seed", "7")
        assert edgewise("forecast", "--draws", "64", "--seed", "7") == first
        assert edgewise("forecast", "--draws", "64", "--seed", "8") != first

    def test_scenarios_and_assumptions_are_passed_on(self, edgewise: Run) -> None:
        plain = frame_of(edgewise("forecast", "--draws", "32"))
        both = frame_of(edgewise("forecast", "--scenario", "central", "edge_first", "--draws", "32"))
        assert set(both["scenario_id"]) == {"central", "edge_first"}
        held = frame_of(edgewise("forecast", "--draws", "32", "--set", "stock_growth_2026=3.5"))
        assert not held["p50"].equals(plain["p50"])
        assert both.query("scenario_id == 'central'")["p50"].tolist() == plain["p50"].tolist()

    def test_quantity(self, edgewise: Run) -> None:
        assert set(frame_of(edgewise("forecast", "--draws", "16", "--quantity", "gw"))["quantity"]) == {"gw"}

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["--scenario", "centrl"], "There is no scenario 'centrl': did you mean central?"),
            (
                ["--set", "stock_growth_2062=2"],
                "There is no assumption 'stock_growth_2062': did you mean stock_growth_20",
            ),
            (["--set", "x"], "argument --set: must look like ASSUMPTION=VALUE, but is 'x'"),
            (["--set", "x=much"], "argument --set: must be a finite number, but is 'much'"),
            (["--quantity", "opps"], "There is no quantity 'opps': did you mean ops?"),
            (["--draws", "0"], "argument --draws: must be at least 1, but is 0"),
            (["--draws", "many"], "argument --draws: must be a whole number, but is 'many'"),
            (["--seed", "-1"], "argument --seed: must be at least 0, but is -1"),
        ],
    )
    def test_refusals(self, edgewise: Run, arguments: list[str], sentence: str) -> None:
        assert sentence in edgewise.refused("forecast", *arguments)


class TestBudget:
    ARGUMENTS = ("budget", "--device", "h100_sxm", "apple_a18", "--workload", "chat_small")
    SAME_PAIRS = "device_id IN ('h100_sxm', 'apple_a18') AND workload_id = 'chat_small'"
    COLUMNS = (
        "device_id,workload_id,model_id,weight_precision,batch,prompt_tokens,output_tokens,devices,fits_memory,"
        "first_token_s,per_token_s,tokens_per_s,power_w,energy_per_token_j,binding_roof,within_budget,reason"
    )

    def test_every_digit_is_that_of_the_core(self, edgewise: Run, database_path: Path) -> None:
        printed = frame_of(edgewise(*self.ARGUMENTS))
        assert ",".join(printed.columns[:17]) == self.COLUMNS
        computed = budgets(database.load(database_path).tables, ["h100_sxm", "apple_a18"], ["chat_small"])
        for column in ("first_token_s", "per_token_s", "power_w", "energy_per_token_j"):
            assert printed[column].tolist() == computed[column].tolist()

    def test_the_view_in_sql_gives_the_same_digits(self, edgewise: Run) -> None:
        printed = frame_of(edgewise(*self.ARGUMENTS)).set_index("device_id")
        viewed = frame_of(
            edgewise(
                "sql",
                f"SELECT * FROM budgets WHERE {self.SAME_PAIRS}",
            )
        ).set_index("device_id")
        for column in ("first_token_s", "per_token_s", "tokens_per_s", "power_w"):
            assert viewed.loc[printed.index, column].tolist() == printed[column].tolist()

    def test_options_are_passed_on(self, edgewise: Run, database_path: Path) -> None:
        options = (
            "--model llama_3_1_8b --weights int4 --compute fp16 --kv int8 "
            "--batch 4 --prompt 100 --output-tokens 50"
        )
        printed = frame_of(
            edgewise(
                "budget",
                "--device",
                "h100_sxm",
                "--workload",
                "chat_small",
                "--devices",
                "2",
                *options.split(),
            )
        )
        computed = budgets(
            database.load(database_path).tables,
            ["h100_sxm"],
            ["chat_small"],
            model_id="llama_3_1_8b",
            weight_precision="int4",
            compute_precision="fp16",
            kv_precision="int8",
            batch=4,
            prompt_tokens=100,
            output_tokens=50,
            devices=2,
        )
        assert printed["per_token_s"].tolist() == computed["per_token_s"].tolist()
        assert printed[["batch", "prompt_tokens", "output_tokens", "devices"]].iloc[0].tolist() == [
            4,
            100,
            50,
            2,
        ]

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["--device", "h100_sx"], "There is no device 'h100_sx': did you mean h100_sxm"),
            (["--workload", "chat_smal"], "There is no workload 'chat_smal': did you mean chat_small"),
            (["--model", "llama_3_1_8"], "There is no model 'llama_3_1_8': did you mean llama_3_1_8b"),
            (["--device", "apple_a16", "--compute", "fp4"], "Device 'apple_a16' has no arithmetic for fp4"),
            (["--batch", "0"], "argument --batch: must be at least 1, but is 0"),
            (["--prompt", "-1"], "argument --prompt: must be at least 0, but is -1"),
            (["--devices", "two"], "argument --devices: must be a whole number, but is 'two'"),
        ],
    )
    def test_refusals(self, edgewise: Run, arguments: list[str], sentence: str) -> None:
        assert sentence in edgewise.refused("budget", *arguments)


class TestDevices:
    def test_list_has_every_device_with_its_confidence(self, edgewise: Run, database_path: Path) -> None:
        frame = frame_of(edgewise("devices", "list"))
        assert (
            frame["device_id"].tolist()
            == database.load(database_path).tables["devices"]["device_id"].tolist()
        )
        assert frame["confidence"].notna().all()

    def test_show_has_figures_and_peaks_with_sources(self, edgewise: Run) -> None:
        figures = frame_of(edgewise("devices", "show", "h100_sxm")).set_index("field")
        assert float(figures.at["memory_bandwidth_gb_per_s", "value"]) == 3350
        assert float(figures.at["bf16_dense_tops", "value"]) == pytest.approx(989.4, abs=0.1)
        assert figures["source_id"].notna().all()
        assert figures.loc[["tdp_w", "idle_w"], "confidence"].tolist() == ["cited", "estimated"]

    def test_template_add_show_and_remove(self, edgewise: Run, tmp_path: Path, database_path: Path) -> None:
        assert edgewise("devices", "template").startswith("device_id,name,")
        before = database.load(database_path).tables
        (tmp_path / "mine.csv").write_text(CSV_FILE)
        assert edgewise("devices", "add", str(tmp_path / "mine.csv")) == ""
        assert edgewise.words == "devices: 1 inserted.\ndevice_peaks: 1 inserted.\n"
        assert "int8_dense_tops,80.0,user_entry,estimated" in edgewise("devices", "show", "mine")
        assert edgewise("devices", "remove", "mine") == ""
        assert "With mine went 1 row of device_peaks." in edgewise.words
        after = database.load(database_path).tables
        assert all(frame.equals(after[name]) for name, frame in before.items())

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["show", "h100"], "There is no device 'h100': did you mean"),
            (["remove", "h100"], "There is no device 'h100': did you mean"),
            (["remove", "h100_sxm"], "devices row 'h100_sxm' came with Edgewise and cannot be deleted"),
            (
                ["add", "nowhere.csv"],
                "nowhere.csv cannot be read (No such file or directory): name a CSV or Parquet file.",
            ),
            ([], "the following arguments are required: ACTION"),
        ],
    )
    def test_refusals(self, edgewise: Run, arguments: list[str], sentence: str) -> None:
        assert sentence in edgewise.refused("devices", *arguments)

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (CSV_FILE.replace(",memory_gb", "").replace(",16", ""), "the file lacks the column memory_gb"),
            (CSV_FILE.replace("120", "-5"), "memory_bandwidth_gb_per_s is -5.0, but must be above 0"),
            (CSV_FILE.replace("Mine", "\ud800"), "is not UTF-8 text: save it as CSV in UTF-8"),
        ],
    )
    def test_files_that_are_refused(
        self, edgewise: Run, tmp_path: Path, database_path: Path, content: str, sentence: str
    ) -> None:
        before = database_path.read_bytes()
        (tmp_path / "mine.csv").write_bytes(content.encode(errors="surrogatepass"))
        assert sentence in edgewise.refused("devices", "add", str(tmp_path / "mine.csv"))
        assert database_path.read_bytes() == before


class TestSql:
    def test_rows_of_a_select(self, edgewise: Run) -> None:
        assert (
            edgewise("sql", "SELECT 0.1::DOUBLE + 0.2::DOUBLE AS a, '=x' AS b")
            == "a,b\n0.30000000000000004,'=x\n"
        )

    def test_from_stdin(self, edgewise: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO("SELECT 42 AS answer"))
        assert edgewise("sql", "-") == "answer\n42\n"

    def test_a_change_needs_write(self, edgewise: Run, database_path: Path) -> None:
        before = database_path.read_bytes()
        assert "(devices: 1 inserted): allow that with --write" in edgewise.refused("sql", ADD_DEVICE)
        assert database_path.read_bytes() == before
        assert edgewise("sql", "--write", ADD_DEVICE) == (
            "table,inserted,updated,deleted,overridden,withdrawn\ndevices,1,0,0,0,0\n"
        )
        assert "devices: 1 inserted\nDevice mine has no row in device_peaks yet" in edgewise.words
        assert "mine,Mine" in edgewise("devices", "list")

    def test_a_function_that_nothing_can_interrupt_is_ended_at_its_time(self, edgewise: Run) -> None:
        endless = "SELECT damerau_levenshtein(repeat('ab', 200000), repeat('ba', 200000))"
        told = edgewise.refused("sql", endless, "--timeout", "0.5")
        assert "ran longer than 0.5 s and was stopped" in told

    def test_truncation_is_told(self, edgewise: Run) -> None:
        assert edgewise("sql", "FROM range(5)", "--max-rows", "2") == "range\n0\n1\n"
        assert edgewise.words == "Only the first 2 rows are given: --max-rows raises that.\n"

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["SELEC 1"], 'SQL syntax error at or near "SELEC" (line 1: SELEC 1)'),
            (["COPY devices TO 'x.csv'"], "COPY cannot be run here"),
            (["SELECT 1", "--timeout", "0"], "argument --timeout: must be above 0, but is 0"),
            (["SELECT 1", "--max-rows", "0"], "argument --max-rows: must be at least 1, but is 0"),
        ],
    )
    def test_refusals(self, edgewise: Run, arguments: list[str], sentence: str) -> None:
        assert sentence in edgewise.refused("sql", *arguments)

"""The claims of the source documents: computed without their stated figures, judged, and explained."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import cli
from datasets.errors import InvalidValue, UnknownName
from devices import claims_training
from devices.claims import CLAIMS, claims, claims_tally
from devices.claims_evidence import Evidence, found, found_between, found_formula, not_computed
from devices.claims_judgement import computed_text, stated_figure, verdict
from devices.parallelism import pipeline_bubble
from devices.pipeline_schedule import idle_share, one_forward_one_backward

COLUMNS = ["claim_id", "expected", "computed", "unit", "verdict", "note"]


@pytest.fixture(scope="module")
def judged(tables):
    return claims(tables).set_index("claim_id")


def with_cells(tables, table, mask, **cells):
    changed = tables[table].copy()
    for column, value in cells.items():
        changed.loc[mask(changed), column] = value
    return {**tables, table: changed}


def test_every_built_in_claim_has_its_own_computation(tables):
    assert set(CLAIMS) == set(tables["claims"]["claim_id"])
    assert len(CLAIMS) == 120


def test_columns_come_in_the_order_of_the_command(tables):
    assert list(claims(tables).columns[: len(COLUMNS)]) == COLUMNS


@pytest.mark.parametrize("nonsense", ["1e99", "0", "17-18", "formula", "no figure"])
def test_no_computed_value_depends_on_the_stated_one(tables, judged, nonsense):
    rows = tables["claims"].assign(
        expected=nonsense, tolerance="0.5", note="", inputs="", statement="", unit="", source_document=""
    )
    changed = claims({**tables, "claims": rows}).set_index("claim_id")
    assert changed["computed"].tolist() == judged["computed"].tolist()
    assert (changed["verdict"] != judged["verdict"]).sum() > 60


def test_a_claim_without_readable_figure_says_so(tables):
    rows = tables["claims"].assign(expected="plenty")
    changed = claims({**tables, "claims": rows}).set_index("claim_id")
    assert changed.loc["b_crit_h100", "verdict"] == "differs"
    assert "'plenty' is neither a number, a range nor 'formula'." in changed.loc["b_crit_h100", "note"]


def test_tally_by_kind(judged):
    tally = claims_tally(judged)
    print(tally.to_string())
    assert tally.sum(axis=1).to_dict() == {
        "conflict": 9, "derive": 88, "device": 9, "published": 11, "workload": 3,
    }  # fmt: skip
    assert tally.loc["published", "published"] == 11
    assert tally["published"].sum() == 11


def test_derived_claims_are_reproduced_or_explained(judged):
    derived = judged[judged["kind"] == "derive"]
    assert set(derived.index[derived["verdict"] == "differs"]) == {"epyc_threads_per_w"}
    assert "just beyond the tolerance" in judged.loc["epyc_threads_per_w", "note"]


def test_what_differs_from_the_documents(judged):
    others = judged[judged["kind"].isin(["conflict", "device", "workload"])]
    assert set(others.index[others["verdict"] == "differs"]) == {
        "ai5_high", "ai6_vs_ai5", "fsd_fps", "gpt35_compute_ms", "h100_bf16_printed", "h100_fp8_printed",
        "h100_smem_bw", "hw4_board", "llama8b_flop", "npu_roadmap", "nvl576_vs_gb200",
    }  # fmt: skip


def test_every_note_is_at_least_a_sentence(judged):
    assert judged["note"].str.endswith(".").all()
    assert (judged["note"].str.split().str.len() >= 4).all()


# What each contested figure turns on: the note must name it.
EXPLANATIONS = {
    "gpt35_embed_mults": "length of the sequences stands in place of the hidden width",
    "gpt35_compute_ms": "implies 29% of it",
    "fp32_over_fp16": "an A100's peaks differ 16 times",
    "h100_pcie_bw": "the SXM5 module, meant by the other documents, has 3.35",
    "llama8b_flop": "need 3.7 tokens",
    "h100_bf16_printed": "the 2:4-sparse one, 1,978.9",
    "h100_fp8_printed": "the 2:4-sparse one, 3,957.8",
    "h100_smem_bw": "19 is an A100's (19.5)",
    "h100_l2_printed": "another document prints 80 MB",
    "hw4_board": "six arrays of 96 x 96",
    "hw4_vs_phone": "dense 243 it is only 6.9 times",
    "thor_vs_orin": "dense and both in 8 bit the ratio is 3.76",
    "nvl576_vs_gb200": "new rack's sparse peak against the old one's dense (20.8)",
    "tensor_core_rate": "twice as many operations",
    "ops_byte_a100": "153.0 and 200.6",
    "ops_comms_h100_sxm": "one way the ratio is 2,199",
    "allreduce_nvlink": "it takes 1.36 s",
    "kv_mla_dsv3": "70.3 KB in all",
    "no_cache_cubic": "with a cache it is 2.00",
    "spec_decode": "the printed form gives 2.19 to 4.19",
    "paged_waste": "pages of 16 tokens waste 1.4%",
    "gpt35_data_ms": "matrices take 321 GB",
    "fig4_training_2030": "of 622 H100s",
}


@pytest.mark.parametrize(("claim_id", "reason"), EXPLANATIONS.items())
def test_notes_name_the_slip(judged, claim_id, reason):
    assert reason in judged.loc[claim_id, "note"]


def test_samples_are_free_only_without_their_caches(judged):
    with_caches = float(judged.loc["multi_sample_free", "computed"])
    without = float(judged.loc["multi_sample_free", "note"].rsplit(" ", 1)[1].rstrip("."))
    assert 1.0 <= without < 1.5 < with_caches < 10.0


def test_computed_values_follow_the_catalogue(tables):
    def is_h100(devices):
        return devices["device_id"] == "h100_sxm"

    changed = with_cells(tables, "devices", is_h100, memory_bandwidth_gb_per_s=6700.0)
    rows = claims(changed).set_index("claim_id")
    assert float(rows.loc["ops_byte_h100_sxm", "computed"]) == pytest.approx(989.4 / 6.7, rel=1e-5)
    assert rows.loc["ops_byte_h100_sxm", "verdict"] == "differs"
    assert float(rows.loc["b_crit_h100", "computed"]) == pytest.approx(989.4 / 6.7, rel=1e-5)
    assert rows.loc["ops_byte_a100", "verdict"] == "reproduced"


def test_cache_claims_follow_the_models(tables):
    def is_llama(models):
        return models["model_id"] == "llama_3_70b"

    rows = claims(with_cells(tables, "models", is_llama, kv_heads=16)).set_index("claim_id")
    assert float(rows.loc["kv_llama70b", "computed"]) == pytest.approx(2 * 327.68)


def test_a_device_that_is_gone_takes_only_its_claims_along(tables):
    devices = tables["devices"]
    left = {**tables, "devices": devices[devices["device_id"] != "tpu_v4i"]}
    rows = claims(left).set_index("claim_id")
    lost = rows[rows["note"].str.startswith("It cannot be computed")]
    assert set(lost.index) == {"ops_byte_tpu_v4i", "sram_ops_byte_tpu_v4i"}
    assert lost["verdict"].tolist() == ["differs", "differs"]
    assert "There is no device 'tpu_v4i'" in lost["note"].iloc[0]


def test_a_figure_that_is_unknown_is_named(tables):
    def is_h100(devices):
        return devices["device_id"] == "h100_sxm"

    rows = claims(with_cells(tables, "devices", is_h100, memory_bandwidth_gb_per_s=np.nan)).set_index(
        "claim_id"
    )
    assert rows.loc["b_crit_h100", "note"] == (
        "It cannot be computed: Device 'h100_sxm' has no memory bandwidth in the catalogue."
    )


def test_a_claim_of_ones_own_is_shown_as_stated(tables):
    mine = tables["claims"].iloc[[0]].assign(claim_id="mine", kind="derive", expected="42")
    rows = claims({**tables, "claims": pd.concat([tables["claims"], mine])}).set_index("claim_id")
    assert rows.loc["mine", "computed"] == ""
    assert rows.loc["mine", "verdict"] == "differs"
    assert rows.loc["mine", "note"] == "Nothing here computes this claim: it is shown as stated."


@pytest.mark.parametrize(
    ("expected", "tolerance", "finding", "outcome"),
    [
        ("295.2", "0.005", found(295.34, ""), "reproduced"),
        ("295.2", "0.0001", found(295.34, ""), "differs"),
        ("576", "0.0", found(576.0, ""), "reproduced"),
        ("576", "0.0", found(577.0, ""), "differs"),
        ("0.7", "0.0", found(0.681, ""), "reproduced"),
        ("0.70", "0.0", found(0.681, ""), "differs"),
        ("3.145e+23", "0", found(3.1454e23, ""), "reproduced"),
        ("3.145e+23", "0", found(3.1456e23, ""), "differs"),
        ("10", ">=", found(10.0, ""), "reproduced"),
        ("10", ">", found(10.0, ""), "differs"),
        ("4-5", "0.01", found_between(4.0, 5.0, ""), "reproduced"),
        ("4-5", "0.01", found_between(4.0, 5.1, ""), "differs"),
        ("2-3", "0", found_between(1.78, 3.40, ""), "reproduced"),
        ("2-3", "0", found_between(1.4, 3.40, ""), "differs"),
        ("15-30", "0", found_between(15.0, 36.0, ""), "differs"),
        ("1.3-1.9", "0", found(1.9, ""), "reproduced"),
        ("formula", "0", found_formula(1e-12, ""), "reproduced"),
        ("formula", "0", found_formula(0.1, ""), "differs"),
        ("formula", "0", found(1.0, ""), "differs"),
        ("5", "0", found_formula(0.0, ""), "differs"),
        ("5", "0.1", not_computed(""), "differs"),
        ("rather many", "0.1", found(5.0, ""), "differs"),
    ],
)
def test_verdicts(expected, tolerance, finding, outcome):
    assert verdict("derive", expected, tolerance, finding) == outcome
    assert verdict("published", expected, tolerance, finding) == "published"


@pytest.mark.parametrize(
    ("finding", "text"),
    [
        (found(221184.0, ""), "221184"),
        (found(295.3432, ""), "295.343"),
        (found(6.125e11, ""), "6.125e+11"),
        (found_between(1.7772, 3.4, ""), "1.777-3.4"),
        (found_formula(0.0, ""), "formula"),
        (found_formula(0.25, ""), "off by 25.00%"),
        (not_computed(""), ""),
    ],
)
def test_computed_as_text(finding, text):
    assert computed_text(finding) == text


def test_last_printed_digit():
    assert stated_figure("15-30").last_digit == 1.0
    assert stated_figure("1.3-1.9").last_digit == pytest.approx(0.1)
    assert stated_figure("0.90, 0.85") is None


def test_a_wrong_bubble_formula_would_be_found_out(tables, monkeypatch):
    monkeypatch.setattr(claims_training, "pipeline_bubble", lambda stages, batches: (stages - 1) / batches)
    row = claims(tables).set_index("claim_id").loc["pipeline_bubble"]
    assert row["verdict"] == "differs"
    assert row["computed"].startswith("off by")


@given(stages=st.integers(1, 12), micro_batches=st.integers(1, 24))
def test_the_played_schedule_idles_as_its_formula_says(stages, micro_batches):
    played = idle_share(stages, micro_batches)
    assert played == pytest.approx(float(pipeline_bubble(np.float64(stages), np.float64(micro_batches))))


def test_order_of_a_short_pipeline():
    first = one_forward_one_backward(stages=2, micro_batches=3, stage=0)
    assert [f"{name[0]}{batch}" for name, batch in first] == ["f0", "f1", "b0", "f2", "b1", "b2"]
    last = one_forward_one_backward(stages=2, micro_batches=3, stage=1)
    assert [f"{name[0]}{batch}" for name, batch in last] == ["f0", "b0", "f1", "b1", "f2", "b2"]


def test_evidence_names_what_it_does_not_hold(tables):
    evidence = Evidence(tables)
    assert float(evidence.printed("NVIDIA A100", "DRAM size / bandwidth", 1)) == 2.0
    with pytest.raises(UnknownName, match="There is no printed figure 'NVIDIA A100: DRAM size'"):
        evidence.printed("NVIDIA A100", "DRAM size")
    with pytest.raises(UnknownName, match="There is no operation 'bf16 guess'"):
        evidence.energy_j("bf16 guess")
    with pytest.raises(UnknownName, match=r"There is no model 'llama_3_9b'.*llama_3_8b"):
        evidence.network("llama_3_9b")
    with pytest.raises(InvalidValue, match="Device 'apple_a18_pro' has no dense fp8 peak in the catalogue"):
        evidence.peak_ops_per_s("apple_a18_pro", "fp8")


def test_the_command_prints_the_rows_and_the_tally(database_path, capsys):
    assert cli.main(["claims", "--format", "csv", "--db", str(database_path)]) == 0
    shown = capsys.readouterr()
    lines = shown.out.splitlines()
    assert lines[0].split(",")[: len(COLUMNS)] == COLUMNS
    assert len(lines) == 121
    assert "derive: 87 reproduced, 1 differs" in shown.err
    assert "published: 11 published" in shown.err

"""The judgement on a report of pip-audit: a finding fails, silence is told as silence."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / ".ci" / "known_vulnerabilities.py"
SKIPPED = {"name": "altair", "skip_reason": "not found"}
SOUND = {"name": "numpy", "version": "2.4.6", "vulns": []}
FLAWED = {"name": "pillow", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("known_vulnerabilities", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("packages", "status", "words"),
    [
        ([SOUND, SKIPPED], 0, "1 of 2 packages looked up, 0 known vulnerabilities"),
        ([SOUND, FLAWED], 1, "pillow 1: PYSEC-1, repaired in 2"),
        ([SKIPPED], 0, "Note: known vulnerabilities could not be looked up from here"),
        (None, 0, "Note: known vulnerabilities could not be looked up from here"),
    ],
)
def test_verdict(
    script: ModuleType,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    packages: list[dict[str, object]] | None,
    status: int,
    words: str,
) -> None:
    report = tmp_path / "report.json"
    if packages is not None:
        report.write_text(json.dumps({"dependencies": packages}), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["known_vulnerabilities.py", str(report)])
    assert script.main() == status
    assert words in capsys.readouterr().out


def test_a_report_that_is_none(script: ModuleType) -> None:
    assert script.verdict("no JSON") == ([], 0, 0)

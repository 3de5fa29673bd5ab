"""The floors: imports go one way, and only the top floor knows Streamlit and Altair."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ("datasets", "devices", "forecasting", "dashboard")
FILES = [file for floor in FLOORS for file in sorted((ROOT / floor).rglob("*.py"))]


def imported_packages(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            names.add((node.module or "").partition(".")[0])
    return names


def test_every_floor_has_files() -> None:
    assert {file.relative_to(ROOT).parts[0] for file in FILES} == set(FLOORS)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_floor_imports_only_itself_and_floors_below(file: Path) -> None:
    floor = FLOORS.index(file.relative_to(ROOT).parts[0])
    assert imported_packages(file) & set(FLOORS[floor + 1 :]) == set()


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_only_the_dashboard_knows_streamlit_and_altair(file: Path) -> None:
    if file.relative_to(ROOT).parts[0] != "dashboard":
        assert imported_packages(file) & {"streamlit", "altair"} == set()


def test_no_file_of_the_dashboard_hides_a_package() -> None:
    # `streamlit run dashboard/app.py` puts dashboard/ first on sys.path.
    entries = {path.stem for path in (ROOT / "dashboard").iterdir()} - {"__init__", "__pycache__"}
    hidden = entries & ({*FLOORS, "pages", "streamlit", "altair"} | set(sys.stdlib_module_names))
    assert hidden == set()


def test_no_folder_of_the_tests_is_named_like_a_floor() -> None:
    assert {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()} & set(FLOORS) == set()

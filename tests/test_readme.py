"""The README's transcript: each command still runs, with the columns and the exit status that it shows."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from dashboard.cli import main

README = Path(__file__).resolve().parents[1] / "README.md"


def transcript() -> list[tuple[list[str], list[str]]]:
    """Arguments of each command, and the words of the first line that it printed."""
    text = README.read_text(encoding="utf-8").split("```console\n")[1].split("```")[0]
    steps = []
    for step in text.split("$ edgewise ")[1:]:
        command, printed = step, ""
        # A command goes on over its lines while a quote is open.
        for end in (i for i, letter in enumerate(step) if letter == "\n"):
            try:
                arguments = shlex.split(step[:end].split(" | ")[0])
            except ValueError:
                continue
            command, printed = step[:end], step[end + 1 :]
            steps.append((arguments, printed.strip().splitlines()[0].split()))
            break
        assert command != step, f"no command in {step!r}"
    return steps


def test_the_transcript_is_what_the_commands_do(
    database_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = transcript()
    assert len(steps) >= 4
    for arguments, first_words in steps:
        status = main(arguments)
        captured = capsys.readouterr()
        refused = first_words[0] == "edgewise:"
        assert status == (2 if refused else 0), captured.err
        assert (captured.err if refused else captured.out).splitlines()[0].split() == first_words


def test_every_picture_of_the_readme_is_there_and_small() -> None:
    named = [part.split(")")[0] for part in README.read_text(encoding="utf-8").split("](docs/")[1:]]
    assert named
    files = [README.parent / "docs" / name for name in named]
    assert all(file.stat().st_size < 300_000 for file in files)

"""What must be so around Edgewise before it starts."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path


def other_datasets_package() -> Path | None:
    """Folder of a package called ``datasets`` that Python finds in place of Edgewise's own, if it does.

    Hugging Face's package bears that name too; in the same environment it hides or overwrites ours.

    Returns
    -------
    pathlib.Path or None
    """
    found = importlib.util.find_spec("datasets")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    is_ours = (folder / "schema.sql").is_file() and not (folder / "arrow_dataset.py").exists()
    return None if is_ours else folder


def refuse_other_datasets_package() -> None:
    """Leave with exit status 2 and a sentence when another ``datasets`` package is found first."""
    if folder := other_datasets_package():
        print(
            f"edgewise: Python finds another package called 'datasets' in {folder}, such as Hugging Face's: "
            "install Edgewise in a virtual environment of its own.",
            file=sys.stderr,
        )
        raise SystemExit(2)

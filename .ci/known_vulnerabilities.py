"""Judge a report of pip-audit: exit 1 for a known vulnerability; a note where nothing was looked up."""

from __future__ import annotations

import json
import sys
from pathlib import Path


def verdict(report: str) -> tuple[list[str], int, int]:
    """Findings of a report, how many packages were looked up, and how many there are.

    Parameters
    ----------
    report : str
        The JSON that pip-audit writes; nothing, or something else, where it could not.
    """
    try:
        packages = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return [], 0, 0
    # A package that the index does not know passes in silence: it was not looked up.
    looked_up = [package for package in packages if "vulns" in package]
    found = [
        f"{package['name']} {package['version']}: {flaw['id']}, "
        f"repaired in {', '.join(flaw['fix_versions']) or 'no version yet'}"
        for package in looked_up
        for flaw in package["vulns"]
    ]
    return found, len(looked_up), len(packages)


def main() -> int:
    """Print the verdict on the file that the first argument names."""
    path = Path(sys.argv[1])
    found, looked_up, packages = verdict(path.read_text(encoding="utf-8") if path.exists() else "")
    for line in found:
        print(line)
    if not looked_up:
        print("Note: known vulnerabilities could not be looked up from here: nothing is said about them.")
    else:
        print(f"{looked_up} of {packages} packages looked up, {len(found)} known vulnerabilities")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

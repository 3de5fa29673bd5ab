"""`edgewise claims`: the headline figures of the source documents, computed anew."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from dashboard import output

if TYPE_CHECKING:
    import pandas as pd

NAME = "claims"
HELP = "Every headline figure of the source documents beside what the core makes of it, and a verdict."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    output.add_arguments(parser)


def run(arguments: argparse.Namespace) -> pd.DataFrame:
    """One row a claim; the tally by kind goes to stderr."""
    from datasets import database
    from devices.claims import claims, claims_tally

    judged = claims(database.load(arguments.db).tables)
    tally = claims_tally(judged)
    for kind, counts in tally.iterrows():
        output.say(
            f"{kind}: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
        )
    return judged

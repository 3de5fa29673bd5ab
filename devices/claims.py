"""The headline figures of the source documents, each computed anew and compared with what is stated."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from datasets.errors import EdgewiseError
from devices.catalogue import Tables
from devices.claims_documents import DOCUMENT_CLAIMS
from devices.claims_evidence import Claim, Evidence, Finding, not_computed
from devices.claims_hardware import HARDWARE_CLAIMS
from devices.claims_judgement import (
    DIFFERS,
    FORMULA,
    PUBLISHED,
    REPRODUCED,
    computed_text,
    stated_figure,
    verdict,
)
from devices.claims_memory import MEMORY_CLAIMS
from devices.claims_serving import SERVING_CLAIMS
from devices.claims_training import TRAINING_CLAIMS
from devices.claims_transformer import TRANSFORMER_CLAIMS

CLAIMS: Mapping[str, Claim] = {
    **DOCUMENT_CLAIMS,
    **HARDWARE_CLAIMS,
    **MEMORY_CLAIMS,
    **TRANSFORMER_CLAIMS,
    **SERVING_CLAIMS,
    **TRAINING_CLAIMS,
}
VERDICTS = (REPRODUCED, DIFFERS, PUBLISHED)


def claims(tables: Tables) -> pd.DataFrame:
    """Every row of the table `claims`, computed from the catalogue or from what its statement names.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        All tables of the database.

    Returns
    -------
    pandas.DataFrame
        Columns claim_id, expected, computed, unit, verdict (``reproduced``, ``differs``, ``published``),
        note, kind, statement, tolerance, source_document, in the order of the table. `computed` is a number,
        a range, ``formula``, or empty where a figure is quoted and nothing here computes it.
    """
    evidence = Evidence(tables)
    rows = tables["claims"]
    findings = [_finding(claim_id, evidence) for claim_id in rows["claim_id"]]
    stated = [_text(value) for value in rows["expected"]]
    judged = [
        verdict(kind, expected, _text(tolerance), finding)
        for kind, expected, tolerance, finding in zip(
            rows["kind"], stated, rows["tolerance"], findings, strict=True
        )
    ]
    return pd.DataFrame(
        {
            "claim_id": rows["claim_id"].to_numpy(),
            "expected": stated,
            "computed": [computed_text(finding) for finding in findings],
            "unit": rows["unit"].to_numpy(),
            "verdict": judged,
            "note": [
                _note(kind, text, finding)
                for kind, text, finding in zip(rows["kind"], stated, findings, strict=True)
            ],
            "kind": rows["kind"].to_numpy(),
            "statement": rows["statement"].to_numpy(),
            "tolerance": [_text(value) for value in rows["tolerance"]],
            "source_document": rows["source_document"].to_numpy(),
        }
    )


def claims_tally(judged: pd.DataFrame) -> pd.DataFrame:
    """Number of claims by kind and verdict; a row a kind, a column a verdict, from the result of `claims`."""
    counts = pd.crosstab(judged["kind"], judged["verdict"])
    return counts.reindex(columns=list(VERDICTS), fill_value=0)


def _finding(claim_id: str, evidence: Evidence) -> Finding:
    if claim_id not in CLAIMS:
        return not_computed("Nothing here computes this claim: it is shown as stated.")
    try:
        return CLAIMS[claim_id](evidence)
    except EdgewiseError as error:
        return not_computed(f"It cannot be computed: {error}")


def _note(kind: str, expected: str, finding: Finding) -> str:
    readable = expected == FORMULA or stated_figure(expected) is not None
    if kind == PUBLISHED or readable:
        return finding.note
    return f"{finding.note} The stated figure '{expected}' is neither a number, a range nor 'formula'."


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""

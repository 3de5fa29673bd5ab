"""A user's own scenarios: made, copied, changed and deleted in the database, all of a change or nothing."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from datasets import changes
from datasets.database import Snapshot, load
from datasets.errors import DatabaseUnavailable, InvalidValue, UnknownName
from forecasting.assumptions import resolved_assumptions
from forecasting.scenario_drafts import Quantiles, ScenarioDraft, own_values, refuse_replay
from forecasting.scenarios import Tables, scenario_lineage

ATTEMPTS = 5
_IDENTIFIER = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_USER = {"source_id": "user_entry", "confidence": "judgement", "origin": "user"}


def make_scenario(path: Path | str | None, draft: ScenarioDraft, *, replace: bool = False) -> None:
    """Keep a new scenario.

    Parameters
    ----------
    path : pathlib.Path or str, optional
        The database, the default one when None.
    draft : ScenarioDraft
    replace : bool
        Whether a scenario of the user's own with the same id gives way.

    Raises
    ------
    UnknownName
        The parent or an assumption does not exist.
    InvalidValue
        The id is taken, built in or malformed, or a value lies out of bounds; nothing was changed.
    """

    def edited(tables: Tables) -> dict[str, pd.DataFrame]:
        _refuse_identifier(draft.scenario_id)
        taken = draft.scenario_id in set(tables["scenarios"]["scenario_id"])
        if taken:
            _refuse_builtin(tables, draft.scenario_id, "overwritten")
        if taken and not replace:
            raise InvalidValue(
                f"Scenario '{draft.scenario_id}' exists already: choose another name, or replace it."
            )
        refuse_replay(tables, draft.parent_id)
        row = {
            "scenario_id": draft.scenario_id,
            "parent_id": draft.parent_id,
            "name": _required(draft.name, "name"),
            "description": _required(draft.description, "description"),
            "kind": "model",
            **_USER,
        }
        rest = _without(tables, draft.scenario_id)
        return {
            "scenarios": _with_rows(rest["scenarios"], [row]),
            "scenario_overrides": _with_rows(
                rest["scenario_overrides"], _override_rows(tables, draft.scenario_id, draft.values)
            ),
        }

    _commit(path, edited, draft.scenario_id)


def change_scenario(
    path: Path | str | None,
    scenario_id: str,
    *,
    values: Mapping[str, Quantiles] | None = None,
    withdrawn: Sequence[str] = (),
    name: str | None = None,
    description: str | None = None,
) -> None:
    """Change a scenario of the user's own.

    Parameters
    ----------
    path : pathlib.Path or str, optional
    scenario_id : str
    values : mapping of assumption_id to Quantiles, optional
        Assumptions set; others stay.
    withdrawn : sequence of str
        Assumptions that are inherited again.
    name, description : str, optional
        New words.

    Raises
    ------
    UnknownName
        The scenario or an assumption does not exist, or the scenario does not change what is withdrawn.
    InvalidValue
        The scenario is built in, or a value lies out of bounds; nothing was changed.
    """

    def edited(tables: Tables) -> dict[str, pd.DataFrame]:
        scenario_lineage(tables, scenario_id)
        _refuse_builtin(tables, scenario_id, "changed")
        own = own_values(tables, scenario_id)
        for assumption_id in withdrawn:
            if assumption_id not in own:
                raise UnknownName(f"change of scenario '{scenario_id}' to", assumption_id, own)
            del own[assumption_id]
        scenarios, listed = tables["scenarios"].copy(), tables["scenario_overrides"]
        here = scenarios["scenario_id"] == scenario_id
        for column, words in (("name", name), ("description", description)):
            if words is not None:
                scenarios.loc[here, column] = _required(words, column)
        rows = _override_rows(tables, scenario_id, {**own, **(values or {})})
        others = listed[listed["scenario_id"] != scenario_id]
        return {"scenarios": scenarios, "scenario_overrides": _with_rows(others, rows)}

    _commit(path, edited, scenario_id)


def delete_scenario(path: Path | str | None, scenario_id: str) -> None:
    """Delete a scenario of the user's own and what it changes.

    Raises
    ------
    UnknownName
        If it does not exist.
    InvalidValue
        If it is built in, or the parent of others.
    """

    def edited(tables: Tables) -> dict[str, pd.DataFrame]:
        scenario_lineage(tables, scenario_id)
        _refuse_builtin(tables, scenario_id, "deleted")
        scenarios = tables["scenarios"]
        children = sorted(scenarios.loc[scenarios["parent_id"] == scenario_id, "scenario_id"])
        if children:
            raise InvalidValue(
                f"Scenario '{scenario_id}' is the parent of {', '.join(children)}: delete "
                f"{'it' if len(children) == 1 else 'them'} first, or copy what is to be kept."
            )
        return _without(tables, scenario_id)

    _commit(path, edited, None)


def _commit(
    path: Path | str | None, edited: Callable[[Tables], dict[str, pd.DataFrame]], scenario_id: str | None
) -> None:
    for _ in range(ATTEMPTS):
        snapshot = load(path)
        tables = {**snapshot.tables, **edited(snapshot.tables)}
        if scenario_id is not None:
            # Bounds, order and ancestry hold for the scenario as it will be, or it is not written.
            resolved_assumptions(tables, scenario_id)
        with contextlib.suppress(changes.StaleSnapshot):
            _write(snapshot, tables, f"scenario {scenario_id}" if scenario_id else "scenario deleted")
            return
    raise DatabaseUnavailable("Other processes keep changing the database: wait a moment and try again.")


def _write(snapshot: Snapshot, tables: Tables, cause: str) -> None:
    found = changes.changes_between(snapshot.tables, tables, snapshot.overridden)
    if found:
        changes.apply(snapshot.path, found, snapshot.version, cause=cause)


def _override_rows(
    tables: Tables, scenario_id: str, values: Mapping[str, Quantiles]
) -> list[dict[str, object]]:
    known = set(tables["assumptions"]["assumption_id"])
    rows: list[dict[str, object]] = []
    for assumption_id, q in values.items():
        if assumption_id not in known:
            raise UnknownName("assumption", assumption_id, known)
        _refuse_disorder(assumption_id, q)
        quantiles = {"low": float(q.low), "central": float(q.central), "high": float(q.high)}
        rows.append(
            {"scenario_id": scenario_id, "assumption_id": assumption_id, **quantiles, **_USER, "note": q.note}
        )
    return rows


def _refuse_disorder(assumption_id: str, q: Quantiles) -> None:
    if not all(math.isfinite(value) for value in (q.low, q.central, q.high)):
        raise InvalidValue(
            f"Assumption '{assumption_id}' is {q.low:g} / {q.central:g} / {q.high:g}: low, central and high "
            "must be finite numbers."
        )
    if not q.low <= q.central <= q.high:
        raise InvalidValue(
            f"Assumption '{assumption_id}' is {q.low:g} / {q.central:g} / {q.high:g}: low must not exceed "
            "central, nor central high."
        )


def _with_rows(frame: pd.DataFrame, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    if not rows:
        return frame
    added = pd.DataFrame(rows, columns=frame.columns).astype(frame.dtypes)
    return pd.concat([frame, added], ignore_index=True)


def _without(tables: Tables, scenario_id: str) -> dict[str, pd.DataFrame]:
    names = ("scenarios", "scenario_overrides")
    return {name: tables[name][tables[name]["scenario_id"] != scenario_id] for name in names}


def _refuse_identifier(scenario_id: str) -> None:
    if not _IDENTIFIER.fullmatch(scenario_id):
        raise InvalidValue(
            f"A scenario cannot be called '{scenario_id}': take up to 64 small letters, digits, _ and -, "
            "a letter or digit first."
        )


def _refuse_builtin(tables: Tables, scenario_id: str, verb: str) -> None:
    if tables["scenarios"].set_index("scenario_id").at[scenario_id, "origin"] == "builtin":
        raise InvalidValue(
            f"Scenario '{scenario_id}' came with Edgewise and cannot be {verb}: copy it under a name of "
            "your own and work on the copy."
        )


def _required(words: str, field: str) -> str:
    if not words.strip():
        raise InvalidValue(f"The {field} of a scenario is empty: say in words what it is.")
    return words.strip()

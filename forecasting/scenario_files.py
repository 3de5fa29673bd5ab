"""A scenario as a file: TOML that a person reads, with version, units and reasons, each key checked."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from datasets.errors import InvalidFile, UnknownName
from forecasting.scenario_drafts import Quantiles, ScenarioDraft, own_values
from forecasting.scenarios import Tables, scenario_lineage

FORMAT, VERSION = "edgewise scenario", 1
_TOP = ("format", "version", "scenario", "assumptions")
_SCENARIO = ("id", "parent", "name", "description")
_ASSUMPTION = ("low", "central", "high", "unit", "note")
_QUANTILES = ("low", "central", "high")


def scenario_text(tables: Tables, scenario_id: str) -> str:
    """A scenario as TOML.

    Ancestors that are the user's own are written out into it, so that its parent is one that came with
    Edgewise and the file stands alone.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    scenario_id : str

    Returns
    -------
    str

    Raises
    ------
    UnknownName
        If the scenario does not exist.
    InvalidFile
        If it replays a published figure and so holds nothing to write down.
    """
    lineage = scenario_lineage(tables, scenario_id)
    scenarios = tables["scenarios"].set_index("scenario_id")
    row = scenarios.loc[scenario_id]
    if row["kind"] == "replay":
        raise InvalidFile(
            f"Scenario '{scenario_id}' replays a published figure: there is nothing in it to export."
        )
    builtin = [name for name in lineage[:-1] if scenarios.at[name, "origin"] == "builtin"]
    values: dict[str, Quantiles] = {}
    for name in lineage[len(builtin) :]:
        values.update(own_values(tables, name))
    lines = [f"format = {_quoted(FORMAT)}", f"version = {VERSION}", "", "[scenario]"]
    told = (scenario_id, builtin[-1] if builtin else "", str(row["name"]), str(row["description"]))
    lines += [f"{key} = {_quoted(text)}" for key, text in zip(_SCENARIO, told, strict=True) if text]
    units = tables["assumptions"].set_index("assumption_id")["unit"]
    for assumption_id in sorted(values):
        lines += ["", *_assumption_lines(assumption_id, values[assumption_id], str(units[assumption_id]))]
    return "\n".join(lines) + "\n"


def _assumption_lines(assumption_id: str, q: Quantiles, unit: str) -> list[str]:
    figures = [f"{key} = {getattr(q, key)!r}" for key in _QUANTILES]
    note = [f"note = {_quoted(q.note)}"] if q.note else []
    return [f"[assumptions.{assumption_id}]", *figures, f"unit = {_quoted(unit)}", *note]


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string but for the one control character that JSON leaves bare.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def scenario_draft(tables: Tables, text: str) -> ScenarioDraft:
    """The scenario that a file describes, its keys, types and units checked.

    Values are held to the bounds of their assumptions when the draft is kept
    (`scenario_edits.make_scenario`). A root without a parent becomes a child of ``central``.

    Parameters
    ----------
    tables : mapping of str to DataFrame
    text : str
        As `scenario_text` writes it.

    Returns
    -------
    ScenarioDraft

    Raises
    ------
    InvalidFile
        The text is no TOML, no scenario, of a newer version, lacks a key, or holds a value of the wrong type
        or unit.
    UnknownName
        A key or an assumption that does not exist.
    """
    content = _parsed(text)
    _refuse_keys(content, _TOP, "the file")
    if content.get("format") != FORMAT:
        raise InvalidFile(f'The file is no scenario: its first line must be format = "{FORMAT}".')
    version = content.get("version")
    if version != VERSION:
        raise InvalidFile(f"The file has version {version!r}; this Edgewise reads version {VERSION}.")
    scenario = _table(content.get("scenario", {}), "[scenario]")
    _refuse_keys(scenario, _SCENARIO, "[scenario]")
    words = {key: _text(scenario, key, "[scenario]") for key in ("id", "name", "description")}
    parent = _text(scenario, "parent", "[scenario]") if "parent" in scenario else "central"
    listed = _table(content.get("assumptions", {}), "[assumptions]")
    units = {str(r.assumption_id): str(r.unit) for r in tables["assumptions"].itertuples(index=False)}
    values = {name: _quantiles(name, entry, units) for name, entry in listed.items()}
    return ScenarioDraft(words["id"], parent, words["name"], words["description"], values)


def _parsed(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise InvalidFile(f"The file is not readable as TOML: {str(error).rstrip('.')}.") from error


def _quantiles(name: str, entry: object, units: Mapping[str, str]) -> Quantiles:
    where = f"[assumptions.{name}]"
    if name not in units:
        raise UnknownName("assumption", name, units)
    keys = _table(entry, where)
    _refuse_keys(keys, _ASSUMPTION, where)
    low, central, high = (_number(keys, key, where) for key in _QUANTILES)
    unit = _text(keys, "unit", where) if "unit" in keys else units[name]
    if unit != units[name]:
        raise InvalidFile(f"{where} is in '{unit}': give it in '{units[name]}'.")
    return Quantiles(low, central, high, _text(keys, "note", where) if "note" in keys else None)


def _table(entry: object, where: str) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise InvalidFile(f"{where} is {entry!r}: it must be a table of keys and values.")
    return entry


def _refuse_keys(keys: Iterable[str], known: tuple[str, ...], where: str) -> None:
    for key in keys:
        if key not in known:
            raise UnknownName(f"key in {where} named", key, known)


def _text(keys: Mapping[str, Any], key: str, where: str) -> str:
    value = keys.get(key)
    if not isinstance(value, str) or not value.strip():
        raise InvalidFile(
            f"{where} {'lacks ' + key if value is None else f'has {key} {value!r}'}: give a text."
        )
    return value


def _number(keys: Mapping[str, Any], key: str, where: str) -> float:
    value = keys.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        told = f"lacks {key}" if value is None else f"has {key} {value!r}"
        raise InvalidFile(f"{where} {told}: give a number.")
    return float(value)

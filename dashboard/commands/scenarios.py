"""`edgewise scenarios`: list, show, compare, and keep scenarios of one's own."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from dashboard import output, values
from datasets.errors import InvalidFile

if TYPE_CHECKING:
    import pandas as pd

    from forecasting.scenario_drafts import Quantiles

NAME = "scenarios"
HELP = "The scenarios: list and compare them, make your own, exchange them as files."
SHOWN = [
    "assumption_id",
    "name",
    "unit",
    "low",
    "central",
    "high",
    "overridden_by",
    "source_id",
    "confidence",
]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's actions; without one, the scenarios are listed."""
    output.add_arguments(parser)
    parser.set_defaults(run_action=_listed)
    actions = parser.add_subparsers(metavar="ACTION")
    for name, words, run_action, names in (
        ("list", "every scenario, a row each", _listed, ()),
        ("show", "all assumptions as a scenario has them, and which scenario changed them", _shown, ("ID",)),
        ("diff", "the assumptions in which two scenarios differ", _compared, ("FROM", "TO")),
        ("new", "make a scenario that changes nothing of its parent yet", _made, ("ID",)),
        ("copy", "copy a scenario under a name of your own", _copied, ("ID", "NEW_ID")),
        ("set", "set assumptions of a scenario of your own", _changed, ("ID",)),
        ("delete", "delete a scenario of your own", _deleted, ("ID",)),
        ("export", "write a scenario as TOML", _exported, ("ID",)),
        ("import", "keep the scenario of a TOML file", _imported, ()),
    ):
        # Options may stand before or after the action: the action must not reset them to defaults.
        action = actions.add_parser(name, help=words, description=words, argument_default=argparse.SUPPRESS)
        action.set_defaults(run_action=run_action)
        for placeholder in names:
            action.add_argument(placeholder.lower(), metavar=placeholder)
        _add_options(action, name)
        output.add_arguments(action)


def _add_options(action: argparse.ArgumentParser, name: str) -> None:
    if name == "new":
        action.add_argument("--parent", metavar="ID", default="central")
    if name in ("new", "copy", "set"):
        action.add_argument("--name", default=None)
        action.add_argument("--description", default=None)
    if name == "set":
        action.add_argument(
            "values",
            metavar="ASSUMPTION=VALUE",
            nargs="*",
            default=[],
            type=_assigned_quantiles,
            help="one value, or LOW/CENTRAL/HIGH",
        )
        action.add_argument("--withdraw", metavar="ASSUMPTION", nargs="+", default=[])
        action.add_argument("--note", help="why, for the values set", default=None)
    if name == "import":
        action.add_argument("file", metavar="FILE.toml", type=Path)
        action.add_argument("--replace", action="store_true", default=False)


def run(arguments: argparse.Namespace) -> pd.DataFrame | None:
    """The action's frame, if it has one."""
    frame: pd.DataFrame | None = arguments.run_action(arguments)
    return frame


def _assigned_quantiles(text: str) -> tuple[str, tuple[float, float, float]]:
    name, equals, figures = text.partition("=")
    parts = figures.split("/")
    if not (equals and name.strip()) or len(parts) not in (1, 3):
        raise argparse.ArgumentTypeError(
            f"must look like ASSUMPTION=VALUE or ASSUMPTION=LOW/CENTRAL/HIGH, but is '{text}'"
        )
    numbers = [values.finite_number(part) for part in parts]
    low, central, high = numbers * 3 if len(numbers) == 1 else numbers
    return name.strip(), (low, central, high)


def _listed(arguments: argparse.Namespace) -> pd.DataFrame:
    from datasets import database
    from forecasting.scenarios import scenario_table

    return scenario_table(database.load(arguments.db).tables)


def _shown(arguments: argparse.Namespace) -> pd.DataFrame:
    from datasets import database
    from forecasting.assumptions import resolved_assumptions

    tables = database.load(arguments.db).tables
    frame = resolved_assumptions(tables, arguments.id)
    row = tables["scenarios"].set_index("scenario_id").loc[arguments.id]
    output.say(f"{row['name']}: {row['description']}")
    return frame[SHOWN]


def _compared(arguments: argparse.Namespace) -> pd.DataFrame:
    from datasets import database
    from forecasting.assumptions import scenario_difference

    tables = database.load(arguments.db).tables
    return scenario_difference(tables, getattr(arguments, "from"), arguments.to)


def _made(arguments: argparse.Namespace) -> None:
    from forecasting.scenario_drafts import ScenarioDraft
    from forecasting.scenario_edits import make_scenario

    name = arguments.name or arguments.id
    description = arguments.description or f"{name}, a change of scenario '{arguments.parent}'."
    make_scenario(arguments.db, ScenarioDraft(arguments.id, arguments.parent, name, description, {}))
    output.say(f"Scenario '{arguments.id}' was made under '{arguments.parent}'.")


def _copied(arguments: argparse.Namespace) -> None:
    from datasets import database
    from forecasting.scenario_drafts import copied_scenario
    from forecasting.scenario_edits import make_scenario

    tables = database.load(arguments.db).tables
    draft = copied_scenario(
        tables, arguments.id, arguments.new_id, name=arguments.name, description=arguments.description
    )
    make_scenario(arguments.db, draft)
    output.say(f"Scenario '{arguments.id}' was copied to '{arguments.new_id}'.")


def _changed(arguments: argparse.Namespace) -> None:
    from forecasting.scenario_drafts import Quantiles
    from forecasting.scenario_edits import change_scenario

    chosen: dict[str, Quantiles] = {
        name: Quantiles(low, central, high, arguments.note) for name, (low, central, high) in arguments.values
    }
    change_scenario(
        arguments.db,
        arguments.id,
        values=chosen,
        withdrawn=arguments.withdraw,
        name=arguments.name,
        description=arguments.description,
    )
    output.say(f"Scenario '{arguments.id}' was changed.")


def _deleted(arguments: argparse.Namespace) -> None:
    from forecasting.scenario_edits import delete_scenario

    delete_scenario(arguments.db, arguments.id)
    output.say(f"Scenario '{arguments.id}' was deleted.")


def _exported(arguments: argparse.Namespace) -> None:
    from datasets import database
    from forecasting.scenario_files import scenario_text

    text = scenario_text(database.load(arguments.db).tables, arguments.id)
    output.write(text.encode(), arguments.output)


def _imported(arguments: argparse.Namespace) -> None:
    from datasets import database
    from forecasting.scenario_edits import make_scenario
    from forecasting.scenario_files import scenario_draft

    try:
        text = arguments.file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidFile(f"{arguments.file} cannot be read ({error.strerror}): name a TOML file.") from error
    except UnicodeDecodeError as error:
        raise InvalidFile(f"{arguments.file} is not UTF-8 text: save it in UTF-8.") from error
    draft = scenario_draft(database.load(arguments.db).tables, text)
    make_scenario(arguments.db, draft, replace=arguments.replace)
    output.say(f"Scenario '{draft.scenario_id}' was imported under '{draft.parent_id}'.")

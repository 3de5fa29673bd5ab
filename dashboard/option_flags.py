"""The core's options as flags of a command, one each, read back as `Options`."""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import TYPE_CHECKING

from dashboard import values

if TYPE_CHECKING:
    from devices.options import Options


def flag(name: str) -> str:
    """The flag of an option."""
    return f"--{name.replace('_', '-')}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a flag for every option of the core."""
    from devices.options import Options

    group = parser.add_argument_group("techniques, layout, links and prices", "each is off unless asked for")
    for option in fields(Options):
        meaning, named = option.metadata["meaning"], flag(option.name)
        choices = option.metadata.get("choices")
        if option.default is False:
            group.add_argument(named, action="store_true", help=meaning)
        elif "bounds" in option.metadata:
            group.add_argument(named, type=values.finite_number, metavar="NUMBER", help=meaning)
        elif choices is not None:
            group.add_argument(
                flag(option.name), choices=choices, metavar="NAME", help=f"{meaning}: {', '.join(choices)}"
            )
        else:
            group.add_argument(named, metavar="ID", help=meaning)


def options_of(arguments: argparse.Namespace) -> Options:
    """The options that the flags ask for.

    Raises
    ------
    InvalidValue
        If a value is out of range or useless without another.
    """
    from devices.options import Options

    return Options(**{option.name: getattr(arguments, option.name) for option in fields(Options)})

"""The `edgewise` command: data to stdout, words to stderr, exit 0 done, 1 could not, 2 wrong input."""

from __future__ import annotations

import argparse
import importlib
import os
import pkgutil
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

import dashboard.commands
from dashboard import output
from datasets.errors import EdgewiseError

DONE, COULD_NOT, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130


class OneSentenceParser(argparse.ArgumentParser):
    """Parser that tells a wrong usage in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Print what was wrong and leave with exit status 2."""
        self.exit(WRONG_INPUT, f"{self.prog}: {message}; see {self.prog} --help.\n")


def commands() -> dict[str, ModuleType]:
    """Every command's module by its name: a file in `dashboard.commands` is a command."""
    folder = dashboard.commands
    found = (
        importlib.import_module(f"{folder.__name__}.{entry.name}")
        for entry in pkgutil.iter_modules(folder.__path__)
    )
    return {module.NAME: module for module in found}


def parser() -> argparse.ArgumentParser:
    """Parser of the whole command line."""
    whole = OneSentenceParser(
        prog="edgewise",
        description="Where will AI compute run through 2030, on edge devices or in the cloud, and why?",
    )
    parts = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, module in commands().items():
        part = parts.add_parser(name, help=module.HELP, description=module.HELP)
        part.set_defaults(run=module.run)
        module.add_arguments(part)
    return whole


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv : sequence of str, optional
        Arguments without the program's name; those of the process when left out.

    Returns
    -------
    int
        Exit status.
    """
    try:
        arguments = parser().parse_args(argv)
        with output.progress_shown():
            frame = arguments.run(arguments)
        if frame is not None:
            output.deliver(frame, arguments)
        sys.stdout.flush()
    except EdgewiseError as error:
        output.say(f"edgewise: {error}")
        return WRONG_INPUT
    except BrokenPipeError:
        # Whoever read this has seen enough; keep the interpreter from flushing into the closed pipe again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except KeyboardInterrupt:
        return INTERRUPTED
    except RuntimeError as error:
        # So DuckDB tells of a Ctrl-C that it was the first to meet.
        if str(error) != "Query interrupted":
            raise
        return INTERRUPTED
    except MemoryError:
        output.say(
            "edgewise: There is not enough memory for this: ask for fewer draws, devices or workloads."
        )
        return COULD_NOT
    return DONE


if __name__ == "__main__":
    sys.exit(main())

"""Readers of the values that command-line options take, each with a refusal in words."""

from __future__ import annotations

import argparse
import math


def positive_integer(text: str) -> int:
    """A whole number of at least 1."""
    number = _whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, but is {text}")
    return number


def non_negative_integer(text: str) -> int:
    """A whole number of at least 0."""
    number = _whole(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must be at least 0, but is {text}")
    return number


def positive_number(text: str) -> float:
    """A finite number above 0."""
    number = finite_number(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"must be above 0, but is {text}")
    return number


def finite_number(text: str) -> float:
    """A finite number."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"must be a finite number, but is '{text}'")
    return number


def assignment(text: str) -> tuple[str, float]:
    """A name and its number from ``NAME=NUMBER``."""
    name, equals, number = text.partition("=")
    if not (equals and name.strip()):
        raise argparse.ArgumentTypeError(f"must look like ASSUMPTION=VALUE, but is '{text}'")
    return name.strip(), finite_number(number)


def grid_axis(text: str) -> tuple[str, list[float] | None]:
    """A name and the values it is held at, from ``NAME``, ``NAME=1,2,4`` or ``NAME=LOW:HIGH:COUNT``."""
    name, equals, points = text.partition("=")
    if not name.strip() or (equals and not points.strip()):
        raise argparse.ArgumentTypeError(
            f"must look like ASSUMPTION=1,2,4 or ASSUMPTION=1:4:7, but is '{text}'"
        )
    if not equals:
        return name.strip(), None
    if ":" not in points:
        return name.strip(), [finite_number(part) for part in points.split(",")]
    parts = points.split(":")
    if len(parts) != 3:
        raise argparse.ArgumentTypeError(f"must give LOW:HIGH:COUNT after the name, but is '{text}'")
    low, high, count = finite_number(parts[0]), finite_number(parts[1]), positive_integer(parts[2])
    step = (high - low) / max(count - 1, 1)
    return name.strip(), [low + step * i for i in range(count)]


def port_number(text: str) -> int:
    """A TCP port that a user's program may listen on."""
    number = _whole(text)
    if not 1 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"must be between 1 and 65535, but is {text}")
    return number


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a whole number, but is '{text}'") from None

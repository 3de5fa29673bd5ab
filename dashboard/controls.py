"""Controls that several pages share: sliders over assumptions, downloads, tables and notes."""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import streamlit as st

from dashboard import labels, theme
from datasets.exports import csv_text

_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Track:
    """The track of a slider: its ends, its step, and the format of its numbers."""

    lowest: float
    highest: float
    step: float
    format: str


def track(
    low: float, central: float, high: float, minimum: float, maximum: float, current: float | None
) -> Track:
    """A slider's track that holds the documented range with room on both sides, the central value on a step.

    Parameters
    ----------
    low, central, high : float
        The 5, 50 and 95 % quantiles.
    minimum, maximum : float
        Bounds that no value may pass; NaN where there is none.
    current : float, optional
        The user's own value; the track grows to hold it.
    """
    spread = max(high - low, abs(central) * 0.5, 1e-9)
    step = _nice_step(spread / 40)
    wanted_low, wanted_high = low - spread / 2, high + spread / 2
    if low == high:
        wanted_low, wanted_high = central / 4, central * 4
        step = _nice_step(central / 20)
    if current is not None:
        wanted_low, wanted_high = min(wanted_low, current), max(wanted_high, current)
    floor, ceiling = (
        (-math.inf if math.isnan(minimum) else minimum),
        (math.inf if math.isnan(maximum) else maximum),
    )
    below = math.ceil((central - max(wanted_low, floor)) / step - 1e-9)
    above = math.ceil((min(wanted_high, ceiling) - central) / step - 1e-9)
    lowest, highest = max(central - below * step, floor), min(central + above * step, ceiling)
    return Track(round(lowest, 12), round(highest, 12), step, _number_format(step, highest))


def assumption_slider(
    row: Mapping[str, object],
    current: float | None,
    *,
    slider_key: str,
    on_change: Callable[[str], None],
    source: str,
    note: str = "",
) -> None:
    """A slider for one assumption; its help says what it means, where it comes from and how sure that is.

    Parameters
    ----------
    row : mapping
        A row of the resolved assumptions of the scenario.
    current : float, optional
        The user's own value; None shows the scenario's central value.
    slider_key : str
        Key of the slider in the session state.
    on_change : callable
        Called with the assumption's identifier when the slider moves.
    source : str
        Title of the source.
    note : str
        A further sentence for the help.
    """
    numbers = {
        name: float(str(row[name])) if pd.notna(row[name]) else math.nan
        for name in ("low", "central", "high", "minimum", "maximum")
    }
    found = track(**numbers, current=current)
    shown = numbers["central"] if current is None else current
    if st.session_state.get(slider_key) != shown:
        st.session_state[slider_key] = shown
    mark = theme.CONFIDENCE_MARKS.get(str(row["confidence"]), "")
    low, high = (labels.number(value, 3) for value in (numbers["low"], numbers["high"]))
    st.slider(
        labels.escaped(f"{row['name']} ({row['unit']})"),
        min_value=found.lowest,
        max_value=found.highest,
        step=found.step,
        format=found.format,
        key=slider_key,
        on_change=on_change,
        args=(str(row["assumption_id"]),),
        help="\n\n".join(
            part
            for part in (
                labels.escaped(str(row["meaning"])),
                labels.escaped(note),
                f"Range {low} to {high} (5 to 95 %). {mark}. Source: {labels.escaped(source)}",
            )
            if part
        ),
    )


def picked(
    place: Any,
    label: str,
    key: str,
    options: Sequence[str],
    names: Mapping[str, str],
    *,
    help_: str | None = None,
    width: int | Literal["stretch"] = "stretch",
) -> str:
    """A selectbox over identifiers; where the state holds none of them, the first one is taken.

    Parameters
    ----------
    place : container
        Where it is drawn.
    label, key : str
        Its label, and its key in the session state.
    options : sequence of str
        Identifiers; at least one.
    names : mapping of str to str
        How each is written.
    help_ : str, optional
    width : int or "stretch"
    """
    if st.session_state.get(key) not in options:
        st.session_state[key] = options[0]
    return str(
        place.selectbox(
            label,
            list(options),
            format_func=lambda name: names.get(name, name),
            key=key,
            width=width,
            help=help_,
        )
    )


def named(names: pd.Series) -> Callable[[str], str]:
    """How an identifier is written in a control: by its name, or as it is where it has none."""
    known = names.to_dict()
    return lambda identifier: str(known.get(identifier, identifier))


def csv_download(frame: pd.DataFrame, file_name: str, key: str, label: str = "Download CSV") -> None:
    """A button that saves the frame with the one CSV writer, made when it is pressed."""
    st.download_button(
        label,
        data=lambda: csv_text(frame),
        file_name=file_name,
        mime="text/csv",
        key=key,
        on_click="ignore",
        icon=":material/download:",
    )


def details(label: str, shown: Callable[[], None], key: str, icon: str) -> None:
    """A box that stays shut, and costs nothing, until it is opened.

    Parameters
    ----------
    label : str
    shown : callable
        Draws what is inside.
    key : str
        Of the box; true in the session state while it is open.
    icon : str
    """
    box = st.expander(label, key=key, icon=icon, on_change="rerun")
    if box.open:
        with box:
            shown()


def command_line(arguments: list[str]) -> None:
    """The command line that prints what the page shows, ready to be copied."""
    # Plain: the colours of a shell's grammar fall short of the contrast that small letters need.
    st.code(shlex.join(["edgewise", *arguments]), language=None, wrap_lines=True)


def command_lines(name: str, *commands: list[str]) -> None:
    """Command lines that print what a part of a page shows, folded away; the name is that of the part."""

    def shown() -> None:
        for arguments in commands:
            command_line(arguments)

    details("The same from the command line", shown, f"command.{name}", ":material/terminal:")


def notes(sentences: list[str]) -> None:
    """Notes above a page's content, e.g. what of the address could not be used."""
    for sentence in sentences:
        st.warning(labels.escaped(sentence), icon=":material/info:")


def marked(confidence: pd.Series) -> pd.Series:
    """Confidence with the mark that tells checked figures from recalled, estimated and judged ones."""
    return confidence.map(theme.CONFIDENCE_MARKS).fillna(confidence.astype(str))


def confidence_legend() -> None:
    """What the marks of confidence mean."""
    meanings = [f"{theme.CONFIDENCE_MARKS[name]}: {text}" for name, text in theme.CONFIDENCE_MEANINGS.items()]
    st.caption(" · ".join(meanings))


def _nice_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(nice * power for nice in _NICE if nice * power >= rough * (1 - 1e-9))


def _number_format(step: float, highest: float) -> str:
    if highest >= 100_000:
        return "compact"
    decimals = max(0, math.ceil(-math.log10(step) - 1e-9))
    # A step of 0.25 needs a digit more than its power of ten tells.
    return f"%.{decimals + (1 if round(step * 10**decimals, 9) % 1 else 0)}f"

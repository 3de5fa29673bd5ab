"""A page's body under one roof: what the user can cause or repair is told in a sentence, not a traceback."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator

import streamlit as st

from dashboard import figures, gate, labels
from datasets.errors import EdgewiseError

_LOG = logging.getLogger("edgewise")


@st.fragment
def shown(body: Callable[[], None]) -> None:
    """Run the body of a page; an error becomes a message in the page.

    The body is a fragment: a control that moves runs the body again, and not the frame around it.

    Parameters
    ----------
    body : callable
        Draws the page.
    """
    if not gate.entered():
        return
    figures.begin()
    try:
        body()
        figures.view().settings = st.query_params.to_dict()
    except EdgewiseError as error:
        st.error(labels.escaped(str(error)), icon=":material/error:")
    except Exception:
        _LOG.exception("A page failed")
        st.error(
            "This page met a fault of Edgewise itself; the terminal that runs the app shows where. "
            "Reload the page, or open it without the part of the address after the question mark.",
            icon=":material/error:",
        )


@contextlib.contextmanager
def attempted() -> Iterator[None]:
    """A step that may be refused: the refusal is told where it stands, and the page goes on below it."""
    try:
        yield
    except EdgewiseError as error:
        st.error(labels.escaped(str(error)), icon=":material/error:")

"""Terms tell their meaning where a page first uses them."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from app_driver import opened, plain, sound

from dashboard import glossary
from dashboard.glossary import ALIASES, TERMS, explained

_LINK = re.compile(r'\[([^\[\]]*)\]\((\S+) "([^"]*)"\)')


def linked(text: str) -> list[str]:
    return [found[1] for found in _LINK.finditer(text)]


def test_every_alias_belongs_to_a_term_and_is_found() -> None:
    assert set(ALIASES) <= set(TERMS)
    for term in (
        "Roofline",
        "Ridge point",
        "Key-value cache",
        "PUE",
        "MFU",
        "Sobol index",
        "Prefill",
        "Decode",
    ):
        assert linked(explained(f"The {term} here.", set())) == [term]


def test_a_term_is_explained_once_and_leads_to_the_glossary() -> None:
    seen: set[str] = set()
    first = explained("A roofline bends at its ridge point; the ridge point moves.", seen)
    assert linked(first) == ["roofline", "ridge point"]
    assert seen == {"Roofline", "Ridge point"}
    found = _LINK.search(first)
    assert found is not None
    assert parse_qs(urlsplit(found[2]).query) == {"view": ["glossary"], "search": ["Roofline"]}
    assert found[3] == glossary.html.escape(TERMS["Roofline"])
    assert explained("Rooflines again.", seen) == "Rooflines again."
    assert plain(first) == "A roofline bends at its ridge point; the ridge point moves."


@pytest.mark.parametrize(
    "text", ["`roofline`", "[roofline](x)", "$roofline$", ":material/roofline:", "rooflinear", "a-roofline-b"]
)
def test_code_links_formulas_and_parts_of_words_stay(text: str) -> None:
    assert explained(text, set()) == text


@pytest.mark.usefixtures("few_draws")
@pytest.mark.parametrize(
    ("page", "terms"),
    [
        ("forecast", {"edge devices", "draws"}),
        ("devices", {"roof", "ridge point", "Dense peak"}),
        ("budgets", {"batch", "ridge point"}),
        ("method", {"roofline"}),
        ("evidence", {"80 % interval"}),
    ],
)
def test_the_terms_of_a_page_are_explained_where_they_first_stand(page: str, terms: set[str]) -> None:
    app = sound(opened(page))
    told = [link for text in app.markdown for link in linked(text.value)]
    assert terms <= set(told), told
    assert len(told) == len(set(told))

"""The page Method: equations read from the code and set in TeX, units, confidence, glossary."""

from __future__ import annotations

import importlib

import pytest
from app_driver import move_every_control, opened, sound

from dashboard import docstrings, glossary
from dashboard.equations import NoEquation, equations, marked_down, tex
from forecasting.quantities import QUANTITIES

pytestmark = pytest.mark.usefixtures("few_draws")


@pytest.mark.parametrize("view", ["confidence", "glossary"])
def test_a_view_draws_and_every_control_of_it_moves(view: str) -> None:
    app = sound(opened("method", {"view": view}))
    assert app.header[0].value == "How is it computed?"
    move_every_control(app)


def test_a_topic_shows_the_equations_of_its_docstrings() -> None:
    app = sound(opened("method", {"topic": "several-devices"}))
    assert not app.warning
    shown = " ".join(block.value for block in app.latex)
    assert r"\frac{2\,\left(n - 1\right)}{n}" in shown
    assert any("devices.parallelism.pipeline_bubble" in text.value for text in app.markdown)


def test_every_topic_names_modules_that_exist_and_holds_an_equation() -> None:
    for topic, modules in docstrings.TOPICS.items():
        assert all(importlib.import_module(module) for module in modules)
        entries = docstrings.described(topic)
        assert any(entry.equations for entry in entries), topic
        assert all(entry.prose for entry in entries), topic


def test_the_prose_ends_where_the_sections_begin() -> None:
    entry = next(e for e in docstrings.described("Placement") if e.name == "able_probability")
    assert "Parameters" not in entry.prose
    assert entry.sections.startswith("Parameters")
    assert entry.equations == (
        r"\Phi\left(\frac{\ln \mathrm{gain} - \ln \mathrm{margin}}{\mathrm{spread}}\right)",
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("min(C, I M)", r"\min\left(C, I\,M\right)"),
        ("s b h (34 + 5 a s / h) / t", r"\frac{s\,b\,h\,\left(34 + \frac{5\,a\,s}{h}\right)}{t}"),
        ("C / M * bytes / 2", r"\frac{\frac{C}{M} \cdot \mathrm{bytes}}{2}"),
        ("e^(-c t)", r"{e}^{-c\,t}"),
        ("log10 K - x / ln 10", r"\log_{10} K - \frac{x}{\ln 10}"),
        ("sqrt(N / L)", r"\sqrt{\frac{N}{L}}"),
        ("|S|! / n!", r"\frac{\left|S\right|!}{n!}"),
        ("N_active >= b2 ** 2", r"N_{\mathrm{active}} \ge {b_{2}}^{2}"),
        ("1 + 1/2 + .. + 1/n", r"1 + \frac{1}{2} + \cdots + \frac{1}{n}"),
        ("(a + b) (c - d)", r"\left(a + b\right)\,\left(c - d\right)"),
        ("(a + b) / (c - d)", r"\frac{a + b}{c - d}"),
        ("E[x^2] = 6 N", r"E\left[{x}^{2}\right] = 6\,N"),
        ("a^-1 - b", r"{a}^{-1} - b"),
    ],
)
def test_an_equation_is_set(text: str, written: str) -> None:
    assert tex(text) == written


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cuda/vllm", "it holds words"),
        ("exceeds the whole", "it holds words"),
        ("2024-09", "it holds words"),
        ("power", "it relates nothing"),
        ("ridge_point(device)", "it relates nothing"),
        ("(a + b", "is not closed"),
        ("a +", "ends before it is complete"),
        ("a + )", "stands where a symbol is due"),
        ("a ? b", "has no meaning in one"),
        ("a + b)", "cannot be read from ')' on"),
    ],
)
def test_what_is_no_equation_stays_code(text: str, said: str) -> None:
    with pytest.raises(NoEquation, match=said.replace("(", r"\(").replace(")", r"\)").replace("?", r"\?")):
        tex(text)
    assert marked_down(f"See ``{text}``.") == f"See `{text}`."
    assert equations(f"See ``{text}``.") == []


def test_an_equation_over_two_lines_is_read_as_one() -> None:
    assert marked_down("It is ``a +\n    b``.") == "It is $a + b$."


def test_units_and_terms_are_all_there() -> None:
    app = sound(opened("method", {"view": "units"}))
    assert set(app.dataframe[0].value["name"]) == set(QUANTITIES)
    terms = sound(opened("method", {"view": "glossary", "search": "ridge"}))
    listed = next(text.value for text in terms.markdown if text.value.startswith("- **"))
    assert "**Ridge point**" in listed
    assert "**PUE**" not in listed
    assert list(glossary.TERMS) == sorted(glossary.TERMS, key=str.lower)
    terms.text_input(key="method.search").set_value("zzz")
    sound(terms.run())
    assert "No term matches" in terms.info[0].value

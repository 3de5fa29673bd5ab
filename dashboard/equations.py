"""Equations of the code's own docstrings, set in TeX; what cannot be read as one stays code."""

from __future__ import annotations

import re

from datasets.errors import InvalidValue

_TOKEN = re.compile(
    r"(?P<dots>\.\.)|(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*)"
    r"|(?P<relation><=|>=|=|<|>)|(?P<power>\*\*|\^)|(?P<sign>[-+*/()\[\],!|])"
)
_OPERATORS = {
    "exp": r"\exp",
    "ln": r"\ln",
    "log": r"\log",
    "log2": r"\log_2",
    "log10": r"\log_{10}",
    "min": r"\min",
    "max": r"\max",
    "sum": r"\sum",
    "Phi": r"\Phi",
    "phi": r"\varphi",
    "Var": r"\operatorname{Var}",
}
_RELATIONS = {"<=": r"\le", ">=": r"\ge"}
# Words between symbols, a path such as cuda/vllm, a date.
_PROSE = re.compile(r"\b(of|the|for|every)\b|[a-z]{2,}/[a-z]{2,}|^\d{4}-")
# A number times symbols, as 6 N D, or a call of a function that has a sign, as log2(n).
_PRODUCT = re.compile(r"\d+ [A-Za-z]|(exp|ln|log|log2|log10|min|max|sqrt)\(")


class NoEquation(InvalidValue):
    """The text cannot be read as an equation."""


def tex(text: str) -> str:
    """An equation as a docstring writes it, in TeX.

    A blank between two factors multiplies, ``/`` divides what stands to its left in the product, ``^`` and
    ``**`` raise; a name is a function where its bracket follows at once.

    Parameters
    ----------
    text : str
        Such as ``s b h (34 + 5 a s / h) / t``.

    Raises
    ------
    NoEquation
        If it cannot be read, or is a lone name or number.
    """
    if _PROSE.search(text):
        raise NoEquation(f"'{text}' is no equation: it holds words.")
    reader = _Reader(text)
    written = reader.relation()
    if reader.tokens:
        raise NoEquation(f"'{text}' is no equation: it cannot be read from '{reader.tokens[0][1]}' on.")
    if not reader.relates and not _PRODUCT.match(text):
        raise NoEquation(f"'{text}' is no equation: it relates nothing.")
    return written


def marked_down(docstring: str) -> str:
    """The prose of a docstring in Markdown, its equations between dollar signs.

    Parameters
    ----------
    docstring : str
        Its text up to the first section.
    """
    return re.sub(r"``(.+?)``", lambda found: _inline(" ".join(found[1].split())), docstring, flags=re.DOTALL)


def equations(docstring: str) -> list[str]:
    """The equations that a docstring holds, in TeX and in its order."""
    found = []
    for text in re.findall(r"``(.+?)``", docstring, flags=re.DOTALL):
        try:
            found.append(tex(" ".join(text.split())))
        except NoEquation:
            continue
    return found


def _inline(text: str) -> str:
    try:
        return f"${tex(text)}$"
    except NoEquation:
        return f"`{text}`"


class _Reader:
    """Recursive descent over the tokens of one equation."""

    def __init__(self, text: str):
        self.tokens: list[tuple[str, str, bool]] = []
        self.relates = False
        self._in_bars = False
        at = 0
        while at < len(text):
            if text[at] == " ":
                at += 1
                continue
            found = _TOKEN.match(text, at)
            if found is None:
                raise NoEquation(f"'{text}' is no equation: '{text[at]}' has no meaning in one.")
            self.tokens.append((str(found.lastgroup), found[0], at > 0 and text[at - 1] != " "))
            at = found.end()

    def relation(self) -> str:
        parts = [self._sum()]
        while self._next_is("relation"):
            sign = self._take()
            parts += [_RELATIONS.get(sign, sign), self._sum()]
        return " ".join(parts)

    def _sum(self) -> str:
        parts = [self._signed()]
        while self._next() in ("+", "-"):
            parts += [self._take(), self._product()]
        return " ".join(parts)

    def _signed(self) -> str:
        return f"{self._take()}{self._product()}" if self._next() == "-" else self._product()

    def _product(self) -> str:
        written = self._raised()
        while self.tokens:
            if self._next() == "/":
                self._take()
                written = rf"\frac{{{_unbracketed(written)}}}{{{_unbracketed(self._raised())}}}"
            elif self._next() == "*":
                self._take()
                written = rf"{written} \cdot {self._raised()}"
            elif self._starts_a_factor():
                written = rf"{written}\,{self._raised()}"
            else:
                break
        return written

    def _raised(self) -> str:
        written = self._atom()
        while self._next() == "!":
            written += self._take()
        if self._next_is("power"):
            self._take()
            exponent = f"-{self._take() and self._atom()}" if self._next() == "-" else self._atom()
            written = f"{{{written}}}^{{{_unbracketed(exponent)}}}"
        return written

    def _atom(self) -> str:
        if not self.tokens:
            raise NoEquation("An equation ends before it is complete.")
        kind, text, _ = self.tokens[0]
        if kind == "dots":
            self._take()
            return r"\cdots"
        if kind == "number":
            return self._take()
        if kind == "name":
            return self._name()
        if text in ("(", "[", "|"):
            return self._bracketed()
        raise NoEquation(f"'{text}' stands where a symbol is due.")

    def _name(self) -> str:
        name = self._take()
        called = bool(self.tokens) and self.tokens[0][1] in ("(", "[") and self.tokens[0][2]
        if name == "sqrt" and called:
            return rf"\sqrt{{{_unbracketed(self._bracketed())}}}"
        if called:
            return f"{_symbol(name)}{self._bracketed()}"
        if name in _OPERATORS and name not in ("sum", "phi") and self._starts_a_factor():
            return f"{_symbol(name)} {self._raised()}"
        return _symbol(name)

    def _bracketed(self) -> str:
        closing = {"(": ")", "[": "]", "|": "|"}[opening := self._take()]
        outside, self._in_bars = self._in_bars, opening == "|"
        parts = [self.relation()]
        while self._next() == ",":
            self._take()
            parts.append(self.relation())
        self._in_bars = outside
        if self._next() != closing:
            raise NoEquation(f"A bracket '{opening}' is not closed.")
        self._take()
        return rf"\left{opening}{', '.join(parts)}\right{closing}"

    def _next(self) -> str:
        return self.tokens[0][1] if self.tokens else ""

    def _next_is(self, kind: str) -> bool:
        return bool(self.tokens) and self.tokens[0][0] == kind

    def _starts_a_factor(self) -> bool:
        opens = ("(", "[") if self._in_bars else ("(", "[", "|")
        return self._next_is("name") or self._next_is("number") or self._next() in opens

    def _take(self) -> str:
        kind, text, _ = self.tokens.pop(0)
        self.relates |= kind in ("relation", "power") or text in tuple("+-*/!")
        return text


def _unbracketed(written: str) -> str:
    """What a fraction or an exponent holds, without the brackets around all of it."""
    if not (written.startswith(r"\left(") and written.endswith(r"\right)")):
        return written
    inner = written[len(r"\left(") : -len(r"\right)")]
    depth = 0
    for sign in re.findall(r"\\left|\\right", inner):
        depth += 1 if sign == r"\left" else -1
        if depth < 0:
            return written
    return inner


def _symbol(name: str) -> str:
    """A symbol as it is set: functions by their sign, one letter with its index, longer names upright."""
    if name in _OPERATORS:
        return _OPERATORS[name]
    head, _, tail = name.partition("_")
    if tail:
        told = tail.replace("_", r"\ ")
        if head in _OPERATORS or len(head) == 1:
            index = told if len(told) == 1 else rf"\mathrm{{{told}}}"
            return f"{_OPERATORS.get(head, head)}_{{{index}}}"
        return rf"\mathrm{{{head}\ {told}}}"
    numbered = re.fullmatch(r"([A-Za-z]{1,2})(\d+)", name)
    if numbered:
        return f"{_upright(numbered[1])}_{{{numbered[2]}}}"
    return _upright(name)


def _upright(name: str) -> str:
    return name if len(name) == 1 else rf"\mathrm{{{name}}}"

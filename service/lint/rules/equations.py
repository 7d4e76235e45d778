"""Arithmetic written out in the text is done again: a×b＋c×d＝e, a÷b×100%＝c%.

Source: 财监〔2021〕4号 第六条（结论有依据、可核验）. Only figures and signs are read, never names.
Tolerance: half a unit of the last printed decimal of the result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from service.lint.document import Spot
from service.lint.finding import Finding, Severity
from service.lint.material import Material
from service.lint.numbers import DIGITS, decimals, exact
from service.report.figures import num, score

_EQUALS = re.compile(rf"[=＝]\s?(?P<n>[-−]?{DIGITS})(?P<unit>%|分|万元|亿元|元|个|人|项)?")
_LEFT = re.compile(r"[\d.,%+＋\-−–*×xX÷/／()（）\s分万元亿个人项]{3,160}$")
_TOKEN = re.compile(rf"({DIGITS})\s?(%|分|万元|亿元|元|个|人|项)?|([+＋\-−–*×xX÷/／()（）])")
_SIGNS = {
    "＋": "+",
    "−": "-",
    "–": "-",
    "×": "*",
    "x": "*",
    "X": "*",
    "÷": "/",
    "／": "/",
    "（": "(",
    "）": ")",
}
_DEEPEST = 8


class _NotArithmeticError(Exception):
    """The text is not one expression."""


def check(material: Material) -> Iterator[Finding]:
    """Yield equations whose two sides differ."""
    for spot, text in material.prose:
        for found in _EQUALS.finditer(text):
            left = _LEFT.search(text[max(found.start() - 160, 0) : found.start()])
            if left:
                yield from _judged(spot, left[0], found)


def _judged(spot: Spot, left: str, found: re.Match[str]) -> Iterator[Finding]:
    pieces = [p for p in re.split("[=＝]", left) if p]
    written = pieces[-1].strip(" 分万元亿个人项)）") if pieces else ""
    try:
        value = evaluate(pieces[-1].strip()) if pieces else None
    except (_NotArithmeticError, ZeroDivisionError):
        try:
            value = evaluate(written)
        except (_NotArithmeticError, ZeroDivisionError):
            return
    if value is None:
        return
    shown = exact(found["n"].lstrip("-−"))
    if found["n"][0] in "-−":
        shown = -shown
    places = decimals(found["n"])
    made = value * 100 if found["unit"] == "%" else value
    half = Fraction(1, 2 * 10**places)
    if abs(made - shown) > half:
        sign = "%" if found["unit"] == "%" else ""
        yield Finding(
            "sum.equation",
            Severity.ERROR,
            spot,
            f"{pieces[-1].strip()}{found[0]}",
            score(made, max(places, 2)) + sign,
            found["n"] + (found["unit"] or ""),
            f"{pieces[-1].strip()} = {num(made)}{sign}",
            f"±{num(half, places + 1)}{sign}",
        )


def evaluate(text: str) -> Fraction | None:
    """Return the value of an expression of figures, None if it holds no sign between two figures."""
    tokens: list[tuple[str, Fraction]] = []
    position = 0
    for found in _TOKEN.finditer(text):
        if text[position : found.start()].strip():
            raise _NotArithmeticError
        position = found.end()
        if found[1]:
            value = exact(found[1])
            tokens.append(("n", value / 100 if found[2] == "%" else value))
        else:
            tokens.append((_SIGNS.get(found[3], found[3]), Fraction(0)))
    if text[position:].strip() or sum(kind == "n" for kind, _ in tokens) < 2:
        raise _NotArithmeticError
    value, rest = _added(tokens, 0, 0)
    if rest != len(tokens):
        raise _NotArithmeticError
    return value


Tokens = list[tuple[str, Fraction]]


def _added(tokens: Tokens, at: int, depth: int) -> tuple[Fraction, int]:
    value, at = _times(tokens, at, depth)
    while at < len(tokens) and tokens[at][0] in "+-":
        sign = tokens[at][0]
        other, at = _times(tokens, at + 1, depth)
        value = value + other if sign == "+" else value - other
    return value, at


def _times(tokens: Tokens, at: int, depth: int) -> tuple[Fraction, int]:
    value, at = _single(tokens, at, depth)
    while at < len(tokens) and tokens[at][0] in "*/":
        sign = tokens[at][0]
        other, at = _single(tokens, at + 1, depth)
        value = value * other if sign == "*" else value / other
    return value, at


def _single(tokens: Tokens, at: int, depth: int) -> tuple[Fraction, int]:
    if at >= len(tokens) or depth > _DEEPEST:
        raise _NotArithmeticError
    kind, value = tokens[at]
    if kind == "n":
        return value, at + 1
    if kind == "(":
        value, at = _added(tokens, at + 1, depth + 1)
        if at < len(tokens) and tokens[at][0] == ")":
            return value, at + 1
    raise _NotArithmeticError

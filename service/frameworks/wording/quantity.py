"""What is measured: a formula written in the wording, and several figures each with its bound."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from service.frameworks.wording.intervals import Stretch, stretch
from service.frameworks.wording.text import short
from service.scoring.expressions import ExpressionError, names_of, read_expression

_FORMULA = re.compile(r"(?P<name>[\u4e00-\u9fffA-Za-z][\u4e00-\u9fffA-Za-z0-9]{1,29})=(?P<expr>[^;。\n=]+)")
_NOT = ("得分", "评分", "指标得分", "本指标得分", "分值", "计分", "该指标得分", "指标分值")
_HUNDRED = re.compile(r"[×*xX]100%?$")
_REMARK = re.compile(r"(?<=[\u4e00-\u9fffA-Za-z])\([^()+\-*/÷×]*\)")
_NAME = re.compile(r"[\u4e00-\u9fffA-Za-z_][\u4e00-\u9fffA-Za-z0-9_]*")
_SIGNS = str.maketrans({"×": "*", "÷": "/"})
_POINTLESS = re.compile(r"^(?:计算方式|计算方法|计算公式|公式|其中|按照?)[::]?")


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with its formula over named inputs."""

    name: str
    formula: str
    inputs: tuple[str, ...]

    def node(self) -> dict[str, Any]:
        """Return what the leaf holds for it."""
        return {
            "inputs": {name: {"label": name} for name in self.inputs},
            "measures": {self.name: self.formula},
        }


def measure_in(text: str, name: str) -> Measure | None:
    """Return the formula a plain text gives for the leaf `name`, or the only one; None without one."""
    found = [made for match in _FORMULA.finditer(text) if (made := _measure(match["name"], match["expr"]))]
    own = [one for one in found if one.name in name or name in one.name]
    return own[0] if own else found[0] if len(found) == 1 else None


def ratio_in(text: str, name: str) -> Measure | None:
    """Return the formula that stands before a comparing sign (节支额/预算额≥5%), None if none does."""
    found = re.search(
        r"([^,;。:\n≥≤<>]*[/÷][^,;。:\n≥≤<>]*?)(?:的比[例率重]?)?(?:[≥≤<>]|不低于|不高于|不超过|达到)", text
    )
    return _measure(short(name) or "比率", _POINTLESS.sub("", found.group(1))) if found else None


def _measure(name: str, text: str) -> Measure | None:
    if name in _NOT or name.endswith(("得分", "评分")):
        return None
    formula = formula_of(text)
    if formula is None:
        return None
    called = re.sub(r"^(?:其中|按|即|注)", "", name)
    inputs = tuple(dict.fromkeys(_NAME.findall(re.sub(r"\d[\d.]*[%\u4e00-\u9fff]*", "", formula))))
    inputs = tuple(one for one in inputs if one != "abs")
    return Measure(called, formula, inputs) if called not in inputs else None


def formula_of(text: str) -> str | None:
    """Return a formula of the wording as a framework writes it, None if it reads less than two names."""
    text = _cut(text)
    text = _HUNDRED.sub("", _REMARK.sub("", text)).translate(_SIGNS)
    text = _HUNDRED.sub("", text.strip("()") if text.count("(") != text.count(")") else text)
    text = re.sub(r"[“”\"《》]", "", text)
    spaced = re.sub(r"(?<=[^(+\-*/])([+\-*/])", r" \1 ", text)
    try:
        names = names_of(read_expression(spaced))
    except (ExpressionError, ValueError):
        return None
    return spaced if len(names) > 1 and all(len(name) <= 40 for name in names) else None


def _cut(text: str) -> str:
    """Return the text up to the first comma outside brackets and without a remark in brackets at its end."""
    depth = 0
    for n, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if sign == "," and depth <= 0:
            text = text[:n]
            break
    return re.sub(r"(?<=[%\d)\u4e00-\u9fff])\((?:数值|注|其中|按|取|不含|含|以)[^()]*\)?$", "", text)


@dataclass(frozen=True, slots=True)
class Bound:
    """One figure named with the stretch it has to lie in."""

    name: str
    stretch: Stretch


def bounds_in(text: str) -> tuple[Bound, ...]:
    """Return the figures a condition names beside each other, each with its bound; fewer than two: none."""
    found = []
    for part in re.split(r"[,、;]|且|以及|并且", text):
        one = stretch(part)
        if one is None:
            continue
        words = short(re.sub(r"(?:均|应|须|需|全年|的)+$", "", part[: one.where[0]]), 20)
        name = "".join(_NAME.findall(words))
        if not name or not (one.low or one.high):
            return ()
        found.append(Bound(name, one))
    names = {one.name for one in found}
    return tuple(found) if len(found) > 1 and len(names) == len(found) else ()


def condition_of(bounds: tuple[Bound, ...]) -> str:
    """Return the condition that every figure lies within its bound."""
    return " and ".join(f"{one.name} {_compared(one.stretch)}" for one in bounds)


def _compared(one: Stretch) -> str:
    end = one.low or one.high
    assert end is not None
    sign = (">" if one.low is not None else "<") + ("=" if end.closed else "")
    return f"{sign} {end.text}"

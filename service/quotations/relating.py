"""Evaluate a relation over printed and derived figures, exactly.

`slack` is the error that rounding of the printed operands may explain: half a unit of each one's last place.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from service.quotations.lookup import Figures, is_own, look_up
from service.quotations.printed import read_operand, read_printed
from service.quotations.relations import LITERAL, Relation

CONSECUTIVE = "连续"
ORDER_WORDS = {"递增", "递减", "相等", "不减", "不增"}


@dataclass(frozen=True, slots=True)
class Value:
    """What a relation or path gives: one number, a text, or several members; `missing` says why nothing."""

    number: Fraction | None = None
    text: str = ""
    numbers: tuple[Fraction, ...] = ()
    texts: tuple[str, ...] = ()
    slack: Fraction = Fraction(0)
    missing: str = ""


def relate(operand: str | Relation, printed: Mapping[str, str], figures: Figures) -> Value:
    """Return the value of a path, literal or relation; never raises."""
    if isinstance(operand, Relation):
        return _relation(operand, printed, figures)
    if operand in printed:
        return _printed(printed[operand])
    if is_own(operand):
        return _own(operand, figures)
    number = read_operand(operand)
    if number is not None:
        return Value(number, operand, (number,), (operand,))
    return Value(missing=f"没有“{operand}”这一条")


def is_ordered(word: str, numbers: tuple[Fraction, ...]) -> bool:
    """Return whether the numbers stand in the order the word says."""
    pairs = list(itertools.pairwise(numbers))
    tests = {
        "递增": all(a < b for a, b in pairs),
        "递减": all(a > b for a, b in pairs),
        "相等": all(a == b for a, b in pairs),
        "不减": all(a <= b for a, b in pairs),
        "不增": all(a >= b for a, b in pairs),
    }
    return tests.get(word, False)


def _printed(text: str) -> Value:
    figure = read_printed(text)
    if figure is not None:
        return Value(figure.value, text, (figure.value,), (text,), figure.step / 2)
    number = read_operand(text)
    return Value(number, text, (number,) if number is not None else (), (text,))


def _own(path: str, figures: Figures) -> Value:
    found = look_up(figures, path)
    if found.missing:
        return Value(missing=found.missing)
    slack = sum((f.step / 2 for t in found.texts if (f := read_printed(t))), Fraction(0))
    single = found.numbers[0] if len(found.numbers) == 1 and len(found.texts) <= 1 else None
    return Value(single, found.texts[0] if found.texts else "", found.numbers, found.texts, slack)


def _relation(relation: Relation, printed: Mapping[str, str], figures: Figures) -> Value:
    wanted = relation.operands[0] if relation.operands[0] in ORDER_WORDS else ""
    parts = [relate(operand, printed, figures) for operand in relation.operands[1 if wanted else 0 :]]
    gaps = [part.missing for part in parts if part.missing]
    if gaps:
        return Value(missing="；".join(dict.fromkeys(gaps)))
    if relation.kind == "count":
        size = len(parts) if len(parts) > 1 else _size(parts[0])
        return Value(Fraction(size), str(size))
    if relation.kind == "equal" and parts[0].number is None:
        return parts[0]
    numbers = tuple(number for part in parts for number in part.numbers)
    if relation.kind in ("sequence", "order"):
        if len(numbers) < 2:
            return Value(missing="可比较的数不足两个")
        words = _sequence(numbers) if relation.kind == "sequence" else _order(numbers)
        return Value(None, words, numbers, (str(wanted),))
    if not numbers or any(not part.numbers for part in parts):
        return Value(missing="有一项不是数")
    return _arithmetic(relation.kind, parts, numbers)


def _size(part: Value) -> int:
    return len([text for text in part.texts if text.strip() not in ("", "-", "——")]) or len(part.numbers)


def _arithmetic(kind: str, parts: list[Value], numbers: tuple[Fraction, ...]) -> Value:
    slack = sum((part.slack for part in parts), Fraction(0))
    if kind in ("sum", "weighted"):
        result = sum(numbers, Fraction(0))
    elif kind == "difference":
        result = numbers[0] - sum(numbers[1:], Fraction(0))
    elif kind == "product":
        result = Fraction(1)
        for number in numbers:
            result *= number
    elif kind == "ratio":
        if numbers[1] == 0:
            return Value(missing="除数是零")
        result = numbers[0] / numbers[1]
    elif kind == "mean":
        result = sum(numbers, Fraction(0)) / len(numbers)
    else:
        result = {"min": min, "max": max}.get(kind, max)(numbers)
    return Value(result, "", (result,), (), slack)


def _order(numbers: tuple[Fraction, ...]) -> str:
    return next(
        (word for word in ("相等", "递增", "递减", "不减", "不增") if is_ordered(word, numbers)), "次序不一"
    )


def _sequence(numbers: tuple[Fraction, ...]) -> str:
    faults = []
    for before, after in itertools.pairwise(numbers):
        if after == before:
            faults.append(f"{after} 重复")
        elif after != before + 1:
            faults.append(f"{before} 后为 {after}")
    return "；".join(faults) or CONSECUTIVE


def literal(operand: str) -> bool:
    """Return whether an operand is a number written out (or a day), not a path."""
    return bool(LITERAL.fullmatch(operand)) or read_operand(operand) is not None

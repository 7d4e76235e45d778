"""What differs between two values of a field, for eyes: numbers, lists by element, text by character.

- Tokens come back unescaped and are escaped by the page; nothing here makes markup.
- A Chinese character is a token, a run of Latin letters or digits is one; long equal stretches are left out.
- Texts too long to compare by character are compared by sentence, so the work is bounded.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from fractions import Fraction
from itertools import groupby

from service.scoring.quantities import exact_text

KEPT, TAKEN, GIVEN, SKIPPED = "=", "-", "+", "…"
WORK = 1_500_000
AROUND = 24
_TOKEN = re.compile(r"[A-Za-z0-9_.%]+|\s+|.", re.DOTALL)
_SENTENCE = re.compile(r"[^。；！？\n]*[。；！？\n]?", re.DOTALL)
_GLUED = re.compile(r"(?:[A-Za-z0-9_.%]{2}|\s{2})\Z")
_NUMBER = re.compile(r"-?\d+(?:\.\d+|/[1-9]\d*)?\Z")


class Shape(Enum):
    """How two values of a field are compared."""

    NUMBER = "number"
    LIST = "list"
    TEXT = "text"
    WORD = "word"


@dataclass(frozen=True, slots=True)
class Difference:
    """How a field changed.

    Args:
        shape: how it is shown; a number only if both values are numbers.
        delta: exact text of after − before for numbers.
        removed, added: elements of lists, as often as they went or came; `kept` how many stayed.
        tokens: runs of text, each with `KEPT`, `TAKEN`, `GIVEN`, or `SKIPPED` and a number of characters.
    """

    shape: Shape
    delta: str = ""
    removed: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    kept: int = 0
    tokens: tuple[tuple[str, str], ...] = ()


def compare(before: str, after: str, shape: Shape) -> Difference:
    """Return how `after` differs from `before`."""
    if shape is Shape.NUMBER and _NUMBER.match(before) and _NUMBER.match(after):
        return Difference(shape, delta=exact_text(Fraction(after) - Fraction(before)))
    if shape is Shape.LIST:
        return _of_lists(_elements(before), _elements(after))
    if shape is Shape.TEXT and before and after:
        return Difference(shape, tokens=tuple(_shortened(text_runs(before, after))))
    return Difference(Shape.WORD)


def _elements(text: str) -> list[str]:
    return [part for part in (text.splitlines() if "\n" in text else text.split("、")) if part]


def _of_lists(before: Sequence[str], after: Sequence[str]) -> Difference:
    old, new = Counter(before), Counter(after)
    gone, came = old - new, new - old
    return Difference(
        Shape.LIST,
        removed=tuple(_picked(before, gone)),
        added=tuple(_picked(after, came)),
        kept=sum((old & new).values()),
    )


def _picked(elements: Sequence[str], wanted: Counter[str]) -> list[str]:
    left, found = Counter(wanted), []
    for element in elements:
        if left[element] > 0:
            left[element] -= 1
            found.append(element)
    return found


def text_runs(before: str, after: str) -> list[tuple[str, str]]:
    """Return runs of kept, taken and given text; kept and taken make `before`, kept and given `after`."""
    head = _same(before, after)
    tail = _same(before[head:][::-1], after[head:][::-1])
    # Cut between whole tokens only, so that a number is never compared by digit.
    head, tail = _whole(before, after, head), _whole(before[::-1], after[::-1], tail)
    middle = _runs(before[head : len(before) - tail], after[head : len(after) - tail])
    return _joined([(KEPT, before[:head]), *middle, (KEPT, before[len(before) - tail :] if tail else "")])


def _same(one: str, other: str) -> int:
    """Return how many characters at the start are equal."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _whole(one: str, other: str, length: int) -> int:
    """Return the greatest length up to `length` that ends inside no run of letters or digits."""
    while length and any(_GLUED.match(text[length - 1 : length + 1]) for text in (one, other)):
        length -= 1
    return length


def _runs(before: str, after: str) -> list[tuple[str, str]]:
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    if len(old) * len(new) > WORK:
        old, new = _SENTENCE.findall(before), _SENTENCE.findall(after)
    if len(old) * len(new) > WORK:
        return [(TAKEN, before), (GIVEN, after)]
    runs: list[tuple[str, str]] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, came = "".join(old[a:b]), "".join(new[c:d])
        runs += [(KEPT, gone)] if kind == "equal" else [(TAKEN, gone), (GIVEN, came)]
    return runs


def _joined(runs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the runs without empty ones, neighbours of one kind as one."""
    filled = (run for run in runs if run[1])
    return [(kind, "".join(text for _, text in run)) for kind, run in groupby(filled, key=lambda run: run[0])]


def _shortened(runs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out the middle of long equal stretches, and their outer ends at the start and end of the text."""
    found: list[tuple[str, str]] = []
    for number, (kind, text) in enumerate(runs):
        first, last = number == 0, number == len(runs) - 1
        head, tail = 0 if first else AROUND, 0 if last else AROUND
        if kind != KEPT or len(text) <= head + tail + AROUND:
            found.append((kind, text))
            continue
        parts = (text[:head], text[len(text) - tail :] if tail else "")
        middle = (SKIPPED, str(len(text) - head - tail))
        found += [(KEPT, parts[0]), middle, (KEPT, parts[1])]
    return [run for run in found if run[1]]

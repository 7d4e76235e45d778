"""What is read and what is proposed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from typing import Any

from service.frameworks.wording.text import Clause, clauses, plain
from service.scoring.quantities import exact_text

Plain = dict[str, Any]


class Grade(StrEnum):
    """How a proposal stands: the wording says it, leaves it to judgement, or does not say it."""

    STATED = "stated"
    JUDGED = "judged"
    OPEN = "open"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {"stated": "原文写明", "judged": "原文留给裁量", "open": "原文没有写明"}[self.value]


@dataclass(frozen=True, slots=True)
class Wording:
    """What a table says of one leaf.

    Args:
        max: full marks in 分, None where none are printed; for a line `below` zero how far it goes down.
        target: the printed target.
        below, above: whether it stands in a block that only takes off, or only adds.
        grades: names of the grades, best first.
    """

    name: str
    criteria: str = ""
    explanation: str = ""
    max: Fraction | None = None
    target: str = ""
    below: bool = False
    above: bool = False
    grades: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """A wording in plain form, taken apart."""

    wording: Wording
    text: str
    around: str
    parts: tuple[Clause, ...]
    inner: bool = False

    @property
    def full(self) -> Fraction | None:
        """Return the full marks."""
        return self.wording.max

    @property
    def name(self) -> str:
        """Return the name of the leaf or part."""
        return self.wording.name


def said(wording: Wording, *, inner: bool = False) -> Said:
    """Return the wording taken apart."""
    parts = clauses(plain(wording.criteria))
    text = "\n".join(part.text for part in parts)
    around = "\n".join([*(part.text for part in clauses(plain(wording.explanation))), text])
    return Said(wording, text, around, parts, inner)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule for one leaf that waits for a person.

    Args:
        rule: as the framework writes it, None where the wording gives none.
        why: in sentences, what was read in which words.
        node: what else the leaf then holds (inputs, measures, missing, modifiers).
        events: downgrades and vetoes its items trigger.
        left: sentences about points that went into no part of the rule.
    """

    rule: Plain | None
    why: tuple[str, ...]
    grade: Grade = Grade.STATED
    node: Plain = field(default_factory=dict)
    events: tuple[Plain, ...] = ()
    left: tuple[str, ...] = ()

    def because(self, *why: str) -> Proposal:
        """Return the proposal with more reasons."""
        return replace(self, why=(*self.why, *why))


def points_text(value: Fraction) -> str:
    """Return points as a rule writes them."""
    return exact_text(value)


def amount_words(points: str) -> str:
    """Return points in words, e.g. ``20%`` as 满分的 20%."""
    return f"满分的 {points}" if points.endswith("%") else f"{points.replace('..', ' 至 ')} 分"


def letters(count: int) -> list[str]:
    """Return codes a, b, c …; beyond z with numbers."""
    return [chr(97 + n) if n < 26 else f"z{n}" for n in range(count)]

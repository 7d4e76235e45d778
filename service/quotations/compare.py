"""Compare what a source printed with what follows from it: agree, differ (with kind) or uncomputable.

- Pure. A printed number agrees when the exact one, rounded half-up at the printed places, is it.
- Every operand named by a published path counts as printed; our own figures count exactly.
- A difference with `declared` never fails; one without does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from service.quotations.lookup import Figures
from service.quotations.printed import agrees, exact_spelling, read_printed, spell, was_cut
from service.quotations.quoted import DIFFERENCES, Quoted
from service.quotations.relating import CONSECUTIVE, Value, is_ordered, relate

NO_GROUND = "来源未载可核算的关系"


@dataclass(frozen=True, slots=True)
class Agree:
    """The printed value follows; `computed` as text at the printed places."""

    path: str
    published: str
    computed: str


@dataclass(frozen=True, slots=True)
class Differ:
    """The printed value does not follow; `kind` is the Chinese word, `cause` of the declaration."""

    path: str
    published: str
    computed: str
    kind: str
    declared: bool
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Uncomputable:
    """Nothing can be computed to compare with, and why."""

    path: str
    published: str
    cause: str


Outcome = Agree | Differ | Uncomputable


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome of every published item in file order; `needless` are declarations of what agrees."""

    outcomes: tuple[Outcome, ...]
    needless: tuple[str, ...] = ()

    @property
    def agree(self) -> tuple[Agree, ...]:
        """What follows."""
        return tuple(o for o in self.outcomes if isinstance(o, Agree))

    @property
    def differ(self) -> tuple[Differ, ...]:
        """What does not follow, declared or not."""
        return tuple(o for o in self.outcomes if isinstance(o, Differ))

    @property
    def uncomputable(self) -> tuple[Uncomputable, ...]:
        """What nothing can be said of."""
        return tuple(o for o in self.outcomes if isinstance(o, Uncomputable))

    @property
    def undeclared(self) -> tuple[Differ, ...]:
        """The differences that fail a replay."""
        return tuple(d for d in self.differ if not d.declared)


def compare(items: Iterable[Quoted], figures: Figures) -> Comparison:
    """Return the outcome of every item against our figures and the other items."""
    listed = tuple(items)
    printed = {item.path: item.value for item in listed}
    outcomes = tuple(_outcome(item, printed, figures) for item in listed)
    needless = tuple(
        item.path
        for item, outcome in zip(listed, outcomes, strict=True)
        if item.declared is not None and isinstance(outcome, Agree)
    )
    return Comparison(outcomes, needless)


def _outcome(item: Quoted, printed: Mapping[str, str], figures: Figures) -> Outcome:
    if item.relation is not None:
        kind, value = item.relation.kind, relate(item.relation, printed, figures)
    elif item.computed:
        kind, value = "computed", relate(item.computed, printed, figures)
    else:
        return Uncomputable(item.path, item.value, _cause(item, NO_GROUND))
    if value.missing:
        return Uncomputable(item.path, item.value, _cause(item, value.missing))
    if kind == "order":
        return _of_order(item, value)
    if value.number is None:
        return _of_text(item, value.text, sequence=kind == "sequence")
    return _of_number(item, kind, value.number, value.slack)


def _cause(item: Quoted, default: str) -> str:
    return item.cause or (item.declared.cause if item.declared else "") or default


def _of_number(item: Quoted, relation: str, value: Fraction, slack: Fraction) -> Outcome:
    figure = read_printed(item.value)
    if figure is None:
        return _differ(item, exact_spelling(value), "wording")
    if agrees(figure, value):
        return Agree(item.path, item.value, spell(value, figure))
    if was_cut(figure, value):
        kind = "truncated"
    elif (
        relation in ("sum", "weighted", "difference") and abs(value - figure.value) <= slack + figure.step / 2
    ):
        kind = "rounding"
    else:
        kind = {"sum": "sum", "weighted": "sum", "count": "count", "equal": "inconsistent"}.get(
            relation, "arithmetic"
        )
        if relation == "computed" and item.computed.endswith(".rule"):
            kind = "rule"
    shown = spell(value, figure)
    return _differ(item, exact_spelling(value) if shown == spell(figure.value, figure) else shown, kind)


def _of_text(item: Quoted, text: str, *, sequence: bool) -> Outcome:
    if sequence:
        return Agree(item.path, item.value, text) if text == CONSECUTIVE else _differ(item, text, "numbering")
    same = "".join(item.value.split()) == "".join(text.split())
    return Agree(item.path, item.value, text) if same else _differ(item, text, "inconsistent")


def _of_order(item: Quoted, value: Value) -> Outcome:
    wanted = value.texts[0] or item.value.strip()
    if is_ordered(wanted, value.numbers):
        return Agree(item.path, item.value, value.text)
    return _differ(item, value.text, "order")


def _differ(item: Quoted, computed: str, kind: str) -> Differ:
    if item.declared is not None:
        return Differ(
            item.path, item.value, computed, DIFFERENCES[item.declared.kind], True, item.declared.cause
        )
    return Differ(item.path, item.value, computed, DIFFERENCES[kind], False)

"""The form a result is typed into: one description per rule kind, of which a page only draws the fields.

- A field's path is where its text goes in the plain form (FORMAT.md section 16): ``("inputs", "支出")``.
- What the rule reads comes first; `remark_fields` are the same for every leaf.
- A stored result may hold members the rule does not ask for; `left_over` shows them, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from service.scoring.expressions import VALUE, Expression, names_of
from service.scoring.framework import Node
from service.scoring.inputs import LeafInput
from service.scoring.methods.all_or_nothing import AllOrNothing
from service.scoring.methods.bands import Bands
from service.scoring.methods.base import Rule
from service.scoring.methods.bonus import Bonus
from service.scoring.methods.checklist import Checklist
from service.scoring.methods.combination import Combination, How
from service.scoring.methods.discretionary import Discretionary
from service.scoring.methods.levels import Levels
from service.scoring.methods.not_stated import NotStated
from service.scoring.methods.occurrence import CountingRule, CountStep, Item
from service.scoring.methods.per_occurrence import PerOccurrence
from service.scoring.methods.per_part import Join, PerPart
from service.scoring.methods.reverse import Reverse
from service.scoring.methods.survey import Survey
from service.scoring.points import Points
from service.scoring.states import State

SPARE_PARTS = 2
"""Empty rows offered where a result names its own parts."""
PART = "#"
Path = tuple[str, ...]


class EntryKind(StrEnum):
    """How a field is typed."""

    QUANTITY = "quantity"
    POINTS = "points"
    COUNT = "count"
    CHOICE = "choice"
    ELEMENT = "element"
    TICK = "tick"
    NAME = "name"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class EntryField:
    """One field.

    Args:
        unit: added to a bare number, e.g. ``万元``.
        hint: an example, or the range allowed.
        options: stored word and label of a choice.
        aside: rarely needed; a page may fold it away.
    """

    path: Path
    label: str
    kind: EntryKind
    unit: str = ""
    hint: str = ""
    options: tuple[tuple[str, str], ...] = ()
    aside: bool = False

    @property
    def name(self) -> str:
        """Return the name the field has in a form."""
        return "::".join(self.path)


YES_NO = (("yes", "是"), ("no", "否"))
STATES = tuple((state.value, state.label) for state in State)
RULINGS = tuple((step.value, step.label) for step in CountStep if step is not CountStep.NOT_STATED)
RECORD = (
    ("population", "总体"),
    ("sent", "发出"),
    ("returned", "收回"),
    ("valid", "有效"),
    ("method", "方式"),
)


def entry_fields(node: Node, given: LeafInput | None = None) -> tuple[EntryField, ...]:
    """Return the fields the rule of `node` reads; `given` tells which parts a result already names."""
    if node.rule is None:
        return ()
    found = _of(node.rule, node, given or LeafInput())
    return tuple({field.path: field for field in found}.values())


def remark_fields(node: Node) -> tuple[EntryField, ...]:
    """Return the fields every leaf has: missing state, words, chosen modifiers, points given directly."""
    offered = [m for m in node.modifiers if m.code and m.when is None and not m.always]
    picks = tuple(EntryField(("apply", m.code), m.title, EntryKind.TICK) for m in offered)
    return (
        *picks,
        EntryField(("actual",), "实际完成情况", EntryKind.WORDS),
        EntryField(("reason",), "给分理由", EntryKind.WORDS),
        EntryField(("note",), "备注", EntryKind.WORDS),
        EntryField(("state",), "缺失状态", EntryKind.CHOICE, options=STATES),
        EntryField(("ground",), "缺失的根据", EntryKind.WORDS),
        EntryField(("awarded",), "直接给分", EntryKind.POINTS, hint="规则算不出时"),
    )


def _of(rule: Rule, node: Node, given: LeafInput) -> Iterator[EntryField]:
    """Yield the fields of one rule; the order is that of the rule's own text."""
    make = _KINDS.get(type(rule))
    if make is not None:
        yield from make(rule, node, given)
    else:
        yield from _measured(rule.expressions(), node, rule)


def _measured(formulas: Iterable[Expression], node: Node, rule: Rule | None = None) -> Iterator[EntryField]:
    """Yield a field for every name the formulas lead to, declared ones in the order declared."""
    names = _leads_to(formulas, node)
    order = [*(name for name in node.declared if name in names), *sorted(names - set(node.declared))]
    for name in order:
        declared = node.declared.get(name)
        if name == VALUE.name:
            unit = _unit(rule, node)
            yield EntryField(("value",), "实际值", EntryKind.QUANTITY, unit, f"例：{_example(unit)}")
        elif declared is None:
            yield EntryField(("inputs", name), name, EntryKind.QUANTITY)
        else:
            yield EntryField(("inputs", name), declared.label or name, EntryKind.QUANTITY, declared.unit)


def _leads_to(formulas: Iterable[Expression], node: Node) -> set[str]:
    found: set[str] = set()
    todo = [name for formula in formulas for name in names_of(formula)]
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name in seen or name.startswith("money."):
            continue
        seen.add(name)
        measure = node.measures.get(name)
        if measure is None or measure.stated:
            found.add(name)
        if measure is not None:
            todo += names_of(measure.formula)
    return found


def _unit(rule: Rule | None, node: Node) -> str:
    """Return the unit a bare number means: that of the figures it is compared with, else the indicator's."""
    units = {figure.unit for figure in rule.bounds()} if rule is not None else set()
    if len(units) == 1:
        return units.pop()
    return "" if units else node.unit if rule is not None and rule.kind in ("proportional", "linear") else ""


def _example(unit: str) -> str:
    return {"%": "63.8%", "‰": "5‰"}.get(unit, f"12{unit}")


def _range(points: Iterable[Points | None]) -> list[Points]:
    return [one for one in points if one is not None and not one.fixed]


def _chosen(ranges: list[Points], label: str = "选定分") -> Iterator[EntryField]:
    if ranges:
        hint = "、".join(dict.fromkeys(str(one) for one in ranges))
        yield EntryField(("points",), label, EntryKind.POINTS, hint=hint)


def _all_or_nothing(rule: AllOrNothing, node: Node, given: LeafInput) -> Iterator[EntryField]:
    if rule.met is None and rule.when is None:
        yield EntryField(("met",), "是否符合", EntryKind.CHOICE, options=YES_NO)
    yield from _measured(rule.expressions(), node, rule)
    yield from _chosen(_range((rule.points, rule.otherwise)))


def _bands(rule: Bands, node: Node, given: LeafInput) -> Iterator[EntryField]:
    yield from _measured(rule.expressions(), node, rule)
    yield from _chosen(_range(band.points for band in rule.bands))


def _levels(rule: Levels, node: Node, given: LeafInput) -> Iterator[EntryField]:
    options = tuple(
        (level.code, f"{level.code}　{level.points} 分　{level.text}".rstrip("　")) for level in rule.levels
    )
    yield EntryField(("level",), "选定一级", EntryKind.CHOICE, options=options)
    yield from _chosen(_range(level.points for level in rule.levels))


def _counting(rule: CountingRule, node: Node, given: LeafInput) -> Iterator[EntryField]:
    for item in rule.items:
        if item.value is not None:
            yield from _measured((item.value,), node, rule)
        else:
            yield _item(rule, item)
    if any(item.step is CountStep.NOT_STATED for item in rule.items):
        yield EntryField(("step_ruling",), "不足一个怎样计", EntryKind.CHOICE, options=RULINGS, aside=True)


def _item(rule: CountingRule, item: Item) -> EntryField:
    if isinstance(rule, Reverse) and item.per is None and not item.fatal and not item.event:
        return EntryField(("deduct", item.code), item.title, EntryKind.COUNT, hint="扣几分")
    if item.code:
        return EntryField(("counts", item.code), item.title, EntryKind.COUNT, hint="次数")
    return EntryField(("count",), "次数", EntryKind.COUNT, hint="没有写 0")


def _reverse(rule: Reverse, node: Node, given: LeafInput) -> Iterator[EntryField]:
    yield from _counting(rule, node, given)
    label = "合计倒扣" if rule.items else "倒扣"
    yield EntryField(("points",), label, EntryKind.POINTS, hint="零或负数", aside=bool(rule.items))


def _bonus(rule: Bonus, node: Node, given: LeafInput) -> Iterator[EntryField]:
    if rule.items[0].per is None:
        yield EntryField(("points",), "加分", EntryKind.POINTS)
    else:
        yield from _counting(rule, node, given)


def _checklist(rule: Checklist, node: Node, given: LeafInput) -> Iterator[EntryField]:
    for element in rule.elements:
        whole, gate = "whole" if element.whole else "", "前提要点" if element.gate else ""
        path = ("elements", element.code)
        yield EntryField(path, element.name or element.code, EntryKind.ELEMENT, whole, gate)


def _survey(rule: Survey, node: Node, given: LeafInput) -> Iterator[EntryField]:
    groups = [group.name for group in rule.groups]
    for group in groups or [""]:
        for level in rule.levels:
            path = ("survey", group, level.name) if group else ("survey", level.name)
            label = f"{group} · {level.name}" if group else level.name
            yield EntryField(path, label, EntryKind.COUNT, hint="份数")
    yield EntryField(("value",), "只知道满意率", EntryKind.QUANTITY, "%", "例：92.5%")
    for name, label in RECORD:
        yield EntryField(("record", name), label, EntryKind.WORDS, aside=True)
    yield from (field for field in _of(rule.score, node, given) if field.path != ("value",))


def _combination(rule: Combination, node: Node, given: LeafInput) -> Iterator[EntryField]:
    for sub in rule.rules:
        if sub.when is not None:
            yield from _measured((sub.when,), node)
        own = given.rules.get(sub.code)
        fields = list(_of(sub.rule, node, own or LeafInput()))
        whole = own is None and _shared(rule, fields)
        for field in fields:
            yield field if whole else _under(("rules", sub.code), sub.title, field)
        if isinstance(sub.rule, Discretionary):
            yield EntryField(
                ("rules", sub.code, "reason"), f"{sub.title} · 理由", EntryKind.WORDS, aside=True
            )


def _shared(rule: Combination, fields: list[EntryField]) -> bool:
    """Return whether a sub-rule reads only figures of the whole result, which stand there once."""
    heads = {field.path[0] for field in fields}
    return heads <= {"inputs"} or (rule.how is How.FIRST_MATCH and heads <= {"inputs", "value"})


def _under(path: Path, title: str, field: EntryField) -> EntryField:
    plain = field.label in ("实际值", "选定分", "次数", "选定一级", "是否符合", "酌定分")
    return replace(field, path=(*path, *field.path), label=title if plain else f"{title} · {field.label}")


def _discretionary(rule: Discretionary, node: Node, given: LeafInput) -> Iterator[EntryField]:
    hint = f"{rule.low}–{rule.high}".replace("100%", "满分")
    yield EntryField(("points",), "酌定分", EntryKind.POINTS, hint=hint)


def _per_part(rule: PerPart, node: Node, given: LeafInput) -> Iterator[EntryField]:
    fixed = {part.code: part for part in rule.parts}
    for number, code in enumerate([*fixed] or [*given.parts, *[""] * SPARE_PARTS]):
        key = code if fixed else f"{PART}{number}"
        title = (fixed[code].name or code) if fixed else code or f"部分 {number + 1}"
        if not fixed:
            yield EntryField((PART, key), f"部分 {number + 1} 名称", EntryKind.NAME)
        for field in _of(rule.rule, node, given.parts.get(code, LeafInput())):
            yield _under(("parts", key), title, field)
        if rule.how is Join.WEIGHTED and (not fixed or fixed[code].weight is None):
            yield EntryField(("weights", key), f"{title} · 权重", EntryKind.COUNT)


def _not_stated(rule: NotStated, node: Node, given: LeafInput) -> Iterator[EntryField]:
    yield EntryField(("awarded",), "直接给分", EntryKind.POINTS, hint="来源未载评分规则")


_KINDS: Mapping[type[Rule], Callable[..., Iterator[EntryField]]] = {
    AllOrNothing: _all_or_nothing,
    Bands: _bands,
    Levels: _levels,
    PerOccurrence: _counting,
    Reverse: _reverse,
    Bonus: _bonus,
    Checklist: _checklist,
    Survey: _survey,
    Combination: _combination,
    Discretionary: _discretionary,
    PerPart: _per_part,
    NotStated: _not_stated,
}

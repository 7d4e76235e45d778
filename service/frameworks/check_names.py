"""Names that parts of a framework use of one another: inputs, measures, nodes, events, flags."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from service.frameworks.draft import Draft, Reading
from service.frameworks.fields import closest
from service.scoring.expressions import names_of
from service.scoring.states import Treat
from service.yamltext import Place


def check_names(reading: Reading) -> None:
    """Add a problem for every name that leads nowhere or in a circle."""
    drafts = {draft.code: draft for draft in reading.walk() if draft.code}
    events = {event.code for event in reading.head.get("events", ())}
    for draft in reading.walk():
        data = draft.data
        if data is None:
            continue
        _check_formulas(reading, draft, data)
        _check_circles(reading, draft, data)
        _check_shared(reading, draft, drafts)
        _check_targets(reading, draft, drafts)
        rule = data.get("rule")
        for event in sorted(rule.events() - events) if rule is not None else ():
            reading.complain(
                (*draft.place, "rule"),
                f"没有事项“{event}”",
                allowed="、".join(sorted(events)) or "（没有事项）",
                cure="在 events 里写上",
            )
    for n, cap in enumerate(reading.head.get("caps", ())):
        wrong = [name for name in names_of(cap.value) if not name.startswith("money.")]
        for name in sorted(wrong):
            reading.complain(
                ("caps", n, "value"),
                f"总分封顶只能用资金事实，不认识“{name}”",
                allowed="money.编号",
                cure="改用 money.编号",
            )
    flags = {flag for draft in reading.walk() if draft.data for flag in draft.data.get("flags", ())}
    for n, subtotal in enumerate(reading.head.get("subtotals", ())):
        if subtotal.flag not in flags:
            reading.complain(
                ("subtotals", n, "flag"),
                "没有指标带这个标签",
                allowed="、".join(sorted(flags)) or "（没有标签）",
                cure="在指标上写 flags",
            )


def _check_formulas(reading: Reading, draft: Draft, data: dict[str, Any]) -> None:
    """With declared inputs, every name of a formula must be one of them, a measure, ``value`` or money."""
    declared = set(data.get("inputs", {}))
    measures = data.get("measures", {})
    for name in sorted(declared & set(measures)):
        reading.complain((*draft.place, "measures", name), "与输入量同名", cure="改名")
    if not declared:
        return
    known = declared | set(measures) | {"value"}
    sources: list[tuple[Place, Iterable[Any]]] = [
        (("measures", name), (part["formula"],)) for name, part in measures.items()
    ]
    if data.get("rule") is not None:
        sources.append((("rule",), data["rule"].expressions()))
    for n, modifier in enumerate(data.get("modifiers", ())):
        sources.append(
            (("modifiers", n), [part for part in (modifier.value, modifier.when) if part is not None])
        )
    for place, formulas in sources:
        names = frozenset().union(*(names_of(formula) for formula in formulas)) if formulas else frozenset()
        for name in sorted(names - known):
            if not name.startswith("money."):
                reading.complain(
                    (*draft.place, *place),
                    f"算式里的“{name}”没有声明",
                    allowed="、".join(sorted(known)),
                    cure=closest(name, known),
                )


def _check_circles(reading: Reading, draft: Draft, data: dict[str, Any]) -> None:
    uses = {name: names_of(part["formula"]) for name, part in data.get("measures", {}).items()}
    for name in uses:
        reached, waiting = set[str](), list(uses[name])
        while waiting:
            one = waiting.pop()
            if one in uses and one not in reached:
                reached.add(one)
                waiting.extend(uses[one])
        if name in reached:
            reading.complain(
                (*draft.place, "measures", name), "中间量绕回了自己", cure="改算式，不要互相引用"
            )


def _check_shared(reading: Reading, draft: Draft, drafts: dict[str, Draft]) -> None:
    assert draft.data is not None
    code = draft.data.get("share_of")
    if not code:
        return
    other = drafts.get(code)
    if other is None or other is draft:
        reading.complain(
            (*draft.place, "share_of"), "没有这个指标", cure=closest(code, set(drafts) - {draft.code})
        )
    elif other.data is not None and (not other.leaf or other.data.get("share_of")):
        reading.complain(
            (*draft.place, "share_of"), "应指向自己有分值和规则的末级指标", cure="写那一行的编号"
        )


def _check_targets(reading: Reading, draft: Draft, drafts: dict[str, Draft]) -> None:
    assert draft.data is not None
    for state, treatment in draft.data.get("missing", {}).items():
        place = (*draft.place, "missing", str(state))
        for name, code in (("to", treatment.to), ("within", treatment.within)):
            if not code:
                continue
            other = drafts.get(code)
            if other is None or other is draft:
                reading.complain((*place, name), "没有这个指标", cure=closest(code, drafts))
            elif name == "to" and not (other.leaf and other.data and other.data.get("max") is not None):
                reading.complain((*place, name), "分值只能移到有满分的末级指标", cure="写末级指标的编号")
            elif name == "within" and draft not in list(other.walk()):
                reading.complain((*place, name), "本指标不在这一枝内", cure="写本指标上面某一级的编号")
        if treatment.treat is not Treat.MOVED and treatment.to:
            reading.complain((*place, "to"), "只有 moved 写 to", cure="删去")

"""Second pass: what parts must be to one another; works on whatever could be converted."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from service.frameworks.build import full_of, shared, total_kind
from service.frameworks.check_names import check_names
from service.frameworks.draft import Draft, Reading
from service.scoring.framework import BlockKind, Phase, TotalKind
from service.scoring.methods.bands import ANYWHERE, border_faults
from service.scoring.methods.not_stated import NotStated
from service.scoring.quantities import show_short
from service.scoring.states import Treat
from service.yamltext import Place


def check(reading: Reading) -> None:
    """Add every problem of the framework as a whole to `reading`."""
    _check_codes(reading)
    for draft in reading.walk():
        if draft.data is not None:
            _check_node(reading, draft, draft.data)
    for block in reading.blocks:
        _check_block(reading, block)
        _check_block_maxima(reading, block)
    _check_top(reading)
    _check_head(reading)
    _check_defects(reading)
    check_names(reading)


def _check_codes(reading: Reading) -> None:
    seen: dict[str, Place] = {}
    for draft in [*reading.walk(), *reading.blocks]:
        if not draft.code:
            continue
        if draft.code in seen:
            line = reading.document.line(seen[draft.code])
            reading.complain((*draft.place, "code"), f"编号重复，第 {line} 行已用过", cure="换一个编号")
        seen.setdefault(draft.code, (*draft.place, "code"))


def _check_node(reading: Reading, draft: Draft, data: dict[str, Any]) -> None:
    if draft.leaf:
        _check_leaf(reading, draft, data)
    else:
        for name in ("rule", "share_of", "modifiers", "inputs", "measures"):
            if name in data:
                reading.complain((*draft.place, name), "有下级的指标不写这一项", cure="移到末级指标")
        _check_sum(reading, draft, data)
    if draft.leaf and "pool" in data:
        reading.complain((*draft.place, "pool"), "末级指标没有共享分值", cure="写在上级指标")


def _check_leaf(reading: Reading, draft: Draft, data: dict[str, Any]) -> None:
    rule, shares = data.get("rule"), data.get("share_of")
    if shares:
        for name in ("rule", "max"):
            if name in data:
                reading.complain((*draft.place, name), "合并计分的行不写这一项", cure="删去，或删去 share_of")
        return
    if rule is None:
        reading.complain(
            draft.place, "末级指标缺少评分规则", cure="写 rule；来源没有的写 rule: {kind: not_stated}"
        )
        return
    full = full_of(draft)
    if full is None and not _may_lack_points(reading, draft):
        reading.complain(draft.place, "末级指标缺少满分", cure="写 max；分值只到上级的，在上级写 max")
    for fault in rule.faults(full):
        reading.complain(
            (*draft.place, "rule", *fault.place), fault.message, allowed=fault.allowed, cure=fault.cure
        )
    _check_treatments(reading, draft, data)


def _may_lack_points(reading: Reading, draft: Draft) -> bool:
    if reading.head.get("template") or total_kind(reading.head) is TotalKind.NONE:
        return True
    above = draft.parent
    while above is not None:
        if above.data is None or above.data.get("max") is not None:
            return True
        above = above.parent
    return False


def _check_treatments(reading: Reading, draft: Draft, data: dict[str, Any]) -> None:
    rule, full = data["rule"], full_of(draft)
    for state, treatment in data.get("missing", {}).items():
        place: Place = (*draft.place, "missing", str(state))
        if treatment.treat is Treat.LEVEL and rule.coded(treatment.level, full or Fraction(1)) is None:
            reading.complain(place, f"规则里没有分值固定的档“{treatment.level}”", cure="写 level: 档的编号")
        if treatment.treat is Treat.MOVED and not treatment.to:
            reading.complain(place, "没有写移到哪个指标", cure="写 to: 指标编号")
        if treatment.treat is Treat.WORST and isinstance(rule, NotStated):
            reading.complain(place, "规则来源未载，没有最低档", cure="改用 zero 或 not_scored")


def _check_sum(reading: Reading, draft: Draft, data: dict[str, Any]) -> None:
    printed = data.get("max")
    below = [full_of(child) for child in draft.children if not shared(child)]
    if printed is None or data.get("pool") or any(child.data is None for child in draft.walk()):
        return
    stated = [value for value in below if value is not None]
    if not stated:
        return
    if len(stated) != len(below):
        reading.complain((*draft.place, "max"), "下级有的有分值，有的没有", cure="都写上，或都不写")
    elif sum(stated) != printed and not _declared(reading, draft.code):
        _sum_fault(reading, (*draft.place, "max"), printed, sum(stated, Fraction(0)), draft.code)


def _sum_fault(reading: Reading, place: Place, printed: Fraction, total: Fraction, path: str) -> None:
    reading.complain(
        place,
        f"满分 {show_short(printed)} 不等于下级之和 {show_short(total)}",
        allowed=show_short(total),
        cure=f"改分值；原件就这样印的，在 printed_defects 里声明 path: {path}",
    )


def _declared(reading: Reading, path: str) -> bool:
    return any(defect.path == path for defect in reading.head.get("printed_defects", ()))


_NEEDED = {
    BlockKind.NEGATIVE: ("floor",),
    BlockKind.BONUS: ("cap",),
    BlockKind.MIXED: ("floor", "cap"),
}


def _check_block(reading: Reading, block: Draft) -> None:
    if block.data is None:
        return
    needed = _NEEDED[block.data["kind"]]
    for name in ("floor", "cap"):
        if name in needed and name not in block.data:
            reading.complain(block.place, f"缺少 {name}", allowed="分数或 none", cure=f"写 {name}")
        if name not in needed and name in block.data:
            reading.complain((*block.place, name), "这种块不写这一项", cure="删去，或改 kind: mixed")
    if (block.data.get("floor") or 0) > 0 or (block.data.get("cap") or 0) < 0:
        reading.complain(block.place, "floor 应不大于零，cap 应不小于零", cure="检查正负号")


def _check_block_maxima(reading: Reading, block: Draft) -> None:
    for child in (draft for top in block.children for draft in top.walk()):
        if child.data and child.data.get("max"):
            place = (*child.place, "max")
            reading.complain(place, "加减分块里的指标满分应是 0", allowed="0", cure="删去 max")


def _check_top(reading: Reading) -> None:
    head, kind = reading.head, total_kind(reading.head)
    if kind is TotalKind.COMPOSITE:
        _check_composite(reading)
    elif head.get("composite"):
        reading.complain(("composite",), "total 不是 composite 时不写这一项", cure="删去其中一个")
    if kind is TotalKind.NONE:
        for name in ("max", "grades", "caps"):
            if name in head:
                reading.complain((name,), "不设总分时不写这一项", cure="删去，或改 total")
    if kind is TotalKind.SUM and "max" in head and not any(draft.data is None for draft in reading.walk()):
        stated = [full for full in (full_of(draft) for draft in reading.nodes) if full is not None]
        if stated and sum(stated) != head["max"] and not _declared(reading, "max"):
            _sum_fault(reading, ("max",), head["max"], sum(stated, Fraction(0)), "max")


def _check_composite(reading: Reading) -> None:
    rows = reading.head.get("composite")
    if not rows:
        if "composite" not in reading.head:
            reading.complain(("total",), "total 是 composite，却没有写 composite", cure="写上各部分与权重")
        return
    roots = {draft.code: draft for draft in reading.nodes}
    for n, row in enumerate(rows):
        if row.node not in roots:
            reading.complain(
                ("composite", n, "node"), "不是一级指标", allowed="、".join(roots), cure="写一级指标的编号"
            )
        elif roots[row.node].data is not None and full_of(roots[row.node]) is None:
            reading.complain(("composite", n, "node"), "这个部分没有满分", cure="在该一级指标写 max")
        if row.node in [other.node for other in rows[:n]]:
            reading.complain(("composite", n, "node"), "重复", cure="删去一个")
    if sum(row.weight for row in rows) != 1:
        reading.complain(("composite",), "权重之和不是 100%", allowed="100%", cure="改权重")


def _check_head(reading: Reading) -> None:
    _check_grade_names(reading)
    for name in ("events", "caps"):
        codes = [row.code for row in reading.head.get(name, ())]
        for n, code in enumerate(codes):
            if code in codes[:n]:
                reading.complain((name, n, "code"), "编号重复", cure="换一个编号")
    for n, cap in enumerate(reading.head.get("caps", ())):
        for fault in border_faults([band.when for band in cap.bands], gaps=True, domain=ANYWHERE):
            reading.complain(("caps", n, *fault.place), fault.message, allowed=fault.allowed, cure=fault.cure)
    _check_order(reading, reading.head.get("order"))


def _check_grade_names(reading: Reading) -> None:
    grades = reading.head.get("grades")
    known = grades.names if grades else ()
    for name in ("events", "consequences"):
        for n, row in enumerate(reading.head.get(name, ())):
            if row.grade and row.grade not in known:
                allowed = "、".join(known) or "（没有等次）"
                reading.complain((name, n, "grade"), "没有这个等次", allowed=allowed, cure="写等次表里的名称")


def _check_order(reading: Reading, order: Iterable[Phase] | None) -> None:
    if order is None:
        return
    phases = list(order)
    allowed = "、".join(Phase)
    if sorted(phases) != sorted(Phase):
        reading.complain(("order",), "每个步骤要恰好写一次", allowed=allowed, cure="补上缺的，删去重复的")
    elif phases[:2] != [Phase.LEAVES, Phase.LEVELS] or phases[-1] is not Phase.CONSEQUENCES:
        reading.complain(("order",), "leaves、levels 在最先，consequences 在最后", cure="调整次序")
    elif phases.index(Phase.GRADE) != len(phases) - 2 or phases.index(Phase.VETO) > phases.index(Phase.GRADE):
        reading.complain(("order",), "grade 在 consequences 之前、其他各步之后", cure="调整次序")


def _check_defects(reading: Reading) -> None:
    known = {draft.code: draft for draft in reading.walk()}
    for n, defect in enumerate(reading.head.get("printed_defects", ())):
        draft = known.get(defect.path)
        if draft is None or draft.data is None or draft.leaf or any(one.data is None for one in draft.walk()):
            continue
        if draft.data.get("max") == full_of(draft):
            reading.complain(
                ("printed_defects", n), "声明了差错，分值却是对的", cure="删去这一条，或按原件写分值"
            )

"""One leaf's wording becomes a proposal: the readers in their order, then what the rest of it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from service.frameworks.form_values import rule_problems
from service.frameworks.wording import counted, judged, measured
from service.frameworks.wording.amounts import amounts
from service.frameworks.wording.base import Grade, Plain, Proposal, Said, Wording, said
from service.frameworks.wording.quantity import Measure
from service.frameworks.wording.text import plain, sentences, short

_MISSING = re.compile(
    r"(?:不能|未能|没有|未|无法|无)(?:提供)?[^,;。\n]{0,12}?(?:佐证|证明材料|数据|资料|材料)[^,;。\n]{0,8}?,?(?:则|一律|均)?(?P<as>视同|视为|按)(?P<what>[^,;。\n]{1,20})"
)
_NO_PROOF = re.compile(
    r"(?:不能|未能|没有|未|无法|无)提供[^,;。\n]{0,8}?(?:佐证|数据)[^,;。\n]{0,8}?,?(?:则|一律)?(?:不得分|得?0分)"
)
_CAP = re.compile(
    r"(?P<when>[^。;\n]*?),?但?(?:最高分?|得分|评分|最高得分)(?:均)?(?:不能|不得|不)(?:超过|高于)(?:该|本)?(?:项|指标)?(?:的)?(?:分值|满分|权重|总分)?的?(?P<p>\d+(?:\.\d+)?)%"
)
_WEIGHTY = re.compile(r"扣|得分|不得|酌情|否决|视同|视为|加分|上限|不超过")
_SCALED = re.compile(r"折算|按比例|插值|线性|递减|递增|同比例")
_ADJUSTED = re.compile(r"折算|插值|同比例|按比例(?!扣|计算扣|递减)")
_BONUS = re.compile(r"加\d+(?:\.\d+)?分|奖励\d")
_EMPTY = re.compile(r"^[\s/\\—–\-无]*$")


def propose(wording: Wording) -> Proposal:
    """Return what the wording of a leaf is read as; its rule is sound for the full marks, or None."""
    given = said(wording)
    if _EMPTY.match(given.text):
        return _unsaid(wording)
    return _finished(given, _read(given))


def _unsaid(wording: Wording) -> Proposal:
    words = "表中没有这一项的评分标准"
    if wording.target.strip():
        words += f"，只有指标值“{wording.target.strip()[:40]}”；达到或未达到各得几分没有写"
    return Proposal({"kind": "not_stated"}, (words,), Grade.OPEN)


def _read(given: Said) -> Proposal:
    for reader in _readers(given):
        found = reader()
        if found is not None and _sound(given, found):
            return found
    words = (
        "这段文字里没有认出得分或扣分的写法"
        if not amounts(given.text)
        else "写了分数，但怎样得到这些分数没有认出来"
    )
    return Proposal(None, (f"{words}；请对照原文选定规则",), Grade.OPEN)


def _sound(given: Said, found: Proposal) -> bool:
    """Return whether the rule fits the full marks and has a kind that can do what the words ask for."""
    if found.rule is None:
        return True
    stepwise = found.rule["kind"] in ("all_or_nothing", "levels", "bands", "discretionary")
    if _BONUS.search(given.text) and found.rule["kind"] not in ("bonus", "reverse"):
        return False
    if found.rule["kind"] == "per_occurrence" and _ADJUSTED.search(given.text):
        return False
    if stepwise and _SCALED.search(given.text) and not given.wording.below:
        return False
    return not rule_problems(found.rule, _scale(given))


def _scale(given: Said) -> Fraction | None:
    return Fraction(0) if given.wording.below or given.wording.above else given.full


def _readers(given: Said) -> Iterator[Callable[[], Proposal | None]]:
    """Yield the readers in the order they are asked; the first that reads a sound rule is taken."""
    if given.wording.below:
        yield lambda: counted.reverse(given)
        return
    if given.wording.above:
        yield lambda: counted.bonus(given)
        return
    known: Measure | None = measured.known_measure(given)
    if not given.inner and "满意" in given.around:
        yield lambda: measured.survey(given)
    yield lambda: measured.line(given)
    yield lambda: judged.checklist(given)
    yield lambda: _two_bands(given, known)
    yield lambda: judged.combination(given, _read)
    yield lambda: counted.per_occurrence(given, known)
    yield lambda: measured.proportional(given)
    yield lambda: judged.all_or_nothing(given, known)
    if given.inner:
        yield lambda: _part_judged(given)
    yield lambda: judged.levels(given)
    yield lambda: judged.discretionary(given)
    yield lambda: _only_full(given)


def _two_bands(given: Said, known: Measure | None) -> Proposal | None:
    """Return bands; full marks or nothing on one edge is 全有或全无."""
    found = measured.bands(given, known)
    if found is None or found.rule is None or len(found.rule["bands"]) > 2:
        return found
    return judged.all_or_nothing(given, known) or found


def _part_judged(given: Said) -> Proposal | None:
    """Return 酌情 for a part that gives its points on a description and leaves the rest to judgement."""
    return (
        judged.discretionary(given)
        if len(re.findall(r"\d分", given.text)) <= 1 or "满" in given.text
        else None
    )


def _only_full(given: Said) -> Proposal | None:
    """Return 酌情 for a wording that says when full marks are given and nothing of the rest."""
    found = amounts(given.text)
    if len(found) != 1 or not (found[0].full or found[0].of(given.full) == given.full):
        return None
    why = f"只写了“{short(given.text, 40)}”得满分，没有达到的怎样给分没有写，由评价人员裁量"
    return Proposal({"kind": "discretionary"}, (why,), Grade.JUDGED)


def _finished(given: Said, found: Proposal) -> Proposal:
    """Return the proposal with what else the wording says: missing proof, caps, and what is left unread."""
    node: Plain = dict(found.node)
    why = list(found.why)
    if found.rule is not None and found.rule["kind"] != "not_stated" and not given.wording.below:
        node |= _treatment(given, why)
        caps = _caps(given, why)
        if caps:
            node["modifiers"] = [*node.get("modifiers", []), *caps]
    return replace(found, node=node, why=tuple(why), left=_left(given, found))


def _treatment(given: Said, why: list[str]) -> Plain:
    if one := _MISSING.search(given.around):
        why.append(f"“{short(one.group(), 40)}”：没有佐证的按最低档")
        return {"missing": {"not_given": {"treat": "worst", "ground": short(one.group(), 80)}}}
    if one := _NO_PROOF.search(given.around):
        why.append(f"“{short(one.group(), 40)}”：没有佐证的得 0 分")
        return {"missing": {"not_given": {"treat": "zero", "ground": short(one.group(), 80)}}}
    return {}


def _caps(given: Said, why: list[str]) -> list[Plain]:
    rows: list[Plain] = []
    for text in (plain(given.wording.explanation), given.text):
        if one := _CAP.search(text):
            name = short(one["when"].rpartition("。")[2], 60) or "封顶"
            rows.append({"kind": "cap", "code": f"cap{len(rows) + 1}", "share": f"{one['p']}%", "name": name})
            why.append(f"“{short(one.group(), 40)}”：最高得分值的 {one['p']}%，需要时使用")
    return rows


def _left(given: Said, found: Proposal) -> tuple[str, ...]:
    """Return the sentences about points that nothing in the proposal cites."""
    if found.rule is None or found.rule["kind"] in ("discretionary", "not_stated"):
        return ()
    judged_parts = found.rule["kind"] in ("combination", "levels", "reverse")
    rows = []
    for one in sentences(given.text):
        unread = (
            not amounts(one)
            and _WEIGHTY.search(one)
            and not re.search(r"扣完为止|对照|进行评分|评价要点|=", one)
        )
        loose = ("酌情" in one and not judged_parts) or _stray(one, found)
        if _MISSING.search(one) or _CAP.search(one):
            continue
        if (unread and not judged_parts) or loose:
            rows.append(short(one, 120))
    return tuple(rows)


def _stray(one: str, found: Proposal) -> bool:
    return any(each.judged for each in amounts(one)) and found.grade is not Grade.OPEN

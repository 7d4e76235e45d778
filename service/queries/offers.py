"""Deductions the system offers because of what happened; a person decides, an offer never moves a point.

- Where the framework has an indicator flagged ``自评工作``, lateness of the self-assessment, every round of
  correction and every late answer are counted and offered there.
- Every finding of the site work is offered at each indicator it concerns, with its evidence.
- An offer counts as taken while a deduction that stands at its indicator names its `mark` in the reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.fieldwork import Finding, Supplement, SupplementState
from service.models.score import Deduction, ReasonState
from service.models.selfassessment import SelfAssessment
from service.queries.evidence import linked_evidence
from service.queries.once import rows_of
from service.queries.sheet import framework_of
from service.scoring.framework import Node
from service.scoring.methods.occurrence import CountingRule
from service.scoring.quantities import exact_text

FLAG = "自评工作"
LATE, ROUNDS, ANSWERS = "自评报送逾期", "要求补正", "补正答复逾期"
ON_RECORD = "见本评价的留痕和补正记录"
FOUND = "现场核查发现"
LINKED = "finding"

Links = Mapping[tuple[str, str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Offer:
    """One deduction worth considering.

    Args:
        mark: by which a deduction made of it is known again, part of `reason`.
        amount: what the rule takes for so many occurrences, "" where the rule does not say.
        no_evidence: why no file is named, "" where `evidence` names some.
        taken: codes of the deductions made of it that stand.
    """

    node: str
    mark: str
    reason: str
    count: int
    amount: str = ""
    clause: str = ""
    evidence: tuple[str, ...] = ()
    no_evidence: str = ""
    taken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Happened:
    """What happened: how often, in words, and what speaks for it."""

    mark: str
    reason: str
    count: int
    evidence: tuple[str, ...]


def offered_deductions(session: Session, case: Evaluation, *, sheet: str = "") -> tuple[Offer, ...]:
    """Return what is worth considering at each leaf, in the order of the framework.

    Empty before a plan was approved.
    """
    if case.framework_id is None:
        return ()
    links = linked_evidence(session, case)
    counted = tuple(one for one in _counted(session, case, links) if one.count)
    found = tuple(_found(session, case, links))
    standing = _standing(session, case, sheet)
    return tuple(
        _offer(node, one, standing.get(node.code, ()))
        for node in framework_of(session, case).walk()
        if node.leaf
        for one in (
            *(counted if FLAG in node.flags else ()),
            *(one for nodes, one in found if node.code in nodes),
        )
    )


def _offer(node: Node, one: _Happened, standing: Sequence[Deduction]) -> Offer:
    return Offer(
        node=node.code,
        mark=one.mark,
        reason=one.reason,
        count=one.count,
        amount=_amount(node, one.count),
        clause=node.clause or (f"{node.code} {node.name}评分规则" if node.rule is not None else ""),
        evidence=one.evidence,
        no_evidence="" if one.evidence else ON_RECORD,
        taken=tuple(row.code for row in standing if one.mark in row.reason),
    )


def _amount(node: Node, count: int) -> str:
    """Return what so many occurrences cost, "" unless the rule names one price for its only item."""
    rule = node.rule
    items = rule.items if isinstance(rule, CountingRule) else ()
    if len(items) != 1 or items[0].per is None or not items[0].per.fixed:
        return ""
    return exact_text(items[0].per.limits(node.max or Fraction(0))[0] * count)


def _standing(session: Session, case: Evaluation, sheet: str) -> dict[str, list[Deduction]]:
    found: dict[str, list[Deduction]] = {}
    for row in sorted(rows_of(session, Deduction, case.id), key=lambda one: one.code):
        if row.sheet == sheet and row.state is not ReasonState.WITHDRAWN:
            found.setdefault(row.node, []).append(row)
    return found


def _counted(session: Session, case: Evaluation, links: Links) -> Iterator[_Happened]:
    """Yield lateness and rounds of the self-assessment, none of them left out for being zero."""
    rounds = rows_of(session, SelfAssessment, case.id)
    known = sorted(rows_of(session, Supplement, case.id), key=lambda one: one.code)
    asked = [one for one in known if one.state is not SupplementState.DRAFT]
    late = [one for one in rounds if one.late]
    days = "、".join(str(one.submitted_on) for one in late if one.submitted_on)
    yield _Happened(LATE, f"{LATE} {len(late)} 次：期限 {case.self_due_on}，{days} 报送", len(late), ())
    sent = len({one.round for one in asked})
    yield _Happened(
        ROUNDS, f"{ROUNDS} {sent} 轮：{'、'.join(one.code for one in asked)}", sent, _evidence(asked, links)
    )
    over = [one for one in asked if one.answered_on is not None and one.answered_on > one.due_on]
    said = "；".join(f"{one.code} 期限 {one.due_on}，{one.answered_on} 答复" for one in over)
    yield _Happened(ANSWERS, f"{ANSWERS} {len(over)} 次：{said}", len(over), _evidence(over, links))


def _evidence(asked: Sequence[Supplement], links: Links) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for one in asked for code in links.get(("supplement", one.code), ())))


def _found(session: Session, case: Evaluation, links: Links) -> Iterator[tuple[tuple[str, ...], _Happened]]:
    """Yield every finding with the indicators it concerns."""
    for row in sorted(rows_of(session, Finding, case.id), key=lambda one: one.code):
        mark = f"{FOUND} {row.code}："
        happened = _Happened(mark, f"{mark}{row.text}", 1, links.get((LINKED, row.code), ()))
        yield tuple(map(str, row.nodes)), happened

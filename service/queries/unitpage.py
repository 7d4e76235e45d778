"""What the unit and its department see and fill in of a 自评: lines, parts, tasks, requests.

A constant number of queries whatever the size of the case; nothing is computed that a page cannot explain.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation, MoneyFact
from service.models.selfassessment import Claim, SelfAssessment, SelfState
from service.queries.asked import Asked, asked_of
from service.queries.evidence import linked_evidence, pieces_with_links
from service.queries.once import rows_of
from service.queries.selfparts import (
    FINISHED,
    Foot,
    SubProject,
    Survey,
    cross_foot,
    seen_parts,
    subprojects_of,
    survey_of,
    texts_of,
)
from service.queries.sheet import framework_of
from service.queries.views import printed_max
from service.scoring.framework import Framework, Node
from service.scoring.quantities import exact, exact_text, read_quantity
from service.workflow.deadlines import days_late, load_calendar, working_days
from service.workflow.stages import Stage

STATE_WORDS = {
    SelfState.DRAFT: "填报中",
    SelfState.SUBMITTED: "已报送",
    SelfState.WITHDRAWN: "已撤回",
    SelfState.REVIEWED: "主管部门已审核",
    SelfState.RETURNED: "已退回",
}
FAR = Fraction(3, 10)
"""From this much apart of the target on, a line has to say why (财预〔2020〕10号：偏离较大须说明)."""
_CALENDAR = load_calendar()


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One line of the 自评表 with what it is measured against.

    Args:
        max: full marks as exact text; `rate` actual by target if both are quantities of one kind.
        open: whether the line may be edited now; `version` 0 if nobody wrote it yet.
        flaws: what is wrong with it as it stands.
    """

    code: str
    name: str
    above: str
    max: str | None
    target: str
    actual: str
    points: str | None
    deviation: str
    version: int
    rate: str | None
    open: bool
    evidence: tuple[str, ...]
    rule: str
    flaws: tuple[str, ...]

    @property
    def filled(self) -> bool:
        """Return whether the unit has said what it achieved and what it claims."""
        return bool(self.actual) and self.points is not None


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """One money fact of the case."""

    code: str
    name: str
    kind: str
    fen: int | None
    printed: str
    source: str


@dataclass(frozen=True)
class UnitPage:
    """One 自评 as it stands now."""

    round: int
    state: str
    label: str
    late: bool
    submitted_on: date | None
    due_on: date | None
    left: int
    overdue: int
    rows: tuple[ClaimRow, ...]
    total: str | None
    grade: str
    texts: Mapping[str, str]
    finished: tuple[str, ...]
    subprojects: tuple[SubProject, ...]
    survey: Survey
    money: tuple[MoneyLine, ...]
    feet: tuple[Foot, ...]
    asked: tuple[Asked, ...]
    evidence: int
    opened: frozenset[str]
    caps: tuple[str, ...]
    max: str | None
    seen: Mapping[str, str] = field(default_factory=dict)

    @property
    def summed(self) -> str | None:
        """Return the sum of what is claimed, None while nothing is."""
        claimed = [exact(row.points) for row in self.rows if row.points is not None]
        return exact_text(sum(claimed, Fraction(0))) if claimed else None

    @property
    def unequal(self) -> bool:
        """Return whether the total stated is not the sum of the lines."""
        return bool(self.total and self.summed) and exact(self.total or "0") != exact(self.summed or "0")


def unit_page(session: Session, case: Evaluation, *, today: date) -> UnitPage:
    """Return the 自评 of a case: its newest round, every line, every part, every request."""
    rounds = rows_of(session, SelfAssessment, case.id)
    last = max(rounds, key=lambda own: own.round, default=None)
    body = last.body if last is not None else {}
    asked = tuple(a for a in asked_of(session, case, today=today) if a.state != "draft")
    opened = frozenset(n for one in asked if one.state == "sent" for n in one.nodes)
    framework = framework_of(session, case) if case.framework_id else None
    money = _money(session, case)
    rows = _rows(session, case, framework, opened)
    subprojects = subprojects_of(body)
    due = case.self_due_on
    return UnitPage(
        round=last.round if last else 1,
        state=last.state.value if last else "none",
        label=STATE_WORDS[last.state] if last else "未开始",
        late=bool(last and last.late),
        submitted_on=last.submitted_on if last else None,
        due_on=due,
        left=working_days(today, due, _CALENDAR) if due else 0,
        overdue=days_late(due, today, _CALENDAR) if due else 0,
        rows=rows,
        total=last.claimed_total if last else None,
        grade=last.claimed_grade if last else "",
        texts=texts_of(body),
        finished=tuple(body.get(FINISHED) or ()),
        subprojects=subprojects,
        survey=survey_of(body),
        money=money,
        feet=cross_foot(subprojects, [(m.kind, m.name, m.fen) for m in money]),
        asked=asked,
        evidence=_pieces(session, case),
        opened=opened,
        caps=tuple(_caps(framework)) if framework else (),
        max=exact_text(framework.max) if framework and framework.max is not None else None,
        seen=seen_parts(body, last.claimed_total if last else None),
    )


def _pieces(session: Session, case: Evaluation) -> int:
    return sum(not piece.void for piece in pieces_with_links(session, case))


def _money(session: Session, case: Evaluation) -> tuple[MoneyLine, ...]:
    return tuple(
        MoneyLine(m.code, m.name, m.kind, m.fen, m.printed, m.source)
        for m in rows_of(session, MoneyFact, case.id)
    )


def _rows(
    session: Session, case: Evaluation, framework: Framework | None, opened: frozenset[str]
) -> tuple[ClaimRow, ...]:
    if framework is None:
        return ()
    claims = {c.node: c for c in rows_of(session, Claim, case.id)}
    links = linked_evidence(session, case)
    everything = case.stage is Stage.SELF_ASSESSMENT
    return tuple(
        _row(
            node,
            claims.get(node.code),
            above=above(framework, node),
            evidence=links.get(("node", node.code), ()),
            open_=everything or node.code in opened,
        )
        for node in framework.walk()
        if node.leaf
    )


def above(framework: Framework, node: Node) -> str:
    """Return the names of what `node` stands under, outermost first; a block counts as one."""
    blocks = {block.code: block.name for block in framework.blocks}
    names: list[str] = []
    while node.parent and node.parent not in blocks:
        node = framework.node(node.parent)
        names.insert(0, node.name)
    return " / ".join([blocks[node.parent], *names] if node.parent else names)


def _row(node: Node, claim: Claim | None, *, above: str, evidence: tuple[str, ...], open_: bool) -> ClaimRow:
    target = claim.target if claim and claim.target else node.target or node.standard.text
    actual = claim.actual if claim else ""
    rate = reached(target, actual)
    full = printed_max(node)
    return ClaimRow(
        code=node.code,
        name=node.name,
        above=above,
        max=None if full is None else exact_text(full),
        target=target,
        actual=actual,
        points=claim.points if claim else None,
        deviation=claim.deviation if claim else "",
        version=claim.version if claim else 0,
        rate=None if rate is None else exact_text(rate),
        open=open_,
        evidence=evidence,
        rule=node.criteria or node.explanation,
        flaws=tuple(_flaws(claim, rate, full)) if claim else (),
    )


def reached(target: str, actual: str) -> Fraction | None:
    """Return actual by target if both are written as quantities of one kind, else None."""
    wanted, got = read_quantity(target), read_quantity(actual)
    if wanted is None or got is None or wanted.dims != got.dims or not wanted.number:
        return None
    return got.number / wanted.number


def _flaws(claim: Claim, rate: Fraction | None, full: Fraction | None) -> Iterable[str]:
    if rate is not None and abs(rate - 1) >= FAR and not claim.deviation.strip():
        yield "与年度目标值相差三成以上，须写明偏差原因及改进措施"
    claimed = exact(claim.points) if claim.points is not None else None
    if claimed is not None and full is not None and full >= 0 and claimed > full:
        yield "自评分高于分值"
    if claimed is not None and full is not None and 0 < full > claimed and not claim.deviation.strip():
        yield "没有得满分，须写明原因"


def _caps(framework: Framework) -> Iterable[str]:
    """Yield the caps of the total in words, e.g. what an execution rate below 80 % allows at most."""
    for cap in framework.caps:
        bands = [f"{b.when} 时总分最高 {exact_text(b.cap)} 分" for b in cap.bands if b.cap is not None]
        if bands:
            yield f"{cap.name}：{'；'.join(bands)}。超出部分由系统按规则压减，自评分请据此填写。"

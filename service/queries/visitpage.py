"""现场核查 at one table: visits, what to check, what was found and what the unit says to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.fieldwork import Finding, FindingState, Visit
from service.models.score import Deduction, ReasonState
from service.queries.evidence import linked_evidence
from service.queries.names import duties
from service.queries.once import rows_of
from service.queries.reviewpage import Issue, open_issues
from service.queries.sheet import framework_of

STATES = {
    FindingState.RECORDED: "待确认",
    FindingState.CONFIRMED: "属实",
    FindingState.OBJECTED: "有异议",
    FindingState.ANSWERED: "异议已答复",
    FindingState.LAPSED: "拒不确认",
}
_GONE = (ReasonState.WITHDRAWN,)


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One visit; `mine` whether the person is on its list, `found` how many findings it has."""

    code: str
    on: date | None
    printed: str
    place: str
    method: str
    people: str
    content: str
    closed: bool
    mine: bool
    found: int


@dataclass(frozen=True, slots=True)
class FindingRow:
    """One finding with its indicators, its evidence and both sides' words."""

    code: str
    visit: str
    text: str
    nodes: tuple[str, ...]
    state: str
    label: str
    response: str
    answer: str
    author: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The findings at one indicator and the deductions already recorded there."""

    node: str
    name: str
    findings: tuple[FindingRow, ...]
    deductions: tuple[str, ...]


@dataclass(frozen=True)
class VisitPage:
    """Everything of the site work as it stands now; `points` is what to check, in printed order."""

    visits: tuple[VisitRow, ...]
    points: tuple[Issue, ...]
    findings: tuple[FindingRow, ...]
    groups: tuple[Group, ...]
    names: dict[str, str]

    def visit(self, code: str) -> VisitRow | None:
        """Return the visit of this code, the newest open one for an empty code, None if there is none."""
        if code:
            return next((visit for visit in self.visits if visit.code == code), None)
        return next((visit for visit in reversed(self.visits) if not visit.closed), None)

    @property
    def waiting(self) -> tuple[FindingRow, ...]:
        """Return the findings the unit has not answered."""
        return tuple(f for f in self.findings if f.state == FindingState.RECORDED.value)


def visit_page(session: Session, case: Evaluation, *, account: str, today: date) -> VisitPage:
    """Return visits, points to check and findings; the number of queries does not grow with them."""
    names = _names(session, case)
    rows = rows_of(session, Visit, case.id)
    codes = {row.id: row.code for row in rows}
    findings = _findings(session, case, codes)
    points = open_issues(session, case, today=today)
    return VisitPage(
        visits=tuple(_visit(row, account, findings) for row in rows),
        points=tuple(
            Issue(n, i.source, i.text, i.nodes, i.target, i.state, i.updated) for n, i in enumerate(points, 1)
        ),
        findings=findings,
        groups=tuple(_groups(session, case, findings, names)),
        names=names,
    )


def _names(session: Session, case: Evaluation) -> dict[str, str]:
    if case.framework_id is None:
        return {}
    return {node.code: node.name for node in framework_of(session, case).walk() if node.leaf}


def _visit(row: Visit, account: str, findings: tuple[FindingRow, ...]) -> VisitRow:
    return VisitRow(
        code=row.code,
        on=row.on,
        printed=row.on_printed,
        place=row.place,
        method=row.method,
        people=row.people,
        content=row.content,
        closed=row.closed,
        mine=account in row.team,
        found=sum(finding.visit == row.code for finding in findings),
    )


def _findings(session: Session, case: Evaluation, visits: dict[str, str]) -> tuple[FindingRow, ...]:
    authors, links = duties(session), linked_evidence(session, case)
    return tuple(
        FindingRow(
            code=row.code,
            visit=visits.get(row.visit_id or "", ""),
            text=row.text,
            nodes=tuple(map(str, row.nodes)),
            state=row.state.value,
            label=STATES[row.state],
            response=row.response,
            answer=row.answer,
            author=authors.get(row.author, ""),
            evidence=links.get(("finding", row.code), ()),
        )
        for row in rows_of(session, Finding, case.id)
    )


def _groups(
    session: Session, case: Evaluation, findings: tuple[FindingRow, ...], names: dict[str, str]
) -> Iterator[Group]:
    """Yield the findings by indicator in the order of the framework; those without one come last."""
    taken: dict[str, tuple[str, ...]] = {}
    for row in sorted(rows_of(session, Deduction, case.id), key=lambda row: row.code):
        if row.state not in _GONE:
            taken[row.node] = (*taken.get(row.node, ()), row.code)
    for node, name in names.items():
        mine = tuple(f for f in findings if node in f.nodes)
        if mine:
            yield Group(node, name, mine, taken.get(node, ()))
    rest = tuple(f for f in findings if not set(f.nodes) & names.keys())
    if rest:
        yield Group("", "没有关联指标", rest, ())

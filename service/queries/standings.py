"""Where many cases stand, as one person sees them: grouped counts, the same number of queries for any number.

- `my_cases` opens the cases a person may read with the roles he holds in each, as `people.roles_in` says.
- `standings` counts what is open in them, one query per table, and says it in the words of `workflow.court`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

from sqlalchemy import Select, String, case, cast, exists, func, literal, null, or_, select, union_all
from sqlalchemy.orm import Session

from service.models.consultation import Disposition, DraftIssue, Opinion
from service.models.evaluation import Evaluation, Party, StageTrack
from service.models.fieldwork import Finding, FindingState, Supplement, SupplementState
from service.models.organisation import ConflictDeclaration, GrantState, RoleGrant
from service.models.plan import Plan
from service.models.report import Approval, ReportState, ReportVersion
from service.models.score import Adjustment, Deduction, ReasonState
from service.models.selfassessment import SelfAssessment
from service.models.types import Day
from service.queries.caselist import readable
from service.queries.issuing import lacking_of
from service.queries.people import INSTANCE_ROLES, PART_OF_ROLE, Held, live_grants
from service.workflow.actions import Action
from service.workflow.court import Count, Standing
from service.workflow.kinds import KINDS, Firm
from service.workflow.roles import Role
from service.workflow.stages import Stage, Status

Chosen: TypeAlias = Select[*tuple[Any, ...]]
_OPEN = (Status.DRAFT, Status.ACTIVE, Status.SUSPENDED)
_LIVE = (SupplementState.DRAFT, SupplementState.SENT, SupplementState.ANSWERED, SupplementState.CONFIRMED)
_ACTS = {action.value: action for action in Action}
_TO_SETTLE = (FindingState.RECORDED, FindingState.OBJECTED)


@dataclass(frozen=True, slots=True)
class MyCase:
    """One open case with the roles the person holds in it and the parts played, by organisation."""

    row: Evaluation
    roles: frozenset[Role]
    parts: frozenset[tuple[str, str]]

    def players(self, part: str) -> frozenset[str]:
        """Return the organisations that play `part`."""
        return frozenset(organisation for organisation, played in self.parts if played == part)


def my_cases(
    session: Session, account: str, *, today: date, among: Sequence[str] | None = None
) -> list[MyCase]:
    """Return the cases not over that `account` may read, in order of code; `among` limits to these ids.

    A case whose interests the person declared is left out until somebody disposed of them.
    """
    grants = live_grants(session, account, today)
    query = _wanted(grants, account, among)
    rows = session.scalars(query.order_by(Evaluation.code)).all()
    if not rows:
        return []
    parts: dict[str, set[tuple[str, str]]] = {row.id: set() for row in rows}
    chosen = select(Party.evaluation_id, Party.organisation_id, Party.part)
    for found, organisation, part in session.execute(chosen.where(Party.evaluation_id.in_(_ids(query)))):
        parts[found].add((organisation, part))
    single: dict[str | None, list[Held]] = {}
    for grant in grants:
        single.setdefault(grant.evaluation_id, []).append(grant)
    wide = single.get(None, [])
    return [
        MyCase(
            row, roles_of([*wide, *single.get(row.id, ())], row.id, parts[row.id]), frozenset(parts[row.id])
        )
        for row in rows
    ]


def _wanted(grants: Sequence[Held], account: str, among: Sequence[str] | None) -> Chosen:
    conflicted = exists().where(
        ConflictDeclaration.evaluation_id == Evaluation.id,
        ConflictDeclaration.account_id == account,
        ConflictDeclaration.conflict,
        ConflictDeclaration.overridden_by.is_(None),
    )
    query = select(Evaluation).where(
        readable(grants, Action.EVALUATION_READ),
        Evaluation.imported.is_(False),
        Evaluation.status.in_(_OPEN),
        or_(Evaluation.stage != Stage.SIGNED, cast(Evaluation.facts, String).contains('"correction":')),
        ~conflicted,
    )
    return query if among is None else query.where(Evaluation.id.in_(among))


def _ids(query: Chosen) -> Chosen:
    return query.with_only_columns(Evaluation.id)


def roles_of(grants: Iterable[Held], case: str, parts: Iterable[tuple[str, str]]) -> frozenset[Role]:
    """Return the roles these grants give in a case with these parts (organisation, part)."""
    played = set(parts)
    held = set()
    for grant in grants:
        by_part = (grant.organisation_id, PART_OF_ROLE.get(grant.role, "")) in played
        anywhere = grant.role in INSTANCE_ROLES
        if grant.evaluation_id == case or (grant.evaluation_id is None and (by_part or anywhere)):
            held.add(grant.role)
    return frozenset(held)


def standings(session: Session, cases: Sequence[MyCase], account: str) -> dict[str, Standing]:
    """Return where each case stands, by id."""
    if not cases:
        return {}
    counts = _Counts(session, [each.row.id for each in cases], account)
    return {each.row.id: _standing(each, counts) for each in cases}


class _Counts:
    """The grouped counts of these cases; every table is read once, kindred ones together."""

    def __init__(self, session: Session, ids: list[str], account: str) -> None:
        self.session, self.ids, self.account = session, ids, account
        self.dates = self._two(self._tracks(), self._issues())
        self.field = self._two(self._supplements(), self._findings())
        self.opinions = self._grouped(self._opinions())
        self.reasons = self._two(self._reasons(Deduction), self._reasons(Adjustment))
        self.texts = self._two(self._plans(), self._selves(), order="number")
        self.reports = self._grouped(self._reports())
        self.approvals = self._grouped(self._approvals())
        self.people = self._two(self._conflicts(), self._leads())

    def of(self, found: Mapping[str, list[Any]], case: str, what: str) -> list[Any]:
        """Return the rows of one of the tables read together."""
        return [row for row in found.get(case, ()) if row.what == what]

    def _grouped(self, query: Any) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for row in self.session.execute(query):
            found.setdefault(row[0], []).append(row)
        return found

    def _two(self, first: Chosen, second: Chosen, *, order: str = "") -> dict[str, list[Any]]:
        both = union_all(first, second).subquery()
        query = select(both)
        return self._grouped(query.order_by(both.c[order]) if order else query)

    def _tracks(self) -> Chosen:
        begun = func.max(StageTrack.entered_on)
        columns = (StageTrack.evaluation_id.label("case"), literal("track").label("what"))
        query = select(*columns, begun.label("begun"), cast(null(), Day).label("due"))
        mine = (StageTrack.evaluation_id.in_(self.ids), StageTrack.left_on.is_(None))
        return query.where(*mine).group_by(StageTrack.evaluation_id)

    def _issues(self) -> Chosen:
        dates = (func.max(DraftIssue.issued_on), func.max(DraftIssue.due_on))
        query = select(DraftIssue.evaluation_id, literal("issue"), *dates)
        return query.where(DraftIssue.evaluation_id.in_(self.ids)).group_by(DraftIssue.evaluation_id)

    def _supplements(self) -> Chosen:
        row = Supplement
        state = cast(row.state, String).label("state")
        measures = (func.count().label("number"), func.min(row.due_on).label("due"))
        asked = func.min(row.requested_on).label("since")
        columns = (row.evaluation_id.label("case"), literal("supplement").label("what"), state)
        query = select(*columns, *measures, asked)
        return query.where(row.evaluation_id.in_(self.ids), row.state.in_(_LIVE)).group_by(
            row.evaluation_id, row.state
        )

    def _findings(self) -> Chosen:
        row = Finding
        columns = (row.evaluation_id, literal("finding"), cast(row.state, String), func.count())
        query = select(*columns, cast(null(), Day), cast(null(), Day))
        return query.where(row.evaluation_id.in_(self.ids), row.state.in_(_TO_SETTLE)).group_by(
            row.evaluation_id, row.state
        )

    def _opinions(self) -> Chosen:
        open_ = (Disposition.id.is_(None).label("open"), Disposition.confirmed_by)
        columns = (Opinion.evaluation_id, Opinion.organisation_id, Opinion.lapsed, Opinion.agrees, *open_)
        measures = (func.count().label("number"), func.max(Opinion.received_on).label("received"))
        query = select(*columns, *measures).outerjoin(Disposition, Disposition.opinion_id == Opinion.id)
        return query.where(Opinion.evaluation_id.in_(self.ids)).group_by(
            Opinion.evaluation_id,
            Opinion.organisation_id,
            Opinion.lapsed,
            Opinion.agrees,
            Disposition.id.is_(None),
            Disposition.confirmed_by,
        )

    def _reasons(self, row: Any) -> Chosen:
        mine = func.sum(case((row.author == self.account, 1), else_=0)).label("mine")
        columns = (row.evaluation_id.label("case"), cast(row.state, String).label("what"))
        query = select(*columns, func.count().label("number"), mine)
        waiting = row.state.in_((ReasonState.DRAFT, ReasonState.PENDING))
        return query.where(row.evaluation_id.in_(self.ids), waiting).group_by(row.evaluation_id, row.state)

    def _plans(self) -> Chosen:
        columns = (Plan.evaluation_id.label("case"), literal("plan").label("what"))
        state = (cast(Plan.state, String).label("state"), Plan.number.label("number"))
        return select(*columns, *state).where(Plan.evaluation_id.in_(self.ids))

    def _selves(self) -> Chosen:
        row = SelfAssessment
        columns = (row.evaluation_id, literal("self"), cast(row.state, String), row.round)
        return select(*columns).where(row.evaluation_id.in_(self.ids))

    def _reports(self) -> Chosen:
        columns = (ReportVersion.evaluation_id, ReportVersion.id, ReportVersion.snapshot_sha256)
        frozen = ReportVersion.state == ReportState.FROZEN
        return select(*columns).where(ReportVersion.evaluation_id.in_(self.ids), frozen)

    def _approvals(self) -> Chosen:
        columns = (Approval.evaluation_id, Approval.part, Approval.report_id, Approval.seen_sha256)
        return select(*columns).where(Approval.evaluation_id.in_(self.ids), Approval.void.is_(False))

    def _conflicts(self) -> Chosen:
        row = ConflictDeclaration
        columns = (row.evaluation_id.label("case"), literal("conflict").label("what"))
        query = select(*columns, func.count().label("number"))
        open_ = (row.evaluation_id.in_(self.ids), row.conflict, row.overridden_by.is_(None))
        return query.where(*open_).group_by(row.evaluation_id)

    def _leads(self) -> Chosen:
        row = RoleGrant
        query = select(row.evaluation_id, literal("lead"), func.count())
        held = (row.evaluation_id.in_(self.ids), row.role == Role.EL, row.state == GrantState.CONFIRMED)
        return query.where(*held).group_by(row.evaluation_id)


def _standing(mine: MyCase, counts: _Counts) -> Standing:
    row = mine.row
    plans = counts.of(counts.texts, row.id, "plan")
    selves = counts.of(counts.texts, row.id, "self")
    parts = frozenset(part for _, part in mine.parts)
    tracks = counts.of(counts.dates, row.id, "track")
    reports = counts.reports.get(row.id, [])
    return Standing(
        kind=row.kind,
        stage=row.stage,
        status=row.status,
        lacking=lacking_of(row, parts) if row.status is Status.DRAFT else (),
        since=tracks[0].begun if tracks else None,
        self_due_on=row.self_due_on,
        self_state=selves[-1].state if selves else "",
        supervisor="supervisor" in parts,
        team=bool(counts.of(counts.people, row.id, "lead")),
        firm=_engaged(row),
        plan=plans[-1].state if plans else "",
        amended=bool(plans) and plans[-1].number > 0,
        pass_proposed=row.review_passed_by is not None,
        scores_submitted=row.scores_submitted,
        supplements=_by_state(counts.of(counts.field, row.id, "supplement")),
        findings=_by_state(counts.of(counts.field, row.id, "finding")),
        **_consulted(mine, counts),
        frozen=bool(reports),
        approved=_approved(reports, counts.approvals.get(row.id, [])),
        correction="correction" in row.facts,
        suspension=row.suspend_asked_by not in (None, counts.account),
        termination=row.terminate_asked_by not in (None, counts.account),
        conflicts=sum(each.number for each in counts.of(counts.people, row.id, "conflict")),
        drafts=sum(each.mine for each in counts.reasons.get(row.id, ()) if each.what == "draft"),
        pending=sum(each.number for each in counts.reasons.get(row.id, ()) if each.what == "pending"),
    )


def _by_state(rows: Sequence[Any]) -> dict[str, Count]:
    return {row.state: Count(row.number, row.due, row.since) for row in rows}


def _engaged(row: Evaluation) -> bool:
    firm = KINDS[row.kind].firm
    return firm is Firm.ALWAYS or (firm is Firm.POSSIBLE and bool(row.facts.get("firm", False)))


def _consulted(mine: MyCase, counts: _Counts) -> Mapping[str, Any]:
    """Return until when the newest draft may be answered, whether all did, and which opinions wait."""
    issues = counts.of(counts.dates, mine.row.id, "issue")
    rows = counts.opinions.get(mine.row.id, ())
    sent = issues[0].begun if issues else date.max
    answered = {row.organisation_id for row in rows if row.received >= sent}
    contested = [row for row in rows if not row.lapsed and not row.agrees]
    return {
        "reply_due_on": issues[0].due if issues else None,
        "replied": bool(issues) and mine.players("evaluated") <= answered,
        "unanswered": sum(row.number for row in contested if row.open),
        "proposed": sum(row.number for row in contested if not row.open and row.confirmed_by is None),
    }


def _approved(reports: Sequence[Any], approvals: Sequence[Any]) -> frozenset[Action]:
    """Return the approvals of the frozen file and of its content; before a freeze all that stand."""
    files = {row.id for row in reports}
    contents = {row.snapshot_sha256 for row in reports}
    given = {a.part for a in approvals if not files or a.report_id in files or a.seen_sha256 in contents}
    return frozenset(_ACTS[part] for part in given if part in _ACTS)

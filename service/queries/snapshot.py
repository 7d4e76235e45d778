"""One evaluation as a `CaseSnapshot`: everything the report, pages and export may say about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit.merkle import Frontier
from service.models.audit import AuditHead
from service.models.evaluation import Evaluation, MoneyFact, StageTrack
from service.models.organisation import Account
from service.models.report import Narrative
from service.models.selfassessment import Claim, SelfAssessment
from service.models.template import ReportTemplate
from service.queries import snapshot_work as work
from service.queries.names import organisation_names
from service.queries.once import rows_of
from service.queries.parties import PART_LABELS, parties_in
from service.queries.people import PART_OF_ROLE, holders_by_role
from service.queries.published import quotation_views
from service.queries.reports import approvals_of
from service.queries.sheet import CurrentSheet, current_sheet, scoring_facts
from service.queries.views import framework_view, sheet_views
from service.report.snapshot import (
    ApprovalView,
    AuditPoint,
    CaseSnapshot,
    FreeTable,
    ImageView,
    Item,
    Org,
    Person,
    SheetView,
    TemplateView,
    WaterfallStep,
)
from service.report.snapshot import Claim as ClaimView
from service.report.snapshot import MoneyFact as MoneyView
from service.report.snapshot import StageTrack as TrackView
from service.scoring.quantities import exact_text
from service.scoring.waterfall import waterfall
from service.workflow.actions import Action
from service.workflow.roles import Role
from service.workflow.stages import Stage

Row = TypeVar("Row")


def take_snapshot(
    session: Session, case: Evaluation, *, demo: bool, today: date | None, version: int = 1
) -> CaseSnapshot:
    """Return the case as it is now; `today` is the business date the report may carry."""
    words = rows(session, Narrative, case)
    snapshot = replace(
        glance(session, case, demo=demo, today=today, version=version),
        claims=tuple(
            ClaimView(node=c.node, points=c.points, target=c.target, actual=c.actual, deviation=c.deviation)
            for c in rows(session, Claim, case)
        ),
        deductions=work.deductions(session, case),
        adjustments=work.adjustments(session, case, current_sheet(session, case)),
        findings=work.findings(session, case),
        visits=work.visits(session, case),
        reviews=work.reviews(session, case),
        supplements=work.supplements(session, case),
        opinions=work.opinions(session, case),
        evidence=work.evidence(session, case),
        narrative={w.section: w.body for w in words if w.kind == "section"},
        notes={w.section: w.body for w in words if w.kind == "note"},
        tables=tuple(_table(w) for w in _ordered(words, "table")),
        images=tuple(_image(w) for w in _ordered(words, "image")),
        approvals=approval_views(session, case),
    )
    return replace(snapshot, quotations=quotation_views(session, case, snapshot))


def glance(
    session: Session, case: Evaluation, *, demo: bool, today: date | None, version: int = 1
) -> CaseSnapshot:
    """Return of `take_snapshot` what the first page of a case shows, without reading the rest."""
    current = current_sheet(session, case)
    sheets = sheet_views(session, case, current)
    words = rows(session, Narrative, case)
    return CaseSnapshot(
        code=case.code,
        title=case.title,
        kind=case.kind.value,
        kind_label=case.kind.label,
        year=case.year,
        subject_kind=case.subject_kind,
        subject_name=case.subject_name,
        secrecy=case.secrecy,
        publicity=case.publicity,
        profile=case.profile,
        template=_template(session, case),
        report_on=_report_on(case.facts, today),
        demo=demo,
        version=version,
        draft=case.stage is not Stage.SIGNED and case.stage is not Stage.FINALISATION,
        imported=case.imported,
        organisations=_organisations(session, case),
        people=_people(session, case, today=today or date.max),
        money=_money(session, case),
        framework=framework_view(current),
        sheet=sheets[0] if sheets else SheetView(),
        sheets=tuple(sheets[1:]),
        stages=_stages(session, case),
        waterfall=_waterfall(session, case, current),
        problems=_items(words, "problem"),
        suggestions=_items(words, "suggestion"),
        stand_ins=tuple(case.facts.get("stand_ins", ())),
    )


def compared(session: Session, case: Evaluation, *, demo: bool, today: date | None) -> CaseSnapshot:
    """Return what quotations are compared with and how each compares, without reading the rest."""
    tables = tuple(_table(w) for w in _ordered(rows(session, Narrative, case), "table"))
    snapshot = replace(glance(session, case, demo=demo, today=today), tables=tables)
    return replace(snapshot, quotations=quotation_views(session, case, snapshot))


def audit_point(session: Session) -> AuditPoint | None:
    """Return size and root of the log as it stands, None before its first entry."""
    head = session.get(AuditHead, 1)
    if head is None or head.size == 0:
        return None
    return AuditPoint(size=head.size, root=Frontier.unpack(head.size, head.frontier).root().hex())


def rows(session: Session, model: Any, case: Evaluation) -> Sequence[Any]:
    """Return the rows of `model` in this case in the order they were made."""
    return rows_of(session, model, case.id)


def _report_on(facts: dict[str, Any], today: date | None) -> date | None:
    stated = facts.get("report_on", "")
    if stated == "":
        return today
    return date.fromisoformat(stated) if stated else None


def _template(session: Session, case: Evaluation) -> TemplateView | None:
    row = session.get(ReportTemplate, case.template_id) if case.template_id else None
    return None if row is None else TemplateView(row.name, row.number, row.sha256)


def _organisations(session: Session, case: Evaluation) -> tuple[Org, ...]:
    return tuple(
        Org(code=org.code, name=org.name, part=PART_LABELS.get(party.part, party.part))
        for party, org in parties_in(session, case.id)
    )


def _people(session: Session, case: Evaluation, *, today: date) -> tuple[Person, ...]:
    held = holders_by_role(session, case, today=today)
    shown = [(role, a) for role in (*PART_OF_ROLE, Role.EV, Role.EX, Role.EL) for a in held.get(role, ())]
    names = organisation_names(session)
    return tuple(
        Person(duty=a.duty, role=role.value, organisation=names.get(a.organisation_id or "", ""))
        for role, a in shown
    )


def _money(session: Session, case: Evaluation) -> tuple[MoneyView, ...]:
    return tuple(
        MoneyView(code=m.code, name=m.name, kind=m.kind, fen=m.fen, printed=m.printed, source=m.source)
        for m in rows(session, MoneyFact, case)
    )


def _stages(session: Session, case: Evaluation) -> tuple[TrackView, ...]:
    return tuple(
        TrackView(
            stage=t.stage.value,
            label=t.stage.label,
            round=t.round,
            entered_on=t.entered_on,
            left_on=t.left_on,
            mode=t.mode.value,
            ground=t.ground,
        )
        for t in rows(session, StageTrack, case)
    )


def _waterfall(session: Session, case: Evaluation, current: CurrentSheet | None) -> tuple[WaterfallStep, ...]:
    tracks = [t for t in rows(session, StageTrack, case) if t.left_on is not None]
    claimed = _claimed(session, case, current)
    steps = [
        WaterfallStep(
            label=t.stage.label,
            total=claimed if t.total is None and t.stage is Stage.SELF_ASSESSMENT else t.total,
        )
        for t in tracks
    ]
    now = WaterfallStep(label=case.stage.label, total=current.total_text if current else None)
    return (*steps, now)


def stage_totals(
    session: Session, case: Evaluation, current: CurrentSheet | None
) -> tuple[tuple[str, str | None], ...]:
    """Return label and total of every passage through a stage, the present one last."""
    return tuple((step.label, step.total) for step in _waterfall(session, case, current))


def _claimed(session: Session, case: Evaluation, current: CurrentSheet | None) -> str | None:
    """Return what the unit claimed at last: the total it wrote, else what its lines add up to."""
    written = [own.claimed_total for own in rows(session, SelfAssessment, case) if own.claimed_total]
    if current is None or written:
        return written[-1] if written else None
    facts = scoring_facts(session, case)
    stage = (Stage.SELF_ASSESSMENT.value, Stage.SELF_ASSESSMENT.label)
    total = waterfall(current.framework, facts, stages=(stage,))[0].total
    return None if total is None else exact_text(total)


def _ordered(words: Sequence[Narrative], kind: str) -> list[Narrative]:
    return sorted((w for w in words if w.kind == kind), key=lambda w: (w.position, w.id))


def _items(words: Sequence[Narrative], kind: str) -> tuple[Item, ...]:
    return tuple(_item({"title": w.section, "body": w.body, **w.data}) for w in _ordered(words, kind))


def _item(data: dict[str, Any]) -> Item:
    return Item(
        title=data.get("title", ""),
        body=data.get("body", ""),
        nodes=tuple(data.get("nodes", ())),
        parts=tuple(_item(p) for p in data.get("parts", ())),
    )


def _table(words: Narrative) -> FreeTable:
    data = words.data
    return FreeTable(
        id=words.section,
        caption=data.get("caption", ""),
        columns=tuple(data.get("columns", ())),
        rows=tuple(tuple(r) for r in data.get("rows", ())),
        widths=tuple(data.get("widths", ())),
        align=tuple(data.get("align", ())),
        bands=tuple(data.get("bands", ())),
        totals=tuple(data.get("totals", ())),
        section=data.get("section", ""),
        note=data.get("note", ""),
    )


def _image(words: Narrative) -> ImageView:
    data = words.data
    return ImageView(
        id=words.section,
        caption=data.get("caption", ""),
        alt=data.get("alt", ""),
        sha256=data.get("sha256", ""),
        boxes=tuple(tuple(r) for r in data.get("boxes", ())),
        section=data.get("section", ""),
    )


def approval_views(session: Session, case: Evaluation) -> tuple[ApprovalView, ...]:
    """Return who approved what in this case, on which day and how signed."""
    approvals = approvals_of(session, case.id)
    if not approvals:
        return ()
    names = organisation_names(session)
    query = select(Account).where(Account.id.in_({approval.account_id for approval in approvals}))
    people = {account.id: account for account in session.scalars(query)}
    views = []
    for approval in approvals:
        account = people[approval.account_id]
        views.append(
            ApprovalView(
                part=Action(approval.part).label,
                duty=account.duty,
                organisation=names.get(account.organisation_id or "", ""),
                on=approval.on,
                state=approval.signature.value,
                note=approval.note,
            )
        )
    return tuple(views)

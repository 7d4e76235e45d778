"""Which entries of a case's log are asked for, by whom, what, where and when; and what may be chosen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, String, exists, literal, or_, select, true, type_coerce, union_all
from sqlalchemy.orm import Session

from service.audit.canonical import decode_strict
from service.models.audit import AuditEntry, AuditField
from service.models.evaluation import Evaluation
from service.models.evidence import Evidence, EvidenceLink
from service.models.fieldwork import Finding
from service.models.organisation import Account
from service.models.score import Adjustment, Deduction, LeafResult
from service.models.selfassessment import Claim
from service.queries.evidenceroom import node_names
from service.queries.words import field_label, table_label
from service.workflow.actions import Action
from service.workflow.kinds import KINDS
from service.workflow.roles import Role
from service.workflow.stages import Stage

SCORE_TABLES = frozenset({"leaf_result", "deduction", "adjustment"})
REFUSED = "refused"
_WHOLE_ROW = "*"
Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """What is asked for; "" asks for everything. `field` is a table or ``table.field``."""

    person: str = ""
    role: str = ""
    action: str = ""
    field: str = ""
    node: str = ""
    stage: str = ""
    outcome: str = ""
    page: int = 1

    @property
    def asked(self) -> dict[str, str]:
        """Return what is asked for by name, for addresses."""
        names = ("person", "role", "action", "field", "node", "stage", "outcome")
        return {name: value for name in names if (value := getattr(self, name))}

    @property
    def active(self) -> bool:
        """Return whether anything is left out."""
        return bool(self.asked)


@dataclass(frozen=True, slots=True)
class HistoryChoices:
    """What the filters offer: value and Chinese words; fields in groups by table."""

    people: Options
    roles: Options
    actions: Options
    fields: tuple[tuple[str, str, Options], ...]
    nodes: Options
    stages: Options


def conditions(
    session: Session, case: Evaluation, wanted: HistoryFilter, *, scores: bool
) -> Iterator[ColumnElement[bool]]:
    """Yield what an entry of the case has to fulfil to be asked for."""
    if wanted.person:
        yield AuditEntry.actor_id == wanted.person
    if wanted.role:
        yield or_(
            *(AuditEntry.role.like(shape.format(wanted.role)) for shape in ("{}", "{}+%", "%+{}", "%+{}+%"))
        )
    if wanted.action:
        yield AuditEntry.action == wanted.action
    if wanted.outcome:
        yield AuditEntry.outcome == wanted.outcome
    if wanted.field:
        yield _touches_field(case, wanted.field, scores=scores)
    if wanted.node:
        yield _touches_node(case, wanted.node, scores=scores)
    if wanted.stage:
        yield _in_stage(session, case, wanted.stage)


def _touches_field(case: Evaluation, place: str, *, scores: bool) -> ColumnElement[bool]:
    table, _, field = place.partition(".")
    if table in SCORE_TABLES and not scores:
        return AuditEntry.id < 0
    touched = (AuditField.evaluation_id == case.id) & (AuditField.table == table)
    named = AuditField.field.in_((field, _WHOLE_ROW)) if field else true()
    return exists().where(AuditField.entry_id == AuditEntry.entry_id, touched, named)


def _touches_node(case: Evaluation, node: str, *, scores: bool) -> ColumnElement[bool]:
    """Return the condition that an entry changed a row that belongs to the indicator."""
    named = [Claim, *((LeafResult, Deduction, Adjustment) if scores else ())]
    rows = [
        select(literal(model.__tablename__), model.id).where(
            model.evaluation_id == case.id, model.node == node
        )
        for model in named
    ]
    listed = type_coerce(Finding.nodes, String).contains(f'"{node}"', autoescape=True)
    rows.append(select(literal("finding"), Finding.id).where(Finding.evaluation_id == case.id, listed))
    linked = (EvidenceLink.target_kind == "node") & (EvidenceLink.target == node)
    joined = select(literal("evidence_link"), EvidenceLink.id).join(
        Evidence, Evidence.id == EvidenceLink.evidence_id
    )
    rows.append(joined.where(Evidence.evaluation_id == case.id, linked))
    found = union_all(*rows).subquery()
    table, row = found.c
    return exists().where(
        AuditField.entry_id == AuditEntry.entry_id, AuditField.table == table, AuditField.pk == row
    )


def _in_stage(session: Session, case: Evaluation, stage: str) -> ColumnElement[bool]:
    """Return the condition that an entry was made in the stage: the stage moves only by few entries."""
    moved = select(AuditField.entry_id).where(
        AuditField.evaluation_id == case.id,
        AuditField.table == "evaluation",
        AuditField.pk == case.id,
        AuditField.field == "stage",
    )
    query = (
        select(AuditEntry.id, AuditEntry.leaf).where(AuditEntry.entry_id.in_(moved)).order_by(AuditEntry.id)
    )
    spans: list[ColumnElement[bool]] = []
    start = 0
    for number, leaf in session.execute(query):
        if decode_strict(bytes(leaf))["stage"] == stage:
            spans.append((AuditEntry.id > start) & (AuditEntry.id <= number))
        start = number
    if case.stage.value == stage:
        spans.append(AuditEntry.id > start)
    return or_(*spans) if spans else AuditEntry.id < 0


def history_choices(session: Session, case: Evaluation, *, scores: bool) -> HistoryChoices:
    """Return what the filters of this case's log offer: only what occurs in it."""
    mine = AuditEntry.evaluation_id == case.id
    acted = select(AuditEntry.actor_id, AuditEntry.role, AuditEntry.action, Account.duty, Account.login)
    joined = acted.outerjoin(Account, Account.id == AuditEntry.actor_id).where(mine).distinct()
    rows = session.execute(joined).all()
    people = {row.actor_id: f"{row.duty}（{row.login}）" if row.duty else row.actor_id for row in rows}
    roles = {role for row in rows for role in row.role.split("+")}
    acts = {row.action for row in rows}
    return HistoryChoices(
        people=tuple(sorted(people.items(), key=lambda pair: pair[1])),
        roles=tuple((role.value, role.label) for role in Role if role.value in roles),
        actions=tuple((action.value, action.label) for action in Action if action.value in acts),
        fields=tuple(_fields(session, case, scores=scores)),
        nodes=tuple((code, f"{code} {name}") for code, name in node_names(session, case).items()),
        stages=tuple((stage.value, stage.label) for stage in Stage if stage in KINDS[case.kind].stages),
    )


def _fields(session: Session, case: Evaluation, *, scores: bool) -> Iterator[tuple[str, str, Options]]:
    """Yield table, its name and its fields, of what was touched; a row made anew touches all of it."""
    query = select(AuditField.table, AuditField.field).where(AuditField.evaluation_id == case.id).distinct()
    found: dict[str, list[str]] = {}
    for table, field in session.execute(query.order_by(AuditField.table, AuditField.field)):
        if scores or table not in SCORE_TABLES:
            found.setdefault(table, []).extend([] if field in (_WHOLE_ROW, "evaluation_id") else [field])
    for table, fields in sorted(found.items(), key=lambda pair: table_label(pair[0])):
        yield table, table_label(table), tuple((f"{table}.{f}", field_label(table, f)) for f in fields)

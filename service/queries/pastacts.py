"""What the log alone still tells of a case: returns and what came before them, who withdrew evidence when.

- A return of the 主管部门 leaves no order behind, only its entry; every other return has both.
- After the freeze means that the report had been frozen since the return before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit.canonical import decode_strict
from service.audit.verifier import opens
from service.clock import local_date
from service.models.audit import AuditDisclosure, AuditEntry, AuditField
from service.models.evaluation import Evaluation, ReturnOrder, StageTrack
from service.models.evidence import Evidence, EvidenceLink
from service.models.organisation import Account, Organisation
from service.models.report import Narrative
from service.models.score import Deduction
from service.workflow.actions import Action
from service.workflow.stages import Stage

ERASED = "理由已依法删除"
BACK = (Action.SELF_RETURN, Action.SELF_WITHDRAW, Action.STAGE_RETURN)
Leaf = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PastReturn:
    """One return: from where to where, why, when and by which account; `left_on` when that stage was left."""

    start: Stage
    back_to: Stage
    items: tuple[str, ...]
    straight_back: bool
    after_freeze: bool
    on: date
    left_on: date | None
    by: str


@dataclass(frozen=True, slots=True)
class PastEvidence:
    """Where a withdrawn piece was obtained; when, where (`again`: later passage) and by whom withdrawn."""

    stage: Stage
    on: date
    withdrawn_in: Stage
    again: bool
    by: str


def duties_of(session: Session) -> dict[str, tuple[str, str]]:
    """Return duty and name of the organisation of every account, by id."""
    query = select(Account.id, Account.duty, Organisation.name).outerjoin(
        Organisation, Organisation.id == Account.organisation_id
    )
    return {row[0]: (row[1], row[2] or "") for row in session.execute(query)}


def past_returns(session: Session, case: Evaluation) -> tuple[PastReturn, ...]:
    """Return every return of the case in the order they were made; a withdrawal by the unit is none."""
    leaves = _leaves(session, case, (*BACK, Action.REPORT_FREEZE))
    tracks = _tracks(session, case)
    left = iter([after.left_on for before, after in pairwise(tracks) if after.stage.before(before.stage)])
    orders = iter(
        session.scalars(
            select(ReturnOrder).where(ReturnOrder.evaluation_id == case.id).order_by(ReturnOrder.number)
        ).all()
    )
    found, frozen = [], False
    for leaf in leaves:
        action = Action(leaf["action"])
        if action is Action.REPORT_FREEZE:
            frozen = True
            continue
        left_on = next(left, None)
        if action is Action.STAGE_RETURN:
            found.append(_ordered(next(orders), frozen=frozen, left_on=left_on))
        elif action is Action.SELF_RETURN:
            found.append(_sent_back(session, leaf, left_on=left_on))
        frozen = False
    return tuple(found)


def _ordered(order: ReturnOrder, *, frozen: bool, left_on: date | None) -> PastReturn:
    return PastReturn(
        start=order.from_stage,
        back_to=order.to_stage,
        items=tuple(order.items),
        straight_back=order.straight_back,
        after_freeze=frozen,
        on=order.on,
        left_on=left_on,
        by=order.by,
    )


def _sent_back(session: Session, leaf: Leaf, *, left_on: date | None) -> PastReturn:
    return PastReturn(
        start=Stage(leaf["stage"]),
        back_to=Stage.SELF_ASSESSMENT,
        items=tuple(_reason(session, leaf).split("；")),
        straight_back=False,
        after_freeze=False,
        on=_day(leaf),
        left_on=left_on,
        by=_person(leaf),
    )


def withdrawn_evidence(session: Session, case: Evaluation) -> dict[str, PastEvidence]:
    """Return what the log says of every withdrawn piece, by its code."""
    query = (
        select(Evidence, AuditEntry.leaf)
        .join(AuditField, AuditField.pk == Evidence.id)
        .join(AuditEntry, AuditEntry.entry_id == AuditField.entry_id)
        .where(
            Evidence.evaluation_id == case.id,
            Evidence.void,
            AuditField.table == Evidence.__tablename__,
            AuditField.field == "void",
        )
    )
    tracks = _tracks(session, case)
    found = {}
    for row, body in session.execute(query):
        leaf = decode_strict(bytes(body))
        stage, on = Stage(leaf["stage"]), _day(leaf)
        rounds = [t.round for t in tracks if t.stage is stage and t.entered_on <= on]
        found[row.code] = PastEvidence(row.stage, on, stage, max(rounds, default=1) > 1, _person(leaf))
    return found


def made_by(session: Session, link: EvidenceLink) -> str:
    """Return the account by whose act this link was last made."""
    leaf = session.scalar(select(AuditEntry.leaf).where(AuditEntry.entry_id == link.last_audit))
    return _person(decode_strict(bytes(leaf))) if leaf is not None else ""


WITHHELD = "（已依法删除）"


def told(session: Session, leaf: Leaf, path: str, value: Any) -> Any:
    """Return an inline value, or what its commitment hides if it still opens, else that it is withheld."""
    if not isinstance(value, dict):
        return value
    row = session.get(AuditDisclosure, (leaf["id"], path))
    if row is None or row.salt is None or row.body is None or not opens(value["#"], row.salt, row.body):
        return WITHHELD
    return json.loads(row.body)


def words_signed(session: Session, case: Evaluation) -> dict[str, dict[str, Any]]:
    """Return what stood in every piece of the report before the correction asked for last changed it.

    By row and field, None where nothing stood; what can no longer be opened is left out.
    """
    acts = (Action.CORRECTION_REQUEST, Action.CORRECTION_EDIT)
    leaves = _leaves(session, case, acts)
    asked = [n for n, leaf in enumerate(leaves) if leaf["action"] == Action.CORRECTION_REQUEST.value]
    found: dict[str, dict[str, Any]] = {}
    for leaf in leaves[asked[-1] + 1 :] if asked else ():
        for number, change in enumerate(leaf["changes"]):
            if change["t"] != Narrative.__tablename__:
                continue
            row = found.setdefault(str(change["pk"]), {})
            for name, pair in change["f"].items():
                before = told(session, leaf, f"/changes/{number}/f/{name}/0", pair[0])
                if before != WITHHELD:
                    row.setdefault(name, before)
    return found


def first_stages(session: Session, case: Evaluation) -> dict[str, Stage]:
    """Return the stage every deduction was first made in, by the code it has now; a revision keeps it."""
    rows = session.scalars(select(Deduction).where(Deduction.evaluation_id == case.id)).all()
    by_id = {row.id: row for row in rows}
    found = {}
    for row in rows:
        first = row
        while first.revises in by_id:
            first = by_id[first.revises]
        found[row.code] = first.stage
    return found


def _tracks(session: Session, case: Evaluation) -> Sequence[StageTrack]:
    query = select(StageTrack).where(StageTrack.evaluation_id == case.id).order_by(StageTrack.id)
    return session.scalars(query).all()


def _leaves(session: Session, case: Evaluation, actions: tuple[Action, ...]) -> list[Leaf]:
    """Return the entries of these acts that were done, oldest first, each but once."""
    query = (
        select(AuditEntry.leaf)
        .where(
            AuditEntry.evaluation_id == case.id,
            AuditEntry.outcome == "done",
            AuditEntry.action.in_([action.value for action in actions]),
        )
        .order_by(AuditEntry.leaf_index)
    )
    leaves = [decode_strict(bytes(body)) for body in session.scalars(query)]
    return [leaf for leaf in leaves if "part" not in leaf or leaf["part"]["n"][0] == 1]


def _day(leaf: Leaf) -> date:
    """Return the business day: the one stated, else that of the moment."""
    return (
        date.fromisoformat(leaf["on"]) if leaf.get("on") else local_date(datetime.fromisoformat(leaf["at"]))
    )


def _person(leaf: Leaf) -> str:
    return str(leaf["actor"]["on_behalf"] or leaf["actor"]["id"])


def _reason(session: Session, leaf: Leaf) -> str:
    """Return the reason of the entry, opened if it is behind a commitment and was not erased."""
    stated = leaf["reason"]
    if not isinstance(stated, dict):
        return str(stated or ERASED)
    row = session.get(AuditDisclosure, (leaf["id"], "/reason"))
    if row is None or row.salt is None or row.body is None or not opens(stated["#"], row.salt, row.body):
        return ERASED
    return str(json.loads(row.body))

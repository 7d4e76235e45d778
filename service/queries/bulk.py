"""A frozen selection of cases for one act on many: which can be done for each, and why not.

- The selection is kept on the server with the version of every case; what changed since is left out.
- Nothing here decides for good: each act asks the rule table again, under the lock of its case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.errors import NotFoundError
from service.models.evaluation import Evaluation
from service.models.operational import Draft, Notice
from service.models.organisation import Account, GrantState, RoleGrant
from service.queries.doable import missing_for
from service.queries.facts import gather
from service.queries.people import Held
from service.queries.standings import MyCase, my_cases, roles_of, standings
from service.queries.todo import Task, tasks_of
from service.workflow.actions import Action
from service.workflow.court import waiting
from service.workflow.kinds import KINDS
from service.workflow.machine import permits
from service.workflow.roles import ORGANISING_ROLES, Role
from service.workflow.stages import Stage, Status

FORM = "bulk"
DONE = "bulk.done"
CHANGED = "选择之后有变动，请重新选择"
REMINDED = "今天已经催办过"


class BulkAct(Enum):
    """What may be done to many cases at once."""

    REMIND = "remind"
    RETURN = "return"
    ISSUE = "issue"
    SELF_RETURN = "self_return"

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        words = {"remind": "催办", "return": "退回", "issue": "下达", "self_return": "退回自评表"}
        return words[self.value]


@dataclass(frozen=True, slots=True)
class Selection:
    """What was chosen: ids with versions; from `done` on what was confirmed, with what came of it so far.

    Args:
        able: ids of the cases that could be done when it was confirmed, in order.
        causes: why the others could not, by id.
        items: what is to be supplemented, for a return.
        own: what each case has to put right, by id, where each has its own.
        links: page on which the person reminded finds the matter, by id.
        results: "" for done, or why not, by id.
    """

    id: str
    act: BulkAct
    versions: dict[str, int]
    done: bool = False
    able: tuple[str, ...] = ()
    causes: dict[str, str] = field(default_factory=dict)
    items: tuple[str, ...] = ()
    own: dict[str, tuple[str, ...]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    results: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One chosen case: what stands in the way (empty: it can be done), and what is needed to do it.

    Args:
        persons: accounts to remind, with what each is asked to do.
        to_stage: the stage a return leads to.
    """

    id: str
    code: str
    title: str
    stage: str
    cause: str
    roles: frozenset[Role] = frozenset()
    task: Task | None = None
    persons: tuple[str, ...] = ()
    to_stage: Stage | None = None


def selection_of(session: Session, account: str, key: str) -> Selection:
    """Return the selection of this account.

    Raises:
        NotFoundError: there is none of this name.
    """
    query = select(Draft).where(Draft.account_id == account, Draft.target == key)
    row = session.scalars(query.where(Draft.form.in_((FORM, DONE)))).one_or_none()
    if row is None:
        raise NotFoundError("没有这份选择")
    data: dict[str, Any] = row.data
    return Selection(
        id=key,
        act=BulkAct(data["act"]),
        versions=data["versions"],
        done=row.form == DONE,
        able=tuple(data.get("able", ())),
        causes=data.get("causes", {}),
        items=tuple(data.get("items", ())),
        own={case: tuple(lines) for case, lines in data.get("own", {}).items()},
        links=data.get("links", {}),
        results=data.get("results", {}),
    )


def versions_of(session: Session, cases: Sequence[str]) -> dict[str, int]:
    """Return the present version of these cases, by id."""
    query = select(Evaluation.id, Evaluation.version).where(Evaluation.id.in_(cases))
    return {row.id: row.version for row in session.execute(query)}


def candidates(
    session: Session, account: str, chosen: Selection, *, today: date, judged: bool = True
) -> list[Candidate]:
    """Return every chosen case this account may read, in order of code, judged for the act.

    Args:
        judged: whether what asks for facts case by case is asked; who does the act at once need not.
    """
    rows = _rows(session, account, list(chosen.versions), today=today)
    if chosen.act is BulkAct.RETURN:
        return [_returnable(case, chosen) for case in rows]
    if chosen.act is BulkAct.SELF_RETURN:
        return [_self_returnable(case, chosen) for case in rows]
    if chosen.act is BulkAct.ISSUE:
        if not judged:
            return [_judged(case, "") for case in rows]
        return [_issuable(session, account, case, chosen, today=today) for case in rows]
    return _remindable(session, account, rows, chosen, today=today)


def _rows(session: Session, account: str, ids: list[str], *, today: date) -> list[MyCase]:
    return my_cases(session, account, today=today, among=ids)


def _judged(case: MyCase, cause: str, **more: Any) -> Candidate:
    row = case.row
    return Candidate(row.id, row.code, row.title, row.stage.label, cause, case.roles, **more)


def _changed(case: MyCase, chosen: Selection) -> str:
    return "" if case.row.version == chosen.versions[case.row.id] else CHANGED


def _returnable(case: MyCase, chosen: Selection) -> Candidate:
    row = case.row
    earlier = KINDS[row.kind].earlier(row.stage)
    allowed = permits(row.kind, row.stage, row.status, Action.STAGE_RETURN, case.roles)
    cause = _changed(case, chosen)
    if not allowed or not earlier:
        cause = f"本人职责在“{row.stage.label}”阶段不能退回"
    return _judged(case, cause, to_stage=earlier[-1] if earlier else None)


def _self_returnable(case: MyCase, chosen: Selection) -> Candidate:
    row = case.row
    cause = _changed(case, chosen)
    if not permits(row.kind, row.stage, row.status, Action.SELF_RETURN, case.roles):
        cause = f"本人职责在“{row.stage.label}”阶段不能退回自评表"
    elif not chosen.own.get(row.id):
        cause = "没有要退回改正的问题"
    return _judged(case, cause, to_stage=Stage.SELF_ASSESSMENT)


def _issuable(session: Session, account: str, case: MyCase, chosen: Selection, *, today: date) -> Candidate:
    row = case.row
    if not permits(row.kind, row.stage, row.status, Action.EVALUATION_ISSUE, case.roles):
        said = "已经下达" if row.status is not Status.DRAFT else "本人职责不能下达"
        return _judged(case, said)
    return _judged(case, _changed(case, chosen) or _missing(session, account, case, today=today))


def _missing(session: Session, account: str, case: MyCase, *, today: date) -> str:
    action = Action.EVALUATION_ISSUE
    facts = gather(session, case.row, person=account, action=action, today=today, given={})
    return "；".join(missing_for(case.row, action, case.roles, facts))


def _remindable(
    session: Session, account: str, rows: Sequence[MyCase], chosen: Selection, *, today: date
) -> list[Candidate]:
    known = standings(session, rows, account)
    people = _people(session, rows, today=today)
    reminded = _reminded(session, [case.row.id for case in rows], today)
    made = []
    for case in rows:
        others = [t for t in tasks_of(case, known[case.row.id], today=today) if not t.mine]
        asked = {matter.action: matter.roles for matter in waiting(known[case.row.id])}
        task = others[0] if others else None
        roles = asked[task.action] if task is not None else frozenset()
        persons = _holding(people.get(case.row.id, {}), roles) - {account}
        fresh = persons - reminded.get(case.row.id, set())
        cause = _why_not(case, task, persons, fresh) or _changed(case, chosen)
        made.append(_judged(case, cause, task=task, persons=tuple(sorted(fresh))))
    return made


def _why_not(case: MyCase, task: Task | None, persons: set[str], fresh: set[str]) -> str:
    if not case.roles & ORGANISING_ROLES:
        return "本人不是该评价的组织方"
    if task is None:
        return "没有等待他人办理的事项"
    if not persons:
        return f"还没有安排{task.whom}，无人可催"
    return "" if fresh else REMINDED


def _people(session: Session, rows: Sequence[MyCase], *, today: date) -> dict[str, dict[str, set[Role]]]:
    """Return by case who holds which roles; one query for all."""
    organisations = {organisation for case in rows for organisation, _ in case.parts}
    query = (
        select(RoleGrant)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(RoleGrant.state == GrantState.CONFIRMED, Account.active)
        .where(or_(RoleGrant.until.is_(None), RoleGrant.until >= today))
        .where(
            or_(
                RoleGrant.evaluation_id.in_([case.row.id for case in rows]),
                RoleGrant.evaluation_id.is_(None) & RoleGrant.organisation_id.in_(organisations),
            )
        )
    )
    grants = session.scalars(query).all()
    found: dict[str, dict[str, set[Role]]] = {case.row.id: {} for case in rows}
    for case in rows:
        for grant in grants:
            one = Held(grant.role, grant.evaluation_id, grant.organisation_id)
            if held := roles_of([one], case.row.id, case.parts):
                found[case.row.id].setdefault(grant.account_id, set()).update(held)
    return found


def _holding(people: dict[str, set[Role]], roles: frozenset[Role]) -> set[str]:
    return {account for account, held in people.items() if held & roles}


def _reminded(session: Session, cases: Sequence[str], today: date) -> dict[str, set[str]]:
    """Return by case who was reminded today."""
    suffix = f"/{today.isoformat()}"
    query = select(Notice.evaluation_id, Notice.account_id).where(
        Notice.evaluation_id.in_(cases), Notice.once_key.endswith(suffix)
    )
    found: dict[str, set[str]] = {}
    for case, account in session.execute(query):
        found.setdefault(case or "", set()).add(account)
    return found

"""The people of a case: who holds which duty, who declared what, which interests wait for a decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.organisation import Account, ConflictDeclaration
from service.queries.consultation import latest_issue
from service.queries.names import duties, organisation_names
from service.queries.once import rows_of
from service.queries.people import holders_by_role
from service.workflow.actions import Action
from service.workflow.certifier import papers_of
from service.workflow.deadlines import load_calendar, working_days
from service.workflow.kinds import KINDS
from service.workflow.machine import permits
from service.workflow.roles import Role
from service.workflow.stages import Stage, Status

_CALENDAR = load_calendar()


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the case with the duties held there.

    Args:
        declared: None if nothing was declared, else whether an interest was.
        owes: whether the rules ask this person for a declaration.
        settled: who held a declared interest harmless and why; "" while it waits.
    """

    account: str
    login: str
    duty: str
    organisation: str
    roles: tuple[Role, ...]
    declared: bool | None
    statement: str
    settled: str
    owes: bool
    papers: str


@dataclass(frozen=True, slots=True)
class Due:
    """One period that runs: until when and how many working days are left (below zero: late)."""

    label: str
    on: date
    left: int


def members(session: Session, case: Evaluation, *, today: date) -> tuple[Member, ...]:
    """Return the people of the case in the order of duties; 单位 side first, then the team, then the desk."""
    held: dict[str, list[Role]] = {}
    accounts: dict[str, Account] = {}
    by_role = holders_by_role(session, case, today=today)
    for role in Role:
        for account in by_role.get(role, ()):
            accounts[account.id] = account
            held.setdefault(account.id, []).append(role)
    said = _declarations(session, case)
    names, by_account = organisation_names(session), duties(session)
    papers = case.facts.get("certifiers", {})
    return tuple(
        _member(case, accounts[key], roles, said.get(key), names, by_account, papers.get(key))
        for key, roles in held.items()
    )


def _member(
    case: Evaluation,
    account: Account,
    roles: list[Role],
    said: ConflictDeclaration | None,
    names: Mapping[str, str],
    authors: Mapping[str, str],
    papers: dict[str, Any] | None,
) -> Member:
    settled = ""
    if said is not None and said.overridden_by:
        settled = f"{authors.get(said.overridden_by, '—')}认定不需回避：{said.override_reason}"
    return Member(
        account=account.id,
        login=account.login,
        duty=account.duty,
        organisation=names.get(account.organisation_id or "", ""),
        roles=tuple(roles),
        declared=None if said is None else said.conflict,
        statement="" if said is None else said.statement,
        settled=settled,
        owes=_asked(case, frozenset(roles)),
        papers="" if papers is None else _papers_words(papers),
    )


def _asked(case: Evaluation, roles: frozenset[Role]) -> bool:
    return permits(case.kind, case.stage, Status.ACTIVE, Action.CONFLICT_DECLARE, roles)


def _papers_words(plain: dict[str, Any]) -> str:
    papers = papers_of(plain)
    until = f"，有效期至 {papers.valid_until}" if papers.valid_until else ""
    clean = "无不良记录" if papers.clean_record else "未承诺无不良记录"
    years = f"工作 {papers.years} 年，其中评价 {papers.evaluating_years} 年"
    return f"{papers.qualification}；{years}；{clean}{until}"


def _declarations(session: Session, case: Evaluation) -> dict[str, ConflictDeclaration]:
    return {row.account_id: row for row in rows_of(session, ConflictDeclaration, case.id)}


def dues(session: Session, case: Evaluation, *, today: date) -> tuple[Due, ...]:
    """Return the periods of the case that matter now: 自评 while it runs, 反馈意见 once the draft is out."""
    found = []
    if case.self_due_on is not None and case.stage is Stage.SELF_ASSESSMENT:
        found.append(("自评报送", case.self_due_on))
    issue = latest_issue(session, case.id)
    if issue is not None and case.stage is Stage.CONSULTATION:
        found.append(("反馈意见", issue.due_on))
    return tuple(Due(label, on, _left(today, on)) for label, on in found)


def _left(today: date, on: date) -> int:
    return working_days(today, on, _CALENDAR) if on >= today else -working_days(on, today, _CALENDAR)


def lacking(case: Evaluation, people: tuple[Member, ...]) -> tuple[str, ...]:
    """Return the duties nobody holds that this kind of case cannot do without, in words."""
    needed = {Role.DF, Role.DH, Role.FO, Role.FR, Role.FA, Role.EL} & KINDS[case.kind].roles
    held = {role for member in people for role in member.roles}
    return tuple(role.label for role in Role if role in needed - held)

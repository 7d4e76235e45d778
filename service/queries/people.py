"""Who somebody is and which roles he holds in a case.

- A grant for an evaluation gives its role there and nowhere else.
- A grant for an organisation gives its role in every case where that organisation plays the
  matching part (DF, DH: evaluated · SD: supervisor · FO, FR, FA: organiser · IR, AS: agency).
- A grant for the instance (AU, SA, SE, AA) has neither.
- Only confirmed, unexpired grants of active accounts count.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from service.errors import NotFoundError, Problem
from service.models.evaluation import Evaluation
from service.models.organisation import Account, ConflictDeclaration, GrantState, RoleGrant
from service.queries.once import once, rows_of
from service.queries.parties import parties_in
from service.workflow.roles import Role

PART_OF_ROLE = {
    Role.DF: "evaluated",
    Role.DH: "evaluated",
    Role.SD: "supervisor",
    Role.FO: "organiser",
    Role.FR: "organiser",
    Role.FA: "organiser",
    Role.IR: "agency",
    Role.AS: "agency",
}
INSTANCE_ROLES = frozenset({Role.AU, Role.SA, Role.SE, Role.AA})
KEPT = frozenset({Role.SA, Role.SE})
"""Duties that may not die out: without one of them no grant could follow."""


def account_by_login(session: Session, login: str) -> Account:
    """Return the active account with this login.

    Raises:
        NotFoundError: if there is none or it is disabled.
    """
    found = session.scalar(select(Account).where(Account.login == login, Account.active))
    if found is None:
        raise NotFoundError(Problem("没有这个可用的账号", value=login, cure="用 pingji user 查看或建立账号"))
    return found


def _live(today: date) -> ColumnElement[bool]:
    """Return the condition under which a grant counts, its account being joined."""
    unexpired = or_(RoleGrant.until.is_(None), RoleGrant.until >= today)
    return (RoleGrant.state == GrantState.CONFIRMED) & Account.active & unexpired


class Held(NamedTuple):
    """A grant that counts: its role, and the evaluation or the organisation it is for."""

    role: Role
    evaluation_id: str | None
    organisation_id: str | None


@once
def live_grants(session: Session, account_id: str, today: date) -> Sequence[Held]:
    """Return the confirmed, unexpired grants of an active account; a team member may have a thousand."""
    columns = select(RoleGrant.role, RoleGrant.evaluation_id, RoleGrant.organisation_id)
    joined = columns.join(Account, Account.id == RoleGrant.account_id)
    found = session.execute(joined.where(RoleGrant.account_id == account_id, _live(today)))
    return [Held(*row) for row in found]


def roles_in(session: Session, account_id: str, evaluation: Evaluation, *, today: date) -> frozenset[Role]:
    """Return the roles this account holds in this evaluation on `today`; empty for strangers."""
    parts = _parts(session, evaluation)
    roles = set()
    for grant in live_grants(session, account_id, today):
        here = grant.evaluation_id == evaluation.id
        by_org = (grant.organisation_id, PART_OF_ROLE.get(grant.role, "")) in parts
        anywhere = grant.role in INSTANCE_ROLES and not grant.evaluation_id
        if here or (by_org and not grant.evaluation_id) or anywhere:
            roles.add(grant.role)
    return frozenset(roles)


def held_alone(session: Session, account_id: str) -> tuple[Role, ...]:
    """Return the duties that may not die out and that no other active account holds without end."""
    lasting = (RoleGrant.state == GrantState.CONFIRMED, RoleGrant.until.is_(None), RoleGrant.role.in_(KEPT))
    held = select(RoleGrant.role, RoleGrant.account_id).join(Account, Account.id == RoleGrant.account_id)
    rows = session.execute(held.where(*lasting, Account.active)).all()
    others = {role for role, account in rows if account != account_id}
    alone = {role for role, account in rows if account == account_id} - others
    return tuple(sorted(alone, key=lambda role: role.value))


def instance_roles(session: Session, account_id: str, *, today: date) -> frozenset[Role]:
    """Return every role the account holds for the instance or an organisation (for acts outside a case)."""
    grants = live_grants(session, account_id, today)
    return frozenset(grant.role for grant in grants if grant.evaluation_id is None)


def roles_held(session: Session, account_id: str, *, today: date) -> tuple[frozenset[Role], frozenset[Role]]:
    """Return the roles of the account beside any case, and those it plays in some case or other."""
    grants = live_grants(session, account_id, today)
    return (
        frozenset(grant.role for grant in grants if grant.evaluation_id is None),
        frozenset(grant.role for grant in grants if grant.evaluation_id is not None),
    )


def case_roles(session: Session, account_id: str, *, today: date) -> frozenset[Role]:
    """Return every role the account holds in single cases, whichever they are."""
    return roles_held(session, account_id, today=today)[1]


def roles_at(session: Session, account_id: str, organisation: str, *, today: date) -> frozenset[Role]:
    """Return the roles the account holds for this organisation itself, beside any single case."""
    grants = live_grants(session, account_id, today)
    return frozenset(g.role for g in grants if g.organisation_id == organisation and not g.evaluation_id)


def holders(session: Session, evaluation: Evaluation, role: Role, *, today: date) -> list[Account]:
    """Return the accounts holding `role` in this evaluation as `roles_in` says, in order of login."""
    if role not in INSTANCE_ROLES:
        return holders_by_role(session, evaluation, today=today).get(role, [])
    here = or_(RoleGrant.evaluation_id == evaluation.id, RoleGrant.evaluation_id.is_(None))
    granted = (
        select(RoleGrant.account_id)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(RoleGrant.role == role, _live(today), here)
    )
    return list(session.scalars(select(Account).where(Account.id.in_(granted)).order_by(Account.login)))


def holders_by_role(session: Session, evaluation: Evaluation, *, today: date) -> dict[Role, list[Account]]:
    """Return the case's own people by role, each list in order of login; as `holders` says."""
    parts = _parts(session, evaluation)
    found: dict[Role, list[Account]] = {}
    for grant, account in _granted(session, evaluation):
        if grant.until is not None and grant.until < today:
            continue
        held = found.setdefault(grant.role, [])
        by_part = (grant.organisation_id, PART_OF_ROLE.get(grant.role, "")) in parts
        if account not in held and (grant.evaluation_id is not None or by_part):
            held.append(account)
    return found


def _parts(session: Session, evaluation: Evaluation) -> frozenset[tuple[str, str]]:
    """Return organisation and part of every party to the case."""
    return frozenset((p.organisation_id, p.part) for p, _ in parties_in(session, evaluation.id))


@once
def _granted(session: Session, evaluation: Evaluation) -> Sequence[tuple[RoleGrant, Account]]:
    """Return the confirmed grants in the case and at its organisations with their accounts, by login.

    Whether a grant has run out is not asked here.
    """
    organisations = {organisation for organisation, _ in _parts(session, evaluation)}
    at_large = RoleGrant.evaluation_id.is_(None) & RoleGrant.organisation_id.in_(organisations)
    query = (
        select(RoleGrant, Account)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(RoleGrant.state == GrantState.CONFIRMED, Account.active)
        .where(or_(RoleGrant.evaluation_id == evaluation.id, at_large))
        .order_by(Account.login)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def declaration_of(session: Session, evaluation: str, account: str) -> ConflictDeclaration | None:
    """Return what the account declared about its interests in the case, None if nothing yet."""
    rows = rows_of(session, ConflictDeclaration, evaluation)
    return next((row for row in rows if row.account_id == account), None)


def open_conflict(session: Session, evaluation: str, account: str) -> bool:
    """Return whether a declared interest of the account is not yet disposed of."""
    row = declaration_of(session, evaluation, account)
    return row is not None and row.conflict and row.overridden_by is None

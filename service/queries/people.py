"""Who somebody is and which roles he holds in a case.

- A grant for an evaluation gives its role there and nowhere else.
- A grant for an organisation gives its role in every case where that organisation plays the
  matching part (DF, DH: evaluated · SD: supervisor · FO, FR, FA: organiser · IR, AS: agency).
- A grant for the instance (AU, SA, SE, AA) has neither.
- Only confirmed, unexpired grants of active accounts count.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from service.errors import NotFoundError, Problem
from service.models.evaluation import Evaluation, Party
from service.models.organisation import Account, ConflictDeclaration, GrantState, RoleGrant
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


def live_grants(session: Session, account_id: str, today: date) -> list[RoleGrant]:
    """Return the confirmed, unexpired grants of an active account."""
    query = select(RoleGrant).join(Account, Account.id == RoleGrant.account_id)
    return list(session.scalars(query.where(RoleGrant.account_id == account_id, _live(today))))


def roles_in(session: Session, account_id: str, evaluation: Evaluation, *, today: date) -> frozenset[Role]:
    """Return the roles this account holds in this evaluation on `today`; empty for strangers."""
    parts = {
        (p.organisation_id, p.part)
        for p in session.scalars(select(Party).where(Party.evaluation_id == evaluation.id))
    }
    roles = set()
    for grant in live_grants(session, account_id, today):
        here = grant.evaluation_id == evaluation.id
        by_org = (grant.organisation_id, PART_OF_ROLE.get(grant.role, "")) in parts
        anywhere = grant.role in INSTANCE_ROLES and not grant.evaluation_id
        if here or (by_org and not grant.evaluation_id) or anywhere:
            roles.add(grant.role)
    return frozenset(roles)


def instance_roles(session: Session, account_id: str, *, today: date) -> frozenset[Role]:
    """Return every role the account holds for the instance or an organisation (for acts outside a case)."""
    grants = live_grants(session, account_id, today)
    return frozenset(grant.role for grant in grants if grant.evaluation_id is None)


def roles_at(session: Session, account_id: str, organisation: str, *, today: date) -> frozenset[Role]:
    """Return the roles the account holds for this organisation itself, beside any single case."""
    grants = live_grants(session, account_id, today)
    return frozenset(g.role for g in grants if g.organisation_id == organisation and not g.evaluation_id)


def holders(session: Session, evaluation: Evaluation, role: Role, *, today: date) -> list[Account]:
    """Return the accounts holding `role` in this evaluation as `roles_in` says, in order of login."""
    playing = select(Party.organisation_id).where(
        Party.evaluation_id == evaluation.id, Party.part == PART_OF_ROLE.get(role, "")
    )
    at_large = true() if role in INSTANCE_ROLES else RoleGrant.organisation_id.in_(playing)
    here = or_(RoleGrant.evaluation_id == evaluation.id, RoleGrant.evaluation_id.is_(None) & at_large)
    granted = (
        select(RoleGrant.account_id)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(RoleGrant.role == role, _live(today), here)
    )
    return list(session.scalars(select(Account).where(Account.id.in_(granted)).order_by(Account.login)))


def holders_by_role(session: Session, evaluation: Evaluation, *, today: date) -> dict[Role, list[Account]]:
    """Return the case's own people by role, each list in order of login; as `holders` says."""
    parties = select(Party.organisation_id, Party.part).where(Party.evaluation_id == evaluation.id)
    parts = {(organisation, part) for organisation, part in session.execute(parties)}
    at_large = RoleGrant.evaluation_id.is_(None) & RoleGrant.organisation_id.in_({o for o, _ in parts})
    query = (
        select(RoleGrant, Account)
        .join(Account, Account.id == RoleGrant.account_id)
        .where(_live(today), or_(RoleGrant.evaluation_id == evaluation.id, at_large))
        .order_by(Account.login)
    )
    found: dict[Role, list[Account]] = {}
    for grant, account in session.execute(query):
        held = found.setdefault(grant.role, [])
        by_part = (grant.organisation_id, PART_OF_ROLE.get(grant.role, "")) in parts
        if account not in held and (grant.evaluation_id is not None or by_part):
            held.append(account)
    return found


def declaration_of(session: Session, evaluation: str, account: str) -> ConflictDeclaration | None:
    """Return what the account declared about its interests in the case, None if nothing yet."""
    return session.scalar(
        select(ConflictDeclaration).where(
            ConflictDeclaration.evaluation_id == evaluation, ConflictDeclaration.account_id == account
        )
    )


def open_conflict(session: Session, evaluation: str, account: str) -> bool:
    """Return whether a declared interest of the account is not yet disposed of."""
    row = declaration_of(session, evaluation, account)
    return row is not None and row.conflict and row.overridden_by is None

"""Organisations and granted duties as lines of a list, outside any case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from service.errors import NotFoundError, Problem
from service.models.organisation import Account, GrantState, Organisation, Revocation, RoleGrant
from service.workflow.roles import Role

STATES: dict[GrantState, str] = {
    GrantState.PROPOSED: "待确认",
    GrantState.CONFIRMED: "已确认",
    GrantState.REVOKED: "已收回",
}


@dataclass(frozen=True, slots=True)
class GrantLine:
    """One duty outside any case: who holds it where, who proposed and confirmed it.

    `ending` is the id of its proposed end while that waits.
    """

    id: str
    login: str
    duty: str
    role: Role
    organisation: str | None
    state: GrantState
    until: date | None
    proposed_by: str
    confirmed_by: str | None
    ending: str | None = None

    @property
    def state_label(self) -> str:
        """The Chinese name of the state."""
        if self.state is GrantState.REVOKED and self.confirmed_by is None:
            return "已驳回"
        return "收回待确认" if self.ending else STATES[self.state]


def grant_lines(session: Session, *, waiting: bool = False) -> list[GrantLine]:
    """Return every duty granted or proposed outside a case, by login; if `waiting` only what waits."""
    proposer, confirmer = aliased(Account), aliased(Account)
    query = (
        select(RoleGrant, Account, Organisation.code, proposer.login, confirmer.login, Revocation.id)
        .join(Account, Account.id == RoleGrant.account_id)
        .join(proposer, proposer.id == RoleGrant.proposed_by)
        .outerjoin(confirmer, confirmer.id == RoleGrant.confirmed_by)
        .outerjoin(Organisation, Organisation.id == RoleGrant.organisation_id)
        .outerjoin(Revocation, (Revocation.grant_id == RoleGrant.id) & Revocation.decided_by.is_(None))
        .where(RoleGrant.evaluation_id.is_(None))
        .order_by(Account.login, RoleGrant.id)
    )
    if waiting:
        ending = (RoleGrant.state == GrantState.CONFIRMED) & Revocation.id.is_not(None)
        query = query.where((RoleGrant.state == GrantState.PROPOSED) | ending)
    return [
        GrantLine(
            grant.id, account.login, account.duty, grant.role, code,
            grant.state, grant.until, proposed, confirmed, ending,
        )
        for grant, account, code, proposed, confirmed, ending in session.execute(query)
    ]  # fmt: skip


def organisation_by_code(session: Session, code: str) -> str:
    """Return the id of the organisation with this code.

    Raises:
        NotFoundError: there is none.
    """
    found = session.scalar(select(Organisation.id).where(Organisation.code == code))
    if found is None:
        cure = "用 pingji organisation list 查看，或用 pingji organisation create 建立"
        raise NotFoundError(Problem("没有这个编号的单位", value=code, cure=cure))
    return found


def organisation_lines(session: Session) -> list[tuple[str, str]]:
    """Return code and name of every organisation, in order of code."""
    query = select(Organisation.code, Organisation.name).order_by(Organisation.code)
    return [(code, name) for code, name in session.execute(query)]

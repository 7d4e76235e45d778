"""Granted duties taken back, and what one administrator proposed rejected by the other.

- Nobody ends his own duty, nor decides what he proposed.
- A grant counts until another person has confirmed its end; then the account's logins end with it.
- The last system and the last security administrator stay: without one of them no grant could follow.
- The duties of a team in one case are arranged in the case, not here.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.actions.accounts import instance_action
from service.actions.transaction import Actor
from service.errors import NotFoundError, Problem
from service.models.organisation import Account, GrantState, Handover, Revocation, RoleGrant
from service.queries.people import held_alone
from service.workflow.actions import Action

Proposal = RoleGrant | Revocation | Handover


def propose_revocation(actor: Actor, *, grant: str, reason: str) -> str:
    """Return the id of a proposed end of a grant; the duty goes on until another person confirms.

    Raises:
        ActionRefusedError: for oneself, without a reason, for the last administrator of his kind, for
            what does not count or already waits for its end.
    """

    def given(session: Session) -> dict[str, Any]:
        row = session.get(RoleGrant, grant)
        waits = select(Revocation.id).where(Revocation.grant_id == grant, Revocation.decided_by.is_(None))
        return {**_about(session, row, actor), "target_open": _counts(row) and not session.scalar(waits)}

    with instance_action(actor, Action.GRANT_PROPOSE_REVOKE, reason=reason, given=given) as tx:
        row = Revocation(grant_id=grant, reason=reason, proposed_by=actor.person)
        tx.add(row)
        tx.session.flush()
        return row.id


def revoke_grant(actor: Actor, *, revocation: str, fresh: bool) -> None:
    """The duty is held no longer; open logins of the account end.

    Args:
        fresh: whether the confirmer proved himself again within five minutes.
    """

    def given(session: Session) -> dict[str, Any]:
        row = session.get(Revocation, revocation)
        grant = session.get(RoleGrant, row.grant_id) if row else None
        return {
            **_about(session, grant, actor),
            "target_open": row is not None and row.decided_by is None and _counts(grant),
            "target_mine": row is not None and row.proposed_by == actor.person,
            "reauth_fresh": fresh,
        }

    with instance_action(actor, Action.GRANT_REVOKE, given=given) as tx:
        row = tx.session.get_one(Revocation, revocation)
        row.done, row.decided_by = True, actor.person
        tx.reason = row.reason
        grant = tx.session.get_one(RoleGrant, row.grant_id)
        grant.state = GrantState.REVOKED
        tx.session.get_one(Account, grant.account_id).epoch += 1


def reject_proposal(actor: Actor, *, proposal: str, reason: str) -> None:
    """The proposed grant, end of a grant or hand-over never takes effect; the reason stays in the log.

    Raises:
        ActionRefusedError: by who proposed it or whom it concerns, or without a reason.
    """

    def given(session: Session) -> dict[str, Any]:
        row = _proposal(session, proposal)
        return {
            "target_open": row is not None and _waits(row),
            "target_mine": row is not None and row.proposed_by == actor.person,
            "target_is_actor": row is None or actor.person in _concerned(session, row),
        }

    with instance_action(actor, Action.GRANT_REJECT, reason=reason, given=given) as tx:
        row = _proposal(tx.session, proposal)
        if isinstance(row, RoleGrant):
            row.state = GrantState.REVOKED
        elif isinstance(row, Revocation):
            row.decided_by = actor.person
        elif row is not None:
            row.confirmed_by = actor.person
        else:
            raise NotFoundError(Problem("没有这项待确认的事项", value=proposal))


def _about(session: Session, row: RoleGrant | None, actor: Actor) -> dict[str, Any]:
    last = row is not None and row.role in held_alone(session, row.account_id)
    return {
        "target_is_actor": row is None or row.account_id == actor.person,
        "target_missing": (f"另一名{row.role.label}",) if row is not None and last else (),
    }


def _counts(row: RoleGrant | None) -> bool:
    return row is not None and row.state is GrantState.CONFIRMED and row.evaluation_id is None


def _proposal(session: Session, key: str) -> Proposal | None:
    found: Proposal | None = session.get(RoleGrant, key)
    return found or session.get(Revocation, key) or session.get(Handover, key)


def _waits(row: Proposal) -> bool:
    if isinstance(row, RoleGrant):
        return row.state is GrantState.PROPOSED
    return (row.decided_by if isinstance(row, Revocation) else row.confirmed_by) is None


def _concerned(session: Session, row: Proposal) -> set[str]:
    if isinstance(row, Handover):
        return {row.leaver, row.successor}
    grant = session.get_one(RoleGrant, row.grant_id) if isinstance(row, Revocation) else row
    return {grant.account_id}

"""What an organisation keeps in versions: one person proposes, another decides, under the rule table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from service.actions.transaction import Actor, Transaction, transaction
from service.errors import NotFoundError
from service.models.library import LibraryFramework, LibraryState
from service.models.template import ReportTemplate
from service.queries.people import roles_at
from service.workflow.actions import Action
from service.workflow.facts import Facts
from service.workflow.machine import plan

Version = TypeVar("Version", LibraryFramework, ReportTemplate)
UNKNOWN = {LibraryFramework: "没有这个指标体系库", ReportTemplate: "没有这个报告模板"}
"""What somebody without a role there is told."""
STANDING = (LibraryState.PROPOSED, LibraryState.APPROVED)


@contextmanager
def library_action(
    actor: Actor,
    action: Action,
    organisation: Callable[[Session], str],
    *,
    reason: str = "",
    given: Callable[[Session], Mapping[str, Any]] = lambda _: {},
    unknown: str = UNKNOWN[LibraryFramework],
) -> Iterator[Transaction]:
    """Run one act on a library under the rule table with the roles held for its organisation.

    Raises:
        NotFoundError: to somebody who has no role there.
        NotPermittedError, ActionRefusedError: as the table says.
    """
    with transaction(actor, action, reason=reason) as tx:
        roles = roles_at(tx.session, actor.person, organisation(tx.session), today=tx.on)
        if not roles:
            raise NotFoundError(unknown)
        known = {"reason_given": bool(reason.strip()), "target_missing": (), **given(tx.session)}
        plan(None, None, None, action, roles, Facts(**known))
        yield tx


@contextmanager
def decision(
    actor: Actor,
    action: Action,
    kind: type[Version],
    version: str,
    state: LibraryState,
    *,
    reason: str = "",
    missing: Callable[[Session, Version], tuple[str, ...]] = lambda _, __: (),
) -> Iterator[tuple[Transaction, Version]]:
    """Open an act on one version that must be in `state`; yield the transaction and the locked row.

    Raises:
        NotFoundError: there is no such version, or the person has no role where it is kept.
        ActionRefusedError: it is in another state, the decider proposed it, or something is `missing`.
    """

    def locked(session: Session) -> Version:
        # Two decisions on one version follow each other.
        row = session.get(kind, version, with_for_update=True)
        if row is None:
            raise NotFoundError(UNKNOWN[kind])
        return row

    def given(session: Session) -> dict[str, Any]:
        row = locked(session)
        mine = row.proposed_by == actor.person
        return {
            "target_open": row.state is state,
            "target_mine": mine,
            "target_missing": missing(session, row),
        }

    def organisation(session: Session) -> str:
        return locked(session).organisation_id

    with library_action(actor, action, organisation, reason=reason, given=given, unknown=UNKNOWN[kind]) as tx:
        yield tx, tx.get(kind, version)

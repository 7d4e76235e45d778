"""A restore written into the restored log: who did it, who agreed, and what had been signed before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import select

from service import clock
from service.actions.actor import Actor
from service.actions.entries import append, origin_of
from service.audit.leaf import RESTORE_ACTION, LeafFacts, RestoreFact
from service.audit.merkle import Frontier
from service.audit.restore import NamedPerson, RestoreEvent
from service.extensions import WRITING, db
from service.models.audit import AuditEntry, AuditHead
from service.models.base import new_id
from service.queries.people import instance_roles
from service.workflow.actions import Action
from service.workflow.facts import Facts
from service.workflow.machine import plan
from service.workflow.roles import Role

Event = TypeVar("Event", bound=RestoreEvent)


def record_restore(actor: Actor, *, second: Actor, signed: tuple[int, bytes], reason: str) -> RestoreEvent:
    """Append the restore to the log and return it as the signer wants it.

    Args:
        actor: the system administrator who restores.
        second: the other named person who agreed.
        signed: size and root of what the signer signed last.
        reason: why.

    Raises:
        NotPermittedError, ActionRefusedError: as the rule table says.
    """
    now = clock.now()
    roles = instance_roles(db.session(), actor.person, today=clock.local_date(now))
    known = Facts(reason_given=bool(reason.strip()), second_person=second.person != actor.person)
    plan(None, None, None, Action.SYSTEM_RESTORE, roles, known)
    size, root = signed
    fact = RestoreFact(size, root.hex(), (actor.person, second.person))
    index = appended(actor, RESTORE_ACTION, reason=reason, at=now, restore=fact)
    return event_at(RestoreEvent, index, persons=(actor, second), reason=reason)


def appended(actor: Actor, action: str, *, reason: str, at: datetime, **fact: Any) -> int:
    """Append an act upon the log itself and return its index."""
    with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        facts = LeafFacts(
            log=origin_of(connection), entry_id=new_id(), at=at, actor=actor.logged(Role.SA),
            action=action, reason=reason, request=actor.request_id, **fact,
        )  # fmt: skip
        return append(connection, facts).index


def event_at(kind: type[Event], index: int, *, persons: tuple[Actor, Actor], reason: str) -> Event:
    """Return the entry at `index` and the log as it is now, as the signer wants them."""
    with db.engine.connect() as connection:
        leaf = connection.scalars(select(AuditEntry.leaf).where(AuditEntry.leaf_index == index)).one()
        head = connection.execute(select(AuditHead.size, AuditHead.frontier)).one()
    first, second = (NamedPerson(each.person, each.name) for each in persons)
    log = Frontier.unpack(head.size, bytes(head.frontier))
    return kind(bytes(leaf), index, log.size, log.root(), (first, second), reason)


def leaf_hashes() -> Callable[[int, int], Iterable[bytes]]:
    """Return the reader of leaf hashes the signer asks: indices from the first up to, without, the second."""

    def between(start: int, stop: int) -> Iterable[bytes]:
        wanted = (AuditEntry.leaf_index >= start, AuditEntry.leaf_index < stop)
        chosen = select(AuditEntry.leaf_hash).where(*wanted)
        with db.engine.connect() as connection:
            for each in connection.scalars(chosen.order_by(AuditEntry.leaf_index)):
                yield bytes(each)

    return between

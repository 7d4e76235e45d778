"""The keys of the log changed: who did it, who agreed, and which key goes and comes, in the log itself.

The entry comes first, the signer follows it. Between the two a crash leaves an entry the signer has not
followed; the same act done again finds it and goes on from there.
"""

from __future__ import annotations

from sqlalchemy import select

from service import clock
from service.actions.actor import Actor
from service.actions.restoration import appended, event_at, leaf_hashes
from service.audit.canonical import decode_strict
from service.audit.facts import REVOKE_ACTION, ROTATE_ACTION
from service.audit.leaf import KeyFact
from service.audit.signer_client import Signing
from service.audit.signer_keys import KeyEvent, TrustedKey, trusted_keys
from service.audit.stored import copy_checkpoints
from service.errors import InvalidError, Problem
from service.extensions import WRITING, db
from service.models.audit import AuditEntry
from service.queries.people import instance_roles
from service.workflow.actions import Action
from service.workflow.facts import Facts
from service.workflow.machine import plan


def keys_of(signer: Signing) -> tuple[TrustedKey, ...]:
    """Return every key of the log with the sizes it is good for, oldest first."""
    return trusted_keys(signer.history(), signer.verifier)


def rotate_key(signer: Signing, actor: Actor, *, second: Actor, reason: str) -> str:
    """A new key signs from here on, the old one beside it; return the first note both signed.

    Raises:
        NotPermittedError, ActionRefusedError: as the rule table says.
        InvalidError: the key before the present one is not revoked yet.
    """
    _demand(Action.KEY_ROTATE, actor, second, reason)
    keys = keys_of(signer)
    if len(keys) > 1 and keys[-2].until is None:
        problem = Problem("上一把旧密钥还没有撤销", cure="先运行 pingji audit revoke-key")
        raise InvalidError(problem)
    coming = str(signer.fresh_key())
    fact = KeyFact(str(signer.verifier), coming, None, (actor.person, second.person))
    return _followed(signer, ROTATE_ACTION, fact, persons=(actor, second), reason=reason)


def revoke_key(signer: Signing, actor: Actor, *, second: Actor, reason: str, above: int | None = None) -> str:
    """The old key no longer signs, and above a size it is void; return the first note without it.

    Args:
        above: number of entries up to which the old key is good; None: where the new one began.

    Raises:
        NotPermittedError, ActionRefusedError: as the rule table says.
        InvalidError: no old key signs beside the present one, or `above` lies outside its time.
    """
    _demand(Action.KEY_REVOKE, actor, second, reason)
    keys = keys_of(signer)
    if len(keys) < 2 or keys[-2].until is not None:
        raise InvalidError(Problem("没有并行签署的旧密钥可以撤销", cure="先运行 pingji audit rotate-key"))
    since, size = keys[-1].since, signer.state().size
    end = since if above is None else above
    if not since <= end <= size:
        allowed = f"{since} 至 {size}"
        raise InvalidError(Problem("撤销起点不在旧密钥并行签署期间", value=str(end), allowed=allowed))
    fact = KeyFact(str(keys[-2].key), None, end, (actor.person, second.person))
    return _followed(signer, REVOKE_ACTION, fact, persons=(actor, second), reason=reason)


def _demand(action: Action, actor: Actor, second: Actor, reason: str) -> None:
    roles = instance_roles(db.session(), actor.person, today=clock.local_date(clock.now()))
    known = Facts(reason_given=bool(reason.strip()), second_person=second.person != actor.person)
    plan(None, None, None, action, roles, known)


def _followed(
    signer: Signing, action: str, fact: KeyFact, *, persons: tuple[Actor, Actor], reason: str
) -> str:
    """Have the act in the log, once, and the signer follow it."""
    index = _standing(action, fact)
    if index is None:
        index = appended(persons[0], action, reason=reason, at=clock.now(), key=fact)
    event = event_at(KeyEvent, index, persons=persons, reason=reason)
    note = signer.change_key(event, leaf_hashes(), at=clock.now())
    with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        copy_checkpoints(connection, signer)
    return note


def _standing(action: str, fact: KeyFact) -> int | None:
    """Return the index of this very act, if a crash kept the signer from following it."""
    told = {"old": fact.old, "new": fact.new, "above": fact.above, "persons": list(fact.persons)}
    query = select(AuditEntry.leaf_index, AuditEntry.leaf).where(AuditEntry.action == action)
    for row in db.session().execute(query.order_by(AuditEntry.id.desc())):
        if decode_strict(bytes(row.leaf)).get("key") == told:
            return int(row.leaf_index)
    return None

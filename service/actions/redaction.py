"""Personal data taken out of the log by law: the text goes, its commitment stays, and the act is an entry.

- What is erased is one value of one field, in every entry that holds it: as what came and as what went.
- The value a row has now cannot be erased from its past: it is changed first, by the act meant for it.
- A reason, an address or another text of the envelope is erased where it stands.
- Copies outside (backups, bundles handed out, printed paper) are out of reach; whoever erases is told so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import ProgrammingError

from service import clock
from service.actions.actor import Actor
from service.actions.entries import append, origin_of
from service.audit.canonical import decode_strict
from service.audit.leaf import REDACT_ACTION, LeafFacts, RedactionFact
from service.audit.verifier import commitments
from service.errors import InvalidError, NotFoundError, NotPermittedError, Problem
from service.extensions import WRITING, db
from service.models.audit import AuditDisclosure, AuditEntry, AuditField
from service.models.base import new_id
from service.queries.people import instance_roles
from service.workflow.actions import Action
from service.workflow.facts import Facts
from service.workflow.machine import plan
from service.workflow.roles import Role

AGREEING = (Role.AA, Role.AU)
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Redacted:
    """What was erased: the entry of the act, its index, and every place (entry, path)."""

    entry: str
    index: int
    places: tuple[Place, ...]


def redact(actor: Actor, place: Place, *, second: Actor, reason: str, basis: str) -> Redacted:
    """The text at `place` (entry id, path in its leaf) can no longer be read, here or where it was repeated.

    Args:
        second: who agrees: audit administrator or auditor.
        basis: the provision of law that demands it.

    Raises:
        NotPermittedError, ActionRefusedError: as the rule table says, or who agrees may not.
        NotFoundError: nothing is disclosed there.
        InvalidError: no basis, erased already, or the value is what the row still holds.
    """
    _demand(actor, second, reason, basis)
    with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        leaf = _leaf(connection, place[0])
        places = tuple(_places(connection, leaf, place[1]))
        facts = LeafFacts(
            log=origin_of(connection), entry_id=new_id(), at=clock.now(), actor=actor.logged(Role.SE),
            action=REDACT_ACTION, reason=reason, evaluation=leaf["evaluation"], request=actor.request_id,
            redactions=tuple(RedactionFact(*each, basis.strip(), second.person) for each in places),
        )  # fmt: skip
        receipt = append(connection, facts)
        for each in places:
            _erase(connection, each)
    return Redacted(receipt.entry_id, receipt.index, places)


def _demand(actor: Actor, second: Actor, reason: str, basis: str) -> None:
    today = clock.local_date(clock.now())
    roles = instance_roles(db.session(), actor.person, today=today)
    known = Facts(reason_given=bool(reason.strip()), second_person=second.person != actor.person)
    plan(None, None, None, Action.AUDIT_REDACT, roles, known)
    if not set(AGREEING) & set(instance_roles(db.session(), second.person, today=today)):
        allowed = "、".join(role.label for role in AGREEING)
        raise NotPermittedError(Problem("同意删除的人没有这项职责", value=second.name, allowed=allowed))
    if not basis.strip():
        raise InvalidError(Problem("须写明删除的法律依据", cure="如：个人信息保护法第四十七条"))


def _leaf(connection: Connection, entry: str) -> dict[str, Any]:
    found = connection.scalar(select(AuditEntry.leaf).where(AuditEntry.entry_id == entry))
    if found is None:
        raise NotFoundError(Problem("留痕中没有这条记录", value=entry, cure="照留痕页抄录编号"))
    leaf: dict[str, Any] = decode_strict(bytes(found))
    return leaf


def _places(connection: Connection, leaf: dict[str, Any], path: str) -> Iterator[Place]:
    """Yield every place that holds the value found at `path` of `leaf`, that one among them."""
    entry = leaf["id"]
    paths = [each for each, _ in commitments(leaf)]
    if path not in paths:
        allowed = "、".join(paths) or "（这条记录没有可删除的文字）"
        raise NotFoundError(Problem("这条记录在这个位置没有可删除的文字", value=path, allowed=allowed))
    body = _body(connection, (entry, path))
    if body is None:
        raise InvalidError(Problem("这处文字已经删除", value=f"{entry} {path}"))
    if not path.startswith("/changes/"):
        yield entry, path
        return
    _, _, number, _, field, _ = path.split("/")
    change = leaf["changes"][int(number)]
    found, last = [], None
    for other, at, pair in _history(connection, change["t"], change["pk"], field):
        for side in (0, 1):
            place = (other, f"{at}/{side}")
            if isinstance(pair[side], dict) and _body(connection, place) == body:
                found.append(place)
        last = (other, f"{at}/1")
    if last in found:
        cure = "先在页面上办理更正，把现有内容改掉或作废，再删除历次记录里的"
        raise InvalidError(
            Problem("这正是现在的内容，不能只从留痕里删除", value=f"{change['t']}.{field}", cure=cure)
        )
    yield from found


def _history(connection: Connection, table: str, pk: str, field: str) -> Iterator[tuple[str, str, list[Any]]]:
    """Yield entry, path and both values of every change of one field of one row, oldest first."""
    mine = (AuditField.table == table, AuditField.pk == pk, AuditField.field.in_((field, "*")))
    query = (
        select(AuditEntry.leaf)
        .join(AuditField, AuditField.entry_id == AuditEntry.entry_id)
        .where(*mine)
        .order_by(AuditEntry.id)
    )
    for data in connection.scalars(query).all():
        leaf = decode_strict(bytes(data))
        for number, change in enumerate(leaf["changes"]):
            if (change["t"], change["pk"]) == (table, pk) and field in change["f"]:
                yield leaf["id"], f"/changes/{number}/f/{field}", change["f"][field]


def _at(place: Place) -> Any:
    return (AuditDisclosure.entry_id == place[0]) & (AuditDisclosure.path == place[1])


def _body(connection: Connection, place: Place) -> str | None:
    return connection.scalar(select(AuditDisclosure.body).where(_at(place)))


def _erase(connection: Connection, place: Place) -> None:
    try:
        connection.execute(update(AuditDisclosure).where(_at(place)).values(salt=None, body=None))
    except ProgrammingError as error:
        cure = "服务角色不能改动留痕；把 PINGJI_DATABASE 换成属主的地址再运行"
        raise NotPermittedError(Problem("当前数据库角色不能删除留痕中的文字", cure=cure)) from error

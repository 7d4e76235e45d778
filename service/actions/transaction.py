"""The one door for writes: the change, its entry, its jobs and its idempotency record commit together.

    with transaction(actor, Action.SCORE_INPUT, evaluation=evaluation_id, reason="…") as tx:
        row = tx.get(LeafResult, result_id)
        tx.expect(row, version)
        row.data = data
    return tx.receipt

- Order: evaluation row locked, facts read, rows written, head of the log locked last, commit.
- The session is `db.session` of the current app context. Whatever it had read before is forgotten, so
  everything read inside was read after the lock. Pending changes from before are refused.
- A refusal (`ActionRefusedError`, `NotPermittedError`) rolls back, then leaves one ``refused`` entry.
- Every other exception rolls back and leaves nothing. Errors of the database become `ServiceError`s.
- Exactly one entry per transaction, also when no row changed in the end: the act itself took place.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from blinker import Signal
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service import clock
from service.actions.actor import Actor, StoredFile
from service.actions.database_errors import DATABASE_ERRORS, STALE, translated
from service.actions.entries import Receipt, append, entry_committed, origin_of
from service.audit.capture import CAPTURE, Capture, captured
from service.audit.leaf import FileFact, LeafFacts
from service.errors import (
    ActionRefusedError,
    InvalidError,
    NotFoundError,
    NotPermittedError,
    Problem,
    RepeatedError,
    ServiceError,
    StaleError,
    UnauditedWriteError,
    VersionMissingError,
)
from service.extensions import WRITING, db
from service.models.base import Audited, Base, new_id
from service.models.evaluation import Evaluation
from service.models.operational import IdempotencyRecord, Job
from service.queries.receipts import state_of
from service.workflow.actions import Action
from service.workflow.roles import Role

__all__ = ["Actor", "Receipt", "StoredFile", "Transaction", "jobs_committed", "transaction"]

Row = TypeVar("Row", bound=Base)
READ_ONLY = Problem("导入的案卷只读，不能签发，也不能办理其他事项", cure="只供查阅；要续办请另行下达评价")
_log = logging.getLogger(__name__)
_RECORD = IdempotencyRecord.__table__
_LOCK = select(Evaluation).where(Evaluation.id == bindparam("id")).with_for_update()

jobs_committed = Signal("ids of the jobs one transaction has just committed")
"""Sent with ``ids: tuple[str, ...]`` after the commit; a bell only, the job table is the truth."""


@dataclass(kw_only=True)
class Transaction:
    """One open transaction.

    Attributes:
        session: the session everything is read and written through.
        now: the moment of the act, aware UTC, read once.
        on: the business date.
        evaluation: the locked row, or None if none was asked for.
        reason: why; may still be set inside.
        role: the one role the act was permitted by, if known; else all roles are logged.
        files: files bound into the entry.
        result: answer kept with the idempotency key, JSON.
        receipt: set once committed.
        read_only: whether the locked case was imported, by another act than this one.
    """

    session: Session
    actor: Actor
    action: Action
    entry_id: str
    now: datetime
    on: date
    reason: str
    evaluation_id: str | None
    evaluation: Evaluation | None = None
    stage: str | None = None
    role: Role | None = None
    files: list[StoredFile] = field(default_factory=list)
    result: Any = None
    jobs: list[str] = field(default_factory=list)
    idempotency_key: str | None = None
    read_only: bool = False
    _receipt: Receipt | None = None

    @property
    def receipt(self) -> Receipt:
        """Return the receipt of the committed entry; UnauditedWriteError before the commit."""
        if self._receipt is None:
            raise UnauditedWriteError("事务尚未提交，没有回执")
        return self._receipt

    @property
    def case(self) -> Evaluation:
        """Return the locked evaluation; UnauditedWriteError if the transaction asked for none."""
        if self.evaluation is None:
            raise UnauditedWriteError("本事务没有指定评价")
        return self.evaluation

    def demand_writable(self) -> None:
        """Accept the act unless its case is read-only; asked again before every commit."""
        if self.read_only:
            raise ActionRefusedError(READ_ONLY)

    def add(self, *rows: Base) -> None:
        """Put new rows under the session; an audited one has its `id` from here on.

        A new evaluation becomes the one this entry is about.
        """
        for row in rows:
            if isinstance(row, Audited) and not row.id:
                row.id = new_id()
            if isinstance(row, Evaluation) and self.evaluation_id is None:
                self.evaluation, self.evaluation_id, self.stage = row, row.id, None
            self.session.add(row)

    def get(self, model: type[Row], key: str | None) -> Row:
        """Return the row of `model` with this id, locked until the commit.

        Raises:
            NotFoundError: there is none, or it belongs to another evaluation than the locked one.
        """
        row = self.session.get(model, key, with_for_update=True) if key else None
        belongs = getattr(row, "evaluation_id", self.evaluation_id)
        if row is None or (self.evaluation_id is not None and belongs not in (None, self.evaluation_id)):
            raise NotFoundError(Problem("没有这条记录", path=model.__tablename__, value=key))
        return row

    def expect(self, row: Audited, version: int | None) -> None:
        """Accept the edit only if `row` is still the `version` the actor has seen.

        Raises:
            VersionMissingError: no version was given.
            StaleError: the row has moved on.
        """
        if version is None:
            raise VersionMissingError("缺少所依据的版本号")
        if row.version != version:
            raise StaleError(Problem(STALE, value=str(version), allowed=str(row.version)))

    def job(self, kind: str, *, once: str | None = None, due: datetime | None = None, **args: Any) -> str:
        """Store work to be done after the commit and return its id.

        Args:
            kind: name of the task.
            once: key under which this job may exist only once, ever; a second one is the first.
            due: not before this moment; at once unless given.
            args: JSON values handed to the task.
        """
        if once is not None:
            earlier = self.session.scalars(select(Job.id).where(Job.once_key == once)).one_or_none()
            if earlier is not None:
                return earlier
        row = Job(
            id=new_id(), kind=kind, args=args, once_key=once, due_at=due or self.now, created_at=self.now,
            evaluation_id=self.evaluation_id, account_id=self.actor.account, entry_id=self.entry_id,
        )  # fmt: skip
        self.session.add(row)
        self.jobs.append(row.id)
        return row.id


@contextmanager
def transaction(
    actor: Actor,
    action: Action,
    *,
    evaluation: str | None = None,
    reason: str = "",
    idempotency_key: str | None = None,
    request_digest: str = "",
) -> Iterator[Transaction]:
    """Open the one way to change audited rows; committed with its entry when the block ends.

    Args:
        actor: who.
        action: what.
        evaluation: id of the evaluation to lock first.
        reason: why.
        idempotency_key: the actor's key of this request; the second use finds the first answer.
        request_digest: SHA-256 of what was asked; another one under the same key is refused.

    Raises:
        NotFoundError: no such evaluation.
        RepeatedError: the key was used; carries the first entry id and result.
        StaleError: somebody else changed a row meanwhile.
        InvalidError: a unique or reference constraint is broken, or the key was used for something else.
        UnavailableError: the database does not answer, or a lock could not be had.
        UnauditedWriteError: a bug: nested, committed inside, or written past the capture.
    """
    session = db.session()
    now = clock.now()
    if idempotency_key is None and actor.request_key is not None:
        idempotency_key, request_digest = actor.request_key, actor.request_digest
    tx = Transaction(
        session=session, actor=actor, action=action, entry_id=new_id(), now=now,
        on=actor.on or clock.local_date(now), reason=reason, evaluation_id=evaluation,
        idempotency_key=idempotency_key,
    )  # fmt: skip
    try:
        with captured(session, tx.entry_id) as capture:
            _begin(tx, request_digest)
            yield tx
            _finish(tx, capture)
    except (ActionRefusedError, NotPermittedError) as refusal:
        session.rollback()
        _record_refusal(tx, refusal)
        raise
    except DATABASE_ERRORS as error:
        session.rollback()
        meant = _repetition(tx, error, request_digest) or translated(error)
        if meant is None:
            raise
        raise meant from error
    except BaseException:
        if not _is_nesting(session, tx):
            session.rollback()
        raise
    if tx.jobs:
        _ring(tx)


def _is_nesting(session: Session, tx: Transaction) -> bool:
    """Say whether the session belongs to an outer transaction, whose work must not be touched."""
    outer: Capture | None = session.info.get(CAPTURE)
    return outer is not None and outer.entry_id != tx.entry_id


def _begin(tx: Transaction, request_digest: str) -> None:
    session = tx.session
    if session.new or session.deleted or any(session.is_modified(row) for row in session.dirty):
        raise UnauditedWriteError("事务开始之前会话里已有未提交的改动")
    _forget(session)
    connection = session.connection(execution_options={WRITING: True})
    if tx.evaluation_id is not None:
        tx.evaluation = session.scalars(_LOCK, {"id": tx.evaluation_id}).one_or_none()
        if tx.evaluation is None:
            raise NotFoundError("没有这项评价")
        tx.stage, tx.read_only = tx.evaluation.stage.value, tx.evaluation.read_only_for(tx.actor.source)
    if tx.idempotency_key is not None:
        _refuse_repetition(tx, request_digest)
    _demand_seen(tx)
    if tx.idempotency_key is not None:
        record = {
            "actor_id": tx.actor.account, "key": tx.idempotency_key, "digest": request_digest,
            "action": tx.action.value, "entry_id": tx.entry_id, "at": tx.now,
        }  # fmt: skip
        connection.execute(insert(IdempotencyRecord), record)


def _demand_seen(tx: Transaction) -> None:
    """Accept the act only if nothing was done on the case since the state its actor says he saw."""
    seen, case = tx.actor.seen, tx.evaluation_id
    if seen is not None and case is not None and seen != (now := state_of(tx.session, case)):
        raise StaleError(Problem(STALE, path="If-Match", value=seen, allowed=now, cure="重新读取案卷后再办"))


def _forget(session: Session) -> None:
    """End what the session has read so far, without telling the capture of the new transaction."""
    if session.in_transaction():
        capture: Capture = session.info[CAPTURE]
        session.rollback()
        capture.broken = False


def _refuse_repetition(tx: Transaction, request_digest: str) -> None:
    earlier = tx.session.get(IdempotencyRecord, (tx.actor.account, tx.idempotency_key))
    if earlier is None:
        return
    if earlier.digest != request_digest or earlier.action != tx.action.value:
        raise InvalidError(Problem("同一幂等键已用于另一请求", path="Idempotency-Key", value=earlier.key))
    raise RepeatedError(earlier.entry_id, earlier.result)


def _finish(tx: Transaction, capture: Capture) -> None:
    session = tx.session
    tx.demand_writable()
    if capture.broken:
        raise UnauditedWriteError("事务之内不得自行回滚")
    session.flush()
    changes = capture.changes()
    capture.sealed = True
    connection = session.connection()
    if tx.idempotency_key is not None and tx.result is not None:
        mine = (_RECORD.c.actor_id == tx.actor.account) & (_RECORD.c.key == tx.idempotency_key)
        connection.execute(update(IdempotencyRecord).where(mine), {"result": tx.result})
    files = tuple(FileFact(*each) for each in tx.files)
    receipt = append(connection, _facts(tx, origin_of(connection), changes=changes, files=files))
    session.commit()
    tx._receipt = receipt
    entry_committed.send(tx.action, receipt=receipt)


def _facts(tx: Transaction, origin: str, **more: Any) -> LeafFacts:
    return LeafFacts(
        log=origin,
        entry_id=tx.entry_id,
        at=tx.now,
        actor=tx.actor.logged(tx.role),
        action=tx.action.value,
        reason=tx.reason,
        evaluation=tx.evaluation_id,
        stage=tx.stage,
        source=tx.actor.source,
        on=tx.actor.on,
        request=tx.actor.request_id,
        ip=tx.actor.ip,
        **more,
    )


def _record_refusal(tx: Transaction, refusal: ServiceError) -> None:
    """Leave one ``refused`` entry; if even that fails the refusal stands and the failure is logged."""
    problems = tuple(str(each) for each in refusal.problems) or (refusal.title,)
    session = tx.session
    try:
        with captured(session, tx.entry_id) as capture:
            connection = session.connection(execution_options={WRITING: True})
            capture.sealed = True
            facts = _facts(tx, origin_of(connection), outcome="refused", problems=problems)
            tx._receipt = append(connection, facts)
            session.commit()
        entry_committed.send(tx.action, receipt=tx.receipt)
    except Exception:
        session.rollback()
        _log.exception("a refusal of %s could not be recorded", tx.action.value)


def _repetition(tx: Transaction, error: Exception, request_digest: str) -> ServiceError | None:
    """Return the first answer if `error` is that somebody else has just used the same key."""
    if tx.idempotency_key is None or not isinstance(error, IntegrityError):
        return None
    try:
        _refuse_repetition(tx, request_digest)
    except ServiceError as repetition:
        return repetition
    return None


def _ring(tx: Transaction) -> None:
    try:
        jobs_committed.send(tx.action, ids=tuple(tx.jobs))
    except Exception:
        _log.exception("the bell for %s failed; the sweep will find the jobs", tx.jobs)

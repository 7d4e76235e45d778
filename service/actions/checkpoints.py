"""A signed checkpoint of the log: asked of the signer, kept in the database for reading only.

The signer's own state is the proof; the rows here are history for pages and bundles.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from service.audit.merkle import Frontier
from service.audit.signer import Signer
from service.errors import UnavailableError
from service.extensions import WRITING
from service.models.audit import AuditCheckpoint, AuditEntry, AuditHead
from service.models.base import new_id


def checkpoint(session: Session, signer: Signer, *, at: datetime) -> int:
    """Return the size of the log now signed; signs nothing if it has not grown.

    Raises:
        IntegrityFailureError: if the log does not continue what was signed before.
        UnavailableError: if there is no log.
    """
    session.rollback()
    head = session.get(AuditHead, 1)
    if head is None:
        raise UnavailableError("数据库中还没有痕迹日志")
    size, root = head.size, Frontier.unpack(head.size, head.frontier).root()

    def leaves(start: int, end: int) -> Iterable[bytes]:
        query = (
            select(AuditEntry.leaf_hash)
            .where(AuditEntry.leaf_index >= start, AuditEntry.leaf_index < end)
            .order_by(AuditEntry.leaf_index)
        )
        return [bytes(found) for found in session.scalars(query)]

    if size == 0:
        return 0
    note = signer.sign(size, root, leaves, at=at)
    session.rollback()
    _keep(session, size, root, note, at=at)
    return size


def _keep(session: Session, size: int, root: bytes, note: str, *, at: datetime) -> None:
    if session.scalar(select(AuditCheckpoint.id).where(AuditCheckpoint.size == size)) is not None:
        session.rollback()
        return
    session.rollback()
    connection = session.connection(execution_options={WRITING: True})
    row = {"id": new_id(), "size": size, "root": root, "note": note, "at": at}
    connection.execute(insert(AuditCheckpoint), row)
    session.commit()

"""Whether the log of this instance knows a report: its bytes are bound, its checkpoint is one of ours."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit.canonical import decode_strict
from service.audit.merkle import Frontier
from service.models.audit import AuditEntry
from service.report.verify import AuditCheck, Claim


def inclusion(session: Session) -> AuditCheck:
    """Return the question `report.verify` asks: what is wrong with a report's place in the log."""

    def check(claim: Claim) -> Iterator[str]:
        if not _bound(session, claim.sha256):
            yield "留痕中没有登记这个文件"
        if claim.checkpoint is not None:
            size, root = int(claim.checkpoint["size"]), str(claim.checkpoint["root"])
            if _root(session, size) != root:
                yield f"报告内的检查点（前 {size} 条）不是本实例留痕的"

    return check


def _bound(session: Session, sha256: str) -> bool:
    """Say whether an entry binds a file of this digest; read back from the newest."""
    leaves = session.scalars(select(AuditEntry.leaf).order_by(AuditEntry.leaf_index.desc()))
    return any(sha256.encode() in bytes(leaf) and _files(bytes(leaf), sha256) for leaf in leaves)


def _files(leaf: bytes, sha256: str) -> bool:
    return any(each["sha256"] == sha256 for each in decode_strict(leaf).get("files", ()))


def _root(session: Session, size: int) -> str | None:
    """Return the root (hex) of the first `size` entries, None if there are fewer."""
    log = Frontier()
    chosen = select(AuditEntry.leaf_hash).where(AuditEntry.leaf_index < size)
    for found in session.scalars(chosen.order_by(AuditEntry.leaf_index)):
        log.append(bytes(found))
    return log.root().hex() if log.size == size else None

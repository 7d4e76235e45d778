"""Whether a database, an evidence store and a signer belong together and are whole."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Engine, select

from service.audit.merkle import Frontier, leaf_hash
from service.audit.signer import SignerState
from service.errors import IntegrityFailureError, Problem
from service.models.audit import AuditEntry, AuditHead
from service.models.evidence import EvidenceVersion


def check_log(engine: Engine, signed: SignerState) -> Frontier:
    """Return the tree of the log, recomputed from its leaves, after comparing it with head and signer.

    Raises:
        IntegrityFailureError: the first entry that is missing or changed, or what does not fit.
    """
    log = Frontier()
    with engine.connect() as connection:
        entries = select(AuditEntry.leaf_index, AuditEntry.leaf, AuditEntry.leaf_hash)
        for index, leaf, stored in connection.execute(entries.order_by(AuditEntry.leaf_index)):
            _at_signature(log, signed)
            if index != log.size or leaf_hash(bytes(leaf)) != bytes(stored):
                raise IntegrityFailureError(Problem("留痕缺失或被改动", value=f"第 {log.size + 1} 条"))
            log.append(bytes(stored))
        head = connection.execute(select(AuditHead.size, AuditHead.frontier)).one_or_none()
    if head is None or (head.size, bytes(head.frontier)) != (log.size, log.pack()):
        raise IntegrityFailureError(Problem("留痕的条数或根与其记录不符", value=f"{log.size} 条"))
    _at_signature(log, signed)
    if log.size < signed.size:
        raise IntegrityFailureError(
            Problem("留痕比已签检查点短", value=f"{log.size} 条", allowed=f"不少于 {signed.size} 条")
        )
    return log


def _at_signature(log: Frontier, signed: SignerState) -> None:
    if log.size == signed.size and log.root() != signed.root:
        raise IntegrityFailureError(Problem("留痕与已签检查点不符", value=f"前 {signed.size} 条"))


def check_evidence(engine: Engine, present: Collection[str]) -> int:
    """Return how many different contents the database cites, all of them among the SHA-256 `present`.

    Raises:
        IntegrityFailureError: every content that is missing, or was changed and so is another one.
    """
    with engine.connect() as connection:
        cited = sorted(set(connection.scalars(select(EvidenceVersion.sha256))))
    gone = [Problem("佐证材料缺失或被改动", value=sha256) for sha256 in cited if sha256 not in present]
    if gone:
        raise IntegrityFailureError(gone)
    return len(cited)

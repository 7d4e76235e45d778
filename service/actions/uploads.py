"""A large file comes in piece by piece and becomes evidence in one act once it is whole.

- Until then there are only operational rows and a growing file; a piece is taken at the place where the
  last one ended, and only with its own SHA-256.
- A file begun again by the same person goes on where it stopped. What nobody touched for a day is removed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import BinaryIO

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from service import clock
from service.actions.evidence import AddEvidence, add_evidence
from service.actions.housekeeping import housekeeping
from service.actions.transaction import Actor
from service.errors import ActionRefusedError, InvalidError, NotFoundError, Problem, RepeatedError
from service.evidence.inspect import check_name
from service.evidence.pieces import PieceFolder
from service.evidence.store import EvidenceStore
from service.extensions import db
from service.models.operational import Upload

PIECE = 1 << 20
LARGEST = 200 * PIECE
OPEN_AT_ONCE = 50
KEPT = timedelta(hours=24)
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Arrived:
    """How far an upload is: bytes received; `taken` is False if the last piece did not fit there."""

    id: str
    received: int
    taken: bool = True


def begin_upload(
    account: str, evaluation: str, *, filename: str, size: int, sha256: str, folder: PieceFolder
) -> Arrived:
    """Return the upload of this file: a new one, or the one this person began and did not finish.

    Raises:
        InvalidError: no such file would be taken, or it is too large.
        ActionRefusedError: too many are open.
    """
    check_name(filename)
    if not _SHA256.fullmatch(sha256):
        raise InvalidError(Problem("缺少文件的 SHA-256", value=sha256[:64]))
    if not 0 < size <= LARGEST:
        raise InvalidError(
            Problem(
                "文件为空或过大", path=filename, value=f"{size} 字节", allowed=f"不超过 {LARGEST >> 20} MB"
            )
        )
    now = clock.now()
    with housekeeping() as session:
        for stale in _swept(session, now):
            folder.drop(stale)
        mine = (Upload.account_id == account) & (Upload.code == "")
        same = (
            (Upload.evaluation_id == evaluation) & (Upload.filename == filename) & (Upload.sha256 == sha256)
        )
        row = session.scalars(select(Upload).where(mine, same)).first()
        if row is None:
            _demand_room(session, account)
            row = Upload(
                account_id=account, evaluation_id=evaluation, filename=filename, size=size, sha256=sha256,
                received=0, created_at=now, seen_at=now,
            )  # fmt: skip
            session.add(row)
            session.flush()
        return Arrived(row.id, row.received)


def _swept(session: Session, now: datetime) -> list[str]:
    stale = list(session.scalars(select(Upload.id).where(Upload.seen_at < now - KEPT)))
    session.execute(delete(Upload).where(Upload.id.in_(stale)))
    return stale


def _demand_room(session: Session, account: str) -> None:
    mine = (Upload.account_id == account) & (Upload.code == "")
    count = session.scalar(select(func.count()).select_from(Upload).where(mine)) or 0
    if count >= OPEN_AT_ONCE:
        raise ActionRefusedError(
            Problem(
                "未传完的文件过多",
                value=str(count),
                allowed=f"不超过 {OPEN_AT_ONCE} 个",
                cure="先传完已开始的文件",
            )
        )


def append_piece(
    account: str, evaluation: str, upload: str, *, offset: int, piece: bytes, sha256: str, folder: PieceFolder
) -> Arrived:
    """Return how far the upload is now; a piece that does not begin where the last one ended is not taken.

    Raises:
        InvalidError: the piece is empty, too large, goes beyond the end or was changed on the way.
        NotFoundError: this person has no such upload here.
    """
    if not 0 < len(piece) <= PIECE:
        raise InvalidError(Problem("分片为空或过大", value=str(len(piece)), allowed=f"不超过 {PIECE} 字节"))
    if hashlib.sha256(piece).hexdigest() != sha256:
        raise InvalidError(Problem("分片在途中被改动", value=str(offset), cure="重传该分片"))
    with housekeeping() as session:
        row = _mine(session, account, evaluation, upload)
        if row.code or offset != row.received:
            return Arrived(row.id, row.received, taken=False)
        if offset + len(piece) > row.size:
            raise InvalidError(
                Problem("分片超出文件末尾", value=str(offset + len(piece)), allowed=str(row.size))
            )
        folder.write(row.id, offset, piece)
        row.received, row.seen_at = offset + len(piece), clock.now()
        return Arrived(row.id, row.received)


def finish_upload(
    actor: Actor,
    evaluation: str,
    upload: str,
    command: AddEvidence,
    *,
    folder: PieceFolder,
    store: EvidenceStore,
) -> str:
    """Return the code of the evidence the whole file became; finishing twice gives the same code.

    Args:
        command: what the file is; name and bytes are those of the upload.

    Raises:
        ActionRefusedError: pieces are missing, or the process does not allow it.
        InvalidError: the bytes are not those announced, or not an allowed kind; the upload is dropped.
    """
    row = _mine(db.session(), actor.account, evaluation, upload)
    size, received, sha256, filename, code = row.size, row.received, row.sha256, row.filename, row.code
    if code:
        return code
    if received != size:
        raise ActionRefusedError(Problem("文件还没有传完", value=f"{received}/{size}", cure="继续上传"))
    keyed = replace(actor, request_key=f"upload:{upload}", request_digest=sha256)
    try:
        with folder.open(upload) as stream:
            _demand_whole(stream, sha256, filename)
            named = replace(command, filename=filename, name=command.name or filename, content=stream)
            code = add_evidence(keyed, evaluation, named, store=store)
    except RepeatedError as earlier:
        code = str(earlier.result)
    except InvalidError:
        _drop(upload, folder)
        raise
    _became(upload, code, folder)
    return code


def _demand_whole(stream: BinaryIO, sha256: str, filename: str) -> None:
    digest = hashlib.sha256()
    while chunk := stream.read(PIECE):
        digest.update(chunk)
    if digest.hexdigest() != sha256:
        raise InvalidError(Problem("收到的文件与所报的 SHA-256 不符", path=filename, cure="重新上传"))
    stream.seek(0)


def _mine(session: Session, account: str, evaluation: str, upload: str) -> Upload:
    row = session.get(Upload, upload, with_for_update=True)
    if row is None or row.account_id != account or row.evaluation_id != evaluation:
        raise NotFoundError("没有这份上传")
    return row


def _drop(upload: str, folder: PieceFolder) -> None:
    with housekeeping() as session:
        session.execute(delete(Upload).where(Upload.id == upload))
    folder.drop(upload)


def _became(upload: str, code: str, folder: PieceFolder) -> None:
    with housekeeping() as session:
        row = session.get(Upload, upload)
        if row is not None:
            row.code = code
    folder.drop(upload)

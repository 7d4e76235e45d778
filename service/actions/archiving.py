"""The archive package of a signed case: gathered, checked, and its taking put into the log.

- A checkpoint is signed first, so that every entry of the case so far lies under it; the entry of the
  taking itself follows and names the digest of what was handed out.
- The package is made before the transaction, so that nobody waits for a large one; the transaction then
  accepts it only if nothing was done on the case meanwhile.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from service import clock
from service.actions.steps import case_action
from service.actions.transaction import Actor
from service.actions.workshop import Workshop
from service.archive.check import FAILED, Examination, examine
from service.archive.package import RETENTIONS, About, Contents, append_report, write
from service.archive.pages import report_page
from service.audit.canonical import Plain, encode
from service.audit.checkpoint import Checkpoint, split_note
from service.audit.proofs import inclusion_file
from service.audit.stored import anchor, leaf_hashes
from service.errors import ActionRefusedError, InvalidError, Problem, UnavailableError
from service.evidence.store import EvidenceStore
from service.extensions import WRITING, db
from service.models.audit import AuditDisclosure
from service.models.evaluation import Evaluation
from service.models.report import ArchivePackage
from service.queries.archivefiles import left_out, log_entries, materials, registered_files
from service.queries.people import roles_in
from service.queries.receipts import state_of
from service.queries.reports import latest_report
from service.workflow.actions import Action
from service.workflow.machine import permits

BATCH = 500
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Archived:
    """What was handed out: digest, size, number of files, and what was checked."""

    sha256: str
    size: int
    examination: Examination


def archive(
    actor: Actor,
    evaluation: str,
    workshop: Workshop,
    target: Path,
    *,
    retention: str,
    tell: Tell = lambda _: None,
) -> Archived:
    """The package lies at `target`, which was not there before; that it was taken stands in the log.

    Raises:
        InvalidError: no such retention, or the file exists.
        NotFoundError, NotPermittedError, ActionRefusedError: as the rule table says, or a check of the
            package failed.
        UnavailableError: something was done on the case meanwhile, or the disk is full; try again.
        RepeatedError: this request took it already.
    """
    demand_retention(retention)
    if target.exists():
        raise InvalidError(Problem("文件已存在", value=str(target), cure="换一个名称"))
    try:
        seen = state_of(db.session(), evaluation)
        made = _before(actor, evaluation, workshop, target, retention=retention, tell=tell)
        tell("登记")
        with case_action(actor, Action.ARCHIVE_TAKE, evaluation=evaluation, given=_given, gate=False) as work:
            if isinstance(made, ActionRefusedError):
                raise made
            if made is None or state_of(work.session, evaluation) != seen:
                raise UnavailableError(Problem("组包期间案卷又有改动，这一次没有取得", cure="再取一次"))
            row = ArchivePackage(
                evaluation_id=evaluation, sha256=made.sha256, size=made.size, retention=retention,
                files=made.examination.files, log_size=made.examination.about.size,
                taken_by=work.person, on=work.tx.on,
            )  # fmt: skip
            work.tx.add(row)
            work.tx.result = kept_with(made, target, retention)
    except OSError as error:
        target.unlink(missing_ok=True)
        raise UnavailableError(f"归档包写不下来：{error.strerror}") from error
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return made


def demand_retention(retention: str) -> None:
    """Accept only one of the retention periods there are.

    Raises:
        InvalidError: it is none of them.
    """
    if retention not in RETENTIONS:
        allowed = "、".join(RETENTIONS)
        raise InvalidError(Problem("保管期限不对", path="retention", value=retention[:40], allowed=allowed))


def kept_with(made: Archived, target: Path, retention: str) -> dict[str, Any]:
    """Return what is kept with the request, so that the same one finds the same package."""
    return {
        "file": target.name, "sha256": made.sha256, "size": made.size,
        "files": made.examination.files, "retention": retention,
    }  # fmt: skip


def _given(session: Session, case: Evaluation) -> Mapping[str, Any]:
    """Return whether there is a report to archive."""
    return {"target_open": latest_report(session, case.id) is not None}


def seal(workshop: Workshop) -> None:
    """Have everything so far signed; before `archive`, whose own transaction cannot."""
    writing = db.engine.connect().execution_options(**{WRITING: True})
    with writing as connection, connection.begin():
        anchor(connection, workshop.signer, at=clock.now())


def _before(
    actor: Actor, evaluation: str, workshop: Workshop, target: Path, *, retention: str, tell: Tell
) -> Archived | ActionRefusedError | None:
    """Return the package made, or why its checks failed; None for whom the act will refuse."""
    session, on = db.session(), actor.on or clock.local_date(clock.now())
    case = session.get(Evaluation, evaluation)
    try:
        if case is None or not _may(session, case, actor, on):
            return None
        return _made(session, case, workshop, target, retention=retention, on=on.isoformat(), tell=tell)
    except ActionRefusedError as refused:
        return refused
    finally:
        session.rollback()


def _may(session: Session, case: Evaluation, actor: Actor, today: date) -> bool:
    roles = roles_in(session, actor.person, case, today=today)
    allowed = permits(case.kind, case.stage, case.status, Action.ARCHIVE_TAKE, roles)
    return allowed and not case.imported and latest_report(session, case.id) is not None


def _made(
    session: Session,
    case: Evaluation,
    workshop: Workshop,
    target: Path,
    *,
    retention: str,
    on: str,
    tell: Tell,
) -> Archived:
    note = workshop.signer.newest()
    if note is None:
        raise ActionRefusedError(Problem("还没有签署过检查点", cure="先运行 pingji audit checkpoint"))
    point = Checkpoint.parse(split_note(note)[0])
    about = About(
        case.code,
        case.title,
        case.kind.label,
        case.year,
        retention,
        on,
        point.origin,
        point.size,
        point.root.hex(),
    )
    tell("收集材料")
    contents = _contents(session, case, workshop.store, about, note)
    tell(f"写入 {len(contents.materials)} 份材料和 {len(contents.entries)} 条留痕")
    write(target, contents)
    tell("四性检查")
    found = examine(target)
    if not found.ok:
        failed = [item for item in found.items if item.result == FAILED]
        raise ActionRefusedError(
            [Problem(f"{each.nature}性检查未通过：{each.title}", value=each.evidence) for each in failed]
        )
    append_report(target, report_page(about, found.items))
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Archived(digest, target.stat().st_size, found)


def _contents(session: Session, case: Evaluation, store: EvidenceStore, about: About, note: str) -> Contents:
    entries = log_entries(session, case, below=about.size)
    registered = registered_files(entries)
    found = materials(session, case, store, registered)
    with db.engine.connect() as connection:
        hashes = list(leaf_hashes(connection)(0, about.size))
        told = list(_disclosures(connection, [each.id for each in entries]))
    return Contents(
        about,
        [material for _, material in found],
        [(each.index, inclusion_file(note, hashes, each.index, entry=each.leaf)) for each in entries],
        told,
        left_out(found, registered),
    )


def _disclosures(connection: Connection, entries: list[str]) -> Iterator[bytes]:
    row = AuditDisclosure
    for at in range(0, len(entries), BATCH):
        chosen = select(row.entry_id, row.path, row.digest, row.salt, row.body)
        some = chosen.where(row.entry_id.in_(entries[at : at + BATCH])).order_by(row.entry_id, row.path)
        for each in connection.execute(some):
            value: Plain = {
                "entry": each.entry_id,
                "path": each.path,
                "digest": each.digest,
                "salt": each.salt,
                "body": each.body,
            }
            yield encode(value)

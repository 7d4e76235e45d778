"""The archive package of a signed case: gathered, checked, and its taking put into the log.

A checkpoint is signed first, so that every entry of the case so far lies under it; the entry of the taking
itself follows and names the digest of what was handed out.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, select
from sqlalchemy.orm import Session

from service import clock
from service.actions.steps import case_action
from service.actions.transaction import Actor
from service.actions.workshop import Workshop
from service.archive.check import Examination, examine
from service.archive.package import RETENTIONS, About, Contents, LeftOut, Material, append_report, write
from service.archive.pages import form_page, report_page
from service.audit.canonical import Plain, decode_strict, encode
from service.audit.checkpoint import Checkpoint, split_note
from service.audit.proofs import inclusion_file
from service.audit.stored import anchor, leaf_hashes
from service.errors import ActionRefusedError, InvalidError, Problem
from service.evidence.store import EvidenceStore
from service.extensions import WRITING, db
from service.frameworks.exported import table_bytes
from service.models.audit import AuditDisclosure, AuditEntry
from service.models.evaluation import Evaluation
from service.models.evidence import Evidence
from service.models.plan import FrameworkVersion
from service.models.report import ArchivePackage, PaperAct
from service.queries.evidenceroom import EvidenceShown, evidence_room
from service.queries.history import action_label
from service.queries.once import rows_of
from service.queries.printout import Block, Printout
from service.queries.prints import head_of, open_forms
from service.queries.prints_scored import scored_forms
from service.queries.reports import latest_report
from service.report import package as canonical
from service.workflow.actions import Action
from service.yamltext import read

BATCH = 500
PROPERTIES = "docProps/core.xml"
MOMENT = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</)")
CONCLUDING = ("scores", "opinions", "approval", "letter")
"""Printed forms of the third group; the others belong to the second."""
STARTING, ENDING = ("evaluation.", "plan.", "commission."), ("report.", "opinion.", "draft.", "correction.")
COMMISSION = ("委托", "评价合同", "评价协议")


@dataclass(frozen=True, slots=True)
class Archived:
    """What was handed out: digest, size, number of files, and what was checked."""

    sha256: str
    size: int
    examination: Examination


def archive(actor: Actor, evaluation: str, workshop: Workshop, target: Path, *, retention: str) -> Archived:
    """The package lies at `target`, which was not there before; that it was taken stands in the log.

    Raises:
        InvalidError: no such retention, or the file exists.
        NotPermittedError, ActionRefusedError: as the rule table says, or a check of the package failed.
    """
    if retention not in RETENTIONS:
        allowed = "、".join(RETENTIONS)
        raise InvalidError(Problem("保管期限不对", path="retention", value=retention, allowed=allowed))
    if target.exists():
        raise InvalidError(Problem("文件已存在", value=str(target), cure="换一个名称"))
    try:
        with case_action(actor, Action.ARCHIVE_TAKE, evaluation=evaluation, given=_given, gate=False) as work:
            made = _made(
                work.session, work.case, workshop, target, retention=retention, on=work.tx.on.isoformat()
            )
            row = ArchivePackage(
                evaluation_id=evaluation, sha256=made.sha256, size=made.size, retention=retention,
                files=made.examination.files, log_size=made.examination.about.size,
                taken_by=work.person, on=work.tx.on,
            )  # fmt: skip
            work.tx.add(row)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return made


def _given(session: Session, case: Evaluation) -> Mapping[str, Any]:
    """Return whether there is a report to archive."""
    return {"target_open": latest_report(session, case.id) is not None}


def seal(workshop: Workshop) -> None:
    """Have everything so far signed; before `archive`, whose own transaction cannot."""
    writing = db.engine.connect().execution_options(**{WRITING: True})
    with writing as connection, connection.begin():
        anchor(connection, workshop.signer, at=clock.now())


def _made(
    session: Session, case: Evaluation, workshop: Workshop, target: Path, *, retention: str, on: str
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
    write(target, _contents(session, case, workshop.store, about, note))
    found = examine(target)
    if not found.ok:
        failed = [item for item in found.items if item.result == "未通过"]
        raise ActionRefusedError(
            [Problem(f"{each.nature}性检查未通过：{each.title}", value=each.evidence) for each in failed]
        )
    append_report(target, report_page(about, found.items))
    with target.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Archived(digest, target.stat().st_size, found)


def _contents(session: Session, case: Evaluation, store: EvidenceStore, about: About, note: str) -> Contents:
    rows = _rows(session, case, about.size)
    registered: dict[str, str] = {}
    for _, _, data in rows:
        leaf = decode_strict(data)
        registered.update({each["sha256"]: action_label(leaf["action"]) for each in leaf["files"]})
    materials = [
        *_papers(session, case),
        *_evidence(session, case, store, registered),
        *_report(session, case, store, registered),
    ]
    enclosed = {sha256 for sha256, _ in materials}
    with db.engine.connect() as connection:
        hashes = list(leaf_hashes(connection)(0, about.size))
        told = list(_disclosures(connection, [entry for _, entry, _ in rows]))
    return Contents(
        about,
        [material for _, material in materials],
        [(index, inclusion_file(note, hashes, index, entry=data)) for index, _, data in rows],
        told,
        [LeftOut(sha256, act, _why(act)) for sha256, act in registered.items() if sha256 not in enclosed],
    )


def _why(act: str) -> str:
    return f"“{act}”时的文件：已作废、已被新版本取代，或是过程中的文件，不在归档范围；散列见留痕"


def _rows(session: Session, case: Evaluation, size: int) -> list[tuple[int, str, bytes]]:
    """Return index, id and bytes of every entry of the case below the checkpoint."""
    row = AuditEntry
    mine = (row.evaluation_id == case.id, row.leaf_index < size)
    query = select(row.leaf_index, row.entry_id, row.leaf).where(*mine).order_by(row.id)
    return [(each.leaf_index, each.entry_id, bytes(each.leaf)) for each in session.execute(query)]


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


Found = tuple[str, Material]


def _bytes(content: bytes) -> IO[bytes]:
    return io.BytesIO(content)


def _paper(group: int, title: str, ending: str, content: bytes) -> Found:
    return "", Material(group, title, ending, lambda: _bytes(content), note="由案卷数据印成")


def _papers(session: Session, case: Evaluation) -> Iterator[Found]:
    """Yield what the case itself says, printed: its facts, its framework, its forms."""
    head = head_of(session, case)
    parties = (("组织方", head.organisers), ("受托机构", head.agencies), ("被评价单位", head.units))
    facts = (*head.facts, *((name, who or "—") for name, who in parties))
    yield _page(
        1,
        Printout(
            "facts",
            "评价立项信息",
            f"{case.subject_name}评价立项信息",
            case.code,
            head.version,
            facts=facts,
            blocks=(Block(),),
        ),
    )
    version = session.get(FrameworkVersion, case.framework_id) if case.framework_id else None
    if version is not None:
        plain: Any = read(version.body, file="").root
        yield _paper(2, f"指标体系 {version.name}", "xlsx", _steady(table_bytes(plain)))
    for form in (*open_forms(session, case), *scored_forms(session, case)):
        yield _page(3 if form.key in CONCLUDING else 2, form)


def _steady(workbook: bytes) -> bytes:
    """Return a workbook without the moment it was written, so that equal contents are equal bytes."""
    members = canonical.read(workbook)
    members[PROPERTIES] = MOMENT.sub(rb"\g<1>1980-01-01T00:00:00Z\g<2>", members[PROPERTIES])
    return canonical.write(members)


def _page(group: int, form: Printout) -> Found:
    return _paper(group, form.name, "html", form_page(form).encode())


def _evidence(
    session: Session, case: Evaluation, store: EvidenceStore, registered: dict[str, str]
) -> Iterator[Found]:
    codes = {row.id: row.code for row in rows_of(session, Evidence, case.id)}
    acts = {codes.get(row.evidence_id or "", ""): row.act for row in rows_of(session, PaperAct, case.id)}
    for piece in evidence_room(session, case, scores=True):
        if piece.void or not piece.versions:
            continue
        newest = piece.versions[0]
        ending = newest.filename.rpartition(".")[2].lower() or newest.media
        material = Material(
            _group(piece, acts.get(piece.code, "")), f"{piece.code} {piece.name}", ending,
            lambda sha256=newest.sha256: store.open(sha256),  # type: ignore[misc]
            registered=newest.sha256 in registered, note="；".join(filter(None, (piece.kind, piece.source))),
        )  # fmt: skip
        yield newest.sha256, material


def _group(piece: EvidenceShown, act: str) -> int:
    """Return to which of the three groups a piece belongs: by the act it is the paper of, or by its name."""
    if act.startswith(STARTING) or (not act and any(word in piece.name for word in COMMISSION)):
        return 1
    return 3 if act.startswith(ENDING) else 2


def _report(
    session: Session, case: Evaluation, store: EvidenceStore, registered: dict[str, str]
) -> Iterator[Found]:
    row = latest_report(session, case.id)
    if row is None:
        return
    parts = (
        (row.final_sha256, "签发的评价报告", row.media),
        (row.frozen_sha256, "冻结的评价报告", row.media),
        (row.docx_sha256, "评价报告 Word 稿", "docx"),
    )
    for sha256, title, ending in parts:
        if sha256:
            opened = lambda sha256=sha256: store.open(sha256)  # noqa: E731 - bound to this digest
            yield sha256, Material(3, title, ending, opened, registered=sha256 in registered)

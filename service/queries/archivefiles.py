"""What goes into the archive package of a case, and what is known of it before it is made.

- Each material is named with its group, its size and how its bytes are opened; nothing is opened here.
- `foreseen` tells whoever is about to take a package what will lie in it, and what it cannot hold and why.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.archive.package import GROUPS, LeftOut, Material
from service.archive.pages import form_page
from service.audit.canonical import decode_strict
from service.evidence.store import EvidenceStore
from service.frameworks.exported import table_bytes
from service.models.audit import AuditEntry
from service.models.evaluation import Evaluation
from service.models.evidence import Evidence
from service.models.plan import FrameworkVersion
from service.models.report import ArchivePackage, PaperAct, ReportState
from service.queries.evidenceroom import EvidenceShown, evidence_room
from service.queries.history import action_label
from service.queries.names import duties
from service.queries.once import rows_of
from service.queries.printout import Block, Printout
from service.queries.prints import head_of, open_forms
from service.queries.prints_scored import scored_forms
from service.queries.reports import latest_report
from service.workbooks.steady import steady
from service.yamltext import read

CONCLUDING = ("scores", "opinions", "approval", "letter")
"""Printed forms of the third group; the others belong to the second."""
STARTING, ENDING = ("evaluation.", "plan.", "commission."), ("report.", "opinion.", "draft.", "correction.")
COMMISSION = ("委托", "评价合同", "评价协议")

Found = tuple[str, Material]
BESIDE = 3
"""What its manifest lists beside materials and entries: the texts, the index as page and as table."""


@dataclass(frozen=True, slots=True)
class Registered:
    """A file as the log registered it: by which act, how large."""

    act: str
    size: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the case in the log: place, id, bytes."""

    index: int
    id: str
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Lot:
    """One group of the package as it would be now: its name, and title and size of every file."""

    name: str
    files: tuple[tuple[str, int], ...]

    @property
    def size(self) -> int:
        """Return how many bytes its files have, before they are packed."""
        return sum(size for _, size in self.files)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A package as it would be now.

    Args:
        entries: how many entries of the log go with it, one file each.
        bars: why none can be made; empty if one can.
        remarks: what it would not hold yet though it belongs to it.
    """

    lots: tuple[Lot, ...]
    entries: int
    left_out: tuple[LeftOut, ...]
    bars: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def files(self) -> int:
        """Return how many files its manifest will list."""
        return sum(len(lot.files) for lot in self.lots) + self.entries + BESIDE

    @property
    def size(self) -> int:
        """Return how many bytes the materials have, before they are packed."""
        return sum(lot.size for lot in self.lots)


@dataclass(frozen=True, slots=True)
class PackageTaken:
    """One taking: day, duty of who took it, for how long it is to be kept, what was handed out."""

    on: date
    by: str
    retention: str
    files: int
    size: int
    sha256: str
    log_size: int


def packages_taken(session: Session, case: Evaluation) -> tuple[PackageTaken, ...]:
    """Return every taking of a package of the case, the newest first."""
    who = duties(session)
    return tuple(
        PackageTaken(r.on, who[r.taken_by], r.retention, r.files, r.size, r.sha256, r.log_size)
        for r in reversed(rows_of(session, ArchivePackage, case.id))
    )


def foreseen(session: Session, case: Evaluation, store: EvidenceStore) -> Foreseen:
    """Return what a package taken now would hold."""
    entries = log_entries(session, case)
    registered = registered_files(entries)
    found = materials(session, case, store, registered)
    lots = tuple(
        Lot(name, tuple((each.title, each.size) for _, each in found if each.group == number))
        for number, name in GROUPS.items()
    )
    lost = [each.title for sha256, each in found if sha256 and not store.exists(sha256)]
    bars = tuple(f"{title}：证据库里没有它的内容，须先从备份恢复" for title in lost)
    return Foreseen(lots, len(entries), left_out(found, registered), bars, tuple(_remarks(session, case)))


def _remarks(session: Session, case: Evaluation) -> Iterator[str]:
    row = latest_report(session, case.id)
    if row is not None and row.final_sha256 is None:
        yield (
            "签章终稿还在生成，现在取得的包里没有它；请稍后再取"
            if row.state is ReportState.SIGNED
            else "最近一版报告还没有签发，包里只有它的冻结文件"
        )


def log_entries(session: Session, case: Evaluation, *, below: int | None = None) -> list[Entry]:
    """Return every entry of the case in the log, up to the first `below` of all entries."""
    row = AuditEntry
    query = select(row.leaf_index, row.entry_id, row.leaf).where(row.evaluation_id == case.id)
    if below is not None:
        query = query.where(row.leaf_index < below)
    found = session.execute(query.order_by(row.id))
    return [Entry(each.leaf_index, each.entry_id, bytes(each.leaf)) for each in found]


def registered_files(entries: Sequence[Entry]) -> dict[str, Registered]:
    """Return by SHA-256 every file these entries register, as the newest of them does."""
    found: dict[str, Registered] = {}
    for each in entries:
        leaf = decode_strict(each.leaf)
        told = action_label(leaf["action"])
        found.update({file["sha256"]: Registered(told, file["size"]) for file in leaf["files"]})
    return found


def materials(
    session: Session, case: Evaluation, store: EvidenceStore, registered: Mapping[str, Registered]
) -> list[Found]:
    """Return every material with its SHA-256, "" for what is printed from the data of the case."""
    return [
        *_papers(session, case),
        *_evidence(session, case, store, registered),
        *_report(session, case, store, registered),
    ]


def left_out(found: Sequence[Found], registered: Mapping[str, Registered]) -> tuple[LeftOut, ...]:
    """Return what the log registers and the package does not enclose."""
    enclosed = {sha256 for sha256, _ in found}
    return tuple(
        LeftOut(sha256, each.act, _why(each.act))
        for sha256, each in registered.items()
        if sha256 not in enclosed
    )


def _why(act: str) -> str:
    return f"“{act}”时的文件：已作废、已被新版本取代，或是过程中的文件，不在归档范围；散列见留痕"


def _bytes(content: bytes) -> IO[bytes]:
    return io.BytesIO(content)


def _paper(group: int, title: str, ending: str, content: bytes) -> Found:
    return "", Material(
        group, title, ending, lambda: _bytes(content), size=len(content), note="由案卷数据印成"
    )


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
        yield _paper(2, f"指标体系 {version.name}", "xlsx", steady(table_bytes(plain)))
    for form in (*open_forms(session, case), *scored_forms(session, case)):
        yield _page(3 if form.key in CONCLUDING else 2, form)


def _page(group: int, form: Printout) -> Found:
    return _paper(group, form.name, "html", form_page(form).encode())


def _evidence(
    session: Session, case: Evaluation, store: EvidenceStore, registered: Mapping[str, Registered]
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
            registered=newest.sha256 in registered, size=newest.size,
            note="；".join(filter(None, (piece.kind, piece.source))),
        )  # fmt: skip
        yield newest.sha256, material


def _group(piece: EvidenceShown, act: str) -> int:
    """Return to which of the three groups a piece belongs: by the act it is the paper of, or by its name."""
    if act.startswith(STARTING) or (not act and any(word in piece.name for word in COMMISSION)):
        return 1
    return 3 if act.startswith(ENDING) else 2


def _report(
    session: Session, case: Evaluation, store: EvidenceStore, registered: Mapping[str, Registered]
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
            known = registered.get(sha256)
            size = known.size if known else 0
            yield sha256, Material(3, title, ending, opened, registered=known is not None, size=size)

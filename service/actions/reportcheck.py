"""Our own report read by both checkers: the self-check, which knows the sheet, and 勾稽核对, which reads the
file as a stranger's.

What they found is kept in the instance under the digest of everything the report is made of, so a draft is
set and read once, not at every view. Another day, another word or a newer checker is another draft.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from sqlalchemy.orm import Session

import service
from service.actions.workshop import Workshop
from service.audit.canonical import encode
from service.lint import Checked as Checklist
from service.lint import lint_report
from service.lint.finding import Family, Severity
from service.models.evaluation import Evaluation
from service.queries.content import content_digest
from service.queries.reports import latest_report
from service.queries.snapshot import take_snapshot
from service.report import profile, selfcheck
from service.report.noted import Noted, keyed, noted, of_own
from service.report.render import render
from service.report.snapshot import CaseSnapshot

SEVERITIES = {Severity.ERROR: "error", Severity.REVIEW: "review", Severity.HINT: "hint"}
_ALIKE = {
    "own.repeated": Family.REPEAT,
    "own.count": Family.COUNT,
    "own.bracket": Family.BRACKET,
    "own.hole": Family.PLACEHOLDER,
    "own.numbering": Family.NUMBERING,
}
"""Rules both checkers have; what both tell of one paragraph is listed once."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found on a report, and the digest of the content it was made of."""

    content: str
    findings: tuple[Noted, ...]


def findings_of(docx: bytes, snapshot: CaseSnapshot) -> tuple[Noted, ...]:
    """Return what both checkers find on the report `docx` made of `snapshot`, errors first.

    Raises:
        InvalidError: the snapshot cannot be turned into a report, or the file cannot be read back.
        UnavailableError: too many files are being read at this moment.
    """
    own = [of_own(finding) for finding in selfcheck.check(docx, snapshot)]
    checked = lint_report("报告.docx", docx)
    read = list(_read(checked))
    return keyed([*(each for each in own if not _told(each, read)), *read])


def _read(checked: Checklist) -> Iterator[Noted]:
    for found in checked.findings:
        yield Noted(
            key="",
            rule=found.rule,
            family=found.family.label,
            severity=SEVERITIES[found.severity],
            place=checked.document.place(found.spot),
            text=" ".join(found.text.split()),
            expected=found.expected,
            actual=found.actual,
            formula=found.formula,
            tolerance=found.tolerance,
            note=found.note,
            context=checked.document.context(found.spot),
        )


def _told(own: Noted, read: Sequence[Noted]) -> bool:
    """Return whether 勾稽核对 tells the same of the same paragraph or cell, with its place."""
    family = _ALIKE.get(own.rule)
    return family is not None and any(
        each.barring and each.family == family.label and _squeezed(own.context) in _squeezed(each.context)
        for each in read
    )


def present_findings(session: Session, case: Evaluation, workshop: Workshop, *, today: date) -> Checked:
    """Return what is found on the report of the case as it would be frozen today.

    Raises:
        InvalidError: the words name figures, tables or sections that do not exist.
        UnavailableError: the report cannot be set or read just now.
    """
    last = latest_report(session, case.id)
    version = last.number + 1 if last else 1
    snapshot = take_snapshot(session, case, demo=workshop.demo, today=today, version=version)
    digest = hashlib.sha256(f"{_checkers()}{encode(snapshot.to_plain()).hex()}".encode()).hexdigest()
    kept = workshop.checks / f"{case.id}.json"
    known = _kept(kept, digest)
    if known is None:
        known = Checked(content_digest(snapshot), findings_of(_set(snapshot, workshop), snapshot))
        _keep(kept, digest, known)
    return known


def _set(snapshot: CaseSnapshot, workshop: Workshop) -> bytes:
    """Return the report without page numbers, which neither checker reads."""
    with tempfile.TemporaryDirectory(prefix="pingji-") as folder:
        path = Path(folder) / "report.docx"
        own = workshop.own_template(snapshot)
        render(snapshot, profile.load(snapshot.profile), path, files=workshop.store.read, own=own)
        return path.read_bytes()


def _kept(path: Path, digest: str) -> Checked | None:
    try:
        plain = json.loads(path.read_text("utf-8"))
        if plain["digest"] == digest:
            return Checked(plain["content"], tuple(noted(each) for each in plain["findings"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass  # A lost or torn answer is found again.
    return None


def _keep(path: Path, digest: str, checked: Checked) -> None:
    plain = {"digest": digest, "content": checked.content}
    body = json.dumps({**plain, "findings": [f.to_plain() for f in checked.findings]}, ensure_ascii=False)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix="check-", dir=path.parent)
    with os.fdopen(number, "w", encoding="utf-8") as file:
        file.write(body)
    os.replace(name, path)


@cache
def _checkers() -> str:
    """Return the digest of the programs that check: after an update everything is looked at anew."""
    here = Path(service.__file__).parent
    files = sorted([*(here / "lint").rglob("*.py"), *(here / "report").glob("*.py")])
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _squeezed(text: str) -> str:
    return "".join(text.split())

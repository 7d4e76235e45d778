"""Anybody can find out whether a report is the one that was signed.

- One call for both forms: a signed PDF, or a .docx with its detached .p7s files beside it.
- Every question has an answer: passed, failed, or not asked (nothing to compare with was given).
  The report is good if at least one signature stands and nothing failed.
- Whatever a parser stumbles over means 已损坏; no file makes this module raise.
- Text and data are only read from a file whose signatures stand.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography import x509

from service import clock
from service.report import cmscheck, embedded, padescheck
from service.report.padescheck import SignatureView
from service.report.sign import as_asn1
from service.report.signatories import Part, label_of

# The parsers log every oddity of a strange file, with its bytes; the findings say it already.
for _name in ("pyhanko", "pyhanko_certvalidator", "pypdf"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a report says about its place in the audit log, for the caller to look up.

    Args:
        checkpoint: the embedded checkpoint as parsed; None if the report carries none.
        sha256: of the whole file.
        frozen_sha256: of the file before its first signature; None where it cannot be told.
    """

    checkpoint: Mapping[str, Any] | None
    sha256: str
    frozen_sha256: str | None


AuditCheck = Callable[[Claim], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Check:
    """One question: `passed` True, False, or None if it was not asked; `detail` in Chinese."""

    name: str
    passed: bool | None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """The outcome for one file; `form` is pades, cms or none."""

    path: str
    form: str
    sha256: str
    frozen_sha256: str | None
    signatures: tuple[SignatureView, ...]
    checks: tuple[Check, ...]
    empty_fields: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Return whether a signature stands and no question failed."""
        return bool(self.signatures) and all(check.passed is not False for check in self.checks)

    @property
    def findings(self) -> tuple[str, ...]:
        """Return the failed questions in Chinese, in order."""
        return tuple(f"{c.name}：{c.detail}" for c in self.checks if c.passed is False)

    def to_plain(self) -> dict[str, Any]:
        """Return the report as a JSON-able tree."""
        return {
            "path": self.path, "form": self.form, "ok": self.ok,
            "sha256": self.sha256, "frozen_sha256": self.frozen_sha256,
            "empty_fields": list(self.empty_fields),
            "signatures": [
                {
                    "part": s.part, "label": s.label, "signer": s.signer,
                    "at": clock.stamp(s.at) if s.at else None, "intact": s.intact,
                    "trusted": s.trusted, "certifies": s.certifies, "problems": list(s.problems),
                }
                for s in self.signatures
            ],
            "checks": [{"name": c.name, "passed": c.passed, "detail": c.detail} for c in self.checks],
        }  # fmt: skip


def verify(
    path: Path,
    *,
    trust_roots: Sequence[x509.Certificate],
    expected_sha256: str | None = None,
    frozen_sha256: str | None = None,
    parts: Collection[Part] = (),
    audit: AuditCheck | None = None,
    at: datetime | None = None,
) -> VerifyReport:
    """Return what holds of the report at `path`; never raises for what the file contains.

    Args:
        trust_roots: root certificates to trust, given out of band.
        expected_sha256: stored hash of the final file.
        frozen_sha256: stored hash of what the signer saw.
        parts: whose signatures must be there; the outcome names the missing ones.
        audit: asked for the inclusion of the file in the audit log; returns findings in Chinese.
        at: moment the certificates must be valid at; now unless given.

    Raises:
        OSError: the file cannot be read.
    """
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    moment = at or clock.now()
    if content.startswith(b"PK"):
        report = _verify_docx(path, content, trust_roots=trust_roots, moment=moment)
    else:
        report = _verify_pdf(
            path, content, trust_roots=trust_roots, moment=moment, archived=digest == expected_sha256
        )
    checks = list(report.checks)
    checks.append(_complete(report, parts))
    checks.append(_stored("成品摘要", digest, expected_sha256))
    checks.append(_frozen(content, report, frozen_sha256))
    sound = report.signatures and all(check.passed is not False for check in checks)
    checks += _data_checks(content, report, audit) if sound else _not_asked()
    return VerifyReport(
        path=str(path), form=report.form, sha256=digest, frozen_sha256=report.frozen_sha256,
        signatures=report.signatures, checks=tuple(checks), empty_fields=report.empty_fields,
    )  # fmt: skip


def frozen_digests(path: Path) -> tuple[str, ...]:
    """Return every SHA-256 the frozen file behind a report may have, the likeliest last.

    Raises:
        OSError: the file cannot be read.
    """
    content = path.read_bytes()
    if content.startswith(b"PK"):
        return (hashlib.sha256(content).hexdigest(),)
    try:
        ends = padescheck.frozen_ends(content)
    except Exception:  # a damaged file fails in more ways than can be listed
        return ()
    return tuple(hashlib.sha256(content[:end]).hexdigest() for end in ends)


def _verify_pdf(
    path: Path, content: bytes, *, trust_roots: Sequence[x509.Certificate], moment: datetime, archived: bool
) -> VerifyReport:
    roots = [as_asn1(root) for root in trust_roots]
    try:
        signatures = padescheck.check(content, roots=roots, at=moment, archived=archived)
        frozen = padescheck.frozen_digest(content) if signatures else None
        empty = padescheck.empty_fields(content)
    except Exception as error:  # a damaged file fails in more ways than can be listed
        return _damaged(path, "pades", error)
    return _report(path, "pades", frozen=frozen, signatures=signatures, empty=empty)


def _verify_docx(
    path: Path, content: bytes, *, trust_roots: Sequence[x509.Certificate], moment: datetime
) -> VerifyReport:
    roots = [as_asn1(root) for root in trust_roots]
    try:
        signatures = cmscheck.check(path, content, roots=roots, at=moment)
    except Exception as error:  # as above
        return _damaged(path, "cms", error)
    frozen = hashlib.sha256(content).hexdigest()
    return _report(path, "cms", frozen=frozen, signatures=signatures)


def _report(
    path: Path,
    form: str,
    *,
    frozen: str | None,
    signatures: tuple[SignatureView, ...],
    empty: tuple[str, ...] = (),
) -> VerifyReport:
    checks = [Check(f"签名 {s.label}", not s.problems, "；".join(s.problems)) for s in signatures]
    if not signatures:
        checks = [Check("签名", passed=False, detail="文件没有签名")]
    return VerifyReport(
        path=str(path), form=form if signatures else "none", sha256="", frozen_sha256=frozen,
        signatures=signatures, checks=tuple(checks), empty_fields=empty,
    )  # fmt: skip


def _damaged(path: Path, form: str, error: Exception) -> VerifyReport:
    check = Check("文件", passed=False, detail=f"已损坏（{type(error).__name__}）")
    return VerifyReport(
        path=str(path), form=form, sha256="", frozen_sha256=None, signatures=(), checks=(check,)
    )


def _complete(report: VerifyReport, parts: Collection[Part]) -> Check:
    signed = {signature.part for signature in report.signatures}
    missing = "、".join(part.label for part in parts if part.value not in signed)
    empty = "、".join(label_of(name) for name in report.empty_fields)
    detail = f"缺少 {missing}" if missing else f"未签的签名域：{empty}" if empty else ""
    return Check("签名齐全", (not missing) if parts else None, detail or ("" if parts else "没有指定签名方"))


def _stored(name: str, actual: str, expected: str | None) -> Check:
    if expected is None:
        return Check(name, None, "没有给出存档摘要")
    return Check(name, actual == expected, "" if actual == expected else f"应为 {expected}，实为 {actual}")


def _frozen(content: bytes, report: VerifyReport, expected: str | None) -> Check:
    """Hold the bytes before the first signature to the stored hash of what the signer saw."""
    name = "定版摘要"
    if expected is None:
        return Check(name, None, "没有给出定版摘要")
    if not report.signatures:
        return Check(name, passed=False, detail="没有可以比对的签名前版本")
    if report.form == "cms":
        return _stored(name, report.frozen_sha256 or "", expected)
    ends = padescheck.frozen_ends(content)
    if any(hashlib.sha256(content[:end]).hexdigest() == expected for end in ends):
        return Check(name, passed=True)
    return Check(name, passed=False, detail="签名前的版本不是签发人看到的版本")


def _data_checks(content: bytes, report: VerifyReport, audit: AuditCheck | None) -> list[Check]:
    try:
        read = embedded.read_docx if report.form == "cms" else embedded.read_pdf
        carried = read(content)
        return [_data(carried), _audit(carried, report, hashlib.sha256(content).hexdigest(), audit)]
    except Exception as error:  # as above
        return [Check("内嵌数据", passed=False, detail=f"已损坏（{type(error).__name__}）")]


def _not_asked() -> list[Check]:
    return [Check(name, None, "前面的核验未通过") for name in ("内嵌数据", "留痕收录")]


def _data(carried: embedded.Content) -> Check:
    if carried.scores is None:
        return Check("内嵌数据", passed=False, detail="文件没有内嵌评分数据")
    found = embedded.differences(carried.scores, carried.text)
    return Check("内嵌数据", not found, "；".join(found))


def _audit(carried: embedded.Content, report: VerifyReport, digest: str, audit: AuditCheck | None) -> Check:
    if audit is None:
        return Check("留痕收录", None, "没有给出留痕库")
    claim = Claim(checkpoint=carried.checkpoint, sha256=digest, frozen_sha256=report.frozen_sha256)
    found = tuple(audit(claim))
    return Check("留痕收录", not found, "；".join(found))

"""Every signature of a PDF, judged: bytes, form, mathematics, trust, and what came after it.

- A signature covers the file but for the gap of its own container. The gap is held to one form:
  ``<``, hexadecimal of one case, one canonical CMS, zeros to the end, ``>``.
- The last signature must reach the end of the file; earlier ones may only be followed by what the
  certification allows (filling in fields made at freezing).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

from asn1crypto import x509 as asn1
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.fields import MDPPerm, enumerate_sig_fields
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from service.report import cmsform
from service.report.signatories import label_of

_HEXADECIMAL = re.compile(rb"[0-9a-f]*|[0-9A-F]*")
_END = b"%%EOF"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignatureView:
    """One signature as verified; `problems` in Chinese, none if it stands.

    `trusted`: issued by a given root. `intact`: the covered bytes are the signed ones. `certifies`:
    it is the first and allows only filling in fields. `at` is what the signer states, not proven.
    """

    part: str
    label: str
    signer: str
    at: datetime | None
    intact: bool
    trusted: bool
    certifies: bool
    problems: tuple[str, ...] = ()


def check(
    content: bytes, *, roots: Sequence[asn1.Certificate], at: datetime, archived: bool = False
) -> tuple[SignatureView, ...]:
    """Return every signature of `content` in signing order.

    Args:
        roots: trusted certificates.
        at: moment the certificates must be valid at.
        archived: the whole file is known by its stored hash, so validation material appended after
            the last signature (PAdES B-LT) is allowed.

    Raises:
        Exception: whatever the parser meets in a damaged file.
    """
    signatures = sorted(
        PdfFileReader(BytesIO(content)).embedded_regular_signatures, key=lambda one: sum(_ranges(one)[-2:])
    )
    return tuple(
        _judge(content, one, first=number == 0, last=number == len(signatures) - 1,
               roots=roots, at=at, archived=archived)
        for number, one in enumerate(signatures)
    )  # fmt: skip


def empty_fields(content: bytes) -> tuple[str, ...]:
    """Return the names of the signature fields nobody has signed, in document order."""
    reader = PdfFileReader(BytesIO(content))
    return tuple(name for name, value, _ in enumerate_sig_fields(reader) if value is None)


def frozen_ends(content: bytes) -> list[int]:
    """Return every length at which a file before the first signature may have ended, longest last."""
    signatures = PdfFileReader(BytesIO(content)).embedded_regular_signatures
    limit = min((_ranges(one)[1] for one in signatures), default=len(content))
    ends = []
    for match in re.finditer(re.escape(_END) + rb"\r?\n?", content[:limit]):
        ends.append(match.end())
    return ends


def frozen_digest(content: bytes) -> str | None:
    """Return the SHA-256 of the file as it was before the first signature; None if there is no such."""
    ends = frozen_ends(content)
    return hashlib.sha256(content[: ends[-1]]).hexdigest() if ends else None


def _ranges(one: EmbeddedPdfSignature) -> tuple[int, ...]:
    return tuple(int(number) for number in one.byte_range)


def _judge(
    content: bytes, one: EmbeddedPdfSignature, *, first: bool, last: bool,
    roots: Sequence[asn1.Certificate], at: datetime, archived: bool,
) -> SignatureView:  # fmt: skip
    found = gap_problems(content, _ranges(one))
    context = ValidationContext(trust_roots=list(roots), allow_fetching=False, moment=at)
    status = validate_pdf_signature(one, signer_validation_context=context)
    found += _status_problems(status)
    if last:
        found += _ending_problems(content, _ranges(one), status, archived=archived)
    certifies = one.docmdp_level == MDPPerm.FILL_FORMS
    if first and not certifies:
        found.append("首个签名没有锁定文件（应只允许填写签名域）")
    name = str(one.field_name)
    return SignatureView(
        part=name, label=label_of(name),
        signer=str(one.signer_cert.subject.native.get("common_name", "")),
        at=one.self_reported_timestamp,
        intact=status.intact and status.valid, trusted=status.trusted, certifies=certifies,
        problems=tuple(found),
    )  # fmt: skip


def _status_problems(status: PdfSignatureStatus) -> list[str]:
    found = []
    if not status.intact or not status.valid:
        found.append("签名与内容不符，文件被改动")
    if not status.trusted:
        found.append("签名证书不是由给定的根证书签发，或不在有效期内")
    if status.coverage is None or status.coverage < SignatureCoverageLevel.ENTIRE_REVISION:
        found.append("签名没有覆盖其整个版本")
    level = status.modification_level
    if level is None or level > ModificationLevel.FORM_FILLING or not status.docmdp_ok:
        found.append("签名之后有不被允许的改动")
    if not found and not status.bottom_line:
        found.append(f"签名核验未通过：{status.summary()}")
    return found


def _ending_problems(
    content: bytes, byte_range: Sequence[int], status: PdfSignatureStatus, *, archived: bool
) -> list[str]:
    extra = len(content) - sum(byte_range[-2:])
    if extra == 0 or (archived and status.modification_level == ModificationLevel.LTA_UPDATES):
        return []
    return [f"最后一个签名之后还有 {extra} 个字节"]


def gap_problems(content: bytes, byte_range: Sequence[int]) -> list[str]:
    """Return what is wrong with the container between the two covered ranges."""
    if len(byte_range) != 4 or byte_range[0] != 0 or not 0 < byte_range[1] < byte_range[2]:
        return ["签名的字节范围不是从头开始的两段"]
    gap = content[byte_range[1] : byte_range[2]]
    written = gap[1:-1]
    if gap[:1] != b"<" or gap[-1:] != b">" or len(written) % 2 or not _HEXADECIMAL.fullmatch(written):
        return ["签名容器处不是规定的十六进制写法"]
    padded = bytes.fromhex(written.decode("ascii"))
    try:
        length = cmsform.der_length(padded)
        found = cmsform.problems(padded[:length])
    except (ValueError, TypeError, KeyError) as error:
        return [f"签名容器已损坏（{error}）"]
    if any(padded[length:]):
        found.append("签名容器的填充区不全为零")
    return found

"""Every detached signature beside a .docx, judged like those inside a PDF.

- ``report.docx.<part>.p7s`` covers the whole of ``report.docx``; each file is one canonical CMS and
  nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path

from asn1crypto import cms
from asn1crypto import x509 as asn1
from pyhanko.sign.validation import async_validate_detached_cms
from pyhanko.sign.validation.status import StandardCMSSignatureStatus
from pyhanko_certvalidator import ValidationContext

from service.report import cmsform
from service.report.padescheck import SignatureView
from service.report.signatories import Part, label_of


def check(
    path: Path, content: bytes, *, roots: Sequence[asn1.Certificate], at: datetime
) -> tuple[SignatureView, ...]:
    """Return every signature found beside `path` over `content`, in signing order of the parts.

    Raises:
        Exception: whatever the parser meets in a damaged .p7s.
    """
    order = list(Part)
    files = sorted(path.parent.glob(f"{path.name}.*.p7s"), key=lambda file: (_rank(file, order), file.name))
    return tuple(_judge(file, content, roots=roots, at=at) for file in files)


def _name(file: Path) -> str:
    return file.name.removesuffix(".p7s").rpartition(".")[2]


def _rank(file: Path, order: Sequence[Part]) -> int:
    name = _name(file)
    return order.index(Part(name)) if name in set(order) else len(order)


def _judge(file: Path, content: bytes, *, roots: Sequence[asn1.Certificate], at: datetime) -> SignatureView:
    der = file.read_bytes()
    found = cmsform.problems(der)
    data = cms.ContentInfo.load(der, strict=True)["content"]
    context = ValidationContext(trust_roots=list(roots), allow_fetching=False, moment=at)
    status: StandardCMSSignatureStatus = asyncio.run(
        async_validate_detached_cms(BytesIO(content), data, signer_validation_context=context)
    )
    if not status.intact or not status.valid:
        found.append("签名与内容不符，文件被改动")
    if not status.trusted:
        found.append("签名证书不是由给定的根证书签发，或不在有效期内")
    if not found and not status.bottom_line:
        found.append(f"签名核验未通过：{status.summary()}")
    name = _name(file)
    stated = getattr(status, "signer_reported_dt", None)
    return SignatureView(
        part=name, label=label_of(name),
        signer=str(status.signing_cert.subject.native.get("common_name", "")),
        at=stated, intact=status.intact and status.valid, trusted=status.trusted, certifies=False,
        problems=tuple(found),
    )  # fmt: skip

"""A frozen report is signed part by part; every revision begins with the frozen bytes.

- PDF: PAdES B-B. The first signature certifies (DocMDP P=2: filling in the remaining fields is the
  only change allowed), every later one approves; only fields made at freezing are used.
- The root is not embedded: everything inside the CMS is then either signed or checked against its
  one canonical form (`cmsform`), so no byte of it can change unnoticed.
- Without a PDF: one detached CMS (.p7s) per part over the frozen .docx.
- The visible mark is a picture; `seal.rectangle` for demo keys, always.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image
from pyhanko.pdf_utils.images import PdfImage
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.general import SigningError
from pyhanko.sign.signers.pdf_cms import PdfCMSSignedAttributes
from pyhanko.stamp.base import BaseStamp, BaseStampStyle
from pyhanko_certvalidator.registry import SimpleCertificateStore

from service.errors import ActionRefusedError, IntegrityFailureError, InvalidError, Problem
from service.report.keys import Signer
from service.report.place import MM
from service.report.seal import Mark, rectangle
from service.report.signatories import Part

DIGEST = "sha256"
# Hexadecimal characters kept free for one CMS; a P-256 signature with its certificate takes about 2600.
RESERVED = 8192
_SEAL_OPACITY = 0.73
_CENTRED = SimpleBoxLayoutRule(
    x_align=AxisAlignment.ALIGN_MID, y_align=AxisAlignment.ALIGN_MID, margins=Margins()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """One act of signing.

    Args:
        signer: the key.
        mark: what the visible mark says; its part names the field.
        at: moment of signing, UTC; written into the signature.
        picture: a site's own seal; ignored for demo keys, which always show the grey rectangle,
            as does a real key without a picture.
    """

    signer: Signer
    mark: Mark
    at: datetime
    picture: Image.Image | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """The signed bytes and their SHA-256 in hex."""

    content: bytes
    sha256: str


def sign(frozen: bytes, seals: Sequence[Seal], *, frozen_sha256: str, fonts: Path = Path(".fonts")) -> Signed:
    """Return `frozen` with one signature per seal, in order; the first certifies.

    Raises:
        InvalidError: no seal, or two for one part.
        IntegrityFailureError: `frozen` is not what was frozen.
        ActionRefusedError: as `sign_next`.
    """
    parts = [seal.mark.part for seal in seals]
    if not parts or len(set(parts)) != len(parts):
        raise InvalidError(Problem("至少一方签名、每方一次", value="、".join(part.label for part in parts)))
    if hashlib.sha256(frozen).hexdigest() != frozen_sha256:
        raise IntegrityFailureError(
            Problem("待签文件与定版时的摘要不一致", allowed=frozen_sha256, cure="重新定版后再签发")
        )
    content = frozen
    for seal in seals:
        content = sign_next(content, seal, fonts=fonts).content
    if not content.startswith(frozen):
        raise IntegrityFailureError("签名后的文件不再以定版文件开头")
    return Signed(content, hashlib.sha256(content).hexdigest())


def sign_next(content: bytes, seal: Seal, *, fonts: Path = Path(".fonts")) -> Signed:
    """Return `content` with one more signature appended; the first on a file certifies.

    Raises:
        ActionRefusedError: the field does not exist, is taken, or the file allows no more changes.
        IntegrityFailureError: `content` is not a readable PDF.
    """
    try:
        boxes, taken = _field_boxes(content)
        _check_field(seal.mark.part, boxes=boxes, taken=taken)
        signed = asyncio.run(
            _append(content, seal, box=boxes[seal.mark.part.value], first=not taken, fonts=fonts)
        )
    except PdfReadError as error:
        raise IntegrityFailureError(Problem("PDF 无法读取", value=str(error))) from error
    except SigningError as error:
        raise ActionRefusedError(
            Problem("文件不允许再签名", value=str(error), cure="从定版文件重新签发")
        ) from error
    if not signed.startswith(content):
        raise IntegrityFailureError("签名改动了已有的字节")
    return Signed(signed, hashlib.sha256(signed).hexdigest())


def _field_boxes(content: bytes) -> tuple[dict[str, tuple[float, float]], set[str]]:
    """Return width and height in millimetres of every signature field, and the names signed already."""
    reader = PdfFileReader(BytesIO(content))
    boxes: dict[str, tuple[float, float]] = {}
    taken: set[str] = set()
    for name, value, reference in enumerate_sig_fields(reader):
        left, bottom, right, top = (float(edge) for edge in reference.get_object()["/Rect"])
        boxes[name] = ((right - left) / MM, (top - bottom) / MM)
        if value is not None:
            taken.add(name)
    return boxes, taken


def _check_field(part: Part, *, boxes: dict[str, tuple[float, float]], taken: set[str]) -> None:
    if part.value not in boxes:
        raise ActionRefusedError(
            Problem(
                "文件没有这一签名域", value=part.label, allowed="、".join(boxes), cure="定版时列入该签名方"
            )
        )
    if part.value in taken:
        raise ActionRefusedError(Problem("这一签名域已签", value=part.label))


async def _append(content: bytes, seal: Seal, *, box: tuple[float, float], first: bool, fonts: Path) -> bytes:
    pdf_signer = signers.PdfSigner(
        signers.PdfSignatureMetadata(
            field_name=seal.mark.part.value, md_algorithm=DIGEST, subfilter=SigSeedSubFilter.PADES,
            certify=first, docmdp_permissions=MDPPerm.FILL_FORMS, reason=_reason(seal),
            cades_signed_attr_spec=CAdESSignedAttrSpec(),
        ),
        signer=_Adapter(seal.signer),
        stamp_style=_PictureStyle(
            border_width=0,
            background=PdfImage(_picture(seal, box, fonts), writer=None),
            background_layout=_CENTRED,
            background_opacity=1.0 if seal.signer.demo else _SEAL_OPACITY,
        ),
    )  # fmt: skip
    session = pdf_signer.init_signing_session(
        IncrementalPdfFileWriter(BytesIO(content)), existing_fields_only=True
    )
    session.system_time = seal.at.replace(microsecond=0)
    prepared = session.prepare_tbs_document(validation_info=None, bytes_reserved=RESERVED)
    digest, output = prepared.digest_tbs_document(output=BytesIO())
    done = await prepared.perform_signature(
        document_digest=digest.document_digest,
        pdf_cms_signed_attrs=PdfCMSSignedAttributes(cades_signed_attrs=CAdESSignedAttrSpec()),
    )
    await done.post_signature_processing(output)
    output.seek(0)
    return bytes(output.read())


def _reason(seal: Seal) -> str:
    return f"{seal.mark.part.label}签署" + ("（演示，无效）" if seal.signer.demo else "")


def _picture(seal: Seal, box: tuple[float, float], fonts: Path) -> Image.Image:
    if seal.signer.demo or seal.picture is None:
        return rectangle(seal.mark, demo=seal.signer.demo, width=box[0], height=box[1], fonts=fonts)
    return seal.picture


def sign_detached(content: bytes, signer: Signer, *, at: datetime) -> bytes:
    """Return the detached CMS over `content` as DER (.p7s), signing time `at`."""
    attributes = PdfCMSSignedAttributes(signing_time=at.replace(microsecond=0))
    made = asyncio.run(
        _Adapter(signer).async_sign_general_data(content, DIGEST, signed_attr_settings=attributes)
    )
    return bytes(made.dump())


def detached_name(docx: Path, part: Part) -> Path:
    """Return where the .p7s of `part` over `docx` lies: beside it, ``report.docx.<part>.p7s``."""
    return docx.with_name(f"{docx.name}.{part.value}.p7s")


def as_asn1(certificate: x509.Certificate) -> asn1.Certificate:
    """Return the same certificate in the form the signing library takes."""
    return asn1.Certificate.load(certificate.public_bytes(Encoding.DER))


class _Adapter(signers.Signer):
    """Lets any `Signer` of ours sign for the library."""

    def __init__(self, port: Signer) -> None:
        self._port = port
        registry = SimpleCertificateStore()  # type: ignore[no-untyped-call]  # the library's gap
        registry.register_multiple(as_asn1(certificate) for certificate in port.chain)
        super().__init__(
            signing_cert=as_asn1(port.certificate),
            cert_registry=registry,
            embed_roots=False,
        )

    async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
        """Return the port's signature over `data`."""
        if digest_algorithm != DIGEST:
            raise SigningError(f"unexpected digest {digest_algorithm}")
        return bytes(RESERVED // 16) if dry_run else self._port.sign(data)


class _PictureStyle(BaseStampStyle):
    """A mark that is its background picture and nothing else: no font enters the file."""

    def create_stamp(
        self, writer: BasePdfFileWriter, box: BoxConstraints, text_params: dict[str, Any]
    ) -> BaseStamp:
        """Return the mark for one box."""
        return _PictureStamp(writer, self, box=box)


class _PictureStamp(BaseStamp):
    def _render_inner_content(self) -> list[bytes]:
        return []

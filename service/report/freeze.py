"""What the signer sees is fixed: one PDF with its data inside and empty fields, and its SHA-256.

- Every later revision begins with exactly these bytes; `verify` holds the signed file to that.
- ``scores.json`` is attached as Data, ``audit-checkpoint.json`` as Supplement (PDF/A-3 associated files).
- All signature fields are made now: a field made after the certification would break it.
- Same input bytes, data and moment give the same output bytes; the exporter's clock and identifiers
  are replaced by `at`, so that two runs of the same converter over the same .docx agree as well.
- Without a PDF, the .docx takes the same two files as parts of its package.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

import pikepdf
from lxml import etree
from pikepdf import Array, AttachedFileSpec, Dictionary, Name, Pdf, String

from service import clock
from service.errors import IntegrityFailureError, InvalidError, Problem
from service.report.place import Spot, place
from service.report.signatories import Field

SCORES = "scores.json"
CHECKPOINT = "audit-checkpoint.json"
RELATION = "urn:pingji:report-data"
_PRINT_AND_LOCKED = 132
_CONTENT_TYPES = "[Content_Types].xml"
_ROOT_RELATIONS = "_rels/.rels"
_TYPES_NS = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS_NS = "http://schemas.openxmlformats.org/package/2006/relationships"
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Frozen:
    """The bytes to be signed, their SHA-256 in hex, and where the empty fields stand."""

    content: bytes
    sha256: str
    spots: tuple[Spot, ...] = ()


def data_bytes(value: Mapping[str, object]) -> bytes:
    """Return `value` as the JSON that is embedded: UTF-8, keys sorted, one way to write it."""
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


def freeze(
    pdf: bytes,
    *,
    title: str,
    at: datetime,
    scores: Mapping[str, object],
    checkpoint: Mapping[str, object] | None,
    fields: Sequence[Field],
) -> Frozen:
    """Return the frozen PDF: `pdf` with title, attachments and one empty signature field per part.

    Args:
        pdf: as the exporter wrote it (PDF/A-3b markers are kept).
        at: written as creation and change time of file and attachments.
        scores: the frozen score data, JSON-able.
        checkpoint: the audit checkpoint that covers them; None if there is none yet.
        fields: in signing order; the first certifies.

    Raises:
        InvalidError: no field, or a part twice.
        IntegrityFailureError: `pdf` cannot be read or is signed already.
    """
    parts = [field.part for field in fields]
    if not parts or len(set(parts)) != len(parts):
        raise InvalidError(Problem("签名域至少一个、每方一个", value="、".join(part.label for part in parts)))
    try:
        with Pdf.open(BytesIO(pdf)) as document:
            if "/AcroForm" in document.Root:
                raise IntegrityFailureError(
                    Problem("PDF 已有表单或签名，不能再定版", cure="从 .docx 重新导出")
                )
            sizes = [_size(page) for page in document.pages]
            spots = place(pdf, fields, sizes=sizes)
            _describe(document, title, at=at)
            _attach(document, _attachments(scores, checkpoint), at=at)
            _add_fields(document, spots)
            _settle_profile(document, at=at)
            content = _saved(document)
    except pikepdf.PdfError as error:
        raise IntegrityFailureError(Problem("PDF 无法读取", value=str(error))) from error
    return Frozen(content, hashlib.sha256(content).hexdigest(), spots)


def page_count(pdf: bytes) -> int:
    """Return how many pages `pdf` has.

    Raises:
        IntegrityFailureError: it cannot be read.
    """
    try:
        with Pdf.open(BytesIO(pdf)) as document:
            return len(document.pages)
    except pikepdf.PdfError as error:
        raise IntegrityFailureError(Problem("PDF 无法读取", value=str(error))) from error


def _attachments(
    scores: Mapping[str, object], checkpoint: Mapping[str, object] | None
) -> list[tuple[str, bytes, str, str]]:
    """Return name, content, relationship and description of every file to embed."""
    found = [(SCORES, data_bytes(scores), "Data", "评分数据")]
    if checkpoint is not None:
        found.append((CHECKPOINT, data_bytes(checkpoint), "Supplement", "留痕检查点"))
    return found


def _size(page: pikepdf.Page) -> tuple[float, float]:
    left, bottom, right, top = (float(edge) for edge in page.mediabox)
    return (right - left, top - bottom)


def _describe(document: Pdf, title: str, *, at: datetime) -> None:
    moment = at.astimezone(clock.LOCAL).replace(microsecond=0)
    with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=True) as meta:
        meta["dc:title"] = title
        for key in ("xmp:CreateDate", "xmp:ModifyDate", "xmp:MetadataDate"):
            meta[key] = moment.isoformat()
    for key in ("/CreationDate", "/ModDate"):
        document.docinfo[key] = String(_pdf_date(at))
    preferences = document.Root.get("/ViewerPreferences", Dictionary())
    preferences.DisplayDocTitle = True
    document.Root.ViewerPreferences = preferences


def _attach(document: Pdf, files: Sequence[tuple[str, bytes, str, str]], *, at: datetime) -> None:
    associated = []
    for name, content, relation, description in files:
        spec = AttachedFileSpec(
            document, content, filename=name, description=description, mime_type="application/json",
            creation_date=_pdf_date(at), mod_date=_pdf_date(at),
        )  # fmt: skip
        spec.obj.AFRelationship = Name(f"/{relation}")
        document.attachments[name] = spec
        associated.append(spec.obj)
    document.Root.AF = document.make_indirect(Array(associated))


def _add_fields(document: Pdf, spots: Sequence[Spot]) -> None:
    widgets = []
    for spot in spots:
        page, box = document.pages[spot.box.page - 1], spot.box
        rectangle = [round(edge, 2) for edge in (box.left, box.bottom, box.right, box.top)]
        blank = document.make_stream(
            b"", Type=Name.XObject, Subtype=Name.Form,
            BBox=[0, 0, round(box.right - box.left, 2), round(box.top - box.bottom, 2)],
            Resources=Dictionary(),
        )  # fmt: skip
        widget = document.make_indirect(
            Dictionary(
                Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, T=String(spot.part.value),
                TU=String(spot.part.label), Rect=rectangle, F=_PRINT_AND_LOCKED, P=page.obj,
                AP=Dictionary(N=blank),
            )
        )  # fmt: skip
        if "/Annots" in page.obj:
            page.obj.Annots.append(widget)
        else:
            page.obj.Annots = Array([widget])
        widgets.append(widget)
    document.Root.AcroForm = document.make_indirect(Dictionary(Fields=Array(widgets), SigFlags=3))


def _settle_profile(document: Pdf, *, at: datetime) -> None:
    """Write `at` into the colour profile's header, where the exporter put the time of its run."""
    moment = at.astimezone(UTC)
    date = struct.pack(">6H", *moment.timetuple()[:6])
    for intent in document.Root.get("/OutputIntents", Array()):
        profile = intent.DestOutputProfile
        content = profile.read_bytes()
        profile.write(content[:24] + date + content[36:])


def _saved(document: Pdf) -> bytes:
    for key in ("/DocChecksum", "/ID"):
        if key in document.trailer:
            del document.trailer[key]  # the exporter's, of bytes that are no more; /ID is made anew
    buffer = BytesIO()
    document.save(
        buffer, deterministic_id=True, linearize=False, min_version="1.7",
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
    )  # fmt: skip
    return buffer.getvalue()


def _pdf_date(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ")


def freeze_docx(
    docx: bytes, *, scores: Mapping[str, object], checkpoint: Mapping[str, object] | None
) -> Frozen:
    """Return the frozen .docx with the same data as package parts under ``pingji/``, entries dated 1980.

    Raises:
        IntegrityFailureError: `docx` is no readable package.
        InvalidError: it carries such data already.
    """
    files = {f"pingji/{name}": content for name, content, _, _ in _attachments(scores, checkpoint)}
    try:
        with zipfile.ZipFile(BytesIO(docx)) as package:
            parts = {name: package.read(name) for name in package.namelist()}
        if files.keys() & parts.keys():
            raise InvalidError(Problem(".docx 已带有评分数据，不能再定版", cure="从模板重新生成"))
        parts[_CONTENT_TYPES] = _with_json_type(parts[_CONTENT_TYPES])
        parts[_ROOT_RELATIONS] = _with_relations(parts[_ROOT_RELATIONS], sorted(files))
    except (zipfile.BadZipFile, KeyError, etree.XMLSyntaxError) as error:
        raise IntegrityFailureError(Problem(".docx 无法读取", value=str(error))) from error
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in (*parts.items(), *sorted(files.items())):
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, content)
    content = buffer.getvalue()
    return Frozen(content, hashlib.sha256(content).hexdigest())


def _parsed(xml: bytes) -> etree._Element:
    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))


def _with_json_type(xml: bytes) -> bytes:
    root = _parsed(xml)
    if not any(node.get("Extension") == "json" for node in root):
        # Defaults stand before overrides in the schema's usual order.
        root.insert(
            0, root.makeelement(f"{{{_TYPES_NS}}}Default", Extension="json", ContentType="application/json")
        )
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _with_relations(xml: bytes, names: Sequence[str]) -> bytes:
    root = _parsed(xml)
    for number, name in enumerate(names, start=1):
        etree.SubElement(
            root, f"{{{_RELATIONS_NS}}}Relationship", Id=f"rIdPingji{number}", Type=RELATION, Target=name
        )
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)

"""Signing: nothing before the signature moves, second opinions agree, misuse is refused."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
from cryptography import x509
from PIL import Image
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from service.errors import ActionRefusedError, IntegrityFailureError, InvalidError
from service.report.freeze import Frozen, freeze, freeze_docx
from service.report.keys import DemoKeys
from service.report.pdf import Converter
from service.report.sign import Seal, as_asn1, detached_name, sign, sign_detached, sign_next
from service.report.signatories import AGENCY_ONLY, WITH_ORGANISER, Part, fields
from service.report.verify import verify

SCORES: dict[str, object] = {"total": "78", "grade": "中", "lines": []}


def printed(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_every_revision_begins_with_the_one_before(
    frozen: Frozen, seal_of: Callable[..., Seal], converter: Converter
) -> None:
    content = frozen.content
    for part in WITH_ORGANISER:
        signed = sign_next(content, seal_of(part), fonts=converter.fonts)
        assert signed.content.startswith(content)
        content = signed.content
    assert content.startswith(frozen.content)


def test_pdfsig_calls_all_three_signatures_valid(
    signed: bytes, written: Callable[[str, bytes], Path]
) -> None:
    shown = printed("pdfsig", str(written("s.pdf", signed)))
    assert shown.count("Signature is Valid.") == 3
    assert shown.count("Not total document signed") == 2
    assert re.findall(r"Signature Field Name: (\S+)", shown) == ["lead_evaluator", "agency_seal", "organiser"]
    assert "Nov 21 2026" in shown


def test_later_signatures_keep_the_earlier_ones_valid(
    signed: bytes, roots: tuple[x509.Certificate, ...], at: datetime
) -> None:
    for signature in PdfFileReader(BytesIO(signed)).embedded_regular_signatures:
        context = ValidationContext(trust_roots=[as_asn1(r) for r in roots], allow_fetching=False, moment=at)
        status = validate_pdf_signature(signature, signer_validation_context=context)
        assert status.bottom_line, status.pretty_print_details()


def test_the_marks_bring_no_font_into_the_file(
    frozen: Frozen, signed: bytes, written: Callable[[str, bytes], Path]
) -> None:
    before = printed("pdffonts", str(written("f.pdf", frozen.content))).splitlines()
    after = printed("pdffonts", str(written("s.pdf", signed))).splitlines()
    assert len(after) == len(before)


def test_the_marks_are_drawn_inside_their_boxes_and_nowhere_else(
    frozen: Frozen, signed: bytes, tmp_path: Path, written: Callable[[str, bytes], Path]
) -> None:
    pages = []
    for name, content in (("f", frozen.content), ("s", signed)):
        path = str(written(f"{name}.pdf", content))
        printed("pdftoppm", "-r", "72", "-f", "2", "-l", "2", "-singlefile", path, str(tmp_path / name))
        with Image.open(tmp_path / f"{name}.ppm") as page:
            pages.append(page.convert("RGB"))
    before, after = pages
    for spot in frozen.spots:
        box = spot.box
        area = (int(box.left) - 1, int(842 - box.top) - 1, int(box.right) + 2, int(842 - box.bottom) + 2)
        dark = [pixel for _, pixel in after.crop(area).getcolors(1 << 16) or () if max(pixel) < 180]  # type: ignore[type-var]
        assert dark
        assert all(max(pixel) - min(pixel) < 12 for pixel in dark)  # type: ignore[type-var, operator]
        blank = Image.new("RGB", (area[2] - area[0], area[3] - area[1]), "white")
        before.paste(blank, area)
        after.paste(blank, area)
    assert before.tobytes() == after.tobytes()


def test_only_what_was_frozen_is_signed(frozen: Frozen, seal_of: Callable[..., Seal]) -> None:
    with pytest.raises(IntegrityFailureError, match="不一致"):
        sign(frozen.content + b"\n", [seal_of(Part.LEAD_EVALUATOR)], frozen_sha256=frozen.sha256)


def test_a_field_is_signed_once(frozen: Frozen, seal_of: Callable[..., Seal]) -> None:
    once = sign_next(frozen.content, seal_of(Part.LEAD_EVALUATOR)).content
    with pytest.raises(ActionRefusedError, match="已签"):
        sign_next(once, seal_of(Part.LEAD_EVALUATOR))


def test_a_part_without_a_field_cannot_sign(
    plain_pdf: bytes, seal_of: Callable[..., Seal], at: datetime
) -> None:
    short = freeze(plain_pdf, title="报告", at=at, scores=SCORES, checkpoint=None, fields=fields(AGENCY_ONLY))
    with pytest.raises(ActionRefusedError, match="没有这一签名域"):
        sign_next(short.content, seal_of(Part.ORGANISER))


def test_nobody_or_one_part_twice_is_refused(frozen: Frozen, seal_of: Callable[..., Seal]) -> None:
    for seals in ([], [seal_of(Part.ORGANISER), seal_of(Part.ORGANISER)]):
        with pytest.raises(InvalidError):
            sign(frozen.content, seals, frozen_sha256=frozen.sha256)


def test_something_that_is_no_pdf_cannot_be_signed(seal_of: Callable[..., Seal]) -> None:
    with pytest.raises(IntegrityFailureError, match="无法读取"):
        sign_next(b"no pdf", seal_of(Part.ORGANISER))


def test_demo_keys_never_show_a_picture_of_a_real_seal(
    frozen: Frozen, seal_of: Callable[..., Seal], keys: DemoKeys, at: datetime
) -> None:
    demo = seal_of(Part.LEAD_EVALUATOR)
    red = Image.new("RGBA", (300, 300), (220, 0, 0, 255))
    dressed = Seal(signer=keys.signer(Part.LEAD_EVALUATOR, at=at), mark=demo.mark, at=at, picture=red)
    assert len(sign_next(frozen.content, dressed).content) == pytest.approx(
        len(sign_next(frozen.content, demo).content), abs=400
    )


def test_openssl_accepts_the_detached_signature_and_refuses_a_changed_file(
    docx: bytes, keys: DemoKeys, at: datetime, written: Callable[[str, bytes], Path]
) -> None:
    content = freeze_docx(docx, scores=SCORES, checkpoint=None).content
    path = written("report.docx", content)
    mark = written("report.p7s", sign_detached(content, keys.signer(Part.ORGANISER, at=at), at=at))
    command = [
        "openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", str(mark), "-content", str(path),
        "-CAfile", str(keys.folder / "report-root.crt"), "-purpose", "any", "-out", "/dev/null",
    ]  # fmt: skip
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    path.write_bytes(content[:-1] + b"\1")
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_a_docx_with_its_detached_signatures_verifies_and_every_change_is_found(
    docx: bytes, keys: DemoKeys, roots: tuple[x509.Certificate, ...], at: datetime,
    written: Callable[[str, bytes], Path],
) -> None:  # fmt: skip
    done = freeze_docx(
        docx, scores={**SCORES, "lines": [{"name": "决策", "level": 1, "awarded": "11"}]}, checkpoint=None
    )
    path = written("report.docx", done.content)
    unsigned = verify(path, trust_roots=roots, at=at)
    assert (unsigned.form, unsigned.ok) == ("none", False)
    for part in AGENCY_ONLY:
        signature = sign_detached(done.content, keys.signer(part, at=at), at=at)
        written(detached_name(path, part).name, signature)
    report = verify(path, trust_roots=roots, frozen_sha256=done.sha256, parts=AGENCY_ONLY, at=at)
    assert report.ok, report.findings
    assert report.form == "cms"
    assert [s.label for s in report.signatures] == ["主评人", "机构章"]
    assert [s.at for s in report.signatures] == [at, at]
    assert not verify(path, trust_roots=roots, parts=WITH_ORGANISER, at=at).ok
    for position in range(0, len(done.content), 701):
        path.write_bytes(
            done.content[:position] + bytes([done.content[position] ^ 4]) + done.content[position + 1 :]
        )
        assert not verify(path, trust_roots=roots, at=at).ok, position
    path.write_bytes(done.content)
    side = detached_name(path, Part.AGENCY_SEAL)
    original = side.read_bytes()
    for position in range(0, len(original), 11):
        side.write_bytes(original[:position] + bytes([original[position] ^ 1]) + original[position + 1 :])
        assert not verify(path, trust_roots=roots, at=at).ok, position
    side.write_bytes(original + b"\0")
    assert not verify(path, trust_roots=roots, at=at).ok

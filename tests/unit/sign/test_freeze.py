"""Freezing: data inside, empty fields on free paper, the same bytes again."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from docx import Document
from PIL import Image

from service.errors import IntegrityFailureError, InvalidError
from service.report.embedded import read_docx, read_pdf
from service.report.freeze import Frozen, freeze, freeze_docx, page_count
from service.report.pdf import Converter
from service.report.signatories import AGENCY_ONLY, WITH_ORGANISER, Field, Part, fields

SCORES: dict[str, object] = {"total": "78", "grade": "中", "lines": [], "说明": "“引号”与𠮷"}


def frozen_again(pdf: bytes, at: datetime, wanted: tuple[Field, ...]) -> Frozen:
    return freeze(pdf, title="报告", at=at, scores=SCORES, checkpoint={"size": 1}, fields=wanted)


def test_the_attachments_come_out_as_they_went_in(
    frozen: Frozen, tmp_path: Path, written: Callable[[str, bytes], Path]
) -> None:
    path = written("frozen.pdf", frozen.content)
    subprocess.run(["pdfdetach", "-saveall", "-o", str(tmp_path), str(path)], check=True, capture_output=True)
    scores = json.loads((tmp_path / "scores.json").read_bytes())
    assert scores["total"] == "78"
    assert [line["awarded"] for line in scores["lines"]] == ["11", "45/2", "3"]
    assert json.loads((tmp_path / "audit-checkpoint.json").read_bytes())["size"] == 41


def test_chinese_data_survives_both_forms(plain_pdf: bytes, docx: bytes, at: datetime) -> None:
    assert read_pdf(frozen_again(plain_pdf, at, fields(AGENCY_ONLY)).content).scores == SCORES
    assert read_docx(freeze_docx(docx, scores=SCORES, checkpoint=None).content).scores == SCORES


def test_the_attachments_are_associated_files_of_their_kind(frozen: Frozen) -> None:
    with pikepdf.open(BytesIO(frozen.content)) as document:
        relations = {str(spec.UF): str(spec.AFRelationship) for spec in document.Root.AF}
        kinds = {str(spec.EF.F.Subtype) for spec in document.Root.AF}
    assert relations == {"scores.json": "/Data", "audit-checkpoint.json": "/Supplement"}
    assert kinds == {"/application/json"}


def test_the_pdf_a_markers_title_and_tags_stay(frozen: Frozen) -> None:
    with pikepdf.open(BytesIO(frozen.content)) as document:
        meta = document.open_metadata()
        assert (meta["pdfaid:part"], meta["pdfaid:conformance"]) == ("3", "B")
        assert meta["dc:title"] == "某某项目绩效评价报告"
        assert str(document.docinfo["/Title"]) == "某某项目绩效评价报告"
        assert str(document.docinfo["/CreationDate"]) == "D:20261121040506Z"
        assert "/StructTreeRoot" in document.Root
        assert "/OutputIntents" in document.Root


def test_all_fields_exist_empty_and_in_order(frozen: Frozen) -> None:
    with pikepdf.open(BytesIO(frozen.content)) as document:
        found = list(document.Root.AcroForm.Fields)
        assert [str(field.T) for field in found] == ["lead_evaluator", "agency_seal", "organiser"]
        assert all(str(field.FT) == "/Sig" and "/V" not in field for field in found)
        assert all(str(field.P.Type) == "/Page" for field in found)


def test_two_runs_of_the_converter_freeze_to_the_same_bytes(
    frozen: Frozen, docx: bytes, converter: Converter, at: datetime
) -> None:
    one = frozen_again(converter.convert(docx), at, fields(WITH_ORGANISER))
    two = frozen_again(converter.convert(docx), at, fields(WITH_ORGANISER))
    assert one.sha256 == two.sha256 == hashlib.sha256(two.content).hexdigest()
    assert one.sha256 != frozen.sha256


def test_boxes_stand_beside_the_words_and_cover_no_ink(
    frozen: Frozen, tmp_path: Path, written: Callable[[str, bytes], Path]
) -> None:
    path = written("frozen.pdf", frozen.content)
    subprocess.run(
        [
            "pdftoppm",
            "-r",
            "72",
            "-gray",
            "-f",
            "2",
            "-l",
            "2",
            "-singlefile",
            str(path),
            str(tmp_path / "p"),
        ],
        check=True,
    )
    with Image.open(tmp_path / "p.pgm") as page:
        for spot in frozen.spots:
            box = spot.box
            assert box.page == 2
            area = page.crop((int(box.left), int(842 - box.top), int(box.right), int(842 - box.bottom)))
            assert area.getextrema()[0] > 250
        assert page.getextrema()[0] < 60
    boxes = [spot.box for spot in frozen.spots]
    assert len({box.bottom for box in boxes}) == 1
    assert not any(a.meets(b) for n, a in enumerate(boxes) for b in boxes[n + 1 :])


def test_a_seal_that_belongs_on_the_words_is_centred_on_them(plain_pdf: bytes, at: datetime) -> None:
    wanted = (Field(part=Part.AGENCY_SEAL, near="2022年8月31日", width=42, height=42, over_text=True),)
    (spot,) = frozen_again(plain_pdf, at, wanted).spots
    assert spot.box.page == 2
    assert spot.box.right - spot.box.left == pytest.approx(42 * 72 / 25.4)
    assert 80 < (spot.box.left + spot.box.right) / 2 < 180


def test_a_full_page_puts_the_boxes_into_the_head_margin(
    make_docx: Callable[..., bytes], converter: Converter, at: datetime
) -> None:
    document = Document(BytesIO(make_docx(pages=1)))
    for number in range(60):
        document.add_paragraph(f"第{number}段满页文字" * 9)
    buffer = BytesIO()
    document.save(buffer)
    pdf = converter.convert(buffer.getvalue())
    spots = frozen_again(pdf, at, fields(WITH_ORGANISER, near="第22段")).spots
    boxes = [spot.box for spot in spots]
    assert len({box.page for box in boxes}) == 1
    assert all(box.bottom > 842 - 37 * 72 / 25.4 for box in boxes)
    assert not any(a.meets(b) for n, a in enumerate(boxes) for b in boxes[n + 1 :])


def test_without_poppler_the_boxes_stand_in_the_head_margin(
    plain_pdf: bytes, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    boxes = [spot.box for spot in frozen_again(plain_pdf, at, fields(WITH_ORGANISER)).spots]
    assert all(box.page == 2 and box.bottom > 842 - 37 * 72 / 25.4 for box in boxes)
    assert not any(a.meets(b) for n, a in enumerate(boxes) for b in boxes[n + 1 :])


def test_words_that_are_not_printed_mean_the_last_page(plain_pdf: bytes, at: datetime) -> None:
    assert {s.box.page for s in frozen_again(plain_pdf, at, fields(AGENCY_ONLY, near="无此字样")).spots} == {
        2
    }


def test_freezing_adds_no_page(frozen: Frozen, plain_pdf: bytes) -> None:
    assert page_count(frozen.content) == page_count(plain_pdf) == 2
    with pytest.raises(IntegrityFailureError):
        page_count(b"no pdf")


def test_a_part_twice_or_none_at_all_is_refused(plain_pdf: bytes, at: datetime) -> None:
    for wanted in ((), (Field(part=Part.UNIT), Field(part=Part.UNIT))):
        with pytest.raises(InvalidError):
            frozen_again(plain_pdf, at, wanted)


def test_a_frozen_file_is_not_frozen_again(frozen: Frozen, at: datetime) -> None:
    with pytest.raises(IntegrityFailureError, match="不能再定版"):
        frozen_again(frozen.content, at, fields(AGENCY_ONLY))


def test_something_that_is_no_pdf_or_docx_is_refused(at: datetime) -> None:
    with pytest.raises(IntegrityFailureError):
        frozen_again(b"no pdf", at, fields(AGENCY_ONLY))
    with pytest.raises(IntegrityFailureError):
        freeze_docx(b"no docx", scores=SCORES, checkpoint=None)


def test_a_frozen_docx_still_opens_and_keeps_its_text(docx: bytes) -> None:
    done = freeze_docx(docx, scores=SCORES, checkpoint={"size": 7})
    before = [p.text for p in Document(BytesIO(docx)).paragraphs]
    assert [p.text for p in Document(BytesIO(done.content)).paragraphs] == before
    assert done.sha256 == freeze_docx(docx, scores=SCORES, checkpoint={"size": 7}).sha256
    with pytest.raises(InvalidError, match="不能再定版"):
        freeze_docx(done.content, scores=SCORES, checkpoint=None)

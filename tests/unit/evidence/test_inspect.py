"""A file passes only if name, first bytes and structure agree; bombs are seen in the directory."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import docx
import pikepdf
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from service.errors import InvalidError
from service.evidence.containers import MAX_ENTRIES
from service.evidence.inspect import inspect, inspect_bytes
from service.evidence.kinds import ENDINGS, OLE_MAGIC, MediaKind


def picture(form: str, size: tuple[int, int] = (3, 2)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size).save(out, form)
    return out.getvalue()


def pdf() -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as document:
        document.add_blank_page()
        document.save(out)
    return out.getvalue()


def word() -> bytes:
    out = io.BytesIO()
    document = docx.Document()
    document.add_paragraph("正文")
    document.save(out)
    return out.getvalue()


def sheet() -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        book.add_worksheet().write(0, 0, 1)
    return out.getvalue()


def packed(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as container:
        for name, data in members.items():
            container.writestr(name, data)
    return out.getvalue()


def extended(container: bytes, members: dict[str, bytes]) -> bytes:
    out = io.BytesIO(container)
    with zipfile.ZipFile(out, "a") as opened:
        for name, data in members.items():
            opened.writestr(name, data)
    return out.getvalue()


def compound(*names: str) -> bytes:
    """A compound file with one FAT sector and one directory sector per four names."""
    entries = b""
    for number, name in enumerate(("Root Entry", *names)):
        text = name.encode("utf-16-le")
        entries += (
            text.ljust(64, b"\0") + struct.pack("<HB", len(text) + 2, 5 if number == 0 else 2) + bytes(61)
        )
    entries += bytes(-len(entries) % 512)
    sectors = len(entries) // 512
    fat = [0xFFFFFFFD, *range(2, sectors + 1), 0xFFFFFFFE]
    header = OLE_MAGIC + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *([0xFFFFFFFF] * 108))
    return header + struct.pack("<128I", *fat, *([0xFFFFFFFF] * (128 - len(fat)))) + entries


def box(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(data)) + kind + data


GOOD = {
    "报告.pdf": pdf(),
    "公文.ofd": packed({"OFD.xml": b"<x/>", "Doc_0/Document.xml": b"<x/>"}),
    "旧.doc": compound("WordDocument", "1Table"),
    "新.docx": word(),
    "旧.xls": compound("Workbook"),
    "更旧.xls": compound("a", "b", "c", "d", "Book"),
    "新.xlsx": sheet(),
    "金山.wps": compound("WordDocument"),
    "金山新.wps": word(),
    "金山.et": compound("Workbook"),
    "照片.jpg": picture("JPEG"),
    "照片.JPEG": picture("JPEG"),
    "截图.png": picture("PNG"),
    "扫描.tif": picture("TIFF"),
    "扫描.TIFF": picture("TIFF"),
    "手机.heic": box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta") + box(b"mdat", b"x"),
    "现场.mp4": box(b"ftyp", b"isom\0\0\0\0isomavc1") + box(b"moov") + box(b"mdat", b"x"),
    "材料.zip": packed({"一.txt": b"a", "附件/二.docx": word()}),
    "说明.txt": "说明\n".encode(),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_sound_file_of_each_kind_passes(name: str, tmp_path: Path) -> None:
    path = tmp_path / "stored"
    path.write_bytes(GOOD[name])
    kind = ENDINGS[name.rpartition(".")[2].lower()]
    assert inspect(name, path) is kind
    assert inspect_bytes(name, GOOD[name]) is kind


def test_every_kind_has_a_sample_and_a_media_type() -> None:
    assert {ENDINGS[name.rpartition(".")[2].lower()] for name in GOOD} == set(MediaKind)


ALSO = {
    "公文.ofd": {"zip"},
    "旧.doc": {"wps"},
    "新.docx": {"wps", "zip"},
    "旧.xls": {"et"},
    "更旧.xls": {"et"},
    "新.xlsx": {"et", "zip"},
    "金山.wps": {"doc"},
    "金山新.wps": {"docx", "zip"},
    "金山.et": {"xls"},
}
"""Other endings under which the same bytes are just as true."""


@pytest.mark.parametrize("ending", [kind.value for kind in MediaKind])
@pytest.mark.parametrize("name", GOOD)
def test_a_file_under_another_ending_is_refused_unless_it_is_that_kind_as_well(
    name: str, ending: str
) -> None:
    own = ENDINGS[name.rpartition(".")[2].lower()].value
    if ending in {own} | ALSO.get(name, set()):
        assert inspect_bytes(f"x.{ending}", GOOD[name]) is ENDINGS[ending]
    else:
        with pytest.raises(InvalidError):
            inspect_bytes(f"x.{ending}", GOOD[name])


CUT = {"照片.jpg": 60, "照片.JPEG": 60, "扫描.tif": 7, "扫描.TIFF": 7}


@pytest.mark.parametrize("name", [name for name in GOOD if not name.endswith(".txt")])
def test_a_file_cut_off_is_refused(name: str) -> None:
    data = GOOD[name]
    keep = CUT.get(name, 700 if data.startswith(OLE_MAGIC) else len(data) * 2 // 3)
    with pytest.raises(InvalidError):
        inspect_bytes(name, data[:keep])


@pytest.mark.parametrize(
    "name",
    [
        "", "   ", ".", "无扩展名", "程序.exe", "脚本.js", "宏.docm", "网页.html", "图.svg", "a/b.pdf", "..\\x.pdf",
        "双重.pdf.exe", "\u202efdp.pdf", "零宽\u200b.pdf", "换\n行.pdf", "CON.pdf", "长" * 100 + ".pdf", "a\0.pdf",
    ],
)  # fmt: skip
def test_a_bad_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidError):
        inspect_bytes(name, GOOD["报告.pdf"])


def test_a_chinese_name_with_spaces_and_brackets_passes() -> None:
    assert inspect_bytes("关于（2026）项目 报告【终稿】.v2.pdf", GOOD["报告.pdf"]) is MediaKind.PDF


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(InvalidError, match="空"):
        inspect_bytes("x.txt", b"")


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(InvalidError) as found:
        inspect_bytes("a/b.pdf", b"MZ not a pdf")
    assert len(found.value.problems) == 2
    assert "可执行程序" in str(found.value)


def bomb_flat() -> bytes:
    return packed({f"{number}": bytes(5_000_000) for number in range(2)})


def bomb_nested() -> bytes:
    return packed({"inner.zip": packed({"a": b"a"})})


def bomb_overlapping() -> bytes:
    data = bytearray(packed({"a": b"x" * 100, "b": b"y" * 100}, zipfile.ZIP_STORED))
    at = data.rfind(b"PK\x01\x02")
    data[at + 42 : at + 46] = struct.pack("<I", 0)
    return bytes(data)


def bomb_lying() -> bytes:
    data = bytearray(packed({"a": b"x" * 100}, zipfile.ZIP_STORED))
    at = data.rfind(b"PK\x01\x02")
    data[at + 20 : at + 28] = struct.pack("<II", 2**31, 2**31)
    return bytes(data)


def bomb_of_names() -> bytes:
    return packed({f"{number}": b"" for number in range(MAX_ENTRIES + 1)}, zipfile.ZIP_STORED)


def bomb_claiming() -> bytes:
    data = bytearray(packed({"a": b"a"}))
    at = data.rfind(b"PK\x05\x06")
    data[at + 8 : at + 12] = b"\xff\xff\xff\xff"
    return bytes(data)


def up() -> bytes:
    return packed({"../../x": b"x"})


def absolute() -> bytes:
    return packed({"/etc/x": b"x"})


def drive() -> bytes:
    return packed({"C:\\x": b"x"})


def link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as container:
        entry = zipfile.ZipInfo("link")
        entry.external_attr = 0o120777 << 16
        container.writestr(entry, "/etc/passwd")
    return out.getvalue()


def locked() -> bytes:
    data = bytearray(packed({"a": b"a"}))
    at = data.rfind(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


BOMBS = [
    bomb_flat, bomb_nested, bomb_overlapping, bomb_lying, bomb_of_names, bomb_claiming, up, absolute, drive, link, locked,
]  # fmt: skip


@pytest.mark.parametrize("make", BOMBS)
def test_a_bomb_or_trap_is_refused_quickly_and_in_little_memory(make: object) -> None:
    data = make()  # type: ignore[operator]
    tracemalloc.start()
    begun = time.process_time()
    with pytest.raises(InvalidError):
        inspect_bytes("x.zip", data)
    elapsed, peak = time.process_time() - begun, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert elapsed < 5
    assert peak < 20_000_000


RELS = "word/_rels/footer9.xml.rels"
OUTSIDE = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    "<Relationship Id=\"r\" Type='{kind}' Target='{target}' TargetMode='External'/></Relationships>"
)
TEMPLATE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate"
BAD_WORD = {
    "macro": {"word/vbaProject.bin": b"x"},
    "old macro sheet": {"xl/macrosheets/sheet1.xml": b"x"},
    "control": {"word/activeX/activeX1.xml": b"x"},
    "template": {RELS: OUTSIDE.format(kind=TEMPLATE, target="http://x/t.dotm").encode()},
    "shared folder": {RELS: OUTSIDE.format(kind=TEMPLATE, target="\\\\host\\share\\t").encode()},
    "entities": {RELS: b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'},
    "broken relations": {RELS: b"<x"},
    "way up": {"../x.xml": b"x"},
}


@pytest.mark.parametrize("case", BAD_WORD)
def test_an_office_file_that_does_more_than_lie_there_is_refused(case: str) -> None:
    with pytest.raises(InvalidError):
        inspect_bytes("x.docx", extended(word(), BAD_WORD[case]))


def test_a_hyperlink_is_no_outside_content() -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
    data = extended(word(), {RELS: OUTSIDE.format(kind=kind, target="http://x/").encode()})
    assert inspect_bytes("x.docx", data) is MediaKind.DOCX


@pytest.mark.parametrize("ending", ["doc", "docx", "xls", "xlsx", "wps", "et"])
def test_an_encrypted_office_file_is_refused_with_advice(ending: str) -> None:
    with pytest.raises(InvalidError, match="去掉密码"):
        inspect_bytes(f"x.{ending}", compound("EncryptionInfo", "EncryptedPackage"))


def test_an_old_document_with_macros_is_refused() -> None:
    with pytest.raises(InvalidError, match="宏"):
        inspect_bytes("x.doc", compound("WordDocument", "Macros", "VBA"))


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_a_picture_of_too_many_pixels_is_refused(form: str) -> None:
    data = bytearray(picture(form))
    if form == "PNG":
        data[16:24] = struct.pack(">II", 60_000, 60_000)
    else:
        at = data.find(b"\xff\xc0")
        data[at + 5 : at + 9] = struct.pack(">HH", 60_000, 60_000)
    with pytest.raises(InvalidError, match="过大"):
        inspect_bytes(f"x.{'png' if form == 'PNG' else 'jpg'}", bytes(data))


def test_a_picture_with_something_behind_it_is_refused() -> None:
    with pytest.raises(InvalidError):
        inspect_bytes("x.png", picture("PNG") + b"<script>")


@pytest.mark.parametrize("data", ["编码".encode("gb18030"), b"a\0b", b"\xff\xfea\0", b"\x1b[31m"])
def test_text_that_is_not_plain_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidError):
        inspect_bytes("x.txt", data)


@settings(max_examples=300, deadline=None)
@given(
    name=st.sampled_from(sorted(GOOD)),
    cuts=st.lists(st.tuples(st.integers(0, 4000), st.binary(max_size=8)), max_size=4),
    length=st.integers(0, 5000),
)
def test_a_damaged_file_passes_or_is_refused_and_never_breaks(
    name: str, cuts: list[tuple[int, bytes]], length: int
) -> None:
    data = bytearray(GOOD[name][: length or None])
    for at, value in cuts:
        data[at : at + len(value)] = value
    kind = None
    with suppress(InvalidError):
        kind = inspect_bytes(name, bytes(data))
    assert kind in (None, ENDINGS[name.rpartition(".")[2].lower()])


def test_the_published_reports_pass(seeds: Path) -> None:
    reports = [path for path in seeds.rglob("*") if path.suffix.lower().lstrip(".") in ENDINGS]
    assert {inspect(path.name, path) for path in reports} <= set(MediaKind)

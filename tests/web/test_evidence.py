"""Files come in, many at once or in pieces, and are shown without handing out what they carry."""

from __future__ import annotations

import hashlib
import io
import time
import zipfile
from collections.abc import Callable
from html import unescape

from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from service.evidence.containers import member_name
from service.web.evidence import MANY
from service.workflow.roles import Role
from tests.web.conftest import HOSTILE, ORIGIN, Site, csrf_of

Visitor = Callable[[Role | str], FlaskClient]
LIST = "/cases/visit/evidence"
UPLOADS = "/cases/visit/uploads"
PIECE = 1 << 20
ORIENTATION, GPS = 0x0112, 0x8825
DAMAGED = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x10\0\0\0\x10\x08\x02\0\0\0\0\0\0\0\0\0\0\0IEND\0\0\0\0"
"""A PNG whose outer structure is in order and which holds no picture."""
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def photo(width: int = 400, height: int = 200) -> bytes:
    """A JPEG lying on its side that says where it was taken."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif[GPS] = {1: "N", 2: (22.0, 31.0, 0.0)}
    out = io.BytesIO()
    Image.new("RGB", (width, height), (200, 30, 30)).save(out, "JPEG", exif=exif)
    return out.getvalue()


def archive(files: dict[str, bytes]) -> bytes:
    """A ZIP of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return out.getvalue()


def gbk_archive(files: dict[str, bytes]) -> bytes:
    """A ZIP as a Chinese Windows makes it: GBK names, not marked as UTF-8."""

    class Gbk(zipfile.ZipInfo):
        __slots__ = ()

        def _encodeFilenameFlags(self) -> tuple[bytes, int]:
            return self.filename.encode("gbk"), self.flag_bits

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(Gbk(name), content)
    return out.getvalue()


def send(client: FlaskClient, files: list[tuple[str, bytes]], **words: str) -> TestResponse:
    """Send the plain form as a browser without script does."""
    token = csrf_of(client.get(LIST).text)
    data = {
        "csrf_token": token,
        "key": words.pop("key", str(time.monotonic_ns())),
        "files": [(io.BytesIO(content), name) for name, content in files],
        **words,
    }
    return client.post(LIST, data=data, headers=ORIGIN, content_type="multipart/form-data")


def test_several_files_are_taken_each_with_its_own_answer(site: Site) -> None:
    leader = site.as_role(Role.EL)
    before = site.rows()
    files = [("合同 甲.txt", "正文".encode()), ("假.pdf", b"MZ"), ("照片.jpg", photo())]
    answer = send(leader, files, key="one", klass="原始凭证", source="某中心", nodes="A1")
    page = unescape(answer.text)
    assert answer.status_code == 200
    assert "收入 2 件，1 件没有收入" in page
    assert "假.pdf" in page
    assert "文件内容与扩展名不符" in page
    assert 'value="某中心"' in page, "what was typed stays for the second try"
    after = site.rows()
    assert after["evidence"] - before["evidence"] == 4, "two rows of version 1, the third file left nothing"
    again = send(leader, files, key="one", klass="原始凭证", source="某中心", nodes="A1")
    assert unescape(again.text).count("没有重复") == 2
    assert site.rows()["evidence"] == after["evidence"]
    assert "原始凭证" in leader.get(LIST).text
    one = leader.get(LIST + "/E02/1")
    assert one.data == "正文".encode()
    assert "%E5%90%88%E5%90%8C%20%E7%94%B2.txt" in one.headers["Content-Disposition"]


def test_without_a_file_or_with_too_many_nothing_is_taken(site: Site) -> None:
    leader = site.as_role(Role.EL)
    before = site.rows()["evidence"]
    assert send(leader, []).status_code == 422
    assert send(leader, [(f"{n}.txt", b"x") for n in range(MANY + 1)]).status_code == 422
    assert site.rows()["evidence"] == before


def test_a_preview_is_upright_small_and_without_place(site: Site) -> None:
    leader = site.as_role(Role.EL)
    original = photo(3000, 1500)
    send(leader, [("现场.jpg", original), ("批复.pdf", PDF), ("坏.png", DAMAGED)])
    small = leader.get(LIST + "/E02/1/small.jpg")
    assert small.mimetype == "image/jpeg"
    with Image.open(io.BytesIO(small.data)) as drawn:
        assert drawn.size == (120, 240), "turned as the camera said"
        assert not dict(drawn.getexif())
        assert max(drawn.size) <= 240
    with Image.open(io.BytesIO(leader.get(LIST + "/E02/1/large.jpg").data)) as drawn:
        assert drawn.size == (800, 1600)
    assert leader.get(LIST + "/E02/1").data == original, "the original is handed out byte for byte"
    page = leader.get(LIST + "/E03/1/large.jpg")
    assert page.mimetype == "image/jpeg"
    with Image.open(io.BytesIO(page.data)) as drawn:
        assert drawn.size == (1200, 1600)
    assert leader.get(LIST + "/E04/1/small.jpg").mimetype == "image/svg+xml", "damaged: no picture, no error"
    assert leader.get(LIST + "/E02/1/huge.jpg").mimetype == "image/svg+xml"


def test_text_and_hostile_words_are_shown_and_not_obeyed(site: Site) -> None:
    leader = site.as_role(Role.EL)
    send(leader, [("留言.txt", ("\n".join(HOSTILE)).encode())])
    page = leader.get(LIST + "/E02").text
    assert "<script>alert" not in page
    assert HOSTILE[0] in unescape(page)
    assert "⟦U+202E⟧" in page, "a mark that turns the line is made visible"
    assert leader.get(LIST + "/E99").status_code == 404


def test_an_archive_with_gbk_names_is_kept_and_taken_apart(site: Site) -> None:
    leader = site.as_role(Role.EL)
    inner = {
        "资料/合同 一.txt": "甲".encode(),
        "资料/验收单.jpg": photo(),
        "资料/说明.exe": b"MZ",
        "__MACOSX/x.txt": b"x",
    }
    packed = gbk_archive(inner)
    with zipfile.ZipFile(io.BytesIO(packed)) as read:
        assert member_name(read.infolist()[0]) == "资料/合同 一.txt"
    page = unescape(send(leader, [("材料.zip", packed)], unpack="1").text)
    assert "收入 3 件，1 件没有收入" in page
    assert "资料/合同 一.txt" in page
    assert "资料/说明.exe" in page
    assert leader.get(LIST + "/E02/1").data == packed
    assert leader.get(LIST + "/E03/1").data == "甲".encode()
    shown = leader.get(LIST + "/E02").text
    assert "资料/验收单.jpg" in shown
    assert "__MACOSX" not in shown
    assert "压缩包 E02 内 资料/合同 一.txt" in unescape(leader.get(LIST).text)


def test_bombs_are_refused_at_once(site: Site) -> None:
    leader = site.as_role(Role.EL)
    before = site.rows()["evidence"]
    bombs = {
        "比例.zip": archive({"a.txt": b"\0" * 20_000_000}),
        "数目.zip": archive({f"{n}.txt": b"" for n in range(2_001)}),
        "嵌套.zip": gbk_archive({"内.zip": b"PK"}),
        "越界.zip": archive({"../a.txt": b"x"}),
        "绝对.zip": archive({"/etc/a.txt": b"x"}),
    }
    for name, content in bombs.items():
        started = time.process_time()
        assert send(leader, [(name, content)], unpack="1").status_code == 422, name
        assert time.process_time() - started < 1.5, name
    assert site.rows()["evidence"] == before


def pieces(client: FlaskClient, name: str, content: bytes) -> tuple[str, dict[str, str]]:
    headers = {**ORIGIN, "X-CSRFToken": csrf_of(client.get(LIST).text)}
    data = {"filename": name, "size": str(len(content)), "sha256": hashlib.sha256(content).hexdigest()}
    begun = client.post(UPLOADS, data=data, headers=headers)
    assert begun.status_code == 200, begun.text
    return begun.json["id"], headers


def piece(client: FlaskClient, upload: str, at: int, part: bytes, headers: dict[str, str]) -> TestResponse:
    told = {**headers, "X-Piece-Sha256": hashlib.sha256(part).hexdigest()}
    return client.post(
        f"{UPLOADS}/{upload}/{at}", data=part, headers=told, content_type="application/octet-stream"
    )


def test_a_large_file_goes_on_where_it_stopped_and_is_one_act(site: Site) -> None:
    leader = site.as_role(Role.EL)
    content = PDF[:-6] + b"%" + b"x" * (2 * PIECE) + b"\n%%EOF\n"
    before = site.rows()
    upload, headers = pieces(leader, "决算 报告.pdf", content)
    assert piece(leader, upload, 0, content[:PIECE], headers).json["received"] == PIECE
    wrong = piece(leader, upload, 5, b"abc", headers)
    assert (wrong.status_code, wrong.json["received"]) == (409, PIECE), "told where to go on"
    bad = {**headers, "X-Piece-Sha256": "0" * 64}
    assert leader.post(f"{UPLOADS}/{upload}/{PIECE}", data=b"x", headers=bad).status_code == 422
    assert piece(leader, upload, PIECE, b"x" * (PIECE + 1), headers).status_code == 422
    early = leader.post(f"{UPLOADS}/{upload}/finish", data={}, headers=headers)
    assert early.status_code == 409
    again, headers = pieces(leader, "决算 报告.pdf", content)
    assert again == upload, "the same file goes on"
    assert site.rows()["audit_entry"] == before["audit_entry"], "nothing is logged before it is whole"
    for at in range(PIECE, len(content), PIECE):
        assert piece(leader, upload, at, content[at : at + PIECE], headers).status_code == 200
    done = leader.post(f"{UPLOADS}/{upload}/finish", data={"klass": "正式资料"}, headers=headers)
    assert done.json["code"] == "E02"
    assert leader.get(LIST + "/E02/1").data == content
    assert leader.post(f"{UPLOADS}/{upload}/finish", data={}, headers=headers).json["code"] == "E02"
    after = site.rows()
    assert after["audit_entry"] - before["audit_entry"] == 1
    assert not list(site.instance.uploads.glob("*.part"))


def test_nobody_else_adds_to_an_upload_and_a_false_file_leaves_nothing(site: Site) -> None:
    leader, expert, unit = site.as_role(Role.EL), site.as_role(Role.EV), site.as_role(Role.DF)
    before = site.rows()["evidence"]
    upload, headers = pieces(leader, "假.pdf", b"MZ" * 40)
    other = {**ORIGIN, "X-CSRFToken": csrf_of(expert.get(LIST).text)}
    assert piece(expert, upload, 0, b"MZ" * 40, other).status_code == 404
    assert piece(leader, upload, 0, b"MZ" * 40, headers).status_code == 200
    refused = leader.post(f"{UPLOADS}/{upload}/finish", data={}, headers=headers)
    assert refused.status_code == 422
    assert "扩展名不符" in "".join(refused.json["problems"])
    assert not list(site.instance.uploads.glob("*.part"))
    token = {**ORIGIN, "X-CSRFToken": csrf_of(unit.get("/cases").text)}
    told = {"filename": "a.txt", "size": "1", "sha256": "0" * 64}
    late = unit.post(UPLOADS, data=told, headers=token)
    assert late.status_code == 409, "a unit adds on site only what was asked for"
    assert "补正" in "".join(late.json["problems"])
    assert site.rows()["evidence"] == before


def test_a_piece_is_linked_by_choice_and_voided_with_a_reason(site: Site) -> None:
    leader = site.as_role(Role.EL)
    send(leader, [("台账.txt", b"x")])
    page = leader.get(LIST + "/E02").text
    assert '<option value="node:A1">' in page
    assert '<option value="deduction:' in page
    token = csrf_of(page)
    act = "/cases/visit/do/evidence."
    words = {"csrf_token": token, "code": "E02", "target": "node:A1", "back": LIST + "/E02", "key": "l1"}
    assert leader.post(act + "link", data=words, headers=ORIGIN).status_code == 303
    assert "预算执行率" in leader.get(LIST + "/E02").text
    wrong = {**words, "target": "node:Z9", "key": "l2"}
    assert leader.post(act + "link", data=wrong, headers=ORIGIN).status_code == 422
    assert (
        leader.post(
            act + "void", data={"csrf_token": token, "code": "E02", "key": "v"}, headers=ORIGIN
        ).status_code
        == 422
    )
    gone = {"csrf_token": token, "code": "E02", "reason": "重复上传", "key": "v2"}
    assert leader.post(act + "void", data=gone, headers=ORIGIN).status_code == 303
    shown = leader.get(LIST + "?state=void").text
    assert "重复上传" in shown
    assert "E01" not in shown.partition("piece-group")[2]
    assert "没有符合条件的材料" in leader.get(LIST + "?text=没有的词").text
    assert "A1 预算执行率" in leader.get(LIST + "?by=node").text


def test_the_unit_does_not_see_what_evidence_speaks_against_it(site: Site) -> None:
    leader = site.as_role(Role.EL)
    token = csrf_of(leader.get(LIST + "/E01").text)
    words = {"csrf_token": token, "code": "E01", "target": "deduction:D1", "key": "l"}
    found = [t for t in leader.get(LIST + "/E01").text.split('<option value="') if t.startswith("deduction:")]
    words["target"] = found[0].partition('"')[0]
    assert leader.post("/cases/visit/do/evidence.link", data=words, headers=ORIGIN).status_code == 303
    assert "扣分" in leader.get(LIST + "/E01").text.partition('class="pairs"')[2]
    unit = site.as_role(Role.DF).get(LIST + "/E01").text
    assert "扣分" not in unit
    assert "deduction:" not in unit
